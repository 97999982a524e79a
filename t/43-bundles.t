# What Rust and the original did differently is kept: whole, without secrets, and not too much of it.

use v5.36;

use Test::More;

use Digest::SHA ();
use File::Basename ();
use File::Temp ();
use JSON::XS ();

use PVE::Network::RS::Bundle;
use PVE::Network::RS::Observe;
use PVE::Network::RS::Scene;
use PVE::Network::RS::TestNode;

*parse = \&PVE::Network::RS::Scene::parse;
*render = \&PVE::Network::RS::Scene::render;

my $node = PVE::Network::RS::TestNode->new();
my $folder = $PVE::Network::RS::Bundle::FOLDER = File::Temp->newdir();
$PVE::Network::RS::Observe::REST = 0;

$node->configure(<<'END');
phase = "perl-only"
[functions]
"interfaces.parse" = "shadow"
"interfaces.render" = "shadow"
END

my @complaints;
{
    no warnings 'redefine';
    *PVE::Network::RS::complain = sub($text) { push @complaints, $text; return };
}

sub files() {
    opendir(my $dir, "$folder") or die "$folder: $!\n";
    return sort grep { !/^\.\.?\z/ } readdir($dir);
}

sub slurp($name) {
    open(my $fh, '<', "$folder/$name") or die "$name: $!\n";
    local $/;
    return scalar(<$fh>);
}

# The bundles that are there now; then there are none.
sub bundles() {
    my @texts = map { slurp($_) } files();
    unlink(map { "$folder/$_" } files());
    return map { JSON::XS::decode_json($_) } @texts;
}

# Renders a configuration that the original makes $text of, and Rust $other.
sub differ($text, $other, $config = { ifaces => {} }) {
    local $PVE::Network::RS::Scene::WRITE = sub { return $text };
    local $PVE::Network::RS::Scene::REPLY = sub { { value => $other, warnings => [] } };
    return render($config);
}

subtest 'what is in it' => sub {
    my $config = { ifaces => { eth0 => { type => 'eth', method => 'manual', families => ['inet'] } }, options => [] };
    local $PVE::Network::RS::Scene::WRITE = sub($got, @) {
        delete $got->{ifaces};
        warn "odd\n";
        return "original\n";
    };
    my $text = do { local $SIG{__WARN__} = sub { }; render($config) };
    my ($bundle, @others) = bundles();
    is_deeply(\@complaints, [], 'nothing to complain about');
    is(scalar(@others), 0, 'one file');
    is_deeply([$bundle->@{qw(format seam symbol function engine phase context differs_at strict_types redacted)}],
        [1, 'interfaces.render', 'pve_network_interfaces_render',
            'PVE::Network::Interfaces::__write_etc_network_interfaces', 'shadow', 'perl-only', 'scalar',
            '/value', 0, 0], 'the call');
    ok(!exists($bundle->{not_replayable}), 'it can be replayed');
    is_deeply($bundle->{request}->{config}->{ifaces}, { eth0 => { type => 'eth', method => 'manual', families => ['inet'] } },
        'the request is what was sent');
    is_deeply($bundle->{original}, { value => "original\n", warnings => ["odd\n"] }, 'the original');
    like($bundle->{rust}->{value}, qr/^iface eth0 inet manual$/m, 'Rust');
    like($bundle->{time}, qr/^\d{4}-\d\d-\d\dT[\d:.]+Z\z/, 'time');
    is($bundle->{pid}, $$, 'process');
    is($bundle->{versions}->{library}, PVE::Network::RS::version(), 'version of the library');
    my $sha = Digest::SHA->new(256)->addfile($ENV{PVE_NETWORK_RS_LIB})->hexdigest();
    is($bundle->{digests}->{library}, $sha, 'digest of the library');
    is($bundle->{digests}->{original}->{'PVE/Network/Interfaces.pm'},
        Digest::SHA->new(256)->addfile($INC{'PVE/Network/Interfaces.pm'})->hexdigest(), 'of the original');
    like($bundle->{digests}->{shim}, qr/^[0-9a-f]{64}\z/, 'of our own modules');
};

subtest 'errors that Rust alone finds' => sub {
    $node->configure(qq(phase = "rust-advanced"\n));
    my $text = render({ ifaces => { x => { type => 'vlan', method => 'manual', families => ['inet'] } }, options => [] });
    is($text, "original\n", 'the original answers');
    my ($bundle) = bundles();
    is_deeply([$bundle->@{qw(engine differs_at)}], ['rust', '/error'], 'kept');
    $node->configure(qq(phase = "perl-only"\n[functions]\n"interfaces.parse" = "shadow"\n"interfaces.render" = "shadow"\n));
};

subtest 'how often' => sub {
    my $answer;
    $answer = differ('a', 'b') for 1 .. 3;
    is(scalar(bundles()), 1, 'the same request, the same difference: once');
    local $PVE::Network::RS::Observe::REST = 60;
    for my $name ('a' .. 'c') {
        $answer = differ({ place => 1 }, { place => 2 }, { ifaces => { $name => {} } });
    }
    is(scalar(bundles()), 1, 'at the same place: once a minute');
    $answer = differ('a', 'a');
    is(scalar(bundles()), 0, 'no difference');
};

