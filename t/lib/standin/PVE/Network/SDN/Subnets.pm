package PVE::Network::SDN::Subnets;

# Stand-in for pve-network's module, for machines without it: it has the names that our
# shims replace, and dies if it is asked.

use v5.36;

sub get_dhcp_ranges(@) { die "the stand-in was asked\n" }
sub find_ip_subnet(@) { die "the stand-in was asked\n" }

1;
