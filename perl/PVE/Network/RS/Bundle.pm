package PVE::Network::RS::Bundle;

# Keeps what Rust and the original did differently: a file of JSON for each, to be looked at and to be
# replayed by `migration-ctl replay`.
#
# A file is whole or not there, holds no secret, and is no larger than a limit; there are not more than
# so many, the oldest go. Where it cannot be written, that is said once to syslog.

use v5.36;

use Digest::SHA ();
use File::Glob ();
use Fcntl qw(O_WRONLY O_CREAT O_EXCL O_NOFOLLOW);
use JSON::XS ();

use PVE::Network::RS;
use PVE::Network::RS::Log;
use PVE::Network::RS::Phase;

our $FOLDER = '/var/lib/pve-network-rs/mismatches';

# The number of the format, for readers.
my $FORMAT = 1;

# The largest file, in bytes; and how many there are, in all and of one seam.
our ($SIZE, $MOST, $MOST_OF_SEAM) = (1 << 20, 100, 20);

# So many characters of a value are kept where the whole is too large.
my $EXCERPT = 1000;

# A file that was not completed is left from a process that was killed, after so many seconds.
my $LEFT = 3600;

# What is secret, by the name before it: of an option, in a hash or in a line of a text.
my $SECRET = qr/(?:[\w.-]*[-_.])?(?:authorization|community|cookie|key|key-string|passphrase|passwd|
    password|psk|secret|ticket|token)\d*/xi;