subtest 'caps' => sub {
    local ($PVE::Network::RS::Bundle::MOST, $PVE::Network::RS::Bundle::MOST_OF_SEAM) = (6, 4);
    my $n = 0;
    my $add = sub {
        my %before = map { $_ => 1 } files();
        utime(1e6 + $n, 1e6 + $n, "$folder/$_") for grep { (stat("$folder/$_"))[9] > 2e6 } keys %before;
        my $answer = differ('a', 'b', { ifaces => { 'eth' . $n++ => {} } });
        return grep { !$before{$_} } files();
    };
    my @added = map { $add->() } 1 .. 7;
    is_deeply([files()], [sort @added[3 .. 6]], 'of a seam: the last ones');

    PVE::Network::RS::TestNode::write_file("$folder/other.parse-$_.json", '{}') for qw(1 2 3);
    utime(1, 1, "$folder/other.parse-1.json");
    PVE::Network::RS::TestNode::write_file("$folder/.other.json.tmp.1", '');
    PVE::Network::RS::TestNode::write_file("$folder/.other.json.tmp.2", '');
    utime(1, 1, "$folder/.other.json.tmp.1");
    my $answer = differ('a', 'b', { ifaces => { last => {} } });
    my ($last) = grep { my $file = $_; /^interfaces/ && !grep { $_ eq $file } @added } files();
    is_deeply([files()], [sort '.other.json.tmp.2', 'other.parse-2.json', 'other.parse-3.json', @added[4 .. 6], $last],
        'in all: the oldest goes, and what was left half-written');
    unlink(map { "$folder/$_" } files());
};

subtest 'size' => sub {
    local $PVE::Network::RS::Bundle::SIZE = 5000;
    my $answer = differ('a' x 3000, 'b' x 3000);
    cmp_ok(-s "$folder/" . (files())[0], '<', 5000, 'small');
    my ($bundle) = bundles();
    like($bundle->{not_replayable}, qr/^all of it is \d+ bytes, too much to be kept\z/, 'it says so');
    is_deeply($bundle->{excerpt}, { original => 'a' x 1000, rust => 'b' x 1000 }, 'the beginning is kept');
    ok(!exists($bundle->{request}), 'the request is not');
};

