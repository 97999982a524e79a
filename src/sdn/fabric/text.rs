//! The text of `fabrics.cfg`.

use super::Fabrics;
use super::section::{Kind, NUMBERS, check_fabric_id, check_node_id, ranged, read_interface};
use crate::error::{Error, Result};
use crate::perl::{Hash, List, Value};
use std::borrow::Cow;

/// A section while it is read.
struct Section<'a> {
    kind: &'static Kind,
    id: &'a str,
    properties: Hash<'a>,
}

impl Fabrics {
    /// Reads the text of `fabrics.cfg`.
    ///
    /// # Errors
    ///
    /// [`Error::Die`] with the first fault, by line if it is one of syntax.
    ///
    /// Source: `PVE::RS::SDN::Fabrics::config`.
    pub fn parse(text: &str) -> Result<Self> {
        let mut sections: Vec<Section> = Vec::new();
        let mut is_inside = false;
        let mut last = 0;
        for (line, number) in text.lines().zip(1..) {
            if line.trim().is_empty() {
                if is_inside {
                    check_complete(sections.last(), number - 1)?;
                }
                is_inside = false;
            } else if is_inside {
                let section = sections.last_mut();
                let (key, value) = property(line)
                    .ok_or_else(|| fault(number, "syntax error (expected section properties)"))?;
                if let Some(section) = section {
                    section.add(key, value).map_err(|text| fault(number, &text))?;
                }
            } else {
                sections.push(header(line).map_err(|text| fault(number, &text))?);
                is_inside = true;
            }
            last = number;
        }
        if is_inside {
            check_complete(sections.last(), last)?;
        }
        Fabrics::from_sections(
            sections
                .iter()
                .map(|section| (section.kind, Cow::from(section.id), &section.properties)),
        )
    }

    /// Writes the text of `fabrics.cfg`.
    ///
    /// Source: `PVE::RS::SDN::Fabrics::to_raw`.
    pub fn to_text(&self) -> String {
        let sections = self.to_sections();
        let mut text = String::new();
        for fabric in self.iter() {
            let nodes = fabric.nodes.keys().map(|name| format!("{}_{name}", fabric.id));
            for id in std::iter::once(fabric.id.clone()).chain(nodes) {
                if let Some(section) = sections.hash(&id) {
                    write(&id, section, &mut text);
                }
            }
        }
        text
    }
}

impl<'a> Section<'a> {
    fn add(&mut self, key: &'a str, value: &'a str) -> std::result::Result<(), String> {
        if !self.kind.properties.contains(&key) {
            return Err(format!("unknown property '{key}'"));
        }
        let of_key = |text: String| format!("property '{key}': {text}");
        if key == "interfaces" {
            let is_openfabric = self.kind.name.starts_with("openfabric");
            read_interface(value, is_openfabric)
                .map_err(|text| of_key(format!("parameter verification failed - {text}")))?;
            let mut values = List::from(self.properties.list(key).unwrap_or_default());
            values.push(Value::text(value));
            self.properties.set(key, Value::List(values));
            return Ok(());
        }
        if self.properties.get(key).is_some() {
            return Err(format!("duplicate property '{key}'"));
        }
        if NUMBERS.iter().any(|(name, ..)| *name == key) {
            ranged(key, value).map_err(of_key)?;
        }
        let is_address = match key {
            "ip" => value.parse::<std::net::Ipv4Addr>().is_ok(),
            "ip6" => value.parse::<std::net::Ipv6Addr>().is_ok(),
            _ => true,
        };
        if !is_address {
            return Err(of_key("value does not match the regex pattern".into()));
        }
        self.properties.set(key, Value::text(value));
        Ok(())
    }
}

/// `TYPE: ID`.
fn header(line: &str) -> std::result::Result<Section<'_>, String> {
    let (kind, id) = line
        .split_once(':')
        .filter(|(kind, _)| kind.starts_with(char::is_alphabetic))
        .map(|(kind, id)| (kind.trim(), id.trim()))
        .filter(|(_, id)| !id.is_empty())
        .ok_or("syntax error (expected header)")?;
    let kind = Kind::find(kind).ok_or_else(|| format!("unknown section type '{kind}'"))?;
    let (fabric, node) = match id.split_once('_') {
        Some((fabric, node)) => (fabric, Some(node)),
        None => (id, None),
    };
    let is_node = node.is_some_and(|node| check_node_id(node).is_ok());
    if check_fabric_id(fabric).is_err() || is_node == kind.is_fabric || node.is_some() != is_node {
        return Err(
            "syntax error in section identifier: value does not match the regex pattern".into()
        );
    }
    let mut properties = Hash::default();
    properties.set("type", Value::text(kind.name));
    Ok(Section { kind, id, properties })
}

/// ` KEY VALUE`.
fn property(line: &str) -> Option<(&str, &str)> {
    let inner = line.trim_start();
    let (key, value) = inner.split_once(char::is_whitespace)?;
    (inner.len() < line.len()).then_some((key, value.trim()))
}

fn check_complete(section: Option<&Section>, number: u32) -> Result<()> {
    let missing = section.and_then(|section| {
        let required = section.kind.required?;
        section.properties.get(required).is_none().then_some(required)
    });
    match missing {
        Some(key) => {
            Err(fault(number, &format!("property '{key}' is missing and it is not optional.")))
        }
        None => Ok(()),
    }
}

fn fault(number: u32, text: &str) -> Error {
    Error::die(format_args!("parsing \"fabrics.cfg\" failed: line {number} - {text}"))
}

/// Adds a section: properties by name, a line for each element of a list.
fn write(id: &str, section: &Hash, text: &mut String) {
    if !text.is_empty() {
        text.push('\n');
    }
    text.push_str(&format!("{}: {id}\n", section.text("type")));
    for (key, value) in section.iter().filter(|(key, _)| !matches!(*key, "id" | "type")) {
        let values = match value {
            Value::List(values) => values.as_slice(),
            value => std::slice::from_ref(value),
        };
        for value in values.iter().filter_map(Value::to_text) {
            text.push_str(&format!("\t{key} {value}\n"));
        }
    }
}
