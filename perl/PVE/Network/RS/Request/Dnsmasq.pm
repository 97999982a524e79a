package PVE::Network::RS::Request::Dnsmasq;

# Requests of the files of dnsmasq, and what is done with the answers.

use v5.36;

use File::Copy ();

my $ROOT = '/etc/dnsmasq.d';

# SDN::Dhcp::Dnsmasq->configure_subnet($config, $dhcpid, $vnetid, $subnet_config)
sub subnet($layout, $fidelity, $class, $lines, $zone, $vnet, $subnet) {
    return { subnet => $subnet };
}

sub subnet_done($new, $request, $class, $lines, @) {
    push @$lines, @$new;
    return;
}

# SDN::Dhcp::Dnsmasq->configure_vnet($config, $dhcpid, $vnetid, $vnet_config)
sub vnet($layout, $fidelity, $class, $lines, $zone, $vnet, $options = undef) {
    return { vnet => $vnet, lines => $lines };
}

sub vnet_done($text, $request, $class, $lines, $zone, $vnet, @) {
    return if !defined($text);
    push @$lines, "interface=$vnet"; # as the original
    PVE::Tools::file_set_contents("$ROOT/$zone/10-$vnet.conf", $text);
    return;
}

# SDN::Dhcp::Dnsmasq->before_configure($dhcpid, $zone_cfg)
sub zone($layout, $fidelity, $class, $zone, $options) {
    my $mtu = eval { PVE::Network::SDN::Zones::get_mtu($options) } // '';
    return { zone => $zone, mtu => $mtu };
}

sub zone_done($texts, $request, $class, $zone, $options) {
    my $folder = "$ROOT/$zone";
    PVE::Tools::file_set_contents("/etc/dbus-1/system.d/dnsmasq.$zone.conf", $texts->{dbus});
    mkdir($folder, 0755) if !-d $folder;
    PVE::Tools::file_set_contents("/etc/default/dnsmasq.$zone", $texts->{default});
    # As the original: when that dies, as for all types of zones but one, two files are written.
    PVE::Network::SDN::Zones::get_mtu($options) if $request->{mtu} eq '';
    PVE::Tools::file_set_contents("$folder/00-default.conf", $texts->{config});

    my @old;
    PVE::Tools::dir_glob_foreach($folder, '10-.*\.conf', sub($name) { push @old, "$folder/$name" });
    unlink(@old);
    return;
}

# SDN::Dhcp::Dnsmasq->add_ip_mapping($dhcpid, $macdb, $mac, $ip4, $ip6)
sub mapping($layout, $fidelity, $class, $zone, $cache, $mac, $ip4 = undef, $ip6 = undef) {
    return (undef, 'a cache that is no hash') if defined($cache) && ref($cache) ne 'HASH';

    # The lock makes the file where there is none.
    my $text = eval { slurp(PVE::Network::SDN::Dhcp::Dnsmasq::ethers_file($zone)) } // '';
    return {
        zone => $zone // '',
        text => $text,
        macs => $cache->{macs},
        mac => $mac // '',
        ip4 => $ip4,
        ip6 => $ip6,
    };
}

sub mapping_done($merged, $request, $class, $zone, $cache, $mac, $ip4 = undef, $ip6 = undef) {
    my $file = PVE::Network::SDN::Dhcp::Dnsmasq::ethers_file($zone);
    PVE::Tools::lock_file($file, 10, sub { $merged = replace($file, $merged, $request) });
    if ($@) {
        warn "Unable to add $mac to the dnsmasq configuration: $@\n";
        return;
    }
    PVE::Network::SDN::Dhcp::Dnsmasq::systemctl_service('reload', "dnsmasq\@$zone")
        if $merged->{reload};
    PVE::Network::SDN::Dhcp::Dnsmasq::update_lease($zone, $ip4, $mac);
    return;
}

# Writes the file, which is locked. If it has changed since the request, Rust is asked again.
sub replace($file, $merged, $request) {
    my $text = slurp($file);
    if ($text ne $request->{text}) {
        my $reply = PVE::Network::RS::ask('pve_network_dnsmasq_ethers', { %$request, text => $text });
        die "$reply->{error}->{message}\n" if $reply->{error};
        $merged = $reply->{value};
    }
    my $new = "$file.tmp";
    open(my $fh, '>', $new) or die "Could not open file '$new' $!\n";
    print {$fh} $merged->{text} or die "Could not write file '$new' $!\n";
    close($fh) or die "Could not write file '$new' $!\n";
    File::Copy::move($new, $file) or die "Could not replace file '$file' $!\n";
    chmod(0644, $file);
    return $merged;
}

sub slurp($file) {
    open(my $fh, '<', $file) or die "Could not open file '$file' $!\n";
    local $/;
    return scalar(<$fh>) // '';
}

1;
