package PVE::Network::RS::Request::Zones;

# Requests of the generator of interfaces.d/sdn, the part of the zones.

use v5.36;

use PVE::Network::RS::Facts;

# generate_etc_network_config($cfg); up to pve-network 1.2 it has no argument
sub generate($layout, $fidelity, @args) {
    my $config =
        defined(&PVE::Network::SDN::Frr::to_raw_config)
        ? PVE::Network::SDN::running_config()
        : $args[0];
    # The subnets are those in force, even if the config is not yet.
    $config = { %$config, subnets => PVE::Network::SDN::Subnets::config(1) } if $config;

    # One text for both calls: most of it is the config.
    my $request = PVE::Network::RS::encode({ config => $config, node => PVE::INotify::nodename() })
        // return undef;
    my $reply = PVE::Network::RS::ask('pve_network_sdn_zones_probes', \$request);
    my $facts = PVE::Network::RS::encode(PVE::Network::RS::Facts::answered($reply->{value}));
    substr($request, -1) = qq(,"facts":$facts});
    return \$request;
}

1;
