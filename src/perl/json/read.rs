//! JSON as JSON::XS writes it, read.

use crate::perl::{Hash, List, Value};
use std::borrow::Cow;
use thin_vec::ThinVec;

/// So many arrays and objects may be within each other. serde_json takes more, and then refuses.
const MOST_NESTED: u32 = 64;

/// Reads JSON, but only what is usual: without blanks, and with few forms of escapes and numbers.
///
/// Every function returns `None` for what is not usual or not JSON.
#[derive(Debug)]
pub struct Reader<'a> {
    json: &'a str,
    /// Where the next byte is.
    at: usize,
}

impl<'a> Reader<'a> {
    /// Reads all of `json`, which is to be UTF-8, by `read`.
    pub fn read<T>(json: &'a [u8], read: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        let (value, rest) = Self::read_start(json, read)?;
        rest.is_empty().then_some(value)
    }

    /// Reads the first line of `json`, all of it, by `read`; returns the rest, too, from the newline on.
    pub fn read_start<T>(
        json: &'a [u8],
        read: impl FnOnce(&mut Self) -> Option<T>,
    ) -> Option<(T, &'a [u8])> {
        // No control character is usual: with one look at all of it, each string needs none of its own.
        let end = memchr::memchr(b'\n', json).unwrap_or(json.len());
        let (json, attached) = json.split_at(end);
        let json = std::str::from_utf8(json).ok()?;
        if json.bytes().fold(u8::MAX, u8::min) < b' ' {
            return None;
        }
        let mut reader = Reader { json, at: 0 };
        let value = read(&mut reader)?;
        (reader.at == end).then_some((value, attached))
    }

    /// How many bytes of the JSON have not been read.
    pub fn left(&self) -> usize {
        self.json.len() - self.at
    }

    fn peek(&self) -> Option<u8> {
        self.json.as_bytes().get(self.at).copied()
    }

    /// A byte that is just so.
    pub fn byte(&mut self, byte: u8) -> Option<()> {
        if self.peek() != Some(byte) {
            return None;
        }
        self.at += 1;
        Some(())
    }

    /// Goes past what stands for itself in a string, as there are no control characters; returns it,
    /// and the byte behind it: a quote or a backslash.
    fn plain(&mut self) -> Option<(&'a str, u8)> {
        let start = self.at;
        let rest = &self.json.as_bytes()[start..];
        self.at += first_special(rest)?;
        Some((self.json.get(start..self.at)?, self.peek()?))
    }

