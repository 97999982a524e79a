package PVE::Network::RS::Golden::Original;

# Cases of what the original answers with its own functions, above those that Rust answers: calls of
# the API, hooks with the files of a cluster, helpers, DHCP, guests. The other formats skip them.
#
#   in     a world, see there; and fn and args; or hook, plugin and args; or op; or ops
#   out    what the function returned, or results of ops; what happened; what became of the files

use v5.36;

use Storable ();

use PVE::Network::RS::World;

my $SDN = 'PVE::Network::SDN';
my $API = 'PVE::API2::Network::SDN';

# Functions of the helpers, by the name that a case has for them.
my %FUNCTION = (
    (map { ("sdn_${_}_config" => ucfirst("${_}::sdn_${_}_config"), "sdn_${_}_ids" => ucfirst("${_}::sdn_${_}_ids")) }
        qw(subnets vnets zones controllers ipams dns)),
    get_vnet => 'Vnets::get_vnet',
    get_zone => 'Zones::get_zone',
    get_subnet => 'Subnets::get_subnet',
    get_mtu => 'Zones::get_mtu',
    'vnet.get_subnets' => 'Vnets::get_subnets',
    'zone.get_vnets' => 'Zones::get_vnets',
    'zone.get_plugin_config' => 'Zones::get_plugin_config',
    get_subnet_from_vnet_ip => 'Vnets::get_subnet_from_vnet_ip',
    'ipams.config' => 'Ipams::config',
    'controllers.config' => 'Controllers::config',
    parse_tag_number_or_range => 'Zones::Plugin::parse_tag_number_or_range',
    pve_verify_sdn_vlanrange => 'Zones::VlanPlugin::pve_verify_sdn_vlanrange',
    pve_verify_sdn_vxlanrange => 'Zones::VxlanPlugin::pve_verify_sdn_vxlanrange',
    pve_verify_sdn_bgp_rt => 'Zones::EvpnPlugin::pve_verify_sdn_bgp_rt',
    pve_verify_sdn_isis_net => 'Controllers::IsisPlugin::pve_verify_sdn_isis_net',
    parse_sdn_subnet_id => 'SubnetPlugin::parse_sdn_subnet_id',
    find_bgp_controller => 'Controllers::EvpnPlugin::find_bgp_controller',
    find_isis_controller => 'Controllers::EvpnPlugin::find_isis_controller',
    get_router_id => 'Controllers::Plugin::get_router_id',
    find_ip_subnet => 'Subnets::find_ip_subnet',
    get_dhcp_ranges => 'Subnets::get_dhcp_ranges',
    only_gateway_remains => 'Ipams::PVEPlugin::only_gateway_remains',
    get_reversedns_zone => 'Dns::PowerdnsPlugin->get_reversedns_zone',
    generate_status_message => 'Zones::Plugin->generate_status_message',
);
my %RETURNS_LIST = map { $_ => 1 }
    qw(get_subnet_from_vnet_ip find_ip_subnet get_ips_from_mac del_ips_from_mac);

# The ones about what is pending have their arguments by name.
my %PENDING = (
    pending_config => sub($in) { "$SDN"->can('pending_config')->($in->@{qw(running config type)}) },
    encode_value => sub($in) { "$SDN"->can('encode_value')->(undef, $in->@{qw(key value)}) },
    zone_decode_value => sub($in) {
        "${SDN}::Zones::Plugin"->decode_value(undef, $in->@{qw(key value)});
    },
    has_pending_changes => sub($in) { "$SDN"->can('has_pending_changes')->() },
    compile_running_cfg => sub($in) {
        "$SDN"->can('compile_running_cfg')->($in->{skip_version_bump} ? 1 : ());
    },
);

# Hooks: [base of their plugins, or the package, method, arguments by name].
my %HOOK = (
    'zone.on_update' => ['Zones', 'on_update_hook', qw(zoneid zone_cfg controller_cfg)],
    'zone.on_delete' => ['Zones', 'on_delete_hook', qw(zoneid vnet_cfg)],
    'zone.vnet_update' => ['Zones', 'vnet_update_hook', qw(vnet_cfg vnetid zone_cfg)],
    'controller.on_update' => ['Controllers', 'on_update_hook', qw(controllerid controller_cfg)],
    'controller.on_delete' => ['Controllers', 'on_delete_hook', qw(controllerid zone_cfg)],
    'vnet.on_update' => ['VnetPlugin', 'on_update_hook', qw(vnetid vnet_cfg)],
    'vnet.on_delete' => ['VnetPlugin', 'on_delete_hook', qw(vnetid vnet_cfg)],
    'subnet.on_update' => ['SubnetPlugin', 'on_update_hook', qw(zone subnetid subnet old_subnet)],
    'subnet.on_delete' => ['SubnetPlugin', 'on_delete_hook', qw(subnetid subnet_cfg vnet_cfg)],
    'subnet.validate_dhcp_ranges' => ['SubnetPlugin', \'validate_dhcp_ranges', 'subnet'],
    'subnet.del_subnet' => ['Subnets', \'del_subnet', qw(zone subnetid subnet)],
    'dns.on_update' => ['Dns', 'on_update_hook', 'config'],
    'ipam.on_update' => ['Ipams', 'on_update_hook', 'config'],
    (map { (lc($_) . '.lookup' => ["${_}s", undef]) } qw(Zone Controller Ipam)),
    'dns.lookup' => ['Dns', undef],
    'dhcp.lookup' => ['Dhcp', undef],
);

