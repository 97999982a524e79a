package PVE::Network::RS::Request::Frr;

# Requests of the generator of frr.conf, and of what belongs to it.

use v5.36;

use PVE::Network::RS::Facts;

our $DAEMONS = '/etc/frr/daemons';

# Documents that the library asks for if it needs them.
my %DOCUMENT = (
    # as in force, even if the config is not yet
    vnets => sub($config) {
        { vnets => $config->{vnets}, subnets => PVE::Network::SDN::Subnets::config(1) };
    },
    pending => sub($config) { PVE::Network::SDN::Subnets::config() },
);

# generate_frr_raw_config($running_config, $fabric_config)
sub generate($layout, $fidelity, $config = undef, $fabrics = undef) {
    $config ||= PVE::Network::SDN::running_config();
    $fabrics ||= PVE::Network::SDN::Fabrics::config(1);

    my %sections = map { $_ => $config->{$_} } grep { $config->{$_} } qw(controllers zones);
    $sections{vnets} = {} if $config->{vnets};
    my $request = {
        config => \%sections,
        node => PVE::INotify::nodename(),
        profile => profile(),
        facts => [],
    };
    my ($missing, $answered);
    do {
        # Without a value, there is an error, which the call itself meets again.
        $missing = PVE::Network::RS::ask('pve_network_frr_probes', $request)->{value} // {};
        $answered = PVE::Network::RS::Facts::answered($missing->{probes});
        push $request->{facts}->@*, @$answered;
    } while (@$answered);

    $request->{$_} = $DOCUMENT{$_}->($config) for ($missing->{documents} // [])->@*;
    $request->{fabrics} = $fabrics->to_sections();
    $request->{local} = PVE::Network::SDN::Frr::read_local_frr_config();
    return $request;
}

# SDN::Frr::append_local_config($frr_config, $local_config)
sub local_config($layout, $fidelity, $config, $local = undef) {
    return (undef, 'frr.conf.local as pve-network 1.2 takes it') if profile() eq '1.2';
    # What is looked at is not made.
    my $frr = $config->{frr} // {};
    my ($isis, $bgp) = ($frr->{isis} // {}, $frr->{bgp} // {});
    my ($routers, $maps) = ($bgp->{vrf_router} // {}, $frr->{routemaps} // {});
    return {
        local => $local || PVE::Network::SDN::Frr::read_local_frr_config(),
        isis => names($isis->{router}),
        interfaces => names($isis->{interfaces}),
        vrfs => names($bgp->{vrfs}),
        routers => {
            map {
                my $asn = $routers->{$_}->{asn}; # a number that becomes a text stays one
                $_ => ["$asn", names($routers->{$_}->{address_families})]
            } names($routers)->@*
        },
        route_maps => { map { $_ => scalar($maps->{$_}->@*) } keys %$maps },
    };
}

# The keys whose values are defined.
sub names($hash) {
    return [grep { defined($hash->{$_}) } keys %{ $hash // {} }];
}

# How the tree changes: by the word, what is done at a place.
my %CHANGE = (
    hash => sub($place, @) { $$place //= {} },
    list => sub($place, @) { $$place //= [] },
    key => sub($place, @) { },
    push => sub($place, $lines) { push @$$place, @$lines },
    number => sub($place, @) {
        my $seq = 0;
        $_->{seq} = ++$seq for @$$place;
    },
);

# As the original: the tree is changed in place.
sub local_appended($changes, $request, $config, @) {
    for my $change (@$changes) {
        my $place = \$config;
        $place = \$$place->{$_} for $change->{path}->@*;
        $CHANGE{ $change->{what} }->($place, $change->{lines});
    }
    return;
}

# raw_config_to_string($lines)
sub to_string($layout, $fidelity, $lines) {
    return { lines => $lines, node => PVE::INotify::nodename(), profile => profile() };
}

# set_daemon_status($status, $set_default)
sub daemons($layout, $fidelity, $status, $set_default = undef) {
    my $text = -e $DAEMONS ? PVE::Tools::file_get_contents($DAEMONS) : undef;
    return { text => $text, daemons => $status, resets_others => $set_default };
}

sub daemons_set($value, $request, $status, $set_default = undef) {
    $status->{$_} = 0 for $value->{switched_off}->@*;
    PVE::Tools::file_set_contents($DAEMONS, $value->{text});
    return $value->{is_changed};
}

# get_router_id($ip, $iface)
sub router_id($layout, $fidelity, $ip, $iface = undef) {
    my $request = { ip => $ip, iface => $iface, profile => profile() };
    my $reply = PVE::Network::RS::ask('pve_network_controller_probes', $request);
    $request->{facts} = PVE::Network::RS::Facts::answered($reply->{value});
    return $request;
}

# SDN::Fabrics::generate_etc_network_config($running_config); up to pve-network 1.2 without argument
sub fabric_interfaces($layout, $fidelity, $config = undef) {
    my $sections =
        profile() eq '1.2'
        ? PVE::Network::SDN::Fabrics::config(1)->to_sections()
        : ($config->{fabrics} // {})->{ids};
    return { sections => $sections // {}, node => PVE::INotify::nodename() };
}

# The release of pve-network, by what it has.
sub profile() {
    return defined(&PVE::Network::SDN::Frr::to_raw_config) ? '1.2' : '1.3';
}

1;
