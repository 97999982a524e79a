package PVE::Network::SDN::Fabrics;

# Shadow of pve-network's module: loads it, then Rust can answer its seams.

use v5.36;

use PVE::Network::RS::Original;

PVE::Network::RS::Original::load(__PACKAGE__, __FILE__);

1;
