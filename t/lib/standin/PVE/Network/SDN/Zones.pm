package PVE::Network::SDN::Zones;

# Stand-in for pve-network's module, for machines without it: it has the name that our shims
# replace, and dies if it is asked.

use v5.36;

use PVE::Network::SDN::Zones::Plugin;

sub generate_etc_network_config(@) { die "the original was asked for zones\n" }
sub status(@) { die "the stand-in was asked\n" }

1;
