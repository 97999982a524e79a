# FRR: what is asked of the node, by the functions of the original, and what becomes of it.

use v5.36;

use FindBin ();

BEGIN { push @INC, map { "$FindBin::RealBin/lib/$_" } qw(standin absent) } # behind the shims

use Test::More;

use PVE::Network::SDN;
use PVE::Network::RS::Request::Frr;
use PVE::Network::RS::TestNode;
use PVE::RS::SDN::Fabrics;

local $ENV{PVE_NETWORK_RS_LIB} = PVE::Network::RS::TestNode::library();
my $node = PVE::Network::RS::TestNode->new();
$node->configure(qq(phase = "rust-full"\nfallback_enabled = false\n));

my (@asked, %mac, %route, $local);

no warnings qw(redefine once);
local *PVE::INotify::nodename = sub() { 'pve1' };
local *PVE::INotify::read_file = sub($name) {
    push @asked, $name;
    { ifaces => { vmbr0 => { address => '10.0.0.1' } } };
};
local *PVE::Network::SDN::Controllers::read_etc_network_interfaces = sub() {
    push @asked, 'uplinks';
    { ifaces => {} };
};
local *PVE::Network::SDN::Controllers::Plugin::read_iface_mac = sub($iface) {
    push @asked, "mac $iface";
    $mac{$iface};
};
local *PVE::Network::SDN::Zones::Plugin::get_local_route_ip = sub($target) {
    push @asked, "route $target";
    die $route{fault} if $route{fault};
    $route{$target}->@*;
};
local *PVE::Network::SDN::Subnets::config = sub($running = 0) {
    push @asked, "subnets $running";
    { ids => { 'other-10.9.0.0-24' => { vnet => 'blue' } } };
};
local *PVE::Network::SDN::Fabrics::config = sub($running) {
    push @asked, 'fabrics';
    PVE::RS::SDN::Fabrics->running_config({});
};
local *PVE::Network::SDN::Frr::read_local_frr_config = sub() { $local };

