//! A mismatch that a node has kept, to be looked at and replayed elsewhere.
//!
//! Source: the Perl module `PVE::Network::RS::Bundle`, which writes them.

use super::compare::{Difference, Use, difference, outcome};
use crate::ffi::ask;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// The format that is read.
const FORMAT: u32 = 1;

/// One mismatch.
#[derive(Debug, Clone, Deserialize)]
pub struct Bundle {
    format: u32,
    /// When it happened, RFC 3339.
    pub time: String,
    /// On which node.
    pub node: String,
    /// The seam.
    pub seam: String,
    /// The function of the library that answers it.
    pub symbol: String,
    /// The function of the original.
    pub function: String,
    /// Who was to answer.
    pub engine: String,
    /// How far the node had moved.
    pub phase: String,
    /// Where they differed, as a JSON pointer.
    pub differs_at: String,
    /// How many secrets were replaced by other words.
    pub redacted: u32,
    /// What answered, by version.
    pub versions: BTreeMap<String, Option<Value>>,
    /// What answered, by SHA-256.
    pub digests: Value,
    context: Context,
    is_list: u8,
    is_void: u8,
    strict_types: u8,
    not_replayable: Option<String>,
    request: Option<Value>,
    original: Option<Value>,
    rust: Option<Value>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Context {
    Void,
    Scalar,
    List,
}

/// What this library makes of a mismatch.
#[derive(Debug, Clone, PartialEq)]
pub struct Replay {
    /// What the original did.
    pub original: Value,
    /// What Rust did then.
    pub then: Value,
    /// What Rust does now.
    pub now: Value,
    /// A number and its text were not the same.
    pub is_strict: bool,
}

impl Bundle {
    /// Reads the text of a bundle.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub fn parse(text: &[u8]) -> Result<Self, String> {
        let bundle: Bundle = serde_json::from_slice(text).map_err(|error| {
            format!("not a mismatch that was kept: {error}; expected a file of one JSON object")
        })?;
        match bundle.format {
            FORMAT => Ok(bundle),
            other => Err(format!("format {other}, expected {FORMAT}")),
        }
    }

    /// Sends its request to this library.
    ///
    /// # Errors
    ///
    /// Why it cannot be replayed.
    pub fn replay(&self) -> Result<Replay, String> {
        if let Some(obstacle) = &self.not_replayable {
            return Err(obstacle.clone());
        }
        let (Some(request), Some(original), Some(then)) =
            (&self.request, &self.original, &self.rust)
        else {
            return Err("it lacks the request or an outcome".into());
        };
        let reply = ask(&self.symbol, &request.to_string()).map_err(|error| error.to_string())?;
        let used = match (self.context, self.is_list > 0) {
            _ if self.is_void > 0 => Use::Void,
            (Context::Void, _) => Use::Void,
            (Context::Scalar, _) => Use::Scalar,
            (Context::List, false) => Use::List,
            (Context::List, true) => Use::Spread,
        };
        Ok(Replay {
            original: original.clone(),
            then: then.clone(),
            now: outcome(&reply, used),
            is_strict: self.strict_types > 0,
        })
    }
}

impl Replay {
    /// Where this library differs from the original.
    pub fn difference(&self) -> Option<Difference<'_>> {
        difference(&self.original, &self.now, self.is_strict)
    }

    /// True if this library does what Rust did then.
    pub fn is_as_then(&self) -> bool {
        difference(&self.then, &self.now, self.is_strict).is_none()
    }
}
