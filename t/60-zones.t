# The zones of SDN: what is asked of the node, by the functions of the original, and what becomes of it.

use v5.36;

use FindBin ();

BEGIN { push @INC, map { "$FindBin::RealBin/lib/$_" } qw(standin absent) } # behind the shims

use Test::More;

use PVE::Network::SDN;
use PVE::Network::RS::Compare;
use PVE::Network::RS::TestNode;

local $ENV{PVE_NETWORK_RS_LIB} = PVE::Network::RS::TestNode::library();
my $node = PVE::Network::RS::TestNode->new();
$node->configure(qq(phase = "rust-full"\nfallback_enabled = false\n));

my $config = {
    version => 3,
    zones => { ids => { lan => { type => 'vlan', bridge => 'vmbr0' } } },
    vnets => { ids => { red => { zone => 'lan', tag => 5 } } },
};
my (@asked, %answer);

no warnings qw(redefine once);
local *PVE::INotify::nodename = sub() { 'pve1' };
local *PVE::INotify::read_file = sub($name) { push @asked, $name; {} };
local *PVE::Network::SDN::Subnets::config = sub($running) { push @asked, "subnets $running"; undef };
local *PVE::Network::SDN::Zones::Plugin::find_bridge = sub($name) {
    push @asked, $name;
    die $answer{fault} if $answer{fault};
};
local *PVE::Network::SDN::Zones::Plugin::is_vlanaware = sub($name) { $answer{aware} };
local *PVE::Network::is_ovs_bridge = sub($name) { $answer{ovs} };
local *PVE::Network::SDN::Zones::Plugin::get_bridge_ifaces = sub($name) {
    warn "no port is up\n" if !$answer{ports};
    ($answer{ports} // [])->@*;
};

my @warnings;
local $SIG{__WARN__} = sub($warning) { push @warnings, $warning };

sub generated(%answers) {
    %answer = %answers;
    (@asked, @warnings) = ();
    return PVE::Network::SDN::Zones::generate_etc_network_config($config);
}

my $HEAD = "#version:3\n\n";
my $VNET = "auto red\niface red\n\tbridge_ports %s\n\tbridge_stp off\n\tbridge_fd 0\n";

is(generated(aware => 1), $HEAD . sprintf($VNET, 'vmbr0.5'), 'a bridge that knows VLANs');
is_deeply(\@asked, ['subnets 1', 'interfaces', 'vmbr0'], 'nothing else is asked');

like(generated(ovs => 1), qr/\tovs_ports ln_red\n/, 'a bridge of OVS');

like(generated(ports => ['eno1']), qr/\tbridge_ports  eno1\.5 pr_red\n/, 'a bridge with a port');
is_deeply(\@warnings, [], 'no warning');

like(generated(), qr/\tbridge_ports  pr_red\n/, 'a bridge without ports');
is_deeply(\@warnings, ["no port is up\n"], 'what a function warns of is warned of');

is(generated(fault => "gone\n"), "#version:3\n", 'no bridge, no vnet');
is_deeply(\@warnings, ["zone lan : vnet red : gone\n\n"], 'but a warning');

{
    local *PVE::Network::SDN::Frr::to_raw_config = sub() { };
    local *PVE::Network::SDN::running_config = sub() { $config };
    %answer = (aware => 1);
    my $text = PVE::Network::SDN::Zones::generate_etc_network_config();
    is($text, $HEAD . sprintf($VNET, 'vmbr0.5'), 'pve-network 1.2 reads the config itself');
}
is(PVE::Network::SDN::Zones::generate_etc_network_config({}), undef, 'nothing was ever applied');

my $place = 'zone a : vnet b : missing vxlan tag at Vxlan.pm line 7, <$fh> line 3.' . "\n\n";
is(
    PVE::Network::RS::Compare::difference(
        PVE::Network::RS::Compare::seen({ value => 1, warnings => [$place] }, {}),
        PVE::Network::RS::Compare::told({
            value => 1,
            warnings => [{ kind => 'warn', text => 'zone a : vnet b : missing vxlan tag' }],
        }, {}, 0),
    ),
    undef,
    'a place within a warning is no difference',
);

done_testing();
