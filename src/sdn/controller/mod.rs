//! Controllers: what the zones of a node need of the routing daemons.
//!
//! One file for each type of controller; `router_id` and `null_route` hold what they share.

mod bgp;
mod evpn;
mod isis;
mod null_route;
mod router_id;

pub use router_id::router_id;

use super::fabric::Fabrics;
use super::zone::{Facts, Probe};
use super::{RunningConfig, Section, Subnets};
use crate::error::{Error, Result};
use crate::frr::{Part, Profile};
use crate::notes::Notes;
use crate::perl::{Hash, Value, is_true};
use null_route::NullRoutes;
use serde::Serialize;
use std::collections::HashMap;

/// What the generation starts from.
#[derive(Debug, Clone, Copy)]
pub struct Input<'c> {
    /// The running config; its subnets are those in force, even where the rest is not yet.
    pub config: &'c RunningConfig<'c>,
    /// The subnets as they are configured, in force or not: only null routes look at them.
    pub pending: Option<&'c Section<'c>>,
    /// The name of this node.
    pub node: &'c str,
    /// The release of pve-network whose text is written.
    pub profile: Profile,
}

/// A document that only some nodes need; it may be big.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Document {
    /// The vnets of the running config, and its subnets.
    Vnets,
    /// The subnets as they are configured.
    Pending,
}

/// The documents without which [`parts`] would lack something: those that exit nodes look at.
pub fn documents(config: &RunningConfig, node: &str) -> Vec<Document> {
    let (mut is_exit, mut has_local_routing) = (false, false);
    for (_, zone) in config.zones.iter().flat_map(Section::iter) {
        let Some(zone) = zone.filter(|zone| evpn::is_exit(zone, node)) else {
            continue;
        };
        // A controller that is none is an error elsewhere.
        if let Ok(Some(_)) = evpn_controller(config, zone) {
            is_exit = true;
            has_local_routing |= zone.is_true("exitnodes-local-routing");
        }
    }
    let documents = [(has_local_routing, Document::Vnets), (is_exit, Document::Pending)];
    documents
        .into_iter()
        .filter_map(|(is_needed, document)| is_needed.then_some(document))
        .collect()
}

/// The node that the configuration is for.
struct Node<'c, 'n> {
    name: &'c str,
    profile: Profile,
    /// Its BGP controller, the first one by id; the original takes any.
    bgp: Option<&'c Hash<'c>>,
    /// Its IS-IS controller, likewise.
    isis: Option<&'c Hash<'c>>,
    subnets: Result<Subnets<'c>>,
    null_routes: Result<NullRoutes<'c>>,
    fabrics: Option<Fabrics>,
    facts: &'n mut Facts<'c>,
    notes: &'n mut Notes,
}

/// What a controller is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Evpn,
    Bgp,
    Isis,
}

