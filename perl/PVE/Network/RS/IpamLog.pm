package PVE::Network::RS::IpamLog;

# The log of addresses: one line for each that is given away, changed or given back, in logfmt, no
# matter which engine did it.

use v5.36;

use PVE::Network::RS::Log;

our $FILE = '/var/log/pve-network/ipam.log';

my @GUEST = qw(hostname mac vmid);

# Methods of a plugin: what they do, and the names of their arguments. The plugin's config is none
# that is looked at: it has the token. What is done with `noerr` may have failed.
my %METHOD = (
    add_ip => [allocate => qw(class config id subnet ip), @GUEST, qw(is_gateway noerr)],
    add_next_freeip => [allocate => qw(class config id subnet), @GUEST, 'noerr'],
    add_range_next_freeip => [allocate => qw(class config subnet range data noerr)],
    update_ip => [change => qw(class config id subnet ip), @GUEST, qw(is_gateway noerr)],
    del_ip => [release => qw(class config id subnet ip noerr)],
);

# The function $code, which also logs what it has done when it returns.
sub watched($seam, $code) {
    return sub {
        my @args = @_;
        if (wantarray) {
            my @list = &$code;
            done($seam, 'perl', $list[-1], @args);
            return @list;
        }
        my $value = &$code;
        done($seam, 'perl', $value, @args);
        return $value;
    };
}

# Logs what a method has done. Never dies, and leaves no trace but the line.
sub done($seam, $engine, $value, @args) {
    local ($@, $!);
    local $SIG{__DIE__} = 'DEFAULT';
    eval {
        my ($plugin, $method) = split(/\./, $seam->{name});
        my ($op, @names) = $METHOD{$method}->@*;
        my %args;
        @args{@names} = @args;

        # Without an address nothing was given away, or there was nothing to give back.
        my $address = exists($args{ip}) ? $args{ip} : $value;
        return if !$address || $args{noerr};
        my ($subnet, $guest) = ($args{subnet}, $args{data} // \%args);
        PVE::Network::RS::Log::append(
            $FILE,
            op => $op,
            ipam => $plugin eq 'ipam' ? 'pve' : $plugin,
            zone => $subnet->{zone},
            subnet => $subnet->{cidr},
            address => $address,
            (map { ($_ => $guest->{$_}) } @GUEST),
            gateway => $args{is_gateway} ? 1 : undef,
            engine => $engine,
        );
    };
    return;
}

1;
