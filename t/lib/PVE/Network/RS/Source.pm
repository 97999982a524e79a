package PVE::Network::RS::Source;

# Where the modules of an original are: below checkouts, or below a folder with several of them.

use v5.36;

use Cwd ();
use File::Find ();

use PVE::Network::RS::TestNode;

# A folder with one of these is one of @INC. Of the rest of Proxmox VE nothing is needed: there are
# stand-ins for it.
my @MARKS = qw(PVE/INotify.pm PVE/SectionConfig.pm PVE/Network/SDN.pm);

# Folders that have no modules of their own, or only such for tests.
my $LEFT_OUT = qr{/(?:\.git|debian|test|tests|t)\z};

# The folders of Perl modules that are named, separated by ':', or are below those that are named.
# Dies if there are none.
sub folders($original) {
    my @folders;
    for my $named (split(/:/, $original)) {
        my $top = Cwd::abs_path($named) // die "$named: $!\n";
        die "$named: $!\n" if !-d $top;
        my @found;
        my $look = sub {
            return if !-d $_;
            my $is_found = grep { -e "$File::Find::name/$_" } @MARKS;
            push @found, $_ if $is_found;
            $File::Find::prune = 1 if $is_found || $_ ne $top && /$LEFT_OUT/;
        };
        File::Find::find({ no_chdir => 1, wanted => $look }, $top);
        push @folders, @found ? sort(@found) : $top;
    }
    return @folders;
}

# What @INC begins with for an original: our shims, stand-ins for the cluster, the original; and what
# it ends with, stand-ins for what is not installed.
sub include($original) {
    my $top = PVE::Network::RS::TestNode::top();
    return (["$top/perl", "$top/t/lib", "$top/t/lib/cluster", folders($original)], ["$top/t/lib/absent"]);
}

1;
