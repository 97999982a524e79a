package PVE::Network::RS::Golden::Interfaces;

# Cases of /etc/network/interfaces: read, perhaps edit, write in both dialects.
#
#   in     text or text_b64, ip_links, active, perhaps edits
#   out    config (without edits only), text_DIALECT or error_DIALECT, warnings

use v5.36;

use MIME::Base64 ();
use Storable ();

# The second argument of the writer, in the order in which the corpus was recorded.
my @DIALECTS = ([ifupdown2 => 1], [ifupdown => undef]);

sub takes($class, $in) {
    return (defined($in->{text}) || defined($in->{text_b64})) && $in->{ip_links} && $in->{active};
}

sub skips($class, $in) {
    return;
}

# They are loaded by whoever names the functions of $api.
sub modules($class) {
    return;
}

# $api: read($fh, $ip_links, $active), write($config, $ifupdown2)
sub play($class, $in, $api) {
    my (%out, @warnings);
    local $SIG{__WARN__} = sub($warning) { push @warnings, $warning };

    my $bytes = bytes_of($in);
    open(my $fh, '<', \$bytes) or die "unable to read from memory - $!\n";
    my $links = Storable::dclone($in->{ip_links});
    my $config = eval { $api->{read}->($fh, $links, [$in->{active}->@*]) };
    return { error => $@ } if !$config;

    $out{config} = Storable::dclone($config) if !$in->{edits};
    edit($config->{ifaces}, $_) for ($in->{edits} // [])->@*;
    for my $dialect (@DIALECTS) {
        my ($name, $flag) = @$dialect;
        my $text = eval { $api->{write}->(copy_of($config), $flag) };
        $out{ defined($text) ? "text_$name" : "error_$name" } = $text // $@;
    }
    $out{warnings} = \@warnings;
    return \%out;
}

# What the original leaves to Perl's hash order depends on the number of buckets, too.
sub copy_of($config) {
    my $copy = Storable::dclone($config);
    my %ifaces;
    keys(%ifaces) = 1 << rand(12);
    %ifaces = $copy->{ifaces}->%*;
    return { %$copy, ifaces => \%ifaces };
}

sub bytes_of($in) {
    return MIME::Base64::decode_base64($in->{text_b64}) if defined($in->{text_b64});
    my $bytes = $in->{text};
    utf8::encode($bytes);
    return $bytes;
}

my %EDIT = (
    'set' => sub($ifaces, $edit) { $ifaces->{ $edit->{iface} } = $edit->{value} },
    'delete' => sub($ifaces, $edit) { delete $ifaces->{ $edit->{iface} } },
    'set-key' => sub($ifaces, $edit) { $ifaces->{ $edit->{iface} }->{ $edit->{key} } = $edit->{value} },
    'delete-key' => sub($ifaces, $edit) { delete $ifaces->{ $edit->{iface} }->{ $edit->{key} } },
);

sub edit($ifaces, $edit) {
    $edit = Storable::dclone($edit);
    my $action = $EDIT{ $edit->{op} } // die "unknown edit $edit->{op}\n";
    $action->($ifaces, $edit);
    return;
}

sub is_same($class, $field, $want, $got) {
    if ($field eq 'warnings') {
        ($want, $got) = map { [binding($_ // [])] } $want, $got;
    } elsif ($field =~ /^error/ && defined($want) && defined($got)) {
        ($want, $got) = map { PVE::Network::RS::Golden::without_place($_) } $want, $got;
        # A fault of Perl itself: it is enough that the write fails.
        return 1 if $want =~ /^Can't use an undefined value as an ARRAY reference/;
    }
    my ($left, $right) = map { PVE::Network::RS::Golden::json_of($_) } $want, $got;
    return $left eq $right;
}

# True if two plays differ at most in what the original leaves to Perl's hash order: the order of
# stanzas (and with it, which lines share a blank line behind them) and of words in ovs_options, and
# which one is named of several faults.
sub is_reordered($class, $got, @wanted) {
    return grep { unordered($_) eq unordered($got) } @wanted;
}

sub unordered($out) {
    my %view = (%$out, warnings => undef, map { $_ => 1 } grep { /^error/ } keys %$out);
    for my $text (grep { /^text/ } keys %view) {
        my @lines = grep { length } split(/\n/, $view{$text});
        s/(ovs_options )(.*)/$1 . join(' ', sort(split(\/ \/, $2)))/e for @lines;
        $view{$text} = [sort @lines];
    }
    return PVE::Network::RS::Golden::json_of(\%view);
}

# The warnings of the original itself; Perl's end with a place.
sub binding($warnings) {
    return grep { /\n\z/ && PVE::Network::RS::Golden::without_place($_) eq $_ } @$warnings;
}

1;
