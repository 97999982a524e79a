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
#   run        ($call, @args) -> what the original would return; in place of `request`: asks Rust
#              by itself, once or more often, see Conduct
#   is_list    true if that is a reference to the list that the original would return
#   kinds      (@args) -> the types of all interfaces in the arguments, undef where one has none

use v5.36;

use PVE::Network::RS::Request::Dns;
use PVE::Network::RS::Request::Exchange;
use PVE::Network::RS::Request::Interfaces;
use PVE::Network::RS::Request::Ipam;
use PVE::Network::RS::Request::Zones;

# The functions of a plugin that talks to a server: [name, arguments].
sub exchange($area, $symbol, $package, $helpers_take_config, @functions) {
    return map {
        my ($operation, $args) = @$_;
        {
            name => "$area.$operation",
            symbol => $symbol,
            originals => [
                {
                    name => "PVE::Network::SDN::${package}::$operation",
                    package => "PVE::Network::SDN::$package",
                    operation => $operation,
                    args => [split(/ /, $args)],
                    helpers_take_config => $helpers_take_config,
                },
            ],
            arity => [2, 11],
            run => \&PVE::Network::RS::Request::Exchange::run,
            is_list => $operation eq 'get_ips_from_mac',
        }
    } @functions;
}

# A method of the built-in IPAM.
sub ipam($operation, $run, $is_list = 0) {
    return {
        name => "ipam.$operation",
        symbol => 'pve_network_ipam_pve',
        originals => [{ name => "PVE::Network::SDN::Ipams::PVEPlugin::$operation" }],
        arity => [4, 11],
        run => $run,
        is_list => $is_list,
    };
}

# A function on the cache of MAC addresses.
sub macs($function, $operation, $arity, $run, $is_list = 0) {
    my $name = "PVE::Network::SDN::Ipams::$function";
    return {
        name => "macs.$function",
        symbol => 'pve_network_ipam_macs',
        originals => [{ name => $name, operation => $operation }],
        arity => $arity,
        run => $run,
        is_list => $is_list,
    };
}

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
    ipam('add_subnet', \&PVE::Network::RS::Request::Ipam::add_subnet),
    ipam('del_subnet', \&PVE::Network::RS::Request::Ipam::del_subnet),
    ipam('add_ip', \&PVE::Network::RS::Request::Ipam::add_ip),
    ipam('del_ip', \&PVE::Network::RS::Request::Ipam::del_ip),
    ipam('add_next_freeip', \&PVE::Network::RS::Request::Ipam::add_next_freeip),
    ipam('add_range_next_freeip', \&PVE::Network::RS::Request::Ipam::add_range_next_freeip),
    ipam('get_ips_from_mac', \&PVE::Network::RS::Request::Ipam::get_ips_from_mac, 1),
    macs('add_cache_mac_ip', 'add', [1, 2], \&PVE::Network::RS::Request::Ipam::change_cache),
    macs('del_cache_mac_ip', 'remove', [1, 2], \&PVE::Network::RS::Request::Ipam::change_cache),
    macs('get_ips_from_mac', 'find', [1, 3], \&PVE::Network::RS::Request::Ipam::find_cached, 1),
    exchange(
        'netbox', 'pve_network_ipam_netbox', 'Ipams::NetboxPlugin', 1,
        [add_subnet => 'class config subnetid subnet noerr'],
        [update_subnet => 'class config subnetid subnet old_subnet noerr'],
        [del_subnet => 'class config subnetid subnet noerr'],
        [add_ip => 'class config subnetid subnet ip hostname mac vmid is_gateway noerr'],
        [update_ip => 'class config subnetid subnet ip hostname mac vmid is_gateway noerr'],
        [add_next_freeip => 'class config subnetid subnet hostname mac vmid noerr'],
        [add_range_next_freeip => 'class config subnet range data noerr'],
        [del_ip => 'class config subnetid subnet ip noerr'],
        [get_ips_from_mac => 'class config mac zoneid noerr'],
        [verify_api => 'class config'],
        [on_update_hook => 'class config'],
        [add_dhcp_range => 'config range noerr'],
        [del_dhcp_range => 'config id noerr'],
        [get_prefix_id => 'config cidr noerr'],
        [get_iprange_id => 'config range noerr'],
        [get_ip_id => 'config ip noerr'],
        [is_ip_gateway => 'config ip noerr'],
        [is_prefix_empty => 'config cidr noerr'],
    ),
    exchange(
        'phpipam', 'pve_network_ipam_phpipam', 'Ipams::PhpIpamPlugin', 0,
        [add_subnet => 'class config subnetid subnet noerr'],
        [del_subnet => 'class config subnetid subnet noerr'],
        [add_ip => 'class config subnetid subnet ip hostname mac vmid is_gateway noerr'],
        [update_ip => 'class config subnetid subnet ip hostname mac vmid is_gateway noerr'],
        [add_next_freeip => 'class config subnetid subnet hostname mac vmid noerr'],
        [add_range_next_freeip => 'class config subnet range data noerr'],
        [del_ip => 'class config subnetid subnet ip noerr'],
        [get_ips_from_mac => 'class config mac zoneid noerr'],
        [verify_api => 'class config'],
        [on_update_hook => 'class config'],
        [get_prefix_id => 'url cidr headers'],
        [get_ip_id => 'url ip headers'],
        [is_ip_gateway => 'url ip headers'],
    ),
    exchange(
        'powerdns', 'pve_network_dns_powerdns', 'Dns::PowerdnsPlugin', 1,
        [add_a_record => 'class config zone hostname ip noerr'],
        [add_ptr_record => 'class config zone hostname ip noerr'],
        [del_a_record => 'class config zone hostname ip noerr'],
        [del_ptr_record => 'class config zone ip noerr'],
        [verify_zone => 'class config zone noerr'],
        [on_update_hook => 'class config'],
    ),
    {
        name => 'dns.reverse_zone',
        symbol => 'pve_network_dns_reverse_zone',
        originals => [{ name => 'PVE::Network::SDN::Dns::PowerdnsPlugin::get_reversedns_zone' }],
        arity => [4, 5],
        request => \&PVE::Network::RS::Request::Dns::reverse_zone,
    },
);

1;
