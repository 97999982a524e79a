# PVE::Network::RS: what it says of a library, good or bad; it never dies.

use v5.36;

use Test::More;

use File::Temp ();

use PVE::Network::RS;
use PVE::Network::RS::TestNode;

my $good = $ENV{PVE_NETWORK_RS_LIB} = PVE::Network::RS::TestNode::library();
my $scratch = File::Temp->newdir();

# What a process with that library gets for a call, and what it says to syslog.
sub ask_of($library, $code = 'PVE::Network::RS::ask("pve_network_interfaces_parse", {}) for 1 .. 2;', @options) {
    local $ENV{PVE_NETWORK_RS_LIB} = $library;
    return PVE::Network::RS::TestNode::run_perl(<<~END, @options);
        use v5.36;
        use PVE::Network::RS;
        my \@said;
        BEGIN { \$INC{'Sys/Syslog.pm'} = 1 }
        sub Sys::Syslog::syslog { push \@said, \$_[2] }
        my \$reply;
        $code
        \$reply = PVE::Network::RS::ask("pve_network_interfaces_parse", {});
        print \$reply->{error} ? "\$reply->{error}{kind}: \$reply->{error}{message}\\n" : "value\\n";
        print "said: \$_\\n" for \@said;
        END
}

sub fake(@defines) {
    my $library = "$scratch/fake.so";
    my $source = PVE::Network::RS::TestNode::top() . '/t/c/fake.c';
    unlink($library);
    system('cc', '-shared', '-fPIC', (map { "-D$_" =~ s/'//gr } @defines), '-o', $library, $source) == 0
        or die "cc failed\n";
    return $library;
}

subtest 'the library' => sub {
    like(PVE::Network::RS::version(), qr/^\d+\.\d+\.\d+$/, 'version');
    my $reply = PVE::Network::RS::ask(
        'pve_network_interfaces_parse',
        { text => "iface eth7 inet dhcp\n", links => '', active => [], latin1 => 1 },
    );
    is($reply->{value}->{ifaces}->{eth7}->{method}, 'dhcp', 'value');
    is_deeply($reply->{warnings}, [], 'warnings');
};

subtest 'requests that are none' => sub {
    for my $request ({}, [], { text => 1 }, { text => [] }, { text => undef }, { nonsense => "\0" x 9 }) {
        my $reply = PVE::Network::RS::ask('pve_network_interfaces_parse', $request);
        is($reply->{error}->{kind}, 'request', $reply->{error}->{message});
    }
    my $large = { text => '#' x (8 << 20), links => '', active => [], latin1 => 1 };
    my $reply = PVE::Network::RS::ask('pve_network_interfaces_parse', $large);
    is($reply->{error}->{kind}, 'unsupported', $reply->{error}->{message});
};

my %READ = (request => 'text', reply => 'data');
my %WRITE = (request => 'data', reply => 'text');

# The replies to $request with nothing attached, with texts only, and with all that can be.
sub replies($symbol, $request, $attached) {
    my %texts = map { $_ => $attached->{$_} } grep { $attached->{$_} eq 'text' } keys %$attached;
    local ($PVE::Network::RS::Message::LARGE_TEXT, $PVE::Network::RS::Message::LARGE_CONFIG) = (0, 0);
    return map { PVE::Network::RS::ask($symbol, $request, $_) } {}, \%texts, $attached;
}

# JSON tells strings from numbers.
sub shape($data) {
    return JSON::XS->new->canonical->encode($data);
}

# How many documents of Sereal are written and read while $code runs.
sub documents($code) {
    my $count = 0;
    no warnings 'redefine';
    my ($encode, $decode) = (\&Sereal::Encoder::encode, \&Sereal::Decoder::decode_with_offset);
    local *Sereal::Encoder::encode = sub { $count++; goto &$encode };
    local *Sereal::Decoder::decode_with_offset = sub { $count++; goto &$decode };
    $code->();
    return $count;
}

subtest 'what is attached is what is quoted otherwise' => sub {
    require Sereal::Encoder;
    require Sereal::Decoder;
    my @texts = (
        '', "\n", "iface a\0b inet manual\n",
        "iface a inet manual\n#\xe9 \xc3\xa9 \"\\\n\n\tmtu 9000\nsource b",
        join('', map { "auto eth$_\niface eth$_ inet static\n\taddress 10.0.0.$_/24\n" } 0 .. 40),
    );
    for my $text (@texts) {
        my $request = { text => $text, links => '', active => undef, latin1 => 1 };
        my ($quoted, @attached);
        my $documents = documents(sub {
            ($quoted, @attached) = replies('pve_network_interfaces_parse', $request, \%READ);
        });
        is($documents, $text =~ /\0/ ? 0 : 1, 'a document is read');
        ok($quoted->{value}, 'value') or diag(explain($quoted));
        is(shape($_), shape($quoted), 'the same, read') for @attached;
        is($request->{text}, $text, 'the request is as it was');

        $request = { config => $quoted->{value}, ifupdown2 => 1, latin1 => 1 };
        $documents = documents(sub {
            ($quoted, @attached) = replies('pve_network_interfaces_render', $request, \%WRITE);
        });
        is($documents, 1, 'a document is written');
        is_deeply($_, $quoted, 'the same, written') for @attached;
        is_deeply([sort keys %$request], [qw(config ifupdown2 latin1)], 'the request is as it was');
    }
    my $reply = PVE::Network::RS::ask('pve_network_interfaces_render', {}, \%WRITE);
    is($reply->{error}->{kind}, 'request', 'an error is never attached');
};

# Data that has a form in the library's Sereal, and data that is asked about again, in JSON.
subtest 'data of all sorts' => sub {
    my $number = 1500;
    my $text = "$number"; # the number has a string from now on
    my $loop = {};
    $loop->{loop} = $loop;
    my %plain = (
        'undef' => undef, 'number and string' => $number, 'negative' => -5, 'very negative' => -1e9,
        'fraction' => 0.1, 'very large' => 1e20, 'true' => !!1, 'false' => !!0, 'empty' => '',
        'Latin-1' => "caf\xe9", 'wide' => "\x{20ac}", 'long' => 'x' x 300, 'long Latin-1' => "\xe9" x 300,
        'list' => [1, 'a', undef], 'long list' => [1 .. 40],
    );
    my %other = (
        'zero' => 0, 'large' => ~0, 'half' => 1.5, 'infinite' => 9**9**9, 'NUL' => "a\0b",
        'no character' => "\x{110000}", 'list in a list' => [[1]], 'hash' => { a => 1 },
        'long hash' => { map { $_ => 1 } 1 .. 40 }, 'a reference to a number' => \1,
        'object' => bless({}, 'PVE::Nothing'), 'boolean' => JSON::XS::true(), 'code' => sub { },
        'loop' => $loop, 'the same twice' => ($loop->{twice} = []),
    );
    my $asked = 0;
    my $exchange = \&PVE::Network::RS::exchange;
    no warnings 'redefine';
    local *PVE::Network::RS::exchange = sub { $asked++; goto &$exchange };
    for my $name (sort keys %plain, keys %other) {
        my $value = exists($plain{$name}) ? $plain{$name} : $other{$name};
        my %eth0 = (type => 'eth', method => 'static', families => ['inet'], mtu => $value, x => "\xe9");
        my $config = { ifaces => { eth0 => \%eth0 }, options => [[2, 'source x']] };
        $asked = 0;
        my ($quoted, @attached) =
            map { $_->{error} ? [$_->{error}->{kind}] : $_->{value} }
            replies('pve_network_interfaces_render', { config => $config, ifupdown2 => 1, latin1 => 1 }, \%WRITE);
        is_deeply($_, $quoted, $name) for @attached;
        is($asked, exists($plain{$name}) ? 3 : 4, "$name, asked about");
    }
};

subtest 'without Sereal' => sub {
    my $code = <<~'END';
        PVE::Network::RS::version(); # FFI::Platypus may be where Sereal is
        @INC = grep { !-e "$_/Sereal/Encoder.pm" } @INC;
        $PVE::Network::RS::Message::LARGE_TEXT = 0;
        $reply = PVE::Network::RS::ask(
            'pve_network_interfaces_parse',
            { text => "iface eth7 inet dhcp\n", links => '', active => undef, latin1 => 1 },
            { request => 'text', reply => 'data' },
        );
        say $reply->{value}->{ifaces}->{eth7}->{method}, ' ', $INC{'Sereal/Encoder.pm'} // 'none';
        END
    is((split(/\n/, ask_of($good, $code)))[0], 'dhcp none', 'JSON');
};

subtest 'a function that is not there' => sub {
    my $reply = PVE::Network::RS::ask('pve_network_nothing', {});
    is($reply->{error}->{kind}, 'abi', $reply->{error}->{message});
};

subtest 'wrong libraries' => sub {
    like(ask_of("$scratch/none.so"), qr{^no_library: .*none\.so.*\nsaid: .*none\.so.*Perl answers.*\n\z}, 'missing');
    PVE::Network::RS::TestNode::write_file("$scratch/text.so", "text\n");
    like(ask_of("$scratch/text.so"), qr{^no_library: .*text\.so.*\nsaid: .*\n\z}, 'not a library');
    like(ask_of('libc.so.6'), qr{^abi: .*lacks pve_network_abi_version\nsaid: .*\n\z}, 'another library');
    like(ask_of(fake('ABI=2')), qr{^abi: .* has ABI 2, expected is 1\nsaid: .*\n\z}, 'another ABI');
    like(ask_of(fake('LACKING')), qr{^abi: .*lacks pve_network_interfaces_parse\nsaid: .*\n\z}, 'a seam is missing');
    like(ask_of(fake('REPLY=NULL', 'STATUS=2')), qr{^bug: .*status 2 without a reply\n\z}, 'no reply');
    like(ask_of(fake("REPLY='$_'")), qr{^bug: }, "reply $_")
        for '""', '"{"', '"1\\n"', '"[]"', '"{}"', '"1"', '"null"', '"\\xff"', '"{\\"error\\":1}"';
    is(ask_of(fake()), "value\n", 'a good one');
};

subtest 'replies with an attached text that are none' => sub {
    my $code = <<~'END';
        my $attached = PVE::Network::RS::ask('pve_network_interfaces_parse', {}, { reply => 'text' });
        say $attached->{error} ? "$attached->{error}->{kind}: $attached->{error}->{message}" : $attached->{value};
        END
    my $told = sub($reply) { (split(/\n/, ask_of(fake("REPLY='$reply'"), $code)))[0] };
    like($told->($_), qr{^bug: not a reply }, "reply $_")
        for map { qq{"$_\\n"} } qw(null 1 [] {\"value\":1} {\"error\":1});
    like($told->($_), qr{^bug: }, "reply $_") for '"\\n"', '"{\\n"', '"x\\ny"';
    is($told->('"{}\\nx"'), 'x', 'a good one');
};

subtest 'no FFI::Platypus' => sub {
    my $without = '@INC = grep { !-e "$_/FFI/Platypus.pm" } @INC;';
    like(
        ask_of($good, $without),
        qr{^no_library: Can't locate FFI/Platypus\.pm .*\nsaid: .*FFI/Platypus\.pm.*\n\z},
        'kind and message',
    );
};

subtest 'taint mode' => sub {
    my $code = '$ENV{PVE_NETWORK_RS_LIB} eq "/nowhere/else.so" or die; print PVE::Network::RS::path(), "\n";';
    my $tainted = ask_of('/nowhere/else.so', $code, '-T');
    like($tainted, qr{^\S*/perl/PVE/Network/\S*auto/PVE/Network/RS/RS\.so\n}, 'the environment has no say');
    like(ask_of('/nowhere/else.so', $code), qr{^/nowhere/else\.so\n}, 'without it, it has');
};

done_testing();
