package PVE::Cluster;

# Stand-in for pve-cluster's module where it is not installed: cluster files live in memory. Tests
# set them, and look what became of them.

use v5.36;

use Exporter qw(import);

our @EXPORT_OK = qw(cfs_register_file cfs_read_file cfs_write_file cfs_lock_file cfs_update);

my %parser; # file => sub($file, $text)
my %writer; # file => sub($file, $data)
our %TEXT; # file => its text
our %LOCK_FAULT; # id of a lock => what taking it dies of

sub cfs_register_file($file, $parser, $writer = undef) {
    die "file '$file' already registered" if exists($parser{$file});
    $parser{$file} = $parser;
    $writer{$file} = $writer;
    return;
}

sub cfs_read_file($file) {
    my $parser = $parser{$file} // die "unknown file '$file'\n";
    return $parser->("/etc/pve/$file", $TEXT{$file});
}

sub cfs_write_file($file, $data, $force_utf8 = undef) {
    my $writer = $writer{$file} // die "unknown file '$file'\n";
    $TEXT{$file} = $writer->("/etc/pve/$file", $data);
    return;
}

sub cfs_lock_file($file, $timeout, $code, @param) {
    return locked('file-' . $file =~ tr{./}{_}r, $code, @param);
}

sub cfs_lock_domain($domain, $timeout, $code, @param) {
    return locked("domain-$domain", $code, @param);
}

# As the original: what the code dies with is in $@.
sub locked($lock, $code, @param) {
    my $result = eval {
        die $LOCK_FAULT{$lock} if defined($LOCK_FAULT{$lock});
        $code->(@param);
    };
    return $@ ? undef : $result;
}

sub cfs_update($fail = undef) { return }

sub check_cfs_quorum($noerr = undef) { return 1 }

1;
