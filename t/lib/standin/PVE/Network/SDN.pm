package PVE::Network::SDN;

# Stand-in for pve-network's module, for machines without it: it has the names that our shims
# replace, and dies if it is asked.

use v5.36;

use PVE::Network::SDN::Controllers::Plugin;
use PVE::Network::SDN::Fabrics;
use PVE::Network::SDN::Frr;
use PVE::Network::SDN::Zones;

sub generate_frr_raw_config(@) { die "the original was asked for frr.conf\n" }
sub api_request(@) { die "no server\n" }
sub pending_config(@) { die "the stand-in was asked\n" }
sub has_pending_changes(@) { die "the stand-in was asked\n" }
sub encode_value(@) { die "the stand-in was asked\n" }

1;
