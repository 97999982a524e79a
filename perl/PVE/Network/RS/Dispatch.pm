package PVE::Network::RS::Dispatch;

# Puts functions of our own into the place of the original's, and decides who answers their calls.
#
#   perl     the original
#   rust     Rust; where it cannot, the original
#   shadow   both: the caller gets what the original does, a difference is logged
#
# A caller cannot tell the engines apart. Whatever goes wrong in here, the original answers.

use v5.36;

use Sub::Util ();

use PVE::Network::RS;
use PVE::Network::RS::Call;
use PVE::Network::RS::Control;
use PVE::Network::RS::Phase;
use PVE::Network::RS::Seams;

my %original; # name of a seam => { name, code } of the function it stands for
my $UNKNOWN = { engine => 'perl', writes => 1 }; # what is decided of a seam that nobody knows
my %credit; # name of a seam => share of a call that is due to be sampled

# Puts the seams of $package in place. Its functions must be loaded.
sub install($package) {
    for my $seam (@PVE::Network::RS::Seams::SEAMS) {
        my @here = grep { $_->{name} =~ /^\Q$package\E::\w+\z/ } $seam->{originals}->@*;
        next if !@here || $original{ $seam->{name} };

        my ($layout) = grep { function_of($_->{name}) } $seam->{originals}->@*;
        if (!$layout) {
            PVE::Network::RS::complain("$package has no known original of $seam->{name}");
        } elsif (grep { $_ == $layout } @here) {
            replace($seam, $layout);
        }
    }
    return;
}

# The function that a seam stands for, { name, code }; undef if the seam is not in place.
sub original($seam_name) {
    return $original{$seam_name};
}

# The function of that name, or the method that a package inherits.
sub function_of($name) {
    my ($package, $function) = $name =~ /^(.+)::(\w+)\z/;
    return $package->can($function);
}

sub replace($seam, $layout) {
    my $name = $layout->{name};
    my $code = function_of($name);
    $original{ $seam->{name} } = { name => $name, code => $code };
    if ($seam->{is_logged}) {
        require PVE::Network::RS::IpamLog;
        $code = PVE::Network::RS::IpamLog::watched($seam, $code);
    }

    no strict 'refs';
    no warnings 'redefine';
    *$name = Sub::Util::set_subname($name, dispatcher($seam, $layout, $code));
    return;
}

# The function that callers reach instead of $code.
sub dispatcher($seam, $layout, $code) {
    PVE::Network::RS::Seams::load($seam);
    my $name = $seam->{name};
    my ($ask, $answer) =
        $seam->{run}
        ? (\&PVE::Network::RS::Conduct::call, \&PVE::Network::RS::Conduct::answer)
        : (\&PVE::Network::RS::Call::ask, \&PVE::Network::RS::Call::answer);
    return sub {
        goto &$code if ($PVE::Network::RS::Phase::left{$name} // 0) == time;

        my $bits = $PVE::Network::RS::Control::begin->($seam->{number} // $seam);
        goto &$code if $bits == 1;

        my ($engine, $decision, $reason) = engine_of($seam, $bits, \@_);
        my $is_left = $engine eq 'perl' || $reason;
        goto &$code if $is_left && !$reason && !$decision->{log_decisions} && $bits <= 1;

        my $call = {
            seam => $seam,
            layout => $layout,
            bits => $bits,
            engine => $engine,
            decision => $decision,
        };
        if ($is_left) {
            left_to_perl($call, $reason);
            goto &$code;
        }

        $ask->($call, @_);
        return $answer->($call) if $call->{verdict} eq 'reply';
        if ($call->{verdict} eq 'original') {
            @_ = PVE::Network::RS::Call::arguments_again($call);
            goto &$code;
        }

        my $seen = PVE::Network::RS::Observe::observe($call, $code, wantarray);
        if (exists($seen->{error})) {
            local $SIG{__DIE__} = 'DEFAULT'; # it was called where the original died
            die $seen->{error};
        }
        return wantarray ? $seen->{list}->@* : $seen->{value};
    };
}

# Which engine answers a call. Returns its name and what is decided for this node; and the reason,
# if the original has to answer all the same.
#
# This is the one place that knows. It is told by the pages that the processes of the node share, or
# else by migration.toml. A share of what Perl answers is sampled, that is shadowed.
sub engine_of($seam, $bits, $args) {
    my $told = $bits ? PVE::Network::RS::Control::told($bits) : undef;
    my $decision = $told ? $told->{decision} : PVE::Network::RS::Phase::decided();
    my $chosen = $decision->{seams}->{ $seam->{name} } // $UNKNOWN;
    my $engine = ($told // $chosen)->{engine};
    my $kinds = $chosen->{kinds};
    if ($kinds) {
        $engine = 'perl' if grep { !defined($_) || !$kinds->{$_} } $seam->{kinds}->(@$args);
    }
    # What has effects is not done twice.
    my $sample = $seam->{run} || $chosen->{writes} ? 0 : $told ? $told->{sampled} : $decision->{sample};
    $engine = 'shadow' if $sample && $engine eq 'perl' && ($told || is_sampled($seam, $sample));
    $engine = 'perl' if $engine eq 'shadow' && $seam->{run};

    my $is_settled = $engine eq 'perl' && !$kinds && !$sample; # whatever the arguments are
    $PVE::Network::RS::Phase::left{ $seam->{name} } = time
        if $is_settled && !$told && !$decision->{log_decisions};

    my ($least, $most) = $seam->{arity}->@*;
    $engine = 'perl' if @$args < $least || @$args > $most;
    return ($engine, $decision) if $engine eq 'perl';
    return ($engine, $decision, 'kill_switch') if ($ENV{PVE_NETWORK_RS} // '') eq 'perl';
    return ($engine, $decision, $told ? $told->{reason} : undef);
}

sub left_to_perl($call, $reason) {
    my $used_fallback = $call->{engine} eq 'rust' && defined($reason);
    PVE::Network::RS::Call::record($call, 'perl', used_fallback => $used_fallback, reason => $reason);
    return;
}

# True for every so many calls that they are $share of all. Not by rand(): a seed that is drawn
# before a daemon forks would give all its workers the same random numbers.
sub is_sampled($seam, $share) {
    my $credit = \($credit{ $seam->{name} } //= $$ / 1000 - int($$ / 1000));
    $$credit += $share;
    return 0 if $$credit < 1;
    $$credit -= 1;
    return 1;
}

1;
