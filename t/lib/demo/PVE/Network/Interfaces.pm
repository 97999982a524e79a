package PVE::Network::Interfaces;

# Stand-in for the original of this name, for machines without Proxmox packages: a small reader and
# writer of our own, which knows lo, network cards, Linux bridges, bonds and VLANs. It is enough for
# the demo and for tests of the dispatcher; what the original does is in the golden corpus.

use v5.36;

use Encode ();

use PVE::IPRoute2;
use PVE::ProcFSTools;

our $PHYSICAL_NIC_RE = qr/(?:eth\d+|en[^:.]+|ib[^:.]+|(?:nic|if)\d+)/;

my %INTERNAL = (
    'bond-slaves' => 'slaves',
    map { ($_ => tr/-/_/r) }
        qw(bond-miimon bond-mode bond-xmit-hash-policy bridge-fd bridge-ports bridge-stp bridge-vids bridge-vlan-aware),
);
my %FILE = map { ($INTERNAL{$_} => $_) } keys %INTERNAL;

my %RANK = (loopback => 1, eth => 2, bond => 4, bridge => 5, vlan => 6);

# What is printed for a type, in this order: [attribute, default]
my %PRINTED = (
    bridge => [['bridge_ports', 'none'], ['bridge_stp', 'off'], ['bridge_fd', 0], ['bridge_vlan_aware'], ['bridge_vids'], ['mtu']],
    bond => [['slaves', 'none'], ['bond_miimon', 100], ['bond_mode', 'balance-rr'], ['bond_xmit_hash_policy'], ['mtu']],
    vlan => [['mtu']],
    eth => [['mtu']],
    loopback => [],
);

sub read_etc_network_interfaces($filename, $fh) {
    return __read_etc_network_interfaces($fh, PVE::IPRoute2::ip_link_details(),
        PVE::ProcFSTools::get_active_network_interfaces());
}

sub write_etc_network_interfaces($filename, $fh, $config) {
    print {$fh} Encode::encode('UTF-8', __write_etc_network_interfaces($config, 1));
    return;
}

