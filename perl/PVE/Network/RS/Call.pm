package PVE::Network::RS::Call;

# One call that Rust is asked about, a hash:
#
#   seam, layout, args                      what was called
#   engine, decision, bits                  what is decided; bits are PVE::Network::RS::Control's
#   request, reply                          what was asked, and what came back
#   duration, original_duration             how long Rust and the original took, in seconds
#   verdict     'reply'       the reply is the answer
#               'original'    the original has to answer
#               'observe'     it answers, too: what it does counts, and is compared with the reply,
#                             see PVE::Network::RS::Observe

use v5.36;

use Time::HiRes qw(clock_gettime CLOCK_MONOTONIC);

use PVE::Network::RS;
use PVE::Network::RS::Control;

# The errors that are answers: there the original fails in the same way. Any other one says that
# the library has no answer. Its kind is the reason in the log, but for these.
my %IS_ANSWER = (die => 1, param => 1);
my %REASON = (bug => 'panic');

my %IS_DIFFERENCE = (mismatch => 1, random => 1);

# Asks Rust. Dies only of what would hit the original as well, such as a caller's alarm.
sub ask($call, @args) {
    $call->{args} = \@args;
    my $started = clock_gettime(CLOCK_MONOTONIC);
    my $caught = attempt($call);
    $call->{reply} = PVE::Network::RS::fault($call->{reply} ? 'bug' : 'request', $caught)
        if defined($caught);
    $call->{duration} = clock_gettime(CLOCK_MONOTONIC) - $started;
    judge($call);
    return;
}

# Makes the request, sends it, and shapes the reply. Returns what was caught, if anything.
sub attempt($call) {
    my ($seam, $args) = $call->@{qw(seam args)};
    local ($@, $!);
    # Few processes have a handler, and every call would pay for it: %SIG is slow to set.
    local $SIG{__DIE__} = 'DEFAULT' if $SIG{__DIE__};

    return undef if eval {
        my $fidelity = $call->{engine} eq 'rust' ? $call->{decision}->{fidelity} : 'exact';
        ($call->{request}, my $refusal) = $seam->{request}->($call->{layout}, $fidelity, @$args);
        my $reply = $call->{reply} =
            defined($refusal)
            ? PVE::Network::RS::failure('unsupported', $refusal)
            : send_request($seam, $call->{request});
        $reply->{value} = $seam->{answer}->($reply->{value}, $call->{request}, @$args)
            if $seam->{answer} && exists($reply->{value});
        1;
    };
    return $@;
}

sub send_request($seam, $request) {
    PVE::Network::RS::Control::enter($seam);
    return PVE::Network::RS::ask($seam->{symbol}, $request, $seam->{attached} // ());
}

# Says who answers, and records why it is not Rust.
sub judge($call) {
    my ($engine, $decision) = $call->@{qw(engine decision)};
    my $error = $call->{reply}->{error};
    if (!$error && $engine eq 'rust') { # as nearly always
        $call->{verdict} = 'reply';
        return record($call, 'value');
    }

    my $kind = $error ? $error->{kind} : '';
    if (!$error || $IS_ANSWER{$kind}) {
        my $is_observed = $engine eq 'shadow' || $error && $decision->{confirm_errors};
        $is_observed &&= !$call->{changed};
        if (!$is_observed) {
            $call->{verdict} = 'reply';
            return record($call, $error ? 'error' : 'value');
        }
        my $can_compare = PVE::Network::RS::need('Observe');
        $call->{verdict} = $can_compare ? 'observe' : 'original';
        record($call, 'perl', used_fallback => $engine eq 'rust', reason => 'no_library') if !$can_compare;
        return;
    }

    my $is_left = $engine eq 'shadow' || $decision->{fallback_enabled};
    $is_left &&= !$call->{changed}; # see Conduct
    $call->{verdict} = $is_left ? 'original' : 'reply';
    record(
        $call, $is_left ? 'perl' : 'error',
        used_fallback => $is_left && $engine eq 'rust',
        reason => $REASON{$kind} // $kind,
        detail => $error->{message},
    );
    return;
}

# Answers with the reply: gives its warnings, does what is left to do, and returns its value; or dies
# of its error.
sub answer($call) {
    my ($value, $error) = $call->{reply}->@{qw(value error)};
    warn_of($call->{reply}) if ($call->{reply}->{warnings} // [])->@*;
    if (!$error) {
        my $apply = $call->{seam}->{apply} or return $value;
        return $apply->($value, $call->{request}, $call->{args}->@*);
    }

    my ($kind, $message) = $error->@{qw(kind message)};
    die "pve-network-rs: $call->{seam}->{name}: $kind: $message\n" if !$IS_ANSWER{$kind};
    die $message if $kind eq 'die';
    require PVE::Exception;
    PVE::Exception::raise_param_exc($error->{errors});
}

# Gives the warnings of a reply.
sub warn_of($reply) {
    for my $warning ($reply->{warnings}->@*) {
        my $log_warn = $warning->{kind} eq 'log_warn' && PVE::RESTEnvironment->can('log_warn');
        $log_warn ? $log_warn->($warning->{text}) : warn $warning->{text};
    }
    return;
}

# The arguments of a call, as if Rust had not been asked.
sub arguments_again($call) {
    my ($rewind, $request) = ($call->{seam}->{rewind}, $call->{request});
    return $rewind && $request ? $rewind->($request, $call->{args}->@*) : $call->{args}->@*;
}

# Counts the call; logs it, if something is wrong or every call is to be logged.
sub record($call, $outcome, %more) {
    # Without the pages there are no bits, and nothing to count.
    PVE::Network::RS::Control::end($call, $outcome, @more{qw(reason detail)}) if $call->{bits};
    my $is_wrong = defined($more{reason}) || $IS_DIFFERENCE{$outcome};
    return if !$is_wrong && !$call->{decision}->{log_decisions};

    PVE::Network::RS::need('Log') or return;
    PVE::Network::RS::Log::event(
        seam => $call->{seam}->{name},
        engine => $call->{engine},
        phase => $call->{decision}->{phase},
        used_fallback => $more{used_fallback} ? 'true' : 'false',
        reason => $more{reason},
        duration_us => int(1e6 * ($call->{duration} // 0)),
        outcome => $outcome,
        detail => $more{detail},
    );
    return;
}

1;