    /// A string.
    pub fn text(&mut self) -> Option<Cow<'a, str>> {
        self.byte(b'"')?;
        let (text, end) = self.plain()?;
        if end == b'"' {
            self.at += 1;
            return Some(Cow::Borrowed(text));
        }
        self.escaped(text).map(Cow::Owned)
    }

    /// The rest of a string that starts with `start`, from its first escape on.
    #[cold]
    fn escaped(&mut self, start: &str) -> Option<String> {
        // Not all that is left: there may be thousands of such strings in one request.
        let mut text = String::with_capacity(start.len() + 64);
        text.push_str(start);
        loop {
            let (plain, end) = self.plain()?;
            text.push_str(plain);
            self.at += 1;
            if end == b'"' {
                return Some(text);
            }
            text.push(match self.peek()? {
                b'n' => '\n',
                b't' => '\t',
                b'"' => '"',
                b'\\' => '\\',
                _ => return None,
            });
            self.at += 1;
        }
    }

    /// A number without a fraction, of less than 19 digits.
    pub fn integer(&mut self) -> Option<i64> {
        let is_negative = self.byte(b'-').is_some();
        let start = self.at;
        let mut number = 0_i64;
        while let Some(digit @ b'0'..=b'9') = self.peek() {
            number = number.checked_mul(10)?.checked_add(i64::from(digit - b'0'))?;
            self.at += 1;
        }
        let is_usual = match &self.json.as_bytes()[start..self.at] {
            [b'0'] => !is_negative,
            [] | [b'0', ..] => false,
            digits => digits.len() < 19,
        };
        if !is_usual || matches!(self.peek(), Some(b'.' | b'e' | b'E')) {
            return None;
        }
        Some(if is_negative { -number } else { number })
    }

    fn null(&mut self) -> Option<()> {
        if !self.json.as_bytes()[self.at..].starts_with(b"null") {
            return None;
        }
        self.at += 4;
        Some(())
    }

    /// Null, or else what `read` reads.
    pub fn optional<T>(&mut self, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<Option<T>> {
        if self.peek() == Some(b'n') { self.null().map(|()| None) } else { read(self).map(Some) }
    }

    /// A value of any kind.
    pub fn any(&mut self) -> Option<Value<'a>> {
        self.nested(MOST_NESTED)
    }

    /// Goes past a value of any kind.
    pub fn skip(&mut self) -> Option<()> {
        self.skip_nested(MOST_NESTED)
    }

    /// The text of a value of any kind.
    pub fn raw(&mut self) -> Option<&'a str> {
        let start = self.at;
        self.skip()?;
        self.json.get(start..self.at)
    }

    fn skip_nested(&mut self, depth: u32) -> Option<()> {
        match self.peek()? {
            b'{' => {
                let depth = depth.checked_sub(1)?;
                self.object(|json, _| json.skip_nested(depth))
            }
            b'[' => {
                let depth = depth.checked_sub(1)?;
                self.elements(|json| json.skip_nested(depth))
            }
            _ => self.scalar().map(drop),
        }
    }

    fn nested(&mut self, depth: u32) -> Option<Value<'a>> {
        match self.peek()? {
            b'{' => self.nested_hash(depth).map(Value::Hash),
            b'[' => {
                let depth = depth.checked_sub(1)?;
                self.values(|json| json.nested(depth))
            }
            _ => self.scalar(),
        }
    }

    /// An object of values of any kind.
    pub fn hash(&mut self) -> Option<Hash<'a>> {
        self.nested_hash(MOST_NESTED)
    }

    fn nested_hash(&mut self, depth: u32) -> Option<Hash<'a>> {
        let depth = depth.checked_sub(1)?;
        let mut entries = ThinVec::new();
        self.object(|json, name| {
            entries.push((name, json.nested(depth)?));
            Some(())
        })?;
        Some(Hash(entries.into()))
    }

    /// A string, a number or null; or a list of these.
    pub fn value(&mut self) -> Option<Value<'a>> {
        match self.peek()? {
            b'[' => self.values(Self::scalar),
            _ => self.scalar(),
        }
    }

    /// A string, a number or null.
    pub fn scalar(&mut self) -> Option<Value<'a>> {
        match self.peek()? {
            b'"' => self.text().map(Value::Text),
            b'n' => self.null().map(|()| Value::Undef),
            _ => self.integer().map(Value::Integer),
        }
    }

    /// An array, whose elements `element` reads.
    pub fn list<T>(&mut self, mut element: impl FnMut(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let mut list = Vec::new();
        self.elements(|json| {
            list.push(element(json)?);
            Some(())
        })?;
        Some(list)
    }

    /// An array of values, which `element` reads.
    fn values(
        &mut self,
        mut element: impl FnMut(&mut Self) -> Option<Value<'a>>,
    ) -> Option<Value<'a>> {
        let mut values = List::new();
        self.elements(|json| {
            values.push(element(json)?);
            Some(())
        })?;
        Some(Value::List(values))
    }

    /// An array, each of whose elements `element` reads.
    fn elements(&mut self, mut element: impl FnMut(&mut Self) -> Option<()>) -> Option<()> {
        self.byte(b'[')?;
        if self.byte(b']').is_some() {
            return Some(());
        }
        loop {
            element(self)?;
            if self.byte(b',').is_none() {
                return self.byte(b']');
            }
        }
    }

    /// An object, of whose members `member` is given the name and reads the value.
    pub fn object(
        &mut self,
        mut member: impl FnMut(&mut Self, Cow<'a, str>) -> Option<()>,
    ) -> Option<()> {
        self.byte(b'{')?;
        if self.byte(b'}').is_some() {
            return Some(());
        }
        loop {
            let name = self.text()?;
            self.byte(b':')?;
            member(self, name)?;
            if self.byte(b',').is_none() {
                return self.byte(b'}');
            }
        }
    }
}

/// Where the first quote or backslash is.
#[inline]
fn first_special(bytes: &[u8]) -> Option<usize> {
    const ONES: u128 = u128::MAX / 0xff;
    // The highest bit of each byte that is zero; above the first of these, of others, too.
    let zeros = |bytes: u128| bytes.wrapping_sub(ONES) & !bytes & (ONES << 7);

    // Nearly all strings are short: to look at sixteen bytes at once takes less time than a call.
    if let Some(start) = bytes.first_chunk() {
        let start = u128::from_le_bytes(*start);
        let special =
            zeros(start ^ (ONES * u128::from(b'"'))) | zeros(start ^ (ONES * u128::from(b'\\')));
        if special != 0 {
            return Some(special.trailing_zeros() as usize / 8);
        }
    }
    memchr::memchr2(b'"', b'\\', bytes)
}

