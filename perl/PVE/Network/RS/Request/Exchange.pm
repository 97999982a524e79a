package PVE::Network::RS::Request::Exchange;

# The plugins that talk to a server: Rust says which function of the original is to be called next,
# with which arguments; what comes of it is told to Rust, until the operation is done.

use v5.36;

use PVE::Network::RS::Conduct;

# Functions that are not helpers of the plugin, or not called as such.
my %CALL = (
    api_request => sub($this, @args) { PVE::Network::SDN::api_request(@args) },
    netbox_api_request => sub($this, @args) {
        PVE::Network::SDN::Ipams::NetboxPlugin::netbox_api_request($this->{config}, @args);
    },
    get_dhcp_ranges => sub($this, $subnet) { PVE::Network::SDN::Subnets::get_dhcp_ranges($subnet) },
    print => sub($this, $text) { print $text },
    add_next_freeip => sub($this, @args) {
        $this->{class}->add_next_freeip($this->{config}, @args);
    },
    del_ip => sub($this, $ip) {
        my ($id, $subnet, $noerr) = $this->{args}->@{qw(subnetid subnet noerr)};
        $this->{class}->del_ip($this->{config}, $id, $subnet, $ip, $noerr);
    },
    zone_rrset => sub($this, $zone, $name, $type) {
        my $content =
            PVE::Network::SDN::Dns::PowerdnsPlugin::get_zone_content($this->{config}, $zone);
        PVE::Network::SDN::Dns::PowerdnsPlugin::get_zone_rrset($content, $name, $type);
    },
);

# A method or a helper; the names of its arguments are in the table of seams.
sub run($call, @args) {
    my $layout = $call->{layout};
    my %args;
    @args{ $layout->{args}->@* } = @args;
    my ($class, $config) = delete @args{qw(class config)};
    my $this = { class => $class, config => $config, args => \%args, layout => $layout };

    my $error = $call->{left};
    my $exchange = { state => [], answer => undef, error => text_of($error) };
    while (1) {
        my $value = PVE::Network::RS::Conduct::ask(
            $call,
            {
                operation => $layout->{operation},
                config => $config,
                args => \%args,
                exchange => $exchange,
            },
        );
        if (exists($value->{result})) {
            $call->{left} = $error;
            return $value->{result};
        }
        (my $answer, $error) = perform($call, $this, $value->{call}, $error);
        $exchange->{state} = $value->{state};
        $exchange->{answer} = { value => $answer, error => text_of($error) };
    }
}

# Calls a function. Returns what it returns, and what is in $@ after it; before it, that is $error.
sub perform($call, $this, $asked, $error) {
    my ($name, $args) = $asked->@{qw(function args)};
    $call->{changed} = 1 if !$asked->{reads};

    my $code = $CALL{$name};
    if (!$code) {
        my $helper = "$this->{layout}->{package}::$name";
        my @first = $this->{layout}->{helpers_take_config} ? $this->{config} : ();
        no strict 'refs';
        $code = sub($this, @args) { &$helper(@first, @args) };
    }
    my ($answer, $after);
    my $is_done = eval {
        $@ = $error if !$asked->{guarded}; ## no critic (as the original)
        $answer = $code->($this, @$args);
        $after = $@;
        1;
    };
    return ($answer, $asked->{guarded} ? '' : $after) if $is_done;
    return (undef, $@) if $asked->{guarded};

    $call->{is_theirs} = 1;
    die $@;
}

sub text_of($error) {
    return defined($error) ? "$error" : '';
}

1;
