# t/golden and t/parity tell right from wrong.

use v5.36;

use Test::More;

use File::Temp ();
use JSON::XS ();

use PVE::Network::RS::TestNode;

$ENV{PVE_NETWORK_RS_LIB} = PVE::Network::RS::TestNode::library();
my $top = PVE::Network::RS::TestNode::top();
my $json = JSON::XS->new->utf8->canonical;
my $scratch = File::Temp->newdir();

my %CONFIG = (
    ifaces => {
        lo => { type => 'loopback', method => 'loopback', method6 => 'manual', priority => 1, autostart => 1, families => ['inet'] },
    },
    options => [],
);
my $HEADER = do {
    open(my $fh, '<', "$top/fixtures/golden/interfaces.ndjson") or die "$!\n";
    $json->decode(scalar(<$fh>))->{out}->{text_ifupdown} =~ s/(?<=\n\n).*//sr;
};
my $TEXT = "${HEADER}auto lo\niface lo inet loopback\n\n";

# A case that passes, but for %changes of its fields.
sub case(%changes) {
    my %in = (text => '', ip_links => {}, active => []);
    my %out = (config => \%CONFIG, text_ifupdown => $TEXT, text_ifupdown2 => $TEXT);
    return { id => 'a-case', about => 'a test', in => \%in, out => { %out, %changes } };
}

sub run(@command) {
    open(my $output, '-|', "@command 2>&1") or die "$command[0]: $!\n";
    local $/;
    return (scalar(<$output>) // '') . (close($output) ? '' : 'status ' . ($? >> 8) . "\n");
}

sub golden(@cases) {
    PVE::Network::RS::TestNode::write_file("$scratch/cases", join('', map { ref($_) ? $json->encode($_) . "\n" : $_ } @cases));
    return run("$top/t/golden", "$scratch/cases");
}

is(golden(case(), case()), "2 passed, 0 failed\n", 'cases that pass');

my %lo = $CONFIG{ifaces}->{lo}->%*;
for my $row (
    ['another text', text_ifupdown => "$TEXT\n"],
    ['a text for an error', error_ifupdown => "no\n"],
    ['a string for a number', config => { %CONFIG, ifaces => { lo => { %lo, priority => '1' } } }],
    ['null for what is missing', config => { %CONFIG, ifaces => { lo => { %lo, exists => undef } } }],
    ['a warning that is not given', warnings => ["odd\n"]],
    ['none of the ones that may be', any => [{ text_ifupdown => "$TEXT\n" }, { text_ifupdown => "$TEXT\n\n" }]],
) {
    my ($name, %changes) = @$row;
    my $case = case(%changes);
    $case->{out} = { any => [map { { $case->{out}->%*, %$_ } } $changes{any}->@*] } if $changes{any};
    delete $_->{any} for $changes{any} ? $case->{out}->{any}->@* : ();
    like(golden($case, case()), qr/^a-case: .*\n1 passed, 1 failed\nstatus 1\n\z/s, $name);
}

my $case = case();
$case->{out} = { any => [{ $case->{out}->%*, text_ifupdown => 'other' }, { $case->{out}->%*, text_ifupdown2 => 'other' }] };
is(golden($case), "1 passed, 0 failed\n", 'each field is one of those that may be');
is(golden(case(warnings => ["Use of uninitialized value at <perl>."])), "1 passed, 0 failed\n", 'a warning of Perl itself');

like(golden({ id => 'zone-1', in => { config => {} }, out => {} }), qr/^zone-1: no format takes it.*config\n0 passed, 1 failed\nstatus 1/, 'an unknown format');
like(golden("{\n"), qr/^\S+:1: not JSON: .*\n0 passed, 1 failed\nstatus 1/s, 'a line that is no case');
like(run("$top/t/golden", "$scratch/none"), qr/^\S+none: No such file.*\n0 passed, 1 failed\nstatus 1/, 'no file');
like(run("$top/t/golden"), qr/^usage: /, 'no argument');
{
    local $ENV{PVE_NETWORK_RS_LIB} = "$scratch/none.so";
    like(golden(case()), qr/^a-case: .*the original was asked.*\n0 passed, 1 failed\nstatus 1\n\z/s, 'no library');
}

my ($lo, $vlan) = (case(), case());
$lo->{in}->{text} = "auto lo\niface lo inet loopback\n";
$vlan->{in}->{text} = "auto vlan7\niface vlan7 inet manual\n\tvlan-raw-device eth0\n";
PVE::Network::RS::TestNode::write_file("$scratch/cases", map { $json->encode($_) . "\n" } $lo, $vlan);
my $parity = run("$top/t/parity", "$top/t/lib/demo", "''", "$scratch/cases");
like(
    $parity, qr/^a-case: config\n.*^6 calls answered by Rust, 0 fallbacks\n1 passed, 1 failed\nstatus 1\n\z/ms,
    'parity with an original that knows less',
);
like(run("$top/t/parity"), qr/^usage: /, 'parity with none');

done_testing();
