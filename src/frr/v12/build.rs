//! Parts to sections of lines; no value is looked at.

use super::{Entry, Lines, Router, Sections};
use crate::addr::netip;
use crate::frr::part::{Bgp, Evpn, EvpnZone, Exit, Isis, Part, VnetRoutes};
use std::borrow::Cow;

/// Puts the parts together, in their order.
pub(super) fn build<'a>(parts: &'a [Part<'a>], sections: &mut Sections<'a>) {
    for part in parts {
        match part {
            Part::Evpn(part) => evpn(part, sections),
            Part::EvpnZone(part) => evpn_zone(part, sections),
            Part::VnetRoutes(part) => vnet_routes(part, sections),
            Part::Bgp(part) => bgp(part, sections),
            Part::Isis(part) => isis(part, sections),
        }
    }
}

/// Source: `PVE::Network::SDN::Controllers::EvpnPlugin::generate_frr_config`.
fn evpn<'a>(part: &'a Evpn<'a>, sections: &mut Sections<'a>) {
    let router = router(format!("bgp {}", part.asn), sections);
    if router.is_new() {
        push(&mut router.lines, [format!("bgp router-id {}", part.router_id)]);
        push(
            &mut router.lines,
            [
                "no bgp hard-administrative-reset",
                "no bgp default ipv4-unicast",
                "coalesce-time 1000",
                "no bgp graceful-restart notification",
            ],
        );
    }
    group("VTEP", part.is_ebgp, &part.asn, &mut router.lines);
    if let Some(loopback) = &part.loopback {
        if part.is_ebgp {
            push(&mut router.lines, ["neighbor VTEP ebgp-multihop 10"]);
        }
        let line = format!("neighbor VTEP update-source {loopback}");
        push(&mut router.lines, [line]);
    }
    members("VTEP", &part.peers, &mut router.lines);

    let family = family(router, "l2vpn evpn");
    push(
        family,
        [
            "neighbor VTEP activate",
            "neighbor VTEP route-map MAP_VTEP_IN in",
            "neighbor VTEP route-map MAP_VTEP_OUT out",
            "advertise-all-vni",
        ],
    );
    if let Some(asn) = &part.autort_as {
        push(family, [format!("autort as {asn}")]);
    }
    for map in ["MAP_VTEP_IN", "MAP_VTEP_OUT"] {
        let entries = sections.route_maps.entry(map.into()).or_default();
        entries.push(entry("permit", [""; 0]));
    }
}

/// Source: `PVE::Network::SDN::Controllers::EvpnPlugin::generate_zone_frr_config`.
fn evpn_zone<'a>(part: &'a EvpnZone<'a>, sections: &mut Sections<'a>) {
    let vrf = format!("vrf_{}", part.zone);
    let lines = sections.vrfs.entry(vrf.clone().into()).or_default();
    push(lines, [format!("vni {}", part.vni)]);
    for (address, prefix) in part.exit.iter().flat_map(|exit| &exit.null_routes) {
        let word = if netip::is_ipv4(address) { "ip" } else { "ipv6" };
        push(lines, [format!("{word} route {address}/{prefix} null0")]);
    }

    let name = format!("bgp {} vrf {vrf}", part.asn);
    let own = router(name.clone(), sections);
    push(&mut own.lines, [format!("bgp router-id {}", part.router_id)]);
    push(
        &mut own.lines,
        ["no bgp hard-administrative-reset", "no bgp graceful-restart notification"],
    );
    if let Some(asn) = &part.autort_as {
        let lines =
            ["import", "export"].map(|word| format!("route-target {word} {asn}:{}", part.vni));
        push(family(own, "l2vpn evpn"), lines);
    }
    if let Some(exit) = &part.exit {
        exit_node(exit, &part.asn, &vrf, sections);
        let own = router(name.clone(), sections);
        if !exit.has_local_routing {
            redistribute_connected(own);
        }
        push(family(own, "l2vpn evpn"), ["default-originate ipv4", "default-originate ipv6"]);
    } else if part.advertises_subnets {
        redistribute_connected(own);
        push(family(own, "l2vpn evpn"), ["advertise ipv4 unicast", "advertise ipv6 unicast"]);
    }
    if !part.rt_import.is_empty() {
        let mut targets: Vec<_> = part.rt_import.iter().collect();
        targets.sort_unstable();
        let lines = targets.into_iter().map(|rt| format!("route-target import {rt}"));
        push(family(router(name, sections), "l2vpn evpn"), lines);
    }
}

/// Adds what an exit node needs outside of the VRF.
fn exit_node<'a>(exit: &Exit<'a>, asn: &str, vrf: &str, sections: &mut Sections<'a>) {
    let [_, ipv4, ipv6] = &mut sections.lists;
    ipv4.entry("only_default").or_default().insert("1", "permit 0.0.0.0/0");
    ipv6.entry("only_default_v6").or_default().insert("1", "permit ::/0");

    const MATCHES: [&str; 2] = [
        "match ip address prefix-list only_default",
        "match ipv6 address prefix-list only_default_v6",
    ];
    let (map, entries) = if exit.is_primary {
        ("MAP_VTEP_IN", MATCHES.map(|line| entry("deny", [line])))
    } else {
        let entries = MATCHES.map(|line| entry("permit", [line, "set metric 200"]));
        ("MAP_VTEP_OUT", entries)
    };
    sections.route_maps.entry(map.into()).or_default().splice(0..0, entries);

    if !exit.has_local_routing {
        let main = router(format!("bgp {asn}"), sections);
        for name in ["ipv4 unicast", "ipv6 unicast"] {
            push(family(main, name), [format!("import vrf {vrf}")]);
        }
    }
}

