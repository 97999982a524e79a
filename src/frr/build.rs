//! Parts to the tree of pve-network 1.3.
//!
//! The original hands its tree to a typed renderer, which refuses what it cannot read: so does
//! this.

use super::model::{
    BgpOption, BgpRouter, Config, EvpnFamily, IsisInterface, IsisRouter, Match, NeighborGroup,
    PrefixRule, RemoteAs, Route, RouteMapEntry, Set, Unicast, Via, Vrf,
};
use super::part::{Bgp, Evpn, EvpnZone, Exit, Isis, Part, VnetRoutes};
use crate::addr::{Cidr, netip};
use crate::error::{Error, Result};
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt::Display;
use std::net::IpAddr;
use std::str::FromStr;

const DEFAULT_V4: PrefixRule = PrefixRule { is_ipv6: false, seq: 1, le: None };
const DEFAULT_V6: PrefixRule = PrefixRule { is_ipv6: true, ..DEFAULT_V4 };
const ANY_V4: PrefixRule = PrefixRule { is_ipv6: false, seq: 10, le: Some(32) };

/// Puts the parts together, in their order.
///
/// # Errors
///
/// [`Error::Die`] for a value that the typed renderer of the original refuses.
pub(super) fn build<'a>(parts: &[Part<'a>]) -> Result<Config<'a>> {
    let mut config = Config::default();
    for part in parts {
        match part {
            Part::Evpn(part) => evpn(part, &mut config)?,
            Part::EvpnZone(part) => evpn_zone(part, &mut config)?,
            Part::VnetRoutes(part) => vnet_routes(part, &mut config)?,
            Part::Bgp(part) => bgp(part, &mut config)?,
            Part::Isis(part) => isis(part, &mut config)?,
        }
    }
    Ok(config)
}

/// Source: `PVE::Network::SDN::Controllers::EvpnPlugin::generate_frr_config`.
fn evpn<'a>(part: &Evpn<'a>, config: &mut Config<'a>) -> Result<()> {
    const OPTIONS: &[BgpOption] = &[
        BgpOption::NoHardAdministrativeReset,
        BgpOption::NoDefaultIpv4Unicast,
        BgpOption::Coalesce,
        BgpOption::NoGracefulRestartNotification,
    ];
    let multihop = if part.is_ebgp && part.loopback.is_some() { 10 } else { 0 };

    let router = default_router(config, &part.asn, &part.router_id, OPTIONS)?;
    router.groups.push(NeighborGroup {
        name: "VTEP",
        remote_as: remote_as(part.is_ebgp, &part.asn)?,
        ebgp_multihop: multihop,
        update_source: part.loopback.clone(),
        addresses: part.peers.iter().map(|peer| parse(peer)).collect::<Result<_>>()?,
    });
    let family = router
        .evpn
        .get_or_insert_with(|| EvpnFamily { has_vtep_group: true, ..EvpnFamily::default() });
    if let Some(asn) = &part.autort_as {
        family.autort_as = Some(integer(asn)?);
    }
    for map in ["MAP_VTEP_IN", "MAP_VTEP_OUT"] {
        let entries = config.route_maps.entry(map.into()).or_default();
        entries.push(entry(true, None, None));
    }
    Ok(())
}

/// Source: `PVE::Network::SDN::Controllers::EvpnPlugin::generate_zone_frr_config`.
fn evpn_zone<'a>(part: &EvpnZone<'a>, config: &mut Config<'a>) -> Result<()> {
    let name = word(format!("vrf_{}", part.zone))?;
    let mut vrf = Vrf { vni: integer(&part.vni)?, ..Vrf::default() };
    let mut router = BgpRouter {
        options: BTreeSet::from([
            BgpOption::NoHardAdministrativeReset,
            BgpOption::NoGracefulRestartNotification,
        ]),
        ..router(&part.asn, &part.router_id)?
    };
    if let Some(asn) = &part.autort_as {
        let target = word(format!("{asn}:{}", part.vni))?;
        let family = router.evpn.get_or_insert_default();
        family.import.push(target.clone());
        family.export.push(target);
    }
    if let Some(exit) = &part.exit {
        for (address, prefix) in &exit.null_routes {
            vrf.routes.push(route(address, prefix, Via::Null)?);
        }
        exit_node(exit, &name, config);
        if !exit.has_local_routing {
            redistribute_connected(&mut router);
        }
        router.evpn.get_or_insert_default().is_default_originate = true;
    } else if part.advertises_subnets {
        redistribute_connected(&mut router);
        router.evpn.get_or_insert_default().advertises_unicast = true;
    }
    if !part.rt_import.is_empty() {
        let import = &mut router.evpn.get_or_insert_default().import;
        for target in &part.rt_import {
            import.push(word(target.clone())?);
        }
    }
    config.vrfs.insert(name.clone(), vrf);
    config.bgp.insert(name, router);
    Ok(())
}

