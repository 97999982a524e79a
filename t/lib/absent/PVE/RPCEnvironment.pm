package PVE::RPCEnvironment;

# Stand-in for pve-access-control's module where it is not installed: who has initialised an
# environment gets that, without users and roles.

use v5.36;

use base qw(PVE::RESTEnvironment);

sub get(@) {
    return PVE::RESTEnvironment->get();
}

1;
