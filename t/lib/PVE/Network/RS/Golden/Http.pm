package PVE::Network::RS::Golden::Http;

# Cases of the plugins that talk to servers: one call of a method, or a sweep of many.
#
#   in     plugin, op, config, args or sweep, replies
#   out    requests, result or error, warnings, stdout; or sweep
#
# The replies are given by a stand-in for api_request: what the transport makes of them (TLS, proxies,
# redirects, faults of the connection) is the original's own, and cases about it are skipped.

use v5.36;

use JSON::XS ();
use Storable ();

my $json = JSON::XS->new->utf8->allow_nonref;

my %PACKAGE = (
    netbox => 'PVE::Network::SDN::Ipams::NetboxPlugin',
    phpipam => 'PVE::Network::SDN::Ipams::PhpIpamPlugin',
    powerdns => 'PVE::Network::SDN::Dns::PowerdnsPlugin',
);

# The arguments of the methods behind the config, by name.
my %ARGS = (
    (map { $_ => [qw(subnetid subnet noerr)] } qw(add_subnet del_subnet)),
    update_subnet => [qw(subnetid subnet old_subnet noerr)],
    (map { $_ => [qw(subnetid subnet ip hostname mac vmid is_gateway noerr)] } qw(add_ip update_ip)),
    add_next_freeip => [qw(subnetid subnet hostname mac vmid noerr)],
    add_range_next_freeip => [qw(subnet range data noerr)],
    del_ip => [qw(subnetid subnet ip noerr)],
    get_ips_from_mac => [qw(mac zoneid noerr)],
    verify_api => [],
    on_update_hook => [],
    (map { $_ => [qw(zone hostname ip noerr)] } qw(add_a_record add_ptr_record del_a_record)),
    del_ptr_record => [qw(zone ip noerr)],
    verify_zone => [qw(zone noerr)],
    get_reversedns_zone => [qw(subnetid subnet ip)],
);

my %HAS_RESULT = map { $_ => 1 } qw(add_next_freeip add_range_next_freeip get_reversedns_zone);
my %SENT = map { $_ => 1 } qw(authorization content-type token x-api-key);

sub takes($class, $in) {
    return $in->{plugin} && $in->{replies} && $in->{op};
}

# Why a case cannot be played; nothing if it can.
sub skips($class, $in) {
    my $url = ($in->{config} // {})->{url} // '';
    my $is_about_transport =
        !$PACKAGE{ $in->{plugin} }
        || grep({ $in->{$_} } qw(tls refuse datacenter env))
        || $url =~ /\@/
        || grep { is_about_transport($_) } $in->{replies}->@*;
    return $is_about_transport ? 'about the transport' : ();
}

sub is_about_transport($reply) {
    my $status = $reply->{status} // 0;
    return 300 <= $status && $status < 400
        || grep { exists($reply->{$_}) } qw(fault raw gzip latin1 base64);
}

# The modules of the original, or stand-ins for them.
sub modules($class) {
    return ('PVE::Network::SDN', 'PVE::Network::SDN::Subnets', sort values %PACKAGE);
}

sub play($class, $in, $api) {
    my @replies = $in->{replies}->@*;
    my (@requests, @warnings);
    my $stdout = '';
    no warnings qw(once redefine);
    local *PVE::Network::SDN::api_request = sub(@request) { reply_to(\@requests, \@replies, @request) };
    local $SIG{__WARN__} = sub($warning) { push @warnings, $warning };

    my %out;
    if (my $sweep = $in->{sweep}) {
        $out{sweep} = [map { called($in, $_, \$stdout) } @$sweep];
    } else {
        %out = called($in, $in->{args} // {}, \$stdout)->%*;
    }
    @warnings = PVE::Network::RS::Golden::binding_warnings(\@warnings);
    return {
        %out,
        requests => \@requests,
        @replies ? (unused_replies => scalar(@replies)) : (),
        @warnings ? (warnings => \@warnings) : (),
        $stdout ne '' ? (stdout => $stdout) : (),
    };
}

sub called($in, $args, $stdout) {
    my ($config, $copy) = map { Storable::dclone($_) } $in->{config}, $args;
    my $method = $in->{op};
    open(my $out, '>>', $stdout) or die "memory: $!\n";
    my $before = select($out);
    my @list;
    my $lives = eval {
        @list = $PACKAGE{ $in->{plugin} }->$method($config, $copy->@{ $ARGS{$method}->@* });
        1;
    };
    my $error = $@;
    select($before);

    return { error => $error } if !$lives;
    return { result => \@list } if $method eq 'get_ips_from_mac';
    my $has_result = $HAS_RESULT{$method} || $method eq 'del_ip' && $in->{plugin} eq 'netbox';
    return { result => $has_result ? $list[0] : undef };
}

# What one call sends, and the answer of a real server, decoded.
sub reply_to($requests, $replies, $method, $url, $headers, $data = undef, $fingerprint = undef) {
    my %sent;
    for my $pair (0 .. $#$headers / 2) {
        my ($name, $value) = $headers->@[2 * $pair, 2 * $pair + 1];
        $sent{ lc($name) } = $value if $SENT{ lc($name) };
    }
    my $path = $url =~ s{^http://127\.0\.0\.1:PORT}{}r;
    my $request = { method => $method, path => $path, headers => \%sent };
    $request->{body} = $json->decode($json->encode($data)) if $data;
    push @$requests, $request;

    my $reply = shift(@$replies) // die "no reply is left\n";
    my $match = $reply->{match} // {};
    die "599 Unexpected Request\n"
        if ($match->{method} // $method) ne $method || ($match->{path} // $path) ne $path;
    my ($status, $reason, $body) = $reply->@{qw(status reason body)};
    die "Invalid response from server: $status " . ($reason || 'unknown') . "\n" if $status !~ /^2/;
    return if !defined($body);
    # As the original: an old error is gone from $@ if there is a body.
    my $decoded = eval { ref($body) ? Storable::dclone($body) : $json->decode($body) };
    die 'api response is not a json' if $@;
    return $decoded;
}

# Parity: nothing is in another order.
sub is_reordered($class, $got, @wanted) {
    return 0;
}

sub is_same($class, $field, $want, $got) {
    if ($field eq 'error' && defined($want) && defined($got)) {
        ($want, $got) = map { PVE::Network::RS::Golden::without_place($_) } $want, $got;
    } elsif ($field eq 'warnings') {
        ($want, $got) =
            map { [map { PVE::Network::RS::Golden::without_place($_) } ($_ // [])->@*] } $want, $got;
    } elsif ($field eq 'sweep') {
        for my $result (map { @$_ } $want, $got) {
            $_ = PVE::Network::RS::Golden::without_place($_) for grep { defined } $result->{error};
        }
    }
    my ($left, $right) = map { PVE::Network::RS::Golden::json_of($_) } $want, $got;
    return $left eq $right;
}

1;
