package PVE::Network::RS::Ways;

# Every way in which a program reaches the functions of /etc/network/interfaces, and who answers it.

use v5.36;

my $TEXT = "iface eth0 inet dhcp\n";

# Prints "WAY: perl" or "WAY: rust" for each way; needs a folder to write in.
sub report($folder) {
    my %by = (registry($folder), map { functions($_) } qw(PVE::INotify PVE::Network::Interfaces));
    print map { "$_: $by{$_}\n" } sort keys %by;
    return;
}

sub registry($folder) {
    open(my $fh, '>', "$folder/interfaces") or die "$!\n";
    print {$fh} $TEXT;
    close($fh);
    my $config = PVE::INotify::read_file("$folder/interfaces");

    PVE::INotify::write_file("$folder/interfaces", config());
    open($fh, '<', "$folder/interfaces") or die "$!\n";
    return ('registry, read' => by($config), 'registry, write' => by(join('', <$fh>)));
}

# By references that are taken now, as those of a module that is loaded later.
sub functions($package) {
    return if !defined(&{"${package}::__read_etc_network_interfaces"});
    my ($read, $inner_read, $write, $inner_write) =
        map { \&{"${package}::${_}_etc_network_interfaces"} } qw(read __read write __write);

    open(my $fh, '>', \my $written) or die "$!\n";
    $write->('interfaces', $fh, config());
    close($fh);
    return (
        "$package, read" => by($read->('interfaces', memory())),
        "$package, __read" => by($inner_read->(memory(), {}, [])),
        "$package, write" => by($written),
        "$package, __write" => by($inner_write->(config())),
    );
}

sub memory() {
    open(my $fh, '<', \$TEXT) or die "$!\n";
    return $fh;
}

sub config() { return { ifaces => {}, options => [] } }

sub by($answer) {
    return $answer =~ /original/ ? 'perl' : 'rust' if !ref($answer);
    return $answer->{ifaces}->{eth0} ? 'rust' : 'perl';
}

1;
