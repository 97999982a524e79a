//! An interface: a bag of attributes.

use super::key::{KEYS, Key, KeySet};
use super::model::Kind;
use crate::perl::json::{self, Reader};
use crate::perl::{List, Text, Value, sereal};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde::{Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;
use thin_vec::ThinVec;

/// Attributes that are kept in place: most interfaces have no more.
const USUAL_ATTRIBUTES: usize = 14;

/// No place in a list of as many values as there are keys.
const NOWHERE: u8 = u8::MAX;

/// One interface.
#[derive(Debug, Clone)]
pub struct Iface<'a> {
    /// Which known attributes are there.
    present: KeySet,
    /// Where the value of each key is, in `known` and then in `more`; [`NOWHERE`] of one that never
    /// was there.
    places: [u8; KEYS.len()],
    /// How many places are taken.
    count: u8,
    /// The first values, in the order in which they came; undef where there is none.
    known: [Value<'a>; USUAL_ATTRIBUTES],
    /// Those for which there is no room in `known`.
    more: List<'a>,
    /// Attributes that only the caller knows.
    others: ThinVec<(Cow<'a, str>, Value<'a>)>,
}

impl<'a> Iface<'a> {
    /// The value of an attribute; `None` if it is missing.
    pub fn get(&self, key: Key) -> Option<&Value<'a>> {
        self.present.has(key).then(|| self.value(key))
    }

    /// The value of an attribute that is there.
    fn value(&self, key: Key) -> &Value<'a> {
        let place = usize::from(self.places[key as usize]);
        match place.checked_sub(USUAL_ATTRIBUTES) {
            None => &self.known[place],
            Some(place) => &self.more[place],
        }
    }

    /// The value of an attribute that has a place.
    fn value_mut(&mut self, key: Key) -> &mut Value<'a> {
        let place = usize::from(self.places[key as usize]);
        match place.checked_sub(USUAL_ATTRIBUTES) {
            None => &mut self.known[place],
            Some(place) => &mut self.more[place],
        }
    }

    /// The attributes: the known ones by name, then the others.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value<'a>)> {
        self.iter_without(KeySet::default())
    }

    /// The attributes that are not in `done`, in that order.
    pub(super) fn iter_without(&self, done: KeySet) -> impl Iterator<Item = (&str, &Value<'a>)> {
        let known = self.present.without(done).iter();
        let known = known.map(|key| (key.as_str(), self.value(key)));
        known.chain(self.others.iter().map(|(name, value)| (name.as_ref(), value)))
    }

    /// True if there is none.
    pub fn is_empty(&self) -> bool {
        self.present == KeySet::default() && self.others.is_empty()
    }

    /// True if there are attributes that only the caller knows.
    pub(super) fn has_others(&self) -> bool {
        !self.others.is_empty()
    }

    /// A known attribute that is a reference, but is not among `lists`.
    pub(super) fn reference_beside(&self, lists: KeySet) -> Option<Key> {
        let is_reference = |key: &Key| matches!(self.value(*key), Value::List(_) | Value::Hash(_));
        self.present.without(lists).iter().find(is_reference)
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
        if self.places[key as usize] == NOWHERE {
            self.push(key, value);
        } else {
            *self.value_mut(key) = value;
        }
    }

    /// Takes an attribute out.
    pub fn remove(&mut self, key: Key) -> Option<Value<'a>> {
        if !self.present.has(key) {
            return None;
        }
        self.present.remove(key);
        Some(std::mem::take(self.value_mut(key)))
    }

    /// The place of an attribute; undef if it was missing.
    pub(super) fn slot(&mut self, key: Key) -> &mut Value<'a> {
        self.present.insert(key);
        if self.places[key as usize] == NOWHERE {
            self.push(key, Value::Undef);
        }
        self.value_mut(key)
    }

    /// Adds the value of an attribute that has no place.
    fn push(&mut self, key: Key, value: Value<'a>) {
        self.places[key as usize] = self.count;
        match self.known.get_mut(usize::from(self.count)) {
            Some(slot) => *slot = value,
            None => self.more.push(value),
        }
        self.count += 1;
    }

    /// Reads the attributes of one that has none.
    pub(super) fn read_json(&mut self, json: &mut Reader<'a>) -> Option<()> {
        json.object(|json, name| {
            let value = json.value()?;
            self.keep(name, value);
            Some(())
        })
    }

    /// Reads the attributes of one that has none.
    pub(super) fn read_sereal(&mut self, data: &mut sereal::Reader<'a>) -> Option<()> {
        data.hash(|data, name| {
            let value = data.value()?;
            self.keep(name, value);
            Some(())
        })
    }

    /// Keeps an attribute of any name.
    fn keep(&mut self, name: Cow<'a, str>, value: Value<'a>) {
        match Key::find(&name) {
            Some(key) => self.set(key, value),
            None => self.others.push((name, value)),
        }
    }

    /// Appends it as a hash of Sereal.
    pub(super) fn write_sereal(&self, out: &mut Vec<u8>) {
        sereal::write_hash_start(out, self.present.len() + self.others.len());
        for key in self.present.iter() {
            key.write_sereal(out);
            sereal::write_value(out, self.value(key));
        }
        for (name, value) in &self.others {
            sereal::write_text(out, name);
            sereal::write_value(out, value);
        }
    }

    /// Appends it as an object of JSON.
    pub(super) fn write_json(&self, json: &mut Vec<u8>) -> serde_json::Result<()> {
        let start = json.len();
        for key in self.present.iter() {
            key.write_json(json);
            json::write_value(json, self.value(key))?;
        }
        for (name, value) in &self.others {
            json.push(b',');
            json::write_text(json, name);
            json.push(b':');
            json::write_value(json, value)?;
        }
        if self.is_empty() {
            json.push(b'{');
        } else {
            json[start] = b'{'; // in place of the first comma
        }
        json.push(b'}');
        Ok(())
    }
}

