package PVE::Network::SDN::Controllers::Plugin;

# Stand-in for pve-network's module, for machines without it: it has the name that our shims
# replace, and dies if it is asked.

use v5.36;

sub get_router_id(@) { die "the original was asked for the id of a router\n" }
sub parse_config(@) { die "the stand-in was asked\n" }
sub write_config(@) { die "the stand-in was asked\n" }

1;
