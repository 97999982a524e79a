# Calls that have effects: they are done once, by one engine, and under the original's lock.

use v5.36;

use FindBin ();
BEGIN { push @INC, map { "$FindBin::RealBin/lib/$_" } qw(standin cluster absent) } # behind the shims

use Test::More;

use PVE::Network::RS::TestNode;

$ENV{PVE_NETWORK_RS_LIB} = PVE::Network::RS::TestNode::library();
my $node = PVE::Network::RS::TestNode->new();

require PVE::Network::SDN::Ipams;
require PVE::Network::SDN::Ipams::NetboxPlugin;

my $DB = 'sdn/pve-ipam-state.json';
my $PVE = 'PVE::Network::SDN::Ipams::PVEPlugin';
my $NETBOX = 'PVE::Network::SDN::Ipams::NetboxPlugin';
my %SUBNET = (zone => 'z', cidr => '10.0.0.0/24', network => '10.0.0.0', mask => '24');
my $EMPTY = '{"zones":{"z":{"subnets":{"10.0.0.0/24":{"ips":{}}}}}}';

# The stand-in for the original dies if it is asked: so it is told apart from Rust.
my $ASKED = "the stand-in was asked\n";

sub rust(%options) {
    my $phase = $options{phase} // 'rust-full';
    my $fallback = $options{fallback} ? 'true' : 'false';
    $node->configure(qq(phase = "$phase"\nfallback_enabled = $fallback\n));
    return;
}

sub next_ip() {
    return $PVE->add_next_freeip({}, 'id', {%SUBNET}, 'guest', 'AA:BB', 100);
}

sub db($text) {
    $PVE::Cluster::TEXT{$DB} = $text;
    return;
}

sub written() {
    return $PVE::Cluster::TEXT{$DB};
}

subtest 'only the entry is written' => sub {
    rust();
    my $odd = qq( { "zones" : {"z":{"new":[1.50,1e400],"subnets":{"10.0.0.0/24":{"ips":{"10.0.0.1":{"x":"\xe9"}}}}}} }\n);
    db($odd);
    is(next_ip(), '10.0.0.2', 'the next address');
    my $wanted = $odd =~ s/^ //r =~ s/(\xe9"\})/$1,"10.0.0.2":{"mac":"AA:BB","hostname":"guest","vmid":100}/r;
    is(written(), $wanted, 'the rest is as it was, byte for byte');
};

subtest 'a database that was parsed already' => sub {
    no warnings qw(once redefine);
    my $db = { zones => { z => { subnets => { '10.0.0.0/24' => { ips => {} } } } } };
    local *PVE::Network::SDN::Ipams::PVEPlugin::read_db = sub { $db };
    local *PVE::Network::SDN::Ipams::PVEPlugin::write_db = sub { $db = $_[0] };
    is(next_ip(), '10.0.0.1', 'the next address');
    is(next_ip(), '10.0.0.2', 'and the next');
    my $ips = $db->{zones}->{z}->{subnets}->{'10.0.0.0/24'}->{ips};
    is_deeply([sort keys %$ips], ['10.0.0.1', '10.0.0.2'], 'both are there');
};

subtest 'nothing is written where nothing may be' => sub {
    for my $row (
        ['truncated', '{"zones":{"z":{"subnets":{', qr/pve-ipam-state\.json is not JSON/],
        ['one brace too many', "$EMPTY}", qr/not JSON|request/],
        ['something behind it', "$EMPTY,{}", qr/request/],
        ['no object', '{"zones":[]}', qr/unsupported: zones is not an object/],
        ['no such zone', '{}', qr/^zone 'z' doesn't exist in IPAM DB\n\z/],
    ) {
        my ($name, $text, $error) = @$row;
        db($text);
        ok(!defined(eval { next_ip() }), "$name: no address");
        like($@, $error, "$name: why");
        is(written(), $text, "$name: the file is as it was");
    }
};

subtest 'the original answers' => sub {
    rust(fallback => 1);
    db('{"zones":[]}');
    ok(!eval { next_ip(); 1 }, 'to a database of another shape');
    is($@, $ASKED, 'after the lock was given back');

    rust(phase => 'rust-sdn', fallback => 1);
    db('{}');
    ok(!eval { next_ip(); 1 }, 'to confirm an error');
    is($@, $ASKED, 'which it does not, here');

    $node->configure(qq(phase = "perl-only"\n[shadow]\nsample = 1\n));
    db($EMPTY);
    ok(!eval { next_ip(); 1 }, 'if the phase says so');
    is($@, $ASKED, 'alone: nothing is sampled');
    is(written(), $EMPTY, 'and nothing was written besides');
};

subtest 'the lock' => sub {
    rust();
    no warnings 'once';
    db($EMPTY);
    local $PVE::Cluster::LOCK_FAULT{'file-sdn_pve-ipam-state_json'} = "no lock\n";
    ok(!eval { next_ip(); 1 }, 'is needed');
    is($@, "no lock\n", 'its error is raised');
    my $range = { 'start-address' => '10.0.0.1', 'end-address' => '10.0.0.9' };
    is($PVE->add_range_next_freeip({}, {%SUBNET}, $range, {}), undef, 'or not, where the original does not');
    is($@, "no lock\n", 'then it is left behind');
};

subtest 'a server' => sub {
    my @requests;
    no warnings qw(once redefine);
    local *PVE::Network::SDN::api_request = sub($method, $url, @) {
        push @requests, $method;
        die "refused\n" if $method eq 'POST';
        return { results => [{ id => 7 }] };
    };
    my %config = (url => 'http://netbox', token => 'x');
    my @add = ($NETBOX, \%config, 'id', {%SUBNET}, 'guest', 'AA:BB', 100);

    rust(phase => 'rust-sdn', fallback => 1);
    ok(!eval { $add[0]->add_next_freeip(@add[1 .. 6]); 1 }, 'that refuses');
    is($@, "can't find free ip in subnet 10.0.0.0/24: refused\n", 'is not asked again by the original');
    is_deeply(\@requests, ['GET', 'POST'], 'each request is sent once');

    $@ = 'old';
    is($NETBOX->add_next_freeip(@add[1 .. 6], 1), undef, 'nor is there an error, if none is wanted');
    is($@, "refused\n", 'but it is left behind');

    @requests = ();
    local *PVE::Network::SDN::Ipams::NetboxPlugin::get_prefix_id = sub { 5 };
    eval { $NETBOX->add_next_freeip(@add[1 .. 6]) };
    is_deeply(\@requests, ['POST'], 'a helper that was replaced is called');
};

subtest 'a list' => sub {
    rust();
    db('{"zones":{"z":{"subnets":{"c":{"ips":{"10.0.0.1":{"mac":"AA"},"::1":{"mac":"AA"}}}}}}}');
    is_deeply([$PVE->get_ips_from_mac({}, 'AA', 'z')], ['10.0.0.1', '::1'], 'in its context');
    is(scalar($PVE->get_ips_from_mac({}, 'AA', 'z')), '::1', 'its last element in another');
};

subtest 'many allocations' => sub {
    rust();
    db($EMPTY =~ s/24/16/r);
    local @SUBNET{qw(cidr mask)} = ('10.0.0.0/16', '16');
    my %seen;
    $seen{ next_ip() }++ for 1 .. 600;
    is(scalar(keys %seen), 600, 'each address is given once');
    ok($seen{'10.0.2.88'}, 'in order');
};

done_testing();
