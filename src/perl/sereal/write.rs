//! Sereal, written.

use super::tag;
use crate::perl::{Hash, Value};

/// Starts a document.
///
/// Its header could be an empty one, which is a NUL. But a document that is part of a request or a
/// reply may hold none, and so this one holds the number 1 for nobody.
pub fn start(out: &mut Vec<u8>) {
    out.extend_from_slice(tag::MAGIC);
    let (version, header_len, holds_data, data) = (3, 2, 1, 1);
    out.extend_from_slice(&[version, header_len, holds_data, data]);
}

/// What is in front of a short text in ASCII.
pub const fn short_text(text: &str) -> u8 {
    let len = text.len() as u8;
    assert!(text.is_ascii() && text.len() <= (tag::SHORT_BINARY_END - tag::SHORT_BINARY) as usize);
    tag::SHORT_BINARY + len
}

/// Appends a text.
pub fn write_text(out: &mut Vec<u8>, text: &str) {
    let is_ascii = is_ascii(text.as_bytes());
    out.reserve(text.len() + 16);
    match short(text.len(), tag::SHORT_BINARY, tag::SHORT_BINARY_END) {
        Some(tag) if is_ascii => out.push(tag),
        _ => {
            out.push(if is_ascii { tag::BINARY } else { tag::UTF8 });
            write_varint(out, text.len() as u64);
        }
    }
    out.extend_from_slice(text.as_bytes());
}

/// As the one of the standard library, which is made for long texts.
fn is_ascii(text: &[u8]) -> bool {
    const TOPS: u64 = 0x8080_8080_8080_8080;
    let mut all = 0;
    let mut left = text;
    while let Some((word, rest)) = left.split_first_chunk() {
        all |= u64::from_le_bytes(*word);
        left = rest;
    }
    if let Some(last) = text.last_chunk() {
        all |= u64::from_le_bytes(*last);
        return all & TOPS == 0;
    }
    text.iter().all(u8::is_ascii)
}

/// Appends the start of an array, whose elements follow.
pub fn write_array_start(out: &mut Vec<u8>, len: usize) {
    write_start(out, len, short(len, tag::SHORT_ARRAY, tag::SHORT_ARRAY_END), tag::ARRAY);
}

/// Appends the start of a hash; what follows is the key and the value of each entry.
pub fn write_hash_start(out: &mut Vec<u8>, len: usize) {
    write_start(out, len, short(len, tag::SHORT_HASH, tag::SHORT_HASH_END), tag::HASH);
}

fn write_start(out: &mut Vec<u8>, len: usize, short: Option<u8>, long: u8) {
    match short {
        Some(tag) => out.push(tag),
        None => {
            out.extend_from_slice(&[tag::REFERENCE, long]);
            write_varint(out, len as u64);
        }
    }
}

/// The one of the tags from `first` to `last` that holds a length; `None` if it is too long for that.
fn short(len: usize, first: u8, last: u8) -> Option<u8> {
    (len <= usize::from(last - first)).then(|| first + len as u8)
}

fn write_varint(out: &mut Vec<u8>, mut number: u64) {
    while number > 0x7f {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// Appends a value.
#[inline]
pub fn write_value(out: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Text(text) => write_text(out, text),
        Value::Integer(number) => write_integer(out, *number),
        Value::List(values) => write_list(out, values),
        Value::Undef => out.push(tag::UNDEF),
        Value::Number(number) => {
            out.push(tag::DOUBLE);
            out.extend_from_slice(&number.to_le_bytes());
        }
        Value::Hash(hash) => write_hash(out, hash),
    }
}

fn write_list(out: &mut Vec<u8>, values: &[Value]) {
    write_array_start(out, values.len());
    values.iter().for_each(|value| write_value(out, value));
}

fn write_hash(out: &mut Vec<u8>, hash: &Hash) {
    write_hash_start(out, hash.0.len());
    for (key, value) in hash.iter() {
        write_text(out, key);
        write_value(out, value);
    }
}

fn write_integer(out: &mut Vec<u8>, number: i64) {
    match number {
        0..=15 => out.push(number as u8),
        16.. => {
            out.push(tag::VARINT);
            write_varint(out, number as u64);
        }
        _ => {
            out.push(tag::ZIGZAG);
            write_varint(out, ((number << 1) ^ (number >> 63)) as u64);
        }
    }
}
