# Hooks: what they leave in the caller's data. As the original, they make what they look into.

use v5.36;

use Test::More;

use PVE::Network::RS::Request::Hooks;

sub PVE::INotify::nodename() { return 'pve1' }
sub Evpn::type($class) { return 'evpn' }
sub Vxlan::type($class) { return 'vxlan' }

my $HOOKS = 'PVE::Network::RS::Request::Hooks';

# Asks a hook, and lets it apply what it was told.
sub call($request, $apply, $class, @args) {
    my $asked = $HOOKS->can($request)->({}, 'exact', $class, @args);
    $HOOKS->can($apply)->(0, $asked, $class, @args) if $apply;
    return $asked;
}

for my $case (
    ['zone_update', undef, 'Vxlan', ['z', {}, {}] => ['z', { ids => {} }, {}]],
    ['zone_update', undef, 'Evpn', ['z', {}, {}] => ['z', { ids => { z => {} } }, { ids => {} }]],
    [
        'zone_update', 'zone_updated', 'Evpn',
        ['z', { ids => { z => { mac => 1 }, y => undef } }, { ids => {} }],
        ['z', { ids => { z => { mac => 1 }, y => {} } }, { ids => {} }],
    ],
    ['zone_delete', undef, 'Evpn', ['z', {}] => ['z', { ids => {} }]],
    ['vnet_in_zone', undef, 'Evpn', [{}, 'v', {}] => [{ ids => {} }, 'v', {}]],
    [
        'vnet_in_zone', 'vnet_tag_checked', 'Vxlan',
        [{ ids => { v => {} } }, 'v', {}] => [{ ids => { v => {} } }, 'v', {}],
    ],
    [
        'vnet_in_zone', 'vnet_tag_checked', 'Vxlan',
        [{ ids => { v => {}, w => undef } }, 'v', {}],
        [{ ids => { v => {}, w => undef } }, 'v', { ids => {} }],
    ],
    ['controller_update', undef, 'Evpn', ['c', { ids => undef }] => ['c', { ids => {} }]],
    ['controller_delete', undef, 'Evpn', ['c', {}] => ['c', { ids => {} }]],
) {
    my ($request, $apply, $class, $args, $after) = @$case;
    call($request, $apply, $class, @$args);
    is_deeply($args, $after, join(' ', grep { defined } $request, $apply, $class));
}

for my $odd (undef, 1, []) {
    my $asked = call('controller_delete', undef, 'Evpn', 'c', $odd);
    is_deeply($asked->{zones}, $odd // {}, 'what is no hash is left as it is');
}

done_testing();
