package PVE::API2::Firewall::Vnet;

# Stand-in for pve-firewall's module where it is not installed: the API has a folder without methods.

use v5.36;

use base qw(PVE::RESTHandler);

1;
