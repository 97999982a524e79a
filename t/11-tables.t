# The library's exports, its header, its table of seams and ours name the same functions; and Cargo
# knows all tests.

use v5.36;

use Test::More;

use PVE::Network::RS;
use PVE::Network::RS::Seams;
use PVE::Network::RS::TestNode;

my $library = $ENV{PVE_NETWORK_RS_LIB} = PVE::Network::RS::TestNode::library();
my $top = PVE::Network::RS::TestNode::top();
my $header = "$top/include/pve_network.h";

# What the binding itself uses, and what asks for facts, besides the seams.
my @BINDING = qw(
    pve_network_abi_version pve_network_control_begin pve_network_control_end
    pve_network_control_enter pve_network_control_open pve_network_control_seam
    pve_network_control_settings pve_network_controller_probes pve_network_frr_probes
    pve_network_migration_decide pve_network_sdn_zones_probes pve_network_status_probes
    pve_network_string_free pve_network_version
);

my @exported = sort map { / T (\S+)$/ ? $1 : () } qx(nm -D --defined-only '$library');
open(my $fh, '<', $header) or die "$header: $!\n";
my @declared = sort map { /\b(pve_network_\w+)\(/ ? $1 : () } grep { !m{^\s*(?:\*|//)} } <$fh>;
my %bound = map { $_ => 1 } @BINDING, map { $_->{symbol} } @PVE::Network::RS::Seams::SEAMS;
my @bound = sort keys %bound;

is_deeply(\@exported, \@declared, 'exports = header');
is_deeply(\@bound, \@declared, 'binding and seams = header');

my $table = PVE::Network::RS::ask(
    'pve_network_migration_decide',
    { text => qq(phase = "rust-basic-write"\n), file => 'migration.toml', node => 'pve1' },
);
my $decided = $table->{value}->{seams};
my @names = sort map { $_->{name} } @PVE::Network::RS::Seams::SEAMS;
is_deeply([sort keys %$decided], \@names, 'our seams = those of the library');

for my $seam (@PVE::Network::RS::Seams::SEAMS) {
    ok(!$decided->{ $seam->{name} }->{kinds} || $seam->{kinds}, "$seam->{name}: limited by kinds that are known");
}

# Cargo runs only what its file names.
my %named = map { $_ => 1 } slurp("$top/Cargo.toml") =~ /^path = "(.*)"$/mg;
my @tests = grep { slurp("$top/$_") =~ /#\[test\]/ } map { substr($_, length("$top/")) } glob("$top/t/rust/*.rs");
is_deeply([grep { !$named{$_} } @tests], [], 'cargo knows all tests');

sub slurp($path) {
    open(my $file, '<', $path) or die "$path: $!\n";
    local $/;
    return scalar(<$file>);
}

done_testing();
