package PVE::Network::RS::Control;

# The pages that all processes of a node share: who answers a call, and what became of it.
#
# The library reads and writes them. Where there are none, or where nobody keeps them up to date,
# nothing is told here, and PVE::Network::RS::Phase decides.

use v5.36;

use PVE::Network::RS;
use PVE::Network::RS::Phase;
use PVE::Network::RS::Seams;

our $FOLDER = '/run/pve-network-rs';

# What pve_network_control_begin() returns, see pve_network.h.
my %BITS = (engine => 0x3, reason => 0x3c, sampled => 0x80);
my %SHIFT = (reason => 2, generation => 16);
my @ENGINES = (undef, 'perl', 'shadow', 'rust');
my @REASONS = (undef, qw(panic error unsupported breaker abi kill_switch no_library request));

# What pve_network_control_end() takes.
my %ENGINE = map { $ENGINES[$_] => $_ } 1 .. $#ENGINES;
my %REASON = map { $REASONS[$_] => $_ } 1 .. $#REASONS;
my %OUTCOME = (value => 0, error => 1, perl => 2, same => 3, mismatch => 4, random => 5);

# ($number of a seam) -> 0 if it is not known who answers; 1 if the original does, and that is all;
# else bits that told() reads. As soon as there are pages, this is the function of the library
# itself, so that a call that is left to the original costs little more. Before, a seam has no
# number, and is given itself.
our $begin = \&look;

my $library; # its functions, once there were pages
my $looked_at = 0; # when it was last looked for pages, in seconds
my ($generation, $decision) = (0); # the settings that were told last, and their number

# Looks for pages, at most once a second.
sub look($seam) {
    return 0 if $looked_at == time;
    $looked_at = time;
    local ($@, $!);
    return 0 if !-e folder() . '/control' || !open_pages();
    return $begin->($seam->{number});
}

# A tainted process takes no advice from its environment.
sub folder() {
    return !${^TAINT} && $ENV{PVE_NETWORK_RS_RUN} || $FOLDER;
}

# Lets the library look for the pages from now on; false if there is none that knows of them.
sub open_pages() {
    $library //= PVE::Network::RS::control() or return 0;
    $library->{open}->(folder());
    $_->{number} //= $library->{seam}->($_->{name}) for @PVE::Network::RS::Seams::SEAMS;
    $begin = $library->{begin};
    %PVE::Network::RS::Phase::left = ();
    return 1;
}

# What $bits of begin() say: { engine, decision, reason, sampled }, with the decision as in
# PVE::Network::RS::Phase. Nothing if these settings are not in force any more.
sub told($bits) {
    my $number = $bits >> $SHIFT{generation};
    if ($number != $generation) {
        local ($@, $!);
        my $reply = PVE::Network::RS::ask('pve_network_control_settings', { generation => $number });
        return undef if $reply->{error};
        ($generation, $decision) = ($number, PVE::Network::RS::Phase::decision($reply));
    }
    return {
        engine => $ENGINES[$bits & $BITS{engine}],
        reason => $REASONS[($bits & $BITS{reason}) >> $SHIFT{reason}],
        sampled => $bits & $BITS{sampled},
        decision => $decision,
    };
}

# True if a call that begin() told $bits of has to be counted by end().
sub is_due($bits) {
    return ($bits & $BITS{engine}) > $ENGINE{perl};
}

# Counts a call that is over, by its outcome in the migration log.
sub end($call, $outcome, $reason, $detail) {
    return if !is_due($call->{bits});
    my ($rust, $original) = map { int(1e9 * ($_ // 0)) } $call->@{qw(duration original_duration)};
    $library->{end}->(
        $call->{seam}->{number}, $ENGINE{ $call->{engine} }, $OUTCOME{$outcome},
        defined($reason) ? $REASON{$reason} : 0, $rust, $original, $detail,
    );
    return;
}

# Says that the next request is one of $seam: should this process die there, others will know.
sub enter($seam) {
    $library->{enter}->($seam->{number}) if $library;
    return;
}

1;
