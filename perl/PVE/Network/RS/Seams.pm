package PVE::Network::RS::Seams;

# THE table: the Perl functions that Rust can answer, and how. There is no logic in it.
#
# It names functions of modules that are not loaded yet: a process needs those of the seams that it
# has, see load().
#
#   name       in migration.toml, logs and metrics; as in src/migration/seam.rs
#   symbol     the function of the library that answers it
#   originals  the Perl functions it stands for, one for each layout of the original's modules;
#              the first one that is there is replaced
#   arity      the least and the most arguments: the original refuses other calls in its own words
#   request    ($layout, $fidelity, @args) -> the request; or the request and why it must not be
#              sent: then the original answers
#   attached   what is attached to what, see PVE::Network::RS::Message
#   rewind     ($request, @args) -> @args for the original, where making the request used them up
#   answer     ($value, $request, @args) -> what the original would return, if not just the value
#   apply      ($value, $request, @args) -> does what the original does besides, and returns what it
#              would return; only where Rust is the answer
#   no_replay  why the request does not tell the whole answer, see Bundle
#   once       the warnings that the original gives only once in a process: they are not compared
#   run        ($call, @args) -> what the original would return; in place of `request`: asks Rust
#              by itself, once or more often, see Conduct
#   is_logged  true if what it does belongs into the log of addresses, see IpamLog
#   is_list    true if that, or the answer, is a reference to the list that the original would return
#   is_void    true if callers make nothing of what the original returns: it is not compared
#   kinds      (@args) -> the types of all interfaces in the arguments, undef where one has none

use v5.36;

use Sub::Util ();

# What gives addresses away, changes them or takes them back. In phpIPAM, add_range_next_freeip does
# it by add_next_freeip.
my @logged = qw(add_ip update_ip del_ip add_next_freeip);
my %is_logged = (
    phpipam => { map { $_ => 1 } @logged },
    map { $_ => { map { $_ => 1 } @logged, 'add_range_next_freeip' } } qw(ipam netbox),
);

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
            is_logged => $is_logged{$area}->{$operation},
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
        is_logged => $is_logged{ipam}->{$operation},
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

# A hook: its name, the method of SDN it stands for, its arguments, and what is done besides.
sub hook($name, $method, $arity, $request, $apply = \&PVE::Network::RS::Request::Hooks::nothing) {
    return {
        name => "hooks.$name",
        symbol => 'pve_network_hooks_check',
        originals => [{ name => "PVE::Network::SDN::$method" }],
        arity => $arity,
        request => $request,
        apply => $apply,
        is_void => 1,
    };
}

