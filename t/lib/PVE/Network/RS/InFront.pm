package PVE::Network::RS::InFront;

# Puts our shims before a script that looks for its modules itself: perl -M...::InFront=FOLDER SCRIPT
#
# All shadow files are loaded here, so that it makes no difference what the script puts into @INC.
# FOLDER has the node's migration.toml, and gets its migration.log.

use v5.36;

use File::Find ();

use PVE::Network::RS::Log;
use PVE::Network::RS::Original;
use PVE::Network::RS::Phase;
use PVE::Network::RS::TestNode;

sub import($class, $folder) {
    $PVE::Network::RS::Phase::FILE = "$folder/migration.toml";
    $PVE::Network::RS::Log::FILE = "$folder/migration.log";

    my $shims = PVE::Network::RS::TestNode::top() . '/perl';
    my @shadows;
    File::Find::find({ no_chdir => 1, wanted => sub { push @shadows, $_ if /\.pm\z/ } }, $shims);
    for my $shadow (sort @shadows) {
        my $name = $shadow =~ s{^\Q$shims\E/}{}r;
        require $name if defined(PVE::Network::RS::Original::find($name, $shadow));
    }
    return;
}

1;
