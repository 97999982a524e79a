//! Sections to fabrics: the properties of each type, and their values.

use super::{Area, Fabric, Fabrics, Interface, Node, Protocol, check};
use crate::addr::{Cidr, CidrError};
use crate::error::{Error, Result};
use crate::perl::{Hash, Value};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Display;
use std::str::FromStr;

/// One type of section.
#[derive(Debug, PartialEq, Eq)]
pub struct Kind {
    /// Its name.
    pub name: &'static str,
    /// True for a fabric, false for a node.
    pub(super) is_fabric: bool,
    /// The names of its properties, sorted as they are written.
    pub(super) properties: &'static [&'static str],
    /// The one without which a section is none.
    pub(super) required: Option<&'static str>,
}

/// The properties that are numbers, and their range.
pub(super) const NUMBERS: [(&str, u16, u16); 3] =
    [("csnp_interval", 1, 600), ("hello_interval", 1, 600), ("hello_multiplier", 2, 100)];

/// Every type of section.
pub const KINDS: [Kind; 4] = [
    Kind {
        name: "openfabric_fabric",
        is_fabric: true,
        properties: &["csnp_interval", "hello_interval", "ip6_prefix", "ip_prefix"],
        required: None,
    },
    Kind {
        name: "openfabric_node",
        is_fabric: false,
        properties: &["interfaces", "ip", "ip6"],
        required: None,
    },
    Kind {
        name: "ospf_fabric",
        is_fabric: true,
        properties: &["area", "ip6_prefix", "ip_prefix"],
        required: Some("area"),
    },
    Kind {
        name: "ospf_node",
        is_fabric: false,
        properties: &["interfaces", "ip", "ip6"],
        required: None,
    },
];

impl Kind {
    /// The type of that name.
    pub(super) fn find(name: &str) -> Option<&'static Kind> {
        KINDS.iter().find(|kind| kind.name == name)
    }

    /// True if the protocol is OpenFabric.
    fn is_openfabric(&self) -> bool {
        self.name.starts_with("openfabric")
    }
}

impl Fabrics {
    /// Reads the sections of a running config.
    ///
    /// # Errors
    ///
    /// [`Error::Die`] with the first fault, [`Error::Unsupported`] for a type or a property that
    /// is of a later release.
    ///
    /// Source: `PVE::RS::SDN::Fabrics::running_config`.
    pub fn from_running(sections: &Hash) -> Result<Self> {
        let mut known = Vec::new();
        for (key, section) in sections.iter() {
            let Value::Hash(section) = section else {
                return Err(refused(format_args!("section '{key}': expected a hash")));
            };
            let kind = section.text("type");
            let Some(kind) = Kind::find(&kind) else {
                return Err(Error::Unsupported(format!("fabric section of type '{kind}'")));
            };
            let unknown = section
                .iter()
                .map(|(name, _)| name)
                .find(|name| !kind.properties.contains(name) && !matches!(*name, "id" | "type"));
            if let Some(name) = unknown {
                return Err(Error::Unsupported(format!(
                    "fabric section '{key}': unknown property '{name}'"
                )));
            }
            known.push((kind, section.text("id"), section));
        }
        Fabrics::from_sections(known)
    }

    /// Puts sections together: fabrics first, of which the last one of an id counts, then nodes.
    pub(super) fn from_sections<'s>(
        sections: impl IntoIterator<Item = (&'static Kind, Cow<'s, str>, &'s Hash<'s>)>,
    ) -> Result<Self> {
        let mut fabrics = BTreeMap::new();
        let mut nodes = Vec::new();
        for (kind, id, section) in sections {
            if kind.is_fabric {
                let fabric = read_fabric(kind, &id, section)?;
                fabrics.insert(fabric.id.clone(), fabric);
            } else {
                nodes.push((kind, read_node(&id, section)?));
            }
        }
        for (kind, (id, node)) in nodes {
            let fabric = fabrics.get_mut(&id).ok_or_else(|| {
                Error::die(format_args!("fabric '{id}' does not exist in configuration"))
            })?;
            add_node(fabric, kind, node)?;
        }
        let fabrics = Fabrics(fabrics);
        check::check(&fabrics)?;
        Ok(fabrics)
    }

    /// The sections of a running config, by id.
    ///
    /// Source: `PVE::RS::SDN::Fabrics::to_sections`.
    pub fn to_sections(&self) -> Hash<'_> {
        let mut sections = Hash::default();
        for fabric in self.iter() {
            let section = write_fabric(fabric);
            sections.set(fabric.id.as_str(), Value::Hash(section));
            for node in fabric.nodes.values() {
                let id = format!("{}_{}", fabric.id, node.name);
                let section = write_node(fabric, &id, node);
                sections.set(id, Value::Hash(section));
            }
        }
        sections
    }
}

