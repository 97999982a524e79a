//! The running config: what the last apply put into force (`sdn/.running-config`).

use crate::error::{Error, Result};
use crate::perl::{Charset, Hash, Value};

/// The running config of a cluster.
///
/// # Design
///
/// Objects stay Perl hashes, because what a value means depends on the place that reads it: `0`
/// is no MTU, but a name of a zone would be one. What is checked here, once, is that every key is
/// known and has a value of its shape, so that no reader has to think of references, and that
/// nothing a newer release of the original may have added is taken for something to leave out.
///
/// A section that is missing is not an empty one: the original does nothing if all are missing.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RunningConfig<'a> {
    /// Counts the applies.
    pub version: Value<'a>,
    /// Virtual networks.
    pub vnets: Option<Section<'a>>,
    /// Zones: how the vnets in them reach other nodes.
    pub zones: Option<Section<'a>>,
    /// Address ranges of vnets.
    pub subnets: Option<Section<'a>>,
    /// Routing daemons' sides of EVPN zones.
    pub controllers: Option<Section<'a>>,
    /// Underlay networks and their nodes, as sections of `fabrics.cfg`; their keys are not checked.
    pub fabrics: Option<Section<'a>>,
}

/// The objects of one kind, by id.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Section<'a>(Hash<'a>);

/// What the value of a key is; undef always may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// A number or a string.
    Scalar,
    /// A hash whose keys are the members of a set.
    Set,
    /// Anything: no generator reads it.
    Any,
}

use Shape::{Any, Scalar, Set};

impl Shape {
    /// Returns the name of the shape if the value does not have it.
    fn mismatch(self, value: &Value) -> Option<&'static str> {
        match (self, value) {
            (Any, _) | (_, Value::Undef) | (Set, Value::Hash(_)) => None,
            (Scalar, Value::List(_) | Value::Hash(_)) => Some("a number or a string"),
            (Scalar, _) => None,
            (Set, _) => Some("a hash"),
        }
    }
}

/// The shape of each key that objects of one kind may have.
type Keys = fn(&str) -> Option<Shape>;

fn vnet_key(key: &str) -> Option<Shape> {
    match key {
        "alias" | "isolate-ports" | "mac" | "tag" | "type" | "vlanaware" | "zone" => Some(Scalar),
        _ => None,
    }
}

/// Of a zone of any type; a type passes over the keys of the others, as in the original.
fn zone_key(key: &str) -> Option<Shape> {
    match key {
        "exitnodes" | "nodes" => Some(Set),
        "advertise-subnets"
        | "bridge"
        | "bridge-disable-mac-learning"
        | "controller"
        | "dhcp"
        | "disable-arp-nd-suppression"
        | "dns"
        | "dnszone"
        | "exitnodes-local-routing"
        | "exitnodes-primary"
        | "fabric"
        | "id"
        | "ipam"
        | "mac"
        | "mtu"
        | "multicast-address" // of releases before there were peers; without effect since
        | "peers"
        | "reversedns"
        | "rt-import"
        | "tag"
        | "type"
        | "vlan-protocol"
        | "vrf-vxlan"
        | "vxlan-port" => Some(Scalar),
        _ => None,
    }
}

fn subnet_key(key: &str) -> Option<Shape> {
    match key {
        "dhcp-dns-server" | "dnszoneprefix" | "gateway" | "snat" | "type" | "vnet" => Some(Scalar),
        // The original writes all but the first one into the hashes that it has read.
        "dhcp-range" | "cidr" | "id" | "mask" | "network" | "zone" => Some(Any),
        _ => None,
    }
}

/// Of a controller of any type.
fn controller_key(key: &str) -> Option<Shape> {
    match key {
        "asn"
        | "bgp-multipath-as-path-relax"
        | "ebgp"
        | "ebgp-multihop"
        | "fabric"
        | "id"
        | "isis-domain"
        | "isis-ifaces"
        | "isis-net"
        | "loopback"
        | "node"
        | "peers"
        | "type" => Some(Scalar),
        _ => None,
    }
}

