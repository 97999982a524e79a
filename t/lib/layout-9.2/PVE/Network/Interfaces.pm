package PVE::Network::Interfaces;

# Where pve-common 9.2 has its functions; they only tell that the original answered.

use v5.36;

sub read_etc_network_interfaces($filename, $fh) {
    return __read_etc_network_interfaces($fh, {}, []);
}

sub write_etc_network_interfaces($filename, $fh, $config) {
    print {$fh} __write_etc_network_interfaces($config, 1);
}

sub __read_etc_network_interfaces($fh, $ip_links = undef, $active_ifaces = undef) {
    return { ifaces => {}, options => [[1, 'read by the original'], map { [2, $_] } <$fh>] };
}

sub __write_etc_network_interfaces($config, $ifupdown2 = undef) {
    delete $config->{ifaces};
    return "written by the original\n";
}

1;
