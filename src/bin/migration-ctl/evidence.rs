//! `migration-ctl evidence`

use crate::Output;
use crate::ledger::{self, Known};
use crate::name::{self, Format, Printed};
use crate::report::{Failure, columns, wrap};
use crate::state::{self, State};
use crate::store::{Changed, Store};
use clap::Subcommand;
use pve_network_rs::migration::evidence::{Standing, is_promoted};
use pve_network_rs::migration::{Config, Demand, SEAMS, Seam, find};
use pve_network_rs::sys::installed::{Installed, sha256};
use pve_network_rs::sys::{file, log};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// So many functions are named where Rust must not answer them yet; the rest is counted.
const NAMED: usize = 3;

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Print what is known of each function on this node, and whether Rust may answer it
    ///
    /// A function may be answered by Rust if enough of its calls were compared with Perl (or each of
    /// them for the whole window), none of them differed, none panicked, and Rust is not slower. What
    /// is demanded is set by the table evidence of migration.toml; with required = true, phase set
    /// refuses anything else. What was counted counts until the library or the original changes.
    #[command(after_help = "\
Examples:
  migration-ctl evidence show
  migration-ctl evidence show interfaces.parse --format json")]
    Show {
        /// Function, as in function list; without it, those that were called
        #[arg(value_parser = name::seam(), hide_possible_values = true)]
        function: Option<&'static Seam>,
        #[command(flatten)]
        printed: Printed,
    },
    /// Add the comparisons of a report of contract-test, made on this node
    #[command(after_help = "\
Examples:
  contract-test --in-process --output report.json
  migration-ctl evidence add report.json")]
    Add {
        /// File with the report, as JSON
        report: PathBuf,
    },
    /// Let the mismatches of a function so far not count; it is logged
    #[command(after_help = "\
Example:
  migration-ctl evidence explain frr.generate 'frr.conf.local was being edited'")]
    Explain {
        /// Function, as in function list
        #[arg(value_parser = name::seam(), hide_possible_values = true)]
        function: &'static Seam,
        /// What they came from
        reason: String,
    },
}

impl Command {
    /// Runs the command.
    pub(crate) fn run(self, store: &Store) -> Output {
        match self {
            Command::Show { function, printed } => show(store, function, printed.format),
            Command::Add { report } => add(store, &report),
            Command::Explain { function, reason } => explain(store, function, &reason),
        }
    }
}

fn show(store: &Store, function: Option<&'static Seam>, format: Format) -> Output {
    let node = store.this_node();
    let migration = store.read()?;
    let config = migration.of(&node);
    let known = Known::of(store)?;
    let is_meant = |seam: &&Seam| function.is_none_or(|one| one.name == seam.name);
    let standings: Vec<_> =
        SEAMS.iter().filter(is_meant).map(|seam| (seam, known.standing(seam, config))).collect();
    Ok(match format {
        Format::Json => {
            let functions = standings.iter().map(|(seam, standing)| {
                let mut told = json!(standing);
                told["allowed"] = standing.refusals.is_empty().into();
                told["bound"] = json!(known.bound(seam));
                (seam.name.to_string(), told)
            });
            let functions: BTreeMap<_, _> = functions.collect();
            let Demand { required, reads, writes, window_days, p99_ratio } = config.demand;
            let demand = json!({
                "required": required,
                "reads": reads,
                "writes": writes,
                "window_days": window_days,
                "p99_ratio": p99_ratio,
            });
            let all = json!({ "node": node, "demanded": demand, "functions": functions });
            format!("{all:#}\n")
        }
        Format::Text => {
            let is_required = if config.demand.required { "is" } else { "is not" };
            let head = format!("node {node}; evidence {is_required} required");
            format!("{head}\n\n{}", text(&standings, function.is_some()))
        }
    })
}

