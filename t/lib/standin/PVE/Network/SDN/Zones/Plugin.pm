package PVE::Network::SDN::Zones::Plugin;

# Stand-in for pve-network's module, for machines without it: finds the address of the node.

use v5.36;

sub PVE::Tools::split_list($list) { split(/[,; ]+/, $list) }

sub find_local_ip_interface_peers($peers, $first = undef) {
    my $ifaces = PVE::INotify::read_file('interfaces')->{ifaces};
    my %iface_of;
    for my $iface (reverse sort keys %$ifaces) {
        my $ip = $ifaces->{$iface}->{address} or next;
        return ($ip, $iface) if defined($first) && $iface eq $first;
        $iface_of{$ip} = $iface;
    }
    for my $peer (grep { $iface_of{$_} } @$peers) {
        return ($peer, $iface_of{$peer});
    }
    return @$peers ? get_local_route_ip($peers->[0]) : ();
}
sub on_delete_hook(@) { die "the stand-in was asked\n" }
sub generate_status_message(@) { die "the stand-in was asked\n" }
sub parse_config(@) { die "the stand-in was asked\n" }
sub write_config(@) { die "the stand-in was asked\n" }

1;
