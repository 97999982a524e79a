package PVE::Network::RS::Golden::SectionConfig;

# Cases of section configs: read and write back, or write.
#
#   in     op, file, text or config, allow_unknown
#   out    config and text or write_error; or text or error; warnings
#
# Parameters of the API and single sections are checked by the original alone.

use v5.36;

use Encode ();
use Storable ();

my $SDN = 'PVE::Network::SDN';

my %PLUGIN = (
    'sdn/zones.cfg' => "${SDN}::Zones::Plugin",
    'sdn/vnets.cfg' => "${SDN}::VnetPlugin",
    'sdn/subnets.cfg' => "${SDN}::SubnetPlugin",
    'sdn/controllers.cfg' => "${SDN}::Controllers::Plugin",
    'sdn/ipams.cfg' => "${SDN}::Ipams::Plugin",
    'sdn/dns.cfg' => "${SDN}::Dns::Plugin",
);

my %IS_PLAYED = map { $_ => 1 } qw(parse parse_unknown write);

sub takes($class, $in) {
    return $in->{op} && ($in->{file} || $in->{op} =~ /^(?:assert|delete)$/);
}

# The plugins are registered by these.
sub modules($class) {
    return map { "${SDN}$_" } '', '::Zones', '::Controllers', '::Ipams', '::Dns', '::Vnets', '::Subnets';
}

sub skips($class, $in) {
    return 'the original alone checks parameters' if !$IS_PLAYED{ $in->{op} };
    return 'what a file may hold is known to the plugins of the original'
        if !eval { require PVE::SectionConfig };
    return;
}

sub play($class, $in, $api) {
    my $plugin = $PLUGIN{ $in->{file} };
    my $unknown = $in->{op} eq 'parse_unknown' ? 1 : $in->{allow_unknown};
    my (%out, @warnings);
    local $SIG{__WARN__} = sub($warning) { push @warnings, $warning };

    my $config = $in->{config} && Storable::dclone($in->{config});
    if (!$config) {
        my $text = defined($in->{text}) ? Encode::encode('UTF-8', $in->{text}) : undef;
        $out{config} = $plugin->parse_config("/etc/pve/$in->{file}", $text, $unknown);
        $config = Storable::dclone($out{config});
    }
    my $text = eval { $plugin->write_config("/etc/pve/$in->{file}", $config, $unknown) };
    $out{ defined($text) ? 'text' : $in->{config} ? 'error' : 'write_error' } = $text // $@;
    $out{warnings} = \@warnings if @warnings;
    return $in->{config} ? \%out : decoded(\%out);
}

# Every text decoded.
sub decoded($value) {
    return [map { decoded($_) } @$value] if ref($value) eq 'ARRAY';
    return { map { Encode::decode('UTF-8', $_) => decoded($value->{$_}) } keys %$value }
        if ref($value) eq 'HASH';
    return defined($value) ? Encode::decode('UTF-8', "$value") : undef;
}

# The original writes the nodes of a zone in the order of a hash.
sub is_reordered($class, $got, @wanted) {
    my $sorted = sub($out) {
        my $text = ($out->{text} // '') =~ s/^(\t(?:exit)?nodes )(.*)/$1 . join(',', sort(split(m{,}, $2)))/gemr;
        return PVE::Network::RS::Golden::json_of({ %$out, text => $text, warnings => undef });
    };
    return grep { $sorted->($_) eq $sorted->($got) } @wanted;
}

sub is_same($class, $field, $want, $got) {
    return 1 if $field eq 'perl_warnings';
    ($want, $got) = map { [PVE::Network::RS::Golden::binding_warnings($_)] } $want, $got
        if $field eq 'warnings';
    return 1 if $field eq 'error' && ($want // '') =~ /^Can't use string/ && defined($got);
    ($want, $got) = map { PVE::Network::RS::Golden::Objects::plain($_) } $want, $got;
    return PVE::Network::RS::Golden::json_of($want) eq PVE::Network::RS::Golden::json_of($got);
}

1;
