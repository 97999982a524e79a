package PVE::Network::SDN::Controllers::BgpPlugin;

# Stand-in for pve-network's module, for machines without it: it has the names that our
# shims replace, and dies if it is asked.

use v5.36;

use parent 'PVE::Network::SDN::Controllers::Plugin';

sub type($class) { return 'bgp' }
sub on_update_hook(@) { die "the stand-in was asked\n" }
sub on_delete_hook(@) { die "the stand-in was asked\n" }

1;
