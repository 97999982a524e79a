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

# What a process of its own prints, with the shims in front of an original; in it, by() says who
# answers.
sub run($config, $code) {
    my $layout = PVE::Network::RS::TestNode::top() . '/t/lib/layout-9.2';
    $node->configure($config);
    local $ENV{PVE_NETWORK_RS_CONFIG} = $node->{config};
    return PVE::Network::RS::TestNode::run_perl(<<~'END' =~ s/LAYOUT/$layout/r . $code);
        use v5.36;
        BEGIN { push @INC, 'LAYOUT' }
        use PVE::Network::Interfaces;
        sub by() {
            open(my $fh, '<', \"iface eth0 inet dhcp\n") or die;
            my $answer = PVE::Network::Interfaces::__read_etc_network_interfaces($fh, {}, []);
            return $answer->{ifaces}->{eth0} ? 'rust' : 'perl';
        }
        END
}

subtest 'shutdown' => sub {
    my $output = run(qq(phase = "rust-full"\n), <<~'END');
        our $object = bless {};
        sub DESTROY { say ${^GLOBAL_PHASE}, ' ', by() }
        say ${^GLOBAL_PHASE}, ' ', by();
        END
    is($output, "RUN rust\nDESTRUCT perl\n", 'a destructor gets an answer from the original');
};

subtest 'our files are removed' => sub {
    for my $config (qq(phase = "perl-only"\n[functions]\n"interfaces.parse" = "shadow"\n), qq(phase = "rust-full"\n)) {
        my $output = run($config, <<~'END');
            @INC = grep { !-e "$_/PVE/Network/RS.pm" } @INC;
            say by() for 1, 2;
            open(my $fh, '<', \"iface eth0 inet static\n\taddress /24\n") or die;
            PVE::Network::Interfaces::__read_etc_network_interfaces($fh, {}, []);
            say by();
            END
        my $by = $config =~ /shadow/ ? 'perl' : 'rust';
        is($output, "$by\n" x 3, "a daemon that was started before goes on: $by");
    }
};

subtest 'an alarm while something is loaded' => sub {
    for my $file (qw(FFI/Platypus.pm FFI/Platypus/Function.pm PVE/Network/RS/Observe.pm PVE/Network/RS/Compare.pm)) {
        my $is_shadow = $file =~ /^PVE/;
        my $config = $is_shadow ? qq(phase = "perl-only"\n[functions]\n"interfaces.parse" = "shadow"\n) : qq(phase = "rust-full"\n);
        my $output = run($config, <<~'END' =~ s/FILE/$file/r);
            unshift @INC, sub($, $file) {
                kill(ALRM => $$) if $file eq 'FILE';
                return;
            };
            $SIG{ALRM} = sub { die "got timeout\n" };
            for (1 .. 3) {
                say eval { by() } // "died: $@" =~ s/\n//r;
                sleep(1) if $@; # then migration.toml is looked at again
            }
            END
        my $by = $is_shadow ? 'perl' : 'rust';
        is($output, "died: got timeout\n$by\n$by\n", "$file: it is the caller's, and the next call is answered");
    }
};

done_testing();
