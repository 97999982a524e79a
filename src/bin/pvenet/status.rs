//! `pvenet status`: the file, the pending file and the running state side by side.

use crate::failure::Failure;
use crate::node::Node;
use crate::page::{self, Cell, Paint, Table, Tone, count};
use crate::properties;
use crate::report::{Format, Report};
use crate::show::describe;
use clap::Args;
use pve_network_rs::apply::changes::{self, Action, Modified};
use pve_network_rs::apply::verify::Difference;
use pve_network_rs::interfaces::{Config, Key};
use serde::Serialize;
use std::collections::BTreeMap;

/// Compares the configuration, the pending one and what runs
///
/// For each interface: whether it is in /etc/network/interfaces, what /etc/network/interfaces.new
/// would change, and whether it runs as the former says. An interface that does not start at boot
/// may be down. Exits with 1 if anything differs or is pending.
#[derive(Args)]
pub(crate) struct Status {
    /// Show every property of every interface
    #[arg(long, short)]
    verbose: bool,
    /// How to print it
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Everything that is compared.
struct Comparison<'a> {
    node: &'a Node,
    current: &'a Config<'a>,
    pending: Option<&'a Config<'a>>,
    rows: Vec<Row<'a>>,
}

/// One interface.
#[derive(Serialize)]
struct Row<'a> {
    name: &'a str,
    /// Its type in the file; null if it is not in it.
    #[serde(rename = "type")]
    kind: Option<String>,
    pending: Pending,
    changes: Vec<Modified<'a>>,
    /// Null if it is not known what runs.
    state: Option<&'static str>,
    differences: Vec<Difference>,
}

/// What is pending for an interface.
#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Pending {
    Nothing,
    Added,
    Changed,
    Removed,
}

impl Status {
    /// Runs it.
    pub(crate) fn run(&self, node: &Node, paint: Paint) -> Result<Report, Failure> {
        node.note_unknown();
        let current_text = node.current()?;
        let pending_text = node.pending()?;
        let current = node.parse(&current_text)?;
        let pending = pending_text.as_ref().map(|text| node.parse(text)).transpose()?;
        let comparison = Comparison::new(node, &current, pending.as_ref());

        let has_pending =
            pending_text.as_ref().is_some_and(|pending| pending.bytes != current_text.bytes);
        let is_clean = !has_pending && comparison.differing() == 0;
        if self.format == Format::Json {
            let answer = serde_json::json!({
                "pending": has_pending,
                "running": node.running.is_some(),
                "in_sync": is_clean,
                "interfaces": comparison.rows,
            });
            return Ok(Report::json(&answer, is_clean)?);
        }
        let mut text = comparison.table(paint);
        if self.verbose {
            text.push_str(&comparison.details(paint));
        }
        text.push('\n');
        text.push_str(&comparison.summary(has_pending, paint));
        Ok(Report { text: text.into_bytes(), is_clean })
    }
}

impl<'a> Comparison<'a> {
    fn new(node: &'a Node, current: &'a Config<'a>, pending: Option<&'a Config<'a>>) -> Self {
        let mut changed: BTreeMap<&str, Action> = BTreeMap::new();
        if let Some(pending) = pending {
            let changes = changes::changes(current, pending).into_iter();
            changed.extend(changes.map(|change| (change.iface, change.action)));
        }
        let verifier = node.verifier(current);

        let mut names: Vec<&str> = current.ifaces.keys().map(AsRef::as_ref).collect();
        names.extend(changed.keys().filter(|name| !current.ifaces.contains_key(**name)));
        names.sort_unstable();
        let row = |name: &'a str| {
            let iface = current.ifaces.get(name);
            let kind = iface.filter(|iface| iface.is_defined(Key::Priority));
            let kind = kind.and_then(|iface| iface.true_text(Key::Type));
            let (pending, changes) = match changed.remove(name) {
                None => (Pending::Nothing, vec![]),
                Some(Action::Add(_)) => (Pending::Added, vec![]),
                Some(Action::Remove(_)) => (Pending::Removed, vec![]),
                Some(Action::Modify(modified)) => (Pending::Changed, modified),
            };
            Row {
                name,
                kind: kind.map(|kind| page::bytes(&kind)),
                pending,
                changes,
                state: verifier.as_ref().map(|verifier| properties::state(verifier, name)),
                differences: verifier
                    .as_ref()
                    .map(|verifier| verifier.differences(name))
                    .unwrap_or_default(),
            }
        };
        let rows = names.into_iter().map(row).collect();
        Comparison { node, current, pending, rows }
    }

    fn differing(&self) -> usize {
        self.rows.iter().filter(|row| !row.differences.is_empty()).count()
    }

    fn table(&self, paint: Paint) -> String {
        let mut table =
            Table::new(["NAME", "FILE", "PENDING", "RUNNING", "CONFIGURED, BUT RUNNING"]);
        for row in &self.rows {
            let (pending, tone) = match row.pending {
                Pending::Nothing => ("-", Tone::Plain),
                Pending::Added => ("added", Tone::Odd),
                Pending::Changed => ("changed", Tone::Odd),
                Pending::Removed => ("removed", Tone::Odd),
            };
            table.row([
                page::bytes(row.name).into(),
                row.kind.as_deref().unwrap_or("-").into(),
                Cell::new(tone, pending),
                properties::state_cell(row.state),
                differences(row),
            ]);
        }
        table.render(paint)
    }

    /// Every property of every interface.
    fn details(&self, paint: Paint) -> String {
        let running = self.node.running.as_ref();
        let verifier = self.node.verifier(self.current);
        let table = |row: &Row| {
            let file = self.current.ifaces.get(row.name);
            let pending = self.pending.map(|pending| pending.ifaces.get(row.name));
            let link = verifier.as_ref().and_then(|verifier| verifier.link(row.name));
            let table = properties::table(file, pending, link, running);
            let heading = paint.text(Tone::Bold, &page::bytes(row.name));
            format!("\n{heading}\n{}", table.render(paint))
        };
        self.rows.iter().map(table).collect()
    }

    fn summary(&self, has_pending: bool, paint: Paint) -> String {
        let pending = self.rows.iter().filter(|row| row.pending != Pending::Nothing).count();
        let pending = match (has_pending, pending) {
            (false, _) => "No changes are pending.".into(),
            (true, 0) => {
                "Changes of comments, order or layout are pending; see pvenet diff.".into()
            }
            (true, pending) => {
                let text = format!(
                    "Changes are pending for {}; see pvenet diff.",
                    count(pending, "interface")
                );
                paint.text(Tone::Odd, &text)
            }
        };
        let running = match (self.node.running.is_some(), self.differing()) {
            (false, _) => "It is not known what runs.".into(),
            (true, 0) => "All that is configured runs as configured.".into(),
            (true, differing) => {
                let verb = if differing == 1 { "does" } else { "do" };
                let text =
                    format!("{} {verb} not run as configured.", count(differing, "interface"));
                paint.text(Tone::Bad, &text)
            }
        };
        format!("{pending}\n{running}\n")
    }
}

fn differences(row: &Row) -> Cell {
    if row.differences.is_empty() {
        return if row.state.is_some() && row.kind.is_some() { "-".into() } else { "".into() };
    }
    let lines: Vec<String> = row.differences.iter().map(describe).collect();
    Cell::new(Tone::Bad, lines.join("\n"))
}
