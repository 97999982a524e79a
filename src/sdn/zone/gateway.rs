//! The node as router of a vnet: addresses, forwarding, source NAT.

use super::text::Lines;
use super::{Node, Vnet};
use crate::addr::netip::is_ipv6;
use crate::error::Result;
use crate::perl::{is_true, number};
use rustc_hash::FxHashSet;

/// What differs between the families.
struct Family {
    iptables: &'static str,
    /// An address that is reached by the way out.
    outside: &'static str,
    forward: &'static str,
}

const FAMILIES: [Family; 2] = [
    Family { iptables: "iptables", outside: "8.8.8.8", forward: "ip-forward on" },
    Family { iptables: "ip6tables", outside: "2001:4860:4860::8888", forward: "ip6-forward on" },
];

const IPV4: usize = 0;
const IPV6: usize = 1;

/// What depends on the type of the zone.
#[derive(Debug, Clone, Copy)]
pub(super) struct Role {
    /// Does the node translate addresses of guests to its own?
    pub(super) is_exit: bool,
    /// Is a guest in a subnet of one address reached over the bridge?
    pub(super) routes_single_addresses: bool,
}

/// Which families the subnets of a vnet are of, IPv4 first.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Families {
    any: [bool; 2],
    with_gateway: [bool; 2],
}

impl Families {
    pub(super) fn is_none(self) -> bool {
        self.any == [false; 2]
    }

    pub(super) fn has_ipv6(self) -> bool {
        self.any[IPV6]
    }

    /// Adds the lines that let the node forward between subnets.
    pub(super) fn add_forwarding(self, lines: &mut Lines) {
        for (family, _) in FAMILIES.iter().zip(self.with_gateway).filter(|(_, has)| *has) {
            lines.add(family.forward);
        }
    }
}

/// Adds the lines of a vnet's subnets.
///
/// A subnet is of the family of its gateway; without one it counts as IPv4, as in the original.
pub(super) fn add_subnets(
    lines: &mut Lines,
    vnet: &Vnet,
    node: &mut Node,
    role: Role,
) -> Result<Families> {
    let subnets = node.subnets.as_ref().map_err(Clone::clone)?;
    let mut families = Families::default();
    let mut gateways = FxHashSet::default();
    for subnet in subnets.of(vnet.id) {
        let gateway = subnet.options.text("gateway");
        let index = usize::from(is_ipv6(&gateway));
        let family = &FAMILIES[index];
        let has_gateway = is_true(&gateway);
        families.any[index] = true;
        families.with_gateway[index] |= has_gateway;

        if has_gateway && !gateways.contains(&gateway) {
            lines.write(format_args!("address {gateway}/{}", subnet.mask));
            gateways.insert(gateway);
        }
        if role.routes_single_addresses && index == IPV4 && number(subnet.mask) == 32.0 {
            lines.write(format_args!("up ip route add {} dev {}", subnet.cidr(), vnet.id));
        }
        if subnet.options.is_true("snat") {
            let route = node.facts.route(family.outside, node.notes)?;
            if let (Some(ip), Some(iface), true) = (route.ip, route.iface, role.is_exit) {
                add_snat(lines, family.iptables, &subnet.cidr(), ip, iface);
            }
        }
    }
    Ok(families)
}

fn add_snat(lines: &mut Lines, iptables: &str, cidr: &str, ip: &str, iface: &str) {
    for (when, action) in [("up", 'A'), ("down", 'D')] {
        lines.write(format_args!(
            "post-{when} {iptables} -t nat -{action} POSTROUTING -s '{cidr}' -o {iface} -j SNAT \
             --to-source {ip}"
        ));
    }
    // Connections over the firewall's bridges are tracked apart from those on the way out.
    for (when, action) in [("up", 'I'), ("down", 'D')] {
        lines.write(format_args!(
            "post-{when} {iptables} -t raw -{action} PREROUTING -i fwbr+ -j CT --zone 1"
        ));
    }
}
