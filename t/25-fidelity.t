# The key `fidelity` of migration.toml: what becomes of lines that the original's writer loses.

use v5.36;

use Test::More;

use Encode ();

use PVE::Network::RS::Scene;
use PVE::Network::RS::TestNode;

my $FILE = <<'END';
# rack 7, slot 3
auto eth0
iface eth0 inet static
	address 10.0.0.1/24
	gateway 10.0.0.254
END

my $node = PVE::Network::RS::TestNode->new();
@PVE::Network::RS::Request::Interfaces::FILES = map { "$node->{folder}/$_" } qw(interfaces.new interfaces);
PVE::Network::RS::TestNode::write_file("$node->{folder}/interfaces", $FILE);

# Reads the file, changes the MTU, writes; returns the text and the warnings.
sub edit($text = $FILE) {
    my $config = PVE::Network::RS::Scene::parse($text, { eth0 => { link_type => 'ether' } }, ['eth0']);
    $config->{ifaces}->{eth0}->{mtu} = 9000;
    my @warnings;
    local $SIG{__WARN__} = sub($warning) { push @warnings, $warning };
    return (PVE::Network::RS::Scene::render($config, 1), \@warnings);
}

sub configure($fidelity, $more = '') {
    $node->configure(qq(phase = "rust-advanced"\nfidelity = "$fidelity"\nfallback_enabled = false\n$more));
    return;
}

configure('exact');
my ($exact, $warnings) = edit();
unlike($exact, qr/rack 7/, 'exact: the comment is lost');
like($exact, qr/^\tmtu 9000$/m, 'exact: the change is there');
is_deeply($warnings, [], 'exact: without a word');

configure('warn');
(my $text, $warnings) = edit();
is($text, $exact, 'warn: the same text');
is(scalar(@$warnings), 1, 'warn: a warning');
like($warnings->[0], qr/\brack 7, slot 3\b/, 'warn: which names the line');

configure('preserve');
($text, $warnings) = edit();
is($text, $FILE . "\tmtu 9000\n", 'preserve: the file, but for the change');

PVE::Network::RS::TestNode::write_file("$node->{folder}/interfaces.new", $FILE =~ s/rack 7/rack 8/r);
($text) = edit($FILE =~ s/rack 7/rack 8/r);
like($text, qr/^# rack 8/, 'preserve: of the pending file, if there is one');

unlink(glob("$node->{folder}/interfaces*"));
($text) = edit();
like($text, qr/^auto eth0\niface eth0 inet static\n/m, 'preserve: of no file');

configure('preserve', qq([functions]\n"interfaces.render" = "shadow"\n));
PVE::Network::RS::TestNode::write_file("$node->{folder}/interfaces", $FILE);
local $PVE::Network::RS::Scene::WRITE = sub { return $exact };
$node->events();
is((edit())[0], $exact, 'shadow: the original counts');
is_deeply([$node->events()], [], 'shadow: and is compared with what is exact');

# The writer's text is one of characters, which its caller encodes: bytes that nobody edited survive.
my $bytes = <<'END';
# Gäste № 3
auto eth0
iface eth0 inet static
	address 192.0.2.10/24
	address 192.0.2.11/24
	post-up logger "Büro an"
# größer
END
PVE::Network::RS::TestNode::write_file("$node->{folder}/interfaces", $bytes);
configure('preserve');
($text) = edit($bytes);
is(Encode::encode('UTF-8', $text), $bytes =~ s/(an"\n)/$1\tmtu 9000\n/r, 'preserve: UTF-8');

configure('warn');
(undef, $warnings) = edit($bytes);
is_deeply(
    [map { Encode::encode('UTF-8', s/ at \S+ line \d+\.?\n\z//r) } @$warnings],
    [
        map { "/etc/network/interfaces line $_" }
            '1: a comment outside of stanzas is lost: # Gäste № 3',
            '4, eth0: lost, line 5 replaces it: address 192.0.2.10/24',
            '6, eth0: its characters beyond ASCII are encoded once more: post-up logger "Büro an"',
    ],
    'warn: every line that is lost',
);

done_testing();
