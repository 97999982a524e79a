package PVE::Network::RS::Original;

# Loads the modules that our shadow files hide.
#
# A shadow file has the name of a module of the original and comes before it in @INC. It must work
# like that module whatever becomes of Rust, so nothing here but the module itself may fail.

use v5.36;

my %is_shadow; # device and inode of every shadow file so far

# Loads what the file $shadow hides of $package, and puts the seams of that package in place.
sub load($package, $shadow) {
    my $name = $package =~ s{::}{/}gr . '.pm';
    my $file = find($name, $shadow);

    if (defined($file)) {
        $INC{$name} = $file; # for whoever asks where the module is
        require $file;
    }

    local ($@, $!);
    eval {
        require PVE::Network::RS::Dispatch;
        PVE::Network::RS::complain("no $name in \@INC but our own") if !defined($file);
        PVE::Network::RS::Dispatch::install($package);
        1;
    } or warn "pve-network-rs: $@";
    return;
}

# The next file of that name in @INC behind $shadow (the first one, if $shadow is not in @INC) that
# is no shadow itself: @INC may name a folder twice, and our files may be installed twice.
sub find($name, $shadow) {
    my @files = grep { -f $_ } map { "$_/$name" } grep { !ref($_) } @INC;
    my $own = id_of($shadow);
    my ($at) = grep { id_of($files[$_]) eq $own } 0 .. $#files;
    splice(@files, 0, $at) if defined($at);

    $is_shadow{$own} = 1;
    my ($next) = grep { !$is_shadow{ id_of($_) } } @files;
    return $next;
}

sub id_of($file) {
    return join(' ', (stat($file))[0, 1]); # device and inode
}

1;
