//! The interfaces of fabrics, as stanzas of `/etc/network/interfaces.d/sdn`.

use super::{Fabrics, Protocol};
use crate::addr::Cidr;
use std::fmt::Write;

impl Fabrics {
    /// Returns the stanzas of a node's interfaces, each with an empty line before it.
    ///
    /// Source: `PVE::RS::SDN::Fabrics::get_interfaces_etc_network_config`.
    pub fn interfaces_text(&self, node: &str) -> String {
        let mut text = String::new();
        for (fabric, node) in self.of_node(node) {
            for address in node.addresses() {
                stanza(&fabric.dummy(), Cidr::host(address), true, &mut text);
            }
            for interface in &node.interfaces {
                let ip6 = match fabric.protocol {
                    Protocol::Openfabric { .. } => interface.ip6,
                    Protocol::Ospf { .. } => None,
                };
                // Without an address, ARP could not tell which one to use as source.
                let of_node = node.addresses().next().map(Cidr::host);
                let of_node = of_node.filter(|_| interface.ip.is_none() && ip6.is_none());
                for cidr in interface.ip.into_iter().chain(ip6).chain(of_node) {
                    stanza(&interface.name, cidr, false, &mut text);
                }
            }
        }
        text
    }
}

fn stanza(name: &str, cidr: Cidr, is_dummy: bool, text: &mut String) {
    let family = if cidr.is_ipv6() { "inet6" } else { "inet" };
    let kind = if is_dummy { "\tlink-type dummy\n" } else { "" };
    // A String takes all that is written to it.
    let _ = write!(
        text,
        "\nauto {name}\niface {name} {family} static\n\taddress {cidr}\n{kind}\tip-forward 1\n"
    );
}
