package PVE::Network::RS::Golden::Status;

# Cases of the status of zones and vnets, one call or several in one process.
#
#   in     running or running_raw, fs, commands, node, sysfs, ovs, ops
#   out    results, one for each of ops: zones and vnets, or error; warnings
#
# Bridges would have to be in /sys: cases that ask for one are skipped.

use v5.36;

use JSON::XS ();

my $FILE = '/etc/network/interfaces.d/sdn';
my $ZONES = 'PVE::Network::SDN::Zones';

my $json = JSON::XS->new->utf8;

sub takes($class, $in) {
    return $in->{ops} && ($in->{ops}->[0]->{op} // '') eq 'status';
}

sub modules($class) {
    return ('PVE::Network::SDN', $ZONES);
}

sub skips($class, $in) {
    return 'needs bridges in /sys' if grep { ($_->{type} // '') =~ /^(?:vlan|qinq|faucet)$/ }
        values(($in->{running}->{zones}->{ids} // {})->%*);
    return;
}

sub play($class, $in, $api) {
    my $text = $in->{fs}->{$FILE};
    no strict 'refs';
    no warnings qw(once redefine);
    local *{'PVE::INotify::nodename'} = sub { $in->{node} };
    local *{'PVE::Network::SDN::running_config'} = sub { running($in) };
    local *{"${ZONES}::read_etc_network_config_version"} = sub { version($text) };
    local *{"${ZONES}::ifquery_check"} = sub { checked($in) };

    # Whatever was said before.
    { local $SIG{__WARN__} = sub { }; local *{"${ZONES}::read_etc_network_config_version"} = sub { 9**9 };
      local *{'PVE::Network::SDN::running_config'} = sub { { version => 1 } };
      local *{"${ZONES}::ifquery_check"} = sub { {} }; my @nothing = &{"${ZONES}::status"}(); }

    my @results;
    for my $op ($in->{ops}->@*) {
        $text = $op->{write_fs}->{$FILE} if $op->{write_fs} && exists($op->{write_fs}->{$FILE});
        my @warnings;
        local $SIG{__WARN__} = sub($warning) { push @warnings, $warning };
        my ($zones, $vnets);
        my $is_done = eval { ($zones, $vnets) = &{"${ZONES}::status"}(); 1 };
        push @results, {
            $is_done ? (zones => $zones, vnets => $vnets) : (error => $@),
            @warnings ? (warnings => \@warnings) : (),
        };
    }
    return { results => \@results };
}

sub running($in) {
    return $in->{running} // {} if !defined($in->{running_raw});
    return eval { $json->decode($in->{running_raw}) } // {};
}

sub version($text) {
    my ($line) = split(/\n/, $text // '');
    return ($line // '') =~ /^#version:(\d+)$/ ? $1 : undef;
}

# As the original, of the output of ifquery.
sub checked($in) {
    my $output = $in->{commands}->{'ifquery -a -c -o json'}->{stdout};
    return { map { $_->{name} => { status => $_->{status} } } $json->decode($output // '')->@* };
}

sub is_same($class, $field, $want, $got) {
    my @sides = map { [map { binding($_) } ($_ // [])->@*] } $want, $got;
    my ($left, $right) =
        map { PVE::Network::RS::Golden::json_of(PVE::Network::RS::Golden::Objects::plain($_)) } @sides;
    return $left eq $right;
}

sub binding($result) {
    my %binding = %$result;
    delete $binding{perl_warnings};
    my @warnings = PVE::Network::RS::Golden::binding_warnings(delete $binding{warnings});
    $binding{warnings} = \@warnings if @warnings;
    # The words of the JSON parser, or ours about them.
    $binding{error} = 'not JSON' if ($binding{error} // '') =~ /JSON|character offset|ifquery/;
    delete $binding{warnings} if ($binding{error} // '') eq 'not JSON';
    return \%binding;
}

1;
