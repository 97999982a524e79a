# The pages that processes share: they decide, and every call is counted.

use v5.36;

use Test::More;

use POSIX ();

use PVE::Network::RS::Control;
use PVE::Network::RS::Scene;
use PVE::Network::RS::TestNode;
use PVE::Network::RS::Watch;

*parse = \&PVE::Network::RS::Scene::parse;
*render = \&PVE::Network::RS::Scene::render;
*by = \&PVE::Network::RS::Scene::by;
*error = \&PVE::Network::RS::Scene::error;

my $TEXT = "auto eth0\niface eth0 inet dhcp\n";
my %ETH = (type => 'eth', method => 'manual', method6 => 'manual', families => ['inet']);
my $UNSAMPLED = "[shadow]\nsample = 0\n";

my $node = PVE::Network::RS::TestNode->new();

sub config(%types) {
    my %ifaces = map { $_ => { %ETH, type => $types{$_} } } keys %types;
    return { ifaces => \%ifaces, options => [] };
}

# The last event, as the words that tell what happened.
sub event() {
    my @events = $node->events();
    return join(' ', map { $_ // '-' } $events[-1]->@{qw(seam engine phase used_fallback reason outcome)})
        if @events;
    return '';
}

sub eventually($what, $code) {
    my $until = time + 5;
    my $ok;
    select(undef, undef, undef, 0.05) while !($ok = $code->()) && time < $until;
    ok($ok, $what);
    return;
}

# Counts of a seam that changed since they were last asked for.
my %before;

sub changes($watch, $seam) {
    my $counts = $watch->counts($seam);
    my %now = (
        (map { my $engine = $_; map { ("$engine $_" => $counts->{calls}->{$engine}->{$_}) } qw(value error original) }
            qw(perl shadow rust)),
        (map { ("fallback $_" => $counts->{fallbacks}->{$_}) } keys $counts->{fallbacks}->%*),
        compared => $counts->{compared},
        mismatched => $counts->{mismatched},
        random => $counts->{random},
        panics => $counts->{panics},
    );
    my %changes = map { $now{$_} == ($before{$seam}->{$_} // 0) ? () : ($_ => $now{$_} - ($before{$seam}->{$_} // 0)) }
        keys %now;
    $before{$seam} = \%now;
    return \%changes;
}

my $watch = PVE::Network::RS::Watch->new(qq(phase = "perl-only"\n$UNSAMPLED));

subtest 'every call is counted once' => sub {
    for my $row (
        # what                 phase              types       counts of interfaces.render
        ['perl',               'rust-read-only',  ['eth'],    { 'perl original' => 1 }],
        ['rust',               'rust-basic-write', ['eth'],   { 'rust value' => 1 }],
        ['perl, by its kinds', 'rust-basic-write', ['bridge'], { 'perl original' => 1 }],
        ['perl, by its kinds', 'rust-basic-write', [undef],   { 'perl original' => 1 }],
        ['rust',               'rust-advanced',   ['bridge'], { 'rust value' => 1 }],
        ['rust, an error',     'rust-full',       ['vlan'],   { 'rust error' => 1 }],
    ) {
        my ($what, $phase, $types, $wanted) = @$row;
        $watch->configure(qq(phase = "$phase"\n$UNSAMPLED));
        my $n = 0;
        eval { render(config(map { ('x' . $n++) => $_ } @$types)) };
        is_deeply(changes($watch, 'interfaces.render'), $wanted, "$phase: $what");
    }
    is_deeply([$node->events()], [], 'and not logged');
};

subtest 'the pages go before migration.toml' => sub {
    $watch->configure(qq(phase = "rust-full"\n));
    $node->configure(qq(phase = "perl-only"\n$UNSAMPLED));
    is(by(parse($TEXT)), 'rust', 'what the pages say');
    is_deeply(changes($watch, 'interfaces.parse'), { 'rust value' => 1 }, 'counted');
    is(by(PVE::Network::Interfaces::__write_etc_network_interfaces(1 .. 3)), 'perl', 'another arity');
    is_deeply(changes($watch, 'interfaces.render'), { 'perl original' => 1 }, 'counted');
};

subtest 'shadow' => sub {
    $watch->configure(qq(phase = "perl-only"\n[functions]\n"interfaces.parse" = "shadow"\n));
    is(by(parse($TEXT)), 'perl', 'the original');
    is(event(), 'interfaces.parse shadow perl-only false - mismatch', 'logged');
    is_deeply(
        changes($watch, 'interfaces.parse'),
        { 'shadow original' => 1, compared => 1, mismatched => 1 }, 'a mismatch',
    );
    local $PVE::Network::RS::Scene::REPLY = sub { { value => { ifaces => {}, options => [] }, warnings => [] } };
    local $PVE::Network::RS::Scene::READ = sub { { ifaces => {}, options => [] } };
    parse($TEXT);
    is_deeply(changes($watch, 'interfaces.parse'), { 'shadow original' => 1, compared => 1 }, 'the same');
    cmp_ok($watch->counts('interfaces.parse')->{original}->{count}, '==', 2, 'both took their time');

    my @names = 'a' .. 'h';
    local $PVE::Network::RS::Scene::REPLY = sub { { value => \@names, warnings => [] } };
    local $PVE::Network::RS::Scene::READ = sub { [keys { map { $_ => 1 } @names }->%*] };
    my $changes;
    for (1 .. 1000) { # in nearly every one of them
        my $list = parse($TEXT);
        last if ($changes = changes($watch, 'interfaces.parse'))->{random};
    }
    is_deeply($changes, { 'shadow original' => 1, compared => 1, random => 1 }, 'random');

    my $strict = qq([shadow]\nstrict_types = true\n[functions]\n"interfaces.parse" = "shadow"\n);
    $watch->configure(qq(phase = "perl-only"\n$strict));
    local $PVE::Network::RS::Scene::REPLY = sub { { value => '1', warnings => [] } };
    local $PVE::Network::RS::Scene::READ = sub { 1 };
    my $answer = parse($TEXT);
    is_deeply(
        changes($watch, 'interfaces.parse'),
        { 'shadow original' => 1, compared => 1, mismatched => 1 }, 'strict types',
    );

    $watch->configure(qq(phase = "perl-only"\n[shadow]\nsample = 0.1\n));
    parse($TEXT) for 1 .. 100;
    $changes = changes($watch, 'interfaces.parse');
    cmp_ok(abs($changes->{'shadow original'} - 10), '<=', 1, 'a tenth is sampled');
    is($changes->{'shadow original'} + $changes->{'perl original'}, 100, 'the rest is not');
};

subtest 'faults' => sub {
    my %reply = (
        panic => sub { error('bug', 'internal error: index out of bounds') },
        unsupported => sub { error('unsupported', 'no such thing') },
        request => sub { error('request', 'invalid request') },
        abi => sub { error('abi', 'the library lacks it') },
    );
    $watch->configure(qq(phase = "rust-advanced"\n$UNSAMPLED));
    for my $reason (sort keys %reply) {
        local $PVE::Network::RS::Scene::REPLY = $reply{$reason};
        is(by(parse($TEXT)), 'perl', "$reason: the original answers");
        is(event(), "interfaces.parse rust rust-advanced true $reason perl", 'logged');
        is_deeply(
            changes($watch, 'interfaces.parse'),
            { 'rust original' => 1, "fallback $reason" => 1, $reason eq 'panic' ? (panics => 1) : () }, 'counted',
        );
        $watch->ctl(qw(breaker reset --all));
    }
    {
        # Confirmed errors are compared, others are faults.
        local $PVE::Network::RS::Scene::REPLY = sub { error('die', "no\n") };
        parse($TEXT);
        is_deeply(changes($watch, 'interfaces.parse'), { 'rust original' => 1, 'fallback error' => 1 }, 'error');
        local $PVE::Network::RS::Scene::READ = sub { die "no\n" };
        ok(!eval { parse($TEXT); 1 }, 'dies');
        is_deeply(changes($watch, 'interfaces.parse'), { 'rust original' => 1, compared => 1 }, 'a confirmed one');
    }
    $node->events();
    local $ENV{PVE_NETWORK_RS} = 'perl';
    is(by(parse($TEXT)), 'perl', 'the switch of a process');
    is_deeply(
        changes($watch, 'interfaces.parse'),
        { 'rust original' => 1, 'fallback kill_switch' => 1 }, 'counted',
    );
    is(event(), 'interfaces.parse rust rust-advanced true kill_switch perl', 'logged');
};

subtest 'the breaker' => sub {
    $watch->configure(qq(phase = "rust-advanced"\n$UNSAMPLED));
    my $asked = 0;
    {
        local $PVE::Network::RS::Scene::REPLY = sub { $asked++; error('bug', 'internal error') };
        parse($TEXT) for 1 .. 5;
    }
    is($asked, 1, 'a panic opens it');
    is(event(), 'interfaces.parse rust rust-advanced true breaker perl', 'logged');
    is_deeply(
        changes($watch, 'interfaces.parse'),
        { 'rust original' => 5, 'fallback panic' => 1, 'fallback breaker' => 4, panics => 1 }, 'counted',
    );
    is(by(render(config(eth0 => 'eth'))), 'rust', 'another function goes on');
    is($watch->counts('interfaces.parse')->{breaker}->{last_error}->{text}, 'internal error', 'it is told why');

    my $pid = fork() // die;
    POSIX::_exit(by(parse($TEXT)) eq 'perl' ? 0 : 1) if !$pid;
    waitpid($pid, 0);
    is($?, 0, 'it holds in every process');
    $watch->ctl(qw(breaker reset interfaces.parse));
    is(by(parse($TEXT)), 'rust', 'closed by hand');
};

subtest 'the kill switch of the node' => sub {
    is(by(parse($TEXT)), 'rust', 'before');
    $watch->ctl(qw(kill on));
    is(by(parse($TEXT)), 'perl', 'at once');
    is(event(), 'interfaces.parse rust rust-advanced true kill_switch perl', 'logged');
    $watch->stop();
    $node->configure(qq(phase = "rust-full"\n));
    select(undef, undef, undef, 1.2);
    is(by(parse($TEXT)), 'perl', 'without the service, too');
    $watch->ctl(qw(kill off));
    is(by(parse($TEXT)), 'rust', 'then migration.toml decides');
    $watch->start();
    eventually('and later the service again', sub {
        my $before = $watch->counts('interfaces.parse')->{calls}->{rust}->{value};
        parse($TEXT);
        return $watch->counts('interfaces.parse')->{calls}->{rust}->{value} == $before + 1;
    });
};

subtest 'pages that come and go' => sub {
    $node->configure(qq(phase = "perl-only"\n$UNSAMPLED));
    is(by(parse($TEXT)), 'rust', 'by the pages');
    my $folder = $watch->folder();
    rename($folder, "$folder.away") or die;
    $watch->stop();
    eventually('gone: by migration.toml', sub { by(parse($TEXT)) eq 'perl' });
    rename("$folder.away", $folder) or die;
    $watch->start();
    eventually('back: by the pages', sub { by(parse($TEXT)) eq 'rust' });
};

subtest 'a caller notices nothing' => sub {
    for my $phase (qw(perl-only rust-full)) {
        $watch->configure(qq(phase = "$phase"\n));
        local ($@, $!) = ('before', 2);
        parse($TEXT);
        is("$@ " . ($! + 0), 'before 2', "$phase: variables");
    }
};

subtest 'a process of its own' => sub {
    my $layout = PVE::Network::RS::TestNode::top() . '/t/lib/layout-9.2';
    $watch->configure(qq(phase = "rust-full"\n));
    changes($watch, 'interfaces.parse');
    local $ENV{PVE_NETWORK_RS_RUN} = $watch->folder();
    local $ENV{PVE_NETWORK_RS_CONFIG} = '/nonexistent';
    my $code = <<~'END' =~ s/LAYOUT/$layout/r;
        use v5.36;
        BEGIN { push @INC, 'LAYOUT' }
        use PVE::Network::Interfaces;
        sub parse() {
            open(my $fh, '<', \"iface eth0 inet dhcp\n") or die;
            my $answer = PVE::Network::Interfaces::__read_etc_network_interfaces($fh, {}, []);
            say ${^GLOBAL_PHASE}, ' ', $answer->{ifaces}->{eth0} ? 'rust' : 'perl';
        }
        our $object = bless {};
        sub DESTROY { parse() }
        parse();
        END
    is(PVE::Network::RS::TestNode::run_perl($code), "RUN rust\nDESTRUCT perl\n", 'its first call and its last one');
    is(changes($watch, 'interfaces.parse')->{'rust value'}, 1, 'counted');
    like(PVE::Network::RS::TestNode::run_perl($code, '-T'), qr/^RUN perl$/m, 'tainted, it takes no advice');
};

subtest 'processes that are killed' => sub {
    $watch->configure(qq(phase = "rust-full"\n));
    changes($watch, 'interfaces.parse');
    pipe(my $out, my $in) or die;
    my @children = map {
        my $pid = fork() // die "unable to fork - $!\n";
        if (!$pid) {
            while (1) {
                parse($TEXT);
                syswrite($in, '.');
            }
        }
        $pid;
    } 1 .. 4;
    close($in);
    select(undef, undef, undef, 0.5);
    kill(KILL => @children);
    waitpid($_, 0) for @children;
    my $heard = do { local $/; length(<$out>) };
    my $counted = changes($watch, 'interfaces.parse')->{'rust value'};
    cmp_ok($heard, '>', 100, "$heard calls");
    cmp_ok($counted, '>=', $heard, 'none is lost');
    cmp_ok($counted - $heard, '<=', 4, 'none is counted twice');
};

done_testing();
