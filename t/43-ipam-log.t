# ipam.log: a line for each address that is given away, changed or given back, whoever did it.

use v5.36;

use File::Temp ();
use FindBin ();

# An original that succeeds; behind the shims, as the others.
my $original;
BEGIN {
    $original = File::Temp->newdir();
    mkdir("$original/$_") or die for qw(PVE PVE/Network PVE/Network/SDN PVE/Network/SDN/Ipams);
    open(my $fh, '>', "$original/PVE/Network/SDN/Ipams/PhpIpamPlugin.pm") or die;
    print {$fh} <<~'PERL';
        package PVE::Network::SDN::Ipams::PhpIpamPlugin;
        our $LEFT = '';
        sub add_ip { return }
        sub update_ip { $@ = $LEFT; return wantarray ? (1, 2) : 'scalar' }
        sub add_next_freeip { return '10.0.0.7' }
        sub add_range_next_freeip { shift->add_next_freeip($_[0], undef, $_[1]) }
        sub del_ip { die "no such address\n" }
        *$_ = sub { die "not to be called\n" } for qw(
            add_subnet del_subnet get_ips_from_mac verify_api on_update_hook get_prefix_id get_ip_id
            is_ip_gateway
        );
        1;
        PERL
    close($fh) or die;
    push @INC, "$original", map { "$FindBin::RealBin/lib/$_" } qw(standin cluster absent);
}

use Test::More;

use PVE::Network::RS::IpamLog;
use PVE::Network::RS::TestNode;

$ENV{PVE_NETWORK_RS_LIB} = PVE::Network::RS::TestNode::library();
my $node = PVE::Network::RS::TestNode->new();
local $PVE::Network::RS::IpamLog::FILE = "$node->{folder}/ipam.log";

require PVE::Network::SDN::Ipams;
require PVE::Network::SDN::Ipams::NetboxPlugin;
require PVE::Network::SDN::Ipams::PhpIpamPlugin;

my $PVE = 'PVE::Network::SDN::Ipams::PVEPlugin';
my $NETBOX = 'PVE::Network::SDN::Ipams::NetboxPlugin';
my $PHPIPAM = 'PVE::Network::SDN::Ipams::PhpIpamPlugin';
my $DB = 'sdn/pve-ipam-state.json';
my %SUBNET = (zone => 'z', cidr => '10.0.0.0/24', network => '10.0.0.0', mask => '24');
my %CONFIG = (url => 'http://ipam', token => 'hidden-token', section => 3, type => 'netbox');
my $HEAD = qr/^time=\d{4}-\S+Z node=\S+ pid=$$ /;

sub lines() {
    open(my $fh, '<', $PVE::Network::RS::IpamLog::FILE) or return;
    my @lines = <$fh>;
    unlink($PVE::Network::RS::IpamLog::FILE);
    s/$HEAD// for @lines;
    return @lines;
}

sub db($text) {
    no warnings 'once';
    $PVE::Cluster::TEXT{$DB} = $text;
    return;
}

subtest 'the built-in IPAM, by Rust' => sub {
    $node->configure(qq(phase = "rust-full"\nfallback_enabled = false\n));
    db('{"zones":{"z":{"subnets":{"10.0.0.0/24":{"ips":{}}}}}}');
    my $range = { 'start-address' => '10.0.0.9', 'end-address' => '10.0.0.9' };
    my $data = { hostname => 'db 1', mac => 'AA:CC', vmid => '101' };
    $PVE->add_ip(\%CONFIG, 'id', {%SUBNET}, '10.0.0.1', 'v-gw', undef, undef, 1);
    $PVE->add_next_freeip(\%CONFIG, 'id', {%SUBNET}, 'web1', 'AA:BB', 100);
    $PVE->add_range_next_freeip(\%CONFIG, {%SUBNET}, $range, $data) for 1 .. 2;
    $PVE->update_ip(\%CONFIG, 'id', {%SUBNET}, '10.0.0.2', 'web1', 'AA:BB', 100);
    eval { $PVE->add_ip(\%CONFIG, 'id', {%SUBNET}, '10.0.0.2', 'x', 'AA:DD', 102) };
    $PVE->del_ip(\%CONFIG, 'id', {%SUBNET}, '10.0.0.2');
    $PVE->get_ips_from_mac(\%CONFIG, 'AA:BB', 'z');
    is_deeply(
        [lines()],
        [
            "op=allocate ipam=pve zone=z subnet=10.0.0.0/24 address=10.0.0.1 hostname=v-gw gateway=1 engine=rust\n",
            'op=allocate ipam=pve zone=z subnet=10.0.0.0/24 address=10.0.0.2 hostname=web1 mac=AA:BB vmid=100'
                . " engine=rust\n",
            'op=allocate ipam=pve zone=z subnet=10.0.0.0/24 address=10.0.0.9 hostname="db 1" mac=AA:CC vmid=101'
                . " engine=rust\n",
            "op=release ipam=pve zone=z subnet=10.0.0.0/24 address=10.0.0.2 engine=rust\n",
        ],
        'what was done, and nothing of what was not',
    );
};

