package PVE::Network::RS::Watch;

# The service `migration-ctl watch` on a root folder of its own; this process looks at its pages.

use v5.36;

use File::Basename ();
use File::Path ();
use File::Temp ();
use JSON::XS ();

use PVE::Network::RS::Control;
use PVE::Network::RS::Phase;
use PVE::Network::RS::TestNode;

my $PROGRAM = File::Basename::dirname(PVE::Network::RS::TestNode::library()) . '/migration-ctl';

# Starts the service with a migration.toml. Until it goes out of scope, its pages are this process's.
sub new($class, $text) {
    my $root = File::Temp->newdir();
    my $self = bless { root => $root, node => PVE::Network::RS::Phase::node() }, $class;
    File::Path::make_path("$root/etc/pve/nodes/$self->{node}", "$root/etc/pve/network");
    PVE::Network::RS::TestNode::write_file($self->{config} = "$root/etc/pve/network/migration.toml", $text);
    $self->start();
    $PVE::Network::RS::Control::FOLDER = $self->folder();
    PVE::Network::RS::Control::open_pages() or die "the library knows of no pages\n";
    return $self;
}

sub folder($self) {
    return "$self->{root}/run/pve-network-rs";
}

sub start($self) {
    $self->{pid} = fork() // die "unable to fork - $!\n";
    if (!$self->{pid}) {
        open(STDERR, '>', '/dev/null');
        exec($PROGRAM, '--root', $self->{root}, 'watch');
        die "$PROGRAM: $!\n";
    }
    $self->wait_for_config();
    return;
}

sub stop($self) {
    my $pid = delete($self->{pid}) // return;
    local $?;
    kill(KILL => $pid);
    waitpid($pid, 0);
    return;
}

sub DESTROY($self) {
    $self->stop();
    $PVE::Network::RS::Control::FOLDER = '/nonexistent';
    PVE::Network::RS::Control::open_pages();
}

# Puts another migration.toml in place, and waits until it is in force.
sub configure($self, $text) {
    PVE::Network::RS::TestNode::write_file("$self->{config}.new", $text);
    rename("$self->{config}.new", $self->{config}) or die "$self->{config}: $!\n";
    $self->wait_for_config();
    return;
}

sub wait_for_config($self) {
    for (1 .. 100) {
        my $state = JSON::XS::decode_json($self->ctl(qw(phase get --all-nodes --format json)));
        return if $state->{nodes}->[0]->{current};
        select(undef, undef, undef, 0.1);
    }
    die "not in force after ten seconds\n";
}

# What a command of migration-ctl prints.
sub ctl($self, @command) {
    open(my $output, '-|', $PROGRAM, '--root', $self->{root}, @command) or die "$PROGRAM: $!\n";
    local $/;
    my $text = <$output>;
    close($output) or die "@command: status $?\n";
    return $text;
}

# What was counted of a seam.
sub counts($self, $seam) {
    return JSON::XS::decode_json($self->ctl(qw(stats --format json)))->{functions}->{$seam};
}

1;
