package PVE::Network::RS::Request::Subnets;

# Requests and answers of what concerns subnets.

use v5.36;

# SDN::Subnets::get_dhcp_ranges($subnet), SDN::SubnetPlugin::validate_dhcp_ranges($subnet)
sub subnet($layout, $fidelity, $subnet) {
    return { subnet => $subnet // {} };
}

# SDN::Subnets::find_ip_subnet($ip, $subnets)
sub find($layout, $fidelity, $ip, $subnets = undef) {
    return {
        ip => '' . ($ip // ''),
        subnets => { map { $_ => { cidr => $subnets->{$_}->{cidr} } } keys %$subnets },
    };
}

sub found($id, $request, $ip, $subnets) {
    return [$id, $subnets->{$id}];
}

sub as_list($value, $request, @) {
    return @$value;
}

# SDN::SubnetPlugin->on_update_hook($zone, $subnetid, $subnet, $old_subnet)
sub update($layout, $fidelity, $class, $zone, $id, $subnet, $old = undef) {
    return (undef, 'an old subnet that is no hash') if $old && ref($old) ne 'HASH';

    my $vnet = PVE::Network::SDN::Vnets::get_vnet($subnet->{vnet});
    return { zone => $zone // {}, subnet => $subnet, old => $old || undef, vnet => $vnet };
}

my %STEP = (
    add_subnet => sub($step, $zone, $id, $subnet, $old) {
        PVE::Network::SDN::Subnets::add_subnet($zone, $id, $subnet);
    },
    update_subnet => sub($step, $zone, $id, $subnet, $old) {
        PVE::Network::SDN::Subnets::update_subnet($zone, $id, $subnet, $old);
    },
    add_ip => sub($step, $zone, $id, $subnet, $old) {
        my ($ip, $hostname, $mac) = $step->@{qw(ip hostname mac)};
        PVE::Network::SDN::Subnets::add_ip($zone, $id, $subnet, $ip, $hostname, $mac, undef, 1);
    },
    del_ip => sub($step, $zone, $id, $subnet, $old) {
        eval { PVE::Network::SDN::Subnets::del_ip($zone, $id, $old, $step->{ip}) };
        warn if $@;
    },
);

# Does what the IPAM needs.
sub updated($steps, $request, $class, $zone, $id, $subnet, $old = undef) {
    $STEP{ $_->{call} }->($_, $zone, $id, $subnet, $old) for @$steps;
    return;
}

1;
