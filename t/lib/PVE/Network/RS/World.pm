package PVE::Network::RS::World;

# The node and the cluster of a golden case, for the original's own modules: see `Mocks` in the
# corpus's README. Cluster files are in memory. Files of the node are real ones, below folders that
# only this process and its children see; for that, the script has to start in a world of its own.
#
#   in     node, files, running, running_raw, db, db_raw, macdb, fs, sysfs, ovs, commands, dns_fail,
#          http, lock_fail, dnsmasq_installed; all of them may be missing

use v5.36;

use File::Find ();
use File::Path ();
use JSON::XS ();

use PVE::Network::RS::TestNode;

my $MARK = 'PVE_NETWORK_RS_TEST_WORLD';

my $SYSFS = '/sys/class/net';
my $UNITS = '/lib/systemd/system';
my @EMPTY = ($SYSFS, $UNITS, '/var/lib/misc');

# Where the original writes files of the node.
my @WRITTEN =
    qw(/etc/dnsmasq.d /etc/default /etc/dbus-1/system.d /etc/network/interfaces.d /var/lib/misc);

my %FILE = (
    running => 'sdn/.running-config',
    db => 'sdn/pve-ipam-state.json',
    macdb => 'sdn/mac-cache.json',
);

# Methods of the DNS plugin that are recorded, and the names of their arguments behind the config.
my $DNS_PLUGIN = 'PVE::Network::SDN::Dns::PowerdnsPlugin';
my %DNS = (
    verify_zone => [qw(zone)],
    add_a_record => [qw(zone hostname ip)],
    add_ptr_record => [qw(zone hostname ip)],
    del_a_record => [qw(zone hostname ip)],
    del_ptr_record => [qw(zone ip)],
);

my $json = JSON::XS->new->utf8->canonical->allow_nonref;

our $in; # the case that is played, if one is
our $seen; # what happened since observe() began: calls, commands, log_warn

# Starts this script again where its files are its own. Does nothing if that is not allowed.
sub enter(@args) {
    return if $ENV{$MARK} || $> != 0;
    local $ENV{$MARK} = 'possible';
    my @private = qw(unshare --mount --propagation private --);
    return if system("@private true >/dev/null 2>&1") != 0;
    exec(@private, $^X, $0, @args) or die "unshare: $!\n";
}

