//! `migration-ctl health`

mod checks;
mod facts;

use crate::Output;
use crate::name::{Format, Printed};
use crate::report::{Failure, wrap};
use crate::store::Store;
use anstyle::{AnsiColor, Style};
use checks::CHECKS;
use clap::Args;
use facts::Facts;
use serde::Serialize;
use serde_json::json;

/// Print whether everything is as it should be, on this node and as far as it knows of the others
///
/// Exit status: 0 all is well, 1 degraded (the network works, but not as it was asked for),
/// 2 critical (somebody has to look at once).
#[derive(Args)]
#[command(after_help = "\
Examples:
  migration-ctl health
  migration-ctl health --format json")]
pub(crate) struct Command {
    #[command(flatten)]
    printed: Printed,
}

impl Command {
    /// Runs the command.
    pub(crate) fn run(self, store: &Store) -> Output {
        let health = Health::of(store);
        let (text, code) = (health.print(self.printed.format), health.verdict as u8);
        match code {
            0 => Ok(text),
            code => Err(Failure::Found { text, code }),
        }
    }
}

/// How something stands; the numbers are exit codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Verdict {
    /// As it should be.
    Ok,
    /// The network works, but not as it was asked for.
    Degraded,
    /// Somebody has to look at once.
    Critical,
}

impl Verdict {
    fn name(self) -> &'static str {
        match self {
            Verdict::Ok => "ok",
            Verdict::Degraded => "degraded",
            Verdict::Critical => "critical",
        }
    }

    fn style(self) -> Style {
        let colour = match self {
            Verdict::Ok => AnsiColor::Green,
            Verdict::Degraded => AnsiColor::Yellow,
            Verdict::Critical => AnsiColor::Red,
        };
        colour.on_default()
    }
}

/// What a check found.
struct Finding {
    verdict: Verdict,
    /// What is so.
    found: String,
    /// What to do about it; empty if there is nothing to do.
    advice: String,
}

impl Finding {
    fn ok(found: impl Into<String>) -> Self {
        Finding { verdict: Verdict::Ok, found: found.into(), advice: String::new() }
    }

    fn degraded(found: impl Into<String>, advice: impl Into<String>) -> Self {
        Finding { verdict: Verdict::Degraded, found: found.into(), advice: advice.into() }
    }

    fn critical(found: impl Into<String>, advice: impl Into<String>) -> Self {
        Finding { verdict: Verdict::Critical, found: found.into(), advice: advice.into() }
    }
}

/// One row of the table of checks.
struct Check {
    name: &'static str,
    look: fn(&Facts) -> Finding,
}

/// The outcome of all checks.
pub(crate) struct Health {
    node: String,
    verdict: Verdict,
    findings: Vec<(&'static str, Finding)>,
}

impl Health {
    /// Looks at everything.
    pub(crate) fn of(store: &Store) -> Self {
        let facts = Facts::gather(store, store.this_node());
        let findings: Vec<_> =
            CHECKS.iter().map(|check| (check.name, (check.look)(&facts))).collect();
        let verdict = findings.iter().map(|(_, finding)| finding.verdict).max();
        Health { node: facts.node, verdict: verdict.unwrap_or(Verdict::Ok), findings }
    }

    /// The outcome as text or JSON.
    pub(crate) fn print(&self, format: Format) -> String {
        match format {
            Format::Text => self.text(),
            Format::Json => {
                let checks = self.findings.iter().map(|(name, finding)| {
                    json!({
                        "name": name,
                        "verdict": finding.verdict,
                        "found": finding.found,
                        "advice": finding.advice,
                    })
                });
                let checks: Vec<_> = checks.collect();
                let all = json!({ "node": self.node, "verdict": self.verdict, "checks": checks });
                format!("{all:#}\n")
            }
        }
    }

    fn text(&self) -> String {
        let told = |verdict: Verdict, width: usize| {
            let style = verdict.style();
            format!("{style}{:width$}{style:#}", verdict.name())
        };
        let mut text = format!("node {}: {}\n\n", self.node, told(self.verdict, 0));
        let width = CHECKS.iter().map(|check| check.name.len()).max().unwrap_or_default();
        let indent = width + 2 + "degraded".len() + 2;
        for (name, finding) in &self.findings {
            let found = wrap(&finding.found, indent, indent);
            text += &format!("{name:width$}  {}  {found}\n", told(finding.verdict, 8));
            if !finding.advice.is_empty() {
                let advice = wrap(&format!("-> {}", finding.advice), indent, indent + 3);
                text += &format!("{:indent$}{advice}\n", "");
            }
        }
        text
    }
}
