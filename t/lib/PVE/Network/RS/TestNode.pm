package PVE::Network::RS::TestNode;

# The files of a node in a temporary folder: migration.toml and migration.log; and the library that
# this source tree was built to.

use v5.36;

use Cwd ();
use File::Basename ();
use File::Temp ();

use PVE::Network::RS::Log;
use PVE::Network::RS::Phase;

my $TOP = Cwd::abs_path(File::Basename::dirname(__FILE__) . '/../../../../..');

# A node without a migration.toml. Until it goes out of scope, this process is on it.
sub new($class) {
    my $folder = File::Temp->newdir();
    my $self = bless {
        folder => $folder,
        config => "$folder/migration.toml",
        log => "$folder/migration.log",
        was => [$PVE::Network::RS::Phase::FILE, $PVE::Network::RS::Log::FILE],
    }, $class;
    $PVE::Network::RS::Phase::FILE = $self->{config};
    $PVE::Network::RS::Log::FILE = $self->{log};
    PVE::Network::RS::Phase::follow();
    return $self;
}

sub DESTROY($self) {
    ($PVE::Network::RS::Phase::FILE, $PVE::Network::RS::Log::FILE) = $self->{was}->@*;
    PVE::Network::RS::Phase::follow();
}

# Puts a migration.toml in place, at once.
sub configure($self, $text) {
    write_file("$self->{config}.new", $text);
    rename("$self->{config}.new", $self->{config}) or die "$self->{config}: $!\n";
    PVE::Network::RS::Phase::follow();
    return;
}

# The events that were logged since the last call, as hashes.
sub events($self) {
    open(my $fh, '<', $self->{log}) or return;
    my @lines = <$fh>;
    unlink($self->{log});
    return map { parse_event($_) } @lines;
}

sub parse_event($line) {
    my %event;
    while ($line =~ /\G(\w+)=(?:"((?:[^"\\]|\\.)*)"|(\S+))\s/gc) {
        $event{$1} = $2 // $3;
    }
    die "not logfmt: $line" if pos($line) != length($line);
    return \%event;
}

# What a Perl of its own prints (standard error, too) when it runs $code with the shims in @INC.
sub run_perl($code, @options) {
    my $child = open(my $output, '-|') // die "unable to fork - $!\n";
    if (!$child) {
        open(STDERR, '>&', \*STDOUT);
        exec($^X, @options, "-I$TOP/perl", "-I$TOP/t/lib", '-e', $code);
        die "$^X: $!\n";
    }
    local $/;
    return scalar(<$output>) . (close($output) ? '' : "status $?\n");
}

sub write_file($path, @content) {
    open(my $fh, '>', $path) or die "$path: $!\n";
    print {$fh} @content;
    close($fh) or die "$path: $!\n";
    return;
}

# The top folder of the source tree.
sub top() {
    return $TOP;
}

# The library: the one that the environment names, else the one that was built last.
sub library() {
    return $ENV{PVE_NETWORK_RS_LIB} if $ENV{PVE_NETWORK_RS_LIB};
    my $target = $ENV{CARGO_TARGET_DIR} // "$TOP/target";
    my @built = grep { -e $_ } map { "$target/$_/libpve_network_rs.so" } qw(release debug);
    my ($last) = sort { -M $a <=> -M $b } @built;
    return $last // die "no library below $target: run make, or set PVE_NETWORK_RS_LIB\n";
}

1;
