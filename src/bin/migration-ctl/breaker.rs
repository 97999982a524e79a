//! `migration-ctl breaker`

use crate::name::{self, Format, Printed};
use crate::report::{columns, wrap};
use crate::store::Store;
use crate::{Output, stats};
use clap::Subcommand;
use pve_network_rs::control::{self, Row, State};
use pve_network_rs::migration::{SEAMS, Seam};
use pve_network_rs::sys::log;
use serde_json::{Value, json};
use std::sync::atomic::Ordering::Relaxed;

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Print the breakers of this node that were needed; as JSON all of them
    ///
    /// A breaker opens when its function fails in Rust: by a panic, by too many errors, or when
    /// processes die in it. While it is open, Perl answers. Then the function is tried again,
    /// compared with Perl (half-open), and closes after calls that went well.
    #[command(after_help = "\
Examples:
  migration-ctl breaker list
  migration-ctl breaker list --format json")]
    List {
        #[command(flatten)]
        printed: Printed,
    },
    /// Close the breaker of a function on this node, or all of them
    #[command(after_help = "\
Examples:
  migration-ctl breaker reset interfaces.parse
  migration-ctl breaker reset --all")]
    Reset {
        /// Function, as in the list
        #[arg(
            value_parser = name::seam(),
            hide_possible_values = true,
            required_unless_present = "all"
        )]
        function: Option<&'static Seam>,
        /// Close all of them
        #[arg(long, conflicts_with = "function")]
        all: bool,
        #[command(flatten)]
        printed: Printed,
    },
}

impl Command {
    /// Runs the command.
    pub(crate) fn run(self, store: &Store) -> Output {
        let page = stats::counters(store)?;
        let rows = || SEAMS.iter().zip(&page.rows);
        match self {
            Command::List { printed: Printed { format: Format::Text } } => Ok(table(rows())),
            Command::List { printed: Printed { format: Format::Json } } => {
                let breakers = rows().map(|(seam, row)| {
                    let mut breaker = told(row);
                    breaker["function"] = seam.name.into();
                    breaker
                });
                let breakers: Vec<_> = breakers.collect();
                Ok(format!("{:#}\n", json!({ "breakers": breakers })))
            }
            Command::Reset { function, printed, .. } => {
                let is_meant = |seam: &Seam| function.is_none_or(|one| one.name == seam.name);
                let meant = rows().filter(|(seam, _)| is_meant(seam));
                let before = meant.map(|(seam, row)| {
                    let before = row.state();
                    row.reset();
                    (seam.name, before)
                });
                let before = before.filter(|(_, state)| *state != State::Closed);
                Ok(closed(&before.collect::<Vec<_>>(), printed.format))
            }
        }
    }
}

/// The breakers that were closed, with what they were before.
fn closed(breakers: &[(&str, State)], format: Format) -> String {
    match format {
        Format::Text if breakers.is_empty() => "nothing to do, closed already\n".into(),
        Format::Text => {
            let lines = breakers.iter().map(|(name, before)| (name, before.name()));
            lines.map(|(name, before)| format!("{name}: {before} -> closed\n")).collect()
        }
        Format::Json => {
            let closed = breakers
                .iter()
                .map(|(name, before)| json!({ "function": name, "before": before.name() }));
            format!("{:#}\n", json!({ "closed": closed.collect::<Vec<_>>() }))
        }
    }
}

/// A breaker as JSON.
pub(crate) fn told(row: &Row) -> Value {
    let state = row.state();
    let last_error = row
        .last_error
        .get()
        .map(|(time, reason, text)| json!({ "time": time, "reason": reason.name(), "text": text }));
    json!({
        "state": state.name(),
        "retry_in_seconds": state.remaining(control::seconds()),
        "opened": row.trips.load(Relaxed),
        "failures": row.failures.load(Relaxed),
        "deaths": row.deaths.load(Relaxed),
        "last_error": last_error,
    })
}

/// The breakers of which there is something to tell.
fn table<'a>(rows: impl Iterator<Item = (&'a Seam, &'a Row)>) -> String {
    let now = control::seconds();
    let mut lines =
        vec![["FUNCTION", "BREAKER", "RETRY IN", "OPENED", "ERRORS", "DEATHS"].map(String::from)];
    let (mut errors, mut quiet) = (String::new(), 0);
    for (seam, row) in rows {
        let (state, error) = (row.state(), row.last_error.get());
        let counts = [
            u64::from(row.deaths.load(Relaxed)),
            row.failures.load(Relaxed),
            row.trips.load(Relaxed),
        ];
        if state == State::Closed && counts == [0; 3] && error.is_none() {
            quiet += 1;
            continue;
        }
        let retry = state.remaining(now).map_or("-".into(), |seconds| format!("{seconds} s"));
        let [deaths, failures, trips] = counts.map(|count| count.to_string());
        lines.push([seam.name.into(), state.name().into(), retry, trips, failures, deaths]);
        if let Some((time, reason, text)) = error {
            let text = text.replace(char::is_control, " ");
            let (name, time) = (seam.name, log::rfc3339(time as f64));
            let line = format!("{name}: last error at {}Z: {}: {text}", &time[..19], reason.name());
            errors += &format!("{}\n", wrap(&line, 0, 2));
        }
    }
    match lines.len() {
        1 => "all breakers are closed, no function had an error\n".into(),
        _ => {
            format!("{}\n{quiet} others are closed, without an error\n\n{errors}", columns(&lines))
        }
    }
}
