# What a caller can see besides the answer: context, variables, warnings, exceptions, stack frames.

use v5.36;

use Test::More;

use PVE::Network::RS::Scene;
use PVE::Network::RS::TestNode;

*parse = \&PVE::Network::RS::Scene::parse;
*render = \&PVE::Network::RS::Scene::render;
*error = \&PVE::Network::RS::Scene::error;

my $ASKED = qq([functions]\n"interfaces.parse" = "ENGINE"\n"interfaces.render" = "ENGINE"\n);
my @ENGINES = qw(perl shadow rust);

my $node = PVE::Network::RS::TestNode->new();

sub engine($name, $phase = 'rust-full') {
    $node->configure(qq(phase = "$phase"\n) . $ASKED =~ s/ENGINE/$name/gr);
    return;
}

sub value($value, @warnings) {
    return { value => $value, warnings => \@warnings };
}

subtest 'context' => sub {
    my $context;
    local $PVE::Network::RS::Scene::READ = sub {
        $context = wantarray ? 'list' : defined(wantarray) ? 'scalar' : 'void';
        return undef;
    };
    local $PVE::Network::RS::Scene::REPLY = sub { value(undef) };
    for my $engine (@ENGINES) {
        engine($engine);
        $context = $engine;
        my @list = parse('');
        is_deeply([$context, \@list], [$engine eq 'rust' ? 'rust' : 'list', [undef]], "$engine: list");
        my $scalar = parse('');
        is_deeply([$context, $scalar], [$engine eq 'rust' ? 'rust' : 'scalar', undef], "$engine: scalar");
        parse('');
        is($context, $engine eq 'rust' ? 'rust' : 'void', "$engine: void");
    }
    local $PVE::Network::RS::Scene::READ = sub { return wantarray ? (1, 2, 3) : 'three' };
    engine('shadow');
    is_deeply([parse('')], [1, 2, 3], 'shadow: a list');
    is(parse(''), 'three', 'shadow: a scalar of what may be a list');
};

subtest 'variables' => sub {
    for my $engine (@ENGINES) {
        for my $reply (value({}), error('bug', 'internal error')) {
            local $PVE::Network::RS::Scene::REPLY = sub { return $reply };
            engine($engine);
            local ($_, $@, $!, $,, $\, $/) = ('topic', 'before', 2, '-', "!\n", "\n");
            local $| = 0;
            'match' =~ /(.)(t)/;
            my $answer = parse("a\nb\n");
            is_deeply(
                [$_, "$@", $! + 0, $,, $\, $/, $|, $1, $2],
                ['topic', 'before', 2, '-', "!\n", "\n", 0, 'a', 't'],
                "$engine, " . ($reply->{error} ? 'with a fault' : 'as usual'),
            );
        }
    }
};

subtest 'arguments' => sub {
    engine('rust');
    my $links = { eth0 => { link_type => 'ether' }, eth1 => { link_type => 'ether', linkinfo => {} } };
    my $active = ['eth0'];
    my $iface = { type => 'eth', mtu => 1500, cidr => '10.0.0.1/24', families => ['inet'], method => 'static' };
    my $config = { ifaces => { eth0 => $iface }, options => [] };
    my ($before) = explain([$links, $active, $config]);
    my $answer = parse("iface eth0 inet dhcp\n", $links, $active);
    is($answer->{ifaces}->{eth0}->{active}, 1, 'facts are used');
    like(render($config, 1), qr{address 10\.0\.0\.1/24}, 'the configuration is written');
    is((explain([$links, $active, $config]))[0], $before, 'nothing is changed, by no autovivification');
};

