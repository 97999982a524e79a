package PVE::Network::RS::Golden::Vnets;

# Cases of the level above IPAM and DNS: the functions of PVE::Network::SDN::Vnets that guests are
# plugged in with. They are the original's own, so its modules are needed; below them, Rust answers.
#
#   in     files, running, db, macdb; dns_fail, http, lock_fail; ops
#   out    results, one for each of ops; db, macdb: the files after the last one
#
# Cluster files are those of the stand-in for PVE::Cluster. Cases that write files of dnsmasq are
# skipped: they need the node's own folders.

use v5.36;

use JSON::XS ();
use Storable ();

my %FILE = (running => 'sdn/.running-config', db => 'sdn/pve-ipam-state.json', macdb => 'sdn/mac-cache.json');

my $json = JSON::XS->new->utf8->canonical->allow_nonref;

# Methods of the DNS plugin that are recorded, and the names of their arguments behind the config.
my %DNS = (
    verify_zone => [qw(zone)],
    add_a_record => [qw(zone hostname ip)],
    add_ptr_record => [qw(zone hostname ip)],
    del_a_record => [qw(zone hostname ip)],
    del_ptr_record => [qw(zone ip)],
);

my %OPERATION = map { $_ => 1 } qw(
    add_next_free_cidr add_ip update_ip del_ip get_ips_from_mac del_ips_from_mac add_dhcp_mapping
    get_subnet_from_vnet_ip
);
my %RETURNS_LIST = map { $_ => 1 } qw(get_ips_from_mac del_ips_from_mac get_subnet_from_vnet_ip);

sub takes($class, $in) {
    return $in->{ops} && $in->{files} && !grep { !$OPERATION{ $_->{op} // '' } } $in->{ops}->@*;
}

sub skips($class, $in) {
    return 'files of dnsmasq' if grep { $_->{op} eq 'add_dhcp_mapping' } $in->{ops}->@*;
    return if eval { require PVE::Network::SDN::Vnets; 1 };
    return "the original's modules are needed";
}

sub modules($class) {
    return qw(PVE::Network::SDN PVE::Network::SDN::Zones PVE::Network::SDN::Vnets PVE::Network::SDN::Dns);
}

sub play($class, $in, $api) {
    $in = {%$in}; # an operation may change what follows
    my %files = ($in->{files} // {})->%*;
    utf8::encode($_) for values %files;
    for my $key (grep { defined($in->{$_}) } keys %FILE) {
        $files{ $FILE{$key} } = $json->encode($in->{$key});
    }
    no warnings qw(once redefine);
    local %PVE::Cluster::TEXT = %files;
    local %PVE::Cluster::LOCK_FAULT = ($in->{lock_fail} // {})->%*;
    local *PVE::INotify::nodename = sub { $in->{node} };

    my @results = map { result_of($in, Storable::dclone($_)) } $in->{ops}->@*;
    return {
        results => \@results,
        map { $_ => data_of($PVE::Cluster::TEXT{ $FILE{$_} }) } qw(db macdb),
    };
}

sub result_of($in, $op) {
    my (@calls, @warnings);
    $in->{$_} = $op->{$_} for grep { $op->{$_} } qw(dns_fail http); # from here on
    local $SIG{__WARN__} = sub($warning) { push @warnings, $warning };
    my @list;
    my $lives = with_server($in, \@calls, sub() {
        no strict 'refs';
        @list = &{"PVE::Network::SDN::Vnets::$op->{op}"}($op->{args}->@*);
    });
    my %result = $lives ? () : (error => $@);
    $result{result} = $RETURNS_LIST{ $op->{op} } ? Storable::dclone(\@list) : undef if $lives;
    $result{calls} = \@calls if @calls;
    $result{warnings} = \@warnings if @warnings;
    return \%result;
}

# Runs $code with a DNS server that notes what it is asked, at the level of HTTP or above.
sub with_server($in, $calls, $code) {
    no warnings qw(once redefine);
    no strict 'refs';
    if ($in->{http}) {
        local *PVE::Network::SDN::api_request = sub(@request) { request($in, $calls, @request) };
        return eval { $code->(); 1 };
    }
    my $package = 'PVE::Network::SDN::Dns::PowerdnsPlugin';
    my %was = map { $_ => \&{"${package}::$_"} } keys %DNS;
    for my $method (keys %DNS) {
        *{"${package}::$method"} = sub(@args) { record($in, $calls, $method, @args) };
    }
    my $lives = eval { $code->(); 1 };
    my $error = $@;
    *{"${package}::$_"} = $was{$_} for keys %was;
    $@ = $error; ## no critic (for the caller)
    return $lives;
}

sub record($in, $calls, $method, $class, $config, @args) {
    my %call = (call => $method, server => $config->{url});
    @call{ $DNS{$method}->@* } = @args;
    push @$calls, \%call;
    for my $fault (($in->{dns_fail} // [])->@*) {
        my $is_meant = $fault->{method} eq $method
            && !grep { defined($fault->{$_}) && $fault->{$_} ne ($call{$_} // '') } qw(zone ip);
        die $fault->{error} if $is_meant;
    }
    return;
}

sub request($in, $calls, $method, $url, $headers, $data = undef, $fingerprint = undef) {
    my %call = (call => 'http', method => $method, url => $url, headers => $headers);
    $call{data} = $json->decode($json->encode($data)) if $data;
    $call{fingerprint} = $fingerprint if defined($fingerprint);
    push @$calls, \%call;
    my $answer = $in->{http}->{"$method $url"} // { error => "Invalid response from server: 404 Not Found\n" };
    die $answer->{error} if defined($answer->{error});
    return ref($answer->{json}) ? Storable::dclone($answer->{json}) : $answer->{json};
}

sub data_of($text) {
    return undef if !defined($text);
    return eval { $json->decode($text) } // $text;
}

# Parity: nothing is in another order.
sub is_reordered($class, $got, @wanted) {
    return 0;
}

sub is_same($class, $field, $want, $got) {
    return 1 if $field eq 'files'; # those of dnsmasq
    ($want, $got) = map { [map { binding($_) } ($_ // [])->@*] } $want, $got if $field eq 'results';
    my ($left, $right) = map { PVE::Network::RS::Golden::json_of(texts($_)) } $want, $got;
    return $left eq $right;
}

# What binds: not Perl's own warnings, and not where a text comes from.
sub binding($result) {
    my %binding = map { $_ => $result->{$_} } grep { defined($result->{$_}) } qw(result error calls);
    my @warnings = PVE::Network::RS::Golden::binding_warnings($result->{warnings});
    $binding{warnings} = [map { PVE::Network::RS::Golden::without_place($_) } @warnings] if @warnings;
    $binding{error} = PVE::Network::RS::Golden::without_place($binding{error}) if exists($binding{error});
    return \%binding;
}

# A number and its text are the same.
sub texts($value) {
    return [map { texts($_) } @$value] if ref($value) eq 'ARRAY';
    return { map { $_ => texts($value->{$_}) } keys %$value } if ref($value) eq 'HASH';
    return defined($value) ? "$value" : undef;
}

1;
