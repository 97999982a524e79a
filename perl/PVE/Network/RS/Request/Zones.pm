package PVE::Network::RS::Request::Zones;

# Requests of the generator of interfaces.d/sdn, the part of the zones.

use v5.36;

# What the library asks about the node, and how the original finds it out.
my %PROBE = (
    interfaces => sub($probe) {
        PVE::INotify::read_file('interfaces');
        return undef;
    },
    bridge => sub($probe) { bridge($probe->{name}) },
    route => sub($probe) {
        [PVE::Network::SDN::Zones::Plugin::get_local_route_ip($probe->{target})];
    },
    local_ip => sub($probe) {
        my @peers = PVE::Tools::split_list($probe->{peers});
        [PVE::Network::SDN::Zones::Plugin::find_local_ip_interface_peers(\@peers, $probe->{iface})];
    },
    fabrics => sub($probe) { PVE::Network::SDN::Fabrics::config(1)->to_sections() },
);

# generate_etc_network_config($cfg); up to pve-network 1.2 it has no argument
sub generate($layout, $fidelity, @args) {
    my $config =
        defined(&PVE::Network::SDN::Frr::to_raw_config)
        ? PVE::Network::SDN::running_config()
        : $args[0];
    # The subnets are those in force, even if the config is not yet.
    $config = { %$config, subnets => PVE::Network::SDN::Subnets::config(1) } if $config;

    my $request = { config => $config, node => PVE::INotify::nodename() };
    my $reply = PVE::Network::RS::ask('pve_network_sdn_zones_probes', $request);
    $request->{facts} = [map { answered($_) } ($reply->{value} // [])->@*];
    return $request;
}

# The probe with its answer. What it warns of, the library hands on where it belongs.
sub answered($probe) {
    my @warnings;
    local $SIG{__WARN__} = sub($warning) { push @warnings, $warning };
    my $is_answered = eval {
        $probe->{value} = $PROBE{ $probe->{probe} }->($probe);
        1;
    };
    $probe->{error} = "$@" if !$is_answered;
    $probe->{warnings} = \@warnings;
    return $probe;
}

sub bridge($name) {
    PVE::Network::SDN::Zones::Plugin::find_bridge($name);
    my $vlan_aware = PVE::Network::SDN::Zones::Plugin::is_vlanaware($name);
    my $ovs = PVE::Network::is_ovs_bridge($name);
    return { ovs => $ovs } if $ovs;
    return { vlan_aware => $vlan_aware } if $vlan_aware;
    return { ports => [PVE::Network::SDN::Zones::Plugin::get_bridge_ifaces($name)] };
}

1;
