# Calls functions of the network stack as a daemon of a node does: through the shims, with stand-ins for
# the original. Prints a line for each of its arguments: its name, and who answered.
#
#   GUIDE_ROOT  the root of the node
#   GUIDE_NODE  its name

use v5.36;

use FindBin ();

BEGIN { push @INC, map { "$FindBin::RealBin/../lib/$_" } qw(layout-9.2 standin absent) } # behind the shims

use PVE::Network::Interfaces;
use PVE::Network::RS::Log;
use PVE::Network::SDN::Dns::PowerdnsPlugin;
use PVE::Network::SDN::Fabrics;

$PVE::Network::RS::Log::FILE = "$ENV{GUIDE_ROOT}/var/log/pve-network/migration.log";

{
    no warnings qw(once redefine);
    *PVE::INotify::nodename = sub() { $ENV{GUIDE_NODE} };
    *PVE::IPRoute2::altname_mapping = sub { {} };
    $INC{'PVE/INotify.pm'} //= $INC{'PVE/IPRoute2.pm'} //= __FILE__;
}

sub render(%iface) {
    my $config = { ifaces => { eth0 => { families => ['inet'], method6 => 'manual', %iface } }, options => [] };
    return PVE::Network::Interfaces::__write_etc_network_interfaces($config, 1);
}

my %CALLS = (
    parse => sub {
        open(my $fh, '<', \"iface eth0 inet manual\n") or die "$!\n";
        my $config = PVE::Network::Interfaces::__read_etc_network_interfaces($fh, {}, []);
        die "the original\n" if grep { $_->[1] eq 'read by the original' } $config->{options}->@*;
    },
    plain => sub {
        my $text = render(type => 'eth', method => 'manual');
        die "the original\n" if $text eq "written by the original\n";
    },
    bridge => sub {
        my $text = render(type => 'bridge', method => 'manual', bridge_ports => '');
        die "the original\n" if $text eq "written by the original\n";
    },
    dns => sub {
        my $subnet = { cidr => '192.0.2.0/24', mask => 24 };
        my $zone = PVE::Network::SDN::Dns::PowerdnsPlugin->get_reversedns_zone({}, 'a', $subnet, '192.0.2.9');
        die "wrong: $zone\n" if $zone ne '2.0.192.in-addr.arpa.';
    },
    fabric => sub { PVE::Network::SDN::Fabrics::generate_etc_network_config({}) },
);

# The stand-ins for the original die, or say who they are.
for my $name (@ARGV) {
    my $answered = eval { $CALLS{$name}->(); 1 } ? 'rust' : $@ =~ /original|stand-in/ ? 'perl' : "error: $@";
    say "$name $answered";
}
