//! EVPN zones: BGP tells the nodes where guests are, and routes between the vnets of a zone.

use super::gateway::{Families, Role, add_subnets};
use super::text::{Interfaces, Lines};
use super::{Node, Vnet, underlay};
use crate::error::{Error, Result};
use crate::perl::{Hash, number, number_text};
use std::borrow::Cow;

/// What the interfaces of a zone are made of.
struct Zone<'v> {
    options: &'v Hash<'v>,
    local_ip: Option<String>,
    mtu: Cow<'v, str>,
    vrf: String,
    /// Is this node a way out of the zone?
    is_exit: bool,
}

/// Source: `PVE::Network::SDN::Zones::EvpnPlugin::generate_sdn_config`.
pub(super) fn generate<'c>(
    vnet: &Vnet<'c>,
    node: &mut Node<'c, '_>,
    ifaces: &mut Interfaces,
) -> Result<()> {
    let Some(tag) = vnet.tag() else {
        return Err(Error::die_at("missing vxlan tag"));
    };
    let Some(controller) = vnet.controller else {
        return Err(Error::die_at("missing controller"));
    };
    let exits = vnet.zone.hash("exitnodes");
    let zone = Zone {
        options: vnet.zone,
        local_ip: local_ip(vnet, controller, node)?,
        mtu: vnet.mtu().unwrap_or(Cow::Borrowed(underlay::MTU)),
        vrf: format!("vrf_{}", vnet.zone_id),
        is_exit: exits.is_some_and(|exits| exits.is_true(node.name)),
    };

    let tunnel = format!("vxlan_{}", vnet.id);
    ifaces.define(&tunnel, |lines| zone.add_tunnel(lines, &tag));

    let role = Role { is_exit: zone.is_exit, routes_single_addresses: false };
    let mut lines = Lines::default();
    let families = add_subnets(&mut lines, vnet, node, role)?;
    lines.add_option("hwaddress", vnet.zone.true_text("mac"));
    // as the original: a vnet in an EVPN zone knows no VLANs, whatever it says
    lines.add_bridge(&tunnel, false, vnet, Some(&zone.mtu));
    families.add_forwarding(&mut lines);
    if !families.is_none() {
        lines.add("arp-accept on");
    }
    lines.write(format_args!("vrf {}", zone.vrf));
    ifaces.insert(vnet.id, lines);

    zone.define_vrf(vnet.zone_id, families, ifaces);
    Ok(())
}

/// The address of the tunnels' end on this node.
fn local_ip<'c>(
    vnet: &Vnet<'c>,
    controller: &'c Hash<'c>,
    node: &mut Node<'c, '_>,
) -> Result<Option<String>> {
    if let Some(peers) = controller.true_text("peers") {
        return underlay::local_ip(peers, node.loopback.clone(), node);
    }
    match controller.true_text("fabric") {
        Some(fabric) => {
            let zone = format!("EVPN zone {}", vnet.zone.text("id"));
            Ok(underlay::of_fabric(&fabric, node, zone, "EVPN zone")?.local_ip)
        }
        None => Err(Error::die_at(format_args!(
            "neither fabric nor peers configured for EVPN controller {}",
            controller.text("id")
        ))),
    }
}

impl Zone<'_> {
    /// Adds the lines of a VXLAN whose peers BGP knows.
    fn add_tunnel(&self, lines: &mut Lines, vni: &str) {
        lines.write(format_args!("vxlan-id {vni}"));
        lines.add_option("vxlan-local-tunnelip", self.local_ip.as_deref());
        lines.add_option("vxlan-port", self.options.true_text("vxlan-port"));
        lines.add("bridge-learning off");
        if !self.options.is_true("disable-arp-nd-suppression") {
            lines.add("bridge-arp-nd-suppress on");
        }
        lines.write(format_args!("mtu {}", self.mtu));
    }

    /// Defines what all vnets of the zone share.
    fn define_vrf(&self, id: &str, families: Families, ifaces: &mut Interfaces) {
        let vrf = &self.vrf;
        ifaces.define(vrf, |lines| {
            // Without a way out, what is for nobody must not leave by the node's own routes.
            let action = if self.is_exit { "del" } else { "add" };
            lines.add("vrf-table auto");
            lines.write(format_args!(
                "post-up ip route {action} vrf {vrf} unreachable default metric 4278198272"
            ));
        });
        if let Some(vni) = self.options.true_text("vrf-vxlan") {
            let tunnel = format!("vrfvx_{id}");
            ifaces.define(&tunnel, |lines| self.add_tunnel(lines, &vni));
            ifaces.define(&format!("vrfbr_{id}"), |lines| {
                lines.write(format_args!("bridge-ports {tunnel}"));
                lines.add("bridge_stp off");
                lines.add("bridge_fd 0");
                lines.write(format_args!("mtu {}", self.mtu));
                lines.write(format_args!("vrf {vrf}"));
            });
        }
        if self.is_exit && self.options.is_true("exitnodes-local-routing") {
            self.define_door(id, families, ifaces);
        }
    }

    /// Defines the pair by which the node itself and the VRF reach each other.
    fn define_door(&self, id: &str, families: Families, ifaces: &mut Interfaces) {
        let mtu = number_text(number(&self.mtu) + 50.0);
        let ends = [format!("xvrf_{id}"), format!("xvrfp_{id}")];
        for (end, peer, host, vrf) in
            [(&ends[0], &ends[1], 1, None), (&ends[1], &ends[0], 2, Some(&self.vrf))]
        {
            ifaces.define(end, |lines| {
                lines.add("link-type veth");
                lines.write(format_args!("address 10.255.255.{host}/30"));
                if families.has_ipv6() {
                    lines.write(format_args!("address fe80::{host}/126"));
                }
                lines.write(format_args!("veth-peer-name {peer}"));
                lines.add_option("vrf", vrf);
                lines.write(format_args!("mtu {mtu}"));
            });
        }
    }
}
