//! What is in force on the nodes of the cluster, by what they say of themselves.

use crate::Output;
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
pub(crate) struct Report(Vec<Entry>);

struct Entry {
    node: String,
    /// What migration.toml says.
    wanted: Phase,
    /// What the node says, if it does.
    state: Option<State>,
    /// True if that is by the present migration.toml.
    is_current: bool,
}

impl Report {
    /// What these nodes say.
    pub(crate) fn of(store: &Store, nodes: &[String]) -> Result<Self, Failure> {
        let mark = state::mark(store.bytes().map_err(Failure::Refused)?.as_deref());
        let migration = store.read()?;
        let entries = nodes.iter().map(|node| {
            let state = State::read(store, node);
            let is_current = state.as_ref().is_some_and(|state| {
                state.problem.is_none() && state.config.as_ref() == Some(&mark)
            });
            Entry { node: node.clone(), wanted: migration.of(node).phase, state, is_current }
        });
        Ok(Report(entries.collect()))
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
        for entry in &self.0 {
            let (in_force, word) = match &entry.state {
                None => ("-".into(), "silent"),
                Some(state) if entry.is_current => (state.phase.to_string(), "up to date"),
                Some(state) => (state.phase.to_string(), "behind"),
            };
            rows.push([entry.node.clone(), entry.wanted.to_string(), in_force, word.into()]);
            for note in entry.state.iter().flat_map(State::notes) {
                notes += &format!("{}\n", wrap(&format!("{}: {note}", entry.node), 0, 2));
            }
        }
        let gap = if notes.is_empty() { "" } else { "\n" };
        format!("{}{gap}{notes}", columns(&rows))
    }

    fn json(&self) -> Vec<Value> {
        let nodes = self.0.iter().map(|entry| {
            json!({
                "node": entry.node,
                "wanted": entry.wanted,
                "current": entry.is_current,
                "state": entry.state,
            })
        });
        nodes.collect()
    }
}

/// Waits until the present migration.toml is in force on these nodes.
pub(crate) fn wait(store: &Store, nodes: &[String], patience: Duration) -> Output {
    if nodes.is_empty() {
        let text = format!("{}: there is no node to wait for", store.nodes_folder().display());
        return Err(Failure::Refused(text));
    }
    let deadline = Instant::now() + patience;
    loop {
        let report = Report::of(store, nodes)?;
        let missing = report.0.iter().filter(|entry| !entry.is_current);
        let missing: Vec<_> = missing.map(|entry| entry.node.as_str()).collect();
        if missing.is_empty() {
            return Ok(format!("\n{}", report.text()));
        }
        if Instant::now() >= deadline {
            crate::print(&format!("\n{}", report.text()))?;
            let seconds = patience.as_secs();
            let missing = missing.join(", ");
            let text = format!("it is written, but after {seconds} s not in force on {missing}");
            return Err(Failure::Refused(text));
        }
        sleep(TURN);
    }
}
