//! What frr.conf.local does to the original's own tree: a Perl hash, in which places are paths.

use super::merge::{Family, Outline, Place, Shelf, Step, steps};
use crate::error::{Error, Result};
use crate::perl::is_true;
use serde::Serialize;
use std::borrow::Cow;

/// One change of the tree; what a path lacks on its way is made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change<'l> {
    /// What is done.
    pub what: What,
    /// Where.
    pub path: Path<'l>,
    /// The lines that a list gets.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<Cow<'l, str>>,
}

/// What is done at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// There is to be a hash.
    Hash,
    /// There is to be a list.
    List,
    /// There is to be the key, be its value undef.
    Key,
    /// The list gets lines.
    Push,
    /// The entries of the list get their places, from 1 on, as `seq`.
    Number,
}

/// The keys from the top of the tree.
pub type Path<'l> = Vec<Cow<'l, str>>;

/// Says what the original changes in its tree for the text of frr.conf.local.
///
/// # Errors
///
/// [`Error::Unsupported`] if the original goes on with a tree that nothing can be made of.
///
/// Source: `PVE::Network::SDN::Frr::append_local_config`.
pub fn changes<'l>(outline: &'l Outline, local: &'l str) -> Result<Vec<Change<'l>>> {
    let change = |what, path| Change { what, path, lines: Vec::new() };
    let mut changes = vec![change(What::Hash, path(&["frr", "routemaps"]))];
    if is_true(local) {
        changes.push(change(What::List, place_path(Place::Custom)));
        changes.push(change(What::Key, place_path(Place::Lost)));
        let steps = steps(outline, local).map_err(|e| Error::Unsupported(e.to_string()))?;
        for step in steps {
            match step {
                Step::Look(shelf) => changes.push(change(What::Hash, shelf_path(shelf))),
                Step::Open(place) => {
                    // as the original, which does not make a list of that one
                    let what = if matches!(place, Place::Vrf(_)) { What::Key } else { What::List };
                    changes.push(change(what, place_path(place)));
                }
                Step::Add(place, line) => add(&mut changes, place_path(place), line),
            }
        }
    }
    let maps = outline.route_maps.keys();
    changes.extend(maps.map(|name| change(What::Number, path(&["frr", "routemaps", name]))));
    Ok(changes)
}

/// Adds a line to a place, behind the lines that it has just got.
fn add<'l>(changes: &mut Vec<Change<'l>>, path: Path<'l>, line: Cow<'l, str>) {
    match changes.last_mut() {
        Some(last) if last.what == What::Push && last.path == path => last.lines.push(line),
        _ => changes.push(Change { what: What::Push, path, lines: vec![line] }),
    }
}

fn path<'l>(keys: &[&'l str]) -> Path<'l> {
    keys.iter().map(|key| Cow::Borrowed(*key)).collect()
}

fn shelf_path(shelf: Shelf<'_>) -> Path<'_> {
    match shelf {
        Shelf::Isis => path(&["frr", "isis", "router"]),
        Shelf::IsisInterfaces => path(&["frr", "isis", "interfaces"]),
        Shelf::Vrfs => path(&["frr", "bgp", "vrfs"]),
        Shelf::Routers => path(&["frr", "bgp", "vrf_router"]),
        Shelf::Families(vrf) => path(&["frr", "bgp", "vrf_router", vrf, "address_families"]),
    }
}

/// The list of the lines of a place.
fn place_path(place: Place<'_>) -> Path<'_> {
    const LINES: &str = "custom_frr_config";
    match place {
        Place::Lost => path(&[""]),
        // The lines of route maps are added to the blocks that are printed as they are.
        Place::Custom | Place::RouteMap(_) => path(&["frr", LINES]),
        Place::Isis(name) => path(&["frr", "isis", "router", name, LINES]),
        Place::IsisInterface(name) => path(&["frr", "isis", "interfaces", name, LINES]),
        Place::Vrf(name) => path(&["frr", "bgp", "vrfs", name, LINES]),
        Place::Router(vrf) => path(&["frr", "bgp", "vrf_router", vrf, LINES]),
        Place::Family(vrf, family) => {
            let key = match family {
                Family::Ipv4 => "ipv4_unicast",
                Family::Ipv6 => "ipv6_unicast",
                Family::Evpn => "l2vpn_evpn",
            };
            path(&["frr", "bgp", "vrf_router", vrf, "address_families", key, LINES])
        }
    }
}
