package PVE::Network::RS::Compare;

# Where two answers to the same call differ, one of them the original's.

use v5.36;

use JSON::XS ();
use Scalar::Util ();

my $json = JSON::XS->new->utf8->canonical->allow_nonref;

# What Perl appends to a text without a newline at its end; and more newlines, where the original
# puts such a text into a warning.
my $PLACE = qr/ at \S.* line \d+(?:, <[^>]*> (?:line|chunk) \d+)?\.\n+\z/;

# Warnings that Perl gives, not the original. They tell of its code, so Rust does not repeat them.
my $OF_PERL = qr/^(?:Use of uninitialized value|Argument ".*" isn't numeric)\b/s;

# Returns nothing if two answers are the same, else where they differ: a JSON pointer, and what is
# there on both sides. Answers are what seen() and told() return. Numbers and their texts are the
# same unless $strict.
sub difference($want, $got, $strict = 0) {
    my $view = $strict ? sub($value) { $json->encode($value) } : \&text_of;

    # Most answers are the same, and this is fast.
    return if eval { $json->encode($want) eq $json->encode($got) };
    return walk('', $want, $got, $view);
}

# What a call did: { value | error, warnings => [text, ..] }, without the places in texts.
sub seen($call) {
    my @warnings = grep { !/$OF_PERL/ } map { "$_" } $call->{warnings}->@*;
    return {
        exists($call->{value}) ? (value => $call->{value}) : (),
        exists($call->{error}) ? (error => error_of($call->{error})) : (),
        warnings => [map { s/$PLACE//r } @warnings],
    };
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
    return "$error" =~ s/$PLACE//r;
}

sub text_of($value) {
    return ref($value) ? ref($value) : $value // '(undef)';
}

# The first difference of two structures: its pointer, and the values on both sides.
sub walk($path, $want, $got, $view) {
    if (ref($want) eq 'HASH' && ref($got) eq 'HASH') {
        my %seen;
        for my $key (sort grep { !$seen{$_}++ } keys %$want, keys %$got) {
            my $below = "$path/" . $key =~ s/~/~0/gr =~ s{/}{~1}gr;
            return ($below, '(missing)', text_of($got->{$key})) if !exists($want->{$key});
            return ($below, text_of($want->{$key}), '(missing)') if !exists($got->{$key});
            my @found = walk($below, $want->{$key}, $got->{$key}, $view);
            return @found if @found;
        }
        return;
    }
    if (ref($want) eq 'ARRAY' && ref($got) eq 'ARRAY') {
        for my $i (0 .. ($#$want > $#$got ? $#$want : $#$got)) {
            return ("$path/$i", '(missing)', text_of($got->[$i])) if $i > $#$want;
            return ("$path/$i", text_of($want->[$i]), '(missing)') if $i > $#$got;
            my @found = walk("$path/$i", $want->[$i], $got->[$i], $view);
            return @found if @found;
        }
        return;
    }
    my ($left, $right) = map { $view->($_) } $want, $got;
    return $left eq $right ? () : ($path, $left, $right);
}

1;
