package PVE::Network::SDN::Ipams::NetboxPlugin;

# Stand-in for pve-network's module, for machines without it: sends requests. What to ask a server for,
# it does not know: if it is asked, it dies.

use v5.36;

use PVE::Network::SDN;

sub netbox_api_request($config, $method, $path, $data = undef) {
    my @headers = ('Content-Type' => 'application/json; charset=UTF-8');
    push @headers, Authorization => "token $config->{token}";
    my $url = "$config->{url}$path";
    return PVE::Network::SDN::api_request($method, $url, \@headers, $data, $config->{fingerprint});
}

sub add_subnet(@) { die "the stand-in was asked\n" }
sub update_subnet(@) { die "the stand-in was asked\n" }
sub del_subnet(@) { die "the stand-in was asked\n" }
sub add_ip(@) { die "the stand-in was asked\n" }
sub update_ip(@) { die "the stand-in was asked\n" }
sub add_next_freeip(@) { die "the stand-in was asked\n" }
sub add_range_next_freeip(@) { die "the stand-in was asked\n" }
sub del_ip(@) { die "the stand-in was asked\n" }
sub get_ips_from_mac(@) { die "the stand-in was asked\n" }
sub verify_api(@) { die "the stand-in was asked\n" }
sub on_update_hook(@) { die "the stand-in was asked\n" }
sub add_dhcp_range(@) { die "the stand-in was asked\n" }
sub del_dhcp_range(@) { die "the stand-in was asked\n" }
sub get_prefix_id(@) { die "the stand-in was asked\n" }
sub get_iprange_id(@) { die "the stand-in was asked\n" }
sub get_ip_id(@) { die "the stand-in was asked\n" }
sub is_ip_gateway(@) { die "the stand-in was asked\n" }
sub is_prefix_empty(@) { die "the stand-in was asked\n" }

1;
