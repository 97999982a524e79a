package PVE::Network::RS::Contract;

# Runs what a node reads through both engines, in one process: for `contract-test --in-process`.
#
# The original's own functions are called with this node's real files. Below them, every seam that only
# reads is tapped: Rust is asked the same, the original answers, and the two are compared. Nothing is
# written, counted or logged.

use v5.36;

use JSON::XS ();
use Storable ();
use Time::HiRes qw(clock_gettime CLOCK_MONOTONIC);

use PVE::Network::RS;
use PVE::Network::RS::Bundle;
use PVE::Network::RS::Call;
use PVE::Network::RS::Compare;
use PVE::Network::RS::Dispatch;
use PVE::Network::RS::Observe;
use PVE::Network::RS::Phase;
use PVE::Network::RS::Seams;

# The section configs: the module that has each as its config(), and whether it may be pending.
my @FILES = (
    ['zones', 'PVE::Network::SDN::Zones', 1],
    ['vnets', 'PVE::Network::SDN::Vnets', 1],
    ['subnets', 'PVE::Network::SDN::Subnets', 1],
    ['controllers', 'PVE::Network::SDN::Controllers', 1],
    ['ipams', 'PVE::Network::SDN::Ipams'],
    ['dns', 'PVE::Network::SDN::Dns'],
);

