//! The database of the built-in IPAM and the cache of MAC addresses, read as a whole, for the
//! programs.

use crate::addr::{Cidr, short};
use crate::perl::deref;
use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeOwned, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value as Json};
use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;
use std::net::IpAddr;

/// Where a text is not the document it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("column {column}: {reason}")]
pub struct Fault {
    /// Its line, counted from 1.
    pub line: usize,
    /// Its column in bytes, counted from 1.
    pub column: usize,
    /// What was found there.
    pub reason: String,
}

/// The database: the subnets of every zone.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Database {
    /// By zone, then by `NETWORK/LENGTH`.
    pub zones: BTreeMap<String, BTreeMap<String, Subnet>>,
}

/// What is known of a subnet.
#[derive(Debug, Clone, PartialEq)]
pub struct Subnet {
    /// The network; `None` if its key is none.
    pub network: Option<Cidr>,
    /// Its entries, by address; those without one come last.
    pub entries: Vec<Entry>,
}

/// One address.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Its text.
    pub ip: String,
    /// The address; `None` if the text is none.
    pub address: Option<IpAddr>,
    /// What is noted of it, as it is in the file.
    pub fields: Fields,
}

/// The addresses of each MAC address that were found last.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Cache(BTreeMap<String, Option<Fields>>);

/// What is noted of an address or of a MAC address.
type Fields = Map<String, Json>;

#[derive(Default, Deserialize)]
struct Macs {
    macs: Option<BTreeMap<String, Option<Fields>>>,
}

#[derive(Default, Deserialize)]
struct Zones {
    zones: Option<BTreeMap<String, Option<Object<Subnets>>>>,
}

#[derive(Default, Deserialize)]
struct Subnets {
    subnets: Option<BTreeMap<String, Option<Object<Ips>>>>,
}

#[derive(Default, Deserialize)]
struct Ips {
    ips: Option<BTreeMap<String, Option<Fields>>>,
}

/// What is read from an object, and from nothing else: serde makes structs of lists, too.
#[derive(Default)]
struct Object<T>(T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Reader<T> {
            type Value = Object<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Object<T>, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map)).map(Object)
            }
        }

        deserializer.deserialize_map(Reader(PhantomData))
    }
}

impl Database {
    /// Reads the text of the database; an empty one is of an empty database.
    ///
    /// # Errors
    ///
    /// Where it is not JSON, or has something else than an object.
    ///
    /// Source: `PVE::Network::SDN::Ipams::PVEPlugin::parse_config`.
    pub fn parse(text: &[u8]) -> Result<Self, Fault> {
        let Object(Zones { zones }) = read(text)?;
        let zones = zones.unwrap_or_default().into_iter().map(|(id, zone)| {
            let subnets = zone.and_then(|zone| zone.0.subnets).unwrap_or_default().into_iter();
            (id, subnets.map(|(cidr, ips)| Subnet::new(cidr, ips)).collect())
        });
        Ok(Database { zones: zones.collect() })
    }

    /// Every entry, with its zone and its subnet.
    pub fn entries(&self) -> impl Iterator<Item = (&str, &str, &Entry)> {
        self.zones.iter().flat_map(|(zone, subnets)| {
            subnets.iter().flat_map(move |(cidr, subnet)| {
                subnet.entries.iter().map(move |entry| (zone.as_str(), cidr.as_str(), entry))
            })
        })
    }
}

impl Subnet {
    fn new(cidr: String, ips: Option<Object<Ips>>) -> (String, Self) {
        let ips = ips.and_then(|ips| ips.0.ips).unwrap_or_default().into_iter();
        // An entry that is null is none to the original.
        let entries = ips.filter_map(|(ip, fields)| Some(Entry::new(ip, fields?)));
        let mut entries: Vec<_> = entries.collect();
        entries.sort_by_key(|entry| (entry.address.is_none(), entry.address));
        let network = cidr.parse().ok();
        (cidr, Subnet { network, entries })
    }

    /// The entries of guests, which are all but those of gateways.
    pub fn guests(&self) -> usize {
        self.entries.iter().filter(|entry| !entry.is_gateway()).count()
    }
}

impl Entry {
    fn new(ip: String, fields: Fields) -> Self {
        let address = ip.parse().ok();
        Entry { ip, address, fields }
    }

    /// True for the entry of a gateway.
    pub fn is_gateway(&self) -> bool {
        self.fields.get("gateway").is_some_and(deref::is_true)
    }