fn read_fabric(kind: &Kind, id: &str, section: &Hash) -> Result<Fabric> {
    check_fabric_id(id)?;
    let protocol = if kind.is_openfabric() {
        Protocol::Openfabric {
            hello_interval: number(section, "hello_interval")?,
            csnp_interval: number(section, "csnp_interval")?,
        }
    } else {
        let area = section.defined_text("area").ok_or_else(|| refused("missing field `area`"))?;
        let area: Area = area.parse().map_err(Error::die)?;
        Protocol::Ospf { area }
    };
    Ok(Fabric {
        id: id.to_owned(),
        ip_prefix: cidr(section.defined_text("ip_prefix"), Cidr::parse_v4)?,
        ip6_prefix: cidr(section.defined_text("ip6_prefix"), Cidr::parse_v6)?,
        protocol,
        nodes: BTreeMap::new(),
    })
}

/// Returns the id of the fabric, too.
fn read_node(id: &str, section: &Hash) -> Result<(String, Node)> {
    let Some((fabric, name)) = id.split_once('_') else {
        return Err(refused(format_args!("node id '{id}': expected FABRIC_NODE")));
    };
    check_fabric_id(fabric)?;
    check_node_id(name)?;
    let interfaces = match section.get("interfaces") {
        None => &[][..],
        Some(Value::List(interfaces)) => interfaces,
        Some(_) => {
            return Err(refused(format_args!("{id}: interfaces: expected a sequence")));
        }
    };
    let is_openfabric = section.text("type").starts_with("openfabric");
    let node = Node {
        name: name.to_owned(),
        ip: address(section, "ip")?,
        ip6: address(section, "ip6")?,
        interfaces: interfaces
            .iter()
            .map(|text| match text.to_text() {
                Some(text) => read_interface(&text, is_openfabric).map_err(refused),
                None => Err(refused("interfaces: expected a string")),
            })
            .collect::<Result<_>>()?,
    };
    Ok((fabric.to_owned(), node))
}

fn add_node(fabric: &mut Fabric, kind: &Kind, node: Node) -> Result<()> {
    if kind.is_openfabric() != matches!(fabric.protocol, Protocol::Openfabric { .. }) {
        return Err(Error::die("node has a different protocol than the referenced fabric"));
    }
    if fabric.nodes.contains_key(&node.name) {
        return Err(Error::die(format_args!(
            "node '{}' already exists in config for fabric {}",
            node.name, fabric.id
        )));
    }
    fabric.nodes.insert(node.name.clone(), node);
    Ok(())
}

/// Reads `name=ens18,ip=172.31.0.0/31`.
pub(super) fn read_interface(
    text: &str,
    is_openfabric: bool,
) -> std::result::Result<Interface, String> {
    let mut interface =
        Interface { name: String::new(), hello_multiplier: None, ip: None, ip6: None };
    let mut seen = Vec::new();
    for property in text.split(',').filter(|property| !property.is_empty()) {
        let (key, value) =
            property.split_once('=').ok_or_else(|| format!("'{property}': expected KEY=VALUE"))?;
        if seen.contains(&key) {
            return Err(format!("'{key}': duplicate key"));
        }
        seen.push(key);
        let fault = |fault: String| format!("'{key}': schema validation failed: {fault}");
        match (key, is_openfabric) {
            ("name", _) => {
                if value.is_empty() || value.len() > 15 {
                    return Err(fault("value may only be 15 characters long".into()));
                }
                if !value.is_ascii() {
                    return Err(fault("value does not match the regex pattern".into()));
                }
                value.clone_into(&mut interface.name);
            }
            ("ip", _) => interface.ip = Some(Cidr::parse_v4(value).map_err(|e| e.to_string())?),
            ("ip6", true) => {
                interface.ip6 = Some(Cidr::parse_v6(value).map_err(|e| e.to_string())?);
            }
            ("hello_multiplier", true) => {
                interface.hello_multiplier = Some(ranged(key, value).map_err(fault)?);
            }
            _ => {
                return Err(format!("'{key}': schema does not allow additional properties"));
            }
        }
    }
    if interface.name.is_empty() {
        return Err("'name': property is missing and it is not optional".into());
    }
    Ok(interface)
}

