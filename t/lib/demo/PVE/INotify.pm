package PVE::INotify;

# Stand-in for the original of this name: the registry of files, as far as the demo reaches it.
# The path of the file is a variable, so that no test touches the node it runs on.

use v5.36;

use Storable ();

use PVE::Network::Interfaces;

our $FILE = '/etc/network/interfaces';

# Captured when this module is loaded, as the original's registry does.
my %registry = (
    interfaces => {
        parser => \&PVE::Network::Interfaces::read_etc_network_interfaces,
        writer => \&PVE::Network::Interfaces::write_etc_network_interfaces,
    },
);

sub ccache_info($id) {
    return ($registry{$id} // die("file '$id' not added"), $FILE);
}

sub nodename() { return 'pve1' }

sub read_file($id, $full = undef) {
    my ($entry, $file) = ccache_info($id);
    open(my $fh, '<', -e "$file.new" ? "$file.new" : $file) or return undef;
    my $data = Storable::dclone($entry->{parser}->($file, $fh));
    return $full ? { data => $data, changes => undef } : $data;
}

sub write_file($id, $data, $full = undef) {
    my ($entry, $file) = ccache_info($id);
    open(my $fh, '>', "$file.new") or die "$file.new: $!\n";
    $entry->{writer}->($file, $fh, $data);
    close($fh) or die "$file.new: $!\n";
    return;
}

1;
