package PVE::Network::SDN::Subnets;

# Stand-in for pve-network's module, for machines without it: reads the DHCP ranges of a subnet.

use v5.36;

sub get_dhcp_ranges($subnet) {
    my @ranges;
    for my $text (($subnet->{'dhcp-range'} // [])->@*) {
        my $range = eval { parse($text) };
        if (!$range) {
            warn "Unable to parse dhcp-range string: $text\n";
            warn "$@\n";
            next;
        }
        push @ranges, $range;
    }
    return \@ranges;
}

sub parse($text) {
    my %range;
    for my $part (split(/,/, $text)) {
        my ($key, $value) = split(/=/, $part, 2);
        die "value without key, but schema does not define a default key\n" if !defined($value);
        $range{$key} = $value;
    }
    for my $key (qw(end-address start-address)) {
        die "format error\n$key: property is missing and it is not optional\n" if !$range{$key};
    }
    return \%range;
}

1;
