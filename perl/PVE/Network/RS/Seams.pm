package PVE::Network::RS::Seams;

# THE table: the Perl functions that Rust can answer, and how. There is no logic in it.
#
#   name       in migration.toml, logs and metrics; as in src/migration/seam.rs
#   symbol     the function of the library that answers it
#   originals  the Perl functions it stands for, one for each layout of the original's modules;
#              the first one that is there is replaced
#   arity      the least and the most arguments: the original refuses other calls in its own words
#   request    ($layout, $fidelity, @args) -> the request; or the request and why it must not be
#              sent: then the original answers
#   rewind     ($request, @args) -> @args for the original, where making the request used them up
#   answer     ($value, $request, @args) -> what the original would return, if not just the value
#   kinds      (@args) -> the types of all interfaces in the arguments, undef where one has none

use v5.36;

use PVE::Network::RS::Request::Frr;
use PVE::Network::RS::Request::Interfaces;
use PVE::Network::RS::Request::Zones;

our @SEAMS = (
    {
        name => 'interfaces.parse',
        symbol => 'pve_network_interfaces_parse',
        originals => [
            # pve-common 9.2: a module with `use v5.36`, so with the feature unicode_strings
            { name => 'PVE::Network::Interfaces::__read_etc_network_interfaces', latin1 => 1 },
            # up to 9.1: a module without it
            { name => 'PVE::INotify::__read_etc_network_interfaces', latin1 => 0 },
        ],
        arity => [1, 3],
        request => \&PVE::Network::RS::Request::Interfaces::parse,
        rewind => \&PVE::Network::RS::Request::Interfaces::parse_again,
        answer => \&PVE::Network::RS::Request::Interfaces::parsed,
    },
    {
        name => 'interfaces.render',
        symbol => 'pve_network_interfaces_render',
        originals => [
            { name => 'PVE::Network::Interfaces::__write_etc_network_interfaces', latin1 => 1 },
            { name => 'PVE::INotify::__write_etc_network_interfaces', latin1 => 0 },
        ],
        arity => [1, 2],
        request => \&PVE::Network::RS::Request::Interfaces::render,
        answer => \&PVE::Network::RS::Request::Interfaces::rendered,
        kinds => \&PVE::Network::RS::Request::Interfaces::kinds,
    },
    {
        name => 'sdn.zones',
        symbol => 'pve_network_sdn_zones_generate',
        originals => [{ name => 'PVE::Network::SDN::Zones::generate_etc_network_config' }],
        arity => [0, 1],
        request => \&PVE::Network::RS::Request::Zones::generate,
    },
    {
        name => 'frr.generate',
        symbol => 'pve_network_frr_generate',
        originals => [{ name => 'PVE::Network::SDN::generate_frr_raw_config' }],
        arity => [0, 2],
        request => \&PVE::Network::RS::Request::Frr::generate,
    },
    {
        name => 'frr.to_string',
        symbol => 'pve_network_frr_to_string',
        originals => [{ name => 'PVE::Network::SDN::Frr::raw_config_to_string' }],
        arity => [1, 1],
        request => \&PVE::Network::RS::Request::Frr::to_string,
    },
    {
        name => 'frr.daemons',
        symbol => 'pve_network_frr_daemons',
        originals => [{ name => 'PVE::Network::SDN::Frr::set_daemon_status' }],
        arity => [1, 2],
        request => \&PVE::Network::RS::Request::Frr::daemons,
        answer => \&PVE::Network::RS::Request::Frr::daemons_set,
    },
    {
        name => 'controller.router_id',
        symbol => 'pve_network_controller_router_id',
        originals => [{ name => 'PVE::Network::SDN::Controllers::Plugin::get_router_id' }],
        arity => [1, 2],
        request => \&PVE::Network::RS::Request::Frr::router_id,
    },
    {
        name => 'fabric.interfaces',
        symbol => 'pve_network_fabric_interfaces',
        originals => [{ name => 'PVE::Network::SDN::Fabrics::generate_etc_network_config' }],
        arity => [0, 1],
        request => \&PVE::Network::RS::Request::Frr::fabric_interfaces,
    },
);

1;
