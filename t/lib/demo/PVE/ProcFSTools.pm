package PVE::ProcFSTools;

# Stand-in for the original of this name: every link is up.

use v5.36;

use PVE::IPRoute2;

sub get_active_network_interfaces() { return [sort keys %PVE::IPRoute2::LINKS] }

1;
