//! What one configuration changes in another, interface by interface.

use crate::interfaces::{Config, Iface, Key};
use crate::perl::Value;
use serde::Serialize;
use std::collections::BTreeSet;

/// Attributes that say where an interface is in the file or what the node has, not how it is set up.
const CIRCUMSTANCES: [Key; 3] = [Key::Active, Key::Exists, Key::Priority];

/// One interface that is not the same in both.
#[derive(Debug, Clone, PartialEq)]
pub struct Change<'c> {
    /// Its name.
    pub iface: &'c str,
    /// What happens to it.
    pub action: Action<'c>,
}

/// What happens to an interface.
#[derive(Debug, Clone, PartialEq)]
pub enum Action<'c> {
    /// It is new.
    Add(&'c Iface<'c>),
    /// It is gone.
    Remove(&'c Iface<'c>),
    /// Some of its attributes change.
    Modify(Vec<Modified<'c>>),
}

/// One attribute that changes.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Modified<'c> {
    /// Its name.
    pub key: &'c str,
    /// Its value so far, if it had one.
    pub from: Option<&'c Value<'c>>,
    /// Its value from now on, if it has one.
    pub to: Option<&'c Value<'c>>,
}

/// The interfaces that differ from `current` to `next`, by name.
///
/// Order and layout of the file do not count.
pub fn changes<'c>(current: &'c Config<'c>, next: &'c Config<'c>) -> Vec<Change<'c>> {
    let names: BTreeSet<&str> =
        current.ifaces.keys().chain(next.ifaces.keys()).map(AsRef::as_ref).collect();
    let change = |iface| {
        let action = action(current.ifaces.get(iface), next.ifaces.get(iface))?;
        Some(Change { iface, action })
    };
    names.into_iter().filter_map(change).collect()
}

/// The lines outside of stanzas that are removed and added, such as `source …`.
pub fn lines<'c>(current: &'c Config, next: &'c Config) -> (Vec<&'c str>, Vec<&'c str>) {
    let texts = |config: &'c Config| config.options.iter().map(|line| line.text.as_ref());
    let (old, new): (BTreeSet<_>, BTreeSet<_>) = (texts(current).collect(), texts(next).collect());
    let removed = texts(current).filter(|text| !new.contains(text)).collect();
    let added = texts(next).filter(|text| !old.contains(text)).collect();
    (removed, added)
}

fn action<'c>(current: Option<&'c Iface>, next: Option<&'c Iface>) -> Option<Action<'c>> {
    // A card of the node that the file does not mention is in both, or it was plugged in meanwhile.
    let configured = |iface: &&Iface| iface.is_defined(Key::Priority);
    match (current.filter(configured), next.filter(configured)) {
        (None, None) => None,
        (None, Some(next)) => Some(Action::Add(next)),
        (Some(current), None) => Some(Action::Remove(current)),
        (Some(current), Some(next)) => {
            let modified = modified(current, next);
            (!modified.is_empty()).then_some(Action::Modify(modified))
        }
    }
}

fn modified<'c>(current: &'c Iface, next: &'c Iface) -> Vec<Modified<'c>> {
    let names = |iface: &'c Iface| iface.iter().map(|(name, _)| name);
    let keys: BTreeSet<&str> = names(current).chain(names(next)).collect();
    let is_circumstance =
        |key: &&str| CIRCUMSTANCES.iter().any(|circumstance| circumstance.as_str() == *key);
    let value =
        |iface: &'c Iface, key| iface.iter().find(|(name, _)| *name == key).map(|(_, value)| value);
    keys.into_iter()
        .filter(|key| !is_circumstance(key))
        .map(|key| Modified { key, from: value(current, key), to: value(next, key) })
        .filter(|modified| modified.from != modified.to)
        .collect()
}
