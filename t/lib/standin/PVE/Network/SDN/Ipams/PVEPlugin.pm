package PVE::Network::SDN::Ipams::PVEPlugin;

# Stand-in for pve-network's module, for machines without it: reads and writes the database. Who has
# which address, it does not know: if it is asked, it dies.

use v5.36;

use JSON::XS ();

use PVE::Cluster qw(cfs_lock_file cfs_read_file cfs_write_file);

my $FILE = 'sdn/pve-ipam-state.json';
my $json = JSON::XS->new->allow_nonref;

PVE::Cluster::cfs_register_file(
    $FILE,
    sub(@file) { __PACKAGE__->parse_config(@file) },
    sub($file, $text) { $text },
);

sub to_json($data) { return $json->encode($data) }

sub parse_config($class, $file, $text) {
    return $json->decode(length($text // '') ? $text : '{}');
}

sub read_db() { return cfs_read_file($FILE) }
sub write_db($db) { return cfs_write_file($FILE, to_json($db)) }

sub update_subnet(@) { return }
sub update_ip(@) { return }

sub add_subnet(@) { die "the stand-in was asked\n" }
sub del_subnet(@) { die "the stand-in was asked\n" }
sub add_ip(@) { die "the stand-in was asked\n" }
sub del_ip(@) { die "the stand-in was asked\n" }
sub add_next_freeip(@) { die "the stand-in was asked\n" }
sub add_range_next_freeip(@) { die "the stand-in was asked\n" }
sub get_ips_from_mac(@) { die "the stand-in was asked\n" }

1;
