//! `migration-ctl stats`

use crate::name::{Format, Printed};
use crate::report::{Failure, columns, wrap};
use crate::store::Store;
use crate::{Output, breaker};
use clap::Args;
use pve_network_rs::control::latency::Histogram;
use pve_network_rs::control::{Answer, Counters, Reason, Row};
use pve_network_rs::migration::{Engine, SEAMS, Seam};
use serde_json::{Map, Value, json};
use std::ops::Deref;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Print what happened on this node since it was booted, by function
///
/// Calls are counted by the engine that was to answer them. A fallback is one that Perl answered in
/// the place of Rust. Durations are those of compared calls, and of the calls that Rust answered.
#[derive(Args)]
#[command(after_help = "\
Examples:
  migration-ctl stats
  migration-ctl stats --format json")]
pub(crate) struct Command {
    #[command(flatten)]
    printed: Printed,
}

impl Command {
    /// Runs the command.
    pub(crate) fn run(self, store: &Store) -> Output {
        match self.printed.format {
            Format::Json => json(store).map(|all| format!("{all:#}\n")),
            Format::Text => {
                let kill = if is_killed(store)? { "kill switch on\n\n" } else { "" };
                let page = counters(store)?;
                Ok(format!("{kill}{}", text(SEAMS.iter().zip(&page.rows))))
            }
        }
    }
}

/// Everything that was counted.
pub(crate) fn json(store: &Store) -> Result<Value, Failure> {
    let page = counters(store)?;
    let rows = SEAMS.iter().zip(&page.rows);
    let functions: Map<_, _> = rows.map(|(seam, row)| (seam.name.into(), told(row))).collect();
    Ok(json!({ "kill_switch": is_killed(store)?, "functions": functions }))
}

fn is_killed(store: &Store) -> Result<bool, Failure> {
    store.pages().is_killed().map_err(|error| refused(store, error))
}

/// The counters page.
pub(crate) fn counters(store: &Store) -> Result<impl Deref<Target = Counters> + use<>, Failure> {
    let page = store.pages().counters().map_err(|error| refused(store, error))?;
    let hint = "no counters of this version; is pve-network-migration.service running?";
    page.ok_or_else(|| refused(store, hint))
}

fn refused(store: &Store, why: impl std::fmt::Display) -> Failure {
    Failure::Refused(format!("{}: {why}", store.pages().folder().display()))
}

fn told(row: &Row) -> Value {
    let calls = Engine::ALL.map(|engine| {
        let count = |answer: Answer| row.calls[engine as usize][answer as usize].load(Relaxed);
        let answers = Answer::ALL.map(|answer| (answer.name().into(), count(answer).into()));
        (engine.name().into(), Value::Object(answers.into_iter().collect()))
    });
    let fallbacks = fallbacks(row).map(|(reason, count)| (reason.name().into(), count.into()));
    json!({
        "calls": Value::Object(calls.into_iter().collect()),
        "fallbacks": Value::Object(fallbacks.collect()),
        "compared": row.compared.load(Relaxed),
        "mismatched": row.mismatched.load(Relaxed),
        "random": row.random.load(Relaxed),
        "panics": row.panics.load(Relaxed),
        "original": latency(&row.original),
        "rust": latency(&row.rust),
        "breaker": breaker::told(row),
    })
}

fn latency(histogram: &Histogram) -> Value {
    json!({
        "count": histogram.count(),
        "sum_us": histogram.nanoseconds.load(Relaxed) / 1000,
        "p50_us": histogram.quantile(0.5),
        "p99_us": histogram.quantile(0.99),
    })
}

fn fallbacks(row: &Row) -> impl Iterator<Item = (Reason, u64)> {
    Reason::ALL.into_iter().zip(&row.fallbacks).map(|(reason, n)| (reason, n.load(Relaxed)))
}

fn sum(counts: &[AtomicU64]) -> u64 {
    counts.iter().map(|count| count.load(Relaxed)).fold(0, u64::wrapping_add)
}

fn text<'a>(rows: impl Iterator<Item = (&'a Seam, &'a Row)>) -> String {
    let mut counts = vec![
        ["FUNCTION", "PERL", "SHADOW", "RUST", "FALLBACK", "COMPARED", "DIFFER"].map(String::from),
    ];
    let mut times = vec![["FUNCTION", "PERL P50", "P99", "RUST P50", "P99"].map(String::from)];
    let (mut reasons, mut idle) = (String::new(), 0);
    for (seam, row) in rows {
        let [perl, shadow, rust] = [0, 1, 2].map(|engine| sum(&row.calls[engine]));
        if perl + shadow + rust == 0 {
            idle += 1;
            continue;
        }
        let fallen = sum(&row.fallbacks);
        let (compared, mismatched) = (row.compared.load(Relaxed), row.mismatched.load(Relaxed));
        let numbers = [perl, shadow, rust, fallen, compared, mismatched].map(|n| n.to_string());
        let [perl, shadow, rust, fallback, compared, differ] = numbers;
        counts.push([seam.name.into(), perl, shadow, rust, fallback, compared, differ]);
        if row.rust.count() > 0 {
            let [a, b, c, d] =
                [(&row.original, 0.5), (&row.original, 0.99), (&row.rust, 0.5), (&row.rust, 0.99)]
                    .map(|(histogram, share)| match histogram.quantile(share) {
                        0 => "-".into(),
                        time => format!("{time} us"),
                    });
            times.push([seam.name.into(), a, b, c, d]);
        }
        if fallen > 0 {
            let why = fallbacks(row).filter(|(_, count)| *count > 0);
            let why: Vec<_> = why.map(|(reason, n)| format!("{} {n}", reason.name())).collect();
            let line = format!("{}: fallbacks: {}", seam.name, why.join(", "));
            reasons += &format!("{}\n", wrap(&line, 0, 2));
        }
    }
    let mut text = columns(&counts);
    if times.len() > 1 {
        text += &format!("\n{}", columns(&times));
    }
    if !reasons.is_empty() {
        text += &format!("\n{reasons}");
    }
    if idle > 0 {
        text += &format!("\n{idle} functions were not called\n");
    }
    text
}
