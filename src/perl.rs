//! Perl's data rules, for the edge where Perl values come in and go out.

mod utf8;

use serde::de::{self, Deserialize, Deserializer, Visitor};
use serde::{Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;

/// What `\s` and `\w` mean for characters from U+0080 to U+00FF.
///
/// A module that says `use v5.36` has the feature `unicode_strings`: there a byte of a file is a
/// Latin-1 character, so that 0xA0 is a blank and 0xE9 is a letter. Without it they are neither.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Charset {
    /// Rules of a module without `unicode_strings`: `PVE::INotify` up to pve-common 9.1.
    Ascii,
    /// Rules of a module with it: `PVE::Network::Interfaces` from pve-common 9.2 on.
    Latin1,
}

impl Charset {
    /// Perl's `\s`.
    pub fn is_space(self, c: char) -> bool {
        matches!(c, '\t'..='\r' | ' ')
            || self == Charset::Latin1 && matches!(c, '\u{85}' | '\u{a0}')
    }

    /// Perl's `\w`.
    pub fn is_word(self, c: char) -> bool {
        c.is_ascii_alphanumeric()
            || c == '_'
            || self == Charset::Latin1 && !c.is_ascii() && c.is_alphabetic()
    }

    /// `text` without blanks at its start.
    pub fn trim_start(self, text: &str) -> &str {
        text.trim_start_matches(|c| self.is_space(c))
    }

    /// `text` without blanks at its end.
    pub fn trim_end(self, text: &str) -> &str {
        text.trim_end_matches(|c| self.is_space(c))
    }

    /// The first word of `text`, and everything from the blank behind it on.
    pub fn split_word(self, text: &str) -> (&str, &str) {
        text.split_at(text.find(|c| self.is_space(c)).unwrap_or(text.len()))
    }

    /// Perl's `split(/\s+/, $text)`: a blank at the start yields an empty first field.
    pub fn split(self, text: &str) -> impl Iterator<Item = &str> + use<'_> {
        let is_space = move |c| self.is_space(c);
        let is_indented = text.starts_with(is_space) && !text.trim_matches(is_space).is_empty();
        is_indented
            .then_some("")
            .into_iter()
            .chain(text.split(is_space).filter(|field| !field.is_empty()))
    }
}

/// Perl's truth of a string: all but the empty one and `0`.
pub fn is_true(text: &str) -> bool {
    !text.is_empty() && text != "0"
}

/// True if `text` is not empty and all ASCII digits, Perl's `^\d+$` on bytes.
pub fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

/// Perl's number of a string: the longest numeric prefix behind blanks, else 0.
pub fn number(text: &str) -> f64 {
    let text = text.trim_start_matches(|c| Charset::Ascii.is_space(c));
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let sign = if text.starts_with('-') { -1.0 } else { 1.0 };

    let word = unsigned.get(..3).unwrap_or_default();
    if word.eq_ignore_ascii_case("inf") {
        return sign * f64::INFINITY;
    }
    if word.eq_ignore_ascii_case("nan") {
        return f64::NAN;
    }

    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let mut end = digits(unsigned);
    if unsigned[end..].starts_with('.') {
        let fraction = digits(&unsigned[end + 1..]);
        if end + fraction == 0 {
            return 0.0;
        }
        end += 1 + fraction;
    }
    if end > 0 && unsigned[end..].starts_with(['e', 'E']) {
        let exponent = &unsigned[end + 1..];
        let signed = usize::from(exponent.starts_with(['+', '-']));
        let count = digits(&exponent[signed..]);
        if count > 0 {
            end += 1 + signed + count;
        }
    }
    sign * unsigned[..end].parse().unwrap_or(0.0)
}

