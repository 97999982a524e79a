# A process that runs with -T, as pvedaemon does, on an installed tree: the environment has no say,
# and what the original taints is tainted.

use v5.36;

use Test::More;

use File::Copy ();
use File::Temp ();

use PVE::Network::RS::TestNode;

my $lib = PVE::Network::RS::TestNode::top() . '/t/lib';
my $perl = PVE::Network::RS::TestNode::top() . '/perl';
my $vendor = File::Temp->newdir();
system('cp', '-r', "$perl/PVE", "$vendor") == 0 or die;
system('mkdir', '-p', "$vendor/auto/PVE/Network/RS") == 0 or die;
File::Copy::copy(PVE::Network::RS::TestNode::library(), "$vendor/auto/PVE/Network/RS/RS.so") or die "$!\n";
PVE::Network::RS::TestNode::write_file("$vendor/migration.toml", qq(phase = "rust-full"\n));
PVE::Network::RS::TestNode::write_file("$vendor/perl-only.toml", qq(phase = "perl-only"\n));
PVE::Network::RS::TestNode::write_file("$vendor/interfaces", "source /etc/x\niface eth0 inet dhcp\n");

$ENV{PVE_NETWORK_RS_LIB} = "$vendor/none.so";
$ENV{PVE_NETWORK_RS_CONFIG} = "$vendor/perl-only.toml";

sub run($code) {
    return PVE::Network::RS::TestNode::run_perl(<<~END, '-T');
        use v5.36;
        use lib "$vendor", "$lib/layout-9.2", "$lib/demo";
        use Scalar::Util qw(tainted);
        use PVE::Network::Interfaces;
        \$PVE::Network::RS::Phase::FILE = "$vendor/migration.toml";
        sub parse() {
            open(my \$fh, '<', "$vendor/interfaces") or die;
            return PVE::Network::Interfaces::__read_etc_network_interfaces(\$fh, {}, []);
        }
        sub render(\$config) {
            return PVE::Network::Interfaces::__write_etc_network_interfaces(\$config, 1);
        }
        sub config(\%eth0) {
            return { ifaces => { eth0 => { type => 'eth', families => ['inet'], method => 'manual', \%eth0 } }, options => [] };
        }
        die "not tainted" if !\${^TAINT} || !tainted(\$ENV{PATH});
        my \$taint = substr(\$ENV{PATH}, 0, 0);
        $code
        END
}

is(run('say parse()->{ifaces}{eth0}{method}'), "dhcp\n", 'Rust answers; the library is the installed one');
is(run('$ENV{PVE_NETWORK_RS} = "perl"; say parse()->{options}[0][1]'), "read by the original\n", 'the kill switch works');

# Tainted in the original is what it hands on as it read it; what it took apart is not.
is(run('my $c = parse(); say join " ", map { tainted($_) ? 1 : 0 } $c->{options}[0]->@*'), "0 1\n", 'a line between stanzas');
is(run('my $c = parse(); say join " ", grep { tainted($_) } values $c->{ifaces}{eth0}->%*'), "\n", 'attributes');

is(run('say tainted(render(config())) ? 1 : 0'), "0\n", 'a text of what is not tainted');
is(run('say tainted(render(config(mtu => "9000$taint"))) ? 1 : 0'), "1\n", 'a text of a tainted attribute');
is(run('say tainted(render(config(options => ["up x$taint"]))) ? 1 : 0'), "1\n", 'a text of a tainted option');
is(run('say tainted(render({ config()->%*, options => [[1, "source x$taint"]] })) ? 1 : 0'), "1\n", 'a text of a tainted line');
is(run('say tainted(render(parse())) ? 1 : 0'), "1\n", 'a text of a file');

done_testing();
