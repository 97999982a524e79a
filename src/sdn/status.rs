//! The state of zones and vnets on this node.

use super::document::{as_hash, hash};
use crate::error::{Error, Result};
use crate::perl::{Hash, Value, is_digits, is_true};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// The version that the first line of `/etc/network/interfaces.d/sdn` says.
///
/// Source: `PVE::Network::SDN::Zones::read_etc_network_config_version`.
pub fn version(text: &str) -> Option<&str> {
    let line = text.split('\n').next()?;
    line.strip_prefix("#version:").filter(|digits| is_digits(digits))
}

/// What keeps the running config from being in force, if anything does.
pub fn reload_message(local_version: &Value, version: &Value) -> Option<&'static str> {
    if !local_version.is_true() {
        Some("local sdn network configuration is not yet generated, please reload")
    } else if local_version.to_number() < version.to_number() {
        Some("local sdn network configuration is too old, please reload")
    } else {
        None
    }
}

/// What a bridge is, as the caller found it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bridge {
    /// 1 if it is there.
    pub exists: u8,
    /// 1 if it filters VLANs.
    #[serde(default)]
    pub vlan_aware: u8,
    /// 1 if it is one of Open vSwitch.
    #[serde(default)]
    pub ovs: u8,
}

/// A bridge that has to be looked at.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Probe<'c> {
    /// Its name.
    pub bridge: Cow<'c, str>,
    /// 1 if it matters whether it is one of Open vSwitch.
    pub ovs: u8,
}

/// What the status depends on.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'f> {
    /// The name of this node.
    pub node: &'f str,
    /// What keeps the running config from being in force, see [`reload_message`].
    pub reload: Option<&'f str>,
    /// The interfaces by name, each with its `status`, as `ifquery` checked them.
    pub ifaces: &'f Hash<'f>,
    /// The bridges by name, see [`probes`].
    pub bridges: &'f BTreeMap<Cow<'f, str>, Bridge>,
}

/// The state of every zone and vnet of this node, by id.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Status<'c> {
    /// `status` and `zone-type` of each zone.
    pub zones: Hash<'c>,
    /// `status`, and `zone` and `statusmsg` if there are any, of each vnet.
    pub vnets: Hash<'c>,
}

/// The bridges whose state the status of these zones depends on.
///
/// # Errors
///
/// [`Error::Unsupported`] for a document that is no running config.
pub fn probes<'c>(running: &'c Hash<'c>, node: &str) -> Result<Vec<Probe<'c>>> {
    let zones = hash(hash(running, "zones")?, "ids")?;
    let mut probes: BTreeMap<Cow<str>, u8> = BTreeMap::new();
    for (_, vnet) in hash(hash(running, "vnets")?, "ids")?.iter() {
        let zone = vnet_zone(vnet)?.and_then(|zone| zones.hash(&zone));
        let Some(zone) = zone.filter(|zone| is_on(zone, node)) else {
            continue;
        };
        let ovs = match Plugin::of(zone) {
            Some(Plugin::Vlan) => 1,
            Some(Plugin::QinQ) => 0,
            _ => continue,
        };
        let entry = probes.entry(zone.text("bridge")).or_default();
        *entry = (*entry).max(ovs);
    }
    let probes = probes.into_iter();
    Ok(probes.map(|(bridge, ovs)| Probe { bridge, ovs }).collect())
}

/// The state of the zones and vnets of the running config.
///
/// # Errors
///
/// [`Error::Die`] for a zone of an unknown type; [`Error::Unsupported`] for a document that is no
/// running config.
///
/// Source: `PVE::Network::SDN::Zones::status`.
pub fn status<'c>(running: &'c Hash<'c>, facts: &Facts<'c>) -> Result<Status<'c>> {
    let zones = hash(hash(running, "zones")?, "ids")?;
    let mut status = Status::default();
    for (id, zone) in zones.iter() {
        let zone = as_hash(id, zone)?;
        if !is_on(zone, facts.node) {
            continue;
        }
        let mut state = Hash::default();
        let text = if facts.reload.is_some() { "pending" } else { "available" };
        state.set("status", Value::text(text));
        state.set("zone-type", zone.get("type").cloned().unwrap_or_default());
        status.zones.set(id, Value::Hash(state));
    }
    for (id, vnet) in hash(hash(running, "vnets")?, "ids")?.iter() {
        let Some(zone_id) = vnet_zone(vnet)? else {
            continue;
        };
        let mut state = Hash::default();
        // as the original: an undef zone has become an empty one above
        let zone = zones.get(&zone_id).map(|zone| as_hash(&zone_id, zone));
        let Some(zone) = zone.transpose()? else {
            state.set("status", Value::text("error"));
            let text = format!("unknown zone '{zone_id}' configured");
            state.set("statusmsg", Value::Text(text.into()));
            status.vnets.set(id, Value::Hash(state));
            continue;
        };
        if !is_on(zone, facts.node) {
            continue;
        }
        state.set("zone", Value::Text(zone_id.clone()));
        let (text, message) = match facts.reload {
            Some(message) => ("pending", message.to_owned()),
            None => {
                let faults = plugin_status(&zone_id, zone, id, vnet, facts)?;
                let text = if faults.is_empty() { "available" } else { "error" };
                (text, faults.join(","))
            }
        };
        if text == "error" {
            let mut zone_state = match status.zones.0.remove(&zone_id) {
                Some(Value::Hash(state)) => state,
                _ => Hash::default(),
            };
            zone_state.set("status", Value::text("error"));
            status.zones.set(zone_id, Value::Hash(zone_state));
        }
        state.set("status", Value::text(text));
        if text != "available" {
            state.set("statusmsg", Value::Text(message.into()));
        }
        status.vnets.set(id, Value::Hash(state));
    }
    Ok(status)
}

