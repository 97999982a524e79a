//! Scalars, arrays and hashes, as JSON carries them.

use super::{Map, is_true, number, number_text};
use serde::de::{self, Deserialize, Deserializer, Visitor};
use serde::{Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;
use thin_vec::ThinVec;

/// The elements of a Perl array.
///
/// It is as large as a pointer, so that a [`Value`] is no larger than a text. The values of thousands of
/// stanzas do not fit into the processor's cache, and so each byte of them counts.
pub type List<'a> = ThinVec<Value<'a>>;

const _: () = assert!(size_of::<Value>() == size_of::<Cow<str>>());

/// A Perl scalar, or a reference to an array or a hash.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Value<'a> {
    /// `undef`.
    #[default]
    Undef,
    /// An integer.
    Integer(i64),
    /// Any other number.
    Number(f64),
    /// A string.
    Text(Cow<'a, str>),
    /// A reference to an array.
    List(List<'a>),
    /// A reference to a hash.
    Hash(Hash<'a>),
}

impl<'a> Value<'a> {
    /// A string that borrows.
    pub fn text(text: &'a str) -> Self {
        Value::Text(Cow::Borrowed(text))
    }

    /// Perl's truth.
    pub fn is_true(&self) -> bool {
        match self {
            Value::Undef => false,
            Value::Integer(n) => *n != 0,
            Value::Number(n) => *n != 0.0,
            Value::Text(text) => is_true(text),
            Value::List(_) | Value::Hash(_) => true,
        }
    }

    /// The number that Perl makes of a scalar; 0 of a reference, whose number is its address.
    pub fn to_number(&self) -> f64 {
        match self {
            Value::Integer(n) => *n as f64,
            Value::Number(n) => *n,
            Value::Text(text) => number(text),
            Value::Undef | Value::List(_) | Value::Hash(_) => 0.0,
        }
    }

    /// The string that Perl makes of a scalar; `None` of a reference, whose text is its address.
    pub fn to_text(&self) -> Option<Cow<'_, str>> {
        match self {
            Value::Undef => Some("".into()),
            Value::Integer(n) => Some(n.to_string().into()),
            Value::Number(n) => Some(number_text(*n).into()),
            Value::Text(text) => Some(Cow::Borrowed(text)),
            Value::List(_) | Value::Hash(_) => None,
        }
    }
}

/// A Perl hash, in the order of its keys.
///
/// The accessors read a value as Perl does at the place where it is used; a key that is missing
/// reads as undef.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Hash<'a>(pub Map<'a, Value<'a>>);

impl<'a> Hash<'a> {
    /// The value of a key; `None` if it is missing.
    pub fn get(&self, key: &str) -> Option<&Value<'a>> {
        self.0.get(key)
    }

    /// True if the key is there and its value is not undef.
    pub fn is_defined(&self, key: &str) -> bool {
        self.get(key).is_some_and(|value| *value != Value::Undef)
    }

    /// True if the value is true to Perl.
    pub fn is_true(&self, key: &str) -> bool {
        self.get(key).is_some_and(Value::is_true)
    }

    /// The text of a scalar as Perl puts it into a string: empty where it is missing.
    pub fn text(&self, key: &str) -> Cow<'_, str> {
        self.get(key).and_then(Value::to_text).unwrap_or_default()
    }

    /// The text of a scalar that is true to Perl.
    pub fn true_text(&self, key: &str) -> Option<Cow<'_, str>> {
        self.get(key).filter(|value| value.is_true()).and_then(Value::to_text)
    }

    /// The text of a scalar that is defined.
    pub fn defined_text(&self, key: &str) -> Option<Cow<'_, str>> {
        self.get(key).filter(|value| **value != Value::Undef).and_then(Value::to_text)
    }

    /// The hash that a key refers to.
    pub fn hash(&self, key: &str) -> Option<&Hash<'a>> {
        match self.get(key) {
            Some(Value::Hash(hash)) => Some(hash),
            _ => None,
        }
    }

    /// The elements of the array that a key refers to.
    pub fn list(&self, key: &str) -> Option<&[Value<'a>]> {
        match self.get(key) {
            Some(Value::List(values)) => Some(values),
            _ => None,
        }
    }

    /// The entries, by key.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value<'a>)> {
        self.0.iter().map(|(key, value)| (key.as_ref(), value))
    }

    /// Sets the value of a key.
    pub fn set(&mut self, key: impl Into<Cow<'a, str>>, value: Value<'a>) {
        self.0.insert(key.into(), value);
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Hash<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::Hash(hash) => Ok(hash),
            _ => Err(de::Error::custom("expected an object")),
        }
    }
}

impl Serialize for Value<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Value::Undef => serializer.serialize_unit(),
            Value::Integer(n) => serializer.serialize_i64(*n),
            Value::Number(n) => serializer.serialize_f64(*n),
            Value::Text(text) => serializer.serialize_str(text),
            Value::List(values) => serializer.collect_seq(values),
            Value::Hash(hash) => hash.serialize(serializer),
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Value<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ValueVisitor;

        impl<'de> Visitor<'de> for ValueVisitor {
            type Value = Value<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value")
            }

            fn visit_unit<E>(self) -> Result<Value<'de>, E> {
                Ok(Value::Undef)
            }

            fn visit_bool<E>(self, flag: bool) -> Result<Value<'de>, E> {
                Ok(Value::Integer(flag.into()))
            }

            fn visit_i64<E>(self, n: i64) -> Result<Value<'de>, E> {
                Ok(Value::Integer(n))
            }

            fn visit_u64<E>(self, n: u64) -> Result<Value<'de>, E> {
                // More than an i64 holds: as a text it keeps all its digits.
                let text = |_| Value::Text(Cow::Owned(n.to_string()));
                Ok(i64::try_from(n).map_or_else(text, Value::Integer))
            }

            fn visit_f64<E>(self, n: f64) -> Result<Value<'de>, E> {
                Ok(Value::Number(n))
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Value<'de>, E> {
                Ok(Value::text(text))
            }

            fn visit_str<E>(self, text: &str) -> Result<Value<'de>, E> {
                Ok(Value::Text(text.to_owned().into()))
            }

            fn visit_seq<A: de::SeqAccess<'de>>(self, mut seq: A) -> Result<Value<'de>, A::Error> {
                let mut values = List::new();
                while let Some(value) = seq.next_element()? {
                    values.push(value);
                }
                Ok(Value::List(values))
            }

            fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<Value<'de>, A::Error> {
                let map = Map::deserialize(de::value::MapAccessDeserializer::new(map))?;
                Ok(Value::Hash(Hash(map)))
            }
        }

        deserializer.deserialize_any(ValueVisitor)
    }
}