# What a node reads.
#
#   seams     the seams that are reached by it, whatever the node has
#   may       those that are, if the node has something for them
#   modules   whose functions are called
#   run       the call
my @READS = (
    {
        seams => ['interfaces.parse'],
        modules => ['PVE::INotify'],
        run => sub { PVE::INotify::read_file('interfaces') // die "/etc/network/interfaces: $!\n" },
    },
    {
        seams => ['interfaces.render'],
        modules => ['PVE::INotify'],
        run => sub { original('interfaces.render')->(PVE::INotify::read_file('interfaces')) },
    },
    map({
        my ($file, $module) = @$_;
        {
            seams => ["$file.parse"],
            modules => ['PVE::Network::SDN', $module],
            run => sub { config($module) },
        },
        {
            seams => ["$file.render"],
            modules => ['PVE::Network::SDN', $module],
            run => sub {
                my ($plugin) = name_of("$file.render") =~ /^(.+)::\w+\z/;
                original("$file.render")->($plugin, "sdn/$file.cfg", config($module));
            },
        }
    } @FILES),
    {
        seams => ['pending.config'],
        may => ['pending.encode'],
        modules => ['PVE::Network::SDN'],
        run => sub {
            for my $row (grep { $_->[2] } @FILES) {
                my ($file, $module) = @$row;
                my $running = PVE::Network::SDN::running_config();
                my $pending = PVE::Network::SDN::pending_config($running, config($module), $file);
            }
        },
    },
    {
        seams => ['pending.changes'],
        modules => ['PVE::Network::SDN'],
        run => sub { PVE::Network::SDN::has_pending_changes() },
    },
    {
        seams => ['status.zones'],
        may => ['status.messages'],
        modules => ['PVE::Network::SDN'],
        run => sub { my @zones_and_vnets = PVE::Network::SDN::Zones::status() },
    },
    {
        may => ['subnets.ranges'],
        modules => ['PVE::Network::SDN'],
        run => sub {
            my $config = PVE::Network::SDN::Subnets::config();
            for my $subnet (values(($config->{ids} // {})->%*)) {
                my $ranges = PVE::Network::SDN::Subnets::get_dhcp_ranges($subnet);
            }
        },
    },
    {
        seams => ['sdn.zones'],
        may => ['fabric.interfaces'],
        modules => ['PVE::Network::SDN'],
        run => sub {
            PVE::Network::SDN::generate_raw_etc_network_config(PVE::Network::SDN::running_config());
        },
    },
    {
        seams => ['frr.generate', 'frr.to_string'],
        may => ['controller.router_id'],
        modules => ['PVE::Network::SDN'],
        run => sub {
            my $frr = PVE::Network::SDN::generate_frr_raw_config();
            PVE::Network::SDN::Frr::raw_config_to_string($frr);
        },
    },
);

# The engines are asked as where nothing is decided for this node.
my $DECISION = { fidelity => 'exact', seams => {}, strict_types => 0 };

my %seam = map { $_->{name} => $_ } @PVE::Network::RS::Seams::SEAMS;
my %result; # name of a seam => what its calls came to
my %module; # module => '' if it is there, else why not

# Prints what the calls of all seams came to, as JSON.
sub main(%option) {
    local $DECISION->{strict_types} = $option{strict} ? 1 : 0;
    # The original may print, but not into the report.
    open(my $out, '>&', \*STDOUT) or die "standard output: $!\n";
    open(STDOUT, '>&', \*STDERR) or die "standard output: $!\n";
    prepare();
    my @results;
    for my $read (@READS) {
        my $fault = run($read);
        push @results, map { result($_, $fault) } ($read->{seams} // [])->@*;
        push @results, map { $result{$_} ? result($_) : () } ($read->{may} // [])->@*;
    }
    my $versions = PVE::Network::RS::Bundle::versions();
    my $report = {
        library => { version => $versions->{library}, sha256 => digest(PVE::Network::RS::path()) },
        original => { version => $versions->{manager}, modules => digests() },
        results => \@results,
    };
    binmode($out);
    print $out JSON::XS->new->utf8->canonical->encode($report), "\n";
    close($out) or die "standard output: $!\n";
    return;
}

# As a command of the original begins. Where it does not, that shows in what is called.
sub prepare() {
    load($_) for 'PVE::INotify', 'PVE::Network::SDN';
    eval { require PVE::RPCEnvironment; PVE::RPCEnvironment->setup_default_cli_env() };
    eval { require PVE::pvecfg };
    return;
}

# Calls what $read is about, with its seams tapped. Returns why it could not, or what it died of.
sub run($read) {
    for my $module ($read->{modules}->@*) {
        my $fault = load($module);
        return $fault if $fault;
    }
    tap($_) for map { $_->@* } grep { $_ } $read->@{qw(seams may)};
    local $SIG{__WARN__} = sub { }; # they are compared
    # Nobody compares what nobody wants.
    return eval { my $value = $read->{run}->(); 1 } ? '' : "it was not called: $@";
}

sub load($module) {
    return $module{$module} //= do {
        my $file = $module =~ s{::}{/}gr . '.pm';
        my $is_loaded = eval { require $file; 1 };
        !$is_loaded ? "$module cannot be loaded: " . first_line($@)
            : is_own($file) ? "$module is not installed"
            : '';
    };
}

# True if our shadow of a module found none behind it.
sub is_own($file) {
    my $top = $INC{'PVE/Network/RS.pm'} =~ s{/PVE/Network/RS\.pm\z}{}r;
    return $INC{$file} eq "$top/$file";
}

sub first_line($text) {
    return $text =~ s/ \(you may need to install.*//sr =~ s/\n.*//sr;
}

sub config($module) {
    my $config = $module->can('config') or die "$module has no config()\n";
    return $config->();
}

# The name of the function that a seam stands for here.
sub name_of($name) {
    my $original = PVE::Network::RS::Dispatch::original($name) or die "$name: no known original\n";
    return $original->{name};
}

# The function of that name, as callers reach it.
sub original($name) {
    no strict 'refs';
    return \&{ name_of($name) };
}

# Puts itself before the original of a seam, once.
sub tap($name) {
    my $original = PVE::Network::RS::Dispatch::original($name) or return;
    return if $result{$name} || $original->{is_tapped}++;
    my ($layout) = grep { $_->{name} eq $original->{name} } $seam{$name}->{originals}->@*;
    my $call = { seam => $seam{$name}, layout => $layout, engine => 'shadow', bits => 0 };

    no strict 'refs';
    no warnings 'redefine';
    *{ $original->{name} } = sub { both({ %$call, decision => $DECISION }, $original->{code}, wantarray, @_) };
    return;
}

# Lets both engines answer a call, and compares them; it has the original's outcome.
sub both($call, $code, $context, @args) {
    $call->{args} = \@args;
    my ($caught, $duration) = timed(sub { PVE::Network::RS::Call::attempt($call) });
    $call->{reply} = PVE::Network::RS::failure($call->{reply} ? 'bug' : 'request', "$caught")
        if defined($caught);
    @args = PVE::Network::RS::Call::arguments_again($call);
    PVE::Network::RS::Observe::keep($call);
    my ($seen, $original_duration) =
        timed(sub { PVE::Network::RS::Observe::run($code, $context, \@args) });

    my $result = $result{ $call->{seam}->{name} } //= { seam => $call->{seam}->{name}, outcome => 'equal' };
    $result->{times}++;
    $result->{rust_us} += int(1e6 * $duration);
    $result->{perl_us} += int(1e6 * $original_duration);
    my $verdict = verdict($call, $seen, $code, $context);
    # The first that is not as it should be is what is told.
    $result->@{ keys %$verdict } = values %$verdict if $result->{outcome} eq 'equal';

    die $seen->{error} if exists($seen->{error});
    return $context ? $seen->{list}->@* : $seen->{value};
}

sub timed($code) {
    my $started = clock_gettime(CLOCK_MONOTONIC);
    my $value = $code->();
    return ($value, clock_gettime(CLOCK_MONOTONIC) - $started);
}

# What a call came to: { outcome, difference | reason }.
sub verdict($call, $seen, $code, $context) {
    my $error = $call->{reply}->{error};
    my $kind = $error ? $error->{kind} : '';
    if ($kind eq 'bug') {
        my $difference = { pointer => '', perl => 'an answer', rust => { panic => $error->{message} } };
        return { outcome => 'different', difference => $difference };
    } elsif ($error && $kind ne 'die' && $kind ne 'param') {
        my $reason = "Rust leaves it to Perl: $error->{message}" =~ s/\s+\z//r;
        return { outcome => 'not_compared', reason => $reason };
    }
    my $want = PVE::Network::RS::Compare::seen($seen, $call->{seam});
    my $got = PVE::Network::RS::Compare::told($call->{reply}, $call->{seam}, $context);
    my $is_strict = $DECISION->{strict_types};
    my $where = PVE::Network::RS::Compare::difference($want, $got, $is_strict);
    return {} if !defined($where);
    return {} if PVE::Network::RS::Observe::is_random($call, $want, $got, $code, $context);
    return { outcome => 'different', difference => difference($where, $want, $got) };
}

# The place of a difference and what is there, without secrets.
sub difference($pointer, $want, $got) {
    my $sides = Storable::dclone({ perl => $want, rust => $got });
    PVE::Network::RS::Bundle::redact($sides);
    my %difference = (pointer => $pointer);
    for my $side (keys %$sides) {
        my ($is_there, $value) = at($sides->{$side}, $pointer);
        $difference{$side} = $value if $is_there;
    }
    my ($line, @lines) = differing_lines(@difference{qw(perl rust)});
    @difference{qw(line perl rust)} = ($line, @lines) if $line;
    return \%difference;
}

# What is at a place: whether there is something, and what.
sub at($data, $pointer) {
    for my $step (map { s/~1/\//gr =~ s/~0/~/gr } (split(m{/}, $pointer, -1))[1 .. $pointer =~ tr{/}{}]) {
        if (ref($data) eq 'HASH' && exists($data->{$step})) {
            $data = $data->{$step};
        } elsif (ref($data) eq 'ARRAY' && $step < @$data) {
            $data = $data->[$step];
        } else {
            return (0);
        }
    }
    return (1, $data);
}

# The first lines at which two long texts differ, and their number; nothing for what are no such texts.
sub differing_lines($perl, $rust) {
    return if grep { !defined($_) || ref($_) || !/\n./ } $perl, $rust;
    my ($left, $right) = map { [split(/\n/, $_, -1)] } $perl, $rust;
    for my $at (0 .. ($#$left > $#$right ? $#$left : $#$right)) {
        my @lines = ($left->[$at], $right->[$at]);
        return ($at + 1, @lines) if ($lines[0] // "\n") ne ($lines[1] // "\n");
    }
    return;
}

# What the calls of a seam came to; $fault is why there may be none.
sub result($name, $fault = '') {
    return $result{$name} if $result{$name};
    my $is_known = PVE::Network::RS::Dispatch::original($name);
    my $reason = $fault ne '' ? $fault =~ s/\s+\z//r : $is_known ? 'it was not called' : 'there is no known original';
    return { seam => $name, outcome => 'not_compared', times => 0, reason => $reason };
}

# SHA-256 of the modules that the originals are in.
sub digests() {
    my @names = map { $_->{name} } grep { $_ } map { PVE::Network::RS::Dispatch::original($_) } keys %seam;
    my %file = map { my $file = s/::\w+\z//r =~ s{::}{/}gr . '.pm'; $file => $INC{$file} } @names;
    return { map { $_ => digest($file{$_}) } grep { defined($file{$_}) } keys %file };
}

sub digest($path) {
    return PVE::Network::RS::Bundle::digest($path);
}

1;