my $IN_LINE = qr/(?<![^\s"'])$SECRET(?:[ \t]+|[ \t]*[:=][ \t]*)(\S(?:[^\n]*\S)?)/;
my $IN_URL = qr{://[^/\s:@]*:([^/\s@]+)@};

my $json = JSON::XS->new->utf8->canonical->allow_nonref;

# Stores what was found of a call: { where, context, original, rust }. Returns what went wrong, if
# anything did.
sub store($call, $found) {
    my $folder = folder();
    my $seam_name = $call->{seam}->{name};
    # In one order of its keys, or the same request would have many names.
    my $request = $json->encode(defined($call->{sent}) ? $json->decode($call->{sent}) : $found->{rust});
    my $id = substr(Digest::SHA::sha256_hex("$found->{where}\0$request"), 0, 16);
    my $name = "$seam_name-$id.json";
    return if -e "$folder/$name"; # the same difference in an answer to the same request

    opendir(my $dir, $folder) or return "$folder: $!";
    make_room($folder, $seam_name, readdir($dir));
    return write_file("$folder/.$name.tmp.$$", "$folder/$name", text($call, $found));
}

# A tainted process takes no advice from its environment.
sub folder() {
    return !${^TAINT} && $ENV{PVE_NETWORK_RS_MISMATCHES} || $FOLDER;
}

# The text of a bundle.
sub text($call, $found) {
    my ($seam, $decision) = $call->@{qw(seam decision)};
    my %bundle = (
        format => $FORMAT,
        time => PVE::Network::RS::Log::now(),
        node => PVE::Network::RS::Phase::node(),
        pid => $$,
        seam => $seam->{name},
        symbol => $seam->{symbol},
        function => $call->{layout}->{name},
        engine => $call->{engine},
        phase => $decision->{phase},
        strict_types => $decision->{strict_types} ? 1 : 0,
        context => $found->{context} ? 'list' : defined($found->{context}) ? 'scalar' : 'void',
        is_list => $seam->{is_list} ? 1 : 0,
        is_void => $seam->{is_void} ? 1 : 0,
        differs_at => $found->{where},
        versions => versions(),
        digests => digests($call),
    );
    my $obstacle =
        $seam->{run} ? 'this function asks Rust more than once, as it goes'
        : $seam->{no_replay} // (defined($call->{sent}) ? undef : 'the request was not kept');
    $bundle{not_replayable} = $obstacle if defined($obstacle);

    # Copies, as they are changed, and the caller gets what the original returned.
    my %documents = map { $_->[0] => $json->decode($_->[1]) } grep { defined($_->[1]) }
        [request => $call->{sent}], map { [$_ => $json->encode($found->{$_})] } qw(original rust);
    $bundle{redacted} = redact(\%documents);

    my $text = $json->encode({ %bundle, %documents });
    return "$text\n" if length($text) < $SIZE;

    $bundle{not_replayable} = 'all of it is ' . length($text) . ' bytes, too much to be kept';
    $bundle{excerpt} = { map { $_ => excerpt($documents{$_}, $found->{where}) } qw(original rust) };
    return $json->encode(\%bundle) . "\n";
}

sub versions() {
    my $manager = PVE::pvecfg->can('version_text');
    return {
        library => PVE::Network::RS::version(),
        abi => PVE::Network::RS::ABI,
        perl => sprintf('%vd', $^V),
        $manager ? (manager => $manager->()) : (),
    };
}

# What answered, by its bytes: the library, our own modules, and the module of the original.
sub digests($call) {
    my $module = $call->{layout}->{name} =~ s/::\w+\z//r =~ s{::}{/}gr . '.pm';
    return {
        library => digest(PVE::Network::RS::path()),
        shim => shim(),
        original => { $module => digest($INC{$module}) },
    };
}

# SHA-256 of a file; undef if it cannot be read.
sub digest($path) {
    state %known; # the library is large
    return undef if !defined($path) || !-f $path;
    my $file = join("\0", $path, (stat(_))[0, 1, 7, 9]); # device, inode, size, mtime
    return $known{$file} //= eval { Digest::SHA->new(256)->addfile($path, 'b')->hexdigest() };
}

# The same of our own modules: that of a list of theirs, as sha256sum prints it.
sub shim() {
    my $top = $INC{'PVE/Network/RS.pm'} =~ s{PVE/Network/RS\.pm\z}{}r;
    my @files = map { File::Glob::bsd_glob("${top}PVE/Network/$_") } qw(RS.pm RS/*.pm RS/*/*.pm);
    return Digest::SHA::sha256_hex(map { (digest($_) // '-') . '  ' . substr($_, length($top)) . "\n" } sort @files);
}

# Replaces all secrets in documents; the same one by the same word everywhere, so that what was equal
# stays equal. Returns how many there were.
sub redact($documents) {
    my @secrets = secrets($documents) or return 0;
    my %word = map { $secrets[$_] => 'REDACTED' . ($_ + 1) } 0 .. $#secrets;
    # Short ones are parts of all kinds of words.
    my ($long) = map { qr/($_)/ } join('|', map { quotemeta } grep { length($_) > 3 } @secrets) || '(?!)';
    for my $document (values %$documents) {
        walk($document, undef, sub {
            # What was matched once is a text from then on, so copies of it are.
            my ($old, $new) = ($_[0], $_[0]);
            $new = $word{$new} // $new if is_secret($_[1]);
            $new =~ s/$long/$word{$1}/g;
            $new =~ s{$IN_LINE}{substr($&, 0, $-[1] - $-[0]) . ($word{$1} // $1)}ge;
            $_[0] = $new if $new ne $old;
        });
    }
    return scalar(@secrets);
}

# All secrets in documents, the longest ones first.
sub secrets($documents) {
    my %secret;
    for my $name (keys %$documents) {
        walk($documents->{$name}, undef, sub($text, $option) {
            # A flag may tell whether there is such an option.
            $secret{$text} = 1 if is_secret($option) && $text !~ /^[01]?\z/;
            # A message may speak of a key: of what the engines did, only documents have lines.
            return if $name ne 'request' && $text !~ /\n./;
            for my $place ($IN_LINE, $IN_URL) {
                $secret{$1} = 1 while $text =~ /$place/g;
            }
        });
    }
    return sort { length($b) <=> length($a) || $a cmp $b } keys %secret;
}

sub is_secret($option) {
    return defined($option) && $option =~ /^$SECRET\z/;
}

# Calls $code with every text or number in $_[0], to be changed there, and the name of its option.
sub walk {
    my ($option, $code) = @_[1, 2];
    if (ref($_[0]) eq 'HASH') {
        my $hash = $_[0];
        # Some requests tell an option and its value.
        my $is_pair = exists($hash->{key}) && exists($hash->{value});
        for my $key (sort keys %$hash) {
            my $name = !$is_pair ? $key : $key eq 'value' ? $hash->{key} : '';
            walk($hash->{$key}, is_secret($option) ? $option : $name, $code);
        }
    } elsif (ref($_[0]) eq 'ARRAY') {
        walk($_, $option, $code) for $_[0]->@*;
    } elsif (defined($_[0]) && !ref($_[0])) {
        $code->($_[0], $option);
    }
    return;
}

# The value at a JSON pointer, cut.
sub excerpt($data, $pointer) {
    for my $step (map { s{~1}{/}gr =~ s/~0/~/gr } grep { length } split(m{/}, $pointer)) {
        $data = ref($data) eq 'HASH' ? $data->{$step} : ref($data) eq 'ARRAY' ? $data->[$step] : undef;
    }
    return substr(ref($data) ? $json->encode($data) : $data // 'null', 0, $EXCERPT);
}

# Lets the oldest of $names go, so that there is room for another one of that seam.
sub make_room($folder, $seam_name, @names) {
    my %time = map { $_ => (stat("$folder/$_"))[9] // 0 } grep { /^[.\w-]+\z/ } @names;
    my @bundles = sort { $time{$a} <=> $time{$b} || $a cmp $b } grep { /^\w.*\.json\z/ } keys %time;
    my %is_gone;
    my @of_seam = grep { /^\Q$seam_name\E-[0-9a-f]+\.json\z/ } @bundles;
    for ([$MOST_OF_SEAM, @of_seam], [$MOST, @bundles]) {
        my ($most, @kept) = @$_;
        @kept = grep { !$is_gone{$_} } @kept;
        $is_gone{$_} = 1 for splice(@kept, 0, @kept < $most ? 0 : @kept - $most + 1);
    }
    $is_gone{$_} = 1 for grep { /^\..*\.tmp\.\d+\z/ && time - $time{$_} > $LEFT } keys %time;
    unlink("$folder/$_") for map { /^(.*)\z/ } keys %is_gone; # untainted: they are named as ours are
    return;
}

# Returns what went wrong, if anything did.
sub write_file($new, $path, $text) {
    unlink($new); # of a process that was killed here and had our number
    sysopen(my $fh, $new, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0640) or return "$new: $!";
    return undef if print({$fh} $text) && close($fh) && rename($new, $path);
    my $problem = "$new: $!";
    unlink($new);
    return $problem;
}

1;
