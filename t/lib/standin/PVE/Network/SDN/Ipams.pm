package PVE::Network::SDN::Ipams;

# Stand-in for pve-network's module, for machines without it: reads and writes the cache of MAC
# addresses. If it is asked for one, it dies.

use v5.36;

use JSON::XS ();

use PVE::Cluster qw(cfs_lock_file cfs_read_file cfs_write_file);
use PVE::Network::SDN::Ipams::Plugin;
use PVE::Network::SDN::Ipams::PVEPlugin;

my $FILE = 'sdn/mac-cache.json';
my $json = JSON::XS->new->utf8;

PVE::Cluster::cfs_register_file(
    $FILE,
    sub($file, $text) { length($text // '') ? $json->decode($text) : {} },
    sub($file, $data) { $json->encode($data) },
);

sub read_macdb() { return cfs_read_file($FILE) }
sub write_macdb($data) { return cfs_write_file($FILE, $data) }

sub config() { return { ids => { pve => { type => 'pve' } } } }

sub get_plugin_config($zone) {
    return PVE::Network::SDN::Ipams::config()->{ids}->{ $zone->{ipam} };
}

sub add_cache_mac_ip(@) { die "the stand-in was asked\n" }
sub del_cache_mac_ip(@) { die "the stand-in was asked\n" }
sub get_ips_from_mac(@) { die "the stand-in was asked\n" }

1;
