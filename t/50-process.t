# The library in processes as daemons are: forked after it was loaded, long-lived, torn down.

use v5.36;

use Test::More;

use POSIX ();

use PVE::Network::RS::Scene;
use PVE::Network::RS::TestNode;

my $TEXT = join("\n", "auto lo\niface lo inet loopback\n", map { <<~END } 0 .. 3);
    auto eth$_
    iface eth$_ inet static
    \taddress 10.0.$_.1/24
    \tmtu 9000
    # rack $_
    END

my $node = PVE::Network::RS::TestNode->new();
$node->configure(qq(phase = "rust-full"\nfallback_enabled = false\n));

sub round() {
    my $config = PVE::Network::RS::Scene::parse($TEXT);
    return PVE::Network::RS::Scene::render($config, 1);
}

subtest 'fork' => sub {
    my $wanted = round();
    my @children = map {
        my $pid = fork() // die "unable to fork - $!\n";
        POSIX::_exit(eval { (grep { round() ne $wanted } 1 .. 200) ? 1 : 0 } // 2) if !$pid;
        $pid;
    } 1 .. 8;
    my @status = map { waitpid($_, 0); $? } @children;
    is_deeply(\@status, [(0) x 8], 'eight children get their answers');
    is(round(), $wanted, 'so does the parent');
};

subtest 'memory' => sub {
    # Values, errors, panics' kin (refused requests), and fallbacks: none may leave anything behind.
    my $bad = { ifaces => { 'v' => { type => 'vlan', families => ['inet'], method => 'manual' } }, options => [] };
    my $calls = sub($count) {
        for (1 .. $count / 4) {
            round();
            eval { PVE::Network::RS::Scene::render($bad, 1) };
            PVE::Network::RS::ask('pve_network_interfaces_parse', { text => 1 });
        }
    };
    $calls->(4_000);
    my $before = resident();
    $calls->(100_000);
    my $grown = resident() - $before;
    cmp_ok($grown, '<', 512, "100,000 calls: $grown kB more");
};

sub resident() {
    open(my $fh, '<', '/proc/self/status') or die;
    my ($size) = map { /^VmRSS:\s+(\d+) kB/ ? $1 : () } <$fh>;
    return $size;
}

subtest 'shutdown' => sub {
    my $layout = PVE::Network::RS::TestNode::top() . '/t/lib/layout-9.2';
    $node->configure(qq(phase = "rust-full"\n));
    local $ENV{PVE_NETWORK_RS_CONFIG} = $node->{config};
    my $output = PVE::Network::RS::TestNode::run_perl(<<~'END' =~ s/LAYOUT/$layout/r);
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
    is($output, "RUN rust\nDESTRUCT perl\n", 'a destructor gets an answer from the original');
};

done_testing();
