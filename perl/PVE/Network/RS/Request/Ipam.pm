package PVE::Network::RS::Request::Ipam;

# The built-in IPAM's database, and the cache of addresses by MAC address: under the original's
# locks, read and written by the original's functions.

use v5.36;

use JSON::XS ();
use Sub::Util ();

use PVE::Network::RS::Conduct;

my $PLUGIN = 'PVE::Network::SDN::Ipams::PVEPlugin';
my $DB = 'sdn/pve-ipam-state.json';
my $MACDB = 'sdn/mac-cache.json';

# Characters, not bytes: the original decodes what it reads as if each byte were one.
my $json = JSON::XS->new->allow_nonref;
my $encoder = JSON::XS->new->utf8;

# $class->add_subnet($config, $id, $subnet)
sub add_subnet($call, $class, $config, $id, $subnet, @) {
    return locked($call, $subnet, 'add_subnet');
}

# $class->del_subnet($config, $id, $subnet)
sub del_subnet($call, $class, $config, $id, $subnet, @) {
    return locked($call, $subnet, 'del_subnet');
}

# $class->add_ip($config, $id, $subnet, $ip, $hostname, $mac, $vmid, $is_gateway)
sub add_ip($call, $class, $config, $id, $subnet, @guest) {
    my %args;
    @args{qw(ip hostname mac vmid is_gateway)} = @guest;
    $args{is_gateway} = $args{is_gateway} ? 1 : 0;
    return locked($call, $subnet, { add_ip => \%args });
}

# $class->del_ip($config, $id, $subnet, $ip)
sub del_ip($call, $class, $config, $id, $subnet, $ip = undef, @) {
    return locked($call, $subnet, { del_ip => { ip => $ip } });
}

# $class->add_next_freeip($config, $id, $subnet, $hostname, $mac, $vmid)
sub add_next_freeip($call, $class, $config, $id, $subnet, @guest) {
    my %args;
    @args{qw(hostname mac vmid)} = @guest;
    return locked($call, $subnet, { add_next_freeip => \%args });
}

