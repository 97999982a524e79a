//! What OpenFabric fabrics need of FRR.

use super::{Fabric, Node, Protocol};
use crate::frr::Net;
use crate::frr::model::{Config, Match, OpenfabricInterface, RouteMapEntry, Set};

/// The routers of one node, which share a title.
#[derive(Debug, Default)]
pub(super) struct Routers(Option<Net>);

impl Routers {
    /// Adds the router of a fabric; `seq` is the number of the next entry of a route map.
    ///
    /// Source: `proxmox_ve_config::sdn::fabric::frr::build_fabric`.
    pub(super) fn add(&mut self, fabric: &Fabric, node: &Node, seq: &mut u32, config: &mut Config) {
        let Protocol::Openfabric { hello_interval, csnp_interval } = fabric.protocol else {
            return;
        };
        // A node without any address does not pass the checks.
        let Some(address) = node.addresses().next() else {
            return;
        };
        let net = self.0.get_or_insert_with(|| address.into()).clone();
        config.openfabric.insert(fabric.id.clone().into(), net);

        let dummy = OpenfabricInterface {
            fabric: fabric.id.clone().into(),
            is_ipv4: node.ip.is_some(),
            is_ipv6: node.ip6.is_some(),
            is_passive: true,
            hello_interval: None,
            hello_multiplier: None,
            csnp_interval: None,
        };
        let name = fabric.dummy().into();
        config.openfabric_interfaces.insert(name, dummy.clone());
        for interface in &node.interfaces {
            let properties = OpenfabricInterface {
                is_passive: false,
                hello_interval,
                hello_multiplier: interface.hello_multiplier,
                csnp_interval,
                ..dummy.clone()
            };
            let name = interface.name.clone().into();
            config.openfabric_interfaces.insert(name, properties);
        }

        for address in node.addresses() {
            let is_ipv6 = address.is_ipv6();
            let map = if is_ipv6 { "pve_openfabric6" } else { "pve_openfabric" };
            config.route_maps.entry(map.into()).or_default().push(RouteMapEntry {
                seq: *seq,
                is_permit: true,
                matches: Some(Match {
                    is_ipv6,
                    is_prefix_list: false,
                    list: fabric.access_list(is_ipv6).into(),
                }),
                set: Some(Set::Src(address)),
            });
            *seq += 10;
            let maps = config.protocol_maps.entry("openfabric".into()).or_default();
            *(if is_ipv6 { &mut maps.ipv6 } else { &mut maps.ipv4 }) = Some(map);
        }
    }
}
