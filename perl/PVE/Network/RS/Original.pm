package PVE::Network::RS::Original;

# Loads the modules that our shadow files hide.
#
# A shadow file has the name of a module of the original and comes before it in @INC. It must work
# like that module whatever becomes of Rust, so nothing here but the module itself may fail.

use v5.36;

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

# The next file of that name in @INC behind $shadow; the first one, if $shadow is not in @INC.
sub find($name, $shadow) {
    my @files = grep { -f $_ } map { "$_/$name" } grep { !ref($_) } @INC;
    for my $i (reverse 0 .. $#files) {
        return $files[$i + 1] if is_same($files[$i], $shadow);
    }
    return $files[0];
}

sub is_same($one, $other) {
    my @one = stat($one) or return;
    my @other = stat($other) or return;
    return $one[0] == $other[0] && $one[1] == $other[1];
}

1;
