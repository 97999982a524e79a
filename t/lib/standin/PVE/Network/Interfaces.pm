package PVE::Network::Interfaces;

# Stands in for pve-common's module where Rust has to answer everything: it has the names that our
# shims replace, and dies if it is asked.

use v5.36;

sub __read_etc_network_interfaces($fh, $ip_links = undef, $active_ifaces = undef) {
    die "the original was asked to read\n";
}

sub __write_etc_network_interfaces($config, $ifupdown2 = undef) {
    die "the original was asked to write\n";
}

1;
