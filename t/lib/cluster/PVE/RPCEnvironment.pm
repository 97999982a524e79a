package PVE::RPCEnvironment;

# Stand-in for pve-access-control's module where it is not installed: the environment that a test has
# set up; without one, nobody has logged in.

use v5.36;

use parent 'PVE::RESTEnvironment';

sub get(@) {
    return PVE::RESTEnvironment->get();
}

1;
