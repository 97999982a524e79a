package PVE::Network::SDN::Zones::VxlanPlugin;

# Stand-in for pve-network's module, for machines without it: it has the names that our
# shims replace, and dies if it is asked.

use v5.36;

use parent 'PVE::Network::SDN::Zones::Plugin';

sub type($class) { return 'vxlan' }
sub on_update_hook(@) { die "the stand-in was asked\n" }
sub vnet_update_hook(@) { die "the stand-in was asked\n" }

1;
