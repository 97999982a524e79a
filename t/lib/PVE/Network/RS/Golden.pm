package PVE::Network::RS::Golden;

# Replays cases of the golden corpus, see its README: a case is { id, in, out }, one a line.

use v5.36;

use JSON::XS ();

use PVE::Network::RS::Compare;
use PVE::Network::RS::Golden::Dnsmasq;
use PVE::Network::RS::Golden::Http;
use PVE::Network::RS::Golden::Interfaces;
use PVE::Network::RS::Golden::Ipam;
use PVE::Network::RS::Golden::Objects;
use PVE::Network::RS::Golden::Original;
use PVE::Network::RS::Golden::SectionConfig;
use PVE::Network::RS::Golden::Status;
use PVE::Network::RS::Golden::Vnets;
use PVE::Network::RS::Golden::Sdn;

# One module for each format. It has
#   takes($in)           true if $in is of its format
#   skips($in)           why the case cannot be played, if so
#   modules()            those of the original that it plays with
#   play($in, $api)      does what the case says by the functions of %$api, or by those of the
#                        modules; returns the fields of out
#   is_same($field, $want, $got)
#   is_reordered($got, @wanted)    true if only what is random in the original differs; may be missing
our @FORMATS = map { "PVE::Network::RS::Golden::$_" }
    qw(Interfaces Ipam Http SectionConfig Status Vnets Dnsmasq Objects Sdn Original);

my $json = JSON::XS->new->utf8->canonical->allow_nonref;

# The format of a case: of those that take it the first that can play it. Undef if none takes it.
sub format_of($case) {
    my @formats = grep { $_->takes($case->{in}) } @FORMATS;
    my ($playing) = grep { !$_->skips($case->{in}) } @formats;
    return $playing // $formats[0];
}

# True if the modules of the original are there, and not only stand-ins for them.
sub is_original() {
    state $is_original = eval {
        require PVE::SectionConfig;
        PVE::Network::RS::World::install();
        require PVE::Network::SDN::Vnets;
        1;
    } // 0;
    return $is_original;
}

# Loads what a format plays with. Returns what is missing.
sub problem_of($format) {
    for my $module ($format->modules()) {
        my $file = $module =~ s{::}{/}gr . '.pm';
        eval { require $file; 1 } or return "$module cannot be loaded: $@";
    }
    return;
}

# The cases of a file. A line that is none becomes a case with a `problem`.
sub cases($file) {
    open(my $fh, '<', $file) or return { id => $file, problem => "$!" };
    my @cases;
    while (my $line = <$fh>) {
        my $case = eval { $json->decode($line) };
        $case = { problem => "not JSON: $@" } if !$case;
        $case->{id} //= "$file:$.";
        $case->{problem} //= 'no format takes it, so no seam answers it: its input has '
            . join(', ', sort keys $case->{in}->%*)
            if !$case->{problem} && !format_of($case);
        push @cases, $case;
    }
    return @cases;
}

# Plays a case and compares; returns a text for each field that differs from all of @wanted.
sub differences($format, $got, @wanted) {
    my %fields = map { map { $_ => 1 } keys %$_ } $got, @wanted;
    my @differences;
    for my $field (sort keys %fields) {
        next if grep { $format->is_same($field, $_->{$field}, $got->{$field}) } @wanted;
        push @differences, "$field\n  want " . shown($wanted[0]->{$field})
            . "\n  got  " . shown($got->{$field});
    }
    return @differences;
}

# As JSON, in which numbers are not strings.
sub json_of($value) {
    return $json->encode($value);
}

# Those of the warnings that bind: Perl's own tell of the original's code.
sub binding_warnings($warnings) {
    return grep { !PVE::Network::RS::Compare::is_of_perl($_) } ($warnings // [])->@*;
}

# Without what Perl appends to a text that has no newline; the corpus has <perl> for the place.
sub without_place($text) {
    return $text =~ s/ at (?:<perl>\.\n*|\S.* line \d+(?:, <[^>]*> (?:line|chunk) \d+)?\.\n+)\z//r;
}

sub shown($value) {
    my $text = json_of($value);
    return length($text) > 4000 ? substr($text, 0, 4000) . '...' : $text;
}

1;
