package PVE::Network::RS::Golden::Objects;

# Cases of what is pending, of hooks, and of the helpers around subnets: one call of a function.
#
#   in     fn and its arguments; or hook, plugin, node and args by name
#   out    result or error, exception, warnings; the config that a hook has changed
#
# What the original alone answers, or needs cluster files or an IPAM for, is skipped.

use v5.36;

use Storable ();

my $SDN = 'PVE::Network::SDN';

# Functions: [module, how the case calls it].
my %FUNCTION = (
    pending_config => ['', sub($f, $in) { scalar($f->($in->@{qw(running config type)})) }],
    encode_value => ['', sub($f, $in) { scalar($f->(undef, $in->@{qw(key value)})) }],
    get_dhcp_ranges => ['::Subnets', sub($f, $in) { scalar($f->($in->{args}->@*)) }],
    find_ip_subnet => ['::Subnets', sub($f, $in) { [$f->($in->{args}->@*)] }],
    generate_status_message => [
        '::Zones::Plugin',
        sub($f, $in) { scalar($f->("${SDN}::Zones::Plugin", $in->{args}->@*)) },
    ],
);

# Hooks: [plugin of a type, method, arguments by name, what of them it may change].
my %HOOK = (
    'zone.on_update' => ['Zones', 'on_update_hook', qw(zoneid zone_cfg controller_cfg)],
    'zone.on_delete' => ['Zones', 'on_delete_hook', qw(zoneid vnet_cfg)],
    'zone.vnet_update' => ['Zones', 'vnet_update_hook', qw(vnet_cfg vnetid zone_cfg)],
    'controller.on_update' => ['Controllers', 'on_update_hook', qw(controllerid controller_cfg)],
    'controller.on_delete' => ['Controllers', 'on_delete_hook', qw(controllerid zone_cfg)],
);
my %CHANGED = ('zone.on_update' => 'zone_cfg', 'zone.vnet_update' => 'vnet_cfg');

# Hooks that a type does not have.
my %NOTHING = (
    'zone.on_update' => { map { $_ => 1 } qw(simple vlan qinq) },
    'controller.on_delete' => { isis => 1 },
);

my %PLUGIN = (
    Zones => { map { lc($_) => $_ } qw(Simple Vlan QinQ Vxlan Evpn) },
    Controllers => { map { lc($_) => $_ } qw(Evpn Bgp Isis) },
);

sub takes($class, $in) {
    return $in->{fn} || $in->{hook};
}

sub modules($class) {
    my @plugins = map {
        my $area = $_;
        map { "${SDN}::${area}::${_}Plugin" } sort values $PLUGIN{$area}->%*
    } sort keys %PLUGIN;
    return ($SDN, "${SDN}::Subnets", @plugins);
}

sub skips($class, $in) {
    return 'the original alone answers, or with the files of a cluster'
        if $in->{fn} ? !$FUNCTION{ $in->{fn} } : !$HOOK{ $in->{hook} };
    return if $in->{fn};

    return 'the type has no hook, or inherits it'
        if $in->{plugin} eq 'faucet' || $NOTHING{ $in->{hook} }->{ $in->{plugin} };
    return 'the prefix of made-up MAC addresses is that of a cluster'
        if $in->{files} && $in->{files}->{'datacenter.cfg'};
    return;
}

sub package_of($in) {
    my $area = $HOOK{ $in->{hook} }->[0];
    return "${SDN}::${area}::$PLUGIN{$area}->{ $in->{plugin} }Plugin";
}

sub play($class, $in, $api) {
    $in = Storable::dclone($in);
    my (%out, @warnings);
    local $SIG{__WARN__} = sub($warning) { push @warnings, $warning };
    my $is_done = eval { $in->{fn} ? call($in, \%out) : hook($in, \%out); 1 };
    if (!$is_done) {
        my $error = $@;
        $out{exception} = { code => $error->{code}, errors => $error->{errors} } if ref($error);
        $out{error} = "$error";
    }
    $out{warnings} = \@warnings if @warnings;
    return \%out;
}

sub call($in, $out) {
    my ($module, $how) = $FUNCTION{ $in->{fn} }->@*;
    my $name = "$SDN${module}::$in->{fn}";
    no strict 'refs';
    $out->{result} = $how->(\&$name, $in);
    return;
}

sub hook($in, $out) {
    my ($area, $method, @names) = $HOOK{ $in->{hook} }->@*;
    no warnings qw(once redefine);
    local *PVE::INotify::nodename = sub { $in->{node} };
    local *PVE::Network::SDN::Zones::Plugin::datacenter_config = sub { {} };
    local *PVE::Tools::random_ether_addr = sub { 'BC:24:11:10:20:30' }; # as in the corpus
    package_of($in)->$method($in->{args}->@{@names});
    my $changed = $CHANGED{ $in->{hook} };
    $out->{$changed} = $in->{args}->{$changed} if $changed;
    return;
}

sub is_same($class, $field, $want, $got) {
    return 1 if $field eq 'perl_warnings';
    ($want, $got) = map { [PVE::Network::RS::Golden::binding_warnings($_)] } $want, $got
        if $field eq 'warnings';
    return 1 if $field eq 'error' && defined($want) && $want =~ /^400 / && defined($got);
    ($want, $got) = map { { ($_ // {})->%{qw(code errors)} } } $want, $got if $field eq 'exception';
    return PVE::Network::RS::Golden::json_of(plain($want)) eq
        PVE::Network::RS::Golden::json_of(plain($got));
}

# Scalars as texts, without what is undef, and without places.
sub plain($value) {
    return [map { plain($_) } @$value] if ref($value) eq 'ARRAY';
    return { map { $_ => plain($value->{$_}) } grep { defined($value->{$_}) } keys %$value }
        if ref($value) eq 'HASH';
    return defined($value) ? PVE::Network::RS::Golden::without_place("$value") =~ s/\n+\z//r : undef;
}

1;
