package PVE::API2::Firewall::Vnet;

# Stand-in for pve-firewall's module where it is not installed: an API without methods.

use v5.36;

use parent 'PVE::RESTHandler';

1;
