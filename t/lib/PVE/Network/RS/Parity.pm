package PVE::Network::RS::Parity;

# Plays cases through the original and through Rust, and compares what a caller can see.

use v5.36;

use File::Find ();

use Cwd ();

use PVE::Network::RS::Compare;
use PVE::Network::RS::Dispatch;
use PVE::Network::RS::Golden;
use PVE::Network::RS::Message;
use PVE::Network::RS::Mutant;
use PVE::Network::RS::Mutant::Document;
use PVE::Network::RS::TestNode;

# How often the original is asked again when Rust differs. What it does may depend on Perl's hash
# order, which changes from one hash to the next; then every answer that it can give is right.
my $ATTEMPTS = 64;
# There are more orders of stanzas than that. Where Rust differs only in what may be random, it is
# enough that the original is seen to be, and that may take long.
my $MORE_ATTEMPTS = 3000;

# What Perl says of data of the wrong kind.
my $STUMBLE = qr/Can't use (?:string|an undefined value)|Not an? \w+ reference|\b[A-Z]+\(0x[\da-f]+\)/;

my $RUST_ONLY = <<'END';
phase = "rust-full"
fallback_enabled = false
log_migration_decisions = true
END

my $PERL_ONLY = <<'END';
phase = "perl-only"
[shadow]
sample = 0
END

# Functions of the original that a case calls, and their seams.
my %SEAM = (read => 'interfaces.parse', write => 'interfaces.render');

# $include: the folders of modules for scripts, see PVE::Network::RS::Source
sub new($class, $include) {
    $ENV{PVE_NETWORK_RS_LIB} = PVE::Network::RS::TestNode::library();
    my $node = PVE::Network::RS::TestNode->new();
    $node->configure($RUST_ONLY);
    # Few cases are large. The other form, t/golden plays them in, too.
    $PVE::Network::RS::Message::LARGE_TEXT = $PVE::Network::RS::Message::LARGE_CONFIG = 0;

    my (%original, %ours);
    for my $name (keys %SEAM) {
        my $function = PVE::Network::RS::Dispatch::original($SEAM{$name})
            // die "the original has nothing to replace for $SEAM{$name}\n";
        $original{$name} = $function->{code};
        $ours{$name} = \&{ $function->{name} };
    }
    return bless {
        node => $node,
        include => $include,
        original => \%original,
        ours => \%ours,
        count => { map { $_ => 0 } qw(passed failed refused rust fallback) },
    }, $class;
}

# Compares the cases of golden files.
sub replay($self, @files) {
    for my $case (map { PVE::Network::RS::Golden::cases($_) } @files) {
        my $format = $case->{problem} ? undef : PVE::Network::RS::Golden::format_of($case);
        if ($format && $format->skips($case->{in})) {
            $self->{count}->{skipped}++;
            next;
        }
        # pve-common alone is an original, too: for interfaces
        if ($format && $self->lacks($format)) {
            $self->{count}->{without_modules}++;
            next;
        }
        my @problems = $case->{problem} // $self->differences($case);
        $self->judge($case->{id}, @problems);
    }
    return;
}

# True if the original has not all modules that a format plays with. Our shadow files do not count.
sub lacks($self, $format) {
    my @folders = grep { !ref($_) && !-e "$_/PVE/Network/RS.pm" } @INC;
    for my $module ($format->modules()) {
        my $file = $module =~ s{::}{/}gr . '.pm';
        return 1 if !grep { -e "$_/$file" } @folders;
    }
    return 0;
}

# Compares mutants of the cases of golden files. The same seed makes the same mutants.
sub fuzz($self, $count, $seed, @files) {
    for my $file (@files) {
        my @inputs = map { $_->{in} } grep { $self->plays($_) } PVE::Network::RS::Golden::cases($file) or next;
        my $pool = PVE::Network::RS::Mutant::Document::pool(@inputs);
        for my $number ($seed .. $seed + $count - 1) {
            srand($number);
            my ($in, $other) = map { $inputs[rand(@inputs)] } 1 .. 2;
            my $mutant =
                PVE::Network::RS::Mutant::takes($in)
                ? PVE::Network::RS::Mutant::of($in, $other)
                : PVE::Network::RS::Mutant::Document::of($in, $pool);
            my $case = { id => "$file, seed $number", in => $mutant };
            next if !$self->plays($case) || $self->is_senseless($case);
            my @problems = $self->differences($case);
            push @problems, PVE::Network::RS::Golden::json_of($case) if @problems;
            $self->judge($case->{id}, @problems);
        }
    }
    return;
}

# True of a case at which the original stumbles: Perl itself fails, or the address of data is printed.
sub is_senseless($self, $case) {
    my $format = PVE::Network::RS::Golden::format_of($case);
    return 0 if PVE::Network::RS::Golden::problem_of($format);
    my $want = PVE::Network::RS::Golden::json_of($self->play($format, $case, 'original'));
    $self->tally();
    return $want =~ /$STUMBLE/;
}

