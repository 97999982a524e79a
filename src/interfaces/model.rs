//! The configuration that is read and written: interfaces and the lines between them.
//!
//! An interface is what it is to Perl, a bag of attributes: callers add attributes of any name, and
//! which are there, and of which type, is part of the contract.

use super::key::{KEYS, Key, KeySet};
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

impl<'a> Config<'a> {
    /// Reads it from JSON; `None` leaves that to [`Deserialize`].
    pub fn read_json(json: &mut Reader<'a>) -> Option<Self> {
        let (mut ifaces, mut options) = (None, None);
        json.object(|json, name| match name.as_ref() {
            "ifaces" => {
                let ifaces = ifaces.insert(room_for(json.left() / 256));
                json.object(|json, name| {
                    ifaces.insert(name, Iface::read_json(json)?);
                    Some(())
                })
            }
            "options" => {
                options = Some(json.list(Line::read_json)?);
                Some(())
            }
            _ => None,
        })?;
        let mut ifaces = ifaces?;
        ifaces.sort_unstable_keys();
        Some(Config { ifaces, options: options? })
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

/// Room that is made for attributes at once: most interfaces have no more.
const USUAL_ATTRIBUTES: usize = 12;

/// No place in a list of as many values as there are keys.
const NOWHERE: u8 = u8::MAX;

/// One interface.
#[derive(Debug, Clone)]
pub struct Iface<'a> {
    /// Which known attributes are there.
    present: KeySet,
    /// Where in `known` the value of each key is; [`NOWHERE`] of one that never was there.
    places: [u8; KEYS.len()],
    /// The values, in the order in which they came; undef where one was taken out.
    known: Vec<Value<'a>>,
    /// Attributes that only the caller knows.
    others: Vec<(Cow<'a, str>, Value<'a>)>,
}

impl<'a> Iface<'a> {
    /// The value of an attribute; `None` if it is missing.
    pub fn get(&self, key: Key) -> Option<&Value<'a>> {
        if self.present.has(key) { self.known.get(self.place(key)) } else { None }
    }

    fn place(&self, key: Key) -> usize {
        self.places[key as usize].into()
    }

    /// The attributes: the known ones by name, then the others.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value<'a>)> {
        self.iter_without(KeySet::default())
    }

    /// The attributes that are not in `done`, in that order.
    pub(super) fn iter_without(&self, done: KeySet) -> impl Iterator<Item = (&str, &Value<'a>)> {
        let known = self.present.without(done).iter();
        let known = known.map(|key| (key.as_str(), &self.known[self.place(key)]));
        known.chain(self.others.iter().map(|(name, value)| (name.as_ref(), value)))
    }

    /// True if there is none.
    pub fn is_empty(&self) -> bool {
        self.present == KeySet::default() && self.others.is_empty()
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
        match self.get(Key::Type) {
            Some(Value::Text(kind)) => Kind::find(kind),
            _ => Kind::Other,
        }
    }

    /// Sets an attribute.
    pub fn set(&mut self, key: Key, value: Value<'a>) {
        self.present.insert(key);
        match self.places[key as usize] {
            NOWHERE => self.push(key, value),
            place => self.known[usize::from(place)] = value,
        }
    }

    /// Takes an attribute out.
    pub fn remove(&mut self, key: Key) -> Option<Value<'a>> {
        if !self.present.has(key) {
            return None;
        }
        self.present.remove(key);
        let place = self.place(key);
        Some(std::mem::take(&mut self.known[place]))
    }

    /// The place of an attribute; undef if it was missing.
    pub(super) fn slot(&mut self, key: Key) -> &mut Value<'a> {
        self.present.insert(key);
        if self.places[key as usize] == NOWHERE {
            self.push(key, Value::Undef);
        }
        let place = self.place(key);
        &mut self.known[place]
    }

    /// Adds the value of an attribute that has no place.
    fn push(&mut self, key: Key, value: Value<'a>) {
        self.places[key as usize] = self.known.len() as u8;
        self.known.push(value);
    }

    fn read_json(json: &mut Reader<'a>) -> Option<Self> {
        let mut iface = Iface::default();
        json.object(|json, name| {
            let value = json.value()?;
            iface.keep(name, value);
            Some(())
        })?;
        Some(iface)
    }

    /// Keeps an attribute of any name.
    fn keep(&mut self, name: Cow<'a, str>, value: Value<'a>) {
        match Key::find(&name) {
            Some(key) => self.set(key, value),
            None => self.others.push((name, value)),
        }
    }

    fn write_json(&self, json: &mut Vec<u8>) -> serde_json::Result<()> {
        let mut separator = b'{';
        for key in self.present.iter() {
            json.push(separator);
            json.extend_from_slice(key.as_member().as_bytes());
            json::write_value(json, &self.known[self.place(key)])?;
            separator = b',';
        }
        for (name, value) in &self.others {
            json.push(separator);
            json::write_text(json, name);
            json.push(b':');
            json::write_value(json, value)?;
            separator = b',';
        }
        json.extend_from_slice(if self.is_empty() { b"{}" } else { b"}" });
        Ok(())
    }
}

impl Default for Iface<'_> {
    fn default() -> Self {
        Iface {
            present: KeySet::default(),
            places: [NOWHERE; KEYS.len()],
            known: Vec::with_capacity(USUAL_ATTRIBUTES),
            others: Vec::new(),
        }
    }
}

impl PartialEq for Iface<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
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
                    iface.keep(name, map.next_value()?);
                }
                Ok(iface)
            }
        }

        deserializer.deserialize_map(IfaceVisitor)
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

        let Fields { ifaces: Unsorted(mut ifaces), options } = Fields::deserialize(deserializer)?;
        ifaces.sort_unstable_keys();
        Ok(Config { ifaces, options })
    }
}