/// A number within the range of its property.
pub(super) fn ranged(key: &str, value: &str) -> std::result::Result<u16, String> {
    let number: i64 = value.parse().map_err(|e: std::num::ParseIntError| e.to_string())?;
    for (name, minimum, maximum) in NUMBERS {
        if name == key && number < minimum.into() {
            return Err(format!("value must have a minimum value of {minimum} (got {number})"));
        }
        if name == key && number > maximum.into() {
            return Err(format!("value must have a maximum value of {maximum} (got {number})"));
        }
    }
    u16::try_from(number).map_err(|e| e.to_string())
}

fn write_fabric(fabric: &Fabric) -> Hash<'_> {
    let mut section = Hash::default();
    section.set("id", Value::text(&fabric.id));
    section.set("type", Value::Text(format!("{}_fabric", fabric.protocol.name()).into()));
    for (key, prefix) in [("ip_prefix", fabric.ip_prefix), ("ip6_prefix", fabric.ip6_prefix)] {
        if let Some(prefix) = prefix {
            section.set(key, Value::Text(prefix.to_string().into()));
        }
    }
    match fabric.protocol {
        Protocol::Openfabric { hello_interval, csnp_interval } => {
            for (key, value) in
                [("hello_interval", hello_interval), ("csnp_interval", csnp_interval)]
            {
                if let Some(value) = value {
                    section.set(key, Value::Integer(value.into()));
                }
            }
        }
        Protocol::Ospf { area } => section.set("area", Value::Text(area.to_string().into())),
    }
    section
}

fn write_node<'a>(fabric: &Fabric, id: &str, node: &'a Node) -> Hash<'a> {
    let mut section = Hash::default();
    section.set("id", Value::Text(id.to_owned().into()));
    section.set("type", Value::Text(format!("{}_node", fabric.protocol.name()).into()));
    for address in node.addresses() {
        let key = if address.is_ipv6() { "ip6" } else { "ip" };
        section.set(key, Value::Text(address.to_string().into()));
    }
    let interfaces = node.interfaces.iter();
    let interfaces = interfaces.map(|interface| Value::Text(write_interface(interface).into()));
    section.set("interfaces", Value::List(interfaces.collect()));
    section
}

fn write_interface(interface: &Interface) -> String {
    let mut text = format!("name={}", interface.name);
    let multiplier = interface.hello_multiplier.map(|value| value.to_string());
    let [ip, ip6] = [interface.ip, interface.ip6].map(|cidr| cidr.map(|cidr| cidr.to_string()));
    for (key, value) in [("hello_multiplier", multiplier), ("ip", ip), ("ip6", ip6)] {
        if let Some(value) = value {
            text.push_str(&format!(",{key}={value}"));
        }
    }
    text
}

/// Letters, digits, and dashes inside.
fn is_name(text: &str, longest: usize) -> bool {
    let bytes = text.as_bytes();
    let is_inner = |b: &u8| b.is_ascii_alphanumeric() || *b == b'-';
    let [first, rest @ ..] = bytes else {
        return false;
    };
    // A dash may end a name, unless that is as long as can be.
    let ends_well = bytes.len() < longest || bytes.last() != Some(&b'-');
    first.is_ascii_alphanumeric()
        && rest.iter().all(is_inner)
        && bytes.len() <= longest
        && ends_well
}

/// Refuses what cannot be the id of a fabric.
pub(super) fn check_fabric_id(id: &str) -> Result<()> {
    check_name(id, 8)
}

/// Refuses what cannot be the name of a node.
pub(super) fn check_node_id(name: &str) -> Result<()> {
    check_name(name, 63)
}

fn check_name(name: &str, longest: usize) -> Result<()> {
    if is_name(name, longest) {
        Ok(())
    } else {
        Err(refused("value does not match the regex pattern"))
    }
}

fn number(section: &Hash, key: &str) -> Result<Option<u16>> {
    let text = section.defined_text(key);
    text.map(|text| text.parse().map_err(refused)).transpose()
}

fn address<A: FromStr<Err: Display>>(section: &Hash, key: &str) -> Result<Option<A>> {
    let text = section.defined_text(key);
    text.map(|text| text.parse().map_err(refused)).transpose()
}

fn cidr(
    text: Option<Cow<str>>,
    parse: fn(&str) -> std::result::Result<Cidr, CidrError>,
) -> Result<Option<Cidr>> {
    text.map(|text| parse(&text).map_err(Error::die)).transpose()
}

/// As the original says what its reader refuses.
fn refused(fault: impl Display) -> Error {
    Error::die(format_args!("error: {fault}"))
}