# The reader and the writer of a section config, methods of its plugins.
sub section_config($file, $plugin) {
    return (
        {
            name => "$file.parse",
            symbol => 'pve_network_section_config_parse',
            originals => [{ name => "PVE::Network::SDN::${plugin}::parse_config", file => $file }],
            arity => [3, 4],
            request => \&PVE::Network::RS::Request::SectionConfig::parse,
        },
        {
            name => "$file.render",
            symbol => 'pve_network_section_config_render',
            originals => [{ name => "PVE::Network::SDN::${plugin}::write_config", file => $file }],
            arity => [3, 4],
            request => \&PVE::Network::RS::Request::SectionConfig::render,
            answer => \&PVE::Network::RS::Request::SectionConfig::rendered,
        },
    );
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
        attached => { request => 'text', reply => 'data' },
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
        attached => { request => 'data', reply => 'text' },
        answer => \&PVE::Network::RS::Request::Interfaces::rendered,
        kinds => \&PVE::Network::RS::Request::Interfaces::kinds,
    },
    {
        name => 'sdn.zones',
        symbol => 'pve_network_sdn_zones_generate',
        originals => [{ name => 'PVE::Network::SDN::Zones::generate_etc_network_config' }],
        arity => [0, 1],
        request => \&PVE::Network::RS::Request::Zones::generate,
        attached => { reply => 'text' },
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
    {
        name => 'pending.config',
        symbol => 'pve_network_pending_config',
        originals => [{ name => 'PVE::Network::SDN::pending_config' }],
        arity => [3, 3],
        request => \&PVE::Network::RS::Request::Pending::config,
    },
    {
        name => 'pending.changes',
        symbol => 'pve_network_pending_changes',
        originals => [{ name => 'PVE::Network::SDN::has_pending_changes' }],
        arity => [0, 0],
        request => \&PVE::Network::RS::Request::Pending::changes,
    },
    {
        name => 'pending.encode',
        symbol => 'pve_network_pending_encode',
        originals => [{ name => 'PVE::Network::SDN::encode_value' }],
        arity => [3, 3],
        request => \&PVE::Network::RS::Request::Pending::encode,
    },
    {
        name => 'status.zones',
        symbol => 'pve_network_status_zones',
        originals => [{ name => 'PVE::Network::SDN::Zones::status' }],
        arity => [0, 0],
        request => \&PVE::Network::RS::Request::Status::zones,
        apply => \&PVE::Network::RS::Request::Status::told,
        is_list => 1,
        once => qr/^local sdn network configuration is /,
    },
    {
        name => 'status.messages',
        symbol => 'pve_network_status_messages',
        originals => [{ name => 'PVE::Network::SDN::Zones::Plugin::generate_status_message' }],
        arity => [3, 4],
        request => \&PVE::Network::RS::Request::Status::messages,
    },
    {
        name => 'subnets.ranges',
        symbol => 'pve_network_subnets_ranges',
        originals => [{ name => 'PVE::Network::SDN::Subnets::get_dhcp_ranges' }],
        arity => [1, 1],
        request => \&PVE::Network::RS::Request::Subnets::subnet,
    },
    {
        name => 'subnets.find',
        symbol => 'pve_network_subnets_find',
        originals => [{ name => 'PVE::Network::SDN::Subnets::find_ip_subnet' }],
        arity => [2, 2],
        request => \&PVE::Network::RS::Request::Subnets::find,
        answer => \&PVE::Network::RS::Request::Subnets::found,
        apply => \&PVE::Network::RS::Request::Subnets::as_list,
        is_list => 1,
        no_replay => 'the answer holds a subnet, of which the request has but a part',
    },
    {
        name => 'subnets.validate',
        symbol => 'pve_network_subnets_validate',
        originals => [{ name => 'PVE::Network::SDN::SubnetPlugin::validate_dhcp_ranges' }],
        arity => [1, 1],
        request => \&PVE::Network::RS::Request::Subnets::subnet,
        apply => \&PVE::Network::RS::Request::Hooks::nothing,
        is_void => 1,
    },
    {
        name => 'subnets.update',
        symbol => 'pve_network_subnets_update',
        originals => [{ name => 'PVE::Network::SDN::SubnetPlugin::on_update_hook' }],
        arity => [4, 5],
        request => \&PVE::Network::RS::Request::Subnets::update,
        apply => \&PVE::Network::RS::Request::Subnets::updated,
    },
    hook(
        'zone_delete', 'Zones::Plugin::on_delete_hook', [3, 3],
        \&PVE::Network::RS::Request::Hooks::zone_delete,
    ),
    hook(
        'zone_update_evpn', 'Zones::EvpnPlugin::on_update_hook', [3, 4],
        \&PVE::Network::RS::Request::Hooks::zone_update, \&PVE::Network::RS::Request::Hooks::zone_updated,
    ),
    hook(
        'zone_update_vxlan', 'Zones::VxlanPlugin::on_update_hook', [3, 4],
        \&PVE::Network::RS::Request::Hooks::zone_update,
    ),
    hook(
        'vnet_in_simple', 'Zones::SimplePlugin::vnet_update_hook', [3, 4],
        \&PVE::Network::RS::Request::Hooks::vnet_in_zone, \&PVE::Network::RS::Request::Hooks::vnet_updated,
    ),
    hook(
        'vnet_in_vlan', 'Zones::VlanPlugin::vnet_update_hook', [3, 4],
        \&PVE::Network::RS::Request::Hooks::vnet_in_zone,
    ),
    hook(
        'vnet_in_qinq', 'Zones::QinQPlugin::vnet_update_hook', [3, 4],
        \&PVE::Network::RS::Request::Hooks::vnet_in_zone,
    ),
    hook(
        'vnet_in_vxlan', 'Zones::VxlanPlugin::vnet_update_hook', [3, 4],
        \&PVE::Network::RS::Request::Hooks::vnet_in_zone, \&PVE::Network::RS::Request::Hooks::vnet_tag_checked,
    ),
    hook(
        'vnet_in_evpn', 'Zones::EvpnPlugin::vnet_update_hook', [3, 4],
        \&PVE::Network::RS::Request::Hooks::vnet_in_zone, \&PVE::Network::RS::Request::Hooks::vnet_tag_checked,
    ),
    hook(
        'vnet_update', 'VnetPlugin::on_update_hook', [3, 3],
        \&PVE::Network::RS::Request::Hooks::vnet_update,
    ),
    hook(
        'vnet_delete', 'VnetPlugin::on_delete_hook', [2, 3],
        \&PVE::Network::RS::Request::Hooks::vnet_delete,
    ),
    hook(
        'controller_update_evpn', 'Controllers::EvpnPlugin::on_update_hook', [3, 3],
        \&PVE::Network::RS::Request::Hooks::controller_update,
    ),
    hook(
        'controller_update_bgp', 'Controllers::BgpPlugin::on_update_hook', [3, 3],
        \&PVE::Network::RS::Request::Hooks::controller_update,
    ),
    hook(
        'controller_update_isis', 'Controllers::IsisPlugin::on_update_hook', [3, 3],
        \&PVE::Network::RS::Request::Hooks::controller_update,
    ),
    hook(
        'controller_delete_evpn', 'Controllers::EvpnPlugin::on_delete_hook', [3, 3],
        \&PVE::Network::RS::Request::Hooks::controller_delete,
    ),
    hook(
        'controller_delete_bgp', 'Controllers::BgpPlugin::on_delete_hook', [3, 3],
        \&PVE::Network::RS::Request::Hooks::controller_delete,
    ),
    {
        name => 'dnsmasq.subnet',
        symbol => 'pve_network_dnsmasq_subnet',
        originals => [{ name => 'PVE::Network::SDN::Dhcp::Dnsmasq::configure_subnet' }],
        arity => [5, 5],
        request => \&PVE::Network::RS::Request::Dnsmasq::subnet,
        apply => \&PVE::Network::RS::Request::Dnsmasq::subnet_done,
    },
    {
        name => 'dnsmasq.vnet',
        symbol => 'pve_network_dnsmasq_vnet',
        originals => [{ name => 'PVE::Network::SDN::Dhcp::Dnsmasq::configure_vnet' }],
        arity => [4, 5],
        request => \&PVE::Network::RS::Request::Dnsmasq::vnet,
        apply => \&PVE::Network::RS::Request::Dnsmasq::vnet_done,
    },
    {
        name => 'dnsmasq.zone',
        symbol => 'pve_network_dnsmasq_zone',
        originals => [{ name => 'PVE::Network::SDN::Dhcp::Dnsmasq::before_configure' }],
        arity => [3, 3],
        request => \&PVE::Network::RS::Request::Dnsmasq::zone,
        apply => \&PVE::Network::RS::Request::Dnsmasq::zone_done,
    },
    {
        name => 'dnsmasq.mapping',
        symbol => 'pve_network_dnsmasq_ethers',
        originals => [{ name => 'PVE::Network::SDN::Dhcp::Dnsmasq::add_ip_mapping' }],
        arity => [4, 6],
        request => \&PVE::Network::RS::Request::Dnsmasq::mapping,
        apply => \&PVE::Network::RS::Request::Dnsmasq::mapping_done,
    },
    section_config('zones', 'Zones::Plugin'),
    section_config('vnets', 'VnetPlugin'),
    section_config('subnets', 'SubnetPlugin'),
    section_config('controllers', 'Controllers::Plugin'),
    section_config('ipams', 'Ipams::Plugin'),
    section_config('dns', 'Dns::Plugin'),
    {
        name => 'frr.generate',
        symbol => 'pve_network_frr_generate',
        originals => [{ name => 'PVE::Network::SDN::generate_frr_raw_config' }],
        arity => [0, 2],
        request => \&PVE::Network::RS::Request::Frr::generate,
    },
    {
        name => 'frr.local',
        symbol => 'pve_network_frr_local',
        originals => [{ name => 'PVE::Network::SDN::Frr::append_local_config' }],
        arity => [1, 2],
        request => \&PVE::Network::RS::Request::Frr::local_config,
        apply => \&PVE::Network::RS::Request::Frr::local_appended,
        is_void => 1,
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
        apply => \&PVE::Network::RS::Request::Frr::daemons_set,
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

# Loads the module that makes the requests of a seam.
sub load($seam) {
    my ($module) = Sub::Util::subname($seam->{request} // $seam->{run}) =~ /^(.+)::/;
    require($module =~ s{::}{/}gr . '.pm');
    return;
}

1;
