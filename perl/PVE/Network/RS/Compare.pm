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

# True if Rust's answer $got is one that the original can give, too: it gave $want, and then $again to
# the same call. That is so if all three are the same but for places at which the original differs
# from itself; there $got must be what it did then, or $want in another order.
sub is_random($want, $got, $again, $strict = 0) {
    my $is_same = sub($a, $b) { !defined(difference($a, $b, $strict)) };
    return 1 if $is_same->($want, $got);

    my ($type, @other_types) = map { ref($_) } $want, $got, $again;
    if (grep { $_ ne $type } @other_types) {
        # at this place, then
    } elsif ($type eq 'HASH') {
        my %count;
        $count{$_}++ for map { keys %$_ } $want, $got, $again;
        return !grep { !is_random($want->{$_}, $got->{$_}, $again->{$_}, $strict) } keys %count
            if !grep { $_ != 3 } values %count;
    } elsif ($type eq 'ARRAY' && @$want == @$got && @$want == @$again) {
        return 1 if !grep { !is_random($want->[$_], $got->[$_], $again->[$_], $strict) } 0 .. $#$want;
    }
    return 0 if $is_same->($want, $again);
    return $is_same->($got, $again) || $is_same->(map { in_order($_) } $want, $got);
}

# The same with all lists, and the lines of all texts, in one order.
sub in_order($data) {
    if (ref($data) eq 'HASH') {
        return { map { $_ => in_order($data->{$_}) } keys %$data };
    } elsif (ref($data) eq 'ARRAY') {
        my @items = map { in_order($_) } @$data;
        my %key = map { $_ => $json->encode($items[$_]) =~ s/"//gr } 0 .. $#items;
        return [map { $items[$_] } sort { $key{$a} cmp $key{$b} } 0 .. $#items];
    }
    return defined($data) && $data =~ /\n./s ? join("\n", sort(split(/\n/, $data, -1))) : $data;
}

# What a call of a seam did: { list | value | error and exception, its class; warnings }, without the
# places in texts.
sub seen($call, $seam) {
    my @warnings = grep { !is_of_perl($_) } map { "$_" } $call->{warnings}->@*;
    @warnings = grep { !/$seam->{once}/ } @warnings if $seam->{once};
    return {
        ($seam->{is_void} ? () : map { exists($call->{$_}) ? ($_ => $call->{$_}) : () } qw(list value)),
        exists($call->{error}) ? (error => error_of($call->{error}), exception => ref($call->{error})) : (),
        warnings => [map { without_place($_) } @warnings],
    };
}

# True of a warning of Perl itself.
sub is_of_perl($warning) {
    return $warning =~ $OF_PERL;
}

# The same of a reply, in that context. It has places where a function of the original died that Rust
# asked.
sub told($reply, $seam, $context) {
    my ($error, $value) = $reply->@{qw(error value)};
    my $is_param = $error && $error->{kind} eq 'param';
    return {
        $error ? (error => $error->{errors} // $error->{message}) : (),
        $error ? (exception => $is_param ? 'PVE::Exception' : '') : (),
        $error || !defined($context) || $seam->{is_void} ? ()
        : !$context ? (value => $value)
        : (list => $seam->{is_list} ? $value : [$value]),
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

# What tells one value from others, where a number and its text are the same.
sub text_of($value) {
    return '' if !defined($value);
    $value = JSON::XS::is_bool($value) ? $value + 0 : ref($value) if ref($value);
    return "=$value";
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
