//! The nodes that a VXLAN reaches, and this node among them.

use super::Node;
use crate::error::{Error, Result};
use crate::perl::{Hash, Value};
use std::borrow::Cow;
use std::fmt::Display;

/// The MTU of a VXLAN, if the zone says nothing: that of Ethernet without 50 bytes of headers.
///
/// The original would take these 50 off the MTU of the interface below, but looks for it at the
/// wrong place, and so never does.
pub(super) const MTU: &str = "1450";

/// Addresses of nodes in a fabric.
#[derive(Debug, Default)]
pub(super) struct Underlay {
    /// Of every node that has one.
    pub(super) peers: Vec<String>,
    /// Of this node.
    pub(super) local_ip: Option<String>,
}

/// The address by which the peers know this node.
pub(super) fn local_ip<'c>(
    peers: Cow<'c, str>,
    iface: Option<Cow<'c, str>>,
    node: &mut Node<'c, '_>,
) -> Result<Option<String>> {
    let local = node.facts.local_ip(peers, iface, node.notes)?;
    // The original looks for the MTU of that interface among the parts of the whole configuration.
    if let Some(name @ ("ifaces" | "options")) = local.iface {
        return Err(Error::Unsupported(format!("an interface with the name '{name}'")));
    }
    Ok(local.ip.map(str::to_owned))
}

/// The nodes of a fabric.
///
/// `zone` is what needs them, `user` is the same for another message of the original.
///
/// # Errors
///
/// [`Error::Die`] if there is no such fabric, this node is not in it, or has no IPv4 address there.
pub(super) fn of_fabric(
    id: &str,
    node: &mut Node,
    zone: impl Display,
    user: impl Display,
) -> Result<Underlay> {
    let fault = |text: String| Error::die(format_args!("could not configure {zone}: {text}"));
    let Some(sections) = node.facts.fabrics(node.notes)? else {
        return Ok(Underlay::default());
    };
    if !matches!(sections.get(id), Some(Value::Hash(_))) {
        if !is_fabric_id(id) {
            let message = format!("the name of no fabric: '{id}'");
            return Err(Error::Unsupported(message));
        }
        let text = format!("fabric '{id}' does not exist in configuration");
        return Err(fault(text));
    }

    let prefix = format!("{id}_");
    let mut peers = Vec::new();
    let mut own: Option<&Hash> = None;
    for (name, section) in sections.0.range(prefix.as_str()..) {
        let Some(name) = name.strip_prefix(&prefix) else {
            break;
        };
        let Value::Hash(section) = section else {
            continue;
        };
        own = own.or_else(|| (name == node.name).then_some(section));
        peers.extend(section.true_text("ip").map(Cow::into_owned));
    }
    let Some(own) = own else {
        let name = node.name;
        let text = format!("node '{name}' does not exist in fabric '{id}'");
        return Err(fault(text));
    };
    let Some(local_ip) = own.true_text("ip").map(Cow::into_owned) else {
        return Err(Error::die_at(format_args!(
            "Node {} requires an IP in the fabric {id} to configure the {user}",
            node.name
        )));
    };
    Ok(Underlay { peers, local_ip: Some(local_ip) })
}

/// True if a fabric may have that id.
///
/// Source: the format `pve-sdn-fabric-id`.
fn is_fabric_id(id: &str) -> bool {
    let is_letter = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    let bytes = id.as_bytes();
    let inner = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'-';
    is_letter(bytes.first())
        && bytes.iter().all(inner)
        && (bytes.len() <= 7 || bytes.len() == 8 && is_letter(bytes.last()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_fabrics() {
        for (id, expected) in [
            ("a", true),
            ("a-", true),
            ("a234567-", false),
            ("a2345678", true),
            ("a23456789", false),
            ("-a", false),
            ("a_b", false),
            ("", false),
        ] {
            assert_eq!(is_fabric_id(id), expected, "{id}");
        }
    }
}
