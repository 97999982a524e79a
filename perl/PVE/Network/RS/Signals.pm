package PVE::Network::RS::Signals;

# Signal handlers of the program that we are in. One of them may die, wherever it happens to run, as
# that of a caller's alarm does.

use v5.36;

# Runs $code, which must not die. Signals that come meanwhile are handled after it: what is half loaded
# when a handler dies can never be loaded again.
sub late($code) {
    my @late;
    my @names = handled();
    my $answer = do {
        local @SIG{@names} = map {
            my $name = $_;
            sub { push @late, $name }
        } @names;
        $code->();
    };
    kill($_ => $$) for @late;
    return $answer;
}

# Runs $code, which must not die; true if a handler died in it.
sub noticed($code) {
    my $unfinished = 0;
    my @names = handled();
    local @SIG{@names} = map {
        my $handler = $SIG{$_};
        sub {
            $unfinished++;
            no strict 'refs'; # it may be a name
            &$handler;
            $unfinished--;
        }
    } @names;
    $code->();
    return $unfinished > 0;
}

sub handled() {
    return grep { !/^__/ && ($SIG{$_} // '') !~ /^(?:|DEFAULT|IGNORE)\z/ } keys %SIG;
}

1;
