package PVE::Network::SDN::Dns::PowerdnsPlugin;

# Stand-in for pve-network's module, for machines without it: sends requests. What to ask a server for,
# it does not know: if it is asked, it dies.

use v5.36;

use PVE::Network::SDN;

sub get_zone_content($config, $zone) {
    my @headers = ('Content-Type' => 'application/json; charset=UTF-8', 'X-API-Key' => $config->{key});
    my $url = "$config->{url}/zones/$zone";
    my $content = eval {
        PVE::Network::SDN::api_request('GET', $url, \@headers, undef, $config->{fingerprint});
    };
    die "can't read zone $zone: $@" if $@;
    return $content;
}

sub get_zone_rrset($content, $name, $type) {
    my ($rrset) = grep { $_->{name} eq $name && $_->{type} eq $type } ($content->{rrsets} // [])->@*;
    return $rrset;
}

sub add_a_record(@) { die "the stand-in was asked\n" }
sub add_ptr_record(@) { die "the stand-in was asked\n" }
sub del_a_record(@) { die "the stand-in was asked\n" }
sub del_ptr_record(@) { die "the stand-in was asked\n" }
sub verify_zone(@) { die "the stand-in was asked\n" }
sub on_update_hook(@) { die "the stand-in was asked\n" }
sub get_reversedns_zone(@) { die "the stand-in was asked\n" }

1;
