package PVE::Network::SDN::Ipams::Plugin;

# Stand-in for pve-network's module, for machines without it: knows the built-in IPAM.

use v5.36;

sub lookup($class, $type) {
    die "cannot lookup undefined type!" if !defined($type);
    return 'PVE::Network::SDN::Ipams::PVEPlugin' if $type eq 'pve';
    die "unknown section type '$type'\n";
}

1;
