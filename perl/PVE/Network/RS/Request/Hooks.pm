package PVE::Network::RS::Request::Hooks;

# Requests and answers of the hooks that check an object before it is saved or deleted.

use v5.36;

# SDN::Zones::*Plugin->on_update_hook($zoneid, $zone_cfg, $controller_cfg)
sub zone_update($layout, $fidelity, $class, $id, $zones, $controllers = undef) {
    my $type = $class->type();
    if ($type eq 'evpn') { # as the original: what it looks into is there from then on
        $zones->{ids}->{ $id // '' } //= {} if ref($zones) eq 'HASH';
        $controllers->{ids} //= {} if ref($controllers) eq 'HASH';
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
    $vnets->{ids} //= {} if ref($vnets) eq 'HASH'; # as above
    return { hook => 'zone_delete', id => '' . ($id // ''), vnets => $vnets // {} };
}

# SDN::Zones::*Plugin->vnet_update_hook($vnet_cfg, $vnetid, $zone_cfg)
sub vnet_in_zone($layout, $fidelity, $class, $vnets, $id, $zones = undef) {
    $vnets->{ids} //= {} if ref($vnets) eq 'HASH'; # as the original, by looking for the vnet
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
    return {
        hook => 'controller_delete',
        type => $class->type(),
        id => '' . ($id // ''),
        zones => $zones // {},
    };
}

# Makes up the MAC address that a zone needs.
sub zone_updated($needs_mac, $request, $class, $id, $zones, @) {
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

sub nothing(@) {
    return;
}

sub random_mac() {
    my $datacenter = PVE::Network::SDN::Zones::Plugin::datacenter_config();
    return PVE::Tools::random_ether_addr($datacenter->{mac_prefix});
}

1;
