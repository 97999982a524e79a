# The engine 'shadow', and sampling: both compute, the original counts, differences are logged.

use v5.36;

use Test::More;

use PVE::Network::RS::Observe;
use PVE::Network::RS::Scene;
use PVE::Network::RS::TestNode;

*parse = \&PVE::Network::RS::Scene::parse;
*render = \&PVE::Network::RS::Scene::render;
*error = \&PVE::Network::RS::Scene::error;

my $node = PVE::Network::RS::TestNode->new();

my $SHADOW = <<'END';
phase = "perl-only"
[functions]
"interfaces.parse" = "shadow"
"interfaces.render" = "shadow"
END

# Outcome and detail of all events since the last call.
sub outcomes() {
    return [map { join(' ', $_->{outcome}, $_->{reason} // (), $_->{detail} // ()) } $node->events()];
}

sub answering($reply) {
    return sub { return $reply };
}

sub value($value, @warnings) {
    return { value => $value, warnings => [map { { kind => 'warn', text => $_ } } @warnings] };
}

sub exception(%errors) {
    return bless { msg => "Parameter verification failed.\n", errors => \%errors }, 'PVE::Exception';
}

package PVE::Exception {
    use overload '""' => sub($self, @) { $self->{msg} }, fallback => 1;
}

$node->configure($SHADOW);

subtest 'values' => sub {
    for my $row (
        # original, Rust, where they differ
        [{ a => 1 }, { a => 1 }],
        [{ a => 1 }, { a => '1' }],
        ['text', 'text'],
        [undef, undef],
        [{ a => { b => [1, 2] } }, { a => { b => [1, 3] } }, '/value/a/b/1'],
        [{ a => [1] }, { a => [1, 2] }, '/value/a/1'],
        [{ a => undef }, {}, '/value/a'],
        [{ a => undef }, { a => '' }, '/value/a'],
        [{ a => undef }, { a => '(undef)' }, '/value/a'],
        [{ a => JSON::XS::true() }, { a => 1 }],
        [{ a => JSON::XS::true() }, { a => JSON::XS::false() }, '/value/a'],
        [{ 'a/b~' => 1 }, { 'a/b~' => 2 }, '/value/a~1b~0'],
        [{ a => '1' }, { a => '1.0' }, '/value/a'],
        ['text', 'text ', '/value'],
        [[1], { a => 1 }, '/value'],
    ) {
        my ($original, $rust, $where) = @$row;
        local $PVE::Network::RS::Scene::READ = sub { return $original };
        local $PVE::Network::RS::Scene::REPLY = answering(value($rust));
        my $answer = parse('');
        ok(ref($original) ? $answer == $original : ($answer // 'undef') eq ($original // 'undef'), 'the original\'s');
        is_deeply(outcomes(), [defined($where) ? "mismatch differs at $where" : ()], 'difference');
    }
};

subtest 'context' => sub {
    for my $row (
        # what the original returns in the context of a list, Rust, where they differ
        [[{ a => 1 }], { a => 1 }],
        [[{ a => 1 }], { a => 2 }, '/list/0/a'],
        [[1, 2], [1, 2], '/list/0'], # two values are no reference to two values
        [[[1, 2]], [1, 2]],
        [[], undef, '/list/0'],
        [[undef], undef],
    ) {
        my ($original, $rust, $where) = @$row;
        local $PVE::Network::RS::Scene::READ = sub { return @$original };
        local $PVE::Network::RS::Scene::REPLY = answering(value($rust));
        is_deeply([parse('')], $original, 'the original\'s');
        is_deeply(outcomes(), [defined($where) ? "mismatch differs at $where" : ()], 'difference');
    }
    local $PVE::Network::RS::Scene::READ = sub { return wantarray };
    local $PVE::Network::RS::Scene::REPLY = answering(value(7));
    parse('');
    is_deeply(outcomes(), [], 'nothing is compared where nothing is wanted');
};

subtest 'strict' => sub {
    local $PVE::Network::RS::Scene::READ = sub { return { mtu => 1500 } };
    local $PVE::Network::RS::Scene::REPLY = answering(value({ mtu => '1500' }));
    for my $row (['false'], ['true', 'mismatch differs at /value/mtu']) {
        my ($is_strict, @expected) = @$row;
        $node->configure("$SHADOW\n[shadow]\nstrict_types = $is_strict\n");
        my $config = parse('');
        is_deeply(outcomes(), \@expected, "strict_types = $is_strict");
    }
    $node->configure($SHADOW);
    for my $row ([1, 1], ['1', '1'], [1, '1', '/a'], [undef, undef], [undef, '(undef)', '/a'], [[1], ['1'], '/a/0']) {
        my ($want, $got, $where) = @$row;
        is(PVE::Network::RS::Compare::difference({ a => $want }, { a => $got }, 1), $where, 'numbers are no strings');
    }
};

subtest 'errors' => sub {
    for my $row (
        ["no\n", error('die', "no\n")],
        ["no\n", error('die', "yes\n"), '/error'],
        ["no\n", error('die', 'no'), '/error'],
        ["no at FILE line 7.\n", error('die', 'no')],
        ["no at FILE line 7, <\$fh> line 3.\n", error('die', 'no')],
        ["no\n", value(1), '/error'],
        [exception(vid => 'bad'), error('param', '', errors => { vid => 'bad' })],
        [exception(vid => 'bad'), error('param', '', errors => { vid => 'odd' }), '/error/vid'],
        [{ errors => { vid => 'bad' } }, error('param', '', errors => { vid => 'bad' }), '/exception'],
        [(bless { msg => "no\n" }, 'PVE::Exception'), error('die', "no\n"), '/exception'],
        [undef, error('die', "no\n"), '/error'],
    ) {
        my ($original, $reply, $where) = @$row;
        local $PVE::Network::RS::Scene::WRITE = sub { die $original if defined($original); return 'text' };
        local $PVE::Network::RS::Scene::REPLY = answering($reply);
        my $text = eval { render({}) };
        defined($original) ? is($@, $original, 'the original\'s') : is($text, 'text', 'the original\'s');
        is_deeply(outcomes(), [defined($where) ? "mismatch differs at $where" : ()], 'difference');
    }
};

subtest 'warnings' => sub {
    for my $row (
        [["a\n", "b\n"], ["a\n", "b\n"]],
        [["a\n", "b\n"], ["b\n", "a\n"], '/warnings/0'],
        [["a\n"], [], '/warnings/0'],
        [[], ["a\n"], '/warnings/0'],
        [['a'], ['a']],
        [["Use of uninitialized value \$x in addition (+) at FILE line 1.\n"], []],
    ) {
        my ($original, $rust, $where) = @$row;
        local $PVE::Network::RS::Scene::READ = sub { warn $_ for @$original; return 1 };
        local $PVE::Network::RS::Scene::REPLY = answering(value(1, @$rust));
        my @seen;
        local $SIG{__WARN__} = sub { push @seen, $_[0] };
        parse('');
        is_deeply([map { s/^a at .*/a/sr } @seen], $original, 'the original\'s, once');
        is_deeply(outcomes(), [defined($where) ? "mismatch differs at $where" : ()], 'difference');
    }
};

subtest 'what is random' => sub {
    local $PVE::Network::RS::Observe::REST = 0;
    my @names = 'a' .. 'h';
    my $in_any_order = sub { return keys { map { $_ => 1 } @names }->%* };
    my $lines = sub(@lines) { join('', map { "$_\n" } @lines) };
    for my $row (
        # original, Rust, outcome
        [sub { [$in_any_order->()] }, \@names, 'random'],
        [sub { $lines->($in_any_order->()) }, $lines->(@names), 'random'],
        [sub { { a => [$in_any_order->()], b => 1 } }, { a => \@names, b => 1 }, 'random'],
        [sub { [map { { names => [$in_any_order->()] } } 1 .. 2] }, [({ names => \@names }) x 2], 'random'],
        [sub { warn "$_\n" for $in_any_order->(); 1 }, [1, map { "$_\n" } @names], 'random'],
        [sub { die +(keys { a => 1, b => 1 }->%*)[0], "\n" }, error("die", "a\n"), "random"],
        # What is random hides nothing else.
        [sub { { a => [$in_any_order->()], b => 1 } }, { a => \@names, b => 2 }, 'mismatch'],
        [sub { [$in_any_order->()] }, [@names, 'i'], 'mismatch'],
        [sub { $lines->($in_any_order->()) }, $lines->(@names, 'i'), 'mismatch'],
        [sub { $lines->($in_any_order->()) }, $lines->(map { uc } @names), 'mismatch'],
        [sub { die +($in_any_order->())[0], "\n" }, error('die', "i\n"), 'mismatch'],
        [sub { [@names] }, [reverse(@names)], 'mismatch'], # an order of its own
    ) {
        my ($original, $rust, $outcome) = @$row;
        my ($value, @warnings) = ref($rust) eq 'ARRAY' && $outcome eq 'random' && $rust->[0] eq '1' ? @$rust : $rust;
        my $reply = ref($rust) eq 'HASH' && $rust->{error} ? $rust : value($value, @warnings);
        local $PVE::Network::RS::Scene::READ = sub { return $original->() };
        local $PVE::Network::RS::Scene::REPLY = answering($reply);
        local $SIG{__WARN__} = sub { };
        my @outcomes;
        while (!@outcomes) {
            # By chance, both may be the same.
            my $answer = eval { parse('') };
            @outcomes = map { s/ .*//r } outcomes()->@*;
        }
        is_deeply(\@outcomes, [$outcome], $outcome);
    }
};

subtest 'the other runs' => sub {
    local $PVE::Network::RS::Scene::REPLY = answering(value("other\n", "once\n"));
    my @seen;
    {
        local $PVE::Network::RS::Scene::WRITE = sub($config, @) {
            push @seen, join(' ', sort keys $config->{ifaces}->%*);
            warn "once\n" if $config->{ifaces}->{b};
            delete $config->{ifaces}->{a};
            return "text\n";
        };
        my $config = { ifaces => { a => {}, b => {} } };
        local $PVE::Network::RS::Observe::REST = 0;
        my @warnings;
        local $SIG{__WARN__} = sub { push @warnings, @_ };
        my $text = render($config);
        is_deeply(\@warnings, ["once\n"], 'what they warn of is not heard');
        is_deeply([sort keys $config->{ifaces}->%*], ['b'], 'the caller\'s argument is changed once');
        cmp_ok(scalar(@seen), '>', 1, 'there are some');
        is_deeply([grep { $_ ne 'a b' } @seen], [], 'they see what the first one did');

        @seen = ();
        $PVE::Network::RS::Observe::REST = 60;
        $text = render({ ifaces => { b => {} } });
        is(scalar(@seen), 1, 'the same difference is not looked into again');
        is_deeply(outcomes(), [('mismatch differs at /value') x 2], 'but recorded');
    }
    my ($runs, $is_caught) = (0, 0);
    local $PVE::Network::RS::Scene::WRITE = sub {
        if ($runs++) {
            kill(ALRM => $$);
            $is_caught = !eval { select(undef, undef, undef, 0.01); 1 };
        }
        return { a => 1 };
    };
    local $SIG{ALRM} = sub { die "timeout\n" };
    ok(!eval { render({}); 1 }, 'a caller\'s alarm during one of them');
    is($@, "timeout\n", 'is the caller\'s');
    ok(!$is_caught, 'and nobody else\'s');
};

subtest 'an original that is cut short' => sub {
    $node->configure($SHADOW);
    $node->events();
    my $runs = 0;
    local $PVE::Network::RS::Scene::READ = sub { $runs++; kill(ALRM => $$); return 1 };
    local $SIG{ALRM} = 'main::timed_out';
    ok(!eval { parse(''); 1 } && $@ eq "timeout ALRM\n", 'a caller\'s alarm, with a handler that is named');
    is($runs, 1, 'it does not run again');
    is_deeply(outcomes(), [], 'and does not differ');
};

sub timed_out($signal) {
    die "timeout $signal\n";
}

subtest 'Rust without an answer' => sub {
    local $PVE::Network::RS::Scene::REPLY = answering(error('unsupported', 'no such thing'));
    is(parse('')->{options}->[0]->[1], 'original', 'the original answers');
    my ($event) = $node->events();
    is_deeply([$event->@{qw(engine used_fallback reason outcome)}], [qw(shadow false unsupported perl)], 'logged');

    $node->configure(qq(phase = "perl-only"\nfallback_enabled = false\n[functions]\n"interfaces.parse" = "shadow"\n));
    is(parse('')->{options}->[0]->[1], 'original', 'without fallback, too');
};

subtest 'the real library' => sub {
    $node->configure($SHADOW);
    $node->events();
    my $text = "auto lo\niface lo inet loopback\n\nauto eth0\niface eth0 inet dhcp\n";
    local $PVE::Network::RS::Scene::READ = sub($fh, @) {
        my @lines = <$fh>;
        my %lo = (type => 'loopback', method => 'loopback', priority => 2);
        my %eth0 = (type => 'eth', method => 'dhcp', priority => '3');
        my %both = (method6 => 'manual', families => ['inet'], autostart => 1);
        return { ifaces => { lo => { %lo, %both }, eth0 => { %eth0, %both } }, options => [] } if @lines == 5;
    };
    my $answer = parse($text);
    is_deeply(outcomes(), [], 'the same');
    $answer = parse("$text\nsource /etc/network/interfaces.d/*\n");
    is_deeply(outcomes(), ['mismatch differs at /value'], 'a difference');
};

subtest 'samples' => sub {
    $node->configure(qq(phase = "perl-only"\nlog_migration_decisions = true\n[shadow]\nsample = 0.25\n));
    $node->events();
    parse('') for 1 .. 100;
    my @events = $node->events();
    is(scalar(@events), 100, 'all are logged');
    is(scalar(grep { $_->{engine} eq 'shadow' } @events), 25, 'a quarter is shadowed');

    srand(42);
    my @expected = map { rand() } 1 .. 3;
    srand(42);
    is_deeply([map { parse(''); rand() } 1 .. 3], \@expected, 'the caller\'s random numbers are its own');
};

done_testing();