# What of the arguments a hook may change.
my %CHANGED = (
    'zone.on_update' => 'zone_cfg',
    'zone.vnet_update' => 'vnet_cfg',
    'subnet.on_update' => 'subnet',
    'subnet.validate_dhcp_ranges' => 'subnet',
);

my %SECTIONS = (
    'sdn/zones.cfg' => 'Zones::Plugin',
    'sdn/vnets.cfg' => 'VnetPlugin',
    'sdn/subnets.cfg' => 'SubnetPlugin',
    'sdn/controllers.cfg' => 'Controllers::Plugin',
    'sdn/ipams.cfg' => 'Ipams::Plugin',
    'sdn/dns.cfg' => 'Dns::Plugin',
);

my %SECTION_CONFIG = (
    types => sub($plugin, $in) { $plugin->lookup_types() },
    assert => sub($plugin, $in) {
        PVE::SectionConfig::assert_if_modified({ digest => $in->{have} }, $in->{given});
        return undef;
    },
    validate => sub($plugin, $in) {
        my $schema = $in->{mode} eq 'create' ? $plugin->createSchema() : $plugin->updateSchema();
        return PVE::JSONSchema::validate($in->{param}, $schema);
    },
    check_config => sub($plugin, $in) {
        $plugin->lookup($in->{type})->check_config($in->@{qw(section param create skip_schema)});
    },
    delete => sub($plugin, $in) {
        my $options = $plugin->private()->{options}->{ $in->{type} };
        return PVE::SectionConfig::delete_from_config($in->{config}, $options, $in->@{qw(new delete)});
    },
);

my %DHCP = (
    regenerate => 'Dhcp::regenerate_config',
    add_mapping => 'Dhcp::add_mapping',
    remove_mapping => 'Dhcp::remove_mapping',
    ethers_file => 'Dhcp::Dnsmasq::ethers_file',
    add_ip_mapping => 'Dhcp::Dnsmasq->add_ip_mapping',
);
my %VNETS = map { $_ => "Vnets::$_" } qw(
    add_next_free_cidr add_ip update_ip del_ip get_ips_from_mac del_ips_from_mac add_dhcp_mapping
    get_subnet_from_vnet_ip
);

sub takes($class, $in) {
    return 1 if $in->{fn} || $in->{hook};
    return $SECTION_CONFIG{ $in->{op} } if $in->{op} && !$in->{plugin};
    return $in->{ops} && !grep { !is_known($_) } $in->{ops}->@*;
}

sub is_known($op) {
    return $op->{call} || $DHCP{ $op->{op} } || $VNETS{ $op->{op} } || $op->{op} =~ /^(?:status|set_files)\z/;
}

sub skips($class, $in) {
    return "the original's modules are needed" if !PVE::Network::RS::Golden::is_original();
    my $needs_files = grep { exists($in->{$_}) } qw(fs sysfs ovs);
    return 'only root can put files into a name space' if $needs_files && !PVE::Network::RS::World::is_private();
    my $unknown = $in->{fn} ? !$FUNCTION{ $in->{fn} } && !$PENDING{ $in->{fn} } : $in->{hook} && !$HOOK{ $in->{hook} };
    return $unknown ? 'a function that nobody knows' : ();
}

sub modules($class) {
    PVE::Network::RS::World::install();
    return (
        $SDN, (map { "${SDN}::$_" } qw(Zones Vnets Subnets Controllers Ipams Dns Dhcp)),
        $API, 'PVE::RPCEnvironment',
    );
}

sub play($class, $in, $api) {
    $in = Storable::dclone($in);
    return PVE::Network::RS::World::with($in, sub { $in->{ops} ? ops($in) : single($in) });
}

sub single($in) {
    my $out = PVE::Network::RS::World::observe({}, sub {
        return named($FUNCTION{ $in->{fn} }, $in->{args}, $RETURNS_LIST{ $in->{fn} } || $in->{fn} =~ /_ids\z/)
            if $in->{fn} && $FUNCTION{ $in->{fn} };
        return $PENDING{ $in->{fn} }->($in) if $in->{fn};
        return hook($in) if $in->{hook};
        my $plugin = $in->{file} && "${SDN}::$SECTIONS{ $in->{file} }";
        return $SECTION_CONFIG{ $in->{op} }->($plugin, $in);
    });
    $out->{args} = $in->{args} if $in->{mutates};
    return { %$out, files_after($in)->%* };
}

