//! What a node says of itself to the others: `/etc/pve/nodes/NODE/network-migration.json`.

use crate::api::Answer;
use crate::store::Store;
use pve_network_rs::control::fingerprint;
use pve_network_rs::migration::Phase;
use pve_network_rs::sys::file;
use serde::{Deserialize, Serialize};
use std::fmt::Display;
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

/// A node writes its state again after so many seconds, though nothing is new: it is alive.
const REPEATED: u64 = 300;

/// After so many seconds without a word, a node's service must have ended.
const OLD: u64 = 3 * REPEATED;

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
    /// Whether the Perl API answers, if `migration.toml` says where it is, and it was asked.
    #[serde(default)]
    pub(crate) perl_api: Option<Answer>,
    /// The last phase for which there is evidence; unknown, while the service has none.
    #[serde(default)]
    pub(crate) ready: Option<Phase>,
    /// The version of the programs.
    pub(crate) version: String,
    /// When it was written, in seconds since 1970.
    #[serde(default)]
    pub(crate) time: u64,
}

/// Seconds since 1970.
pub(crate) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs())
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

    /// Writes the state, if the file holds another one or has been there for long.
    pub(crate) fn write(&self, store: &Store) -> Result<(), String> {
        let path = path(store, &self.node);
        let at = |error: &dyn Display| format!("{}: {error}", path.display());
        let base = file::read(&path).map_err(|error| error.to_string())?;
        let written = base.as_deref().and_then(|text| serde_json::from_slice::<State>(text).ok());
        if written.is_some_and(|written| self.is_told_by(&written)) {
            return Ok(());
        }
        let text = serde_json::to_string_pretty(self).map_err(|error| at(&error))? + "\n";
        file::replace(&path, base.as_deref(), text.as_bytes()).map_err(|error| at(&error))
    }

    /// True if a state that was written before says the same, not long ago. A time to come is that
    /// of a clock that was set back since.
    fn is_told_by(&self, written: &State) -> bool {
        let age = self.time.checked_sub(written.time);
        age.is_some_and(|age| age < REPEATED)
            && *self == State { time: self.time, ..written.clone() }
    }

    /// True if the node must have ended to write.
    pub(crate) fn is_old(&self) -> bool {
        now().saturating_sub(self.time) > OLD
    }

    /// What there is to know besides the phase, in a few words.
    pub(crate) fn notes(&self) -> Vec<String> {
        let killed = self.killed.then(|| "kill switch on".into());
        let breakers = (!self.breakers.is_empty())
            .then(|| format!("breaker not closed: {}", self.breakers.join(", ")));
        let problem = self.problem.as_ref().map(|problem| format!("not in force: {problem}"));
        let api = self.perl_api.as_ref().and_then(|api| api.problem.as_ref());
        let api = api.map(|problem| format!("the Perl API does not answer: {problem}"));
        [problem, killed, breakers, api].into_iter().flatten().collect()
    }
}

fn path(store: &Store, node: &str) -> PathBuf {
    store.nodes_folder().join(node).join("network-migration.json")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_is_not_told_again_for_a_while() {
        let state = |phase, time| State {
            node: "pve1".into(),
            phase,
            config: None,
            problem: None,
            killed: false,
            breakers: Vec::new(),
            perl_api: None,
            ready: None,
            version: String::new(),
            time,
        };
        for (phase, time, expected) in [
            (Phase::PerlOnly, 1000, true),
            (Phase::PerlOnly, 1000 + REPEATED - 1, true),
            (Phase::PerlOnly, 1000 + REPEATED, false),
            (Phase::PerlOnly, 999, false), // the clock was set back
            (Phase::RustSdn, 1000, false),
        ] {
            let written = state(Phase::PerlOnly, 1000);
            assert_eq!(state(phase, time).is_told_by(&written), expected, "{phase} {time}");
        }
    }
}
