package PVE::RS::SDN;

# Stand-in for the part of libpve-rs-perl that renders FRR, where it is not installed: it cannot.

use v5.36;

sub get_frr_raw_config($config, $fabrics, $node) {
    die "nothing renders FRR without libpve-rs-perl\n";
}

1;
