package PVE::Network::RS::Golden::Sdn;

# Cases of SDN: a running config becomes interfaces.d/sdn and frr.conf.
#
#   in     node, config, interfaces, facts, frr_local
#   out    etc or etc_error, frr or frr_error, warnings
#
# Of out, `daemons` is said by no function that our shims replace, and what ends with _1_2_5 is of
# another release.

use v5.36;

use Storable ();

my %IS_PLAYED = map { $_ => 1 } qw(etc etc_error frr frr_error warnings);

my $UNKNOWN = 'not known without libpve-rs-perl';

sub takes($class, $in) {
    return $in->{config} && $in->{facts} && defined($in->{interfaces}) || is_of_fabrics_cfg($in);
}

sub skips($class, $in) {
    return is_of_fabrics_cfg($in) ? 'nobody but libpve-rs-perl reads fabrics.cfg for Perl' : ();
}

sub is_of_fabrics_cfg($in) {
    return ($in->{op} // '') eq 'fabrics';
}

sub modules($class) {
    return qw(PVE::Network::SDN PVE::RS::SDN::Fabrics);
}

# $api: read($fh, $ip_links, $active)
sub play($class, $in, $api) {
    my $config = Storable::dclone($in->{config});
    my ($facts, $bridges) = ($in->{facts}, $in->{facts}->{bridges});
    utf8::encode(my $bytes = $in->{interfaces} // '');
    open(my $fh, '<', \$bytes) or die "unable to read from memory - $!\n";
    my $ifaces = $api->{read}->($fh, {}, []);
    close($fh); # Perl would name it in the place of each warning

    my (%out, @warnings);
    local $SIG{__WARN__} = sub($warning) { push @warnings, $warning };

    no warnings qw(redefine once);
    local *PVE::INotify::nodename = sub() { $in->{node} };
    local *PVE::INotify::read_file = sub(@) { Storable::dclone($ifaces) };
    my $log_warn = sub($text) { push @warnings, "WARN: $text\n" };
    local *PVE::RESTEnvironment::log_warn = $log_warn;
    local *PVE::Network::SDN::Controllers::EvpnPlugin::log_warn = $log_warn; # it has imported it
    local *PVE::Network::is_ovs_bridge = sub($name) { $bridges->{$name}->{ovs} };
    local *PVE::Network::altname_mapping = sub(@) { $facts->{altnames} };
    local *PVE::Network::SDN::running_config = sub() { $config };
    local *PVE::Network::SDN::Subnets::config = sub($running = undef) {
        $running ? $config->{subnets} : $facts->{subnets_cfg} // $config->{subnets};
    };
    local *PVE::Network::SDN::Fabrics::config = sub($running = undef) {
        PVE::RS::SDN::Fabrics->running_config($config->{fabrics}->{ids} // {});
    };
    local *PVE::Network::SDN::Frr::read_local_frr_config = sub() { $in->{frr_local} };
    local *PVE::Network::SDN::Controllers::read_etc_network_interfaces = sub() { $ifaces };
    local *PVE::Network::SDN::Controllers::Plugin::read_iface_mac = sub($iface) {
        $facts->{mac}->{ $iface // '' };
    };
    local *PVE::Network::SDN::Zones::Plugin::find_bridge = sub($name) {
        $bridges->{$name} or die "can't find bridge $name";
    };
    local *PVE::Network::SDN::Zones::Plugin::is_vlanaware = sub($name) {
        $bridges->{$name}->{vlan_aware};
    };
    local *PVE::Network::SDN::Zones::Plugin::get_bridge_ifaces = sub($name) {
        $bridges->{$name}->{ports}->@*;
    };
    local *PVE::Network::SDN::Zones::Plugin::get_local_route_ip = sub($target) {
        my $route = $facts->{routes}->{$target} // [undef, undef];
        die $route->{error} if ref($route) eq 'HASH';
        @$route;
    };

    $out{etc} = eval {
        (PVE::Network::SDN::Zones::generate_etc_network_config($config) // '')
            . (PVE::Network::SDN::Fabrics::generate_etc_network_config($config) // '');
    };
    fail(\%out, 'etc', $@) if !defined($out{etc});
    $out{frr} = eval {
        my $lines = PVE::Network::SDN::generate_frr_raw_config($config);
        PVE::Network::SDN::Frr::raw_config_to_string($lines);
    };
    fail(\%out, 'frr', $@) if !defined($out{frr});
    $out{warnings} = delete $out{is_unknown} ? [$UNKNOWN] : \@warnings;
    return \%out;
}

# Stand-ins for libpve-rs-perl cannot do all: then there is nothing to compare with.
sub fail($out, $field, $error) {
    if ($error =~ /without libpve-rs-perl$/) {
        $out->@{ $field, "${field}_error", 'is_unknown' } = ($UNKNOWN, $UNKNOWN, 1);
    } else {
        $out->{"${field}_error"} = $error;
    }
    return;
}

sub is_same($class, $field, $want, $got) {
    return 1 if !$IS_PLAYED{$field} || ($want // '') eq $UNKNOWN
        || $field eq 'warnings' && ($want->[0] // '') eq $UNKNOWN;
    if ($field eq 'warnings') {
        ($want, $got) = map { [map { plain($_) } PVE::Network::RS::Golden::binding_warnings($_)] } $want, $got;
    } elsif ($field =~ /_error/ && defined($want) && defined($got)) {
        return 1 if $want =~ /^error: |HASH\(0x/; # of serde, or an address: it is enough to fail
        # That Rust leaves it to the original is said in front.
        ($want, $got) = (plain($want), plain($got =~ s/^pve-network-rs: \S+: unsupported: //r));
    }
    my ($left, $right) = map { PVE::Network::RS::Golden::json_of($_) } $want, $got;
    return $left eq $right;
}

# Without places, and without newlines at the end.
sub plain($text) {
    $text =~ s/\n+\z//;
    return PVE::Network::RS::Golden::without_place("$text\n") =~ s/\n+\z//r;
}

1;
