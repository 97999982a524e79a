//! Sereal, read.

use super::tag;
use crate::perl::{List, Value};
use std::borrow::Cow;

/// Reads Sereal, but only plain data of which nothing is there twice.
///
/// Every function returns `None` for what is not plain or not Sereal.
#[derive(Debug)]
pub struct Reader<'a> {
    left: &'a [u8],
}

impl<'a> Reader<'a> {
    /// Reads all of a document by `read`.
    pub fn read<T>(document: &'a [u8], read: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        // The upper half of the version says how what follows is compressed.
        let (3 | 4, left) = document.strip_prefix(tag::MAGIC)?.split_first()? else {
            return None;
        };
        let mut reader = Reader { left };
        let header_len = reader.varint()?;
        reader.bytes(header_len)?;
        let value = read(&mut reader)?;
        reader.left.is_empty().then_some(value)
    }

    /// How many bytes have not been read.
    pub fn left(&self) -> usize {
        self.left.len()
    }

    fn tag(&mut self) -> Option<u8> {
        loop {
            let (tag, left) = self.left.split_first()?;
            self.left = left;
            if *tag != tag::PAD {
                return Some(*tag & !tag::TRACK);
            }
        }
    }

    fn bytes(&mut self, len: usize) -> Option<&'a [u8]> {
        let (bytes, left) = self.left.split_at_checked(len)?;
        self.left = left;
        Some(bytes)
    }

    fn varint<T: TryFrom<u64>>(&mut self) -> Option<T> {
        let mut number = 0;
        for shift in (0..u64::BITS).step_by(7) {
            let (byte, left) = self.left.split_first()?;
            self.left = left;
            let bits = u64::from(byte & 0x7f);
            number |= bits << shift;
            if byte & 0x80 == 0 {
                return (bits << shift >> shift == bits).then_some(number)?.try_into().ok();
            }
        }
        None
    }

    /// A string.
    pub fn text(&mut self) -> Option<Cow<'a, str>> {
        let tag = self.tag()?;
        self.text_of(tag)
    }

    fn text_of(&mut self, tag: u8) -> Option<Cow<'a, str>> {
        let len = match tag {
            tag::SHORT_BINARY..=tag::SHORT_BINARY_END => usize::from(tag - tag::SHORT_BINARY),
            tag::BINARY | tag::UTF8 => self.varint()?,
            _ => return None,
        };
        let bytes = self.bytes(len)?;
        if tag == tag::UTF8 || bytes.is_ascii() {
            return std::str::from_utf8(bytes).ok().map(Cow::Borrowed);
        }
        Some(bytes.iter().map(|byte| char::from(*byte)).collect())
    }

    /// A string, a number or undef; or a list of these.
    pub fn value(&mut self) -> Option<Value<'a>> {
        let tag = self.tag()?;
        if !matches!(tag, tag::SHORT_ARRAY..=tag::SHORT_ARRAY_END | tag::REFERENCE) {
            return self.scalar_of(tag);
        }
        let mut values = List::new();
        for _ in 0..self.array_of(tag)? {
            let tag = self.tag()?;
            values.push(self.scalar_of(tag)?);
        }
        Some(Value::List(values))
    }

    fn scalar_of(&mut self, tag: u8) -> Option<Value<'a>> {
        Some(match tag {
            tag::POSITIVE..=tag::POSITIVE_END => Value::Integer(tag.into()),
            tag::NEGATIVE..=tag::NEGATIVE_END => Value::Integer(i64::from(tag) - 32),
            tag::VARINT => Value::Integer(self.varint()?),
            tag::ZIGZAG => {
                let number: u64 = self.varint()?;
                Value::Integer((number >> 1) as i64 ^ -((number & 1) as i64))
            }
            tag::FLOAT => Value::Number(f32::from_le_bytes(*self.bytes(4)?.first_chunk()?).into()),
            tag::DOUBLE => Value::Number(f64::from_le_bytes(*self.bytes(8)?.first_chunk()?)),
            tag::UNDEF | tag::CANONICAL_UNDEF => Value::Undef,
            _ => Value::Text(self.text_of(tag)?),
        })
    }

    /// The start of an array, whose elements follow: so many.
    pub fn array(&mut self) -> Option<usize> {
        let tag = self.tag()?;
        self.array_of(tag)
    }

    fn array_of(&mut self, tag: u8) -> Option<usize> {
        match tag {
            tag::SHORT_ARRAY..=tag::SHORT_ARRAY_END => Some(usize::from(tag - tag::SHORT_ARRAY)),
            tag::REFERENCE if self.tag()? == tag::ARRAY => self.varint(),
            _ => None,
        }
    }

    /// A hash, of whose entries `entry` is given the key and reads the value.
    pub fn hash(
        &mut self,
        mut entry: impl FnMut(&mut Self, Cow<'a, str>) -> Option<()>,
    ) -> Option<()> {
        let len = match self.tag()? {
            tag @ tag::SHORT_HASH..=tag::SHORT_HASH_END => usize::from(tag - tag::SHORT_HASH),
            tag::REFERENCE if self.tag()? == tag::HASH => self.varint()?,
            _ => return None,
        };
        for _ in 0..len {
            let key = self.text()?;
            entry(self, key)?;
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::write;
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    /// What is read of a document with that body.
    fn read<'a>(document: &'a mut Vec<u8>, body: &[u8]) -> Option<Value<'a>> {
        document.clear();
        document.extend_from_slice(b"=\xf3rl\x04\x00");
        document.extend_from_slice(body);
        Reader::read(document, Reader::value)
    }

    #[test]
    fn what_perl_writes_is_read() {
        let number = |number| Some(Value::Integer(number));
        let text = |text| Some(Value::text(text));
        for (body, value) in [
            (&b"\x00"[..], number(0)),
            (b"\x8f", number(15)),
            (b"\x10", number(-16)),
            (b"\x1f", number(-1)),
            (b"\x20\xac\x02", number(300)),
            (b"\x21\xc7\x01", number(-100)),
            (b"\x22\x00\x00\xc0\x3f", Some(Value::Number(1.5))),
            (b"\x23\x9a\x99\x99\x99\x99\x99\xb9\x3f", Some(Value::Number(0.1))),
            (b"%", Some(Value::Undef)),
            (b"9", Some(Value::Undef)),
            (b"`", text("")),
            (b"dcaf\xe9", text("caf\u{e9}")),
            (b"'\x03\xe2\x82\xac", text("\u{20ac}")),
            (b"&\x02ab", text("ab")),
            (
                b"?\xc2\x01%",
                Some(Value::List([Value::Integer(1), Value::Undef].into_iter().collect())),
            ),
            (b"(?+\x01\x01", Some(Value::List([Value::Integer(1)].into_iter().collect()))),
        ] {
            assert_eq!(read(&mut Vec::new(), body), value, "{body:?}");
        }
    }

    #[test]
    fn what_is_not_plain_is_refused() {
        for body in [
            &b""[..],
            b"\x01\x01", // more than one value
            b"\x20",     // ends too early
            b"\x20\x80",
            b"\x20\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", // 2^64 - 1
            b"\x20\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", // more
            b"\x20\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x00",
            b"&\xff\xff\xff\xff\x7fa",
            b"cab",
            b"'\x01\xe9",
            b"C\x01\x01",
            b"(+\xff\xff\xff\xff\x7f\x01",
            b"A@", // a list in a list
            b"P",  // a hash, where there is to be none
            b"(*\x00",
            b"(\x01", // a reference to a number
            b"B\x81)\x01",
            b"B\x81.\x01",
            b"B\x81/\x01",
            b",aXP", // an object
            b"\x24\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00",
        ] {
            assert_eq!(read(&mut Vec::new(), body), None, "{body:?}");
        }
        for document in [
            &b""[..],
            b"=srl\x02\x00\x01",
            b"=\xf3rl\x02\x00\x01",
            b"=\xf3rl\x05\x00\x01",
            b"=\xf3rl\x24\x00\x01", // compressed
            b"=\xf3rl\x04\x02\x01",
            b"=\xf3rl\x04",
        ] {
            assert_eq!(Reader::read(document, Reader::value), None, "{document:?}");
        }
    }

    fn scalar() -> impl Strategy<Value = Value<'static>> {
        prop_oneof![
            Just(Value::Undef),
            any::<i64>().prop_map(Value::Integer),
            any::<i8>().prop_map(|number| Value::Integer(number.into())),
            (-1e9..1e9).prop_map(Value::Number),
            "[ -~\u{e9}\u{20ac}]{0,40}".prop_map(|text| Value::Text(text.into())),
            "[a-z]{30,34}".prop_map(|text| Value::Text(text.into())),
        ]
    }

    proptest! {
        #[test]
        fn values_survive(values in vec(scalar(), 0..20)) {
            let value = Value::List(values.into_iter().collect());
            let mut document = Vec::new();
            write::start(&mut document);
            write::write_value(&mut document, &value);
            prop_assert_eq!(Reader::read(&document, Reader::value), Some(value));
        }

        #[test]
        fn hashes_survive(entries in vec(("[a-z\u{e9}]{0,40}", scalar()), 0..20)) {
            let mut document = Vec::new();
            write::start(&mut document);
            write::write_hash_start(&mut document, entries.len());
            for (key, value) in &entries {
                write::write_text(&mut document, key);
                write::write_value(&mut document, value);
            }
            let mut read = Vec::new();
            let all = Reader::read(&document, |data| {
                data.hash(|data, key| {
                    read.push((key.into_owned(), data.value()?));
                    Some(())
                })
            });
            prop_assert_eq!(all, Some(()));
            prop_assert_eq!(read, entries);
        }

        #[test]
        fn no_bytes_are_too_much(body in vec(prop_oneof![any::<u8>(), 0x20_u8..0x60, Just(1)], 0..12)) {
            let mut document = Vec::new();
            let _ = read(&mut document, &body);
            let _ = Reader::read(&document, |data| data.hash(|data, _| data.value().map(drop)));
        }
    }
}
