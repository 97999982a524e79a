package PVE::Network::SDN::Fabrics;

# Stand-in for pve-network's module, for machines without it: it has the name that our shims
# replace, and dies if it is asked.

use v5.36;

sub generate_etc_network_config(@) { die "the original was asked for fabrics\n" }

1;
