//! Zones: how the vnets of a node are made of interfaces (`/etc/network/interfaces.d/sdn`).
//!
//! One file for each type of zone; `text` holds what they write, `facts` what they ask the node.

mod evpn;
mod facts;
mod gateway;
mod outline;
mod qinq;
mod simple;
mod text;
mod underlay;
mod vlan;
mod vxlan;

pub(in crate::sdn) use facts::Local;
pub use facts::{Answer, Facts, Probe};
pub use outline::outline;

use super::{RunningConfig, Section, Subnets};
use crate::error::{Error, Result};
use crate::notes::Notes;
use crate::perl::Hash;
use std::borrow::Cow;
use text::{Interfaces, Lines};

/// A vnet, with what it belongs to.
struct Vnet<'c> {
    id: &'c str,
    options: &'c Hash<'c>,
    zone_id: &'c str,
    zone: &'c Hash<'c>,
    controller: Option<&'c Hash<'c>>,
}

/// The node that the file is for.
struct Node<'c, 'n> {
    name: &'c str,
    subnets: Result<Subnets<'c>>,
    /// The interface by which the node is known to its BGP or IS-IS neighbors.
    loopback: Option<Cow<'c, str>>,
    facts: &'n mut Facts<'c>,
    notes: &'n mut Notes,
}

/// What a zone is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Simple,
    Vlan,
    Qinq,
    Vxlan,
    Evpn,
}

impl Kind {
    /// The type of a zone.
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`] for any other type, in the words of the original, which may know more.
    fn new(zone: &Hash) -> Result<Self> {
        let Some(name) = zone.defined_text("type") else {
            return Err(Error::Unsupported("cannot lookup undefined type!".into()));
        };
        Ok(match name.as_ref() {
            "simple" => Kind::Simple,
            "vlan" => Kind::Vlan,
            "qinq" => Kind::Qinq,
            "vxlan" => Kind::Vxlan,
            "evpn" => Kind::Evpn,
            _ => {
                let message = format!("unknown section type '{name}'\n");
                return Err(Error::Unsupported(message));
            }
        })
    }
}

/// Writes the text of `interfaces.d/sdn` for a node; `None` if nothing was ever applied.
///
/// The subnets of `config` are those in force, even where the rest is not in force yet.
///
/// What has to be known of the node is asked of `facts`. If something is missing there, the text
/// and the warnings are worthless: the caller finds it out, and calls again.
///
/// # Errors
///
/// [`Error::Die`] if `/etc/network/interfaces` cannot be read, [`Error::Unsupported`] for a zone
/// of an unknown type. A vnet that cannot be made is a warning; what it has defined so far stays.
///
/// Source: `PVE::Network::SDN::Zones::generate_etc_network_config`.
pub fn generate<'c>(
    config: &'c RunningConfig<'c>,
    node: &'c str,
    facts: &mut Facts<'c>,
    notes: &mut Notes,
) -> Result<Option<String>> {
    if config.vnets.is_none() && config.zones.is_none() {
        return Ok(None);
    }
    facts.interfaces(notes)?;
    let mut node = Node {
        name: node,
        subnets: Subnets::new(config.subnets.as_ref()),
        loopback: loopback(config.controllers.as_ref(), node),
        facts,
        notes,
    };
    let mut ifaces = Interfaces::default();
    for (id, options) in config.vnets.iter().flat_map(Section::iter) {
        let Some(vnet) = lookup(config, &mut node, id, options) else {
            continue;
        };
        let made = match Kind::new(vnet.zone)? {
            Kind::Simple => simple::generate(&vnet, &mut node, &mut ifaces),
            Kind::Vlan => vlan::generate(&vnet, &mut node, &mut ifaces),
            Kind::Qinq => qinq::generate(&vnet, &mut node, &mut ifaces),
            Kind::Vxlan => vxlan::generate(&vnet, &mut node, &mut ifaces),
            Kind::Evpn => evpn::generate(&vnet, &mut node, &mut ifaces),
        };
        match made {
            Ok(()) => {}
            Err(Error::Die(text)) => {
                // as the original: with a newline behind that of the text, if it has one
                let end = if text.ends_with('\n') { "\n" } else { "" };
                let zone = vnet.zone_id;
                node.notes.warn_at(format_args!("zone {zone} : vnet {id} : {text}{end}"));
            }
            Err(error) => return Err(error),
        }
    }
    let version = config.version.to_text().unwrap_or_default();
    Ok(Some(ifaces.into_text(&format!("#version:{version}\n"))))
}

/// The vnet with its zone, and who makes it; `None` if this node does not.
fn lookup<'c>(
    config: &'c RunningConfig<'c>,
    node: &mut Node<'c, '_>,
    id: &'c str,
    options: Option<&'c Hash<'c>>,
) -> Option<Vnet<'c>> {
    let Some((options, zone_id)) = options.and_then(|o| Some((o, o.true_text("zone")?))) else {
        node.notes.warn(format_args!("can't generate vnet '{id}': no zone assigned!"));
        return None;
    };
    let Some((zone_id, zone)) = config.zones.as_ref().and_then(|zones| zones.entry(&zone_id))
    else {
        node.notes.warn(format_args!("can't generate vnet '{id}': zone {zone_id} don't exist"));
        return None;
    };
    if zone.hash("nodes").is_some_and(|nodes| !nodes.is_true(node.name)) {
        return None;
    }
    let controller = zone.true_text("controller");
    let controller = controller.and_then(|id| config.controllers.as_ref()?.get(&id));
    Some(Vnet { id, options, zone_id, zone, controller })
}

/// Source: `PVE::Network::SDN::Controllers::EvpnPlugin::find_bgp_controller`,
/// `find_isis_controller`.
fn loopback<'c>(controllers: Option<&'c Section<'c>>, node: &str) -> Option<Cow<'c, str>> {
    let of_type = |kind| {
        let controllers = controllers.into_iter().flat_map(Section::iter);
        let mut controllers = controllers.filter_map(|(_, controller)| controller);
        controllers
            .find(|c| c.text("type") == kind && c.text("node") == node)?
            .true_text("loopback")
    };
    of_type("bgp").or_else(|| of_type("isis"))
}

impl<'c> Vnet<'c> {
    fn tag(&self) -> Option<Cow<'c, str>> {
        self.options.true_text("tag")
    }

    fn is_vlan_aware(&self) -> bool {
        self.options.is_true("vlanaware")
    }

    fn mtu(&self) -> Option<Cow<'c, str>> {
        self.zone.true_text("mtu")
    }
}

impl Lines {
    /// Adds the lines that the bridge of every vnet has.
    fn add_bridge(&mut self, ports: &str, is_vlan_aware: bool, vnet: &Vnet, mtu: Option<&str>) {
        self.write(format_args!("bridge_ports {ports}"));
        self.add("bridge_stp off");
        self.add("bridge_fd 0");
        if is_vlan_aware {
            self.add("bridge-vlan-aware yes");
            self.add("bridge-vids 2-4094");
        }
        self.add_option("mtu", mtu);
        self.add_option("alias", vnet.options.true_text("alias"));
    }

    /// Adds the lines that make it a port of an OVS bridge.
    fn add_ovs_port(&mut self, bridge: &str, mtu: Option<&str>) {
        self.add("ovs_type OVSIntPort");
        self.write(format_args!("ovs_bridge {bridge}"));
        self.add_option("ovs_mtu", mtu);
    }

    /// Adds the lines that make it one end of a pair.
    fn add_veth(&mut self, peer: &str) {
        self.add("link-type veth");
        self.write(format_args!("veth-peer-name {peer}"));
    }
}