    /// The text of a field; empty where it is missing.
    pub fn text(&self, name: &str) -> String {
        text(self.fields.get(name))
    }

    /// The address as the original spells it; another spelling is not found by it.
    pub fn canonical(&self) -> Option<String> {
        Some(canonical(self.address?))
    }
}

impl Cache {
    /// Reads the text of the cache; an empty one is of an empty cache.
    ///
    /// # Errors
    ///
    /// As for [`Database::parse`].
    ///
    /// Source: `PVE::Network::SDN::Ipams::json_reader`.
    pub fn parse(text: &[u8]) -> Result<Self, Fault> {
        let Object(Macs { macs }) = read(text)?;
        Ok(Cache(macs.unwrap_or_default()))
    }

    /// The MAC addresses, with the texts of their IPv4 and IPv6 address; empty where there is none.
    pub fn iter(&self) -> impl Iterator<Item = (&str, [String; 2])> {
        self.0.iter().filter_map(|(mac, ips)| {
            let ips = ips.as_ref()?;
            Some((mac.as_str(), ["ip4", "ip6"].map(|family| text(ips.get(family)))))
        })
    }
}

/// The text of an address as the original spells it.
pub(super) fn canonical(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => short(address),
    }
}

fn text(value: Option<&Json>) -> String {
    value.and_then(|value| deref::text(value).ok()).unwrap_or_default().into_owned()
}

/// Reads a document of the cluster.
pub(super) fn read<T: DeserializeOwned + Default>(text: &[u8]) -> Result<T, Fault> {
    if text.is_empty() {
        return Ok(T::default());
    }
    serde_json::from_slice(text).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        let reason = error.to_string();
        let place = format!(" at line {line} column {column}");
        let reason = reason.strip_suffix(&place).unwrap_or(&reason);
        let cut_off = if error.is_eof() { "the text is cut off: " } else { "" };
        Fault { line, column, reason: format!("{cut_off}{reason}") }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_undefined_is_empty() {
        for text in ["", "{}", r#"{"zones":null,"x":[]}"#] {
            assert_eq!(Database::parse(text.as_bytes()), Ok(Database::default()), "{text}");
        }
        let text =
            r#"{"zones":{"a":null,"b":{"subnets":{"10.0.0.0/8":{"ips":{"10.0.0.1":null}}}}}}"#;
        let db = Database::parse(text.as_bytes()).unwrap();
        assert!(db.zones["a"].is_empty() && db.zones["b"]["10.0.0.0/8"].entries.is_empty());
    }

    #[test]
    fn faults_have_a_place() {
        for (text, line, column) in [
            ("{\"zones\":{\n\"z\":{\"subnets\":{", 2, 16),
            ("[]", 1, 0),
            ("{\"zones\":{\"z\":[{}]}}", 1, 14),
            ("{\"zones\":{\"z\":{\"subnets\":{\"c\":[]}}}}", 1, 30),
            ("{\"zones\":[]}", 1, 9),
            ("{\"zones\":{}}\n}", 2, 1),
            ("{\"zones\":{\"\u{1}\":{}}}", 1, 12),
            (" ", 1, 1),
        ] {
            let fault = Database::parse(text.as_bytes()).unwrap_err();
            assert_eq!((fault.line, fault.column), (line, column), "{text:?}: {fault}");
            assert!(!fault.reason.contains("column"), "{fault}");
        }
        assert!(Database::parse(b"{\"zones\":{\"\xff\":{}}}").is_err());
    }

    #[test]
    fn entries_are_in_the_order_of_their_addresses() {
        let ips = r#"{"x":{},"10.0.0.10":{"vmid":7},"10.0.0.9":{"gateway":"1"}}"#;
        let text =
            format!(r#"{{"zones":{{"z":{{"subnets":{{"10.0.0.0/24":{{"ips":{ips}}}}}}}}}}}"#);
        let db = Database::parse(text.as_bytes()).unwrap();
        let entries: Vec<_> = db.entries().map(|(_, _, entry)| entry).collect();
        let ips: Vec<_> = entries.iter().map(|entry| entry.ip.as_str()).collect();
        assert_eq!(ips, ["10.0.0.9", "10.0.0.10", "x"]);
        assert!(entries[0].is_gateway() && entries[1].text("vmid") == "7");
        assert_eq!(db.zones["z"]["10.0.0.0/24"].guests(), 2);
    }
}
