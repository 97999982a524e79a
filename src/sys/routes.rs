//! Routes of the node, and addresses as the kernel writes them.

use super::netlink::{aligned, attributes, u16_at, u32_at};
use nix::libc;
use std::net::IpAddr;

/// Size of `struct rtmsg`.
pub(super) const HEADER: usize = 12;
/// Size of `struct rtnexthop`.
const HOP_HEADER: usize = 8;

/// One way of a default route.
#[derive(Clone, Default)]
pub(super) struct Hop {
    /// Where packets go next; none if the destination is on the link.
    pub(super) gateway: Option<IpAddr>,
    /// Number of the link they leave by.
    pub(super) device: Option<u32>,
    /// What makes another default route better or worse.
    pub(super) metric: Option<u32>,
}

/// Reads an `RTM_NEWROUTE`; `None` if it is not a default route of the main table.
pub(super) fn default_route(payload: &[u8]) -> Option<Vec<Hop>> {
    let (prefix, table) = (*payload.get(1)?, *payload.get(4)?);
    if prefix != 0 || table != libc::RT_TABLE_MAIN {
        return None;
    }
    let mut route = Hop::default();
    let mut hops = Vec::new();
    for (kind, value) in attributes(payload.get(HEADER..)?) {
        match kind {
            libc::RTA_PRIORITY => route.metric = u32_at(value, 0),
            libc::RTA_MULTIPATH => hops = ways(value),
            _ => way(&mut route, kind, value),
        }
    }
    for hop in &mut hops {
        hop.metric = route.metric;
    }
    Some(if hops.is_empty() { vec![route] } else { hops })
}

/// Reads an attribute that a route and each of several ways of a route can have.
fn way(hop: &mut Hop, kind: u16, value: &[u8]) {
    match kind {
        libc::RTA_GATEWAY => hop.gateway = ip(value),
        libc::RTA_VIA => hop.gateway = value.get(2..).and_then(ip), // behind its family
        libc::RTA_OIF => hop.device = u32_at(value, 0),
        _ => {}
    }
}

/// Reads an `RTA_MULTIPATH`: `struct rtnexthop` (length, flags, hops, device), then attributes.
fn ways(mut bytes: &[u8]) -> Vec<Hop> {
    let mut hops = Vec::new();
    while let Some(length) = u16_at(bytes, 0).map(usize::from) {
        let Some(body) = bytes.get(HOP_HEADER..length) else {
            break;
        };
        let mut hop = Hop { device: u32_at(bytes, 4), ..Hop::default() };
        for (kind, value) in attributes(body) {
            way(&mut hop, kind, value);
        }
        hops.push(hop);
        bytes = bytes.get(aligned(length)..).unwrap_or_default();
    }
    hops
}

/// The body of an `RTM_GETROUTE` that asks for the way to an address.
pub(super) fn question(target: IpAddr) -> Vec<u8> {
    let (family, octets) = match target {
        IpAddr::V4(ip) => (libc::AF_INET, ip.octets().to_vec()),
        IpAddr::V6(ip) => (libc::AF_INET6, ip.octets().to_vec()),
    };
    let mut body = vec![0; HEADER];
    body[0] = family as u8;
    body[1] = 8 * octets.len() as u8;
    body.extend((4 + octets.len() as u16).to_ne_bytes());
    body.extend(libc::RTA_DST.to_ne_bytes());
    body.extend(octets);
    body
}

/// Reads the `RTM_NEWROUTE` that answers: the own address, and the number of the link.
pub(super) fn answer(payload: &[u8]) -> Option<(Option<IpAddr>, Option<u32>)> {
    let (mut source, mut device) = (None, None);
    for (kind, value) in attributes(payload.get(HEADER..)?) {
        match kind {
            libc::RTA_PREFSRC => source = ip(value),
            libc::RTA_OIF => device = u32_at(value, 0),
            _ => {}
        }
    }
    Some((source, device))
}

/// Four or sixteen bytes as an address.
pub(super) fn ip(value: &[u8]) -> Option<IpAddr> {
    if let Ok(octets) = <[u8; 4]>::try_from(value) {
        return Some(octets.into());
    }
    <[u8; 16]>::try_from(value).ok().map(IpAddr::from)
}
