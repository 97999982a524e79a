//! The checks of a whole set of fabrics.

use super::{Area, Fabric, Fabrics, Node, Protocol};
use crate::addr::Cidr;
use crate::error::{Error, Result};
use std::collections::HashSet;
use std::net::IpAddr;

/// Checks that prefixes, areas and interfaces are used once, and each fabric for itself.
///
/// # Errors
///
/// [`Error::Die`] with the first fault.
///
/// Source: `proxmox_ve_config::sdn::fabric::FabricConfig::validate`.
pub(super) fn check(fabrics: &Fabrics) -> Result<()> {
    check_overlap(fabrics)?;
    let mut areas = HashSet::new();
    let mut interfaces = HashSet::new();
    for fabric in fabrics.iter() {
        if let Protocol::Ospf { area } = fabric.protocol {
            if !areas.insert(Area::address(area)) {
                return Err(Error::die("duplicate OSPF area"));
            }
        }
        for node in fabric.nodes.values() {
            for interface in &node.interfaces {
                if !interfaces.insert((&node.name, &interface.name)) {
                    return Err(Error::die("interface is already in use by another fabric"));
                }
            }
        }
        check_fabric(fabric)?;
    }
    Ok(())
}

type PrefixOf = fn(&Fabric) -> Option<Cidr>;

/// How to get a prefix, and what the original calls it and the other one.
const PREFIXES: [(PrefixOf, &str, &str); 2] =
    [(|fabric| fabric.ip_prefix, "IP", "IPv4"), (|fabric| fabric.ip6_prefix, "IPv6", "IPv6")];

fn check_overlap(fabrics: &Fabrics) -> Result<()> {
    // Prefixes that overlap are neighbors in this order, so that this is no matter of pairs.
    let is_free = PREFIXES.iter().all(|(prefix, ..)| {
        let mut prefixes: Vec<_> = fabrics.iter().filter_map(prefix).collect();
        prefixes.sort_unstable_by_key(|prefix| prefix.order());
        prefixes.windows(2).all(|pair| !pair[0].overlaps(pair[1]))
    });
    if is_free {
        return Ok(());
    }
    for (index, one) in fabrics.iter().enumerate() {
        for other in fabrics.iter().skip(index + 1) {
            for (prefix, new, old) in PREFIXES {
                let (Some(a), Some(b)) = (prefix(one), prefix(other)) else {
                    continue;
                };
                if a.overlaps(b) {
                    return Err(Error::die(format_args!(
                        "{new} prefix {b} in fabric '{}' overlaps with {old} prefix {a} in fabric \
                         '{}'",
                        other.id, one.id
                    )));
                }
            }
        }
    }
    Ok(())
}

fn check_fabric(fabric: &Fabric) -> Result<()> {
    let mut taken = HashSet::new();
    for node in fabric.nodes.values() {
        let families = [
            (fabric.ip_prefix, node.ip.map(IpAddr::from)),
            (fabric.ip6_prefix, node.ip6.map(IpAddr::from)),
        ];
        for (prefix, address) in families {
            check_address(fabric, node, prefix, address)?;
        }
        for address in node.addresses() {
            if !taken.insert(address) {
                return Err(Error::die(format_args!(
                    "fabric {} contains nodes with duplicated IPs",
                    fabric.id
                )));
            }
        }
        check_node(fabric, node)?;
    }
    let has_prefix = match fabric.protocol {
        Protocol::Openfabric { .. } => fabric.ip_prefix.or(fabric.ip6_prefix).is_some(),
        Protocol::Ospf { .. } => fabric.ip_prefix.is_some(),
    };
    if !has_prefix {
        return Err(Error::die(format_args!(
            "fabric '{}' does not have an IP prefix configured",
            fabric.id
        )));
    }
    if matches!(fabric.protocol, Protocol::Ospf { .. }) && fabric.ip6_prefix.is_some() {
        return Err(ipv6_unsupported());
    }
    Ok(())
}

fn check_address(
    fabric: &Fabric,
    node: &Node,
    prefix: Option<Cidr>,
    address: Option<IpAddr>,
) -> Result<()> {
    let (id, name) = (&fabric.id, &node.name);
    match (prefix, address) {
        (None, Some(address)) => Err(Error::die(format_args!(
            "fabric '{id}' does not have an IP prefix configured for the node IP {address}"
        ))),
        (Some(prefix), None) => Err(Error::die(format_args!(
            "node '{id}_{name}' does not have an IP configured for this fabric prefix {prefix}"
        ))),
        (Some(prefix), Some(address)) if !prefix.contains(address) => Err(Error::die(
            format_args!("node IP {address} is outside the IP prefix {prefix} of the fabric"),
        )),
        _ => Ok(()),
    }
}

fn check_node(fabric: &Fabric, node: &Node) -> Result<()> {
    let has_address = match fabric.protocol {
        Protocol::Openfabric { .. } => node.addresses().next().is_some(),
        Protocol::Ospf { .. } => node.ip.is_some(),
    };
    if !has_address {
        return Err(Error::die(format_args!(
            "node '{}_{}' does not have an IP configured",
            fabric.id, node.name
        )));
    }
    if matches!(fabric.protocol, Protocol::Ospf { .. }) && node.ip6.is_some() {
        return Err(ipv6_unsupported());
    }
    Ok(())
}

fn ipv6_unsupported() -> Error {
    Error::die("IPv6 is currently not supported for protocol ospf")
}
