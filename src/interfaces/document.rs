//! An interface as the API shows it.

use super::Iface;
use serde_json::{Map, Value as Json};

/// An interface with its other names; with its name, if it is one of a list.
///
/// # Errors
///
/// If it is nothing that JSON can hold.
///
/// Source: `PVE::API2::Network`, the methods `index` and `network_config`;
/// `PVE::RESTHandler::hash_to_array`.
pub fn document<'n>(
    name: Option<&str>,
    iface: &Iface,
    other_names: impl IntoIterator<Item = &'n str>,
) -> serde_json::Result<Map<String, Json>> {
    let mut document = match serde_json::to_value(iface)? {
        Json::Object(document) => document,
        _ => Map::new(),
    };
    let mut other_names = other_names.into_iter().peekable();
    if other_names.peek().is_some() {
        document.insert("altnames".into(), other_names.collect());
    }
    if let Some(name) = name {
        document.insert("iface".into(), name.into());
    }
    Ok(document)
}
