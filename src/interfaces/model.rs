//! The configuration that is read and written: interfaces and the lines between them.
//!
//! An interface is what it is to Perl, a bag of attributes: callers add attributes of any name, and
//! which are there, and of which type, is part of the contract.

use super::iface::Iface;
use super::key::Key;
use crate::perl::json::{self, Reader};
use crate::perl::{Text, Value};
use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde::{Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;

/// A parsed `/etc/network/interfaces`.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Config<'a> {
    /// The interfaces by name.
    pub ifaces: Ifaces<'a>,
    /// The lines that belong to no interface, in the order of the file.
    pub options: Vec<Line<'a>>,
}

/// Interfaces by name; sorted where they come from [`parse()`](super::parse()) or from JSON.
pub type Ifaces<'a> = IndexMap<Cow<'a, str>, Iface<'a>, FxBuildHasher>;

/// No interfaces, and room for so many.
pub(super) fn room_for<'a>(count: usize) -> Ifaces<'a> {
    Ifaces::with_capacity_and_hasher(count, FxBuildHasher)
}

/// Sorts interfaces by name.
///
/// Names of at most 16 bytes, and the kernel knows no longer ones, are compared without a look at
/// where they are: with thousands of them that is not in the processor's cache.
pub(super) fn sort(ifaces: &mut Ifaces) {
    ifaces.sort_by_cached_key(|name, _| {
        let mut start = [0; 16];
        let len = name.len().min(start.len());
        start[..len].copy_from_slice(&name.as_bytes()[..len]);
        (u128::from_be_bytes(start), name.clone())
    });
}

impl<'a> Config<'a> {
    /// What a caller sent: a Perl hash has no order.
    pub(super) fn of_hash(mut ifaces: Ifaces<'a>, options: Vec<Line<'a>>) -> Self {
        sort(&mut ifaces);
        Config { ifaces, options }
    }

    /// Reads it from JSON; `None` leaves that to [`Deserialize`].
    pub fn read_json(json: &mut Reader<'a>) -> Option<Self> {
        let (mut ifaces, mut options) = (None, None);
        json.object(|json, name| match name.as_ref() {
            "ifaces" if ifaces.is_none() => {
                let ifaces = ifaces.insert(room_for(json.left() / 192));
                json.object(|json, name| {
                    // Read where it stays: it is large. The last one of a name counts.
                    let iface = ifaces.entry(name).or_default();
                    if !iface.is_empty() {
                        *iface = Iface::default();
                    }
                    iface.read_json(json)
                })
            }
            "options" => {
                options = Some(json.list(Line::read_json)?);
                Some(())
            }
            _ => None,
        })?;
        Some(Config::of_hash(ifaces?, options?))
    }

    /// Appends it as JSON, as [`Serialize`] does it.
    ///
    /// # Errors
    ///
    /// As [`serde_json::to_writer`].
    pub fn write_json(&self, json: &mut Vec<u8>) -> serde_json::Result<()> {
        json.extend_from_slice(br#"{"ifaces":"#);
        let mut separator = b'{';
        for (name, iface) in &self.ifaces {
            json.push(separator);
            json::write_text(json, name);
            json.push(b':');
            iface.write_json(json)?;
            separator = b',';
        }
        json.extend_from_slice(if self.ifaces.is_empty() { b"{}" } else { b"}" });
        json.extend_from_slice(br#","options":"#);
        serde_json::to_writer(&mut *json, &self.options)?;
        json.push(b'}');
        Ok(())
    }
}

/// A line that belongs to no interface, such as `source …` or `mapping …`.
#[derive(Debug, Clone, PartialEq)]
pub struct Line<'a> {
    /// Its place among the interfaces, see [`Key::Priority`].
    pub priority: Value<'a>,
    /// Its text, without a newline.
    pub text: Cow<'a, str>,
}

macro_rules! kinds {
    ($($kind:ident = $text:literal,)*) => {
        /// The type of an interface.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[allow(missing_docs)] // each is the type of that name
        pub enum Kind {
            $($kind,)*
            /// A type that the original does not know either.
            Other,
        }

        impl Kind {
            /// The type of that name.
            pub fn find(name: &str) -> Self {
                match name {
                    $($text => Kind::$kind,)*
                    _ => Kind::Other,
                }
            }

            /// Its name, as in the Perl hash.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Kind::$kind => $text,)*
                    Kind::Other => "",
                }
            }
        }
    };
}

