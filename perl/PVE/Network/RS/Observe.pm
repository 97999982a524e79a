package PVE::Network::RS::Observe;

# Runs the original beside Rust: the caller gets what it does, and a difference is recorded.
#
# What the original does may be another each time, as it is where the order of a hash decides. So
# where the two differ, the original runs again, on copies of its arguments, and is compared with
# itself. A caller waits for that, but only where something is wrong, and not for long.

use v5.36;

use Storable ();
use Time::HiRes qw(clock_gettime CLOCK_MONOTONIC);

use PVE::Network::RS;
use PVE::Network::RS::Call;
use PVE::Network::RS::Compare;
use PVE::Network::RS::Signals;

# How often the original runs again at most, and for how long, in seconds. Of two values that come in
# any order, every other run shows one of them.
my ($RUNS, $PATIENCE) = (20, 0.2);

# For so many seconds, a difference at the same place of the same seam's answer is not looked into, or
# kept, again.
our $REST = 60;

# So many places are remembered.
my $PLACES = 1000;

my %looked_at; # seam and place => when a difference there was looked into

# Runs the original in the caller's context. Returns what it did: list in the context of a list, else
# value; or error; and its warnings, which went their way.
sub observe($call, $code, $context) {
    my @args = PVE::Network::RS::Call::arguments_again($call);
    keep($call);
    my $handler = $SIG{__WARN__};
    my $started = clock_gettime(CLOCK_MONOTONIC);
    my $seen;
    my $is_interrupted = PVE::Network::RS::Signals::noticed(sub {
        $seen = run($code, $context, \@args, sub($warning) {
            local $SIG{__WARN__} = $handler // 'DEFAULT';
            warn $warning;
        });
    });
    $call->{original_duration} = clock_gettime(CLOCK_MONOTONIC) - $started;
    # What a caller's alarm has cut short says nothing of the original.
    if ($is_interrupted) {
        PVE::Network::RS::Call::record($call, 'perl');
    } else {
        compare($call, $seen, $code, $context);
    }
    return $seen;
}

# Keeps what the original may change: the request as it was sent, and the arguments.
sub keep($call) {
    local ($@, $!);
    local $SIG{__DIE__} = 'DEFAULT';
    eval {
        my $request = $call->{request}; # none, where the seam asks by itself
        $call->{sent} = ref($request) eq 'SCALAR' ? $$request : PVE::Network::RS::encode($request)
            if defined($request);
        $call->{kept} = [map { copy($_) } $call->{args}->@*] if is_repeatable($call);
        1;
    } or PVE::Network::RS::fault('request', $@); # then there is no other run
    return;
}

# True if the original changes nothing but its arguments, and so can be run again.
sub is_repeatable($call) {
    my $seam = $call->{seam};
    return $call->{engine} eq 'shadow' && !$seam->{run}
        && !$call->{decision}->{seams}->{ $seam->{name} }->{writes};
}

sub copy($data) {
    my $type = ref($data);
    return $type eq 'HASH' || $type eq 'ARRAY' ? Storable::dclone($data) : $data;
}

# Runs $code, and gives its warnings to $on_warning, too.
sub run($code, $context, $args, $on_warning = undef) {
    my $seen = { warnings => [] };
    local $@;
    local $SIG{__WARN__} = sub($warning) {
        push $seen->{warnings}->@*, $warning;
        $on_warning->($warning) if $on_warning;
    };
    my $returned = eval {
        if ($context) {
            $seen->{list} = [$code->(@$args)];
        } elsif (defined($context)) {
            $seen->{value} = $code->(@$args);
        } else {
            $code->(@$args);
        }
        1;
    };
    $seen->{error} = $@ if !$returned;
    return $seen;
}

# Records whether the reply differs from what the original did.
sub compare($call, $seen, $code, $context) {
    local ($@, $!);
    local $SIG{__DIE__} = 'DEFAULT';
    my ($seam, $is_strict) = ($call->{seam}, $call->{decision}->{strict_types});
    my ($want, $got, $where);
    eval {
        $want = PVE::Network::RS::Compare::seen($seen, $seam);
        $got = PVE::Network::RS::Compare::told($call->{reply}, $seam, $context);
        $where = PVE::Network::RS::Compare::difference($want, $got, $is_strict);
        1;
    } or do {
        my $fault = PVE::Network::RS::fault('bug', $@)->{error}->{message};
        return PVE::Network::RS::Call::record(
            $call, 'perl',
            used_fallback => $call->{engine} eq 'rust', reason => 'panic', detail => $fault,
        );
    };
    return PVE::Network::RS::Call::record($call, 'same') if !defined($where);

    my $looked_at = $looked_at{"$seam->{name} $where"};
    my $is_new = !defined($looked_at) || clock_gettime(CLOCK_MONOTONIC) - $looked_at >= $REST;
    my %more = (detail => "differs at $where");
    if ($call->{engine} ne 'shadow') {
        PVE::Network::RS::Call::record($call, 'perl', %more, used_fallback => 1, reason => 'error');
    } else {
        my $is_random = $is_new && is_random($call, $want, $got, $code, $context);
        PVE::Network::RS::Call::record($call, $is_random ? 'random' : 'mismatch', %more);
        return if $is_random;
    }
    return if !$is_new;
    %looked_at = () if keys(%looked_at) > $PLACES;
    $looked_at{"$seam->{name} $where"} = clock_gettime(CLOCK_MONOTONIC);
    store($call, { where => $where, context => $context, original => $want, rust => $got });
    return;
}

# True if the original differs from itself in the same way.
sub is_random($call, $want, $got, $code, $context) {
    return 0 if !$call->{kept};
    my ($seam, $is_strict) = ($call->{seam}, $call->{decision}->{strict_types});
    my $started = clock_gettime(CLOCK_MONOTONIC);
    for (1 .. $RUNS) {
        my $seen = run_again($call, $code, $context);
        my $is_random = eval {
            my $again = PVE::Network::RS::Compare::seen($seen, $seam);
            PVE::Network::RS::Compare::is_random($want, $got, $again, $is_strict);
        } // PVE::Network::RS::fault('bug', $@) && 0;
        return 1 if $is_random;
        last if clock_gettime(CLOCK_MONOTONIC) - $started > $PATIENCE;
    }
    return 0;
}

# Runs the original once more. Signals whose handlers might die, as that of a caller's alarm does,
# are handled after it.
sub run_again($call, $code, $context) {
    return PVE::Network::RS::Signals::late(sub {
        my ($rewind, @args) = ($call->{seam}->{rewind}, map { copy($_) } $call->{kept}->@*);
        @args = $rewind->($call->{request}, @args) if $rewind;
        run($code, $context, \@args);
    });
}

# Keeps a difference for people to look at.
sub store($call, $found) {
    PVE::Network::RS::need('Bundle') or return;
    my $problem = eval { PVE::Network::RS::Bundle::store($call, $found) };
    $problem = PVE::Network::RS::fault('bug', $@)->{error}->{message} if $@ ne '';
    PVE::Network::RS::complain("a mismatch is not kept: $problem") if defined($problem);
    return;
}

1;