# True of a case that can be played.
sub plays($self, $case) {
    my $format = !$case->{problem} && PVE::Network::RS::Golden::format_of($case);
    return $format && !$format->skips($case->{in}) && !$self->lacks($format);
}

# What Rust does differently; nothing where it says that it has no answer, which is counted.
sub differences($self, $case) {
    my $format = PVE::Network::RS::Golden::format_of($case);
    my $problem = PVE::Network::RS::Golden::problem_of($format);
    return $problem if defined($problem);

    my $got = $self->play($format, $case, 'ours');
    if (PVE::Network::RS::Golden::json_of($got) =~ /"pve-network-rs: \S+ unsupported: /) {
        $self->{count}->{refused}++;
        say "$case->{id}: $1" if PVE::Network::RS::Golden::json_of($got) =~ /pve-network-rs: (\S+ unsupported: [^"]*)/;
        return;
    }
    my (@wanted, @differences);
    for (1 .. $ATTEMPTS) {
        push @wanted, $self->play($format, $case, 'original');
        @differences = PVE::Network::RS::Golden::differences($format, $got, @wanted) or return;
    }
    return @differences
        if !($format->can('is_reordered') // \&is_reordered)->($format, $got, @wanted);
    for my $want (@wanted[1 .. $#wanted]) {
        return if PVE::Network::RS::Golden::differences($format, $want, $wanted[0]);
    }
    for (1 .. $MORE_ATTEMPTS) {
        my $want = $self->play($format, $case, 'original');
        return if PVE::Network::RS::Golden::differences($format, $want, $wanted[0]);
    }
    return @differences;
}

# True if two plays differ at most in the order of lists, of lines and of warnings.
sub is_reordered($format, $got, @wanted) {
    my $in_order = sub($out) {
        my %view = (%$out, warnings => [PVE::Network::RS::Golden::binding_warnings($out->{warnings})]);
        return PVE::Network::RS::Golden::json_of(PVE::Network::RS::Compare::in_order(\%view));
    };
    return grep { $in_order->($_) eq $in_order->($got) } @wanted;
}

# Plays a case by $engine, 'ours' or 'original'. A format that calls functions by their names gets the
# engine that is configured.
sub play($self, $format, $case, $engine) {
    $self->{node}->configure($engine eq 'ours' ? $RUST_ONLY : $PERL_ONLY) if $format->modules();
    return $format->play($case->{in}, $self->{$engine});
}

# Runs the original's own test scripts in $folder, with our shims in front.
sub run_tests($self, $folder) {
    my @scripts;
    my $is_script = sub { push @scripts, $_ if m{/(?:runtest|run_test_\w+)\.pl\z} };
    File::Find::find({ no_chdir => 1, wanted => $is_script }, $folder);
    $self->judge($folder, 'no test script') if !@scripts;
    for my $path (sort @scripts) {
        $self->{node}->configure($RUST_ONLY);
        $self->tally();
        my ($status, $output) = $self->run_script($path =~ m{^(.*)/([^/]+)\z});
        my $asked = $self->tally();
        my @problems = $status ? "status $status\n$output" : $asked ? () : 'Rust was not asked';
        $self->judge($path, @problems);
    }
    return;
}

sub run_script($self, $folder, $script) {
    my @include = map { "-I$_" } $self->{include}->@*;
    my @command = ($^X, @include, "-MPVE::Network::RS::InFront=$self->{node}->{folder}", $script);

    my $child = open(my $output, '-|') // die "unable to fork - $!\n";
    if (!$child) {
        open(STDERR, '>&', \*STDOUT);
        chdir($folder) && exec(@command);
        die "$folder: $!\n";
    }
    my $text = do { local $/; <$output> };
    close($output);
    return ($?, $text);
}

# Counts who answered the calls since the last time; returns how many there were.
sub tally($self) {
    my @events = $self->{node}->events();
    for my $event (@events) {
        my $is_rust = $event->{engine} eq 'rust' && $event->{used_fallback} eq 'false';
        $self->{count}->{ $is_rust ? 'rust' : 'fallback' }++;
    }
    return scalar(@events);
}

sub judge($self, $id, @problems) {
    $self->tally();
    $self->{count}->{ @problems ? 'failed' : 'passed' }++;
    print map { "$id: $_\n" } @problems;
    return;
}

# Prints the sums; returns true if Rust answered everything as the original.
sub report($self) {
    my $count = $self->{count};
    say "$count->{rust} calls answered by Rust, $count->{fallback} fallbacks";
    say "$count->{skipped} inputs skipped" if $count->{skipped};
    say "$count->{without_modules} inputs skipped: the original lacks modules that they need"
        if $count->{without_modules};
    say "$count->{refused} inputs refused by Rust as unsupported" if $count->{refused};
    say "$count->{passed} passed, $count->{failed} failed";
    return !$count->{failed} && !$count->{fallback};
}

1;