kinds! {
    Alias = "alias",
    Bond = "bond",
    Bridge = "bridge",
    Dummy = "dummy",
    Eth = "eth",
    Loopback = "loopback",
    OvsBond = "OVSBond",
    OvsBridge = "OVSBridge",
    OvsIntPort = "OVSIntPort",
    OvsPort = "OVSPort",
    Unknown = "unknown",
    Vlan = "vlan",
    Vxlan = "vxlan",
}

/// An address family of a stanza.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// `inet`
    Inet,
    /// `inet6`
    Inet6,
}

/// The attributes that exist once for each family.
#[derive(Debug)]
#[allow(missing_docs)] // each is the attribute of that name
pub struct FamilyKeys {
    pub address: Key,
    pub cidr: Key,
    pub comments: Key,
    pub gateway: Key,
    pub method: Key,
    pub netmask: Key,
    pub options: Key,
}

impl Family {
    /// The family of that name.
    pub fn find(name: &str) -> Option<Self> {
        match name {
            "inet" => Some(Family::Inet),
            "inet6" => Some(Family::Inet6),
            _ => None,
        }
    }

    /// Its name in the file.
    pub fn as_str(self) -> &'static str {
        match self {
            Family::Inet => "inet",
            Family::Inet6 => "inet6",
        }
    }

    /// The names of its attributes.
    pub fn keys(self) -> &'static FamilyKeys {
        match self {
            Family::Inet => &FamilyKeys {
                address: Key::Address,
                cidr: Key::Cidr,
                comments: Key::Comments,
                gateway: Key::Gateway,
                method: Key::Method,
                netmask: Key::Netmask,
                options: Key::Options,
            },
            Family::Inet6 => &FamilyKeys {
                address: Key::Address6,
                cidr: Key::Cidr6,
                comments: Key::Comments6,
                gateway: Key::Gateway6,
                method: Key::Method6,
                netmask: Key::Netmask6,
                options: Key::Options6,
            },
        }
    }
}

impl<'a> Line<'a> {
    fn read_json(json: &mut Reader<'a>) -> Option<Self> {
        json.byte(b'[')?;
        let priority = json.value()?;
        json.byte(b',')?;
        let text = json.text()?;
        json.byte(b']')?;
        Some(Line { priority, text })
    }
}

impl Serialize for Line<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (&self.priority, &self.text).serialize(serializer)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Line<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (priority, text): (Value, Text) = Deserialize::deserialize(deserializer)?;
        Ok(Line { priority, text: text.0 })
    }
}

/// The object of interfaces, in the order of a Perl hash.
struct Unsorted<'a>(Ifaces<'a>);

impl<'de: 'a, 'a> Deserialize<'de> for Unsorted<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct IfacesVisitor;

        impl<'de> Visitor<'de> for IfacesVisitor {
            type Value = Unsorted<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Unsorted<'de>, A::Error> {
                let mut ifaces = Ifaces::default();
                while let Some((name, iface)) = map.next_entry::<Text, Iface>()? {
                    ifaces.insert(name.0, iface);
                }
                Ok(Unsorted(ifaces))
            }
        }

        deserializer.deserialize_map(IfacesVisitor)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Config<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(serde::Deserialize)]
        struct Fields<'a> {
            #[serde(borrow)]
            ifaces: Unsorted<'a>,
            #[serde(borrow)]
            options: Vec<Line<'a>>,
        }

        let Fields { ifaces: Unsorted(ifaces), options } = Fields::deserialize(deserializer)?;
        Ok(Config::of_hash(ifaces, options))
    }
}