sub ops($in) {
    my @results = map { op($_) } $in->{ops}->@*;
    return { results => \@results, files_after($in)->%* };
}

sub op($op) {
    if (($op->{op} // '') eq 'set_files') {
        %PVE::Cluster::TEXT = (%PVE::Cluster::TEXT, PVE::Network::RS::World::cluster_files($op));
        return { result => undef };
    }
    my $files = $op->{write_fs} // {};
    PVE::Network::RS::World::put_file($_, $files->{$_}) for sort keys %$files;
    return PVE::Network::RS::World::observe($op, sub {
        return call($op) if $op->{call};
        return status() if $op->{op} eq 'status';
        my $name = $DHCP{ $op->{op} } // $VNETS{ $op->{op} };
        my $result = named($name, $op->{args}, $RETURNS_LIST{ $op->{op} });
        return $op->{op} =~ /^get_|^del_ips|^ethers/ ? $result : undef;
    });
}

# Calls a function or a method of SDN by its name.
sub named($name, $args, $returns_list = 0) {
    my ($package, $kind, $function) = $name =~ /^(.*?)(::|->)(\w+)\z/;
    $package = "${SDN}::$package";
    my @first = $kind eq '->' ? $package : ();
    my $code = $package->can($function) // die "$package has no $function\n";
    return $returns_list ? [$code->(@first, @$args)] : scalar($code->(@first, @$args));
}

# A method of the API, with the checks of its schema.
sub call($op) {
    my ($module, $method) = split(/\./, $op->{call});
    my $package = $module eq 'sdn' ? $API : "${API}::" . ucfirst($module);
    my $info = $package->map_method_by_name($method);
    return $package->handle($info, $op->{param});
}

sub status() {
    my ($zones, $vnets) = PVE::Network::SDN::Zones::status();
    return { zones => $zones, vnets => $vnets };
}

sub hook($in) {
    my ($area, $method, @names) = $HOOK{ $in->{hook} }->@*;
    my @args = $in->{args}->@{@names};
    my $package = "${SDN}::$area";
    if (ref($method)) {
        $package->can($$method)->(@args);
        return undef;
    }
    if ($area !~ /Plugin$/) {
        my $plugin = "${package}::Plugin"->lookup($in->{plugin});
        return undef if !defined($method);
        $package = $plugin;
    }
    $package->$method(@args);
    return undef;
}


# Fields that say what became of files and arguments. A recorded case has some of them, a play all.
sub files_after($in) {
    my %data = map { $_ => PVE::Network::RS::World::data_of($_) } qw(db macdb);
    my ($configs, $local) = (PVE::Network::RS::World::section_configs(), PVE::Network::RS::World::local_files());
    my $lock = PVE::Network::RS::World::slurp('/etc/pve/sdn/.lock');
    my $is_api = $in->{ops} && grep { $_->{call} } $in->{ops}->@*;
    return {
        %data,
        files => $is_api ? $configs : $local,
        lock => $lock,
        $CHANGED{ $in->{hook} // '' } ? changed($in) : (),
        state => { %data, configs => $configs, local => $local, lock => $lock, args => $in->{args} },
    };
}

sub changed($in) {
    my $name = $CHANGED{ $in->{hook} };
    return ($name => $in->{args}->{$name});
}

my %MAY_BE_MISSING = map { $_ => 1 } qw(db macdb files lock state args zone_cfg vnet_cfg subnet);

sub is_same($class, $field, $want, $got) {
    return 1 if $field eq 'perl_warnings' || $MAY_BE_MISSING{$field} && !defined($want);
    ($want, $got) = $field eq 'results'
        ? map { [map { binding($_) } ($_ // [])->@*] } $want, $got
        : map { binding({ $field => $_ })->{$field} } $want, $got;
    return PVE::Network::RS::Golden::json_of($want) eq PVE::Network::RS::Golden::json_of($got);
}

# What binds of an outcome.
sub binding($outcome) {
    my %binding = %$outcome;
    my $result = $binding{result};
    %binding = (%binding, %$result) if ref($result) eq 'HASH' && exists($result->{zones}); # status
    delete $binding{result} if exists($binding{zones});
    delete $binding{perl_warnings};
    my @warnings = PVE::Network::RS::Golden::binding_warnings(delete $binding{warnings});
    $binding{warnings} = \@warnings if @warnings;
    $binding{exception} = { $binding{exception}->%{qw(code errors)} } if $binding{exception};
    if (defined($binding{error})) {
        $binding{error} = 'not JSON' if $binding{error} =~ /, at character offset \d+|is not JSON/;
        $binding{error} = 'params' if $binding{error} =~ /^400 /;
        $binding{error} = 'no such method' if $binding{error} =~ /^Can't locate object method/;
    }
    return PVE::Network::RS::Golden::Objects::plain(\%binding);
}

1;
