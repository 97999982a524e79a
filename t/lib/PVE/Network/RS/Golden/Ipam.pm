package PVE::Network::RS::Golden::Ipam;

# Cases of the built-in IPAM and of the cache of MAC addresses: operations, one after the other.
#
#   in     db or db_raw, macdb, subnets by id, lock_fail by lock, ops
#   out    results, one for each of ops; db, macdb: the files after the last one
#
# Cluster files are those of the stand-in for PVE::Cluster; where that is the real one, cases of this
# format cannot be played.

use v5.36;

use JSON::XS ();
use Storable ();

my $DB = 'sdn/pve-ipam-state.json';
my $MACDB = 'sdn/mac-cache.json';
my $PLUGIN = 'PVE::Network::SDN::Ipams::PVEPlugin';

my $json = JSON::XS->new->utf8->canonical->allow_nonref;

# Operations: the arguments of the case, in the order of the original's.
my %OPERATION = (
    add_subnet => method(qw(subnetid subnet)),
    update_subnet => method(qw(subnetid subnet)),
    del_subnet => method(qw(subnetid subnet)),
    add_ip => method(qw(subnetid subnet ip hostname mac vmid is_gateway)),
    update_ip => method(qw(subnetid subnet ip hostname mac vmid is_gateway)),
    add_next_freeip => method(qw(subnetid subnet hostname mac vmid)),
    add_range_next_freeip => method(qw(subnet range data)),
    del_ip => method(qw(subnetid subnet ip)),
    get_ips_from_mac => method(qw(mac zone)),
    cache_add => sub($, $op) { PVE::Network::SDN::Ipams::add_cache_mac_ip($op->@{qw(mac ip)}) },
    cache_del => sub($, $op) { PVE::Network::SDN::Ipams::del_cache_mac_ip($op->@{qw(mac ip)}) },
    cache_get => sub($, $op) {
        PVE::Network::SDN::Ipams::get_ips_from_mac($op->@{qw(mac zone zone_cfg)});
    },
);

sub method(@names) {
    return sub($name, $op) { $PLUGIN->$name({ type => 'pve' }, $op->@{@names}) };
}

sub takes($class, $in) {
    return $in->{ops} && $in->{subnets} && !$in->{files};
}

# The modules of the original, or stand-ins for them.
sub modules($class) {
    return qw(PVE::Network::SDN::Ipams);
}

sub skips($class, $in) {
    return;
}

sub play($class, $in, $api) {
    no warnings qw(once redefine);
    local %PVE::Cluster::TEXT = (
        $DB => $in->{db_raw} // text_of($in->{db}),
        $MACDB => text_of($in->{macdb}),
    );
    local %PVE::Cluster::LOCK_FAULT = ($in->{lock_fail} // {})->%*;
    local *PVE::Network::SDN::Ipams::config = sub { { ids => { pve => { type => 'pve' } } } };

    my @results = map { result_of($in, Storable::dclone($_)) } $in->{ops}->@*;
    return {
        results => \@results,
        db => data_of($PVE::Cluster::TEXT{$DB}),
        macdb => data_of($PVE::Cluster::TEXT{$MACDB}),
    };
}

sub result_of($in, $op) {
    my $name = $op->{op};
    my $operation = $OPERATION{$name} // die "unknown operation $name\n";
    if (my $id = $op->{subnet}) {
        $op->{subnetid} = $id;
        $op->{subnet} = Storable::dclone($in->{subnets}->{$id});
    }
    my @warnings;
    local $SIG{__WARN__} = sub($warning) { push @warnings, $warning };
    my (@list, $swallowed);
    my $lives = eval {
        @list = $operation->($name, $op);
        $swallowed = $@; # what the original did not raise
        1;
    };
    my %result = $lives ? (result => $name =~ /^(?:get_|cache_get)/ ? \@list : $list[0]) : (error => $@);
    $result{result} = undef if $lives && $name !~ /get|free/;
    $result{swallowed} = $swallowed if $name eq 'add_range_next_freeip' && $swallowed;
    $result{warnings} = \@warnings if @warnings;
    return \%result;
}

sub text_of($data) {
    return defined($data) ? $json->encode($data) : undef;
}

# The original may write bytes that are not UTF-8.
sub data_of($text) {
    return undef if !defined($text);
    return eval { $json->decode($text) } // eval { JSON::XS->new->decode($text) } // $text;
}

# Parity: nothing is in another order.
sub is_reordered($class, $got, @wanted) {
    return 0;
}

sub is_same($class, $field, $want, $got) {
    ($want, $got) = map { [map { binding($_) } ($_ // [])->@*] } $want, $got if $field eq 'results';
    my ($left, $right) = map { PVE::Network::RS::Golden::json_of($_) } $want, $got;
    return $left eq $right;
}

# What binds: not Perl's own warnings, and not the words of the JSON parser.
sub binding($result) {
    my %binding = %$result;
    delete $binding{perl_warnings};
    my @warnings = PVE::Network::RS::Golden::binding_warnings($binding{warnings});
    delete $binding{warnings};
    $binding{warnings} = \@warnings if @warnings;
    for my $error (grep { defined } @binding{qw(error swallowed)}) {
        my $is_about_json = $error =~ /, at character offset \d+|is not JSON/;
        $error = $is_about_json ? 'not JSON' : PVE::Network::RS::Golden::without_place($error);
    }
    return \%binding;
}

1;
