# Every way to reach the functions, in both layouts of pve-common, leads to Rust; and what happens
# where the original is another one, or none.

use v5.36;

use Test::More;

use File::Temp ();

use PVE::Network::RS::TestNode;

$ENV{PVE_NETWORK_RS_LIB} = PVE::Network::RS::TestNode::library();
my $lib = PVE::Network::RS::TestNode::top() . '/t/lib';
my $perl = PVE::Network::RS::TestNode::top() . '/perl';
my $scratch = File::Temp->newdir();
PVE::Network::RS::TestNode::write_file("$scratch/migration.toml", qq(phase = "rust-full"\n));
PVE::Network::RS::TestNode::write_file("$scratch/interfaces", "iface eth0 inet dhcp\n");
$ENV{PVE_NETWORK_RS_CONFIG} = "$scratch/migration.toml";

# Prints who answers each way of reading and writing that the layout has.
my $WAYS = <<'END';
my $config = { ifaces => {}, options => [] };
sub memory { open(my $fh, '+<', \(my $text = "iface eth0 inet dhcp\n")) or die; return $fh }
sub by($answer) { return ref($answer) ? ($answer->{ifaces}{eth0} ? 'rust' : 'perl') : $answer =~ /original/ ? 'perl' : 'rust' }
sub written($code) { open(my $fh, '>', \my $text) or die; $code->('interfaces', $fh, { %$config }); close($fh); return $text }

my %way = ('registry, read' => by(PVE::INotify::read_file("$ENV{SCRATCH}/interfaces")));
PVE::INotify::write_file("$ENV{SCRATCH}/written", { %$config });
open(my $fh, '<', "$ENV{SCRATCH}/written") or die; 
$way{'registry, write'} = by(join('', <$fh>));
for my $package (grep { defined(&{"${_}::__read_etc_network_interfaces"}) } qw(PVE::INotify PVE::Network::Interfaces)) {
    my %ref = map { no strict 'refs'; ($_ => \&{"${package}::$_"}) } map { ("__${_}_etc_network_interfaces", "${_}_etc_network_interfaces") } qw(read write);
    $way{"$package, read"} = by($ref{read_etc_network_interfaces}->('interfaces', memory()));
    $way{"$package, __read"} = by($ref{__read_etc_network_interfaces}->(memory(), {}, []));
    $way{"$package, write"} = by(written($ref{write_etc_network_interfaces}));
    $way{"$package, __write"} = by($ref{__write_etc_network_interfaces}->({ %$config }));
}
print map { "$_: $way{$_}\n" } sort keys %way;
END

sub run($layout, $code, @options) {
    local $ENV{SCRATCH} = "$scratch";
    my $include = $layout ? qq(use lib "$perl", "$lib/$layout", "$lib/demo";) : qq(use lib "$perl";);
    return PVE::Network::RS::TestNode::run_perl("use v5.36; $include $code", @options);
}

my %PACKAGES = ('layout-9.1' => ['PVE::INotify'], 'layout-9.2' => ['PVE::INotify', 'PVE::Network::Interfaces']);

for my $layout (sort keys %PACKAGES) {
    for my $engine (qw(rust perl)) {
        local $ENV{PVE_NETWORK_RS} = $engine;
        my @ways = map { my $package = $_; map { "$package, $_" } qw(read __read write __write) } $PACKAGES{$layout}->@*;
        my $wanted = join('', map { "$_: $engine\n" } sort 'registry, read', 'registry, write', @ways);
        is(run($layout, "use PVE::INotify; $WAYS"), $wanted, "$layout: $engine");
    }
}
is(
    run('layout-9.2', 'use PVE::Network::Interfaces; use PVE::INotify; ' . $WAYS) =~ s/^.*: rust\n//gmr, '',
    'the other module first',
);

subtest 'what a module looks like' => sub {
    my $code = 'use PVE::Network::Interfaces; my $name = "PVE/Network/Interfaces.pm"; ';
    is(run('layout-9.2', "$code say \$INC{\$name};"), "$lib/layout-9.2/PVE/Network/Interfaces.pm\n", '%INC has the original');
    is(run('layout-9.2', "$code delete \$INC{\$name}; require PVE::Network::Interfaces; say 'fine'"), "fine\n", 'loaded once');
    is(
        run('layout-9.2', "$code use B; say B::svref_2object(\\&PVE::Network::Interfaces::__read_etc_network_interfaces)->GV->NAME;"),
        "__read_etc_network_interfaces\n", 'the name of the function',
    );
    my $twice = qq(use lib "$scratch/again"; );
    mkdir("$scratch/again");
    system('cp', '-r', "$perl/PVE", "$scratch/again") == 0 or die;
    is(run('layout-9.2', "$twice use PVE::INotify; $WAYS") =~ s/^.*: rust\n//gmr, '', 'shims installed twice');
};

subtest 'other originals' => sub {
    my $syslog = 'BEGIN { $INC{"Sys/Syslog.pm"} = 1; sub Sys::Syslog::syslog { print "syslog: $_[2]\n" } } ';
    like(
        run('', "$syslog use PVE::Network::Interfaces; say 'alive';"),
        qr{^syslog: .*no PVE/Network/Interfaces\.pm.*\n(?:syslog: .*no known original.*\n)+alive\n\z}, 'none at all',
    );

    my $folder = "$scratch/other/PVE/Network";
    system('mkdir', '-p', $folder) == 0 or die;
    my $other = qq(use lib "$perl", "$scratch/other"; use PVE::Network::Interfaces; );
    PVE::Network::RS::TestNode::write_file("$folder/Interfaces.pm", "package PVE::Network::Interfaces; sub read_all { 'all' } 1;\n");
    like(
        run('', "$syslog $other say PVE::Network::Interfaces::read_all();"),
        qr{^(?:syslog: .*PVE::Network::Interfaces has no known original of interfaces\.\w+.*\n){2}all\n\z}, 'of an unknown layout',
    );
    PVE::Network::RS::TestNode::write_file("$folder/Interfaces.pm", "package PVE::Network::Interfaces;\ndie 'broken';\n");
    like(run('', $other), qr{^broken at \S*/other/PVE/Network/Interfaces\.pm line 2\.\n}, 'a broken one fails as without us');
    PVE::Network::RS::TestNode::write_file("$folder/Interfaces.pm", "package PVE::Network::Interfaces;\n1;\n");
    like(
        run('', $other =~ s/(?=use PVE)/BEGIN { unshift \@INC, sub { die 'gone' if \$_[1] =~ m{RS.Dispatch}; return } } /r . 'say "alive"'),
        qr{^pve-network-rs: gone at .*\nalive\n\z}s, 'our own modules are broken',
    );
};

done_testing();
