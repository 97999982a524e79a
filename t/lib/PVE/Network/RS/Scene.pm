package PVE::Network::RS::Scene;

# An original whose two functions do what a test says, a node with a migration.toml, and the seams
# in place. The library is the real one; where a test wants a fault, reply() takes its place.

use v5.36;

use PVE::Network::RS;
use PVE::Network::RS::Dispatch;
use PVE::Network::RS::TestNode;

our $READ = sub { return { ifaces => {}, options => [[1, 'original']] } };
our $WRITE = sub { return "original\n" };

# Replies instead of the library's: a function of ($request) that returns a reply, or dies.
our $REPLY;

sub PVE::Network::Interfaces::__read_etc_network_interfaces { return $READ->(@_) }
sub PVE::Network::Interfaces::__write_etc_network_interfaces { return $WRITE->(@_) }
sub PVE::IPRoute2::altname_mapping { return {} }
$INC{'PVE/Network/Interfaces.pm'} = $INC{'PVE/IPRoute2.pm'} = __FILE__;

$ENV{PVE_NETWORK_RS_LIB} = PVE::Network::RS::TestNode::library();

my $ask = \&PVE::Network::RS::ask;
no warnings 'redefine';
*PVE::Network::RS::ask = sub($symbol, $request, @attached) {
    return $ask->($symbol, $request, @attached) if !$REPLY || $symbol !~ /_interfaces_/;
    return $REPLY->($request);
};

PVE::Network::RS::Dispatch::install('PVE::Network::Interfaces');

# Reads a text through the name that callers use.
sub parse($text, @facts) {
    open(my $fh, '<', \$text) or die "unable to read from memory - $!\n";
    return PVE::Network::Interfaces::__read_etc_network_interfaces($fh, @facts ? @facts : ({}, []));
}

sub render(@args) {
    return PVE::Network::Interfaces::__write_etc_network_interfaces(@args);
}

# Who answered parse() or render().
sub by($answer) {
    return 'perl' if !ref($answer) && $answer eq "original\n";
    return 'perl' if ref($answer) && $answer->{options}->@* && $answer->{options}->[0]->[1] eq 'original';
    return 'rust';
}

sub error($kind, $message, %more) {
    return { error => { kind => $kind, message => $message, %more }, warnings => [] };
}

1;