# $class->add_range_next_freeip($config, $subnet, $range, $data): it never dies
sub add_range_next_freeip($call, $class, $config, $subnet, $range, $data, @) {
    my $args = { range => $range // {}, data => $data // {} };
    my $ip = in_lock($call, $subnet, { add_range_next_freeip => $args });
    die $@ if PVE::Network::RS::Conduct::is_stop($@);
    $call->{left} = $@ if $@;
    return $ip;
}

# $class->get_ips_from_mac($config, $mac, $zone)
sub get_ips_from_mac($call, $class, $config, $mac, $zone = undef, @) {
    my $operation = { get_ips_from_mac => { mac => $mac } };
    return ask($call, read_db(), { zone => $zone }, $operation)->{result};
}

sub locked($call, $subnet, $operation) {
    my $result = in_lock($call, $subnet, $operation);
    die $@ if $@;
    return $result;
}

# As cfs_lock_file: what is died of is in $@.
sub in_lock($call, $subnet, $operation) {
    $call->{left} = '';
    return PVE::Network::SDN::Ipams::PVEPlugin::cfs_lock_file(
        $DB, undef, sub { change($call, $subnet, $operation) },
    );
}

sub change($call, $subnet, $operation) {
    my $db = read_db();
    my $value = ask($call, $db, $subnet, $operation);
    $call->{left} = $value->{swallowed} // '';
    if (my $splice = $value->{splice}) {
        $call->{changed} = 1;
        write_db($db, $splice);
    }
    return $value->{result};
}

sub ask($call, $db, $subnet, $operation) {
    my %request = (operation => $operation);
    @request{qw(zone cidr network mask)} = $subnet->@{qw(zone cidr network mask)};
    # The text as it is. Whatever is wrong with it, the bracket cannot be taken for a part of it.
    my $request = '[' . $encoder->encode(\%request) . ",$db->{text}]";
    return PVE::Network::RS::Conduct::ask($call, \$request);
}

# The database: { text }, in UTF-8, and is_parsed if the original's functions did not get at its text
# without parsing it, because it was parsed before, or because they are replaced.
sub read_db() {
    my ($text, $parsed);
    if (Sub::Util::subname(\&PVE::Network::SDN::Ipams::PVEPlugin::write_db) eq "${PLUGIN}::write_db") {
        # Whoever read the file parses it, and keeps what comes of it; after an exception, nothing.
        no warnings qw(once redefine);
        local *PVE::Network::SDN::Ipams::PVEPlugin::parse_config = sub {
            $text = $_[2] // '';
            die "not to be parsed\n";
        };
        $parsed = eval { PVE::Network::SDN::Ipams::PVEPlugin::read_db() };
        die $@ if !defined($text) && $@;
    } else {
        $parsed = PVE::Network::SDN::Ipams::PVEPlugin::read_db();
    }
    my $is_parsed = !defined($text);
    $text = $json->encode($parsed) if $is_parsed;
    $text =~ s/\A[ \t\r\n]+//;
    $text = '{}' if $text eq '';
    utf8::encode($text);
    return { text => $text, is_parsed => $is_parsed };
}

sub write_db($db, $splice) {
    my ($at, $length, $new) = $splice->@{qw(at length text)};
    utf8::encode($new);
    my $text = substr($db->{text}, 0, $at) . $new . substr($db->{text}, $at + $length);
    utf8::decode($text);

    return PVE::Network::SDN::Ipams::PVEPlugin::write_db($json->decode($text)) if $db->{is_parsed};
    no warnings qw(once redefine prototype);
    local *PVE::Network::SDN::Ipams::PVEPlugin::to_json = sub { $_[0] }; # it is JSON already
    return PVE::Network::SDN::Ipams::PVEPlugin::write_db($text);
}

# add_cache_mac_ip($mac, $ip), del_cache_mac_ip($mac, $ip)
sub change_cache($call, $mac, $ip = undef, @) {
    my $operation = $call->{layout}->{operation};
    $call->{left} = '';
    PVE::Network::SDN::Ipams::cfs_lock_file(
        $MACDB, undef,
        sub {
            my $db = PVE::Network::SDN::Ipams::read_macdb();
            my $entry = cached($call, $db, $mac, $operation, $ip);
            $entry ? $db->{macs}->{$mac} = $entry : delete $db->{macs}->{$mac};
            $call->{changed} = 1;
            PVE::Network::SDN::Ipams::write_macdb($db);
        },
    );
    die $@ if PVE::Network::RS::Conduct::is_stop($@);
    $call->{left} = $@ if $@;
    warn $@ if $@;
    return;
}

# get_ips_from_mac($mac, $zoneid, $zone); without a lock, as the original
sub find_cached($call, $mac, $zoneid = undef, $zone = undef, @) {
    my $db = PVE::Network::SDN::Ipams::read_macdb();
    my $known = cached($call, $db, $mac, 'find');
    return $known if $known;

    my ($ip4, $ip6) = PVE::Network::RS::Conduct::original(
        $call,
        sub {
            my $config = PVE::Network::SDN::Ipams::get_plugin_config($zone);
            my $plugin = PVE::Network::SDN::Ipams::Plugin->lookup($config->{type});
            return $plugin->get_ips_from_mac($config, $mac, $zoneid);
        },
    );
    $db->{macs}->{$mac} = { ip4 => $ip4, ip6 => $ip6 };
    $call->{changed} = 1;
    PVE::Network::SDN::Ipams::write_macdb($db);
    return [$ip4, $ip6];
}

sub cached($call, $db, $mac, $operation, $ip = undef) {
    my $entry = $db->{macs}->{ $mac // '' } || undef;
    my $request = { operation => $operation, entry => $entry, ip => $ip };
    return PVE::Network::RS::Conduct::ask($call, $request);
}

1;
