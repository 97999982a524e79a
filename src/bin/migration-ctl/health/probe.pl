# What Perl makes of the library and of the shadow files on this machine: `name<TAB>text`, a line each.
use strict;
use warnings;

$| = 1; # what was said stays said if the library kills us

sub report { print join("\t", map { s/\s+/ /gr } @_), "\n" }

my $error;
if (eval { require PVE::Network::RS; 1 }) {
    report(library => PVE::Network::RS::path());
    my $request = { text => "phase = 'perl-only'", file => 'probe', node => 'probe' };
    my $reply = PVE::Network::RS::ask('pve_network_migration_decide', $request);
    $error = $reply->{error} && "$reply->{error}->{kind}: $reply->{error}->{message}";
    report(version => PVE::Network::RS::version()) if !$error;
} else {
    $error = $@ =~ s/ \(you may need.*//sr;
}
report(error => $error) if $error;

# A module of the original that is found before our file of its name is not taken over.
for my $name (qw(PVE/Network/SDN.pm PVE/Network/SDN/Zones.pm)) {
    my ($first) = grep { -f } map { "$_/$name" } grep { !ref } @INC;
    next if !defined($first);
    open(my $fh, '<', $first) or next;
    local $/;
    report(uncovered => $first) if <$fh> !~ /PVE::Network::RS::Original/;
}
