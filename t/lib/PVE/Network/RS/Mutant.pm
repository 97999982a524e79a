package PVE::Network::RS::Mutant;

# Inputs of golden cases of /etc/network/interfaces, changed at random: what nobody thought of.

use v5.36;

use List::Util ();
use MIME::Base64 ();
use Storable ();

use PVE::Network::RS::Golden::Interfaces;

# Bytes that mean something to the reader, or are none of ASCII or UTF-8.
my @BYTES = (
    "\0", "\t", "\n", "\x0b", "\x0c", "\r", "\r\n", ' ', '#', "\\", '/', ':', '.', '-', '=', ',',
    ';', '0', '1', '9', 'a', "\x1c", "\x7f", "\x80", "\x85", "\xa0", "\xad", "\xe9", "\xff",
    "\xc3\xa9", "\xe2\x82\xac", "\xe2\x82", "\xed\xa0\x80", "\xf0\x9f\x98\x80", "\xc0\x80", "\xc2\x85",
);

my @WORDS = qw(
    auto allow-auto allow-ovs allow-hotplug allow-vmbr0 allow- iface mapping source source-directory
    inherits inet inet6 static manual dhcp loopback none lo eth0 eth1 nic0 vmbr0 vmbr1 bond0 bond1
    vmbr0.5 bond0.0 eth0:1 vlan5 vlan0 vxlan1 custom.5 a.b.5 :1 .5 x:y:2 OVSBridge OVSPort OVSIntPort
    OVSBond dummy 0 00 1 1500 9000 -1 1e3 0x10 4095 4094 30 31 2 24 64 10.0.0.1 10.0.0.1/24 10.0.0.1/0
    2001:db8::1 2001:db8::1/64 fe80::1%eth0 255.255.255.0 255.0.255.0 0.0.0.0 :: off on yes YES no 802.3ad
    balance-slb balance-tcp active-backup balance-rr 4 6 7 802.1q 802.1ad lacp=active tag=5 tag=0
    bond_mode=balance-tcp bond_mode=balance-slb other=1 novalue = =x x= layer2+3
);
push @WORDS, 'trunks=1,2', 'eth0,eth1', 'eth0;eth1';

my @OPTIONS = qw(
    address netmask broadcast gateway mtu ovs_mtu ovs_type ovs_options ovs_bridge ovs_bonds ovs_ports
    bridge_fd bridge-fd bridge_vids bridge-vids bridge_ports bridge-ports bridge_stp bridge-stp
    bridge_vlan_aware bridge-vlan-aware bridge-access bridge-learning bridge-arp-nd-suppress
    bridge-unicast-flood bridge-multicast-flood bridge-disable-mac-learning bond_miimon bond-miimon
    bond_mode bond-mode bond_xmit_hash_policy bond-xmit-hash-policy bond-primary slaves bond-slaves
    bond_slaves link-type uplink-id vlan-protocol vlan-raw-device vlan-id vxlan-id vxlan-svcnodeip
    vxlan-physdev vxlan-local-tunnelip vxlan-remoteip post-up pre-up hwaddress comments no-auto-down
);

# Keys that only a caller sets, or the reader makes.
my @KEYS = qw(
    type method method6 address6 netmask6 gateway6 cidr cidr6 comments6 options6 families options
    autostart active exists priority altnames ovs_tag is_empty_bridge
);

my @TYPES = qw(
    eth bridge bond loopback alias vlan vxlan dummy unknown OVSBridge OVSPort OVSIntPort OVSBond nix
);

sub one_of(@list) {
    return $list[rand(@list)];
}

# True of an input that can be changed.
sub takes($in) {
    return PVE::Network::RS::Golden::Interfaces->takes($in);
}

# A mutant of one input, with parts of another.
sub of($in, $other) {
    my $mutant = Storable::dclone($in);
    my @lines = map { split(/(?<=\n)/, PVE::Network::RS::Golden::Interfaces::bytes_of($_)) } $other;
    my $text = PVE::Network::RS::Golden::Interfaces::bytes_of($mutant);
    delete $mutant->{text};

    $text = change_text($text, @lines) for 1 .. rand(6);
    change_links($mutant->{ip_links}) for 1 .. rand(3);
    @{ $mutant->{active} } = grep { rand() < 0.7 } keys $mutant->{ip_links}->%* if rand() < 0.3;
    my @names = ($text =~ /iface\s+(\S+)/g, 'lo', 'new0');
    push $mutant->{edits}->@*, edit(@names) for 1 .. (rand() < 0.5 ? rand(5) : 0);

    $mutant->{text_b64} = MIME::Base64::encode_base64($text, '');
    return $mutant;
}

