//! The one error type of the crate.

use std::collections::BTreeMap;

/// Result of every fallible function in this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// Why a request could not be answered.
///
/// # Design
///
/// The variants are the closed set of error kinds of the ABI: what a caller does next depends on
/// the kind alone, never on the text. [`Display`](std::fmt::Display) yields the text for people;
/// for [`Error::Die`] it is, byte for byte, what the original Perl passes to `die`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The original dies with this text.
    ///
    /// As in Perl, a text without a newline at its end gets ` at FILE line N.` from whoever
    /// raises it; most texts end with one.
    #[error("{0}")]
    Die(String),

    /// Request parameters are invalid, by name; `PVE::Exception::raise_param_exc` in Perl.
    #[error("Parameter verification failed.")]
    Param(BTreeMap<String, String>),

    /// This library does not implement what the input asks for: the original must answer.
    #[error("{0}")]
    Unsupported(String),

    /// The caller sent something that is not a request.
    #[error("invalid request: {0}")]
    Request(String),

    /// A defect in this library.
    #[error("internal error: {0}")]
    Bug(String),
}

impl Error {
    /// Stable, machine-readable name of the kind; part of the ABI.
    pub fn kind(&self) -> &'static str {
        match self {
            Error::Die(_) => "die",
            Error::Param(_) => "param",
            Error::Unsupported(_) => "unsupported",
            Error::Request(_) => "request",
            Error::Bug(_) => "bug",
        }
    }

    /// An error for a `die` whose text ends with a newline.
    pub fn die(text: impl std::fmt::Display) -> Self {
        Error::Die(format!("{text}\n"))
    }

    /// An error for a `die` without a newline: the raiser appends where it happened.
    pub fn die_at(text: impl std::fmt::Display) -> Self {
        Error::Die(text.to_string())
    }
}
