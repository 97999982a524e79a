# Both engines on a node's own files, for `contract-test --in-process`.

use v5.36;

use Test::More;

use File::Temp ();
use FindBin ();
use JSON::XS ();

use PVE::Network::RS::TestNode;

my $TOP = "$FindBin::RealBin/..";
my $FILE = "$TOP/fixtures/node/pve1/etc/network/interfaces";
my $LIBRARY = PVE::Network::RS::TestNode::library();
my $scratch = File::Temp->newdir();

# Runs it in a process of its own, where $prelude may change the stand-in for the original.
sub contract($prelude = '', %option) {
    local $ENV{PVE_NETWORK_RS_LIB} = $option{library} // $LIBRARY;
    local @ENV{qw(PVE_NETWORK_RS_CONFIG PVE_NETWORK_RS_RUN)} = ('/dev/null/none', '/dev/null');
    my $strict = $option{strict} // 0;
    my $script = <<~"END";
        use v5.36;
        require PVE::INotify;
        require PVE::Network::RS::Dispatch;
        require PVE::Network::RS::Log;
        \$PVE::INotify::FILE = '$FILE';
        \$PVE::Network::RS::Log::FILE = '$scratch/migration.log';
        sub original(\$seam, \$change) {
            my \$original = PVE::Network::RS::Dispatch::original(\$seam);
            my \$code = \$original->{code};
            \$original->{code} = sub { \$change->(\$code, \@_) };
        }
        $prelude
        require PVE::Network::RS::Contract;
        PVE::Network::RS::Contract::main(strict => $strict);
        END
    open(my $pipe, '-|', $^X, "-I$TOP/perl", "-I$TOP/t/lib/demo", '-e', $script) or die "perl: $!\n";
    my $text = do { local $/; <$pipe> };
    close($pipe) or die "perl ended with $?\n";
    return JSON::XS->new->utf8->decode($text);
}

sub of_seam($report, $name) {
    my ($result) = grep { $_->{seam} eq $name } $report->{results}->@*;
    delete $result->@{qw(perl_us rust_us)};
    return $result;
}

subtest 'equal' => sub {
    my $report = contract();
    is_deeply(of_seam($report, 'interfaces.parse'), { seam => 'interfaces.parse', outcome => 'equal', times => 2 });
    is_deeply(of_seam($report, 'interfaces.render'), { seam => 'interfaces.render', outcome => 'equal', times => 1 });
    like($report->{library}->{version}, qr/^\d+\.\d+\.\d+\z/, 'version of the library');
    like($report->{library}->{sha256}, qr/^[0-9a-f]{64}\z/, 'hash of the library');
    like($report->{original}->{modules}->{'PVE/Network/Interfaces.pm'}, qr/^[0-9a-f]{64}\z/, 'hash of the original');
    ok(!-e "$scratch/migration.log", 'nothing is logged');
};

subtest 'what is not installed' => sub {
    my $report = contract();
    my $result = of_seam($report, 'pending.config');
    is($result->{outcome}, 'not_compared');
    is($result->{reason}, 'PVE::Network::SDN is not installed', 'reason');
};

subtest 'what differs' => sub {
    for my $row (
        # the original, where it differs, what it says, what Rust says
        ['$ifaces->{vmbr0}->{mtu} = 9216', '/value/ifaces/vmbr0/mtu', 9216],
        ['delete $ifaces->{vmbr0}', '/value/ifaces/vmbr0', undef, 'HASH'],
        ['die "no\n"', '/error', "no\n"],
        ['warn "odd\n"', '/warnings/0', "odd\n"],
    ) {
        my ($change, $pointer, $perl, $rust) = @$row;
        my $report = contract(<<~"END");
            original('interfaces.parse', sub (\$code, \@args) {
                my \$config = \$code->(\@args);
                my \$ifaces = \$config->{ifaces};
                $change;
                return \$config;
            });
            END
        my $result = of_seam($report, 'interfaces.parse');
        is($result->{outcome}, 'different', $change);
        is($result->{difference}->{pointer}, $pointer, 'where');
        is($result->{difference}->{perl}, $perl, 'the original');
        is(ref($result->{difference}->{rust}), $rust // '', 'Rust');
    }
};

subtest 'texts differ in a line' => sub {
    my $report = contract(<<~'END');
        original('interfaces.render', sub ($code, @args) { $code->(@args) =~ s/^auto lo$/auto lo0/mr });
        END
    my $difference = of_seam($report, 'interfaces.render')->{difference};
    ok(delete $difference->{line}, 'its number');
    is_deeply($difference, { pointer => '/value', perl => 'auto lo0', rust => 'auto lo' });
};

subtest 'types' => sub {
    my $prelude = <<~'END';
        original('interfaces.parse', sub ($code, @args) {
            my $config = $code->(@args);
            $_->{priority} = "$_->{priority}" for grep { $_->{priority} } values $config->{ifaces}->%*;
            return $config;
        });
        END
    is(of_seam(contract($prelude), 'interfaces.parse')->{outcome}, 'equal', 'a number is its text');
    my $report = contract($prelude, strict => 1);
    is(of_seam($report, 'interfaces.parse')->{outcome}, 'different', 'unless it is not');
};

subtest 'without Rust' => sub {
    my $report = contract('', library => "$scratch/none.so");
    my $result = of_seam($report, 'interfaces.parse');
    is($result->{outcome}, 'not_compared');
    like($result->{reason}, qr/^Rust leaves it to Perl: .*none\.so/, 'reason');
};

subtest 'what the original prints is not in the report' => sub {
    my $report = contract(<<~'END');
        open(STDERR, '>', '/dev/null') or die; # where it goes instead
        original('interfaces.parse', sub ($code, @args) { print "noise\n"; $code->(@args) });
        END
    is(of_seam($report, 'interfaces.parse')->{outcome}, 'equal');
};

done_testing();