subtest 'secrets' => sub {
    my %secret = (
        psk => 'correct horse',
        key => 'k-1234567',
        password => 'hunter22',
        token => 'tok:en=1',
        url => 'url_pass',
        short => 'xyz',
    );
    my $text = <<~"END";
        iface wlan0 inet manual
        \twpa-psk $secret{psk}
        \twpa-key-mgmt WPA-PSK
        \twireless-key1 "$secret{key}"
        \tpost-up curl -H "Authorization: $secret{token}" https://user:$secret{url}\@host/
        \tpost-up echo monkey business
        \tpassword $secret{short}
        END
    local $PVE::Network::RS::Scene::READ = sub($fh, @) { { text => [<$fh>], dns => { key => $secret{password} } } };
    local $PVE::Network::RS::Scene::REPLY =
        sub { { value => { text => "$text\n# $secret{psk}", order => 1 }, warnings => [{ kind => 'warn', text => "bad $secret{psk}\n" }] } };
    my $answer = parse($text);
    my $stored = slurp((files())[0]);
    unlike($stored, qr/\Q$secret{$_}\E/, "no $_") for sort keys %secret;
    is($answer->{dns}->{key}, $secret{password}, 'the caller gets them');
    my ($bundle) = bundles();
    cmp_ok($bundle->{redacted}, '>=', 6, 'it says so');
    like($bundle->{request}->{text}, qr/^\twpa-psk REDACTED\d+\n\twpa-key-mgmt WPA-PSK\n\twireless-key1 REDACTED\d/m, 'in place');
    like($bundle->{request}->{text}, qr/monkey business/, 'nothing else');
    my ($word) = $bundle->{request}->{text} =~ /wpa-psk (\w+)/;
    like($bundle->{rust}->{value}->{text}, qr/# $word\z/, 'the same word everywhere');
    is_deeply($bundle->{rust}->{warnings}, ["bad $word\n"], 'in warnings, too');

    my $requests = {
        request => {
            options => { powerdns => { key => 1, url => 0 } },
            ids => { a => { type => 'powerdns', key => 'topsecret', tokens => 'no' } },
            pair => { key => 'token', value => 'pairsecret' },
            other_pair => { key => 'zone', value => 'plain' },
            nested => { password => ['listsecret'] },
        },
    };
    is(PVE::Network::RS::Bundle::redact($requests), 3, 'by the names of options');
    is_deeply($requests->{request}->{options}, { powerdns => { key => 1, url => 0 } }, 'flags are none');
    is_deeply($requests->{request}->{other_pair}, { key => 'zone', value => 'plain' }, 'nor other options');
    unlike(JSON::XS::encode_json($requests), qr/topsecret|pairsecret|listsecret/, 'gone');
};

subtest 'replayed' => sub {
    my $program = File::Basename::dirname($ENV{PVE_NETWORK_RS_LIB}) . '/migration-ctl';
    my $text = "auto lo\niface lo inet loopback\n\niface wlan0 inet manual\n\twpa-psk tops\xe9cret\n";
    my $rust = sub() {
        local $PVE::Network::RS::Phase::FILE = '/nonexistent';
        open(my $fh, '<', \$text) or die;
        PVE::Network::RS::ask(
            'pve_network_interfaces_parse', { text => $text, links => '', active => [], latin1 => 1 },
        )->{value};
    }->();
    for my $row (
        # what the original did, what is found
        ['no difference', $rust, 0],
        ['a difference', { %$rust, options => [[1, 'auto lo']] }, 1],
    ) {
        my ($what, $original, $status) = @$row;
        my $reply = { value => { %$rust, ifaces => {} }, warnings => [] };
        local $PVE::Network::RS::Scene::REPLY = sub { $reply };
        local $PVE::Network::RS::Scene::READ = sub { $original };
        my $config = parse($text);
        my ($file) = files();
        unlike(slurp($file), qr/cret/, 'no secret');
        my $output = qx($program replay $folder/$file);
        is($? >> 8, $status, "$what: status") or diag($output);
        like($output, qr/^then: differs at \/value\/ifaces/m, "$what: told");
        unlink("$folder/$file");
    }
};

subtest 'nothing of it fails a call' => sub {
    my $in = sub($path, $what, $expected) {
        local $PVE::Network::RS::Bundle::FOLDER = $path;
        @complaints = ();
        is(differ('text', 'other'), 'text', "$what: answered");
        like("@complaints", $expected, "$what: said");
    };
    $in->("$folder/none", 'no folder', qr{^a mismatch is not kept: .*/none: No such file or directory\z});
    $in->('/dev/null', 'no folder, but a file', qr{: Not a directory\z});
    $in->('/proc/self', 'a folder that takes nothing', qr{^a mismatch is not kept: /proc/self/});
    {
        # What a full disk says when a file is closed.
        no warnings 'redefine';
        local *PVE::Network::RS::Bundle::write_file = sub($new, $path, $text) {
            open(my $fh, '>', '/dev/full') or die;
            return undef if print({$fh} $text) && close($fh);
            return "$new: $!";
        };
        $in->("$folder", 'a full disk', qr/: No space left on device\z/);
        is_deeply([files()], [], 'nothing is left');
    }
    {
        no warnings 'redefine';
        my $digests = \&PVE::Network::RS::Bundle::digests;
        local *PVE::Network::RS::Bundle::text = sub { $digests->('x') };
        $in->("$folder", 'a fault', qr/^a mismatch is not kept: Can't use string/);
        local *PVE::Network::RS::Bundle::text = sub { kill(ALRM => $$); sleep(1) };
        local $SIG{ALRM} = sub { die "timeout\n" };
        ok(!eval { my $answer = differ('text', 'other'); 1 }, 'a caller\'s alarm');
        is($@, "timeout\n", 'is the caller\'s');
    }
};

subtest 'killed at any point' => sub {
    my $stored = 0;
    for (1 .. 20) {
        my $pid = fork() // die "unable to fork - $!\n";
        if (!$pid) {
            my $n = 0;
            while (1) {
                my $answer = differ('a', 'b' x 50_000, { ifaces => { "$$-" . $n++ => {} } });
            }
        }
        select(undef, undef, undef, 0.02 + rand(0.05));
        kill(KILL => $pid);
        waitpid($pid, 0);
        for my $file (grep { /^\w/ } files()) {
            $stored++;
            my $bundle = eval { JSON::XS::decode_json(slurp($file)) };
            ok(0, "$file is whole") if !$bundle;
        }
    }
    cmp_ok($stored, '>', 20, 'what is there is whole');
    unlink(map { "$folder/$_" } files());
};

subtest 'tainted' => sub {
    my $code = <<~"END";
        use v5.36;
        use PVE::Network::RS::Bundle;
        say PVE::Network::RS::Bundle::folder();
        \$PVE::Network::RS::Bundle::FOLDER = substr('$folder', 0);
        my \%call = (
            seam => { name => 'a.b', symbol => 's' }, decision => { phase => 'perl-only' }, engine => 'shadow',
            layout => { name => 'A::b' }, sent => '{}' . substr(\$^X, 0, 0),
        );
        my \%found = (where => '/value', context => 'list', original => {}, rust => {});
        say PVE::Network::RS::Bundle::store(\\\%call, \\\%found) // 'kept';
        END
    local $ENV{PVE_NETWORK_RS_MISMATCHES} = '/elsewhere';
    like(PVE::Network::RS::TestNode::run_perl($code), qr{^/elsewhere\n}, 'the environment may name a folder');
    PVE::Network::RS::TestNode::write_file("$folder/a.b-$_.json", '{}') for 0 .. 30;
    is(PVE::Network::RS::TestNode::run_perl($code, '-T'), "/var/lib/pve-network-rs/mismatches\nkept\n", 'not of a tainted one');
    is(scalar(my @kept = files()), 20, 'which keeps room, too');
};

done_testing();
