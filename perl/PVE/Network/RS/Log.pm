package PVE::Network::RS::Log;

# Logs in logfmt, one line an event; the migration log is one of them.

use v5.36;

use Fcntl qw(O_WRONLY O_APPEND O_CREAT O_NOFOLLOW);
use Time::HiRes ();

use PVE::Network::RS;
use PVE::Network::RS::Phase;

our $FILE = '/var/log/pve-network/migration.log';

# The longest value, in characters: a line names what happened, it is no place for documents.
my $LONGEST = 200;

my %ESCAPE = ("\n" => '\n', "\r" => '\r', "\t" => '\t', '"' => '\"', '\\' => '\\\\');

# Appends an event.
sub event(@fields) {
    append($FILE, @fields);
    return;
}

# Appends a line to a log. Where that cannot be, as without a folder, syslog says so once, and nothing
# is logged.
#
# Many processes share the file: a line is one write, and O_APPEND keeps writes apart.
sub append($file, @fields) {
    local $!;
    sysopen(my $fh, $file, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW, 0640)
        or return PVE::Network::RS::complain("$file: $!; what belongs into it is lost");
    syswrite($fh, line(time => now(), node => PVE::Network::RS::Phase::node(), pid => $$, @fields));
    return;
}

# Pairs of names and values as one line of bytes; a pair without a value is left out.
sub line(@fields) {
    my @words;
    while (my ($name, $value) = splice(@fields, 0, 2)) {
        push @words, "$name=" . quote($value) if defined($value);
    }
    my $line = join(' ', @words) . "\n";
    utf8::encode($line);
    return $line;
}

sub quote($value) {
    return $value if $value =~ /^[\w.:,+@\/-]+\z/a && length($value) <= $LONGEST;

    $value = substr($value, 0, $LONGEST) . '...' if length($value) > $LONGEST;
    $value =~ s/(["\\]|[[:cntrl:]])/$ESCAPE{$1} \/\/ sprintf('\x%02x', ord($1))/ge;
    return qq("$value");
}

# RFC 3339, in UTC.
sub now() {
    my ($seconds, $micros) = Time::HiRes::gettimeofday();
    my ($second, $minute, $hour, $day, $month, $year) = gmtime($seconds);
    return sprintf(
        '%04d-%02d-%02dT%02d:%02d:%02d.%03dZ',
        $year + 1900, $month + 1, $day, $hour, $minute, $second, $micros / 1000,
    );
}

1;
