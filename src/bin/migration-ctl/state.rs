//! What a node says of itself to the others: `/etc/pve/nodes/NODE/network-migration.json`.

use crate::store::Store;
use pve_network_rs::control::fingerprint;
use pve_network_rs::migration::Phase;
use pve_network_rs::sys::file;
use serde::{Deserialize, Serialize};
use std::fmt::Display;
use std::path::PathBuf;

/// The state of one node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct State {
    /// Its name.
    pub(crate) node: String,
    /// The phase in force.
    pub(crate) phase: Phase,
    /// The mark of the `migration.toml` in force; unknown, if it was bad when the node started.
    pub(crate) config: Option<String>,
    /// Why it is not that of a later `migration.toml`.
    pub(crate) problem: Option<String>,
    /// True if the kill switch is on.
    pub(crate) killed: bool,
    /// The functions whose breakers are not closed.
    pub(crate) breakers: Vec<String>,
    /// The version of the programs.
    pub(crate) version: String,
}

/// The mark of the text of a `migration.toml`: another text has another one.
pub(crate) fn mark(text: Option<&[u8]>) -> String {
    text.map_or("none".into(), |text| format!("{:016x}", fingerprint(text)))
}

impl State {
    /// The state that a node wrote last; `None` if it wrote none that can be read.
    pub(crate) fn read(store: &Store, node: &str) -> Option<Self> {
        let text = file::read(&path(store, node)).ok()??;
        serde_json::from_slice(&text).ok()
    }

    /// Writes the state, if it is another one than that in the file.
    pub(crate) fn write(&self, store: &Store) -> Result<(), String> {
        let path = path(store, &self.node);
        let at = |error: &dyn Display| format!("{}: {error}", path.display());
        let base = file::read(&path).map_err(|error| error.to_string())?;
        let text = serde_json::to_string_pretty(self).map_err(|error| at(&error))? + "\n";
        if base.as_deref() == Some(text.as_bytes()) {
            return Ok(());
        }
        file::replace(&path, base.as_deref(), text.as_bytes()).map_err(|error| at(&error))
    }

    /// What there is to know besides the phase, in a few words.
    pub(crate) fn notes(&self) -> Vec<String> {
        let killed = self.killed.then(|| "kill switch on".into());
        let breakers = (!self.breakers.is_empty())
            .then(|| format!("breaker not closed: {}", self.breakers.join(", ")));
        let problem = self.problem.as_ref().map(|problem| format!("not in force: {problem}"));
        [problem, killed, breakers].into_iter().flatten().collect()
    }
}

fn path(store: &Store, node: &str) -> PathBuf {
    store.nodes_folder().join(node).join("network-migration.json")
}
