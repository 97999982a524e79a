//! A section config in memory.

use crate::perl::Hash;
use serde::{Deserialize, Serialize};

/// The sections of a file.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Config<'a> {
    /// The sections by id; undef stands for one that lacks a required property.
    #[serde(borrow, default)]
    pub ids: Hash<'a>,
    /// The place of each section in the file, a number.
    #[serde(borrow, default)]
    pub order: Hash<'a>,
    /// SHA-1 of the file's bytes, in hexadecimal digits.
    #[serde(skip_deserializing)]
    pub digest: String,
    /// Values that were left out.
    #[serde(skip_deserializing, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<Fault<'a>>,
}

/// A value that was left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fault<'a> {
    /// File and line.
    pub context: String,
    /// The id of the section.
    pub section: &'a str,
    /// The property.
    pub key: &'a str,
    /// What is wrong, with a newline at the end.
    pub err: String,
}
