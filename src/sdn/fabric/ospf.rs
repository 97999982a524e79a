//! What OSPF fabrics need of FRR.

use super::{Area, Fabric, Node};
use crate::frr::model::{Config, Match, OspfInterface, RouteMapEntry, Set};

/// Adds a fabric to the one router of a node, whose id is the address in its first fabric; `seq`
/// is the number of the next entry of a route map.
///
/// Source: `proxmox_ve_config::sdn::fabric::frr::build_fabric`.
pub(super) fn add(fabric: &Fabric, area: Area, node: &Node, seq: &mut u32, config: &mut Config) {
    const MAP: &str = "pve_ospf";

    // A node without an IPv4 address does not pass the checks.
    let Some(address) = node.ip else {
        return;
    };
    config.ospf.get_or_insert(address);

    let dummy = OspfInterface { area, is_passive: true, is_point_to_point: false };
    config.ospf_interfaces.insert(fabric.dummy().into(), dummy);
    for interface in &node.interfaces {
        let properties =
            OspfInterface { area, is_passive: false, is_point_to_point: interface.ip.is_none() };
        let name = interface.name.clone().into();
        config.ospf_interfaces.insert(name, properties);
    }
    config.route_maps.entry(MAP.into()).or_default().push(RouteMapEntry {
        seq: *seq,
        is_permit: true,
        matches: Some(Match {
            is_ipv6: false,
            is_prefix_list: false,
            list: fabric.access_list(false).into(),
        }),
        set: Some(Set::Src(address.into())),
    });
    *seq += 10;
    config.protocol_maps.entry("ospf".into()).or_default().ipv4 = Some(MAP);
}
