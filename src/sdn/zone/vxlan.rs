//! VXLAN zones: every node sends to every other node.

use super::text::Interfaces;
use super::underlay::{self, Underlay};
use super::{Node, Vnet};
use crate::error::{Error, Result};
use crate::sdn::split_list;

/// Source: `PVE::Network::SDN::Zones::VxlanPlugin::generate_sdn_config`.
pub(super) fn generate<'c>(
    vnet: &Vnet<'c>,
    node: &mut Node<'c, '_>,
    ifaces: &mut Interfaces,
) -> Result<()> {
    let Some(tag) = vnet.tag() else {
        return Err(Error::die_at("missing vxlan tag"));
    };
    let underlay = underlay_of(vnet, node)?;
    let mtu = vnet.mtu();
    let mtu = Some(mtu.as_deref().unwrap_or(underlay::MTU));

    let tunnel = format!("vxlan_{}", vnet.id);
    ifaces.define(&tunnel, |lines| {
        lines.write(format_args!("vxlan-id {tag}"));
        let local_ip = underlay.local_ip.as_deref().unwrap_or_default();
        for peer in underlay.peers.iter().filter(|peer| *peer != local_ip) {
            lines.write(format_args!("vxlan_remoteip {peer}"));
        }
        lines.add_option("vxlan-port", vnet.zone.true_text("vxlan-port"));
        lines.add_option("mtu", mtu);
    });
    ifaces.define(vnet.id, |lines| {
        lines.add_bridge(&tunnel, vnet.is_vlan_aware(), vnet, mtu);
    });
    Ok(())
}

fn underlay_of<'c>(vnet: &Vnet<'c>, node: &mut Node<'c, '_>) -> Result<Underlay> {
    let zone = format!("VXLAN zone {}", vnet.zone.text("id"));
    if let Some(peers) = vnet.zone.true_text("peers") {
        return Ok(Underlay {
            peers: split_list(&peers).map(str::to_owned).collect(),
            local_ip: underlay::local_ip(peers, None, node)?,
        });
    }
    match vnet.zone.true_text("fabric") {
        Some(fabric) => underlay::of_fabric(&fabric, node, &zone, &zone),
        None => Err(Error::die_at(format_args!("neither peers nor fabric configured for {zone}"))),
    }
}
