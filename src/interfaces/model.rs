//! The configuration that is read and written: interfaces and the lines between them.
//!
//! An interface is what it is to Perl, a bag of attributes: callers add attributes of any name, and
//! which are there, and of which type, is part of the contract.

use super::key::{Key, KeySet};
use crate::perl::{Text, Value};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde::{Serialize, Serializer};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

/// A parsed `/etc/network/interfaces`.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Config<'a> {
    /// The interfaces by name.
    pub ifaces: BTreeMap<Cow<'a, str>, Iface<'a>>,
    /// The lines that belong to no interface, in the order of the file.
    pub options: Vec<Line<'a>>,
}

/// A line that belongs to no interface, such as `source …` or `mapping …`.
#[derive(Debug, Clone, PartialEq)]
pub struct Line<'a> {
    /// Its place among the interfaces, see [`Key::Priority`].
    pub priority: Value<'a>,
    /// Its text, without a newline.
    pub text: Cow<'a, str>,
}

/// Room that is made for attributes at once: most interfaces have no more.
const USUAL_ATTRIBUTES: usize = 12;

/// One interface.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Iface<'a> {
    /// Which known attributes are there: most that are asked for are not.
    present: KeySet,
    known: Vec<(Key, Value<'a>)>,
    /// Attributes that only the caller knows.
    others: Vec<(Cow<'a, str>, Value<'a>)>,
}

impl<'a> Iface<'a> {
    /// The value of an attribute; `None` if it is missing.
    pub fn get(&self, key: Key) -> Option<&Value<'a>> {
        self.position(key).map(|at| &self.known[at].1)
    }

    /// The attributes, in no particular order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value<'a>)> {
        let known = self.known.iter().map(|(key, value)| (key.as_str(), value));
        known.chain(self.others.iter().map(|(name, value)| (name.as_ref(), value)))
    }

    /// The attributes that are not in `done`, in no particular order.
    pub(super) fn iter_without(&self, done: KeySet) -> impl Iterator<Item = (&str, &Value<'a>)> {
        let known = self.known.iter().filter(move |(key, _)| !done.has(*key));
        let known = known.map(|(key, value)| (key.as_str(), value));
        known.chain(self.others.iter().map(|(name, value)| (name.as_ref(), value)))
    }

    /// True if there is none.
    pub fn is_empty(&self) -> bool {
        self.known.is_empty() && self.others.is_empty()
    }

    /// True if the attribute is there and not undef.
    pub fn is_defined(&self, key: Key) -> bool {
        self.get(key).is_some_and(|value| *value != Value::Undef)
    }

    /// True if the attribute is true to Perl.
    pub fn is_true(&self, key: Key) -> bool {
        self.get(key).is_some_and(Value::is_true)
    }

    /// The text of an attribute as Perl puts it into a string: empty where it is missing.
    pub fn text(&self, key: Key) -> Cow<'_, str> {
        self.get(key).and_then(Value::to_text).unwrap_or_default()
    }

    /// The text of an attribute that is true to Perl.
    pub fn true_text(&self, key: Key) -> Option<Cow<'_, str>> {
        self.get(key).filter(|value| value.is_true()).and_then(Value::to_text)
    }

    /// The text of an attribute that is defined.
    pub fn defined_text(&self, key: Key) -> Option<Cow<'_, str>> {
        self.get(key).filter(|value| **value != Value::Undef).and_then(Value::to_text)
    }

    /// As [`Iface::true_text`], but borrows from what was parsed rather than from the interface.
    pub(super) fn true_source(&self, key: Key) -> Option<Cow<'a, str>> {
        match self.get(key).filter(|value| value.is_true())? {
            Value::Text(text) => Some(text.clone()),
            value => value.to_text().map(|text| Cow::Owned(text.into_owned())),
        }
    }

    /// Its type.
    pub fn kind(&self) -> Kind {
        Kind::find(&self.text(Key::Type))
    }

    /// Sets an attribute.
    pub fn set(&mut self, key: Key, value: Value<'a>) {
        *self.slot(key) = value;
    }

    /// Takes an attribute out.
    pub fn remove(&mut self, key: Key) -> Option<Value<'a>> {
        let at = self.position(key)?;
        self.present.remove(key);
        Some(self.known.swap_remove(at).1)
    }

    /// The place of an attribute; undef if it was missing.
    pub(super) fn slot(&mut self, key: Key) -> &mut Value<'a> {
        let at = self.position(key).unwrap_or_else(|| {
            if self.known.is_empty() {
                self.known.reserve(USUAL_ATTRIBUTES);
            }
            self.present.insert(key);
            self.known.push((key, Value::Undef));
            self.known.len() - 1
        });
        &mut self.known[at].1
    }

    fn position(&self, key: Key) -> Option<usize> {
        if !self.present.has(key) {
            return None;
        }
        self.known.iter().position(|(known, _)| *known == key)
    }
}

impl<'a> FromIterator<(Key, Value<'a>)> for Iface<'a> {
    fn from_iter<I: IntoIterator<Item = (Key, Value<'a>)>>(attributes: I) -> Self {
        let mut iface = Iface::default();
        for (key, value) in attributes {
            iface.set(key, value);
        }
        iface
    }
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

impl Serialize for Iface<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Iface<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct IfaceVisitor;

        impl<'de> Visitor<'de> for IfaceVisitor {
            type Value = Iface<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Iface<'de>, A::Error> {
                let mut iface = Iface::default();
                while let Some(Text(name)) = map.next_key()? {
                    let value = map.next_value()?;
                    match Key::find(&name) {
                        Some(key) => iface.set(key, value),
                        None => iface.others.push((name, value)),
                    }
                }
                Ok(iface)
            }
        }

        deserializer.deserialize_map(IfaceVisitor)
    }
}

/// The object of interfaces, in the order of a Perl hash.
struct Ifaces<'a>(Vec<(Cow<'a, str>, Iface<'a>)>);

impl<'de: 'a, 'a> Deserialize<'de> for Ifaces<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct IfacesVisitor;

        impl<'de> Visitor<'de> for IfacesVisitor {
            type Value = Ifaces<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Ifaces<'de>, A::Error> {
                let mut ifaces = Vec::new();
                while let Some((name, iface)) = map.next_entry::<Text, Iface>()? {
                    ifaces.push((name.0, iface));
                }
                Ok(Ifaces(ifaces))
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
            ifaces: Ifaces<'a>,
            #[serde(borrow)]
            options: Vec<Line<'a>>,
        }

        let Fields { ifaces, options } = Fields::deserialize(deserializer)?;
        // Sorted and built at once, which costs less than to insert one by one.
        Ok(Config { ifaces: ifaces.0.into_iter().collect(), options })
    }
}
