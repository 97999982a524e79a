package PVE::Network::SDN;

# Stand-in for pve-network's module, for machines without it: tests put the server in its place. What is
# pending, it does not know: if it is asked, it dies.

use v5.36;

sub api_request(@) { die "no server\n" }

sub pending_config(@) { die "the stand-in was asked\n" }
sub has_pending_changes(@) { die "the stand-in was asked\n" }
sub encode_value(@) { die "the stand-in was asked\n" }

1;
