package PVE::Network::RS::Golden::Dnsmasq;

# Cases of dnsmasq: mappings of guests to addresses, in the file ethers of a zone.
#
#   in     fs, ops
#   out    files, results
#
# A regeneration writes files of the node and restarts services: those cases are skipped, and their
# texts are compared by t/rust/golden_dnsmasq.rs.

use v5.36;

use File::Temp ();
use Storable ();

use PVE::Network::RS::TestNode;

my $DNSMASQ = 'PVE::Network::SDN::Dhcp::Dnsmasq';

sub takes($class, $in) {
    return $in->{ops} && $in->{fs};
}

sub modules($class) {
    return ('PVE::Network::SDN', $DNSMASQ);
}

sub skips($class, $in) {
    return 'regenerates files of the node, or asks its cluster'
        if $in->{commands} || grep { ($_->{op} // '') ne 'add_ip_mapping' } $in->{ops}->@*;
    return 'needs a file that is there' if !grep { m{/ethers$} } keys $in->{fs}->%*;
    return;
}

sub play($class, $in, $api) {
    my ($path) = grep { m{/ethers$} } keys $in->{fs}->%*;
    my $folder = File::Temp->newdir();
    my $file = "$folder/ethers";
    PVE::Network::RS::TestNode::write_file($file, $in->{fs}->{$path});

    my (@calls, @commands, @results);
    no strict 'refs';
    no warnings qw(once redefine);
    local *{"${DNSMASQ}::ethers_file"} = sub { $file };
    local *{"${DNSMASQ}::systemctl_service"} = sub { push @commands, ['systemctl', @_] };
    local *{"${DNSMASQ}::update_lease"} =
        sub { push @calls, { call => 'update_lease', dhcpid => $_[0], ip4 => $_[1], mac => $_[2] } };
    local *{'PVE::Tools::lock_file'} = sub($name, $timeout, $code) { eval { $code->() } };

    for my $op ($in->{ops}->@*) {
        (@calls, @commands) = ();
        my @warnings;
        local $SIG{__WARN__} = sub($warning) { push @warnings, $warning };
        my $is_done = eval { $DNSMASQ->add_ip_mapping(Storable::dclone($op->{args})->@*); 1 };
        push @results, {
            $is_done ? () : (error => $@),
            calls => [@calls], commands => [@commands], warnings => \@warnings,
        };
    }
    open(my $fh, '<', $file) or die "$file: $!\n";
    my $text = do { local $/; <$fh> } // '';
    return { files => { $path => $text }, results => \@results };
}

sub is_same($class, $field, $want, $got) {
    ($want, $got) = map { [map { binding($_) } ($_ // [])->@*] } $want, $got if $field eq 'results';
    ($want, $got) = map { PVE::Network::RS::Golden::Objects::plain($_) } $want, $got;
    return PVE::Network::RS::Golden::json_of($want) eq PVE::Network::RS::Golden::json_of($got);
}

sub binding($result) {
    my %binding = %$result;
    delete $binding{perl_warnings};
    my @warnings = PVE::Network::RS::Golden::binding_warnings($binding{warnings});
    delete $binding{$_} for 'warnings', grep { ref($binding{$_}) eq 'ARRAY' && !$binding{$_}->@* } keys %binding;
    $binding{warnings} = \@warnings if @warnings;
    return \%binding;
}

1;
