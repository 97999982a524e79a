# File handles: Rust reads every one that is plain; for any other, and after a fault, the original
# reads what it would have read.

use v5.36;

use Test::More;

use File::Temp ();
use IO::File;
use IO::Handle;

use PVE::Network::RS::Scene;
use PVE::Network::RS::TestNode;

*error = \&PVE::Network::RS::Scene::error;

my $ASCII = "# rack 7\niface eth0 inet dhcp\n";
my $LATIN1 = "iface eth0 inet dhcp\n# gr\xfcn \xff\xfe\n";
my $UTF8 = "iface eth0 inet dhcp\n# \xe2\x82\xac\n";

my $node = PVE::Network::RS::TestNode->new();
$node->configure(qq(phase = "rust-advanced"\n));
my $file = File::Temp->new();

local $PVE::Network::RS::Scene::READ = sub($fh, @) {
    no warnings;
    return { ifaces => {}, options => [[1, 'original'], map { [1, $_] } <$fh>] };
};

sub on_disk($bytes) {
    PVE::Network::RS::TestNode::write_file("$file", $bytes);
    return "$file";
}

sub opened($layer, $bytes) {
    open(my $fh, "<$layer", on_disk($bytes)) or die "$file: $!\n";
    return $fh;
}

sub read_from($fh) {
    return PVE::Network::Interfaces::__read_etc_network_interfaces($fh, {}, []);
}

sub lines($answer) {
    return [map { $_->[1] } $answer->{options}->@*];
}

subtest 'plain handles' => sub {
    my %handle = (
        'of a file' => sub($bytes) { opened('', $bytes) },
        'of IO::File' => sub($bytes) { IO::File->new(on_disk($bytes), 'r') },
        'of memory' => sub($bytes) { open(my $fh, '<', \$bytes) or die; $fh },
        'of a pipe' => sub($bytes) { open(my $fh, '-|', 'cat', on_disk($bytes)) or die; $fh },
        'by its name' => sub($bytes) { open(NAMED, '<', on_disk($bytes)) or die; \*NAMED },
        'a glob' => sub($bytes) { open(NAMED, '<', on_disk($bytes)) or die; *NAMED },
        'with :crlf' => sub($bytes) { opened(':crlf', $bytes =~ s/\n/\r\n/gr) },
        'with :utf8, of ASCII' => sub($bytes) { opened(':utf8', $ASCII) },
    );
    for my $name (sort keys %handle) {
        for my $bytes ($ASCII, $LATIN1, $UTF8) {
            my $fh = $handle{$name}->($bytes);
            my $answer = read_from($fh);
            is($answer->{ifaces}->{eth0}->{method}, 'dhcp', "$name: Rust reads");
            ok(eof($fh), "$name: to the end");

            local $PVE::Network::RS::Scene::REPLY = sub { error('bug', 'internal error') };
            my @lines = split(/(?<=\n)/, $name =~ /ASCII/ ? $ASCII : $bytes);
            $answer = read_from($handle{$name}->($bytes));
            is_deeply(lines($answer), ['original', @lines], "$name: again for the original");
        }
    }
    is(scalar($node->events()), 24, 'only the faults are fallbacks');
};

subtest 'a handle that was read from' => sub {
    my $fh = opened('', "iface eth1 inet manual\n$ASCII");
    my $first = <$fh>;
    is_deeply([sort keys read_from($fh)->{ifaces}->%*], ['eth0', 'lo'], 'Rust reads the rest');
    is_deeply([sort keys read_from($fh)->{ifaces}->%*], ['lo'], 'and then nothing');
};

# A caller may die of something while the handle is open: the text tells the line.
subtest 'the number of the line' => sub {
    for my $engine (qw(perl rust)) {
        $node->configure(qq(phase = "perl-only"\n[functions]\n"interfaces.parse" = "$engine"\n));
        for my $row (['', 1], ["a\n", 2], ["a", 2], ["a\nb", 3], ["a\nb\n", 3]) {
            my ($rest, $lines) = @$row;
            open(my $other, '<', $0) or die;
            my $fh = opened('', "# first\n$rest");
            <$other> for 1 .. 9;
            <$fh>;
            PVE::Network::Interfaces::__read_etc_network_interfaces($fh, {}, []);
            is($., $lines, "$engine: " . explain($rest));
            close($fh);
            is($., 0, "$engine: none of a handle that is closed");
        }
    }
    $node->configure(qq(phase = "rust-advanced"\n));
};

subtest 'handles that decode' => sub {
    for my $row (
        [':utf8', $UTF8, "# \x{20ac}\n"],
        [':encoding(UTF-8)', $UTF8, "# \x{20ac}\n"],
        [':utf8', "iface eth0 inet dhcp\n# gr\xc3\xbcn\n", "# gr\xfcn\n"],
        [':encoding(latin1)', "iface eth0 inet dhcp\n# gr\xfcn\n", "# gr\xfcn\n"],
    ) {
        my ($layer, $bytes, $comment) = @$row;
        my $answer = read_from(opened($layer, $bytes));
        is_deeply(lines($answer), ['original', "iface eth0 inet dhcp\n", $comment], "$layer: the original reads");
        my ($event) = $node->events();
        is($event->{reason}, 'unsupported', 'logged');
    }
};

subtest 'what Rust leaves alone' => sub {
    {
        package Tied;
        sub TIEHANDLE($class, @lines) { return bless [@lines], $class }
        sub READLINE($self) { return wantarray ? splice(@$self) : shift(@$self) }
    }
    tie(*TIED, 'Tied', "a\n", "b\n");
    is_deeply(lines(read_from(\*TIED)), ['original', "a\n", "b\n"], 'a tied handle');

    my $closed = opened('', $ASCII);
    close($closed);
    for my $row (['closed', $closed], ['undef', undef], ['a number', 7], ['a hash', {}]) {
        my ($name, $fh) = @$row;
        local $PVE::Network::RS::Scene::READ = sub($got, @) { return $got };
        my $got = read_from($fh);
        ok(defined($fh) ? $got eq $fh : !defined($got), "$name: the original gets it");
    }

    for my $separator (undef, '', 'e', \7) {
        my $fh = opened('', $ASCII);
        local $/ = $separator;
        my @wanted = <$fh>;
        is_deeply(lines(read_from(opened('', $ASCII))), ['original', @wanted], 'another $/');
    }
};

subtest 'facts' => sub {
    my $answer = sub(@facts) {
        return PVE::Network::RS::Scene::by(
            PVE::Network::Interfaces::__read_etc_network_interfaces(opened('', $ASCII), @facts));
    };
    is($answer->(), 'rust', 'none');
    is($answer->(undef, undef), 'rust', 'undef');
    is($answer->({ a => {} }), 'rust', 'a link of which nothing is known');
    is($answer->({ a => { linkinfo => undef, altnames => undef } }), 'rust', 'undef inside');
    for my $odd (
        [7], [[]], [{ a => 1 }], [{ a => undef }], [{ a => { linkinfo => 'x' } }], [{ a => { altnames => {} } }],
        [{}, 'x'], [{}, {}], [bless({}, 'Some::Links')],
    ) {
        is($answer->(@$odd), 'perl', 'of another shape: the original');
    }

    no warnings 'redefine';
    my $asked = 0;
    local *PVE::IPRoute2::altname_mapping = sub($links) { $asked++; die "command 'ip' failed\n" };
    ok(!eval { $answer->(undef); 1 }, 'none, and they cannot be asked for: dies');
    is($@, "command 'ip' failed\n", 'as the original does');
    is($asked, 1, 'asked once');
};

done_testing();
