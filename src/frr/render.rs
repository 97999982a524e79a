//! The tree of pve-network 1.3, to text.

use super::Profile;
use super::model::{
    BgpRouter, Config, EvpnFamily, Lines, Match, NeighborGroup, OpenfabricInterface, OspfInterface,
    PrefixRule, ProtocolMaps, Route, RouteMapEntry, Set, Unicast, Via,
};
use std::fmt::Display;

/// The text of a configuration, in lines.
#[derive(Debug, Default)]
pub(super) struct Text(Vec<String>);

impl Text {
    /// Adds a line.
    pub(super) fn line(&mut self, line: impl Display) {
        self.0.push(line.to_string());
    }

    /// Adds a line if it is wanted.
    fn line_if(&mut self, is_wanted: bool, line: impl Display) {
        if is_wanted {
            self.line(line);
        }
    }

    fn lines(&mut self, lines: &Lines) {
        self.0.extend(lines.iter().map(ToString::to_string));
    }

    /// The lines, without line ends.
    pub(super) fn into_lines(self) -> Vec<String> {
        self.0
    }
}

/// Returns the lines of a configuration, between the header and the footer of the file.
///
/// Source: `PVE::RS::SDN::get_frr_raw_config`.
pub(super) fn render(config: &Config) -> Vec<String> {
    let mut text = Text::default();
    vrfs(config, &mut text);
    for (vrf, router) in &config.bgp {
        text.line("!");
        match vrf.as_ref() {
            "default" => text.line(format_args!("router bgp {}", router.asn)),
            _ => text.line(format_args!("router bgp {} vrf {vrf}", router.asn)),
        }
        bgp_router(router, &mut text);
        text.line("exit");
    }
    isis(config, &mut text);
    for (name, rule) in &config.prefix_lists {
        text.line("!");
        prefix_rule(name, rule, &mut text);
    }
    text.lines(&config.custom);
    openfabric(config, &mut text);
    ospf(config, &mut text);
    for (name, network) in &config.access_lists {
        text.line("!");
        let word = if network.is_ipv6() { "ipv6 " } else { "" };
        text.line(format_args!("{word}access-list {name} permit {network}"));
    }
    for (name, entries) in &config.route_maps {
        for entry in entries {
            text.line("!");
            route_map_entry(name, entry, &mut text);
        }
    }
    for route in &config.routes {
        text.line("!");
        static_route("", route, &mut text);
    }
    for (protocol, maps) in &config.protocol_maps {
        protocol_maps(protocol, maps, &mut text);
    }
    text.into_lines()
}

fn vrfs(config: &Config, text: &mut Text) {
    for (name, vrf) in &config.vrfs {
        text.line("!");
        text.line(format_args!("vrf {name}"));
        text.line_if(vrf.vni != 0, format_args!(" vni {}", vrf.vni));
        for route in &vrf.routes {
            static_route(" ", route, text);
        }
        text.lines(&vrf.custom);
        text.line("exit-vrf");
    }
}

fn bgp_router(router: &BgpRouter, text: &mut Text) {
    text.line(format_args!(" bgp router-id {}", router.router_id));
    for option in &router.options {
        text.line(format_args!(" {}", option.text()));
    }
    for group in &router.groups {
        neighbor_group(group, text);
    }
    text.lines(&router.custom);
    for (name, family) in [("ipv4", &router.ipv4), ("ipv6", &router.ipv6)] {
        if let Some(family) = family {
            text.line(" !");
            text.line(format_args!(" address-family {name} unicast"));
            unicast(family, text);
            text.line(" exit-address-family");
        }
    }
    if let Some(family) = &router.evpn {
        text.line(" !");
        text.line(" address-family l2vpn evpn");
        evpn(family, text);
        text.line(" exit-address-family");
    }
}

fn neighbor_group(group: &NeighborGroup, text: &mut Text) {
    let name = group.name;
    text.line(format_args!(" neighbor {name} peer-group"));
    text.line(format_args!(" neighbor {name} remote-as {}", group.remote_as));
    text.line(format_args!(" neighbor {name} bfd"));
    let hops = group.ebgp_multihop;
    text.line_if(hops != 0, format_args!(" neighbor {name} ebgp-multihop {hops}"));
    if let Some(interface) = &group.update_source {
        text.line(format_args!(" neighbor {name} update-source {interface}"));
    }
    for address in &group.addresses {
        text.line(format_args!(" neighbor {address} peer-group {name}"));
    }
}

fn unicast(family: &Unicast, text: &mut Text) {
    for network in &family.networks {
        text.line(format_args!("  network {network}"));
    }
    for vrf in &family.import_vrf {
        text.line(format_args!("  import vrf {vrf}"));
    }
    if family.has_bgp_group {
        text.line("  neighbor BGP activate");
        text.line("  neighbor BGP soft-reconfiguration inbound");
    }
    text.line_if(family.redistributes_connected, "  redistribute connected");
    text.lines(&family.custom);
}

fn evpn(family: &EvpnFamily, text: &mut Text) {
    if family.has_vtep_group {
        text.line("  neighbor VTEP activate");
        text.line("  neighbor VTEP route-map MAP_VTEP_IN in");
        text.line("  neighbor VTEP route-map MAP_VTEP_OUT out");
        text.line("  advertise-all-vni");
    }
    if let Some(asn) = family.autort_as.filter(|asn| *asn != 0) {
        text.line(format_args!("  autort as {asn}"));
    }
    for (is_wanted, word) in [
        (family.is_default_originate, "default-originate"),
        (family.advertises_unicast, "advertise"),
    ] {
        let rest = if word == "advertise" { " unicast" } else { "" };
        for version in ["ipv4", "ipv6"] {
            text.line_if(is_wanted, format_args!("  {word} {version}{rest}"));
        }
    }
    for (word, targets) in [("import", &family.import), ("export", &family.export)] {
        for target in targets {
            text.line(format_args!("  route-target {word} {target}"));
        }
    }
    text.lines(&family.custom);
}