sub config(%zone) {
    return {
        controllers => { ids => { core => { type => 'evpn', asn => 65000, peers => $zone{peers} // '10.0.0.1,10.0.0.2' } } },
        zones => { ids => { lan => { type => 'evpn', controller => 'core', 'vrf-vxlan' => 7, %{ $zone{with} // {} } } } },
        vnets => { ids => { red => { zone => 'lan', tag => 5 } } },
    };
}

sub generated(%zone) {
    @asked = ();
    return join("\n", PVE::Network::SDN::generate_frr_raw_config(config(%zone))->@*);
}

subtest 'frr.conf' => sub {
    like(generated(), qr/^ bgp router-id 10\.0\.0\.1$/m, 'an address of the node');
    is_deeply(\@asked, [qw(fabrics uplinks interfaces)], 'nothing else is asked');

    my %exit = (exitnodes => { pve1 => 1 });
    like(generated(with => \%exit), qr{^ ip route 10\.9\.0\.0/24 null0$}m, 'an exit node');
    is_deeply(\@asked, ['fabrics', 'uplinks', 'interfaces', 'subnets 0'], 'asks for the subnets of all');

    $exit{'exitnodes-local-routing'} = 1;
    generated(with => \%exit);
    is_deeply([grep { /subnets/ } @asked], ['subnets 1', 'subnets 0'], 'and for those in force');

    %route = ('fd00::2' => ['fd00::1', 'vmbr0']);
    %mac = (vmbr0 => '02:00:0a:0b:0c:0d');
    like(generated(peers => 'fd00::2'), qr/^ bgp router-id 10\.11\.12\.13$/m, 'IPv6: the MAC names the router');
    is_deeply([@asked[2 .. $#asked]], ['interfaces', 'route fd00::2', 'mac vmbr0'], 'which is asked once the interface is known');

    $local = "router ospf\n passive-interface default\nexit\n";
    like(generated(), qr/^router ospf\n passive-interface default\nexit\n!$/m, 'frr.conf.local');
    $local = "router ospf\n description \xc3\xbc\nexit\n";
    my $text = generated();
    ok(utf8::downgrade($text, 1) && $text =~ /description \xc3\xbc$/m, 'its bytes stay bytes');
    $local = undef;

    %route = (fault => "no route\n");
    is(eval { generated(peers => '10.1.1.1') }, undef, 'a fault');
    is($@, "no route\n", 'is the one of the function that was asked');
};

subtest 'the text' => sub {
    my $text = PVE::Network::SDN::Frr::raw_config_to_string(['!', 'vrf a']);
    like($text, qr/^hostname pve1\nlog.*\nservice.*\n!\nvrf a\n!\nline vty\n!\n\z/m, 'of pve-network 1.3');
    local *PVE::Network::SDN::Frr::to_raw_config = sub() { };
    $text = PVE::Network::SDN::Frr::raw_config_to_string([]);
    like($text, qr/^service.*\n!\n!\nline vty\n!\n\z/m, 'of 1.2');
};

subtest 'daemons' => sub {
    local $PVE::Network::RS::Request::Frr::DAEMONS = "$node->{folder}/daemons";
    my $set = \&PVE::Network::SDN::Frr::set_daemon_status;
    local *PVE::Tools::file_get_contents = sub($file) {
        open(my $fh, '<', $file) or die "$file: $!\n";
        local $/;
        return scalar(<$fh>);
    };
    local *PVE::Tools::file_set_contents = \&PVE::Network::RS::TestNode::write_file;

    is(eval { $set->({}, 1) }, undef, 'no file');
    is($@, "/etc/frr/daemons file does not exist; is the frr package installed?\n", 'says so');

    PVE::Tools::file_set_contents($PVE::Network::RS::Request::Frr::DAEMONS, "bgpd=no\nospfd=no\nfabricd=yes\n");
    my $status = { ospfd => 1 };
    is($set->($status, 1), 1, 'a change');
    is_deeply($status, { ospfd => 1, fabricd => 0 }, 'the argument has all of ours');
    is(PVE::Tools::file_get_contents($PVE::Network::RS::Request::Frr::DAEMONS), "bgpd=no\nospfd=yes\nfabricd=no\n", 'the file');
    is($set->({ ospfd => 1 }), 0, 'no change');
    is(eval { $set->({ bgpd => 1 }) }, undef, 'a daemon of others');
    like($@, qr/^bgpd is not SDN managed at /, 'is refused');
};

subtest 'ids of routers' => sub {
    @asked = ();
    %mac = (eth0 => '02:00:01:02:03:04', eth1 => '00:00:00:00:00:00');
    my $id = \&PVE::Network::SDN::Controllers::Plugin::get_router_id;
    is($id->('10.0.0.1', 'eth0'), '10.0.0.1', 'an IPv4 address');
    is_deeply(\@asked, [], 'nothing is asked');
    is($id->('fd00::1', 'eth0'), '1.2.3.4', 'of a MAC');
    is(eval { $id->('fd00::1', 'eth1') }, undef, 'zeros');
    like($@, qr/^Interface eth1 has a zero MAC address\..*\n\z/, 'are refused');
    is(eval { $id->(undef, 'eth2') }, undef, 'nothing');
    like($@, qr/^can't autofind a router-id value from ip or mac at /, 'is refused');
};

subtest 'interfaces of fabrics' => sub {
    my $sections = {
        f1 => { id => 'f1', type => 'openfabric_fabric', ip_prefix => '10.3.0.0/24' },
        f1_pve1 => { id => 'f1_pve1', type => 'openfabric_node', ip => '10.3.0.1', interfaces => ['name=eth5'] },
    };
    my $wanted = join('', map { "\nauto $_->[0]\niface $_->[0] inet static\n\taddress 10.3.0.1/32\n$_->[1]\tip-forward 1\n" }
        ['dummy_f1', "\tlink-type dummy\n"], ['eth5', '']);
    my $generate = \&PVE::Network::SDN::Fabrics::generate_etc_network_config;
    is($generate->({ fabrics => { ids => $sections } }), $wanted, 'pve-network 1.3');
    is($generate->({}), '', 'no fabrics');
    {
        local *PVE::Network::SDN::Frr::to_raw_config = sub() { };
        local *PVE::Network::SDN::Fabrics::config = sub($running) { PVE::RS::SDN::Fabrics->running_config($sections) };
        is($generate->(), $wanted, '1.2 reads the config itself');
    }
    $sections->{f1_pve1}->{ip} = '10.4.0.1';
    is(eval { $generate->({ fabrics => { ids => $sections } }) }, undef, 'a fault');
    is($@, "node IP 10.4.0.1 is outside the IP prefix 10.3.0.0/24 of the fabric\n", 'has the words of the original');
};

done_testing();