/// Adds what an exit node needs outside of the VRF.
fn exit_node(exit: &Exit, vrf: &str, config: &mut Config) {
    const LISTS: [(&str, PrefixRule); 2] =
        [("only_default", DEFAULT_V4), ("only_default_v6", DEFAULT_V6)];

    // Default routes of other exit nodes: not taken on a primary node, ours the last elsewhere.
    let (map, set) = if exit.is_primary {
        ("MAP_VTEP_IN", None)
    } else {
        ("MAP_VTEP_OUT", Some(Set::Metric(200)))
    };
    let entries = LISTS.map(|(list, rule)| entry(!exit.is_primary, Some((list, rule)), set));
    config.route_maps.entry(map.into()).or_default().splice(0..0, entries);
    for (list, rule) in LISTS {
        config.prefix_lists.insert(list.into(), rule);
    }

    // The way back to the guests.
    if let Some(router) = config.bgp.get_mut("default").filter(|_| !exit.has_local_routing) {
        for family in [&mut router.ipv4, &mut router.ipv6] {
            family.get_or_insert_default().import_vrf.push(vrf.to_owned().into());
        }
    }
}

/// Source: `PVE::Network::SDN::Controllers::EvpnPlugin::generate_vnet_frr_config`.
fn vnet_routes<'a>(part: &VnetRoutes<'a>, config: &mut Config<'a>) -> Result<()> {
    for (address, prefix) in &part.subnets {
        let via = Via::Pair(format!("xvrf_{}", part.zone));
        config.routes.push(route(address, prefix, via)?);
    }
    Ok(())
}

/// Source: `PVE::Network::SDN::Controllers::BgpPlugin::generate_frr_config`.
fn bgp<'a>(part: &Bgp<'a>, config: &mut Config<'a>) -> Result<()> {
    const OPTIONS: &[BgpOption] = &[BgpOption::NoDefaultIpv4Unicast, BgpOption::Coalesce];

    let router = default_router(config, &part.asn, &part.router_id, OPTIONS)?;
    if part.loopback.is_some() && part.is_ebgp {
        router.options.insert(BgpOption::NoConnectedCheck);
    }
    if part.has_relaxed_multipath {
        router.options.insert(BgpOption::RelaxedMultipath);
    }
    if !part.peers.is_empty() {
        let multihop = part.ebgp_multihop.as_ref().filter(|_| part.is_ebgp);
        router.groups.push(NeighborGroup {
            name: "BGP",
            remote_as: remote_as(part.is_ebgp, &part.asn)?,
            ebgp_multihop: multihop.map_or(Ok(0), |hops| byte(hops))?,
            update_source: None,
            addresses: part.peers.iter().map(|peer| parse(peer)).collect::<Result<_>>()?,
        });
        let family =
            if netip::is_ipv6(&part.address) { &mut router.ipv6 } else { &mut router.ipv4 };
        let family =
            family.get_or_insert_with(|| Unicast { has_bgp_group: true, ..Unicast::default() });
        if part.loopback.is_some() {
            family.networks.push(Cidr::host(parse::<IpAddr>(&part.address)?));
        }
    }
    if part.loopback.is_some() {
        config.prefix_lists.insert("loopbacks_ips".into(), ANY_V4);
        config.protocol_maps.entry("bgp".into()).or_default().ipv4 = Some("correct_src");
        let source = Set::Src(parse(&part.address)?);
        let entries = config.route_maps.entry("correct_src".into()).or_default();
        entries.push(entry(true, Some(("loopbacks_ips", ANY_V4)), Some(source)));
    }
    Ok(())
}

