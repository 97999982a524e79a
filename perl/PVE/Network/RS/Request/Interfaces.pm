package PVE::Network::RS::Request::Interfaces;

# Requests and answers of the reader and the writer of /etc/network/interfaces.

use v5.36;

use Scalar::Util ();

# What a write replaces: the pending file, else the file. As PVE::INotify::read_file reads.
our @FILES = ('/etc/network/interfaces.new', '/etc/network/interfaces');

# __read_etc_network_interfaces($fh, $ip_links, $active_ifaces)
sub parse($layout, $fidelity, $fh, $ip_links = undef, $active = undef) {
    return (undef, 'no plain file handle') if !Scalar::Util::openhandle($fh) || tied(*$fh);
    # The original reads lines: what a line is, the caller may have changed.
    return (undef, '$/ is not a newline') if !defined($/) || $/ ne "\n";

    # As the original, which then dies if `ip` does; it makes nothing of the answer.
    PVE::IPRoute2::altname_mapping(undef) if !defined($ip_links);

    my $links = defined($ip_links) ? facts($ip_links) : undef;
    return (undef, 'facts of an unknown shape')
        if defined($ip_links) && !defined($links) || defined($active) && ref($active) ne 'ARRAY';

    my $text = slurp($fh);
    # As the original, which reads lines: `$.` is then that of this handle, and counts them. To make it
    # so, a line is read at the end; there is one, if the file has just grown.
    my $lines = ($text =~ tr/\n//) + ($text =~ /[^\n]\z/);
    while (defined(my $more = readline($fh))) {
        $text .= $more;
    }
    $. += $lines;

    my $request =
        { text => $text, links => $links, active => $active, latin1 => $layout->{latin1} };

    # The library takes bytes. A handle may decode them: as long as all is ASCII, that is the same.
    return ($request, 'the file handle decodes')
        if utf8::is_utf8($text) && $text =~ /[^\x00-\x7f]/;
    return $request;
}

# The arguments of parse() again: the same text behind another handle.
sub parse_again($request, $fh, @facts) {
    my $text = $request->{text};
    my $layer = utf8::is_utf8($text) ? ':utf8' : '';
    utf8::encode($text) if $layer;
    open(my $again, "<$layer", \$text) or die "unable to read from memory - $!\n";
    return ($again, @facts);
}

# As the original, which hands on the lines between stanzas as it read them.
sub parsed($config, $request, @) {
    return $config if !${^TAINT};

    my $taint = substr($request->{text}, 0, 0);
    $_->[1] .= $taint for $config->{options}->@*;
    return $config;
}

# __write_etc_network_interfaces($config, $ifupdown2)
sub render($layout, $fidelity, $config, $ifupdown2 = undef) {
    my %request = (
        config => $config,
        ifupdown2 => $ifupdown2 ? 1 : 0,
        latin1 => $layout->{latin1},
    );
    return \%request if $fidelity eq 'exact';
    return { %request, fidelity => $fidelity, base => base() };
}

# As the original: the text is as tainted as what it is made of.
sub rendered($text, $request, $config, @) {
    return $text if !${^TAINT};

    my @lines = map { $_->[1] } $config->{options}->@*;
    my @values = map { values %$_ } values $config->{ifaces}->%*;
    for my $source (@lines, map { ref($_) eq 'ARRAY' ? @$_ : $_ } @values) {
        return $text . substr($source, 0, 0) if Scalar::Util::tainted($source);
    }
    return $text;
}

# The types of all interfaces of a configuration; undef stands for what is none.
sub kinds($config, @) {
    my $ifaces = ref($config) eq 'HASH' ? $config->{ifaces} : undef;
    return ref($ifaces) eq 'HASH'
        ? map { ref($_) eq 'HASH' ? $_->{type} : undef } values %$ifaces
        : undef;
}

# What of `ip -details -json link` matters, as a text; undef if it is of another shape. To make a list
# of each of thousands of links takes more time than the library has for the whole file.
#
# No name that the kernel takes holds a '/'. But the caller's data may be of another origin: the text
# starts with what separates its fields, and has it just as often as it should.
my @SEPARATORS = (
    ['/', sub($text) { $text =~ tr{/}{} }],
    ["\x7f", sub($text) { $text =~ tr{\x7f}{} }],
);

sub facts($ip_links) {
    return undef if ref($ip_links) ne 'HASH';
    for my $known (@SEPARATORS) {
        my ($separator, $count) = @$known;
        my ($text, $fields) = fields_of($ip_links, $separator) or return undef;
        return $text if $count->($text) == $fields;
    }
    return undef;
}

# NAME, TYPE, KIND, COUNT and so many other names of each link, $separator in front of each field; and
# how many fields these are.
sub fields_of($ip_links, $separator) {
    use warnings FATAL => 'uninitialized'; # the original says where its caller is wrong

    my ($text, $fields) = ('', 0);
    for my $name (keys %$ip_links) {
        my $link = $ip_links->{$name};
        return if ref($link) ne 'HASH';
        my ($type, $info, $altnames) = $link->@{qw(link_type linkinfo altnames)};
        my $kind;
        if (defined($info)) {
            return if ref($info) ne 'HASH';
            $kind = $info->{info_kind};
            return if defined($kind) && $kind eq '';
        }
        $altnames //= [];
        return if ref($altnames) ne 'ARRAY';
        $text .= join($separator, '', $name, $type // '', $kind // '', scalar(@$altnames), @$altnames);
        $fields += 4 + @$altnames;
    }
    return ($text, $fields);
}

# The rest of the file.
sub slurp($fh) {
    my $text = '';
    1 while read($fh, $text, 1 << 16, length($text));
    return $text;
}

sub base() {
    for my $file (@FILES) {
        open(my $fh, '<', $file) or next;
        return slurp($fh);
    }
    return '';
}

1;
