# migration.log: one line an event, whatever is in it and whoever else writes.

use v5.36;

use Test::More;

use PVE::Network::RS::Log;
use PVE::Network::RS::TestNode;

my $node = PVE::Network::RS::TestNode->new();

sub lines() {
    open(my $fh, '<', $node->{log}) or return;
    my @lines = <$fh>;
    unlink($node->{log});
    return @lines;
}

subtest 'a line' => sub {
    PVE::Network::RS::Log::event(seam => 'interfaces.parse', reason => undef, duration_us => 12);
    my @lines = lines();
    is(scalar(@lines), 1, 'one');
    like(
        $lines[0],
        qr/^time=\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z node=\S+ pid=$$ seam=interfaces\.parse duration_us=12\n\z/,
        'names and values, none without a value',
    );
};

subtest 'values' => sub {
    for my $row (
        ['', '""'],
        ['a b', '"a b"'],
        ['a"b\\', '"a\"b\\\\"'],
        ["a\nb\r\t\0", '"a\nb\r\t\x00"'],
        ["\x{20ac}", "\"\xe2\x82\xac\""],
        ['x=1', '"x=1"'],
        ['/value/ifaces/eth0:1', '/value/ifaces/eth0:1'],
        ['x' x 300, '"' . 'x' x 200 . '..."'],
    ) {
        my ($value, $written) = @$row;
        is(PVE::Network::RS::Log::line(detail => $value), "detail=$written\n", $written);
    }
};

subtest 'many processes' => sub {
    my ($processes, $events) = (8, 200);
    my @children = map {
        my $pid = fork() // die "unable to fork - $!\n";
        if (!$pid) {
            PVE::Network::RS::Log::event(seam => 'x' x 100, detail => 'y' x 150) for 1 .. $events;
            require POSIX;
            POSIX::_exit(0);
        }
        $pid;
    } 1 .. $processes;
    waitpid($_, 0) for @children;
    my @lines = lines();
    is(scalar(@lines), $processes * $events, 'no line is lost');
    is(scalar(grep { !/^time=\S+ node=\S+ pid=\d+ seam=x{100} detail=y{150}\n\z/ } @lines), 0, 'none is torn');
};

subtest 'where nothing can be written' => sub {
    local $! = 7;
    local $PVE::Network::RS::Log::FILE = "$node->{folder}/none/migration.log";
    ok(eval { PVE::Network::RS::Log::event(seam => 'x'); 1 }, 'no folder');
    local $PVE::Network::RS::Log::FILE = '/dev/full';
    ok(eval { PVE::Network::RS::Log::event(seam => 'x'); 1 }, 'no space');
    symlink("$node->{folder}/target", "$node->{folder}/link") or die;
    local $PVE::Network::RS::Log::FILE = "$node->{folder}/link";
    ok(eval { PVE::Network::RS::Log::event(seam => 'x'); 1 }, 'a symbolic link');
    is($! + 0, 7, '$! is kept');
    ok(!-e "$node->{folder}/target", 'is not followed');
};

done_testing();
