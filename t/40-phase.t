# migration.toml is followed while it changes; a bad one changes nothing.

use v5.36;

use Test::More;

use PVE::Network::RS::Phase;
use PVE::Network::RS::Scene;
use PVE::Network::RS::TestNode;

$INC{'Sys/Syslog.pm'} = __FILE__;
my @said;
sub Sys::Syslog::syslog { push @said, $_[2] }

sub phase() { return PVE::Network::RS::Phase::decided()->{phase} }

sub said() { return splice(@said) }

my $node = PVE::Network::RS::TestNode->new();
my $file = $node->{config};

subtest 'changes' => sub {
    is(phase(), 'perl-only', 'no file');
    $node->configure(qq(phase = "rust-sdn"\n));
    is(phase(), 'rust-sdn', 'a file');
    $node->configure(qq(phase = "rust-full"\n));
    is(phase(), 'rust-full', 'another one');
    unlink($file);
    PVE::Network::RS::Phase::follow();
    is(phase(), 'perl-only', 'no file any more');
    is_deeply([said()], [], 'nothing to complain of');
};

subtest 'by itself, within two seconds' => sub {
    $node->configure(qq(phase = "rust-sdn"\n));
    is(phase(), 'rust-sdn', 'before');
    PVE::Network::RS::TestNode::write_file($file, qq(phase = "rust-full"\n));
    my $deadline = time + 10;
    my $changed;
    while (time < $deadline && !$changed) {
        $changed = phase() eq 'rust-full';
        select(undef, undef, undef, 0.05);
    }
    ok($changed, 'after');
};

subtest 'at most one look a second' => sub {
    my $looks = 0;
    no warnings 'redefine';
    my $stat = \&PVE::Network::RS::Phase::stamp_of;
    local *PVE::Network::RS::Phase::stamp_of = sub($path) { $looks++; return $stat->($path) };
    my $start = time;
    phase() for 1 .. 10_000;
    cmp_ok($looks, '<=', time - $start + 1, 'however many calls');
};

subtest 'bad files' => sub {
    $node->configure(qq(phase = "rust-sdn"\n));
    for my $row (
        ['phase = "rust-sdn', qr{:1:\d+: }],
        ["phase = \"perl-only\"\nphases = 1\n", qr{:2:\d+: }],
        [qq(phase = "rust"\n), qr{:1:\d+: .*rust.*perl-only}],
        ["phase = \"perl-only\"\n# \xff\n", qr{: not UTF-8}],
        ["\0", qr{:1:\d+: }],
        ['', qr{:1:1: phase: missing}],
    ) {
        my ($text, $message) = @$row;
        $node->configure($text);
        is(phase(), 'rust-sdn', 'what was last good stays');
        my @lines = said();
        is(scalar(@lines), 1, 'one complaint');
        like($lines[0], qr/^pve-network-rs: \Q$file\E$message.*; what was last good stays in force$/s, $lines[0]);
        PVE::Network::RS::Phase::follow() for 1 .. 3;
        is_deeply([said()], [], 'and no other one');
    }
    $node->configure(qq(phase = "rust-full"\n));
    is(phase(), 'rust-full', 'mended');
};

subtest 'a file that cannot be read' => sub {
    unlink($file);
    mkdir($file) or die;
    PVE::Network::RS::Phase::follow();
    is(phase(), 'rust-full', 'what was last good stays');
    like((said())[0], qr/\Q$file\E: Is a directory/, 'a complaint');
    rmdir($file) or die;
    PVE::Network::RS::Phase::follow();
    is(phase(), 'perl-only', 'gone');
};

subtest 'this node' => sub {
    my $name = PVE::Network::RS::Phase::node();
    like($name, qr/^[^.]+$/, 'has a name without a domain');
    $node->configure(qq(phase = "perl-only"\n[nodes."$name"]\nphase = "rust-sdn"\n[nodes.other]\nphase = "rust-full"\n));
    is(phase(), 'rust-sdn', 'and a phase of its own');
};

done_testing();
