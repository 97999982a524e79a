# What fidelity does to a file that is read, edited and written through the original's names.

use v5.36;

use Test::More;

use Encode ();
use File::Temp ();

use PVE::Network::RS::Scene;
use PVE::Network::RS::TestNode;

my $BEFORE = <<'EOF';
# Gäste № 3, rack 7
auto lo
iface lo inet loopback

# uplink
iface eth0 inet static
	address 192.0.2.10/24
	address 192.0.2.11/24
	post-up logger "Büro an"
# bleibt: größer

EOF

my $node = PVE::Network::RS::TestNode->new();
my $file = File::Temp->new();
@PVE::Network::RS::Request::Interfaces::FILES = ("$file");

# Writes what is read, with an MTU for eth0; returns the bytes for the file, and the warnings.
sub rewrite($fidelity, $mtu = undef) {
    $node->configure(qq(phase = "rust-full"\nfidelity = "$fidelity"\n));
    PVE::Network::RS::TestNode::write_file("$file", $BEFORE);
    my $config = PVE::Network::RS::Scene::parse($BEFORE);
    $config->{ifaces}->{eth0}->{mtu} = $mtu if $mtu;

    my @warnings;
    local $SIG{__WARN__} = sub { push @warnings, $_[0] };
    my $text = PVE::Network::RS::Scene::render($config, 1);
    return (Encode::encode('UTF-8', $text), @warnings);
}

subtest 'exact' => sub {
    my ($text, @warnings) = rewrite('exact');
    unlike($text, qr/rack 7/, 'a comment is lost');
    unlike($text, qr/192\.0\.2\.10/, 'an address is lost');
    is_deeply(\@warnings, [], 'and nothing said');
};

subtest 'warn' => sub {
    my ($exact) = rewrite('exact');
    my ($text, @warnings) = rewrite('warn');
    is($text, $exact, 'the same text');
    my $place = '/etc/network/interfaces line';
    is_deeply(
        [map { Encode::encode('UTF-8', s/ at \S+ line \d+\.?\n\z//r) } @warnings],
        [
            "$place 1: a comment outside of stanzas is lost: # Gäste № 3, rack 7",
            "$place 5: a comment outside of stanzas is lost: # uplink",
            "$place 7, eth0: lost, line 8 replaces it: address 192.0.2.10/24",
            qq($place 9, eth0: its characters beyond ASCII are encoded once more: post-up logger "Büro an"),
        ],
        'each loss is named',
    );
};

subtest 'preserve' => sub {
    my ($text, @warnings) = rewrite('preserve');
    is($text, $BEFORE, 'no edit: byte for byte');

    ($text, @warnings) = rewrite('preserve', 1400);
    my $want = $BEFORE =~ s/(an"\n)/$1\tmtu 1400\n/r;
    is($text, $want, 'an edit: nothing else');
    is_deeply(\@warnings, [], 'and nothing said');
};

subtest 'what is preserved' => sub {
    my $folder = File::Temp->newdir();
    my @files = map { "$folder/$_" } qw(interfaces.new interfaces);
    local @PVE::Network::RS::Request::Interfaces::FILES = @files;
    $node->configure(qq(phase = "rust-full"\nfidelity = "preserve"\n));
    my $config = PVE::Network::RS::Scene::parse("iface eth0 inet dhcp\n");

    like(PVE::Network::RS::Scene::render($config, 1), qr/^iface eth0 inet dhcp\n/m, 'nothing: no file');
    for my $file (reverse @files) {
        PVE::Network::RS::TestNode::write_file($file, "# $file\niface eth0 inet dhcp\n");
        like(PVE::Network::RS::Scene::render($config, 1), qr/^# \Q$file\E$/m, $file =~ s{.*/}{}r);
    }
};

subtest 'shadow' => sub {
    my $exact = Encode::decode('UTF-8', (rewrite('exact'))[0]);
    local $PVE::Network::RS::Scene::WRITE = sub { return $exact };
    $node->configure(<<~'END');
        phase = "rust-full"
        fidelity = "preserve"
        [functions]
        "interfaces.render" = "shadow"
        END
    $node->events();
    my $config = PVE::Network::RS::Scene::parse($BEFORE);
    ok(PVE::Network::RS::Scene::render($config, 1) eq $exact, 'the original counts');
    is_deeply([$node->events()], [], 'and is compared with what is exact');
};

done_testing();
