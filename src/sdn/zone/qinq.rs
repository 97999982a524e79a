//! QinQ zones: one service VLAN of a bridge, and customer VLANs in it.

use super::facts::Bridge;
use super::text::Interfaces;
use super::{Node, Vnet};
use crate::error::Result;
use crate::perl::Value;

/// Source: `PVE::Network::SDN::Zones::QinQPlugin::generate_sdn_config`.
pub(super) fn generate<'c>(
    vnet: &Vnet<'c>,
    node: &mut Node<'c, '_>,
    ifaces: &mut Interfaces,
) -> Result<()> {
    let Some(kind) = node.facts.bridge(vnet.zone.defined_text("bridge"), node.notes)? else {
        return Ok(());
    };
    let mtu = vnet.mtu();
    let mtu = mtu.as_deref();
    let uplink = define_uplink(vnet, kind, ifaces);

    // For vnets without a tag.
    let link = format!("ln_{}", vnet.zone_id);
    let peer = format!("pr_{}", vnet.zone_id);
    for (end, other) in [(&link, &peer), (&peer, &link)] {
        ifaces.define(end, |lines| lines.add_veth(other));
    }

    let bridge = format!("z_{}", vnet.zone_id);
    ifaces.define(&bridge, |lines| {
        lines.add_option("mtu", mtu);
        lines.add("bridge-stp off");
        lines.write(format_args!("bridge-ports {uplink} {link}"));
        lines.add("bridge-fd 0");
        lines.add("bridge-vlan-aware yes");
        lines.add("bridge-vids 2-4094");
    });
    ifaces.define(vnet.id, |lines| {
        let port = vnet.tag().map(|tag| format!("{bridge}.{tag}"));
        let port = port.as_ref().unwrap_or(&peer);
        lines.add_bridge(port, vnet.is_vlan_aware(), vnet, mtu);
    });
    Ok(())
}

/// Defines what carries the service VLAN, and returns its name; empty if there is nothing.
fn define_uplink(vnet: &Vnet, kind: Bridge, ifaces: &mut Interfaces) -> String {
    let bridge = vnet.zone.text("bridge");
    let tag = vnet.zone.text("tag");
    let protocol = vnet.zone.true_text("vlan-protocol");
    // A name of its own, because that of a VLAN interface could be too long.
    let service = format!("sv_{}", vnet.zone_id);

    match kind {
        Bridge::Ovs => {
            ifaces.define(&service, |lines| {
                let protocol = protocol.as_deref().unwrap_or("802.1q");
                lines.add_ovs_port(&bridge, vnet.mtu().as_deref());
                lines.write(format_args!(
                    "ovs_options vlan_mode=dot1q-tunnel tag={tag} \
                     other_config:qinq-ethtype={protocol}"
                ));
            });
            let lines = ifaces.lines(&bridge);
            if lines.first().is_empty() {
                lines.add("ovs_ports");
            }
            if !lines.first().split(' ').any(|port| port == service) {
                lines.extend_first(&format!(" {service}"));
            }
            service
        }
        Bridge::VlanAware => {
            let service = format!("{bridge}.{tag}");
            if let Some(protocol) = protocol {
                ifaces.define(&bridge, |lines| {
                    lines.write(format_args!("bridge-vlan-protocol {protocol}"));
                });
                ifaces.define(&service, |lines| {
                    lines.write(format_args!("vlan-protocol {protocol}"));
                });
            }
            service
        }
        Bridge::Plain(ports) => {
            // as the original: the first port alone
            let Some(port) = ports.first().and_then(Value::to_text) else {
                return String::new();
            };
            ifaces.define(&service, |lines| {
                lines.write(format_args!("vlan-raw-device {port}"));
                lines.write(format_args!("vlan-id {tag}"));
                lines.add_option("vlan-protocol", protocol);
            });
            service
        }
    }
}