/// How a type of zone tells its state.
#[derive(Clone, Copy)]
enum Plugin {
    /// By the vnet alone.
    Plain,
    /// By the interfaces between the vnet and its bridge.
    Vlan,
    /// By the interfaces between the zone and its bridge.
    QinQ,
}

impl Plugin {
    fn of(zone: &Hash) -> Option<Self> {
        match &*zone.text("type") {
            "simple" | "vxlan" | "evpn" => Some(Plugin::Plain),
            "vlan" | "faucet" => Some(Plugin::Vlan),
            "qinq" => Some(Plugin::QinQ),
            _ => None,
        }
    }
}

/// What is wrong with a vnet, as its zone's type finds it.
fn plugin_status(
    zone_id: &str,
    zone: &Hash,
    id: &str,
    vnet: &Value,
    facts: &Facts,
) -> Result<Vec<String>> {
    let plugin = Plugin::of(zone).ok_or_else(|| match zone.defined_text("type") {
        Some(kind) => Error::die(format!("unknown section type '{kind}'")),
        None => Error::die_at("cannot lookup undefined type!"),
    })?;
    if matches!(plugin, Plugin::Plain) {
        return Ok(messages(id, facts.ifaces, &[""; 0]));
    }
    let name = zone.text("bridge");
    let Some(bridge) = facts.bridges.get(&*name).filter(|bridge| bridge.exists != 0) else {
        return Ok(vec![format!("missing {name}")]);
    };
    let tag = as_hash(id, vnet)?.text("tag");
    let mut needed = vec![id.to_owned(), name.to_string()];
    match plugin {
        Plugin::Vlan if bridge.ovs != 0 => needed.push(format!("ln_{id}")),
        Plugin::Vlan if bridge.vlan_aware == 0 => {
            needed.extend([format!("{name}v{tag}"), format!("ln_{id}"), format!("pr_{id}")]);
        }
        Plugin::QinQ => {
            needed.extend(["z_", "ln_", "pr_"].map(|prefix| format!("{prefix}{zone_id}")));
            if bridge.vlan_aware == 0 {
                needed.push(format!("sv_{zone_id}"));
            }
        }
        Plugin::Vlan | Plugin::Plain => {}
    }
    Ok(messages(id, facts.ifaces, &needed))
}

/// What is wrong with a vnet and the interfaces that it needs.
///
/// Source: `PVE::Network::SDN::Zones::Plugin::generate_status_message`.
pub fn messages(vnet: &str, ifaces: &Hash, needed: &[impl AsRef<str>]) -> Vec<String> {
    let state = |name: &str| {
        let state = ifaces.hash(name).map(|iface| iface.text("status"));
        state.filter(|state| is_true(state))
    };
    if state(vnet).is_none() {
        let text = "vnet is not generated. Please check the 'reload network' task log.";
        return vec![text.to_owned()];
    }
    let fault = |name: &str| match state(name) {
        None => Some(format!("missing {name}")),
        Some(state) => (state != "pass").then(|| format!("error {name}")),
    };
    needed.iter().filter_map(|name| fault(name.as_ref())).collect()
}

/// The id of the zone of a vnet, if it has one.
fn vnet_zone<'v>(vnet: &'v Value) -> Result<Option<Cow<'v, str>>> {
    Ok(as_hash("a vnet", vnet)?.defined_text("zone"))
}

/// True if the zone is for this node.
fn is_on(zone: &Hash, node: &str) -> bool {
    match zone.get("nodes") {
        None | Some(Value::Undef) => true,
        Some(Value::Hash(nodes)) => nodes.is_true(node),
        Some(_) => false,
    }
}
