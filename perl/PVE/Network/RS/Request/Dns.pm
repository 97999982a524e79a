package PVE::Network::RS::Request::Dns;

# Requests about names of addresses.

use v5.36;

# $class->get_reversedns_zone($config, $id, $subnet, $ip)
sub reverse_zone($layout, $fidelity, $class, $config, $id, $subnet, $ip = undef) {
    return {
        ip => $ip,
        cidr => $subnet->{cidr},
        mask => $subnet->{mask},
        reversemaskv6 => $config->{reversemaskv6},
    };
}

1;
