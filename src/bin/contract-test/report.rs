//! What came of all comparisons, for programs and for people.

use crate::check::{Check, Outcome, Verdict};
use anstyle::{AnsiColor, Style};
use serde::Serialize;
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeMap;
use std::time::Duration;

/// Characters in a line.
pub(crate) const WIDTH: usize = 80;
/// Characters of a value that are shown to people.
const VALUE: usize = 60;

const BOLD: Style = Style::new().bold();

/// All comparisons of one run.
pub(crate) struct Report {
    /// How it was made.
    pub(crate) run: Run,
    /// The comparisons.
    pub(crate) checks: Vec<Check>,
}

/// How a report was made.
#[derive(Debug, Serialize)]
pub(crate) struct Run {
    /// `api`, `perl-only` or `in-process`.
    pub(crate) kind: &'static str,
    /// The node.
    pub(crate) node: String,
    /// When it began, RFC 3339, in UTC.
    pub(crate) time: String,
    /// How long it took, in milliseconds.
    pub(crate) duration_ms: u64,
    /// 1 if a number was not taken for its text.
    pub(crate) strict_types: u8,
    /// This library: `version`, and `sha256` if one was loaded.
    pub(crate) library: Json,
    /// The original: `version`, `url`, `modules`, as far as known.
    pub(crate) original: Json,
    /// SHA-256 of the node's files that were read, by path.
    pub(crate) files: BTreeMap<String, String>,
}

impl Report {
    /// True if there is no comparison that could not be made, and at least one that was.
    pub(crate) fn is_complete(&self) -> bool {
        self.count(Verdict::NotCompared) == 0 && !self.checks.is_empty()
    }

    /// True if both sides differ somewhere.
    pub(crate) fn is_different(&self) -> bool {
        self.count(Verdict::Different) > 0
    }

    fn count(&self, verdict: Verdict) -> usize {
        self.checks.iter().filter(|check| check.outcome.verdict() == verdict).count()
    }

    /// The report for programs.
    pub(crate) fn json(&self) -> serde_json::Result<String> {
        let checks: Vec<Json> = self.checks.iter().map(document).collect();
        let outcome = match (self.is_different(), self.is_complete()) {
            (true, _) => "different",
            (false, true) => "equal",
            (false, false) => "incomplete",
        };
        let recorded = self.count(Verdict::Recorded);
        let document = json!({
            "format": 1,
            "run": self.run,
            "summary": {
                "outcome": if recorded > 0 && outcome == "equal" { "recorded" } else { outcome },
                "checks": self.checks.len(),
                "equal": self.count(Verdict::Equal),
                "different": self.count(Verdict::Different),
                "not_compared": self.count(Verdict::NotCompared),
                "recorded": recorded,
            },
            "checks": checks,
        });
        Ok(serde_json::to_string_pretty(&document)? + "\n")
    }

    /// The report for people: a line a check, and what is wrong below it.
    pub(crate) fn text(&self) -> String {
        let mut text = format!("{BOLD}RESULT        COMPARED{BOLD:#}\n");
        for check in &self.checks {
            let (word, style) = word(check.outcome.verdict());
            text.push_str(&format!("{style}{word:<14}{style:#}{}\n", plain(&check.name)));
            for line in wrap(&plain(&details(&check.outcome)), WIDTH - 14) {
                text.push_str(&format!("{:14}{line}\n", ""));
            }
        }
        let counts = [Verdict::Equal, Verdict::Different, Verdict::NotCompared, Verdict::Recorded]
            .into_iter()
            .filter(|verdict| self.count(*verdict) > 0)
            .map(|verdict| format!("{} {}", self.count(verdict), word(verdict).0));
        let counts: Vec<String> = counts.collect();
        let all = self.checks.len();
        let what = if all == 1 { "check" } else { "checks" };
        text.push_str(&format!("\n{all} {what}: {}\n", counts.join(", ")));
        text
    }
}

fn word(verdict: Verdict) -> (&'static str, Style) {
    match verdict {
        Verdict::Equal => ("equal", AnsiColor::Green.on_default()),
        Verdict::Different => ("different", AnsiColor::Red.on_default().bold()),
        Verdict::NotCompared => ("not compared", AnsiColor::Yellow.on_default()),
        Verdict::Recorded => ("recorded", Style::new()),
    }
}

fn document(check: &Check) -> Json {
    let mut document = Map::new();
    let mut set = |key: &str, value: Json| document.insert(key.into(), value);
    set("check", check.name.clone().into());
    set("seams", check.seams.clone().into());
    set("outcome", json!(check.outcome.verdict()));
    match &check.outcome {
        Outcome::Equal => {}
        Outcome::Different(first) => {
            set("difference", first.document());
        }
        Outcome::NotCompared(reason) => {
            set("reason", reason.clone().into());
        }
        Outcome::Recorded(data) => {
            set("perl", data.clone());
        }
    }
    for (key, duration) in [("perl_us", check.perl), ("rust_us", check.rust)] {
        if let Some(duration) = duration {
            set(key, micros(duration).into());
        }
    }
    set("times", check.times.into());
    document.into()
}

fn micros(duration: Duration) -> u64 {
    duration.as_micros().try_into().unwrap_or(u64::MAX)
}

fn details(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Equal | Outcome::Recorded(_) => String::new(),
        Outcome::NotCompared(reason) => reason.clone(),
        Outcome::Different(first) => {
            let side = |value: &Option<Json>| match value {
                Some(value) => short(&value.to_string()),
                None => "nothing".into(),
            };
            let line = first.line.map(|line| format!("line {line}"));
            let place = [Some(first.pointer.clone()).filter(|place| !place.is_empty()), line];
            let place = place.into_iter().flatten().collect::<Vec<_>>().join(", ");
            let colon = if place.is_empty() { "" } else { ": " };
            format!("{place}{colon}Perl {}, Rust {}", side(&first.perl), side(&first.rust))
        }
    }
}

fn short(text: &str) -> String {
    match text.char_indices().nth(VALUE) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.into(),
    }
}

/// Without what a terminal would take for a command.
fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// Breaks a text at blanks.
pub(crate) fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.into()),
        }
    }
    lines
}
