package PVE::Network::RS::Golden::FrrTree;

# Cases of frr.conf.local: its text changes the tree that frr.conf is made of.
#
#   in     tree, local
#   out    tree

use v5.36;

use Storable ();

sub takes($class, $in) {
    return $in->{tree} && exists($in->{local});
}

sub skips($class, $in) {
    return;
}

sub modules($class) {
    return 'PVE::Network::SDN::Frr';
}

sub play($class, $in, $api) {
    my $tree = Storable::dclone($in->{tree});
    no warnings qw(redefine once);
    local *PVE::Network::SDN::Frr::read_local_frr_config = sub() { $in->{local} };
    local $SIG{__WARN__} = sub($warning) { }; # Perl's own, of what is not defined
    PVE::Network::SDN::Frr::append_local_config($tree);
    return { tree => $tree };
}

sub is_same($class, $field, $want, $got) {
    my ($left, $right) = map { PVE::Network::RS::Golden::json_of(texts($_)) } $want, $got;
    return $left eq $right;
}

# With all scalars as texts: the original makes some of them texts by looking at them.
sub texts($data) {
    return { map { $_ => texts($data->{$_}) } keys %$data } if ref($data) eq 'HASH';
    return [map { texts($_) } @$data] if ref($data) eq 'ARRAY';
    return defined($data) ? "$data" : undef;
}

1;
