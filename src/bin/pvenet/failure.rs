//! Why a command has no answer.

use pve_network_rs::sys;
use std::path::PathBuf;

/// Printed as `pvenet: …`.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The node cannot be read.
    #[error(transparent)]
    Node(#[from] sys::Error),

    /// The core does not read what a file holds.
    #[error("{}: {}", path.display(), error.to_string().trim_end())]
    Config { path: PathBuf, error: pve_network_rs::error::Error },

    /// Nothing has that name.
    #[error("no interface '{name}'{}", nearest_names(nearest))]
    UnknownIface { name: String, nearest: Vec<String> },

    /// It is not known which node it is.
    #[error("{}: no name of a node, expected one; --node NAME names it", path.display())]
    Unnamed { path: PathBuf },

    /// No zone has that name.
    #[error("no zone '{name}', expected {}", or_nothing(known))]
    UnknownZone { name: String, known: Vec<String> },

    /// No server has that name.
    #[error("no server '{name}' in ipams.cfg or dns.cfg, expected {}", or_nothing(known))]
    UnknownServer { name: String, known: Vec<String> },

    /// A file was not replaced.
    #[error("{}: {source}; nothing was changed in it", path.display())]
    NotWritten { path: PathBuf, source: sys::file::Error },

    /// The answer cannot be written as JSON.
    #[error("cannot write JSON: {0}")]
    Json(#[from] serde_json::Error),
}

fn nearest_names(names: &[String]) -> String {
    match names {
        [] => ", expected one that `pvenet list` shows".into(),
        names => format!(", did you mean {}?", names.join(" or ")),
    }
}

fn or_nothing(names: &[String]) -> String {
    if names.is_empty() { "none: there are none".into() } else { names.join(" or ") }
}
