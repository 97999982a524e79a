//! Changes of zones, and what zones say to changes of their vnets.

use super::wrong;
use crate::error::{Error, Result};
use crate::perl::{Hash, Value};
use crate::sdn::document::{hash, object, objects};
use std::collections::BTreeMap;

/// The largest tag of a VLAN, as the original counts.
const MAX_VLAN: f64 = 4096.0;
/// The largest VNI, as the original counts.
const MAX_VNI: f64 = 16_777_216.0;

/// Checks a zone that is made or changed; true if it needs a MAC address made up.
///
/// # Errors
///
/// [`Error::Param`] or [`Error::Die`], as the type of the zone says; [`Error::Unsupported`] for a
/// type that this crate does not know.
///
/// Source: `PVE::Network::SDN::Zones::*Plugin::on_update_hook`.
pub fn on_update(kind: &str, id: &str, zones: &Hash, controllers: &Hash) -> Result<bool> {
    let zone = object(zones, id)?;
    match kind {
        "simple" | "vlan" | "qinq" | "faucet" => Ok(false),
        "vxlan" => check_underlay(zone).map(|()| false),
        "evpn" => {
            check_controller(zone, controllers)?;
            check_vrf(id, zone, zones)?;
            Ok(!zone.is_defined("mac"))
        }
        _ => Err(unknown(kind)),
    }
}

/// Checks that no vnet is in a zone that is deleted.
///
/// # Errors
///
/// [`Error::Die`] with the first vnet by id.
///
/// Source: `PVE::Network::SDN::Zones::Plugin::on_delete_hook`.
pub fn on_delete(id: &str, vnets: &Hash) -> Result<()> {
    let is_in_zone = |vnet: &Hash| {
        vnet.text("type") == "vnet" && vnet.defined_text("zone").is_some_and(|zone| zone == id)
    };
    match objects(vnets)?.iter().find(|(_, vnet)| is_in_zone(vnet)) {
        Some((vnet, _)) => Err(Error::die_at(format!("zone {id} is used by vnet {vnet}"))),
        None => Ok(()),
    }
}

/// Checks a vnet that is made or changed in a zone; true if it needs a MAC address made up.
///
/// # Errors
///
/// [`Error::Param`], as the type of the zone says; [`Error::Unsupported`] for a type that this
/// crate does not know.
///
/// Source: `PVE::Network::SDN::Zones::*Plugin::vnet_update_hook`.
pub fn on_vnet_update(kind: &str, id: &str, vnets: &Hash, zones: &Hash) -> Result<bool> {
    let vnet = object(vnets, id)?;
    match kind {
        "simple" if vnet.is_defined("tag") => {
            Err(wrong("tag", "vlan tag is not allowed on simple zone"))
        }
        "simple" => Ok(!vnet.is_defined("mac")),
        "vlan" | "faucet" => check_vlan(id, vnet, vnets).map(|()| false),
        "qinq" => check_qinq(id, vnet, vnets).map(|()| false),
        "vxlan" | "evpn" => check_vni(kind, id, vnet, vnets, zones).map(|()| false),
        _ => Err(unknown(kind)),
    }
}

fn check_underlay(zone: &Hash) -> Result<()> {
    if zone.is_true("peers") != zone.is_true("fabric") {
        return Ok(());
    }
    let text = "must have exactly one of peers / fabric defined";
    Err(Error::Param(BTreeMap::from(
        ["peers", "fabric"].map(|name| (name.to_owned(), text.to_owned())),
    )))
}

fn check_controller(zone: &Hash, controllers: &Hash) -> Result<()> {
    let id = zone.text("controller");
    if !hash(controllers, "ids")?.is_defined(&id) {
        return Err(Error::die_at(format!("controller {id} don't exist")));
    }
    if object(controllers, &id)?.text("type") != "evpn" {
        return Err(Error::die_at(format!("{id} is not a evpn controller type")));
    }
    Ok(())
}