subtest 'NetBox, by Rust' => sub {
    my $is_refused;
    no warnings qw(once redefine);
    local *PVE::Network::SDN::api_request = sub($method, $url, @) {
        die "refused\n" if $is_refused && $method ne 'GET';
        return { results => [{ id => 7 }], address => '10.0.0.5/24' };
    };
    my @guest = ('web1', 'AA:BB', 100);
    $NETBOX->add_next_freeip(\%CONFIG, 'id', {%SUBNET}, @guest);
    $NETBOX->update_ip(\%CONFIG, 'id', {%SUBNET}, '10.0.0.5', @guest);
    $NETBOX->del_ip(\%CONFIG, 'id', {%SUBNET}, '10.0.0.5');
    my $guest = 'hostname=web1 mac=AA:BB vmid=100 ';
    my $place = 'ipam=netbox zone=z subnet=10.0.0.0/24 address=10.0.0.5';
    is_deeply(
        [lines()],
        [
            "op=allocate $place ${guest}engine=rust\n", "op=change $place ${guest}engine=rust\n",
            "op=release $place engine=rust\n",
        ],
        'without the token',
    );

    $is_refused = 1;
    eval { $NETBOX->del_ip(\%CONFIG, 'id', {%SUBNET}, '10.0.0.5') };
    is($@, "error delete ip 10.0.0.5 : refused\n", 'refused');
    $NETBOX->add_ip(\%CONFIG, 'id', {%SUBNET}, '10.0.0.5', @guest, 0, 1);
    is_deeply([lines()], [], 'what may have failed is not logged');
};

subtest 'the original' => sub {
    $node->configure(qq(phase = "perl-only"\n));
    is($PHPIPAM->add_next_freeip(\%CONFIG, 'id', {%SUBNET}, 'web1', 'AA:BB', 100), '10.0.0.7', 'its answer');
    is($PHPIPAM->add_range_next_freeip(\%CONFIG, {%SUBNET}, {}, {}), '10.0.0.7', 'by another method');
    my $place = 'ipam=phpipam zone=z subnet=10.0.0.0/24 address=10.0.0.7';
    is_deeply(
        [lines()],
        [
            "op=allocate $place hostname=web1 mac=AA:BB vmid=100 engine=perl\n",
            "op=allocate $place engine=perl\n",
        ],
        'once for each address',
    );

    my @update = (\%CONFIG, 'id', {%SUBNET}, '10.0.0.7', 'web1', 'AA:BB', 100);
    is_deeply([$PHPIPAM->update_ip(@update)], [1, 2], 'a list');
    no warnings 'once';
    local $PVE::Network::SDN::Ipams::PhpIpamPlugin::LEFT = 'left';
    is($PHPIPAM->update_ip(@update), 'scalar', 'a scalar');
    is($@, 'left', 'what is in $@ stays there');
    is(scalar(lines()), 2, 'two lines');

    eval { $PHPIPAM->del_ip(\%CONFIG, 'id', {%SUBNET}, '10.0.0.7') };
    is($@, "no such address\n", 'its error');
    is_deeply([lines()], [], 'no line');
};

subtest 'where nothing can be written' => sub {
    local $PVE::Network::RS::IpamLog::FILE = '/dev/full';
    is($PHPIPAM->add_next_freeip(\%CONFIG, 'id', {%SUBNET}), '10.0.0.7', 'the call is done');
    is($PHPIPAM->add_next_freeip(\%CONFIG, 'id', 'no subnet'), '10.0.0.7', 'whatever it was called with');
};

done_testing();