fn isis(config: &Config, text: &mut Text) {
    for (domain, router) in &config.isis {
        text.line("!");
        text.line(format_args!("router isis {domain}"));
        text.line(format_args!(" net {}", router.net));
        text.line(" redistribute ipv4 connected level-1");
        text.line(" redistribute ipv6 connected level-1");
        text.line(" log-adjacency-changes");
        text.lines(&router.custom);
        text.line("exit");
    }
    for (name, interface) in &config.isis_interfaces {
        text.line("!");
        text.line(format_args!("interface {name}"));
        text.line(format_args!(" ip router isis {}", interface.domain));
        text.lines(&interface.custom);
        text.line("exit");
    }
}

fn prefix_rule(name: &str, rule: &PrefixRule, text: &mut Text) {
    let (word, network) = if rule.is_ipv6 { ("ipv6", "::/0") } else { ("ip", "0.0.0.0/0") };
    let le = rule.le.map(|le| format!(" le {le}")).unwrap_or_default();
    text.line(format_args!("{word} prefix-list {name} seq {} permit {network}{le}", rule.seq));
}

fn openfabric(config: &Config, text: &mut Text) {
    for (fabric, net) in &config.openfabric {
        text.line("!");
        text.line(format_args!("router openfabric {fabric}"));
        text.line(format_args!(" net {net}"));
        text.line("exit");
    }
    for (name, interface) in &config.openfabric_interfaces {
        text.line("!");
        text.line(format_args!("interface {name}"));
        openfabric_interface(interface, Profile::V1_3, text);
        text.line("exit");
    }
}

/// Prints the options of an interface on which OpenFabric runs.
pub(super) fn openfabric_interface(
    interface: &OpenfabricInterface,
    profile: Profile,
    text: &mut Text,
) {
    let mut families = [("ip", interface.is_ipv4), ("ipv6", interface.is_ipv6)];
    if profile == Profile::V1_2 {
        families.reverse();
    }
    for (word, is_on) in families {
        let fabric = &interface.fabric;
        text.line_if(is_on, format_args!(" {word} router openfabric {fabric}"));
    }
    text.line_if(interface.is_passive, " openfabric passive");
    for (word, value) in [
        ("hello-interval", interface.hello_interval),
        ("hello-multiplier", interface.hello_multiplier),
        ("csnp-interval", interface.csnp_interval),
    ] {
        if let Some(value) = value.filter(|value| *value != 0 || profile == Profile::V1_2) {
            text.line(format_args!(" openfabric {word} {value}"));
        }
    }
}

fn ospf(config: &Config, text: &mut Text) {
    if let Some(router_id) = config.ospf {
        text.line("!");
        text.line("router ospf");
        text.line(format_args!(" ospf router-id {router_id}"));
        text.line("exit");
    }
    for (name, interface) in &config.ospf_interfaces {
        text.line("!");
        text.line(format_args!("interface {name}"));
        ospf_interface(interface, text);
        text.line("exit");
    }
}

/// Prints the options of an interface on which OSPF runs.
pub(super) fn ospf_interface(interface: &OspfInterface, text: &mut Text) {
    text.line(format_args!(" ip ospf area {}", interface.area));
    text.line_if(interface.is_passive, " ip ospf passive");
    text.line_if(interface.is_point_to_point, " ip ospf network point-to-point");
}

/// Prints one entry of a route map.
pub(super) fn route_map_entry(name: &str, entry: &RouteMapEntry, text: &mut Text) {
    let action = if entry.is_permit { "permit" } else { "deny" };
    text.line(format_args!("route-map {name} {action} {}", entry.seq));
    if let Some(Match { is_ipv6, is_prefix_list, list }) = &entry.matches {
        let version = if *is_ipv6 { "ipv6" } else { "ip" };
        let kind = if *is_prefix_list { "prefix-list " } else { "" };
        text.line(format_args!(" match {version} address {kind}{list}"));
    }
    match entry.set {
        Some(Set::Src(address)) => text.line(format_args!(" set src {address}")),
        Some(Set::Metric(metric)) => text.line(format_args!(" set metric {metric}")),
        None => {}
    }
    text.line("exit");
}

fn static_route(indent: &str, route: &Route, text: &mut Text) {
    let word = if route.is_ipv6 { "ipv6" } else { "ip" };
    let destination = route.destination;
    match &route.via {
        Via::Null => text.line(format_args!("{indent}{word} route {destination} null0")),
        Via::Pair(interface) => {
            let gateway = Via::gateway(route.is_ipv6);
            text.line(format_args!("{indent}{word} route {destination} {gateway} {interface}"));
        }
    }
}

fn protocol_maps(protocol: &str, maps: &ProtocolMaps, text: &mut Text) {
    // The first "!" is there even if no line follows it.
    text.line("!");
    if let Some(map) = maps.ipv4 {
        text.line(format_args!("ip protocol {protocol} route-map {map}"));
    }
    if let Some(map) = maps.ipv6 {
        text.line("!");
        text.line(format_args!("ipv6 protocol {protocol} route-map {map}"));
    }
}
