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
        sub parse(\%links) {
            open(my \$fh, '<', "$vendor/interfaces") or die;
            return PVE::Network::Interfaces::__read_etc_network_interfaces(\$fh, \\%links, []);
        }
        sub render(\$config) {
            return PVE::Network::Interfaces::__write_etc_network_interfaces(\$config, 1);
        }
        sub config(\%eth0) {
            my \%plain = (type => 'eth', families => ['inet'], method => 'manual');
            return { ifaces => { eth0 => { \%plain, \%eth0 } }, options => [] };
        }
        sub flags(\@values) { say join(' ', map { tainted(\$_) ? 1 : 0 } \@values) }
        die "not tainted" if !\${^TAINT} || !tainted(\$ENV{PATH});
        my \$taint = substr(\$ENV{PATH}, 0, 0);
        $code
        END
}

is(run('say parse()->{ifaces}{eth0}{method}'), "dhcp\n", 'Rust answers, from the installed library');
is(
    run('$ENV{PVE_NETWORK_RS} = "perl"; say parse()->{options}[0][1]'),
    "read by the original\n", 'the kill switch works',
);

# What is attached to a request or a reply makes no difference.
for my $large ('inf', 0) {
    my $form = "\$PVE::Network::RS::Message::LARGE_TEXT = \$PVE::Network::RS::Message::LARGE_CONFIG = '$large';";
    $form .= ' END { say "no Sereal" if !$INC{"Sereal/Encoder.pm"} }' if !$large;
    my $run = sub($code) { run("$form $code") };

    # Tainted in the original is what it hands on as it read it; what it took apart is not.
    is($run->('flags(parse()->{options}[0]->@*)'), "0 1\n", "a line between stanzas, large: $large");
    like($run->('flags(values parse()->{ifaces}{eth0}->%*)'), qr/^0(?: 0)+\n\z/, 'attributes');
    like(
        $run->('my $facts = { link_type => "ether$taint" }; flags(values parse("eth7$taint" => $facts)->{ifaces}{eth7}->%*)'),
        qr/^0(?: 0)+\n\z/, 'attributes of a card',
    );

    for my $row (
        ['nothing tainted', 'config()', 0],
        ['a tainted attribute', 'config(mtu => "9000$taint")', 1],
        ['a tainted option', 'config(options => ["up x$taint"])', 1],
        ['a tainted line', '{ config()->%*, options => [[1, "source x$taint"]] }', 1],
        ['a file', 'parse()', 1],
    ) {
        my ($name, $config, $wanted) = @$row;
        is($run->("flags(render($config))"), "$wanted\n", "a text of $name");
    }
}

done_testing();