/// Source: `PVE::Network::SDN::Controllers::EvpnPlugin::generate_vnet_frr_config`.
fn vnet_routes<'a>(part: &'a VnetRoutes<'a>, sections: &mut Sections<'a>) {
    let lines = sections.protocols.get_or_insert_default();
    for (address, prefix) in &part.subnets {
        let (word, gateway) =
            if netip::is_ipv6(address) { ("ipv6", "fe80::2") } else { ("ip", "10.255.255.2") };
        let zone = part.zone;
        push(lines, [format!("{word} route {address}/{prefix} {gateway} xvrf_{zone}")]);
    }
}

/// Source: `PVE::Network::SDN::Controllers::BgpPlugin::generate_frr_config`.
fn bgp<'a>(part: &'a Bgp<'a>, sections: &mut Sections<'a>) {
    let router = router(format!("bgp {}", part.asn), sections);
    if router.is_new() {
        push(&mut router.lines, [format!("bgp router-id {}", part.router_id)]);
        push(&mut router.lines, ["no bgp default ipv4-unicast", "coalesce-time 1000"]);
    }
    if part.is_ebgp && part.loopback.is_some() {
        push(&mut router.lines, ["bgp disable-ebgp-connected-route-check"]);
    }
    if part.has_relaxed_multipath {
        push(&mut router.lines, ["bgp bestpath as-path multipath-relax"]);
    }
    if !part.peers.is_empty() {
        group("BGP", part.is_ebgp, &part.asn, &mut router.lines);
        if let Some(hops) = part.ebgp_multihop.as_ref().filter(|_| part.is_ebgp) {
            push(&mut router.lines, [format!("neighbor BGP ebgp-multihop {hops}")]);
        }
        members("BGP", &part.peers, &mut router.lines);

        let (name, prefix) = if netip::is_ipv6(&part.address) {
            ("ipv6 unicast", 128)
        } else {
            ("ipv4 unicast", 32)
        };
        let family = family(router, name);
        if part.loopback.is_some() {
            push(family, [format!("network {}/{prefix}", part.address)]);
        }
        push(family, ["neighbor BGP activate", "neighbor BGP soft-reconfiguration inbound"]);
    }
    if part.loopback.is_some() {
        let [_, ipv4, _] = &mut sections.lists;
        ipv4.entry("loopbacks_ips").or_default().insert("10", "permit 0.0.0.0/0 le 32");
        let lines = sections.protocols.get_or_insert_default();
        push(lines, ["ip protocol bgp route-map correct_src"]);
        let entries = sections.route_maps.entry("correct_src".into()).or_default();
        entries.push(entry(
            "permit",
            [
                Cow::from("match ip address prefix-list loopbacks_ips"),
                format!("set src {}", part.address).into(),
            ],
        ));
    }
}

/// Source: `PVE::Network::SDN::Controllers::IsisPlugin::generate_frr_config`.
fn isis<'a>(part: &'a Isis<'a>, sections: &mut Sections<'a>) {
    let router = router(format!("isis {}", part.domain), sections);
    router.is_closed = true;
    let lines = &mut router.lines;
    push(lines, [format!("net {}", part.net)]);
    push(
        lines,
        [
            "redistribute ipv4 connected level-1",
            "redistribute ipv6 connected level-1",
            "log-adjacency-changes",
        ],
    );
    for interface in &part.interfaces {
        let lines = sections.interfaces.entry(interface.clone()).or_default();
        push(lines, [format!("ip router isis {}", part.domain)]);
    }
}

impl Router<'_> {
    fn is_new(&self) -> bool {
        self.lines.is_empty() && self.families.is_empty()
    }
}

fn router<'s, 'a>(name: String, sections: &'s mut Sections<'a>) -> &'s mut Router<'a> {
    sections.routers.entry(name.into()).or_default()
}

fn family<'r, 'a>(router: &'r mut Router<'a>, name: &'a str) -> &'r mut Lines<'a> {
    router.families.entry(name.into()).or_default()
}

fn redistribute_connected(router: &mut Router) {
    for name in ["ipv4 unicast", "ipv6 unicast"] {
        push(family(router, name), ["redistribute connected"]);
    }
}

fn group(name: &str, is_ebgp: bool, asn: &str, lines: &mut Lines) {
    let remote_as = if is_ebgp { "external" } else { asn };
    push(
        lines,
        [
            format!("neighbor {name} peer-group"),
            format!("neighbor {name} remote-as {remote_as}"),
            format!("neighbor {name} bfd"),
        ],
    );
}

fn members(name: &str, peers: &[Cow<str>], lines: &mut Lines) {
    push(lines, peers.iter().map(|peer| format!("neighbor {peer} peer-group {name}")));
}

fn entry<'a, L: Into<Cow<'a, str>>>(
    action: &'a str,
    lines: impl IntoIterator<Item = L>,
) -> Entry<'a> {
    Entry { action, lines: lines.into_iter().map(Into::into).collect() }
}

fn push<'a, L: Into<Cow<'a, str>>>(lines: &mut Lines<'a>, new: impl IntoIterator<Item = L>) {
    lines.extend(new.into_iter().map(Into::into));
}