impl Kind {
    /// The type of a controller.
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`] for any other type, in the words of the original, which may know
    /// more; [`Error::Die`] for one that it knows, but cannot make anything of.
    fn new(controller: &Hash) -> Result<Self> {
        let Some(name) = controller.defined_text("type") else {
            return Err(Error::Unsupported("cannot lookup undefined type!".into()));
        };
        match name.as_ref() {
            "evpn" => Ok(Kind::Evpn),
            "bgp" => Ok(Kind::Bgp),
            "isis" => Ok(Kind::Isis),
            "faucet" => Err(Error::die_at("please implement inside plugin")),
            _ => Err(Error::Unsupported(format!("unknown section type '{name}'\n"))),
        }
    }
}

/// Returns what controllers, zones and vnets need of FRR on a node, in this order, each by id.
///
/// What has to be known of the node is asked of `facts`. If something is missing there, the parts
/// and the warnings are worthless: the caller finds it out, and calls again.
///
/// # Errors
///
/// [`Error::Die`] where the original dies, [`Error::Unsupported`] for a controller of an unknown
/// type.
///
/// Source: `PVE::Network::SDN::Controllers::generate_frr_config`.
pub fn parts<'c>(
    input: Input<'c>,
    facts: &mut Facts<'c>,
    notes: &mut Notes,
) -> Result<Vec<Part<'c>>> {
    let config = input.config;
    if config.vnets.is_none() && config.zones.is_none() && config.controllers.is_none() {
        return Ok(Vec::new());
    }
    check_uplinks(facts, notes)?;
    let mut node = Node {
        name: input.node,
        profile: input.profile,
        bgp: find(config, "bgp", input.node),
        isis: find(config, "isis", input.node),
        subnets: Subnets::new(config.subnets.as_ref()),
        null_routes: Subnets::new(input.pending).map(|subnets| NullRoutes::new(&subnets)),
        fabrics: None,
        facts,
        notes,
    };

    let mut parts = Vec::new();
    let none = Hash::default();
    for (_, controller) in config.controllers.iter().flat_map(Section::iter) {
        // An object that is undef has no type.
        let Some(controller) = controller else {
            Kind::new(&none)?;
            continue;
        };
        parts.extend(match Kind::new(controller)? {
            Kind::Evpn => evpn::router(controller, &mut node)?.map(Part::Evpn),
            Kind::Bgp => bgp::router(controller, &mut node)?.map(Part::Bgp),
            Kind::Isis => isis::router(controller, &mut node)?.map(Part::Isis),
        });
    }
    let mut evpn_zones = HashMap::new();
    for (id, zone) in config.zones.iter().flat_map(Section::iter) {
        let Some(zone) = zone else { continue };
        if let Some(controller) = evpn_controller(config, zone)? {
            evpn_zones.insert(id, zone);
            parts.extend(evpn::zone(id, zone, controller, &mut node)?.map(Part::EvpnZone));
        }
    }
    for (id, vnet) in config.vnets.iter().flat_map(Section::iter) {
        let zone = vnet.and_then(|vnet| vnet.true_text("zone"));
        let zone = zone.and_then(|zone| evpn_zones.get_key_value(zone.as_ref()));
        if let Some((zone_id, zone)) = zone {
            parts.extend(evpn::vnet(id, zone_id, zone, &mut node)?.map(Part::VnetRoutes));
        }
    }
    Ok(parts)
}

/// Refuses interfaces that share an uplink.
fn check_uplinks(facts: &mut Facts, notes: &mut Notes) -> Result<()> {
    let Some(answer) = facts.ask(&Probe::Uplinks, notes)? else {
        return Ok(());
    };
    let wrong = || Error::Request("uplinks: expected a list of pairs".into());
    let Value::List(rows) = answer else {
        return Err(wrong());
    };
    let mut users = HashMap::new();
    for row in rows {
        let Value::List(row) = row else {
            return Err(wrong());
        };
        let [iface, uplink] = row.as_slice() else {
            return Err(wrong());
        };
        let (Some(iface), Some(uplink)) = (iface.to_text(), uplink.to_text()) else {
            return Err(wrong());
        };
        if !is_true(&uplink) {
            continue;
        }
        if let Some(user) = users.insert(uplink.clone(), iface) {
            return Err(Error::die_at(format_args!(
                "uplink-id {uplink} is already defined on {user}"
            )));
        }
    }
    Ok(())
}

/// The first controller of a type that is for this node.
///
/// Source: `PVE::Network::SDN::Controllers::EvpnPlugin::find_bgp_controller`,
/// `find_isis_controller`.
fn find<'c>(config: &'c RunningConfig<'c>, kind: &str, node: &str) -> Option<&'c Hash<'c>> {
    let controllers = config.controllers.iter().flat_map(Section::iter);
    controllers
        .filter_map(|(_, controller)| controller)
        .find(|controller| controller.text("type") == kind && controller.text("node") == node)
}

/// The controller of a zone, if it is one of EVPN: others have no part in zones.
fn evpn_controller<'c>(config: &'c RunningConfig<'c>, zone: &Hash) -> Result<Option<&'c Hash<'c>>> {
    let id = zone.true_text("controller");
    let controller = id.and_then(|id| config.controllers.as_ref()?.get(&id));
    let Some(controller) = controller else {
        return Ok(None);
    };
    Ok((Kind::new(controller)? == Kind::Evpn).then_some(controller))
}