fn text(standings: &[(&Seam, Standing)], is_named: bool) -> String {
    let head =
        ["FUNCTION", "COMPARED", "DIFFER", "RANDOM", "PANIC", "PERL P99", "RUST P99", "RUST"];
    let mut rows = vec![head.map(String::from)];
    let (mut notes, mut idle) = (String::new(), 0);
    for (seam, standing) in standings {
        if standing.since.is_none() && !is_named {
            idle += 1;
            continue;
        }
        let time = |us: u64| if us == 0 { "-".into() } else { format!("{us} us") };
        let compared = match standing.comparable {
            true => format!("{}/{}", standing.compared, standing.demanded),
            false => "-".into(),
        };
        let may = if standing.refusals.is_empty() { "may" } else { "not yet" };
        rows.push([
            seam.name.into(),
            compared,
            standing.mismatches.to_string(),
            standing.random.to_string(),
            standing.panics.to_string(),
            time(standing.original_p99_us),
            time(standing.rust_p99_us),
            may.into(),
        ]);
        let lost = standing.lost.as_ref().map(|lost| {
            let changed = lost.changed.join(" and ");
            format!("{changed} changed since {} calls were compared", lost.compared)
        });
        let told: Vec<_> = standing.refusals.iter().cloned().chain(lost).collect();
        if !told.is_empty() {
            let line = format!("{}: {}", seam.name, told.join("; "));
            notes += &format!("{}\n", wrap(&line, 0, 2));
        }
    }
    let mut text = if rows.len() > 1 { columns(&rows) } else { String::new() };
    if !notes.is_empty() {
        text += &format!("\n{notes}");
    }
    if idle > 0 {
        let gap = if text.is_empty() { "" } else { "\n" };
        text += &format!("{gap}{idle} functions were not called\n");
    }
    text
}

/// A report of contract-test, as far as it is evidence.
#[derive(Deserialize)]
struct Report {
    format: u32,
    run: Run,
    checks: Vec<Check>,
}

#[derive(Deserialize)]
struct Run {
    node: String,
    #[serde(default)]
    library: Value,
    #[serde(default)]
    original: Value,
}

#[derive(Deserialize)]
struct Check {
    #[serde(default)]
    seams: Vec<String>,
    outcome: String,
    /// How often it was called.
    #[serde(default = "once")]
    times: u64,
}

fn once() -> u64 {
    1
}

fn add(store: &Store, path: &Path) -> Output {
    let refused = |why: String| Failure::Refused(format!("{}: {why}", path.display()));
    let text = file::read(path).map_err(|error| Failure::Refused(error.to_string()))?;
    let text = text.ok_or_else(|| refused("there is no such file".into()))?;
    let report: Report = serde_json::from_slice(&text)
        .map_err(|error| refused(format!("not a report of contract-test: {error}")))?;
    if report.format != 1 {
        return Err(refused(format!("format {}, expected 1", report.format)));
    }
    let node = store.this_node();
    if report.run.node != node {
        return Err(refused(format!("it is of node {}, this is {node}", report.run.node)));
    }
    let installed =
        Installed::of(store.root()).map_err(|error| Failure::Refused(error.to_string()))?;
    for (what, digest) in report.digests() {
        if !installed.has(digest) {
            return Err(refused(format!("it was made with another {what} than is installed")));
        }
    }
    let mut counts: BTreeMap<&str, (&Seam, u64, u64)> = BTreeMap::new();
    for check in &report.checks {
        let (equal, different) = match check.outcome.as_str() {
            "equal" => (check.times, 0),
            "different" => (0, 1),
            _ => continue,
        };
        for seam in check.seams.iter().filter_map(|name| find(name)) {
            let (_, all_equal, all_different) = counts.entry(seam.name).or_insert((seam, 0, 0));
            *all_equal += equal;
            *all_different += different;
        }
    }
    let compared: Vec<_> = counts.into_values().collect();
    let digest = sha256(&text);
    let is_new = ledger::change(store, |ledger| {
        Ok(ledger.add_report(state::now(), &digest, &compared, |seam| installed.bound(seam)))
    });
    if !is_new.map_err(Failure::Refused)? {
        return Ok("it was added before\n".into());
    }
    let sum = |of: fn(&(&Seam, u64, u64)) -> u64| compared.iter().map(of).sum::<u64>();
    let (equal, different) = (sum(|one| one.1), sum(|one| one.2));
    let line = format!(
        "added for {} functions: {equal} comparisons were equal, {different} differed",
        compared.len()
    );
    Ok(format!("{}\n", wrap(&line, 0, 2)))
}