/// Of a section of `fabrics.cfg`, which whoever reads it checks.
fn fabric_key(_: &str) -> Option<Shape> {
    Some(Any)
}

impl<'a> RunningConfig<'a> {
    /// Reads the JSON text of a running config.
    ///
    /// # Errors
    ///
    /// [`Error::Request`] if the text is not the JSON text of an object, [`Error::Unsupported`] for
    /// a key that this crate does not know, or whose value is of another shape than it knows.
    pub fn parse(text: &'a str) -> Result<Self> {
        let document: Hash = serde_json::from_str(text)
            .map_err(|e| Error::Request(format!("running config: {e}")))?;
        RunningConfig::from_document(document)
    }

    /// Reads a document.
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`], as for [`RunningConfig::parse`].
    pub fn from_document(document: Hash<'a>) -> Result<Self> {
        let mut config = RunningConfig::default();
        for (key, value) in document.0 {
            match key.as_ref() {
                "version" => {
                    if let Some(expected) = Scalar.mismatch(&value) {
                        return Err(unsupported("version", expected));
                    }
                    config.version = value;
                }
                "vnets" => config.vnets = Section::read("vnet", value, vnet_key)?,
                "zones" => config.zones = Section::read("zone", value, zone_key)?,
                "subnets" => config.subnets = Section::subnets(value)?,
                "controllers" => {
                    config.controllers = Section::read("controller", value, controller_key)?;
                }
                "fabrics" => config.fabrics = Section::read("fabric", value, fabric_key)?,
                _ => return Err(unknown_key("running config", &key)),
            }
        }
        Ok(config)
    }
}

impl<'a> Section<'a> {
    /// Reads the section of the subnets, which callers may have from elsewhere.
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`], as for [`RunningConfig::parse`].
    pub fn subnets(value: Value<'a>) -> Result<Option<Self>> {
        Section::read("subnet", value, subnet_key)
    }

    fn read(what: &str, value: Value<'a>, keys: Keys) -> Result<Option<Self>> {
        let Some(section) = as_hash(&format!("section of {what}s"), value)? else {
            return Ok(None);
        };
        let mut objects = Hash::default();
        for (key, value) in section.0 {
            match key.as_ref() {
                "ids" => {
                    objects = as_hash(&format!("ids of {what}s"), value)?.unwrap_or_default();
                }
                // Of a section config; it says nothing about the objects.
                "digest" | "order" => {}
                _ => return Err(unknown_key(&format!("section of {what}s"), &key)),
            }
        }
        for (id, object) in objects.iter() {
            check_object(object, keys)
                .map_err(|fault| Error::Unsupported(format!("{what} '{id}': {fault}")))?;
        }
        Ok(Some(Section(objects)))
    }

    /// The object of that id; `None` if it is missing or undef.
    pub fn get(&self, id: &str) -> Option<&Hash<'a>> {
        self.0.hash(id)
    }

    /// The object of that id, with its id.
    pub fn entry(&self, id: &str) -> Option<(&str, &Hash<'a>)> {
        match self.0.0.get_key_value(id) {
            Some((id, Value::Hash(object))) => Some((id, object)),
            _ => None,
        }
    }

    /// The objects, by id; `None` stands for undef.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Option<&Hash<'a>>)> {
        self.0.iter().map(|(id, object)| match object {
            Value::Hash(object) => (id, Some(object)),
            _ => (id, None),
        })
    }

    /// The number of objects.
    pub fn len(&self) -> usize {
        self.0.0.len()
    }

    /// True if there is no object.
    pub fn is_empty(&self) -> bool {
        self.0.0.is_empty()
    }
}

/// Checks the keys of an object and the shapes of their values.
fn check_object(object: &Value, keys: Keys) -> std::result::Result<(), String> {
    let object = match object {
        Value::Undef => return Ok(()),
        Value::Hash(object) => object,
        _ => return Err("expected a hash".into()),
    };
    object.iter().try_for_each(|(key, value)| match keys(key) {
        None => Err(format!("unknown key '{key}'")),
        Some(shape) => match shape.mismatch(value) {
            Some(expected) => Err(format!("{key}: expected {expected}")),
            None => Ok(()),
        },
    })
}

