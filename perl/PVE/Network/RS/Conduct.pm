package PVE::Network::RS::Conduct;

# One call that does something on its way: it takes a lock and writes a file, or talks to a server.
#
# Its seam has a function `run`, which does all that, by the functions of the original, and asks Rust
# in between. As long as nothing has changed anywhere, the original can still answer in its place.

use v5.36;

use Time::HiRes qw(clock_gettime CLOCK_MONOTONIC);

use PVE::Network::RS;
use PVE::Network::RS::Call;
use PVE::Network::RS::IpamLog;

# What ask() dies of when Rust has no answer, or dies.
my $STOPPED = bless [], 'PVE::Network::RS::Conduct::Stopped';

# Runs a seam, in place of Call::ask(). The call then also has
#
#   left        what the original would leave in $@; before that, what the caller has there
#   changed     true from the moment on at which something may have changed
#   is_theirs   true if a function of the original has died, see original()
#
# Dies of what the functions of the original die of.
sub call($call, @args) {
    $call->@{qw(args left changed)} = (\@args, $@, 0);
    my $started = clock_gettime(CLOCK_MONOTONIC);
    my $value;
    if (eval { $value = $call->{seam}->{run}->($call, @args); 1 }) {
        $call->{reply} = { value => $value, warnings => [] };
    } elsif (!is_stop($@)) {
        die $@ if $call->{changed} || $call->{is_theirs};
        $call->{reply} = PVE::Network::RS::fault('bug', $@);
    }
    $call->{duration} = clock_gettime(CLOCK_MONOTONIC) - $started;
    PVE::Network::RS::Call::judge($call);
    return;
}

# For a seam's `run`: the value of Rust's answer. Gives its warnings. Does not return if there is none.
sub ask($call, $request) {
    my $reply = PVE::Network::RS::Call::send_request($call->{seam}, $request);
    if ($reply->{error}) {
        $call->{reply} = $reply;
        die $STOPPED;
    }
    PVE::Network::RS::Call::warn_of($reply);
    return $reply->{value};
}

# For a seam's `run`: calls functions of the original in the context of a list. What they die of is
# not our fault, even if it names our file, as that of `croak` does.
sub original($call, $code) {
    my @list;
    return @list if eval { @list = $code->(); 1 };
    $call->{is_theirs} = !is_stop($@);
    die $@;
}

# True of the exception with which ask() did not return: a `run` has to hand it on.
sub is_stop($exception) {
    return ref($exception) eq ref($STOPPED);
}

# Answers: returns the value, a list where the original does, and leaves in $@ what the original would.
sub answer($call) {
    my $value = PVE::Network::RS::Call::answer($call);
    my ($seam, $args) = $call->@{qw(seam args)};
    PVE::Network::RS::IpamLog::done($seam, 'rust', $value, @$args) if $seam->{is_logged};
    $@ = $call->{left}; ## no critic (as the original)
    return $value if !$seam->{is_list};
    return wantarray ? @$value : $value->[-1];
}

1;
