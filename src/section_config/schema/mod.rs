//! What a file may hold: its types of sections, and the properties of each.

mod controllers;
mod dns;
mod ipams;
mod subnets;
mod vnets;
mod zones;

use super::format::{Format, Pattern};
use serde::Deserialize;

/// One of the section configs of SDN, `/etc/pve/sdn/*.cfg`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum File {
    /// `zones.cfg`
    Zones,
    /// `vnets.cfg`
    Vnets,
    /// `subnets.cfg`
    Subnets,
    /// `controllers.cfg`
    Controllers,
    /// `ipams.cfg`
    Ipams,
    /// `dns.cfg`
    Dns,
}

impl File {
    /// Every file.
    pub const ALL: [File; 6] =
        [File::Zones, File::Vnets, File::Subnets, File::Controllers, File::Ipams, File::Dns];

    /// Its name below `/etc/pve`.
    pub fn path(self) -> &'static str {
        match self {
            File::Zones => "sdn/zones.cfg",
            File::Vnets => "sdn/vnets.cfg",
            File::Subnets => "sdn/subnets.cfg",
            File::Controllers => "sdn/controllers.cfg",
            File::Ipams => "sdn/ipams.cfg",
            File::Dns => "sdn/dns.cfg",
        }
    }

    /// What it may hold.
    pub fn schema(self) -> &'static Schema {
        match self {
            File::Zones => &zones::SCHEMA,
            File::Vnets => &vnets::SCHEMA,
            File::Subnets => &subnets::SCHEMA,
            File::Controllers => &controllers::SCHEMA,
            File::Ipams => &ipams::SCHEMA,
            File::Dns => &dns::SCHEMA,
        }
    }
}

/// What a file may hold.
#[derive(Debug)]
pub struct Schema {
    /// Types in headers are taken in lower case, and must look like a configuration id.
    pub has_plugins: bool,
    /// Every property of every type, and those that only the API knows.
    pub properties: &'static [Property],
    /// The types of sections, by name.
    pub types: &'static [Type],
}

/// A type of sections.
#[derive(Debug)]
pub struct Type {
    /// The word in the header.
    pub name: &'static str,
    /// The properties that a section must have, by name.
    pub required: &'static [&'static str],
    /// The properties that a section may have, by name.
    pub optional: &'static [&'static str],
}

impl Type {
    /// True if a section of this type may have the property.
    pub fn has(&self, property: &str) -> bool {
        self.required.contains(&property) || self.optional.contains(&property)
    }
}

impl Schema {
    /// The type of that name.
    pub fn find(&self, name: &str) -> Option<&'static Type> {
        self.types.iter().find(|kind| kind.name == name)
    }

    /// The property of that name, whichever types have it.
    pub fn property(&self, name: &str) -> Option<&'static Property> {
        self.properties.iter().find(|property| property.name == name)
    }
}

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Any text.
    Text,
    /// A whole number, with or without a sign.
    Integer,
    /// `0` or `1`; a line without a value says `1`.
    Boolean,
    /// One line for each element, which is a text.
    List,
    /// A list of nodes in a text, a hash of them in memory.
    Nodes,
}

/// One property and what its values must be.
#[derive(Debug)]
pub struct Property {
    /// Its name in the file and in the API.
    pub name: &'static str,
    /// What its value is.
    pub kind: Kind,
    /// True if the API demands it of every object, whatever the types say.
    pub is_mandatory: bool,
    /// The format of the value.
    pub format: Option<Format>,
    /// True if the value is a list of items, each of the format.
    pub is_list: bool,
    /// What else the value must look like.
    pub pattern: Option<Pattern>,
    /// The least number of characters.
    pub min_length: Option<usize>,
    /// The largest number of characters.
    pub max_length: Option<usize>,
    /// The least number.
    pub minimum: Option<u32>,
    /// The largest number.
    pub maximum: Option<u32>,
    /// The values there are.
    pub values: &'static [&'static str],
}

impl Property {
    const fn new(name: &'static str, kind: Kind) -> Self {
        Property {
            name,
            kind,
            is_mandatory: false,
            format: None,
            is_list: false,
            pattern: None,
            min_length: None,
            max_length: None,
            minimum: None,
            maximum: None,
            values: &[],
        }
    }

    pub(super) const fn text(name: &'static str) -> Self {
        Property::new(name, Kind::Text)
    }

    const fn integer(name: &'static str) -> Self {
        Property::new(name, Kind::Integer)
    }

    const fn boolean(name: &'static str) -> Self {
        Property::new(name, Kind::Boolean)
    }

    const fn nodes(name: &'static str) -> Self {
        Property::new(name, Kind::Nodes).list_of(Format::Node)
    }

    const fn mandatory(mut self) -> Self {
        self.is_mandatory = true;
        self
    }

    const fn format(mut self, format: Format) -> Self {
        self.format = Some(format);
        self
    }

    pub(super) const fn list_of(mut self, format: Format) -> Self {
        self.is_list = true;
        self.format(format)
    }

    const fn pattern(mut self, pattern: Pattern) -> Self {
        self.pattern = Some(pattern);
        self
    }

    const fn shortest(mut self, length: usize) -> Self {
        self.min_length = Some(length);
        self
    }

    pub(super) const fn longest(mut self, length: usize) -> Self {
        self.max_length = Some(length);
        self
    }

    const fn from(mut self, minimum: u32) -> Self {
        self.minimum = Some(minimum);
        self
    }

    const fn to(mut self, maximum: u32) -> Self {
        self.maximum = Some(maximum);
        self
    }

    const fn one_of(mut self, values: &'static [&'static str]) -> Self {
        self.values = values;
        self
    }
}

/// The type of an object, as most files declare it.
const fn type_property(types: &'static [&'static str]) -> Property {
    Property::text("type").mandatory().format(Format::ConfigId).one_of(types)
}

/// The SHA-256 fingerprint of a server's certificate.
const FINGERPRINT: Property = Property::text("fingerprint").pattern(Pattern::Fingerprint);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_consistent() {
        for file in File::ALL {
            let schema = file.schema();
            let names: Vec<&str> = schema.types.iter().map(|kind| kind.name).collect();
            assert!(names.is_sorted(), "{file:?}");
            let declared = schema.property("type").unwrap();
            assert_eq!(declared.values, names, "{file:?}");
            for kind in schema.types {
                assert!(kind.required.is_sorted(), "{}", kind.name);
                assert!(kind.optional.is_sorted(), "{}", kind.name);
                for name in kind.required.iter().chain(kind.optional) {
                    assert!(schema.property(name).is_some(), "{}: {name}", kind.name);
                }
            }
        }
    }
}
