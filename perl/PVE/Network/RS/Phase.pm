package PVE::Network::RS::Phase;

# What migration.toml says for this node, followed while it changes.
#
# The library reads the file, see pve_network_migration_decide(); this module looks whether there is
# another one, at most once a second. No file: Perl answers everything. A bad file: what was last
# good stays in force, and syslog says once what is wrong.

use v5.36;

use Errno qw(ENOENT ENOTDIR);
use Time::HiRes ();

use PVE::Network::RS;

our $FILE = '/etc/pve/network/migration.toml';

my $PERL_ONLY = {
    phase => 'perl-only',
    fallback_enabled => 1,
    confirm_errors => 1,
    log_decisions => 0,
    sample => 0,
    strict_types => 0,
    fidelity => 'exact',
    features => {},
    seams => {},
};

my $decided = $PERL_ONLY;
my $stamp = ''; # of the file that $decided stems from; empty if there was none
my $looked_at = 0; # when the file was last looked at, in seconds

# Name of a seam => the second in which the original answers all its calls, and nothing else is to be
# done. So a call that is left to the original costs little more.
our %left;

# What is decided: phase, options, and for each seam its engine and the kinds it is limited to.
sub decided() {
    follow() if $looked_at != time;
    return $decided;
}

# Looks now whether the file has changed.
sub follow() {
    $looked_at = time;
    local ($@, $!);

    my $path = path();
    my $seen = stamp_of($path);
    return if $seen eq $stamp;

    %left = ();
    if ($seen eq '') {
        $decided = $PERL_ONLY;
    } elsif (defined(my $text = slurp($path))) {
        $decided = decide($path, $text) // $decided;
    } else {
        return complain("$path: $!"); # another time it may be read
    }
    $stamp = $seen; # of a bad file, too: it gets better only by a change
    return;
}

# The name of this node, as PVE::INotify::nodename.
sub node() {
    state $node = do {
        require Sys::Hostname;
        Sys::Hostname::hostname() =~ s/\..*//sr;
    };
    return $node;
}

# A tainted process takes no advice from its environment.
sub path() {
    return !${^TAINT} && $ENV{PVE_NETWORK_RS_CONFIG} || $FILE;
}

sub stamp_of($path) {
    my @stat = Time::HiRes::stat($path);
    return join(' ', @stat[1, 7, 9, 10]) if @stat; # inode, size, mtime, ctime
    return '' if $! == ENOENT || $! == ENOTDIR;
    return "$!";
}

sub slurp($path) {
    open(my $fh, '<', $path) or return undef;
    local $/;
    return scalar(<$fh>);
}

# What the file says; undef if that is not valid, or if there is no library to read it.
sub decide($path, $text) {
    return complain("$path: not UTF-8") if !utf8::decode($text);

    my $request = { text => $text, file => $path, node => node() };
    my $reply = PVE::Network::RS::ask('pve_network_migration_decide', $request);
    if (my $error = $reply->{error}) {
        my $is_said = $error->{kind} eq 'no_library' || $error->{kind} eq 'abi';
        return $is_said ? undef : complain($error->{message} =~ s/\s+\z//r);
    }

    return decision($reply);
}

# The decision that the library replied with.
sub decision($reply) {
    my $decision = $reply->{value};
    for my $seam (values $decision->{seams}->%*) {
        my $kinds = $seam->{kinds} or next;
        $seam->{kinds} = { map { $_ => 1 } @$kinds };
    }
    return $decision;
}

sub complain($message) {
    PVE::Network::RS::complain("$message; what was last good stays in force");
    return undef;
}

1;