fn as_hash<'a>(what: &str, value: Value<'a>) -> Result<Option<Hash<'a>>> {
    match value {
        Value::Undef => Ok(None),
        Value::Hash(hash) => Ok(Some(hash)),
        _ => Err(unsupported(what, "a hash")),
    }
}

fn unsupported(what: impl std::fmt::Display, expected: &str) -> Error {
    Error::Unsupported(format!("{what}: expected {expected}"))
}

fn unknown_key(whole: &str, key: &str) -> Error {
    Error::Unsupported(format!("{whole}: unknown key '{key}'"))
}

/// The items of a list in a string: separated by blanks, commas or semicolons, or by NULs alone.
///
/// Source: `PVE::Tools::split_list`.
pub fn split_list(text: &str) -> impl Iterator<Item = &str> {
    let has_nul = text.contains('\0');
    let (by_nul, by_blank) = if has_nul { (text, "") } else { ("", text) };
    // As Perl's split: empty items at the end are none.
    let by_nul = by_nul.trim_end_matches('\0');
    let by_nul = by_nul.split('\0').filter(move |_| !by_nul.is_empty());
    // As from pve-common 9.2 on.
    let is_separator = |c| matches!(c, ',' | ';') || Charset::Latin1.is_space(c);
    by_nul.chain(by_blank.split(is_separator).filter(|item| !item.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections() {
        let config = RunningConfig::parse(
            r#"{"version":"7","zones":{"ids":{"z":{"mtu":1400,"nodes":{"a":1}},"n":null}},"vnets":{}}"#,
        )
        .unwrap();
        assert_eq!(config.version, Value::text("7"));
        let zones = config.zones.unwrap();
        assert_eq!(zones.get("z").unwrap().text("mtu"), "1400");
        assert_eq!(zones.get("n"), None);
        assert_eq!(zones.iter().map(|(id, _)| id).collect::<Vec<_>>(), ["n", "z"]);
        assert!(config.vnets.unwrap().is_empty());
        assert_eq!(config.subnets, None);
    }

    #[test]
    fn what_is_not_known_is_refused() {
        for (text, message) in [
            (r#"{"wormholes":{}}"#, "running config: unknown key 'wormholes'"),
            (r#"{"version":{}}"#, "version: expected a number or a string"),
            (r#"{"zones":1}"#, "section of zones: expected a hash"),
            (r#"{"zones":{"x":1}}"#, "section of zones: unknown key 'x'"),
            (r#"{"zones":{"ids":[]}}"#, "ids of zones: expected a hash"),
            (r#"{"zones":{"ids":{"z":"simple"}}}"#, "zone 'z': expected a hash"),
            (r#"{"zones":{"ids":{"z":{"color":1}}}}"#, "zone 'z': unknown key 'color'"),
            (r#"{"zones":{"ids":{"z":{"nodes":"a"}}}}"#, "zone 'z': nodes: expected a hash"),
            (
                r#"{"vnets":{"ids":{"v":{"tag":[1]}}}}"#,
                "vnet 'v': tag: expected a number or a string",
            ),
        ] {
            assert_eq!(
                RunningConfig::parse(text),
                Err(Error::Unsupported(message.into())),
                "{text}"
            );
        }
        for text in ["", "[]", "{", "null"] {
            let error = RunningConfig::parse(text).unwrap_err();
            assert_eq!(error.kind(), "request", "{text}");
        }
    }

    #[test]
    fn lists() {
        for (text, expected) in [
            ("", vec![]),
            ("10.0.0.1,10.0.0.2", vec!["10.0.0.1", "10.0.0.2"]),
            (" ,a;;b\tc, ", vec!["a", "b", "c"]),
            ("a\0b c\0\0d\0\0", vec!["a", "b c", "", "d"]),
            ("\0", vec![]),
        ] {
            assert_eq!(split_list(text).collect::<Vec<_>>(), expected, "{text:?}");
        }
    }
}
