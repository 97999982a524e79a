//! Reading of configs as Perl does: what is missing or undef is an empty hash.

use crate::error::{Error, Result};
use crate::perl::{Hash, Map, Value};

const EMPTY: &Hash<'static> = &Hash(Map::new());

/// The hash that a key refers to.
///
/// # Errors
///
/// [`Error::Unsupported`] for anything else that is defined: the original dies, or reads what
/// depends on addresses.
pub(super) fn hash<'h, 'a>(parent: &'h Hash<'a>, key: &str) -> Result<&'h Hash<'a>> {
    parent.get(key).map_or(Ok(EMPTY), |value| as_hash(key, value))
}

/// The hash that a value refers to; `name` is what an error calls it.
///
/// # Errors
///
/// As [`hash`].
pub(super) fn as_hash<'h, 'a>(name: &str, value: &'h Value<'a>) -> Result<&'h Hash<'a>> {
    match value {
        Value::Undef => Ok(EMPTY),
        Value::Hash(hash) => Ok(hash),
        _ => Err(Error::Unsupported(format!("'{name}' is not a hash"))),
    }
}

/// The objects of a section config, by id.
///
/// # Errors
///
/// As [`hash`].
pub(super) fn objects<'h, 'a>(config: &'h Hash<'a>) -> Result<Vec<(&'h str, &'h Hash<'a>)>> {
    hash(config, "ids")?
        .0
        .iter()
        .map(|(id, object)| Ok((id.as_ref(), as_hash(id, object)?)))
        .collect()
}

/// The object of that id in a section config.
///
/// # Errors
///
/// As [`hash`].
pub(super) fn object<'h, 'a>(config: &'h Hash<'a>, id: &str) -> Result<&'h Hash<'a>> {
    hash(hash(config, "ids")?, id)
}
