//! Whether an object may be changed or deleted as an API call asks for.

pub mod controller;
pub mod subnet;
pub mod vnet;
pub mod zone;

use crate::error::Error;
use std::collections::BTreeMap;

/// An error for one parameter.
fn wrong(parameter: &str, text: impl Into<String>) -> Error {
    Error::Param(BTreeMap::from([(parameter.to_owned(), text.into())]))
}
