# Every way to reach the functions, in both layouts of pve-common, leads to Rust; and what happens
# where the original is another one, or none.

use v5.36;

use Test::More;

use File::Temp ();

use PVE::Network::RS::TestNode;

*write_file = \&PVE::Network::RS::TestNode::write_file;

$ENV{PVE_NETWORK_RS_LIB} = PVE::Network::RS::TestNode::library();
my $lib = PVE::Network::RS::TestNode::top() . '/t/lib';
my $perl = PVE::Network::RS::TestNode::top() . '/perl';
my $scratch = File::Temp->newdir();
write_file($ENV{PVE_NETWORK_RS_CONFIG} = "$scratch/migration.toml", qq(phase = "rust-full"\n));

my $REPORT = qq(use PVE::Network::RS::Ways; PVE::Network::RS::Ways::report("$scratch"););

# What a program prints, standard error included, to which the folders are @INC.
sub run($code, @folders) {
    my $include = join(', ', map { qq("$_") } $perl, @folders);
    return PVE::Network::RS::TestNode::run_perl("use v5.36; use lib $include; $code");
}

my @NEW = ("$lib/layout-9.2", "$lib/demo");
my @OLD = ("$lib/layout-9.1", "$lib/demo");

for my $row (
    ['pve-common 9.1', \@OLD, 'PVE::INotify'],
    ['pve-common 9.2', \@NEW, 'PVE::INotify', 'PVE::Network::Interfaces'],
) {
    my ($name, $folders, @packages) = @$row;
    my @ways = ('registry, read', 'registry, write');
    for my $package (@packages) {
        push @ways, map { "$package, $_" } qw(read __read write __write);
    }
    for my $engine (qw(rust perl)) {
        local $ENV{PVE_NETWORK_RS} = $engine;
        my $wanted = join('', map { "$_: $engine\n" } sort @ways);
        is(run("use PVE::INotify; $REPORT", @$folders), $wanted, "$name: $engine");
    }
}

sub is_all_rust($name, $code, @folders) {
    my $report = run("$code $REPORT", @folders);
    like($report, qr/^(?:.*: rust\n){10}\z/, $name);
    return;
}

is_all_rust('the other module first', 'use PVE::Network::Interfaces; use PVE::INotify;', @NEW);
is_all_rust('folders named twice', 'use PVE::INotify;', @NEW, $perl, @NEW);
mkdir("$scratch/again");
system('cp', '-r', "$perl/PVE", "$scratch/again") == 0 or die;
is_all_rust('shims installed twice', 'use PVE::INotify;', "$scratch/again", $perl, @NEW);

subtest 'what the module looks like' => sub {
    my $load = 'use PVE::Network::Interfaces; my $name = "PVE/Network/Interfaces.pm";';
    is(run("$load print \$INC{\$name}", @NEW), "$NEW[0]/PVE/Network/Interfaces.pm", '%INC has the original');
    is(run("$load delete \$INC{\$name}; require \$name; print 'fine'", @NEW), 'fine', 'it is loaded once');

    my $name_of = 'use B; print B::svref_2object(\&{"PVE::Network::Interfaces::$function"})->GV->NAME';
    my $function = '__read_etc_network_interfaces';
    is(run("$load my \$function = '$function'; $name_of", @NEW), $function, 'its functions have their names');
};

subtest 'other originals' => sub {
    my $syslog = <<~'END';
        BEGIN { $INC{"Sys/Syslog.pm"} = 1 }
        sub Sys::Syslog::syslog { print "syslog: $_[2]\n" }
        END
    my $load = 'use PVE::Network::Interfaces; print "alive\n";';
    like(
        run("$syslog $load"),
        qr{^syslog: .*no PVE/Network/Interfaces\.pm in \@INC but our own\n(?:syslog: .*\n)*alive\n\z}, 'none',
    );

    system('mkdir', '-p', "$scratch/other/PVE/Network") == 0 or die;
    my ($other, $module) = ("$scratch/other", "$scratch/other/PVE/Network/Interfaces.pm");
    write_file($module, "package PVE::Network::Interfaces;\nsub read_all { 'all' }\n1;\n");
    like(
        run("$syslog $load print PVE::Network::Interfaces::read_all();", $other),
        qr{^(?:syslog: .*::Interfaces has no known original of interfaces\.\w+\n){2}alive\nall\z}, 'of an unknown layout',
    );

    write_file($module, "package PVE::Network::Interfaces;\ndie 'broken';\n");
    like(run($load, $other), qr{^broken at \Q$module\E line 2\.\n}, 'a broken one fails as without us');

    write_file($module, "package PVE::Network::Interfaces;\n1;\n");
    my $hook = 'BEGIN { unshift @INC, sub { die "gone" if $_[1] =~ m{RS.Dispatch}; return } }';
    like(run("$hook $load", $other), qr{^pve-network-rs: gone at .*\nalive\n\z}s, 'a fine one, but ours are broken');
};

done_testing();