fn check_vrf(id: &str, zone: &Hash, zones: &Hash) -> Result<()> {
    let vni = zone.text("vrf-vxlan");
    let is_taken = |zone: &Hash| zone.defined_text("vrf-vxlan").is_some_and(|other| other == vni);
    let zones = objects(zones)?;
    let mut others = zones.iter().filter(|(other, _)| *other != id);
    match others.find(|(_, zone)| is_taken(zone)) {
        Some((other, _)) => {
            Err(Error::die_at(format!("vrf-vxlan {vni} is already declared in {other}")))
        }
        None => Ok(()),
    }
}

fn check_vlan(id: &str, vnet: &Hash, vnets: &Hash) -> Result<()> {
    let Some(tag) = vnet.defined_text("tag") else {
        return Err(wrong("tag", "missing vlan tag"));
    };
    if number(vnet, "tag") > MAX_VLAN {
        return Err(wrong("tag", "vlan tag max value is 4096"));
    }
    let mut others = of_zone(id, vnet, vnets)?.into_iter();
    let clash = others.find(|(_, other)| has_tag(other, &tag));
    match clash {
        Some((other, _)) => Err(wrong("tag", format!("tag {tag} already exist in vnet {other}"))),
        None => Ok(()),
    }
}

fn check_qinq(id: &str, vnet: &Hash, vnets: &Hash) -> Result<()> {
    let tag = vnet.true_text("tag");
    if tag.is_some() && number(vnet, "tag") > MAX_VLAN {
        return Err(wrong("tag", "VLAN tag maximal value is 4096"));
    }
    let zone = vnet.text("zone");
    let mut others = of_zone(id, vnet, vnets)?.into_iter();
    let clash = match tag {
        Some(tag) => others
            .find(|(_, other)| has_tag(other, &tag))
            .map(|(other, _)| format!("tag {tag} already exist in zone {zone} vnet {other}")),
        None => others
            .find(|(_, other)| !other.is_true("tag"))
            .map(|(other, _)| format!("tag-less vnet already exists in zone {zone} vnet {other}")),
    };
    clash.map_or(Ok(()), |text| Err(wrong("tag", text)))
}

fn check_vni(kind: &str, id: &str, vnet: &Hash, vnets: &Hash, zones: &Hash) -> Result<()> {
    let Some(tag) = vnet.defined_text("tag") else {
        return Err(wrong("tag", "missing vxlan tag"));
    };
    if number(vnet, "tag") > MAX_VNI {
        return Err(wrong("tag", "vxlan tag max value is 16777216"));
    }
    if kind == "evpn" && vnet.is_true("vlanaware") {
        return Err(wrong("vlan-aware", "vlan-aware option can't be enabled with evpn"));
    }
    for (other, options) in objects(vnets)? {
        if other == id || !has_tag(options, &tag) {
            continue;
        }
        let zone = options.text("zone");
        if matches!(&*object(zones, &zone)?.text("type"), "vxlan" | "evpn") {
            // as the original: with a blank at its end
            let text = format!("vxlan tag {tag} already exist in vnet {other} in zone {zone} ");
            return Err(wrong("tag", text));
        }
    }
    Ok(())
}

/// The other vnets of the vnet's zone.
fn of_zone<'h, 'a>(
    id: &str,
    vnet: &Hash,
    vnets: &'h Hash<'a>,
) -> Result<Vec<(&'h str, &'h Hash<'a>)>> {
    let zone = vnet.text("zone");
    let mut others = objects(vnets)?;
    others.retain(|(other, vnet)| *other != id && vnet.text("zone") == zone);
    Ok(others)
}

fn has_tag(vnet: &Hash, tag: &str) -> bool {
    vnet.true_text("tag").is_some_and(|other| other == tag)
}

fn number(object: &Hash, key: &str) -> f64 {
    object.get(key).map_or(0.0, Value::to_number)
}

fn unknown(kind: &str) -> Error {
    Error::Unsupported(format!("zones of type '{kind}'"))
}
