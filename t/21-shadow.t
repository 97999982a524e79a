# The engine 'shadow', and sampling: both compute, the original counts, differences are logged.

use v5.36;

use Test::More;

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

subtest 'errors' => sub {
    for my $row (
        ["no\n", error('die', "no\n")],
        ["no\n", error('die', "yes\n"), '/error'],
        ["no\n", error('die', 'no'), '/error'],
        ["no at FILE line 7.\n", error('die', 'no')],
        ["no at FILE line 7, <\$fh> line 3.\n", error('die', 'no')],
        ["no\n", value(1), '/error'],
        [{ errors => { vid => 'bad' } }, error('param', '', errors => { vid => 'bad' })],
        [{ errors => { vid => 'bad' } }, error('param', '', errors => { vid => 'odd' }), '/error/vid'],
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
