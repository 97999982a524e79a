package PVE::Network::RS::Request::Hooks;

# Requests and answers of the hooks that check an object before it is saved or deleted.
#
# Perl makes a hash of what is undefined when it looks into it. So after a hook of the original the
# caller's data may hold `ids` that it did not hold before; ours makes the same ones.

use v5.36;

# Looks into a config.
sub look_into($config) {
    $config->{ids} //= {} if ref($config) eq 'HASH';
    return;
}

# SDN::Zones::*Plugin->on_update_hook($zoneid, $zone_cfg, $controller_cfg)
sub zone_update($layout, $fidelity, $class, $id, $zones, $controllers = undef) {
    my $type = $class->type();
    look_into($zones);
    if ($type eq 'evpn') {
        look_into($controllers);
        $zones->{ids}->{ $id // '' } //= {} if ref($zones) eq 'HASH';
    }
    return {
        hook => 'zone_update',
        type => $type,
        id => '' . ($id // ''),
        zones => $zones // {},
        controllers => $controllers // {},
    };
}

# SDN::Zones::Plugin->on_delete_hook($zoneid, $vnet_cfg)
sub zone_delete($layout, $fidelity, $class, $id, $vnets) {
    look_into($vnets);
    return { hook => 'zone_delete', id => '' . ($id // ''), vnets => $vnets // {} };
}

# SDN::Zones::*Plugin->vnet_update_hook($vnet_cfg, $vnetid, $zone_cfg)
sub vnet_in_zone($layout, $fidelity, $class, $vnets, $id, $zones = undef) {
    look_into($vnets);
    return {
        hook => 'vnet_in_zone',
        type => $class->type(),
        id => '' . ($id // ''),
        vnets => $vnets // {},
        zones => $zones // {},
    };
}

# SDN::VnetPlugin->on_update_hook($vnetid, $vnet_cfg)
sub vnet_update($layout, $fidelity, $class, $id, $vnets) {
    my $vnet = $vnets->{ids}->{$id};
    # As the original, which reads them only then.
    my $subnets = $vnet->{vlanaware} && PVE::Network::SDN::Vnets::get_subnets($id);
    return { hook => 'vnet_update', vnet => $vnet, has_subnets => $subnets ? 1 : 0 };
}

# SDN::VnetPlugin->on_delete_hook($vnetid, $vnet_cfg)
sub vnet_delete($layout, $fidelity, $class, $id, $vnets = undef) {
    my $subnets = PVE::Network::SDN::Vnets::get_subnets($id);
    return { hook => 'vnet_delete', has_subnets => $subnets ? 1 : 0 };
}

# SDN::Controllers::*Plugin->on_update_hook($controllerid, $controller_cfg)
sub controller_update($layout, $fidelity, $class, $id, $controllers) {
    look_into($controllers);
    return {
        hook => 'controller_update',
        type => $class->type(),
        id => '' . ($id // ''),
        controllers => $controllers // {},
        node => PVE::INotify::nodename(),
    };
}

# SDN::Controllers::*Plugin->on_delete_hook($controllerid, $zone_cfg)
sub controller_delete($layout, $fidelity, $class, $id, $zones) {
    look_into($zones);
    return {
        hook => 'controller_delete',
        type => $class->type(),
        id => '' . ($id // ''),
        zones => $zones // {},
    };
}

# Makes up the MAC address that a zone needs, of which the hook has looked into every zone.
sub zone_updated($needs_mac, $request, $class, $id, $zones, @) {
    $_ //= {} for values $zones->{ids}->%*;
    $zones->{ids}->{$id}->{mac} = random_mac() if $needs_mac;
    return;
}

# The same for a vnet.
sub vnet_updated($needs_mac, $request, $class, $vnets, $id, @) {
    # As the original, which makes one for a vnet that is not there, too.
    my $mac = $needs_mac ? random_mac() : return;
    my $vnet = $vnets->{ids}->{$id} // return;
    $vnet->{mac} = $mac;
    return;
}

# Looks for the zones of the other vnets, as a hook does that finds no error in the vnet.
sub vnet_tag_checked($nothing, $request, $class, $vnets, $id, $zones = undef) {
    look_into($zones) if grep { $_ ne ($id // '') } keys $vnets->{ids}->%*;
    return;
}

sub nothing(@) {
    return;
}

sub random_mac() {
    my $datacenter = PVE::Network::SDN::Zones::Plugin::datacenter_config();
    return PVE::Tools::random_ether_addr($datacenter->{mac_prefix});
}

1;
