package PVE::Network::SDN::Frr;

# Stand-in for pve-network's module, for machines without it: it has the names that our shims
# replace, and dies if it is asked.

use v5.36;

sub append_local_config(@) { die "the original was asked for frr.conf.local\n" }

sub raw_config_to_string(@) { die "the original was asked for the text of frr.conf\n" }

sub set_daemon_status(@) { die "the original was asked for daemons\n" }

1;
