package PVE::INotify;

# As in pve-common 9.2: a registry that captured its functions, and forwarders under the old names.

use strict;
use warnings;

use PVE::Network::Interfaces;

my %registry = (
    parser => \&PVE::Network::Interfaces::read_etc_network_interfaces,
    writer => \&PVE::Network::Interfaces::write_etc_network_interfaces,
);

sub ccache_info { return (\%registry, $_[0]) }

sub read_file {
    my ($filename) = @_;
    open(my $fh, '<', $filename) or die "$filename: $!\n";
    return $registry{parser}->($filename, $fh);
}

sub write_file {
    my ($filename, $data) = @_;
    open(my $fh, '>', $filename) or die "$filename: $!\n";
    $registry{writer}->($filename, $fh, $data);
    close($fh);
}

sub read_etc_network_interfaces { return PVE::Network::Interfaces::read_etc_network_interfaces(@_) }
sub write_etc_network_interfaces { return PVE::Network::Interfaces::write_etc_network_interfaces(@_) }
sub __read_etc_network_interfaces { return PVE::Network::Interfaces::__read_etc_network_interfaces(@_) }
sub __write_etc_network_interfaces { return PVE::Network::Interfaces::__write_etc_network_interfaces(@_) }

1;
