package PVE::Network::RS::Scale;

# A node of a cluster with many vnets, to see how long the generators of SDN take.
#
# There are ten zones, two of each type: an EVPN zone whose exit node this is, so it has routes for
# the subnets of all others, and VLANs on bridges of each sort. Every vnet has an IPv4 and an IPv6
# subnet, every fourth one with source NAT. How the node answers, is told at once: what is measured
# is what the original and we make of the answers.

use v5.36;

use JSON::XS ();
use Storable ();

my $NODE = 'scale-n1';
my $NET = '172.22.0';
my $PEERS = join(',', map { "$NET.$_" } 1 .. 8);

my %ZONES = (
    s0 => { type => 'simple', ipam => 'pve' },
    s1 => { type => 'simple', mtu => 1400 },
    l0 => { type => 'vlan', bridge => 'vmbr0' },
    l1 => { type => 'vlan', bridge => 'vmbr1', mtu => 9000 },
    q0 => { type => 'qinq', bridge => 'vmbr0', tag => 77 },
    q1 => { type => 'qinq', bridge => 'vmbr2', tag => 78, 'vlan-protocol' => '802.1ad' },
    x0 => { type => 'vxlan', peers => $PEERS },
    x1 => { type => 'vxlan', peers => $PEERS, 'vxlan-port' => 4790 },
    e0 => {
        type => 'evpn',
        controller => 'core',
        'vrf-vxlan' => 16000000,
        mac => 'BC:24:11:0A:00:01',
        exitnodes => { $NODE => 1 },
    },
    e1 => {
        type => 'evpn',
        controller => 'core',
        'vrf-vxlan' => 16000001,
        mac => 'BC:24:11:0A:00:02',
        'advertise-subnets' => 1,
    },
);
my @ORDER = qw(s0 l0 q0 x0 e0 s1 l1 q1 x1 e1);

my %BRIDGES = (
    vmbr0 => { vlan_aware => 0, ovs => 0, ports => ['eno1'] },
    vmbr1 => { vlan_aware => 1, ovs => 0, ports => ['eno2'] },
    vmbr2 => { ovs => 1, ports => ['eno3'] },
);
my %ROUTES = (
    '8.8.8.8' => ["$NET.1", 'vmbr0'],
    '2001:4860:4860::8888' => ['fd77:ffff::1', 'vmbr0'],
);
my %INTERFACES = (
    ifaces => {
        lo => { type => 'loopback' },
        vmbr0 => { type => 'bridge', address => "$NET.1", cidr => "$NET.1/24", bridge_ports => 'eno1' },
        vmbr1 => { type => 'bridge', bridge_ports => 'eno2', bridge_vlan_aware => 1 },
        vmbr2 => { type => 'OVSBridge', ovs_ports => 'eno3' },
        map { $_ => { type => 'eth' } } qw(eno1 eno2 eno3),
    },
);

# The running config of $count vnets, as the original has it: decoded from JSON.
sub config($count) {
    my (%vnets, %subnets);
    for my $k (0 .. $count - 1) {
        my $zone = $ORDER[$k % 10];
        my $id = 'w' . name($k);
        my $vnet = $vnets{$id} = { type => 'vnet', zone => $zone };
        my $type = $ZONES{$zone}->{type};
        $vnet->{tag} = $type =~ /^(?:vlan|qinq)$/ ? 2 + int($k / 10) % 4093 : 1000 + $k
            if $type ne 'simple';
        $vnet->{alias} = "tenant $k" if $k % 7 == 0;

        my @net = (10, $k >> 12 & 255, $k >> 4 & 255, ($k & 15) << 4);
        my $net6 = sprintf('fd77:%x:%x:', $k >> 16, $k & 0xffff);
        my $v4 = { type => 'subnet', vnet => $id, gateway => join('.', @net[0 .. 2], $net[3] + 1) };
        my $v6 = { type => 'subnet', vnet => $id, gateway => "$net6:1" };
        $_->{snat} = 1 for grep { $k % 4 == 0 } $v4, $v6;
        $subnets{ "$zone-" . join('.', @net) . '-28' } = $v4;
        $subnets{"$zone-$net6:-64"} = $v6;
    }
    my $config = {
        version => 1,
        zones => { ids => \%ZONES },
        vnets => { ids => \%vnets },
        subnets => { ids => \%subnets },
        controllers => { ids => { core => { type => 'evpn', asn => 4200012345, peers => $PEERS } } },
        fabrics => { ids => {} },
    };
    return JSON::XS::decode_json(JSON::XS::encode_json($config));
}

# Five letters or digits.
sub name($number) {
    my $name = '';
    for (1 .. 5) {
        $name = ('0' .. '9', 'a' .. 'z')[$number % 36] . $name;
        $number = int($number / 36);
    }
    return $name;
}

# Runs $code with the config of $count vnets, on a node that answers as above.
sub on_node($count, $code) {
    my $config = config($count);
    my $is_rendered = !defined($INC{'PVE/RS/SDN.pm'}) || $INC{'PVE/RS/SDN.pm'} !~ m{/t/lib/absent/};
    my $render = $is_rendered ? \&PVE::RS::SDN::get_frr_raw_config : sub(@) { [] };

    no warnings qw(redefine once);
    local *PVE::RS::SDN::get_frr_raw_config = $render;
    local *PVE::INotify::nodename = sub() { $NODE };
    # A copy each time: the original leaves off in the middle of a hash, and goes on there.
    local *PVE::INotify::read_file = sub(@) { Storable::dclone(\%INTERFACES) };
    local *PVE::Network::is_ovs_bridge = sub($name) { $BRIDGES{$name}->{ovs} };
    local *PVE::Network::altname_mapping = sub(@) { {} };
    local *PVE::Network::SDN::running_config = sub() { $config };
    local *PVE::Network::SDN::Subnets::config = sub(@) { $config->{subnets} };
    local *PVE::Network::SDN::Frr::read_local_frr_config = sub() { undef };
    local *PVE::Network::SDN::Controllers::read_etc_network_interfaces = sub() {
        Storable::dclone(\%INTERFACES);
    };
    local *PVE::Network::SDN::Zones::Plugin::find_bridge = sub($name) { $BRIDGES{$name} or die };
    local *PVE::Network::SDN::Zones::Plugin::is_vlanaware = sub($name) {
        $BRIDGES{$name}->{vlan_aware};
    };
    local *PVE::Network::SDN::Zones::Plugin::get_bridge_ifaces = sub($name) {
        $BRIDGES{$name}->{ports}->@*;
    };
    local *PVE::Network::SDN::Zones::Plugin::get_local_route_ip = sub($target) {
        ($ROUTES{$target} // die "no way to $target\n")->@*;
    };
    local $SIG{__WARN__} = sub($warning) { die "warned of: $warning" };
    return $code->($config);
}

1;