impl Default for Iface<'_> {
    fn default() -> Self {
        Iface {
            present: KeySet::default(),
            places: [NOWHERE; KEYS.len()],
            known: [const { Value::Undef }; USUAL_ATTRIBUTES],
            count: 0,
            more: List::new(),
            others: ThinVec::new(),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_room_for_every_attribute() {
        let number = |n: usize| Value::Integer(n as i64);
        let mut iface = Iface::default();
        for (n, (_, key)) in KEYS.iter().enumerate().rev() {
            iface.set(*key, number(n));
            *iface.slot(*key) = number(n + 1);
        }
        for (n, (name, key)) in KEYS.iter().enumerate() {
            assert_eq!(iface.get(*key), Some(&number(n + 1)), "{name}");
            assert_eq!(iface.remove(*key), Some(number(n + 1)), "{name}");
            assert_eq!(iface.get(*key), None, "{name}");
            assert_eq!(iface.remove(*key), None, "{name}");
        }
        assert!(iface.is_empty());
        iface.set(Key::VxlanId, number(7));
        assert!(iface.iter().eq([("vxlan-id", &number(7))]));
    }

    #[test]
    fn json_is_that_of_serde() {
        let written = |iface: &Iface| {
            let mut json = Vec::new();
            iface.write_json(&mut json).unwrap();
            String::from_utf8(json).unwrap()
        };
        let mut iface = Iface::default();
        assert_eq!(written(&iface), serde_json::to_string(&iface).unwrap());
        for (_, key) in KEYS {
            iface.set(*key, Value::text("\u{e9}\"\n"));
            assert_eq!(written(&iface), serde_json::to_string(&iface).unwrap());
        }
        iface.keep("x".into(), Value::Number(1.5));
        assert_eq!(written(&iface), serde_json::to_string(&iface).unwrap());
        let mut other = Iface::default();
        other.keep("x\n".into(), Value::Undef);
        assert_eq!(written(&other), serde_json::to_string(&other).unwrap());
    }
}