my @TEXT_CHANGES = (
    sub($text, @) { substr($text, rand(length($text) + 1), rand(3)) = one_of(@BYTES); $text },
    sub($text, @) { substr($text, rand(length($text) + 1), rand(20)) = ''; $text },
    sub($text, @) { substr($text, rand(length($text) + 1), 0) = one_of(@WORDS); $text },
    sub($text, @) { substr($text, 0, rand(length($text))) },
    sub($text, @) { $text =~ s/\n/\r\n/gr },
    sub($text, @) { swap_words($text) },
    sub($text, @) { swap_words($text) },
    sub($text, @other) { change_lines($text, @other) },
    sub($text, @other) { change_lines($text, @other) },
    sub($text, @other) { change_lines($text, @other) },
    sub($text, @) { join('', List::Util::shuffle(stanzas($text))) },
    sub($text, @) { build_upon($text) },
);

# An interface upon another one, which may come before it.
sub build_upon($text) {
    my @stanzas = stanzas($text);
    my $name = one_of($text =~ /^iface\s+(\S+)/mg, 'gone0');
    my @custom = map { "$_ inet manual\n\tvlan-raw-device $name\n" } qw(a0 z0 vlan9);
    my $new = one_of("$name.5 inet manual\n", "$name:1 inet manual\n", @custom);
    splice(@stanzas, rand(@stanzas + 1), 0, "iface $new");
    return join('', @stanzas);
}

sub stanzas($text) {
    return split(/^(?=iface\s)/m, $text);
}

sub change_text($text, @other) {
    return one_of(@TEXT_CHANGES)->($text, @other);
}

sub swap_words($text) {
    my @words = split(/(\s+)/, $text);
    return $text if !@words;
    $words[ rand(@words) ] = one_of(@WORDS, @words);
    return join('', @words);
}

sub change_lines($text, @other) {
    my @lines = split(/(?<=\n)/, $text);
    my @new = (
        one_of(@other, "\n"),
        one_of(@lines, "\n"),
        "\t" . one_of(@OPTIONS) . ' ' . join(' ', map { one_of(@WORDS) } 0 .. rand(3)) . "\n",
        "iface " . one_of(@WORDS) . one_of('', ' inet manual', ' inet6 static', ' inet') . "\n",
        one_of('# ', '#', "\t#") . one_of(@WORDS) . one_of(@BYTES) . "\n",
    );
    splice(@lines, rand(@lines + 1), rand(3), map { one_of(@new) } 1 .. rand(3));
    return join('', @lines);
}

my @LINK_CHANGES = (
    sub($links, $name) { delete $links->{$name} },
    sub($links, $name) { $links->{$name}->{altnames} = [map { one_of(@WORDS) } 0 .. rand(2)] },
    sub($links, $name) { $links->{$name}->{linkinfo} = { info_kind => one_of(qw(bridge vlan bond)) } },
    sub($links, $name) { $links->{$name}->{linkinfo} = {} },
    sub($links, $name) { $links->{$name}->{link_type} = one_of(qw(ether loopback none)) },
    sub($links, $name) { $links->{ one_of(@WORDS) } = delete $links->{$name} },
);

sub change_links($links) {
    my $name = one_of(sort keys %$links) // return;
    one_of(@LINK_CHANGES)->($links, $name);
    return;
}

sub edit(@names) {
    my $iface = one_of(@names, @names, grep { /^[a-z]+[\d.:]+$/ } @WORDS);
    my $key = one_of(@OPTIONS, @KEYS);
    return { op => 'delete', iface => $iface } if rand() < 0.1;
    return { op => 'delete-key', iface => $iface, key => $key } if rand() < 0.3;
    return { op => 'set-key', iface => $iface, key => $key, value => value($key) } if rand() < 0.8;
    my %value = map { $_ => value($_) } map { one_of(@OPTIONS, @KEYS) } 0 .. rand(6);
    return {
        op => 'set',
        iface => $iface,
        value => { families => ['inet'], method => 'static', type => one_of(@TYPES), %value },
    };
}

my %LISTS = map { $_ => 1 } qw(families options options6 vxlan-remoteip altnames);

sub value($key) {
    return one_of(@TYPES) if $key eq 'type';
    if ($LISTS{$key}) {
        my @list = map { one_of(@WORDS) } 1 .. rand(4);
        @list = map { one_of('inet', 'inet6', undef) } 1 .. rand(4) if $key eq 'families';
        return \@list;
    }
    my $words = join(one_of(' ', ' ', ',', ';', '  '), map { one_of(@WORDS) } 0 .. rand(3));
    return one_of(
        undef, '', 0, 1, '0', 5, 1500, 9000, 1.5, -1, 4095, 1e15, 1e16, "a\nb\n", "\xe9\x{20ac}",
        one_of(@WORDS), one_of(@WORDS), one_of(@WORDS), $words, $words,
    );
}

1;