/// Source: `PVE::Network::SDN::Controllers::IsisPlugin::generate_frr_config`.
fn isis<'a>(part: &Isis<'a>, config: &mut Config<'a>) -> Result<()> {
    let domain = word(part.domain.clone())?;
    let router = IsisRouter { net: parse(&part.net)?, custom: Vec::new() };
    config.isis.insert(domain.clone(), router);
    for name in &part.interfaces {
        let interface = IsisInterface { domain: domain.clone(), custom: Vec::new() };
        config.isis_interfaces.insert(name.clone(), interface);
    }
    Ok(())
}

/// The router of no VRF; whoever comes first decides on its settings.
fn default_router<'c, 'a>(
    config: &'c mut Config<'a>,
    asn: &str,
    router_id: &str,
    options: &[BgpOption],
) -> Result<&'c mut BgpRouter<'a>> {
    let fresh = BgpRouter { options: options.iter().copied().collect(), ..router(asn, router_id)? };
    Ok(config.bgp.entry("default".into()).or_insert(fresh))
}

fn router<'a>(asn: &str, router_id: &str) -> Result<BgpRouter<'a>> {
    Ok(BgpRouter {
        asn: integer(asn)?,
        router_id: parse(router_id)?,
        options: BTreeSet::new(),
        groups: Vec::new(),
        custom: Vec::new(),
        ipv4: None,
        ipv6: None,
        evpn: None,
    })
}

fn redistribute_connected(router: &mut BgpRouter) {
    for family in [&mut router.ipv4, &mut router.ipv6] {
        family.get_or_insert_default().redistributes_connected = true;
    }
}

/// An entry whose number follows from its place, later.
fn entry<'a>(
    is_permit: bool,
    list: Option<(&'static str, PrefixRule)>,
    set: Option<Set>,
) -> RouteMapEntry<'a> {
    RouteMapEntry {
        seq: 1,
        is_permit,
        matches: list.map(|(list, rule)| Match {
            is_ipv6: rule.is_ipv6,
            is_prefix_list: true,
            list: list.into(),
        }),
        set,
    }
}

fn route(address: &str, prefix: &str, via: Via) -> Result<Route> {
    Ok(Route {
        is_ipv6: netip::is_ipv6(address),
        destination: parse(&format!("{address}/{prefix}"))?,
        via,
    })
}

fn remote_as(is_ebgp: bool, asn: &str) -> Result<RemoteAs> {
    Ok(if is_ebgp { RemoteAs::External } else { RemoteAs::Asn(integer(asn)?) })
}

/// A word of FRR: no blanks, and ASCII.
fn word<'a>(text: impl Into<Cow<'a, str>>) -> Result<Cow<'a, str>> {
    let text = text.into();
    if text.is_empty() {
        return Err(refused("word is empty"));
    }
    if text.bytes().any(|b| !b.is_ascii() || b.is_ascii_whitespace()) {
        return Err(refused("word contains invalid character"));
    }
    Ok(text)
}

fn integer(text: &str) -> Result<u32> {
    number(text, "u32")
}

fn byte(text: &str) -> Result<u8> {
    number(&super::int(text), "u8")
}

fn number<N: FromStr>(text: &str, kind: &str) -> Result<N> {
    text.parse().map_err(|_| {
        let digits = text.strip_prefix('-').unwrap_or(text);
        if crate::perl::is_digits(digits) {
            refused(format_args!("invalid value: integer `{text}`, expected {kind}"))
        } else {
            // Whether the original's reader takes such a text for a number is its secret.
            Error::Unsupported(format!("'{text}': expected a number of type {kind}"))
        }
    })
}

fn parse<T: FromStr<Err: Display>>(text: &str) -> Result<T> {
    text.parse().map_err(refused)
}

fn refused(reason: impl Display) -> Error {
    Error::die(format_args!("error: {reason}"))
}
