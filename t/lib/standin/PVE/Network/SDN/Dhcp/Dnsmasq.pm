package PVE::Network::SDN::Dhcp::Dnsmasq;

# Stand-in for pve-network's module, for machines without it: it has the names that our
# shims replace, and dies if it is asked.

use v5.36;

sub configure_subnet(@) { die "the stand-in was asked\n" }
sub configure_vnet(@) { die "the stand-in was asked\n" }
sub before_configure(@) { die "the stand-in was asked\n" }
sub add_ip_mapping(@) { die "the stand-in was asked\n" }

1;