subtest 'warnings' => sub {
    my @log_warn;
    local *PVE::RESTEnvironment::log_warn = sub($text) { push @log_warn, $text };
    local $PVE::Network::RS::Scene::REPLY = sub {
        my @warnings = ([warn => "a\n"], [log_warn => 'b'], [warn => "c\n"]);
        return value(1, map { { kind => $_->[0], text => $_->[1] } } @warnings);
    };
    engine('rust');
    my @seen;
    {
        local $SIG{__WARN__} = sub { push @seen, $_[0] };
        parse('');
    }
    is_deeply(\@seen, ["a\n", "c\n"], 'warn');
    is_deeply(\@log_warn, ['b'], 'log_warn');

    local $PVE::Network::RS::Scene::READ = sub { warn "original\n"; return 1 };
    engine('shadow');
    @seen = ();
    {
        local $SIG{__WARN__} = sub { push @seen, "handler: $_[0]" };
        parse('');
    }
    is_deeply(\@seen, ["handler: original\n"], 'shadow: those of the original, by the caller\'s handler');
    is(@log_warn, 1, 'shadow: none of Rust\'s');

    open(my $saved, '>&', \*STDERR) or die;
    close(STDERR);
    open(STDERR, '>', \my $output) or die;
    parse('');
    open(STDERR, '>&', $saved) or die;
    is($output, "original\n", 'shadow: without a handler, to standard error');
};

subtest 'log_warn where there is none' => sub {
    local $PVE::Network::RS::Scene::REPLY = sub { value(1, { kind => 'log_warn', text => "b\n" }) };
    engine('rust');
    my @seen;
    local $SIG{__WARN__} = sub { push @seen, $_[0] };
    no warnings 'once';
    local *PVE::RESTEnvironment::log_warn;
    parse('');
    is_deeply(\@seen, ["b\n"], 'is a warning');
};

subtest 'exceptions' => sub {
    engine('rust');
    for my $row (["with a newline\n", qr/^with a newline\n\z/], ['without', qr/^without at \S+ line \d+\.\n\z/]) {
        my ($message, $wanted) = @$row;
        local $PVE::Network::RS::Scene::REPLY = sub { error('die', $message) };
        my @handled;
        local $SIG{__DIE__} = sub { push @handled, $_[0] };
        ok(!eval { parse(''); 1 }, 'dies');
        like($@, $wanted, 'the text');
        is(scalar(@handled), 1, 'a handler hears of it, once');
    }

    my $param = error('param', 'Parameter verification failed.', errors => { mtu => 'odd' });
    local $PVE::Network::RS::Scene::REPLY = sub { return $param };
    local $INC{'PVE/Exception.pm'} = __FILE__;
    local *PVE::Exception::raise_param_exc = sub($errors) { die bless { errors => $errors }, 'PVE::Exception' };
    ok(!eval { parse(''); 1 }, 'faults of parameters');
    is(ref($@), 'PVE::Exception', 'an object');
    is_deeply($@->{errors}, { mtu => 'odd' }, 'with them');

    engine('shadow');
    my $object = bless {}, 'Some::Error';
    local $PVE::Network::RS::Scene::READ = sub { die $object };
    my @handled;
    local $SIG{__DIE__} = sub { push @handled, $_[0] };
    ok(!eval { parse(''); 1 }, 'shadow: dies');
    ok(ref($@) && $@ == $object, 'shadow: of the same object');
    is(scalar(@handled), 1, 'shadow: a handler hears of it, once');
};

subtest 'stack frames' => sub {
    my $caller;
    local $PVE::Network::RS::Scene::READ = sub { $caller = join(' ', (caller(1))[1, 3]) };
    local $PVE::Network::RS::Scene::REPLY = sub { error('bug', 'internal error') };
    my $wanted = do { engine('perl'); parse(''); $caller };
    like($wanted, qr/Scene\.pm PVE::Network::Interfaces::__read_etc_network_interfaces$/, 'perl');
    engine('rust', 'rust-advanced');
    parse('');
    is($caller, $wanted, 'after a fallback: nothing of ours is between');
};

subtest 'a caller\'s alarm' => sub {
    $node->events();
    for my $engine (qw(rust shadow)) {
        engine($engine);
        for my $step (qw(REPLY READ)) {
            next if "$engine $step" eq 'rust READ';
            no strict 'refs';
            local $PVE::Network::RS::Scene::REPLY = sub { value(1) };
            local ${"PVE::Network::RS::Scene::$step"} = sub { kill(USR1 => $$); return value(1) };
            local $SIG{USR1} = sub { die "got timeout\n" };
            ok(!eval { parse(''); 1 }, "$engine, in $step: is not swallowed");
            is($@, "got timeout\n", 'it goes to the caller');
        }
    }
    is_deeply([grep { $_->{used_fallback} eq 'true' } $node->events()], [], 'it is no fallback');
};

done_testing();
