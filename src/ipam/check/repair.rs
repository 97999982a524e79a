//! Changes that mend a document, made in its text.

use crate::error::{Error, Result};
use crate::ipam::document::Trail;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

/// A document of the IPAM.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Document {
    /// The database, `sdn/pve-ipam-state.json`.
    Database,
    /// The cache of MAC addresses, `sdn/mac-cache.json`.
    Cache,
}

/// A change that mends a problem.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repair {
    /// What it does, as in `removes the subnet`.
    pub text: &'static str,
    /// The document it is made in.
    pub document: Document,
    path: Vec<String>,
    change: Change,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Change {
    Set(&'static str),
    Remove,
    Rename(String),
}

impl Repair {
    pub(super) fn remove_zone(zone: &str) -> Self {
        Repair::in_database("removes the record of the zone", &["zones", zone], Change::Remove)
    }

    pub(super) fn remove_subnet(zone: &str, cidr: &str) -> Self {
        let path = ["zones", zone, "subnets", cidr];
        Repair::in_database("removes the record of the subnet", &path, Change::Remove)
    }

    pub(super) fn add_subnet(zone: &str, cidr: &str) -> Self {
        let path = ["zones", zone, "subnets", cidr, "ips"];
        Repair::in_database("adds the subnet, without addresses", &path, Change::Set("{}"))
    }

    pub(super) fn add_gateway(zone: &str, cidr: &str, ip: &str) -> Self {
        let path = ["zones", zone, "subnets", cidr, "ips", ip];
        Repair::in_database("adds the gateway", &path, Change::Set(r#"{"gateway":1}"#))
    }

    pub(super) fn remove_ip(zone: &str, cidr: &str, ip: &str) -> Self {
        let path = ["zones", zone, "subnets", cidr, "ips", ip];
        Repair::in_database("removes the entry", &path, Change::Remove)
    }

    pub(super) fn respell(zone: &str, cidr: &str, ip: &str, canonical: String) -> Self {
        let path = ["zones", zone, "subnets", cidr, "ips", ip];
        Repair::in_database("moves the entry to that spelling", &path, Change::Rename(canonical))
    }

    pub(super) fn forget(mac: &str) -> Self {
        let path = ["macs".to_owned(), mac.to_owned()].to_vec();
        let text = "removes it from the cache, which asks the database the next time";
        Repair { text, document: Document::Cache, path, change: Change::Remove }
    }

    fn in_database(text: &'static str, path: &[&str], change: Change) -> Self {
        let path = path.iter().map(|key| (*key).to_owned()).collect();
        Repair { text, document: Document::Database, path, change }
    }

    /// The text of the document with this change made.
    fn apply(&self, text: &str) -> Result<String> {
        let document: &RawValue =
            serde_json::from_str(text).map_err(|e| Error::Unsupported(e.to_string()))?;
        let path: Vec<&str> = self.path.iter().map(String::as_str).collect();
        let last = path.len() - 1;
        let trail = Trail::find(document, &path)?;
        Ok(match &self.change {
            Change::Set(value) => trail.set(value)?.apply(text),
            Change::Remove => match trail.remove(last) {
                Some(splice) => splice.apply(text),
                None => text.into(),
            },
            Change::Rename(to) => {
                let (Some(value), Some(splice)) = (trail.value(last), trail.remove(last)) else {
                    return Ok(text.into());
                };
                let without = splice.apply(text);
                let document: &RawValue =
                    serde_json::from_str(&without).map_err(|e| Error::Bug(e.to_string()))?;
                let path: Vec<&str> = path[..last].iter().copied().chain([to.as_str()]).collect();
                Trail::find(document, &path)?.set(value)?.apply(&without)
            }
        })
    }
}

/// Makes the changes of one document in its text; the rest of it stays as it is, byte for byte.
///
/// # Errors
///
/// [`Error::Unsupported`] if an object on the way has the same key twice.
pub fn repair<'r>(text: &str, repairs: impl IntoIterator<Item = &'r Repair>) -> Result<String> {
    let text = if text.trim_ascii().is_empty() { "{}" } else { text.trim_ascii_start() };
    repairs.into_iter().try_fold(text.to_owned(), |text, repair| repair.apply(&text))
}

/// As what it does.
impl Serialize for Repair {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.serialize_str(self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes() {
        let ips = |ips: &str| {
            format!(r#"{{"zones":{{"z":{{"subnets":{{"fd00::/64":{{"ips":{ips}}}}}}}}},"x": 1}}"#)
        };
        let cidr = "fd00::/64";
        for (repairs, before, after) in [
            (vec![Repair::remove_zone("z")], ips("{}"), r#"{"zones":{},"x": 1}"#.into()),
            (
                vec![Repair::add_gateway("z", cidr, "fd00::1")],
                ips("{}"),
                ips(r#"{"fd00::1":{"gateway":1}}"#),
            ),
            (
                vec![Repair::respell("z", cidr, "FD00::A", "fd00::a".into())],
                ips(r#"{"FD00::A":{"vmid": 7, "x":[1e400]},"y":0}"#),
                ips(r#"{"y":0,"fd00::a":{"vmid": 7, "x":[1e400]}}"#),
            ),
            (
                vec![Repair::add_subnet("y", "a"), Repair::add_gateway("y", "a", "b")],
                String::new(),
                r#"{"zones":{"y":{"subnets":{"a":{"ips":{"b":{"gateway":1}}}}}}}"#.into(),
            ),
            (vec![Repair::remove_subnet("q", cidr)], ips("{}"), ips("{}")),
        ] {
            assert_eq!(repair(&before, &repairs), Ok(after), "{before}");
        }
        let twice = r#"{"zones":{},"zones":{}}"#;
        assert!(repair(twice, &[Repair::remove_zone("z")]).is_err());
    }
}
