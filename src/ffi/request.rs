//! Requests, decoded.

use crate::error::{Error, Result};
use serde::Deserialize;

/// Decodes a request.
pub(crate) fn from_json<'a, Req: Deserialize<'a>>(request: &'a [u8]) -> Result<Req> {
    serde_json::from_str(as_text(request)?).map_err(|e| Error::Request(e.to_string()))
}

/// A request, or a part of it, as the UTF-8 it is to be.
///
/// As a whole: that is much faster than serde_json is with one string after the other.
pub(crate) fn as_text(request: &[u8]) -> Result<&str> {
    std::str::from_utf8(request).map_err(|e| Error::Request(e.to_string()))
}

/// Decodes a request to which something may be attached; returns that, too, from its newline on.
pub(crate) fn start_from_json<'a, Req: Deserialize<'a>>(
    request: &'a [u8],
) -> Result<(Req, &'a [u8])> {
    let mut values = serde_json::Deserializer::from_slice(request).into_iter();
    let value = values.next().ok_or_else(|| Error::Request("it is empty".into()))?;
    let value = value.map_err(|e| Error::Request(e.to_string()))?;
    Ok((value, &request[values.byte_offset()..]))
}

/// Reads what is attached as the member `name` of a request, if it is not in its JSON.
pub(crate) fn read_attached<'a, T>(
    member: Option<T>,
    name: &str,
    attached: &'a [u8],
    read: impl FnOnce(&'a [u8]) -> Result<T>,
) -> Result<T> {
    match (member, attached.strip_prefix(b"\n")) {
        (None, Some(attached)) => read(attached),
        (Some(member), _) if attached.trim_ascii().is_empty() => Ok(member),
        (None, None) => Err(Error::Request(format!("there is no `{name}`"))),
        (Some(_), _) => Err(Error::Request(format!("there is more than one `{name}`"))),
    }
}