# True if local files of a case can be put in their places.
sub is_private() {
    state $is_private = ($ENV{$MARK} // '') eq 'possible' && mount_folders();
    return $is_private;
}

sub mount_folders() {
    my $copy = '/var/lib/misc'; # it is hidden below
    for my $command (
        "mount -t tmpfs none $copy", "cp -a /etc/. $copy/", "mount --bind $copy /etc",
        map { "mount -t tmpfs none $_" } @EMPTY,
    ) {
        return 0 if system("$command >/dev/null 2>&1") != 0;
    }
    return 1;
}

# Replaces what the modules of SDN import from others: to be called before they are loaded.
sub install() {
    state $is_installed = 0;
    return if $is_installed++;
    require PVE::Tools;
    require PVE::RESTEnvironment;
    require PVE::Cluster;
    PVE::Cluster::cfs_register_file('datacenter.cfg', \&read_datacenter);
    no warnings 'redefine';
    my ($run_command, $log_warn, $ether) =
        (\&PVE::Tools::run_command, \&PVE::RESTEnvironment::log_warn, \&PVE::Tools::random_ether_addr);
    *PVE::Tools::run_command = sub { $in ? run_command(@_) : $run_command->(@_) };
    *PVE::RESTEnvironment::log_warn = sub { $seen ? push($seen->{log_warn}->@*, $_[0]) : $log_warn->(@_) };
    *PVE::Tools::random_ether_addr = sub($prefix = undef) { $in ? ether($prefix) : $ether->($prefix) };
    return;
}

# Plays $code in the world of a case.
sub with($case, $code) {
    local $in = {%$case}; # an operation may change what follows
    put_files($in) if is_private();
    no warnings qw(once redefine);
    local %PVE::Cluster::TEXT = cluster_files($in);
    local %PVE::Cluster::LOCK_FAULT = ($in->{lock_fail} // {})->%*;
    local *PVE::INotify::nodename = sub { $in->{node} // 'pve1' };
    local *PVE::Network::is_ovs_bridge = sub($name) {
        grep { $_ eq $name } ($in->{ovs} // [])->@*;
    };
    local *PVE::RPCEnvironment::get = sub { bless {}, 'PVE::Network::RS::World::Everybody' };
    local *PVE::Network::SDN::generate_lock_token = sub { '01950000-0000-7000-8000-00000000c0de' };
    local *PVE::Network::SDN::Dhcp::Dnsmasq::update_lease = sub($id, $ip4, $mac) {
        push $seen->{calls}->@*, { call => 'update_lease', dhcpid => $id, ip4 => $ip4, mac => $mac };
    };
    return $code->();
}

# What happens while $code runs, as the corpus says it: result or error, and all that was done. For
# the time being, %$change is in force.
sub observe($change, $code) {
    $in->{$_} = $change->{$_} for grep { $change->{$_} } qw(dns_fail http commands); # from here on
    local $seen = { map { $_ => [] } qw(calls commands log_warn warnings) };
    local $SIG{__WARN__} = sub($warning) { push $seen->{warnings}->@*, $warning };
    my (%out, $error);
    my $lives = with_servers(sub { $out{result} = $code->() }, \$error);
    if (!$lives) {
        $out{error} = "$error";
        $out{exception} = { code => $error->{code}, errors => $error->{errors} } if ref($error);
    }
    $out{$_} = $seen->{$_} for grep { $seen->{$_}->@* } keys %$seen;
    return \%out;
}

# Runs $code with servers that note what they are asked: at the level of HTTP, or of DNS records.
sub with_servers($code, $error) {
    no warnings qw(once redefine);
    no strict 'refs';
    my %was = map { $_ => \&{"${DNS_PLUGIN}::$_"} } keys %DNS;
    my $api_request = \&PVE::Network::SDN::api_request;
    if ($in->{http}) {
        *PVE::Network::SDN::api_request = \&request;
    } else {
        for my $method (keys %DNS) {
            *{"${DNS_PLUGIN}::$method"} = sub(@args) { record($method, @args) };
        }
    }
    my $lives = eval { $code->(); 1 };
    $$error = $@;
    *{"${DNS_PLUGIN}::$_"} = $was{$_} for keys %was;
    *PVE::Network::SDN::api_request = $api_request;
    return $lives;
}

sub record($method, $class, $config, @args) {
    my %call = (call => $method, server => $config->{url});
    @call{ $DNS{$method}->@* } = @args;
    push $seen->{calls}->@*, \%call;
    for my $fault (($in->{dns_fail} // [])->@*) {
        my $is_meant = $fault->{method} eq $method
            && !grep { defined($fault->{$_}) && $fault->{$_} ne ($call{$_} // '') } qw(zone ip);
        die $fault->{error} if $is_meant;
    }
    return;
}

sub request($method, $url, $headers, $data = undef, $fingerprint = undef) {
    my %call = (call => 'http', method => $method, url => $url, headers => $headers);
    $call{data} = $json->decode($json->encode($data)) if $data;
    $call{fingerprint} = $fingerprint if defined($fingerprint);
    push $seen->{calls}->@*, \%call;
    my $answer = $in->{http}->{"$method $url"}
        // { error => "Invalid response from server: 404 Not Found\n" };
    die $answer->{error} if defined($answer->{error});
    return ref($answer->{json}) ? Storable::dclone($answer->{json}) : $answer->{json};
}

sub run_command($command, %options) {
    my @words = ref($command) ? @$command : ($command);
    my $name = "@words";
    push $seen->{commands}->@*, \@words if $seen && $words[0] ne 'ifquery';
    my $answer = ($in->{commands} // {})->{$name} // {};
    if ($options{outfunc}) {
        $options{outfunc}->($_) for split(/\n/, $answer->{stdout} // '');
    }
    die "command '$name' failed: exit code $answer->{rc}\n" if $answer->{rc};
    return 0;
}

sub ether($prefix) {
    $prefix //= 'BC:24:11';
    return uc($prefix) . substr('0A:5D:4E:10:20:30', length($prefix));
}

sub read_datacenter($file, $text) {
    my %config = ($text // '') =~ /^(\w+):\s*(\S+)/mg;
    if (($config{mac_prefix} // '00') !~ /^[\da-f][02468ace](?::[\da-f]{0,2}){0,3}\z/i) {
        delete $config{mac_prefix};
        warn "parse error in '$file' - 'mac_prefix': invalid format - value is not a valid unicast MAC"
            . " address prefix\n";
    }
    return { mac_prefix => 'BC:24:11', %config };
}

# The texts of the cluster files, bytes.
sub cluster_files($case) {
    my %text = ($case->{files} // {})->%*;
    utf8::encode($_) for grep { defined } values %text;
    for my $key (keys %FILE) {
        my $raw = $case->{"${key}_raw"};
        $text{ $FILE{$key} } = $raw // $json->encode($case->{$key}) if defined($raw // $case->{$key});
    }
    return %text;
}

# The cluster file of that name as data; its text if it is not JSON.
sub data_of($key) {
    my $text = $PVE::Cluster::TEXT{ $FILE{$key} } // return undef;
    return eval { $json->decode($text) } // eval { JSON::XS->new->decode($text) } // $text;
}

# The section configs as they are now.
sub section_configs() {
    return { map { $_ => $PVE::Cluster::TEXT{$_} } grep { /\.cfg\z/ } keys %PVE::Cluster::TEXT };
}

# The files of the node as they are now: path => text, and none for an empty folder, `path/`.
sub local_files() {
    return {} if !is_private();
    my %text;
    my $add = sub {
        my @inside = glob(quotemeta($_) . '/*');
        -d $_ ? @inside || ($text{"$_/"} = '') : ($text{$_} = slurp($_));
    };
    File::Find::find({ no_chdir => 1, wanted => $add }, @WRITTEN);
    delete @text{ map { "$_/" } @WRITTEN };
    return \%text;
}

sub slurp($path) {
    open(my $fh, '<', $path) or return undef;
    local $/;
    return scalar(<$fh>) // '';
}

sub put_files($case) {
    File::Path::remove_tree(grep { -d $_ } @WRITTEN[0 .. 3], '/etc/pve', { keep_root => 1 });
    File::Path::remove_tree(@EMPTY, { keep_root => 1 });
    File::Path::make_path(@WRITTEN, '/etc/pve/sdn');
    PVE::Network::RS::TestNode::write_file("$UNITS/dnsmasq.service", '')
        if $case->{dnsmasq_installed} // 1;
    put_file($_, $case->{fs}->{$_}) for sort keys(($case->{fs} // {})->%*);
    my $interfaces = $case->{sysfs} // {};
    for my $iface (keys %$interfaces) {
        my ($filtering, $address, $master) =
            $interfaces->{$iface}->@{qw(vlan_filtering address master_address)};
        File::Path::make_path("$SYSFS/$iface");
        put_file("$SYSFS/$iface/bridge/vlan_filtering", "$filtering\n") if defined($filtering);
        put_file("$SYSFS/$iface/address", "$address\n") if defined($address);
        put_file("$SYSFS/$iface/master/address", "$master\n") if defined($master);
    }
    return;
}

# Writes a file, or makes a folder if the path ends like one; undef removes it.
sub put_file($path, $text) {
    my ($folder, $name) = $path =~ m{^(.*)/([^/]*)\z};
    return unlink($path) if !defined($text);
    File::Path::make_path($folder);
    return if $name eq '';
    utf8::encode($text);
    PVE::Network::RS::TestNode::write_file($path, $text);
    return;
}

package PVE::Network::RS::World::Everybody; # a user who may do everything

sub get_user($self) { return 'root@pam' }
sub can($self, $name) { return UNIVERSAL::can($self, $name) }
sub warn($self, @) { return }

our $AUTOLOAD;

sub AUTOLOAD($self, @) { return 1 } # every check

1;
