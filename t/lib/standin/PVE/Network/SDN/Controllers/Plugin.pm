package PVE::Network::SDN::Controllers::Plugin;

# Stand-in for pve-network's module, for machines without it: it has the names that our
# shims replace, and dies if it is asked.

use v5.36;

sub parse_config(@) { die "the stand-in was asked\n" }
sub write_config(@) { die "the stand-in was asked\n" }

1;