#[cfg(test)]
mod tests {
    use super::super::write::tests::written;
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    /// What [`Reader::value`] reads of a whole text.
    fn read(json: &str) -> Option<Value<'_>> {
        Reader::read(json.as_bytes(), Reader::value)
    }

    #[test]
    fn what_is_not_usual_is_left_to_serde_json() {
        for json in [
            "",
            " 1",
            "1 ",
            "01",
            "-",
            "-0",
            "1.5",
            "1e3",
            "1234567890123456789",
            "tru",
            "true",
            "nul",
            "\"",
            "\"a",
            "\"\n\"",
            r#""\u0041""#,
            r#""\/""#,
            r#""\x""#,
            "\"\\",
            "[",
            "[1",
            "[1,",
            "[1,]",
            "[,]",
            "[[]]",
            "{}",
            "1,",
            "\"a\"b",
        ] {
            assert_eq!(read(json), None, "{json}");
        }
    }

    #[test]
    fn what_follows_the_first_line_is_left() {
        for (json, expected) in [
            ("[1]", Some("")),
            ("[1]\n", Some("\n")),
            ("[1]\na\u{1}\n", Some("\na\u{1}\n")),
            ("[1]a\nb", None),
            ("[1]\r\nb", None),
            ("[\n1]", None),
            ("[\"\t\"]\nb", None),
            ("\n[1]", None),
            ("", None),
        ] {
            let rest = Reader::read_start(json.as_bytes(), Reader::any).map(|(_, rest)| rest);
            assert_eq!(rest, expected.map(str::as_bytes), "{json:?}");
        }
    }

    #[test]
    fn values_of_any_kind_are_those_of_serde_json() {
        let json = r#"{"b":{"c":[1,"x",{},[]],"a":null},"a":-7,"b":{"c\n":[[{"d":"\\"}]]}}"#;
        let any = Reader::read(json.as_bytes(), Reader::any);
        assert_eq!(any, Some(serde_json::from_str(json).unwrap()));
        assert_eq!(Reader::read(json.as_bytes(), Reader::raw), Some(json));
        for (depth, is_read) in [(MOST_NESTED, true), (MOST_NESTED + 1, false)] {
            let depth = depth as usize;
            let json = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
            assert_eq!(Reader::read(json.as_bytes(), Reader::any).is_some(), is_read);
            assert_eq!(Reader::read(json.as_bytes(), Reader::skip).is_some(), is_read);
        }
        for json in ["{", "{}1", "{\"a\"}", "{\"a\":}", "{1:2}", "{\"a\":1,}", "[1.5]"] {
            assert_eq!(Reader::read(json.as_bytes(), Reader::any), None, "{json}");
            assert_eq!(Reader::read(json.as_bytes(), Reader::skip), None, "{json}");
        }
    }

    /// JSON of arrays and objects, in which one byte may be another one.
    fn nearly_json() -> impl Strategy<Value = String> {
        let leaf = "null|-?[0-9]{1,3}|\"[a-c\u{e9}]{0,2}\"|\"\\\\[nt\"\\\\u]\"|[1 ]{1,2}";
        let json = leaf.prop_recursive(4, 24, 4, |inner| {
            let name = "\"[ab]\"|\"\\\\n\"";
            let member = (name, inner.clone()).prop_map(|(name, value)| format!("{name}:{value}"));
            prop_oneof![
                vec(inner, 0..4).prop_map(|list| format!("[{}]", list.join(","))),
                vec(member, 0..4).prop_map(|list| format!("{{{}}}", list.join(","))),
            ]
        });
        (json, any::<prop::sample::Index>(), proptest::option::of("[\\[\\]{},:\"0n ]")).prop_map(
            |(mut json, at, other)| {
                let at = at.index(json.len());
                if let Some(other) = other.filter(|_| json.is_char_boundary(at)) {
                    let len = json[at..].chars().next().map_or(0, char::len_utf8);
                    json.replace_range(at..at + len, &other);
                }
                json
            },
        )
    }

    proptest! {
        #[test]
        fn values_survive(
            texts in vec("[\"\\\\\n\t -~\u{e9}\u{20ac}\u{1f600}]{0,40}", 0..5),
            number in -999_999_999_999_999_999_i64..999_999_999_999_999_999,
        ) {
            let values = texts.iter().map(|text| Value::text(text));
            let value = Value::List(values.chain([Value::Undef, Value::Integer(number)]).collect());
            let json = written(&value);
            prop_assert_eq!(&json, &serde_json::to_string(&value).unwrap());
            prop_assert_eq!(read(&json), Some(value));
        }

        #[test]
        fn quotes_and_backslashes_are_found(text in "[!#\\[\\]\u{a2}\u{dc}]{0,40}[\"\\\\]{0,2}.{0,9}") {
            let at = text.find(['"', '\\']);
            prop_assert_eq!(first_special(text.as_bytes()), at);
        }

        #[test]
        fn what_is_read_is_what_serde_json_reads(json in "[\"\\\\\\[\\],:0-9nulte.\\-{} a]{0,12}") {
            if let Some(value) = read(&json) {
                prop_assert_eq!(serde_json::from_str::<Value>(&json).unwrap(), value);
            }
        }

        #[test]
        fn any_value_is_the_one_of_serde_json(json in nearly_json()) {
            let any = Reader::read(json.as_bytes(), Reader::any);
            prop_assert_eq!(Reader::read(json.as_bytes(), Reader::skip).is_some(), any.is_some());
            if let Some(value) = any {
                prop_assert_eq!(serde_json::from_str::<Value>(&json).unwrap(), value);
            }
        }
    }
}
