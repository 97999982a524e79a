package PVE::Network::RS::Request::Status;

# Requests and answers of the status of zones and vnets.

use v5.36;

# True once it was said that the node lags behind; until it no longer does, it is not said again.
my $is_said;

# SDN::Zones::status()
sub zones($layout, $fidelity) {
    my $request = {
        running => PVE::Network::SDN::running_config(),
        node => PVE::INotify::nodename(),
        local_version => scalar(PVE::Network::SDN::Zones::read_etc_network_config_version()),
    };
    my $reply = PVE::Network::RS::ask('pve_network_status_probes', $request);
    return (undef, $reply->{error}->{message}) if $reply->{error};

    delete $request->{local_version};
    $request->{$_} = {} for qw(ifaces bridges);
    my $needed = $reply->{value} // return $request;

    $request->{reload} = $needed->{reload};
    $is_said = 0 if !defined($needed->{reload}); # also if something is wrong later on
    my $ifaces = eval { PVE::Network::SDN::Zones::ifquery_check() };
    if (!$ifaces) {
        my $error = $@; # the original dies of it, too, once it has warned
        told([], $request);
        die $error;
    }
    $request->{ifaces} = statuses($ifaces);
    $request->{bridges} = { map { $_->{bridge} => bridge($_) } $needed->{bridges}->@* };
    return $request;
}

# As the original, which returns two hashes, or nothing, and says only once that the node lags behind.
sub told($zones_and_vnets, $request, @) {
    my $text = $request->{reload};
    warn "$text\n" if defined($text) && !$is_said;
    $is_said = defined($text);
    return @$zones_and_vnets;
}

# SDN::Zones::Plugin->generate_status_message($vnetid, $status, $ifaces)
sub messages($layout, $fidelity, $class, $vnet, $status, $ifaces = undef) {
    return { vnet => $vnet, ifaces => statuses($status), needed => $ifaces };
}

sub statuses($ifaces) {
    return { map { $_ => { status => $ifaces->{$_}->{status} } } keys %$ifaces };
}

sub bridge($probe) {
    my $name = $probe->{bridge};
    return { exists => 0 } if !-d "/sys/class/net/$name";

    my $vlan_aware = PVE::Network::SDN::Zones::Plugin::is_vlanaware($name);
    my $ovs = $probe->{ovs} && PVE::Network::is_ovs_bridge($name);
    return { exists => 1, vlan_aware => $vlan_aware ? 1 : 0, ovs => $ovs ? 1 : 0 };
}

1;