sub __read_etc_network_interfaces($fh, $links = undef, $active = undef) {
    my (%ifaces, @options, $current);
    my $priority = 2;

    for my $line (map { s/\s+\z//r } <$fh>) {
        my ($word, $rest) = $line =~ /^\s*(\S+)\s*(.*)$/ ? ($1, $2) : ('', '');
        if ($word eq 'auto') {
            $ifaces{$_}->{autostart} = 1 for split(/\s+/, $rest);
            $current = undef;
        } elsif ($word eq 'iface') {
            my ($name, $family, $method) = split(/\s+/, $rest);
            $current = $ifaces{$name} //= {};
            $current->{priority} //= $priority++;
            push $current->{families}->@*, $family;
            $current->{$family eq 'inet6' ? 'method6' : 'method'} = $method;
        } elsif ($current && $word =~ /^#/) {
            $current->{comments} .= Encode::decode('UTF-8', $line =~ s/^\s*#//r) . "\n";
        } elsif ($current && length($rest)) {
            read_option($current, $word, $rest);
        } else {
            $current = undef;
            push @options, [$priority++, $line] if length($word) && $word !~ /^#/;
        }
    }

    $ifaces{$_}->{exists} = 1 for grep { is_card($links->{$_}) } keys %$links;
    $_->{active} = 1 for grep { defined } @ifaces{@$active};
    complete($_, \%ifaces) for sort keys %ifaces;
    return { ifaces => \%ifaces, options => \@options };
}

sub is_card($link) {
    return $link->{link_type} eq 'ether' && !($link->{linkinfo} && $link->{linkinfo}->{info_kind});
}

sub read_option($iface, $word, $value) {
    my $suffix = $iface->{families}->[-1] eq 'inet6' ? '6' : '';
    my $name = $INTERNAL{$word} // $word;
    if ($name =~ /^(?:address|netmask|gateway)\z/) {
        $iface->{"$name$suffix"} = $value;
    } elsif ($name eq 'bridge_ports' || $name eq 'slaves') {
        $iface->{$name} = join(' ', sort grep { $_ ne 'none' } split(/\s+/, $value));
    } elsif ($name eq 'bridge_vlan_aware') {
        $iface->{$name} = 1;
    } elsif ($FILE{$name} || $name =~ /^(?:mtu|vlan-raw-device|vlan-id)\z/) {
        $iface->{$name} = $value;
    } else {
        push $iface->{"options$suffix"}->@*, "$word $value";
    }
}

sub complete($name, $ifaces) {
    my $iface = $ifaces->{$name};
    if (defined($iface->{bridge_ports})) {
        $iface->{type} = 'bridge';
        $iface->{bridge_stp} //= 'off';
        $iface->{bridge_fd} //= 0;
    } elsif ($name =~ /^(\S+)\.(\d+)\z/) {
        $iface->{type} = 'vlan';
        $iface->{'vlan-raw-device'} //= $1;
        $iface->{'vlan-id'} = $2;
        $iface->{exists} = $ifaces->{$1}->{exists};
    } else {
        $iface->{type} = $name eq 'lo' ? 'loopback' : $name =~ /^bond\d+\z/ ? 'bond' : 'eth';
    }
    for my $suffix ('', '6') {
        $iface->{"method$suffix"} //= 'manual';
        my $address = $iface->{"address$suffix"} // next;
        $iface->{"cidr$suffix"} = $address;
        $iface->@{"address$suffix", "netmask$suffix"} = split(m!/!, $address);
    }
    $iface->{families} //= ['inet'];
}

sub __write_etc_network_interfaces($config, $ifupdown2 = undef) {
    my $ifaces = $config->{ifaces};
    my @lines = $config->{options}->@*;
    my $text = header();
    $ifaces->{$_}->{autostart} = 1 for map { split(/\s+/, $_->{slaves} // '') } values %$ifaces;
    my %place = map { my $root = s/[.].*//r; ($_ => [$RANK{$ifaces->{$root}->{type}} + tr/././, $ifaces->{$_}->{priority} // 50000]) } keys %$ifaces;

    for my $name (sort { $place{$a}->[0] <=> $place{$b}->[0] || $place{$a}->[1] <=> $place{$b}->[1] || $a cmp $b } keys %$ifaces) {
        my $iface = $ifaces->{$name};
        my @before;
        push @before, shift(@lines)->[1] . "\n" while @lines && $lines[0]->[0] < ($iface->{priority} // 0);
        $text .= join('', @before, @before ? "\n" : ());
        $text .= "auto $name\n" if $iface->{autostart};
        $text .= stanza($name, $iface, $_) for 0 .. $iface->{families}->$#*;
    }
    return $text . join('', map { "$_->[1]\n" } @lines);
}

sub stanza($name, $iface, $at) {
    my $family = $iface->{families}->[$at];
    my $suffix = $family eq 'inet6' ? '6' : '';
    my @lines = ("iface $name $family " . $iface->{"method$suffix"});
    my $address = $iface->{"cidr$suffix"};
    push @lines, "\taddress $address" if $address;
    push @lines, "\tgateway " . $iface->{"gateway$suffix"} if $iface->{"gateway$suffix"};
    for my $row ($at ? () : $PRINTED{$iface->{type}}->@*) {
        my ($attribute, $default) = @$row;
        my $value = $iface->{$attribute} || $default;
        $value = 'yes' if $attribute eq 'bridge_vlan_aware' && $value;
        push @lines, "\t" . ($FILE{$attribute} // $attribute) . " $value" if defined($value);
    }
    push @lines, map { "\t$_" } ($iface->{"options$suffix"} // [])->@*;
    push @lines, map { "#$_" } $suffix ? () : split(/\n/, $iface->{comments} // '');
    return join("\n", @lines, '', '');
}

sub header() { return <<'TEXT' }
# network interface settings; autogenerated
# Please do NOT modify this file directly, unless you know what
# you're doing.
#
# If you want to manage parts of the network configuration manually,
# please utilize the 'source' or 'source-directory' directives to do
# so.
# PVE will preserve these directives, but will NOT read its network
# configuration from sourced files, so do not attempt to move any of
# the PVE managed interfaces into external files!

TEXT

1;
