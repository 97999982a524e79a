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
        { text => "iface eth7 inet dhcp\n", links => [], active => [], latin1 => 1 },
    );
    is($reply->{value}->{ifaces}->{eth7}->{method}, 'dhcp', 'value');
    is_deeply($reply->{warnings}, [], 'warnings');
};

subtest 'requests that are none' => sub {
    for my $request ({}, [], { text => 1 }, { text => [] }, { text => undef }, { nonsense => "\0" x 9 }) {
        my $reply = PVE::Network::RS::ask('pve_network_interfaces_parse', $request);
        is($reply->{error}->{kind}, 'request', $reply->{error}->{message});
    }
    my $large = { text => '#' x (8 << 20), links => [], active => [], latin1 => 1 };
    my $reply = PVE::Network::RS::ask('pve_network_interfaces_parse', $large);
    is($reply->{error}->{kind}, 'unsupported', $reply->{error}->{message});
};

subtest 'an attached text is what a quoted one is' => sub {
    for my $text ('', "iface a inet manual\n#\xe9 \xc3\xa9 \"\\\n\n\tmtu 9000\nsource b", "\n", "iface a\0b inet manual\n") {
        my $request = { text => $text, links => [], active => undef, latin1 => 1 };
        my ($quoted, $attached) =
            map { PVE::Network::RS::ask('pve_network_interfaces_parse', $request, $_) } '', 'request';
        ok($quoted->{value}, 'value') or diag(explain($quoted));
        is_deeply($attached, $quoted, 'the same');
        is($request->{text}, $text, 'the request is as it was');

        $request = { config => $quoted->{value}, ifupdown2 => 1, latin1 => 1 };
        ($quoted, $attached) =
            map { PVE::Network::RS::ask('pve_network_interfaces_render', $request, $_) } '', 'reply';
        is_deeply($attached, $quoted, 'the same, written');
        is_deeply([sort keys %$request], [qw(config ifupdown2 latin1)], 'the request is as it was');
    }
    my $reply = PVE::Network::RS::ask('pve_network_interfaces_render', {}, 'reply');
    is($reply->{error}->{kind}, 'request', 'an error is never attached');
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
        my $attached = PVE::Network::RS::ask('pve_network_interfaces_parse', {}, 'reply');
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
