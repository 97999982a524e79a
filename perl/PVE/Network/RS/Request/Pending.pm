package PVE::Network::RS::Request::Pending;

# Requests of the comparison of the configs with what runs.

use v5.36;

# SDN::pending_config($running_cfg, $cfg, $type)
sub config($layout, $fidelity, $running, $config, $type) {
    return { running => $running, config => $config, type => $type };
}

# SDN::has_pending_changes()
sub changes($layout, $fidelity) {
    return {
        running => PVE::Network::SDN::running_config(),
        configs => {
            zones => PVE::Network::SDN::Zones::config(),
            vnets => PVE::Network::SDN::Vnets::config(),
            subnets => PVE::Network::SDN::Subnets::config(),
            controllers => PVE::Network::SDN::Controllers::config(),
        },
    };
}

# SDN::encode_value($type, $key, $value)
sub encode($layout, $fidelity, $type, $key, $value) {
    return { key => $key, value => $value };
}

1;
