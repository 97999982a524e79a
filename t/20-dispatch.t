# Which engine answers, by what migration.toml says; what happens when Rust cannot.

use v5.36;

use Test::More;

use PVE::Network::RS::Scene;
use PVE::Network::RS::TestNode;

*parse = \&PVE::Network::RS::Scene::parse;
*render = \&PVE::Network::RS::Scene::render;
*by = \&PVE::Network::RS::Scene::by;
*error = \&PVE::Network::RS::Scene::error;

my $TEXT = "auto eth0\niface eth0 inet dhcp\n";
my %ETH = (type => 'eth', method => 'manual', method6 => 'manual', families => ['inet']);
my %BRIDGE = (%ETH, type => 'bridge', bridge_ports => '');

# By default a share of what Perl answers is shadowed, see t/21-shadow.t.
my $UNSAMPLED = "[shadow]\nsample = 0\n";

my $node = PVE::Network::RS::TestNode->new();

sub config(%ifaces) {
    return { ifaces => { map { $_ => { $ifaces{$_}->%* } } keys %ifaces }, options => [] };
}

# The last event, as the words that tell what happened.
sub event() {
    my @events = $node->events();
    return join(' ', map { $_ // '-' } $events[-1]->@{qw(seam engine phase used_fallback reason outcome)})
        if @events;
    return '';
}

subtest 'phases' => sub {
    is(by(parse($TEXT)), 'perl', 'no migration.toml: read');
    is(by(render(config(eth0 => \%ETH))), 'perl', 'no migration.toml: write');

    for my $row (
        # phase              read    plain   bridge
        ['perl-only',        'perl', 'perl', 'perl'],
        ['rust-read-only',   'rust', 'perl', 'perl'],
        ['rust-basic-write', 'rust', 'rust', 'perl'],
        ['rust-advanced',    'rust', 'rust', 'rust'],
        ['rust-full',        'rust', 'rust', 'rust'],
        ['perl-only',        'perl', 'perl', 'perl'],
    ) {
        my ($phase, @wanted) = @$row;
        $node->configure(qq(phase = "$phase"\n$UNSAMPLED));
        my @plain = (eth0 => \%ETH, lo => { %ETH, type => 'loopback' });
        my @answers = (
            parse($TEXT),
            render(config(@plain)),
            render(config(@plain, vmbr0 => \%BRIDGE)),
        );
        is_deeply([map { by($_) } @answers], \@wanted, $phase);
    }
    is_deeply([$node->events()], [], 'nothing to log');
};

subtest 'one function' => sub {
    $node->configure(qq(phase = "perl-only"\n[functions]\n"interfaces.parse" = "rust"\n$UNSAMPLED));
    is(by(parse($TEXT)), 'rust', 'rust in perl-only');
    $node->configure(qq(phase = "rust-full"\n[functions]\n"interfaces.render" = "perl"\n$UNSAMPLED));
    is(by(parse($TEXT)), 'rust', 'by phase');
    is(by(render(config(eth0 => \%ETH))), 'perl', 'perl in rust-full');
};

subtest 'odd configurations are left to the original where kinds count' => sub {
    $node->configure(qq(phase = "rust-basic-write"\n$UNSAMPLED));
    for my $config (undef, 0, 'text', [], {}, { ifaces => undef }, { ifaces => [] }, { ifaces => { a => 1 } },
        { ifaces => { a => {} } })
    {
        my ($before) = explain($config);
        is(by(render($config)), 'perl', 'answered');
        is((explain($config))[0], $before, 'untouched');
    }
    is(event(), '', 'no fallback: Perl answers by phase');
};

subtest 'every fault is a fallback' => sub {
    my %reply = (
        panic => sub { error('bug', 'internal error: index out of bounds') },
        unsupported => sub { error('unsupported', 'no such thing') },
        request => sub { error('request', 'invalid request') },
        abi => sub { error('abi', 'the library lacks it') },
        no_library => sub { error('no_library', 'no library') },
    );
    for my $reason (sort keys %reply) {
        local $PVE::Network::RS::Scene::REPLY = $reply{$reason};
        $node->configure(qq(phase = "rust-advanced"\n));
        my $answer = parse($TEXT);
        is_deeply(
            [map { $_->[1] } $answer->{options}->@*], ['original'], "$reason: the original answers",
        );
        is(event(), "interfaces.parse rust rust-advanced true $reason perl", "$reason: logged");
        is(render(config(eth0 => \%ETH)), "original\n", "$reason: write");
        is(event(), "interfaces.render rust rust-advanced true $reason perl", "$reason: logged");

        $node->configure(qq(phase = "rust-advanced"\nfallback_enabled = false\n));
        $node->events();
        ok(!eval { parse($TEXT); 1 }, "$reason: dies without fallback");
        my $kind = $reason eq 'panic' ? 'bug' : $reason;
        like($@, qr/^pve-network-rs: interfaces\.parse: $kind: .*\n\z/, "$reason: says what");
        is(event(), "interfaces.parse rust rust-advanced false $reason error", "$reason: logged");
    }
};

subtest 'a configuration that is no JSON' => sub {
    $node->configure(qq(phase = "rust-advanced"\n));
    my $itself = {%ETH};
    $itself->{itself} = $itself;
    for my $odd ({ %ETH, code => sub { } }, { %ETH, object => $node }, $itself) {
        is(by(render(config(eth0 => $odd))), 'perl', 'the original answers');
        is(event(), 'interfaces.render rust rust-advanced true request perl', 'logged');
    }
    delete $itself->{itself};
};

# No kernel has such names; but what Rust is told of them must not be something else.
subtest 'links of unusual names' => sub {
    $node->configure(qq(phase = "rust-advanced"\n));
    my %ether = (link_type => 'ether');
    for my $name ('a/b', "a\x7fb", 'a b', "a\tb\"\\", '', "\xe9", "\x{20ac}", '0') {
        my $config = parse("iface x inet dhcp\n", { $name => { %ether, altnames => ['y', 'z'] }, eth7 => \%ether }, []);
        is(by($config), 'rust', 'Rust answers');
        my %type = map { $_ => $config->{ifaces}->{$_}->{type} } keys $config->{ifaces}->%*;
        is_deeply(\%type, { lo => 'loopback', x => 'unknown', $name => 'eth', eth7 => 'eth' }, sprintf('a card named %vd', $name))
            or diag(explain(\%type));
    }
    $node->events();
    for my $row (
        ['no separator is left', { "a/b\x7f" => \%ether }, 'unsupported'],
        ['a kind without a name', { a => { %ether, linkinfo => { info_kind => '' } } }, 'unsupported'],
        ['no hash', { a => [] }, 'unsupported'],
        ['no list', { a => { altnames => 'b' } }, 'unsupported'],
        ['undef for a name', { a => { altnames => [undef] } }, 'request'],
    ) {
        my ($name, $links, $reason) = @$row;
        is(by(parse('', $links, [])), 'perl', "$name: the original answers");
        is(event(), "interfaces.parse rust rust-advanced true $reason perl", 'logged');
    }
};

subtest 'the original gets what the caller gave' => sub {
    $node->configure(qq(phase = "rust-advanced"\n));
    local $PVE::Network::RS::Scene::REPLY = sub { error('bug', 'internal error') };
    my ($links, $active, $config) = ({}, [], config(eth0 => \%ETH));
    local $PVE::Network::RS::Scene::READ = sub($fh, @facts) { return [[<$fh>], @facts] };
    local $PVE::Network::RS::Scene::WRITE = sub(@args) { return \@args };

    my $seen = parse("a\nb\n\nc", $links, $active);
    is_deeply($seen->[0], ["a\n", "b\n", "\n", 'c'], 'the file handle, from its start');
    is_deeply([@$seen[1, 2]], [$links, $active], 'facts');
    ok($seen->[1] == $links && $seen->[2] == $active, 'the same ones');
    is(scalar(parse("a\n", undef)->@*), 2, 'undef is an argument');
    is(scalar(parse("a\n", {})->@*), 2, 'missing is missing');
    $seen = render($config, 1);
    ok($seen->[0] == $config && $seen->[1] == 1 && @$seen == 2, 'the configuration');
};

subtest 'calls of another arity are the original\'s' => sub {
    $node->configure(qq(phase = "rust-full"\n));
    local $PVE::Network::RS::Scene::READ = sub { return scalar(@_) };
    local $PVE::Network::RS::Scene::WRITE = sub { return scalar(@_) };
    is(PVE::Network::Interfaces::__read_etc_network_interfaces(), 0, 'read, none');
    is(PVE::Network::Interfaces::__read_etc_network_interfaces(1 .. 4), 4, 'read, four');
    is(render(), 0, 'write, none');
    is(render(1 .. 3), 3, 'write, three');
};

subtest 'errors are confirmed until rust-full' => sub {
    my $twice = config(vmbr0 => { %BRIDGE, bridge_ports => 'a' }, vmbr1 => { %BRIDGE, bridge_ports => 'a' });
    my $message = qr/^port 'a' is already used on interface 'vmbr[01]'\n\z/;

    $node->configure(qq(phase = "rust-full"\n));
    ok(!eval { render($twice); 1 }, 'rust-full: dies');
    like($@, $message, 'of Rust\'s error');

    $node->configure(qq(phase = "rust-advanced"\n));
    my $text = $@;
    $node->events();
    {
        local $PVE::Network::RS::Scene::WRITE = sub { die $text };
        ok(!eval { render($twice); 1 }, 'confirmed: dies');
        is($@, $text, 'of the original\'s error');
        is(event(), '', 'not a fallback');
    }
    {
        local $PVE::Network::RS::Scene::WRITE = sub { die { code => 7 } };
        ok(!eval { render($twice); 1 }, 'another error: dies');
        is_deeply($@, { code => 7 }, 'of the original\'s');
        is(event(), 'interfaces.render rust rust-advanced true error perl', 'a fallback');
    }
    is(render($twice), "original\n", 'not confirmed: the original\'s answer');
    is(event(), 'interfaces.render rust rust-advanced true error perl', 'a fallback');
};

subtest 'the kill switch' => sub {
    $node->configure(qq(phase = "rust-full"\n));
    local $ENV{PVE_NETWORK_RS} = 'perl';
    is(by(parse($TEXT)), 'perl', 'stops Rust');
    is(event(), 'interfaces.parse rust rust-full true kill_switch perl', 'logged');
    $ENV{PVE_NETWORK_RS} = 'other';
    is(by(parse($TEXT)), 'rust', 'nothing else does');
};

subtest 'every decision is logged on demand' => sub {
    my $log = "log_migration_decisions = true\n";
    $node->configure(qq(phase = "rust-read-only"\n$log$UNSAMPLED));
    parse($TEXT);
    is(event(), 'interfaces.parse rust rust-read-only false - value', 'rust');
    render(config(eth0 => \%ETH));
    is(event(), 'interfaces.render perl rust-read-only false - perl', 'perl');
    $node->configure(qq(phase = "rust-full"\n$log));
    eval { render(config(v => { %ETH, type => 'vlan' })) };
    is(event(), 'interfaces.render rust rust-full false - error', 'error');
};

done_testing();
