package PVE::Network::RS::Request::SectionConfig;

# Requests and answers of the reader and the writer of the section configs.

use v5.36;

# PLUGIN->parse_config($filename, $raw, $allow_unknown)
sub parse($layout, $fidelity, $class, $name, $text, $allow_unknown = undef) {
    return {
        file => $layout->{file},
        name => $name,
        text => $text,
        allow_unknown => $allow_unknown ? 1 : 0,
        options => options($class),
    };
}

# PLUGIN->write_config($filename, $cfg, $allow_unknown)
sub render($layout, $fidelity, $class, $name, $config, $allow_unknown = undef) {
    return {
        file => $layout->{file},
        config => { ids => $config->{ids} // {}, order => $config->{order} // {} },
        allow_unknown => $allow_unknown ? 1 : 0,
        options => options($class),
    };
}

# As the original, whose text is made of bytes if that is what the values are.
sub rendered($text, @) {
    utf8::downgrade($text, 1);
    return $text;
}

# Which options each type has, and which of them are optional. Where several are missing, the original
# names the first one in this order.
sub options($class) {
    my $types = $class->private()->{options};
    my %options;
    for my $type (keys %$types) {
        my $of_type = $types->{$type};
        $options{$type} = [map { [$_, $of_type->{$_}->{optional} ? 1 : 0] } keys %$of_type];
    }
    return \%options;
}

1;
