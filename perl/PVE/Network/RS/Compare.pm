package PVE::Network::RS::Compare;

# Where two answers to the same call differ, one of them the original's.

use v5.36;

use JSON::XS ();
use Scalar::Util ();

use PVE::Network::RS;

my $json = JSON::XS->new->utf8->canonical->allow_nonref;

# What Perl appends to a text without a newline at its end; and more newlines, where the original
# puts such a text into a warning.
my $PLACE = qr/ at \S.* line \d+(?:, <[^>]*> (?:line|chunk) \d+)?\.\n+\z/;

# Warnings that Perl gives, not the original. They tell of its code, so Rust does not repeat them.
my $OF_PERL = qr/^(?:Use of uninitialized value|Argument ".*" isn't numeric)\b/s;

# The JSON pointer to the first difference of two answers, which are what seen() and told() return;
# undef if there is none. Numbers and their texts are the same unless $strict.
sub difference($want, $got, $strict = 0) {
    my $text = $strict ? sub($value) { $json->encode($value) } : \&text_of;

    # Most answers are the same, and this is fast.
    my $is_same = eval { $json->encode($want) eq $json->encode($got) };
    PVE::Network::RS::fault('bug', $@) if $@ ne '';
    return $is_same ? undef : walk('', $want, $got, $text);
}

# What a call did: { value | error, warnings => [text, ..] }, without the places in texts.
sub seen($call) {
    my @warnings = grep { !is_of_perl($_) } map { "$_" } $call->{warnings}->@*;
    return {
        exists($call->{value}) ? (value => $call->{value}) : (),
        exists($call->{error}) ? (error => error_of($call->{error})) : (),
        warnings => [map { without_place($_) } @warnings],
    };
}

# True of a warning of Perl itself.
sub is_of_perl($warning) {
    return $warning =~ $OF_PERL;
}

# The same of a reply. It has places where a function of the original died that Rust asked.
sub told($reply) {
    my $error = $reply->{error};
    return {
        exists($reply->{value}) ? (value => $reply->{value}) : (),
        $error ? (error => $error->{errors} // $error->{message}) : (),
        warnings => [map { $_->{text} =~ s/$PLACE//r } $reply->{warnings}->@*],
    };
}

# The text of an exception; of a PVE::Exception with faults by parameter, these.
sub error_of($error) {
    return $error->{errors} if Scalar::Util::reftype($error) && ref($error->{errors}) eq 'HASH';
    return without_place("$error");
}

# Without the place that Perl appends to a text that has no newline at its end.
sub without_place($text) {
    return $text =~ s/$PLACE//r;
}

sub text_of($value) {
    return ref($value) ? ref($value) : $value // '(undef)';
}

sub walk($path, $want, $got, $text) {
    if (ref($want) eq 'HASH' && ref($got) eq 'HASH') {
        my %seen;
        for my $key (sort grep { !$seen{$_}++ } keys %$want, keys %$got) {
            my $below = "$path/" . $key =~ s/~/~0/gr =~ s{/}{~1}gr;
            return $below if !exists($want->{$key}) || !exists($got->{$key});
            my $found = walk($below, $want->{$key}, $got->{$key}, $text);
            return $found if defined($found);
        }
        return undef;
    }
    if (ref($want) eq 'ARRAY' && ref($got) eq 'ARRAY') {
        for my $i (0 .. ($#$want > $#$got ? $#$want : $#$got)) {
            return "$path/$i" if $i > $#$want || $i > $#$got;
            my $found = walk("$path/$i", $want->[$i], $got->[$i], $text);
            return $found if defined($found);
        }
        return undef;
    }
    return $text->($want) eq $text->($got) ? undef : $path;
}

1;