/// Perl's text of a number (`%.15g`).
pub fn number_text(number: f64) -> String {
    if !number.is_finite() {
        return match number {
            n if n.is_nan() => "NaN".into(),
            n if n > 0.0 => "Inf".into(),
            _ => "-Inf".into(),
        };
    }
    if number == 0.0 {
        return "0".into();
    }
    let scientific = format!("{number:.14e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let strip = |text: &str| -> String {
        if text.contains('.') {
            text.trim_end_matches('0').trim_end_matches('.').into()
        } else {
            text.into()
        }
    };
    if (-5..15).contains(&exponent) {
        let decimals = usize::try_from(14 - exponent).unwrap_or(0);
        return strip(&format!("{number:.decimals$}"));
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{}e{sign}{:02}", strip(digits), exponent.abs())
}

/// A Perl scalar or array, as JSON carries it.
#[derive(Debug, Clone, PartialEq)]
pub enum Value<'a> {
    /// `undef`.
    Undef,
    /// An integer.
    Integer(i64),
    /// Any other number.
    Number(f64),
    /// A string.
    Text(Cow<'a, str>),
    /// A reference to an array.
    List(Vec<Value<'a>>),
    /// A reference to anything else; what is in it is not kept.
    Reference,
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
            Value::List(_) | Value::Reference => true,
        }
    }

    /// The number that Perl makes of a scalar; 0 of a reference, whose number is its address.
    pub fn to_number(&self) -> f64 {
        match self {
            Value::Integer(n) => *n as f64,
            Value::Number(n) => *n,
            Value::Text(text) => number(text),
            Value::Undef | Value::List(_) | Value::Reference => 0.0,
        }
    }

    /// The string that Perl makes of a scalar; `None` of a reference, whose text is its address.
    pub fn to_text(&self) -> Option<Cow<'_, str>> {
        match self {
            Value::Undef => Some("".into()),
            Value::Integer(n) => Some(n.to_string().into()),
            Value::Number(n) => Some(number_text(*n).into()),
            Value::Text(text) => Some(Cow::Borrowed(text)),
            Value::List(_) | Value::Reference => None,
        }
    }
}

impl Serialize for Value<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Value::Undef | Value::Reference => serializer.serialize_unit(),
            Value::Integer(n) => serializer.serialize_i64(*n),
            Value::Number(n) => serializer.serialize_f64(*n),
            Value::Text(text) => serializer.serialize_str(text),
            Value::List(values) => serializer.collect_seq(values),
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
                Ok(i64::try_from(n).map_or(Value::Number(n as f64), Value::Integer))
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
                let mut values = Vec::new();
                while let Some(value) = seq.next_element()? {
                    values.push(value);
                }
                Ok(Value::List(values))
            }

            fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<Value<'de>, A::Error> {
                while map
                    .next_entry::<de::IgnoredAny, de::IgnoredAny>()?
                    .is_some()
                {}
                Ok(Value::Reference)
            }
        }

        deserializer.deserialize_any(ValueVisitor)
    }
}

/// A string that borrows from the JSON it is decoded from, where that has no escapes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Text<'a>(pub Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextVisitor;

        impl<'de> Visitor<'de> for TextVisitor {
            type Value = Text<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Owned(text.to_owned())))
            }

            // Perl's scalars know no types: a name that was used as a number may come as one.
            fn visit_u64<E>(self, n: u64) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Owned(n.to_string())))
            }

            fn visit_i64<E>(self, n: i64) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Owned(n.to_string())))
            }
        }

        deserializer.deserialize_any(TextVisitor)
    }
}

/// The text of a file: every character stands for the byte of that number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ByteText<'a>(&'a str);

impl<'a> ByteText<'a> {
    /// Takes a text whose characters are all below U+0100; `None` if one is not.
    pub fn new(text: &'a str) -> Option<Self> {
        // The UTF-8 form of U+0100 and above starts with 0xC4 or more.
        text.bytes()
            .all(|byte| byte < 0xc4)
            .then_some(ByteText(text))
    }

    /// The bytes of a file as characters, for [`ByteText::new`].
    pub fn decode(bytes: &[u8]) -> String {
        bytes.iter().map(|&byte| char::from(byte)).collect()
    }

    /// The characters.
    pub fn as_str(self) -> &'a str {
        self.0
    }
}

/// Perl's `decode('UTF-8', $bytes)` of a text whose characters stand for bytes.
///
/// Bytes that are not UTF-8 become U+FFFD, one for each malformed sequence.
pub fn decode_utf8(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    // A character above U+00FF is none of a byte; the reader refuses such texts before.
    let bytes: Vec<u8> = text
        .chars()
        .map(|c| u8::try_from(c).unwrap_or(b'?'))
        .collect();
    Cow::Owned(utf8::decode(&bytes))
}
