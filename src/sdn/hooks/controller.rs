//! Changes of controllers.

use crate::error::{Error, Result};
use crate::perl::Hash;
use crate::sdn::document::{object, objects};

/// Checks a controller that is made or changed; `node` is where the API call runs.
///
/// # Errors
///
/// [`Error::Die`], as the type of the controller says; [`Error::Unsupported`] for a type that this
/// crate does not know.
///
/// Source: `PVE::Network::SDN::Controllers::*Plugin::on_update_hook`.
pub fn on_update(kind: &str, id: &str, controllers: &Hash, node: &str) -> Result<()> {
    let mut others = objects(controllers)?;
    others.retain(|(other, controller)| *other != id && controller.text("type") == kind);
    // as the original: the controllers of the node where the call runs count, not those of the
    // node that the controller is for, and one too many is let in
    let is_here = |controller: &Hash| controller.text("node") == node;
    let (limit, text) = match kind {
        "evpn" => (others.len(), "only 1 global evpn controller can be defined"),
        "bgp" | "isis" => {
            let here = others.iter().filter(|(_, other)| is_here(other)).count();
            let text = match kind {
                "bgp" => "only 1 bgp controller can be defined",
                _ => "only 1 bgp or isis controller can be defined",
            };
            (here.saturating_sub(1), text)
        }
        "faucet" => (0, ""),
        _ => return Err(Error::Unsupported(format!("controllers of type '{kind}'"))),
    };
    if limit > 0 {
        return Err(Error::die_at(text));
    }
    let controller = object(controllers, id)?;
    if kind == "evpn"
        && controller.text("type") == "evpn"
        && controller.is_true("peers") == controller.is_true("fabric")
    {
        return Err(Error::die_at("must have exactly one of peers / fabric defined"));
    }
    Ok(())
}

/// Checks that no zone uses a controller that is deleted.
///
/// # Errors
///
/// [`Error::Die`] with the first zone by id.
///
/// Source: `PVE::Network::SDN::Controllers::*Plugin::on_delete_hook`.
pub fn on_delete(kind: &str, id: &str, zones: &Hash) -> Result<()> {
    if !matches!(kind, "evpn" | "bgp") {
        return Ok(());
    }
    let is_user = |zone: &Hash| zone.defined_text("controller").is_some_and(|used| used == id);
    match objects(zones)?.iter().find(|(_, zone)| is_user(zone)) {
        Some((zone, _)) => Err(Error::die_at(format!("controller {id} is used by {zone}"))),
        None => Ok(()),
    }
}
