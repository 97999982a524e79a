//! VLAN zones: a VLAN of a bridge for each vnet.

use super::facts::Bridge;
use super::text::Interfaces;
use super::{Node, Vnet};
use crate::error::Result;

/// Source: `PVE::Network::SDN::Zones::VlanPlugin::generate_sdn_config`.
pub(super) fn generate<'c>(
    vnet: &Vnet<'c>,
    node: &mut Node<'c, '_>,
    ifaces: &mut Interfaces,
) -> Result<()> {
    let Some(kind) = node.facts.bridge(vnet.zone.defined_text("bridge"), node.notes)? else {
        return Ok(());
    };
    let bridge = vnet.zone.text("bridge");
    let tag = vnet.options.text("tag");
    let mtu = vnet.mtu();
    let mtu = mtu.as_deref();
    let link = format!("ln_{}", vnet.id);

    let uplink = match kind {
        Bridge::Ovs => {
            ifaces.define(&link, |lines| {
                lines.add_ovs_port(&bridge, mtu);
                if vnet.is_vlan_aware() {
                    lines.write(format_args!(
                        "ovs_options vlan_mode=dot1q-tunnel other_config:qinq-ethtype=802.1q \
                         tag={tag}"
                    ));
                } else {
                    lines.write(format_args!("ovs_options tag={tag}"));
                }
            });
            // ifupdown2 puts the lines together, and those of /etc/network/interfaces.
            ifaces.lines(&bridge).write(format_args!("ovs_ports {link}"));
            link
        }
        Bridge::VlanAware => format!("{bridge}.{tag}"),
        Bridge::Plain(ports) => {
            let peer = format!("pr_{}", vnet.id);
            for (end, other) in [(&link, &peer), (&peer, &link)] {
                ifaces.define(end, |lines| {
                    lines.add_veth(other);
                    lines.add_option("mtu", mtu);
                });
            }
            ifaces.define(&format!("{bridge}v{tag}"), |lines| {
                let ports = ports.iter().filter_map(crate::perl::Value::to_text);
                let ports: String = ports.map(|port| format!(" {port}.{tag}")).collect();
                lines.write(format_args!("bridge_ports {ports} {peer}"));
                lines.add("bridge_stp off");
                lines.add("bridge_fd 0");
                lines.add_option("mtu", mtu);
            });
            link
        }
    };
    ifaces.define(vnet.id, |lines| {
        lines.add_bridge(&uplink, vnet.is_vlan_aware(), vnet, mtu);
    });
    Ok(())
}