impl Report {
    /// The digests of what it was made with, as far as it tells.
    fn digests(&self) -> Vec<(&'static str, &str)> {
        let library = self.run.library["sha256"].as_str().map(|digest| ("library", digest));
        let modules = self.run.original["modules"].as_object().into_iter().flatten();
        let modules = modules.filter_map(|(_, digest)| digest.as_str().map(|d| ("original", d)));
        // A version may be told in their place.
        let is_digest = |digest: &str| digest.len() == 64;
        library.into_iter().chain(modules).filter(|(_, digest)| is_digest(digest)).collect()
    }
}

fn explain(store: &Store, seam: &'static Seam, reason: &str) -> Output {
    if reason.trim().is_empty() {
        return Err(Failure::Refused("a reason is expected, in a few words".into()));
    }
    let known = ledger::change(store, |ledger| {
        ledger::note_now(ledger, store)?;
        Ok(ledger.explain(state::now(), seam, reason))
    });
    let count = known.map_err(Failure::Refused)?;
    let fields = [("event", "mismatches_explained"), ("seam", seam.name), ("detail", reason)];
    let logged = log::event(store.root(), &store.this_node(), &fields);
    let not_logged = logged.err().map(|error| format!("; it is not logged: {error}"));
    let line = format!(
        "{}: {count} mismatches so far do not count any more{}",
        seam.name,
        not_logged.unwrap_or_default()
    );
    Ok(format!("{}\n", wrap(&line, 0, 2)))
}

/// Refuses a change that lets Rust answer more on a node than is known of it there.
///
/// # Errors
///
/// Which functions, and why.
pub(crate) fn permit(store: &Store, changed: &Changed) -> Result<(), Failure> {
    let this = store.this_node();
    let mut nodes = store.nodes();
    if !nodes.contains(&this) {
        nodes.push(this.clone());
    }
    let mut known = None;
    for node in nodes {
        let (before, after) = (changed.before.of(&node), changed.after.of(&node));
        let is_more = SEAMS.iter().any(|seam| is_promoted(seam, before, after));
        if !after.demand.required || !is_more {
            continue;
        }
        if node == this {
            let known = match &known {
                Some(known) => known,
                None => known.insert(Known::of(store)?),
            };
            refuse(&node, after, &known.refusals(before, after))?;
            continue;
        }
        // What is known there, that node tells.
        let ready = State::read(store, &node).and_then(|state| state.ready);
        if ready.is_none_or(|ready| ready < after.phase) {
            let ready = ready
                .map_or("it tells nothing".into(), |ready| format!("there it reaches to {ready}"));
            return Err(Failure::Refused(format!(
                "{} needs evidence on node {node}: {ready}, see migration-ctl evidence show on \
                 {node}; {FORCE}",
                after.phase
            )));
        }
    }
    Ok(())
}

const FORCE: &str = "--force sets it all the same, and is logged";

fn refuse(
    node: &str,
    after: &Config,
    refusals: &[(&'static str, Vec<String>)],
) -> Result<(), Failure> {
    if refusals.is_empty() {
        return Ok(());
    }
    let told = refusals.iter().take(NAMED);
    let mut told: Vec<_> = told.map(|(name, why)| format!("{name} ({})", why.join("; "))).collect();
    if refusals.len() > NAMED {
        told.push(format!("and {} more", refusals.len() - NAMED));
    }
    Err(Failure::Refused(format!(
        "{} needs evidence on node {node}: {}; see migration-ctl evidence show; {FORCE}",
        after.phase,
        told.join(", ")
    )))
}
