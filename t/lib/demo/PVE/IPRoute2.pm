package PVE::IPRoute2;

# Stand-in for the original of this name: the links of a node are what a test says they are.

use v5.36;

our %LINKS;

sub ip_link_details() { return {%LINKS} }

sub altname_mapping($links) {
    $links //= ip_link_details();
    return { map { my $name = $_; map { $_ => $name } ($links->{$name}->{altnames} // [])->@* } keys %$links };
}

1;
