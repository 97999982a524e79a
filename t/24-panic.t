# A panic in the library, a real one: the original answers, the process goes on.
#
# PVE_NETWORK_RS_FAULT_LIB names a library that was built with the feature fault-injection: it panics
# in the seam whose request PVE_NETWORK_RS_FAULT names.

use v5.36;

use Test::More;

BEGIN {
    plan skip_all => 'PVE_NETWORK_RS_FAULT_LIB names no library with fault injection'
        if !$ENV{PVE_NETWORK_RS_FAULT_LIB};
    $ENV{PVE_NETWORK_RS_LIB} = $ENV{PVE_NETWORK_RS_FAULT_LIB};
}

use POSIX ();

use PVE::Network::RS::Scene;
use PVE::Network::RS::TestNode;

my $TEXT = "iface eth0 inet dhcp\n";
my $node = PVE::Network::RS::TestNode->new();
$node->configure(qq(phase = "rust-advanced"\n));

sub parse() { return PVE::Network::RS::Scene::parse($TEXT) }

sub render() {
    my %eth0 = (type => 'eth', method => 'manual', method6 => 'manual', families => ['inet']);
    return PVE::Network::RS::Scene::render({ ifaces => { eth0 => \%eth0 }, options => [] }, 1);
}

sub by($answer) { return PVE::Network::RS::Scene::by($answer) }

# What $code writes to standard error, by whatever way.
sub standard_error($code) {
    my $file = "$node->{folder}/stderr";
    open(my $saved, '>&', \*STDERR) or die "$!\n";
    open(STDERR, '>', $file) or die "$!\n";
    $code->();
    open(STDERR, '>&', $saved) or die "$!\n";
    return -s $file;
}

is(by(parse()), 'rust', 'without a fault');

$ENV{PVE_NETWORK_RS_FAULT} = 'interfaces::Parse';
is(standard_error(sub { is(by(parse()), 'perl', 'the original answers') }), 0, 'nothing is printed');
my ($event) = $node->events();
is_deeply(
    [$event->@{qw(seam engine used_fallback reason outcome)}],
    ['interfaces.parse', 'rust', 'true', 'panic', 'perl'],
    'logged',
);
like($event->{detail}, qr{^internal error: injected into .* at src/ffi/}, 'with its text and place');
is(by(render()), 'rust', 'another seam goes on');
is(by(parse()), 'perl', 'once more') for 1 .. 100;

my @status = map {
    my $pid = fork() // die "unable to fork - $!\n";
    POSIX::_exit(by(parse()) eq 'perl' && by(render()) eq 'rust' ? 0 : 1) if !$pid;
    waitpid($pid, 0);
    $?
} 1 .. 4;
is_deeply(\@status, [0, 0, 0, 0], 'in forked processes, too');

$node->configure(qq(phase = "rust-advanced"\nfallback_enabled = false\n));
ok(!eval { parse(); 1 }, 'without fallback: dies');
like($@, qr/^pve-network-rs: interfaces\.parse: bug: internal error: .*\n\z/, 'and says what of');

delete $ENV{PVE_NETWORK_RS_FAULT};
is(by(parse()), 'rust', 'without a fault again');

done_testing();
