//! Values of replies, encoded.

use crate::error::{Error, Result};
use crate::perl::json::write_text;
use serde::Serialize;

/// The value of a reply.
///
/// It is text already, so that it may borrow from the request it answers.
pub(crate) enum Value {
    /// The beginning of the reply: everything up to the end of its value.
    Json(Vec<u8>),
    /// A text or a document without NULs that is attached.
    Attached(Vec<u8>),
}

/// Encodes the value of a reply.
pub(crate) fn value<T: Serialize + ?Sized>(value: &T) -> Result<Value> {
    sized_value(value, 0)
}

/// Encodes the value of a reply of about `size` bytes.
pub(crate) fn sized_value<T: Serialize + ?Sized>(value: &T, size: usize) -> Result<Value> {
    written_value(size, |json| serde_json::to_writer(json, value))
}

/// Takes what `write` appends as the value of a reply: JSON of about `size` bytes.
///
/// A large text that grows step by step costs as much time as to make it.
fn written_value(
    size: usize,
    write: impl FnOnce(&mut Vec<u8>) -> serde_json::Result<()>,
) -> Result<Value> {
    let mut text = Vec::with_capacity(size + 64); // with what is around the value
    text.extend_from_slice(br#"{"value":"#);
    write(&mut text).map_err(|e| Error::Bug(e.to_string()))?;
    Ok(Value::Json(text))
}

/// Takes data as the value of a reply: attached as Sereal, if it may be and can be, else as JSON; of
/// about `size` bytes.
pub(crate) fn data_value(
    size: usize,
    attach: u8,
    write_sereal: impl FnOnce(&mut Vec<u8>),
    write_json: impl FnOnce(&mut Vec<u8>) -> serde_json::Result<()>,
) -> Result<Value> {
    if attach != 0 {
        let mut document = Vec::with_capacity(size + 64);
        write_sereal(&mut document);
        if memchr::memchr(b'\0', &document).is_none() {
            return Ok(Value::Attached(document));
        }
    }
    written_value(size, write_json)
}

/// Takes a text as the value of a reply; attached, if it may be and can be.
pub(crate) fn text_value(text: String, attach: u8) -> Result<Value> {
    if attach != 0 && !text.contains('\0') {
        return Ok(Value::Attached(text.into_bytes()));
    }
    written_value(text.len() + text.len() / 4, |json| {
        write_text(json, &text);
        Ok(())
    })
}
