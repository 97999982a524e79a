package PVE::RS::SDN::Fabrics;

# Stand-in for the fabrics of libpve-rs-perl where it is not installed. It finds fabrics and nodes in
# sections, as that does, but checks nothing, and renders nothing but the lack of fabrics.

use v5.36;

# $sections: as in the running config, by id
sub running_config($class, $sections) {
    return bless { sections => $sections }, $class;
}

# $text: of fabrics.cfg
sub config($class, $text) {
    die "nothing reads fabrics without libpve-rs-perl\n" if $text =~ /\S/;
    return $class->running_config({});
}

sub to_raw($self) {
    die "nothing writes fabrics without libpve-rs-perl\n" if $self->{sections}->%*;
    return '';
}

sub to_sections($self) {
    return $self->{sections};
}

sub get_fabric($self, $id) {
    return $self->{sections}->{$id} // die "fabric '$id' does not exist in configuration\n";
}

sub list_nodes_fabric($self, $id) {
    my @nodes = grep { index($_, "${id}_") == 0 } keys $self->{sections}->%*;
    return { map { substr($_, length($id) + 1) => $self->{sections}->{$_} } @nodes };
}

sub get_node($self, $id, $node) {
    return $self->{sections}->{"${id}_$node"}
        // die "node '$node' does not exist in fabric '$id'\n";
}

sub get_interfaces_etc_network_config($self, $node) {
    die "nothing renders fabrics without libpve-rs-perl\n" if $self->{sections}->%*;
    return '';
}

sub enabled_daemons($self, $node) {
    die "nothing renders fabrics without libpve-rs-perl\n" if $self->{sections}->%*;
    return [];
}

1;
