//! What differs between the running config and the section configs.

use super::document::{as_hash, hash};
use crate::error::{Error, Result};
use crate::perl::{Hash, Value};
use std::borrow::Cow;

/// The objects of one kind: as they run, with what the next apply changes.
///
/// An object that is the same in both is there without a `state`.
///
/// # Errors
///
/// [`Error::Unsupported`] for documents that are no configs.
///
/// Source: `PVE::Network::SDN::pending_config`.
pub fn pending_config<'a>(running: &Hash<'a>, config: &Hash<'a>, kind: &str) -> Result<Hash<'a>> {
    let running = hash(hash(running, kind)?, "ids")?;
    let config = hash(config, "ids")?;

    let mut pending = Hash::default();
    for id in running.0.keys().chain(config.0.keys()) {
        if pending.get(id).is_some() {
            continue; // in both
        }
        let object = difference(hash(running, id)?, hash(config, id)?)?;
        pending.set(id.clone(), Value::Hash(object));
    }
    Ok(pending)
}

/// True if an apply would change anything in these configs, by kind.
///
/// # Errors
///
/// As for [`pending_config`].
///
/// Source: `PVE::Network::SDN::has_pending_changes`.
pub fn has_pending_changes(running: &Hash, configs: &Hash) -> Result<bool> {
    for (kind, config) in configs.iter() {
        let pending = pending_config(running, as_hash(kind, config)?, kind)?;
        let is_pending = |object: &Value| match object {
            Value::Hash(object) => object.is_true("pending"),
            _ => false,
        };
        if pending.iter().any(|(_, object)| is_pending(object)) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The value of a key as the API shows it: sets and lists of some keys become one text, sorted.
///
/// Source: `PVE::Network::SDN::encode_value`.
pub fn encode_value<'v, 'a>(key: &str, value: &'v Value<'a>) -> Cow<'v, Value<'a>> {
    if !matches!(key, "nodes" | "exitnodes" | "dhcp-range" | "interfaces") {
        return Cow::Borrowed(value);
    }
    let text = match value {
        Value::Hash(members) => members.iter().map(|(key, _)| key).collect::<Vec<_>>().join(","),
        Value::List(items) => {
            let mut items: Vec<_> = items.iter().filter_map(Value::to_text).collect();
            items.sort();
            items.join(",")
        }
        _ => return Cow::Borrowed(value),
    };
    Cow::Owned(Value::Text(text.into()))
}

/// One object: what runs, with `pending` and `state` where something changes.
fn difference<'a>(was: &Hash<'a>, will_be: &Hash<'a>) -> Result<Hash<'a>> {
    let mut object = was.clone();
    let mut pending = Hash::default();
    let mut state = None;
    for (key, value) in was.iter() {
        if will_be.0.is_empty() {
            state = Some("deleted");
        } else if !will_be.is_defined(key) {
            pending.set(key.to_owned(), Value::text("deleted"));
            state = Some("changed");
        } else if !is_same(key, value, will_be.get(key)) {
            state = Some("changed");
        }
    }
    for (key, value) in will_be.iter() {
        let was_defined = was.is_defined(key);
        if matches!(key, "type" | "vnet") {
            object.set(key.to_owned(), encode_value(key, value).into_owned());
        } else if !was_defined || !is_same(key, value, was.get(key)) {
            pending.set(key.to_owned(), value.clone());
        }
        if was.0.is_empty() {
            state = Some("new");
        } else if !was_defined && *value != Value::Undef {
            state = Some("changed");
        }
    }
    if ["state", "pending"].iter().any(|key| object.get(key).is_some()) {
        return Err(Error::Unsupported("an object has a state of its own".into()));
    }
    if let Some(state) = state {
        object.set("state", Value::text(state));
    }
    if state.is_some() || !pending.0.is_empty() {
        object.set("pending", Value::Hash(pending));
    }
    Ok(object)
}

/// True if both have one text; a reference has none that another has.
fn is_same(key: &str, value: &Value, other: Option<&Value>) -> bool {
    let value = encode_value(key, value);
    let other = encode_value(key, other.unwrap_or(&Value::Undef));
    match (value.to_text(), other.to_text()) {
        (Some(a), Some(b)) => a == b,
        _ => false,
    }
}
