//! What is in force on the nodes of the cluster, by what they say of themselves.

use crate::name::Format;
use crate::report::{Failure, columns, wrap};
use crate::state::{self, State};
use crate::store::Store;
use pve_network_rs::migration::Phase;
use serde_json::{Value, json};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// How often the nodes are looked at while they are waited for.
const TURN: Duration = Duration::from_millis(200);

/// The nodes at one time.
pub(crate) struct Report(pub(crate) Vec<Entry>);

/// One node.
pub(crate) struct Entry {
    pub(crate) node: String,
    /// What migration.toml says.
    pub(crate) wanted: Phase,
    /// What the node says, if it does.
    pub(crate) state: Option<State>,
    /// How it stands.
    pub(crate) standing: Standing,
}

/// How a node stands to the present migration.toml.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// It is in force there.
    Current,
    /// An earlier one is.
    Behind,
    /// The node has not written for so long that its service must have ended.
    Old,
    /// The node says nothing.
    Silent,
    /// The cluster does not see the node.
    Offline,
}

impl Standing {
    /// Its name in lists.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Standing::Current => "up to date",
            Standing::Behind => "behind",
            Standing::Old => "old",
            Standing::Silent => "silent",
            Standing::Offline => "offline",
        }
    }
}

impl Report {
    /// What these nodes say.
    pub(crate) fn of(store: &Store, nodes: &[String]) -> Result<Self, Failure> {
        let mark = state::mark(store.bytes().map_err(Failure::Refused)?.as_deref());
        let migration = store.read()?;
        let members = store.members();
        let is_offline = |node: &str| {
            members.as_ref().and_then(|all| all.nodes.get(node)).is_some_and(|one| one.online == 0)
        };
        let entries = nodes.iter().map(|node| {
            let state = State::read(store, node);
            let standing = match &state {
                _ if is_offline(node) => Standing::Offline,
                None => Standing::Silent,
                Some(state) if state.is_old() => Standing::Old,
                Some(state) if state.problem.is_none() && state.config.as_ref() == Some(&mark) => {
                    Standing::Current
                }
                Some(_) => Standing::Behind,
            };
            Entry { node: node.clone(), wanted: migration.of(node).phase, state, standing }
        });
        Ok(Report(entries.collect()))
    }

    /// The nodes where it is not in force.
    pub(crate) fn missing(&self) -> Vec<&str> {
        let missing = self.0.iter().filter(|entry| entry.standing != Standing::Current);
        missing.map(|entry| entry.node.as_str()).collect()
    }

    /// The report as text or JSON.
    pub(crate) fn print(&self, format: Format) -> String {
        match format {
            Format::Text => self.text(),
            Format::Json => format!("{:#}\n", json!({ "nodes": self.json() })),
        }
    }

    fn text(&self) -> String {
        let mut rows = vec![["NODE", "WANTED", "IN FORCE", "STATE"].map(String::from)];
        let mut notes = String::new();
        for Entry { node, wanted, state, standing } in &self.0 {
            let in_force = state.as_ref().map_or("-".into(), |state| state.phase.to_string());
            rows.push([node.clone(), wanted.to_string(), in_force, standing.name().into()]);
            for note in state.iter().flat_map(State::notes) {
                notes += &format!("{}\n", wrap(&format!("{node}: {note}"), 0, 2));
            }
        }
        let gap = if notes.is_empty() { "" } else { "\n" };
        format!("{}{gap}{notes}", columns(&rows))
    }

    /// The nodes, for programs.
    pub(crate) fn json(&self) -> Vec<Value> {
        let nodes = self.0.iter().map(|Entry { node, wanted, state, standing }| {
            json!({
                "node": node,
                "wanted": wanted,
                "current": *standing == Standing::Current,
                "standing": standing.name(),
                "state": state,
            })
        });
        nodes.collect()
    }
}

/// Waits until the present migration.toml is in force on these nodes; returns what they said last.
pub(crate) fn wait(store: &Store, nodes: &[String], patience: Duration) -> Result<Report, Failure> {
    if nodes.is_empty() {
        let text = format!("{}: there is no node to wait for", store.nodes_folder().display());
        return Err(Failure::Refused(text));
    }
    let deadline = Instant::now() + patience;
    loop {
        let report = Report::of(store, nodes)?;
        if report.missing().is_empty() || Instant::now() >= deadline {
            return Ok(report);
        }
        sleep(TURN);
    }
}
