//! THE table of seams: the Perl functions that Rust can answer.

use super::Phase;

/// What running a seam does besides returning a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Nothing: both engines may run, and be compared, on every call.
    Pure,
    /// The original writes files, takes locks or talks to a server.
    Writes,
}

/// One Perl function that Rust can answer.
#[derive(Debug)]
pub struct Seam {
    /// Its name in `migration.toml`, logs and metrics: area, dot, verb.
    pub name: &'static str,
    /// The C function that answers it.
    pub symbol: &'static str,
    /// The phase from which on Rust answers.
    pub phase: Phase,
    /// Until this phase, Rust answers only if the input holds no other kinds than `kinds`.
    pub limited_until: Option<Phase>,
    /// The kinds of interfaces that a limited seam answers for.
    pub kinds: &'static [&'static str],
    /// What running it does.
    pub effect: Effect,
    /// What it answers, in a few words.
    pub about: &'static str,
}

/// The original's modules of the interfaces file; its reader and writer are in either of them.
const INTERFACES: &[&str] = &["PVE/INotify.pm", "PVE/Network/Interfaces.pm"];
/// Those of SDN: they call each other in every direction.
const SDN: &[&str] = &["PVE/Network/SDN.pm", "PVE/Network/SDN", "PVE/SectionConfig.pm"];

impl Seam {
    /// True if what it answers is only looked at; else something is changed by it, or not changed
    /// because of it.
    pub fn is_read(&self) -> bool {
        self.phase == Phase::RustReadOnly || self.symbol == PARSE
    }

    /// The modules of the original that its answers depend on: files, or folders with all modules in
    /// them, below a folder of Perl modules.
    pub fn originals(&self) -> &'static [&'static str] {
        if self.name.starts_with("interfaces.") { INTERFACES } else { SDN }
    }
}

/// A seam without effects, for all inputs from `phase` on.
const fn pure(phase: Phase, name: &'static str, symbol: &'static str, about: &'static str) -> Seam {
    Seam { name, symbol, phase, limited_until: None, kinds: &[], effect: Effect::Pure, about }
}

/// A seam of [`Phase::RustReadOnly`].
const fn reads(name: &'static str, symbol: &'static str, about: &'static str) -> Seam {
    pure(Phase::RustReadOnly, name, symbol, about)
}

/// A seam of [`Phase::RustSdn`] without effects.
const fn sdn(name: &'static str, symbol: &'static str, about: &'static str) -> Seam {
    pure(Phase::RustSdn, name, symbol, about)
}

/// A seam of [`Phase::RustSdn`] that also changes something, if only its arguments.
const fn sdn_writes(name: &'static str, symbol: &'static str, about: &'static str) -> Seam {
    Seam { effect: Effect::Writes, ..sdn(name, symbol, about) }
}

/// A seam of [`Phase::RustFull`].
const fn full(name: &'static str, symbol: &'static str, about: &'static str) -> Seam {
    pure(Phase::RustFull, name, symbol, about)
}

const HOOKS: &str = "pve_network_hooks_check";
const PARSE: &str = "pve_network_section_config_parse";
const RENDER: &str = "pve_network_section_config_render";
const IPAM: &str = "pve_network_ipam_pve";
const MACS: &str = "pve_network_ipam_macs";
const NETBOX: &str = "pve_network_ipam_netbox";
const PHPIPAM: &str = "pve_network_ipam_phpipam";
const POWERDNS: &str = "pve_network_dns_powerdns";

