package PVE::Network::RS::Message;

# The form of requests and replies: JSON, to which what is long may be attached, behind a newline:
#
#   text    as it is: quoting it would take its time
#   data    as a document of Sereal: Perl takes less time for one than for JSON
#
# What is attached to which, the table of seams says: { request => FORM, reply => FORM }. In a request
# that is its `text`, or the data in its `config`.

use v5.36;

use PVE::Network::RS::Signals;

# So long a text, and so many interfaces, are worth the time that it takes to load Sereal; nearly all
# nodes have less.
our $LARGE_TEXT = 32_768;
our $LARGE_CONFIG = 256;

# How a document starts: a magic number, the version, and a header of length 0. But there must be no NUL
# in a request: in its place goes a start with a header that holds a number, 1, for nobody.
my $START = "=\xf3rl\x04\x00";
my $START_WITHOUT_NUL = "=\xf3rl\x04\x02\x01\x01";

my $sereal; # once it was looked for: { encoder, decoder }, or 0

# What attaches the data of $request and of its reply, see encoded(); undef if that is left to JSON.
sub sereal_for($request, $attached) {
    my $is_large;
    if (($attached->{request} // '') eq 'data') {
        my $ifaces = ref($request->{config}) eq 'HASH' ? $request->{config}->{ifaces} : undef;
        $is_large = ref($ifaces) eq 'HASH' && keys %$ifaces >= $LARGE_CONFIG;
    } elsif (($attached->{reply} // '') eq 'data') {
        $is_large = length($request->{text} // '') >= $LARGE_TEXT;
    }
    return $is_large && ($sereal //= load_sereal()) || undef;
}

# It is of use, but not needed: who has none of it loses nothing but time.
sub load_sereal() {
    local ($@, $!);
    local $SIG{__DIE__} = 'DEFAULT';
    my $loaded = PVE::Network::RS::Signals::late(sub {
        eval {
            require Sereal::Encoder;
            require Sereal::Decoder;
            $_->VERSION('4.0') for qw(Sereal::Encoder Sereal::Decoder);
            my %options = (protocol_version => 4, croak_on_bless => 1, no_shared_hashkeys => 1);
            {
                encoder => Sereal::Encoder->new(\%options),
                decoder => Sereal::Decoder->new(),
            };
        };
    });
    return $loaded || 0;
}

# $request as the library takes it: data, or a reference to a text that is JSON already. Dies if it is
# of no form that $sereal or $json has.
sub encoded($json, $request, $attached, $sereal) {
    my $form = $attached->{request} // '';
    my ($encoded, $document, $text);
    if (ref($request) eq 'SCALAR') {
        $encoded = $$request;
    } elsif ($form eq 'data' && $sereal) {
        my %rest = %$request;
        $document = $sereal->{encoder}->encode(delete $rest{config});
        die 'the data holds a NUL' if index($document, "\0", length($START)) >= 0;
        $encoded = $json->encode(\%rest);
    } elsif ($form eq 'text' && $request->{text} !~ /\0/) { # a NUL would be the end of it
        my %rest = %$request;
        $text = delete $rest{text};
        $encoded = $json->encode(\%rest);
    } else {
        $encoded = $json->encode($request);
    }

    my $of_reply = $attached->{reply} // '';
    substr($encoded, -1) = ',"attach":1}' if $of_reply eq 'text' || $sereal && $of_reply eq 'data';
    if (defined($document)) {
        substr($document, 0, length($START), "$encoded\n$START_WITHOUT_NUL");
        return $document;
    }
    return $encoded if !defined($text);

    # A tainted argument would taint all that the statement of the call sets, the pointer to the reply
    # too, and so every field of the answer. The original's fields are clean: it gets them by regexes.
    ($text) = $text =~ /\A(.*)\z/s if ${^TAINT};
    utf8::encode($text);
    return $encoded .= "\n$text";
}

# A reply of the library, as the data it stands for.
sub decoded($json, $text, $attached) {
    my $form = $attached->{reply};
    my $end = $form ? index($text, "\n") : -1;
    return $json->decode($text) if $end < 0;

    my $reply = $json->decode(substr($text, 0, $end));
    die 'not a reply' if ref($reply) ne 'HASH' || exists($reply->{value}) || exists($reply->{error});
    if ($form eq 'data') {
        $reply->{value} = $sereal->{decoder}->decode_with_offset($text, $end + 1);
    } else {
        utf8::decode($reply->{value} = substr($text, $end + 1));
    }
    return $reply;
}

1;
