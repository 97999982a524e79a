package PVE::Network::RS::Facts;

# Facts of the node: what the library asks, and how the original finds it out.
#
# Probes go through the functions of the original, so that whoever replaces one still does.

use v5.36;

# By the kind of the probe: how to find its value.
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
    uplinks => sub($probe) { uplinks() },
    altnames => sub($probe) { PVE::Network::altname_mapping() },
    mac => sub($probe) { PVE::Network::SDN::Controllers::Plugin::read_iface_mac($probe->{iface}) },
);

# The probes with their answers; none if there is no list of probes.
sub answered($probes) {
    return [map { answer($_) } ($probes // [])->@*];
}

# What a probe warns of, the library hands on where it belongs.
sub answer($probe) {
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

sub uplinks() {
    my $ifaces = PVE::Network::SDN::Controllers::read_etc_network_interfaces()->{ifaces};
    return [map { [$_, $ifaces->{$_}->{'uplink-id'}] } keys %$ifaces];
}

1;