/// Every seam, by area.
pub const SEAMS: &[Seam] = &[
    Seam {
        name: "interfaces.parse",
        symbol: "pve_network_interfaces_parse",
        phase: Phase::RustReadOnly,
        limited_until: None,
        kinds: &[],
        effect: Effect::Pure,
        about: "/etc/network/interfaces, from text",
    },
    Seam {
        name: "interfaces.render",
        symbol: "pve_network_interfaces_render",
        phase: Phase::RustBasicWrite,
        limited_until: Some(Phase::RustAdvanced),
        kinds: &["eth", "loopback", "alias", "dummy"],
        effect: Effect::Pure,
        about: "/etc/network/interfaces, to text",
    },
    Seam {
        name: "sdn.zones",
        symbol: "pve_network_sdn_zones_generate",
        phase: Phase::RustSdn,
        limited_until: None,
        kinds: &[],
        effect: Effect::Pure,
        about: "interfaces.d/sdn, the part of the zones",
    },
    reads("pending.config", "pve_network_pending_config", "what the next apply changes"),
    reads(
        "pending.changes",
        "pve_network_pending_changes",
        "whether the next apply changes anything",
    ),
    reads("pending.encode", "pve_network_pending_encode", "values as the API shows them"),
    reads("status.zones", "pve_network_status_zones", "the state of zones and vnets"),
    reads("status.messages", "pve_network_status_messages", "what is wrong with a vnet"),
    sdn("subnets.ranges", "pve_network_subnets_ranges", "the DHCP ranges of a subnet"),
    sdn("subnets.find", "pve_network_subnets_find", "the subnet of an address"),
    sdn("subnets.validate", "pve_network_subnets_validate", "DHCP ranges before they are saved"),
    sdn_writes("subnets.update", "pve_network_subnets_update", "subnets before they are saved"),
    sdn("hooks.zone_delete", HOOKS, "zones before they are deleted"),
    sdn_writes("hooks.zone_update_evpn", HOOKS, "EVPN zones before they are saved"),
    sdn("hooks.zone_update_vxlan", HOOKS, "VXLAN zones before they are saved"),
    sdn_writes("hooks.vnet_in_simple", HOOKS, "vnets of simple zones before they are saved"),
    sdn("hooks.vnet_in_vlan", HOOKS, "vnets of VLAN zones before they are saved"),
    sdn("hooks.vnet_in_qinq", HOOKS, "vnets of QinQ zones before they are saved"),
    sdn("hooks.vnet_in_vxlan", HOOKS, "vnets of VXLAN zones before they are saved"),
    sdn("hooks.vnet_in_evpn", HOOKS, "vnets of EVPN zones before they are saved"),
    sdn("hooks.vnet_update", HOOKS, "vnets before they are saved"),
    sdn("hooks.vnet_delete", HOOKS, "vnets before they are deleted"),
    sdn("hooks.controller_update_evpn", HOOKS, "EVPN controllers before they are saved"),
    sdn("hooks.controller_update_bgp", HOOKS, "BGP controllers before they are saved"),
    sdn("hooks.controller_update_isis", HOOKS, "IS-IS controllers before they are saved"),
    sdn("hooks.controller_delete_evpn", HOOKS, "EVPN controllers before they are deleted"),
    sdn("hooks.controller_delete_bgp", HOOKS, "BGP controllers before they are deleted"),
    sdn_writes("dnsmasq.subnet", "pve_network_dnsmasq_subnet", "the lines of a subnet"),
    sdn_writes("dnsmasq.vnet", "pve_network_dnsmasq_vnet", "the file of a vnet"),
    sdn_writes("dnsmasq.zone", "pve_network_dnsmasq_zone", "the files of a zone"),
    sdn_writes("dnsmasq.mapping", "pve_network_dnsmasq_ethers", "the addresses of a guest"),
    full("zones.parse", PARSE, "sdn/zones.cfg, from text"),
    full("zones.render", RENDER, "sdn/zones.cfg, to text"),
    full("vnets.parse", PARSE, "sdn/vnets.cfg, from text"),
    full("vnets.render", RENDER, "sdn/vnets.cfg, to text"),
    full("subnets.parse", PARSE, "sdn/subnets.cfg, from text"),
    full("subnets.render", RENDER, "sdn/subnets.cfg, to text"),
    full("controllers.parse", PARSE, "sdn/controllers.cfg, from text"),
    full("controllers.render", RENDER, "sdn/controllers.cfg, to text"),
    full("ipams.parse", PARSE, "sdn/ipams.cfg, from text"),
    full("ipams.render", RENDER, "sdn/ipams.cfg, to text"),
    full("dns.parse", PARSE, "sdn/dns.cfg, from text"),
    full("dns.render", RENDER, "sdn/dns.cfg, to text"),
    sdn_writes("ipam.add_subnet", IPAM, "the built-in IPAM: a new subnet"),
    sdn_writes("ipam.del_subnet", IPAM, "the built-in IPAM: a subnet that goes"),
    sdn_writes("ipam.add_ip", IPAM, "the built-in IPAM: a new address"),
    sdn_writes("ipam.del_ip", IPAM, "the built-in IPAM: an address that goes"),
    sdn_writes("ipam.add_next_freeip", IPAM, "the built-in IPAM: the next free address"),
    sdn_writes(
        "ipam.add_range_next_freeip",
        IPAM,
        "the built-in IPAM: the next free address of a range",
    ),
    sdn("ipam.get_ips_from_mac", IPAM, "the built-in IPAM: the addresses of a MAC address"),
    sdn_writes("macs.add_cache_mac_ip", MACS, "the cache: a new address of a MAC address"),
    sdn_writes("macs.del_cache_mac_ip", MACS, "the cache: an address of a MAC address that goes"),
    sdn_writes("macs.get_ips_from_mac", MACS, "the cache: the addresses of a MAC address"),
    sdn_writes("netbox.add_subnet", NETBOX, "NetBox: a new subnet"),
    sdn_writes("netbox.update_subnet", NETBOX, "NetBox: the ranges of a subnet"),
    sdn_writes("netbox.del_subnet", NETBOX, "NetBox: a subnet that goes"),
    sdn_writes("netbox.add_ip", NETBOX, "NetBox: a new address"),
    sdn_writes("netbox.update_ip", NETBOX, "NetBox: what is known of an address"),
    sdn_writes("netbox.add_next_freeip", NETBOX, "NetBox: the next free address"),
    sdn_writes("netbox.add_range_next_freeip", NETBOX, "NetBox: the next free address of a range"),
    sdn_writes("netbox.del_ip", NETBOX, "NetBox: an address that goes"),
    sdn_writes("netbox.get_ips_from_mac", NETBOX, "NetBox: the addresses of a MAC address"),
    sdn_writes("netbox.verify_api", NETBOX, "NetBox: whether it answers"),
    sdn_writes("netbox.on_update_hook", NETBOX, "NetBox: whether it answers"),
    sdn_writes("netbox.add_dhcp_range", NETBOX, "NetBox: a new range"),
    sdn_writes("netbox.del_dhcp_range", NETBOX, "NetBox: a range that goes"),
    sdn_writes("netbox.get_prefix_id", NETBOX, "NetBox: the id of a subnet"),
    sdn_writes("netbox.get_iprange_id", NETBOX, "NetBox: the id of a range"),
    sdn_writes("netbox.get_ip_id", NETBOX, "NetBox: the id of an address"),
    sdn_writes("netbox.is_ip_gateway", NETBOX, "NetBox: whether an address is a gateway"),
    sdn_writes("netbox.is_prefix_empty", NETBOX, "NetBox: whether a subnet is in use"),
    sdn_writes("phpipam.add_subnet", PHPIPAM, "phpIPAM: a new subnet"),
    sdn_writes("phpipam.del_subnet", PHPIPAM, "phpIPAM: a subnet that goes"),
    sdn_writes("phpipam.add_ip", PHPIPAM, "phpIPAM: a new address"),
    sdn_writes("phpipam.update_ip", PHPIPAM, "phpIPAM: what is known of an address"),
    sdn_writes("phpipam.add_next_freeip", PHPIPAM, "phpIPAM: the next free address"),
    sdn_writes(
        "phpipam.add_range_next_freeip",
        PHPIPAM,
        "phpIPAM: the next free address of a range",
    ),
    sdn_writes("phpipam.del_ip", PHPIPAM, "phpIPAM: an address that goes"),
    sdn_writes("phpipam.get_ips_from_mac", PHPIPAM, "phpIPAM: the addresses of a MAC address"),
    sdn_writes("phpipam.verify_api", PHPIPAM, "phpIPAM: whether it answers"),
    sdn_writes("phpipam.on_update_hook", PHPIPAM, "phpIPAM: whether it answers"),
    sdn_writes("phpipam.get_prefix_id", PHPIPAM, "phpIPAM: the id of a subnet"),
    sdn_writes("phpipam.get_ip_id", PHPIPAM, "phpIPAM: the id of an address"),
    sdn_writes("phpipam.is_ip_gateway", PHPIPAM, "phpIPAM: whether an address is a gateway"),
    sdn_writes("powerdns.add_a_record", POWERDNS, "PowerDNS: a new address of a name"),
    sdn_writes("powerdns.add_ptr_record", POWERDNS, "PowerDNS: a new name of an address"),
    sdn_writes("powerdns.del_a_record", POWERDNS, "PowerDNS: an address of a name that goes"),
    sdn_writes("powerdns.del_ptr_record", POWERDNS, "PowerDNS: a name of an address that goes"),
    sdn_writes("powerdns.verify_zone", POWERDNS, "PowerDNS: whether it has a zone"),
    sdn_writes("powerdns.on_update_hook", POWERDNS, "PowerDNS: whether it answers"),
    sdn("dns.reverse_zone", "pve_network_dns_reverse_zone", "the zone of a reverse name"),
    sdn("frr.generate", "pve_network_frr_generate", "frr.conf, its lines"),
    sdn("frr.to_string", "pve_network_frr_to_string", "frr.conf, its text"),
    sdn_writes("frr.daemons", "pve_network_frr_daemons", "/etc/frr/daemons"),
    sdn("controller.router_id", "pve_network_controller_router_id", "ids of routers"),
    full(
        "fabric.interfaces",
        "pve_network_fabric_interfaces",
        "interfaces.d/sdn, the fabrics' part",
    ),
];

/// The C functions that say which facts of the node a seam has to be given.
pub const PROBES: &[&str] = &[
    "pve_network_controller_probes",
    "pve_network_frr_probes",
    "pve_network_sdn_zones_probes",
    "pve_network_status_probes",
];

/// The seam of that name.
pub fn find(name: &str) -> Option<&'static Seam> {
    SEAMS.iter().find(|seam| seam.name == name)
}
