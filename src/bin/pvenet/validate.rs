//! `pvenet validate`: what is wrong with a file.

use crate::failure::Failure;
use crate::node::{CHARSET, Node, Text};
use crate::page::{self, Paint, Tone, count};
use crate::report::{Format, Report};
use clap::Args;
use pve_network_rs::error::Error;
use pve_network_rs::interfaces::Dialect;
use pve_network_rs::interfaces::loss::{Loss, loss};
use pve_network_rs::interfaces::problem::{Problem, Severity, binary, problems};
use pve_network_rs::sys::Running;
use serde_json::json;
use std::path::PathBuf;

/// Finds what is wrong with a file of interfaces
///
/// Errors keep the file from being written, or show that it is not read as it says; warnings may be
/// meant like that. The cards of this node are taken into account. Exits with 1 if there is an
/// error or, with --loss, a loss.
#[derive(Args)]
pub(crate) struct Validate {
    /// The file, or - for standard input [default: the node's /etc/network/interfaces]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Check for classic ifupdown, not ifupdown2
    #[arg(long)]
    ifupdown: bool,
    /// Also list what PVE loses when it next writes the file
    #[arg(long)]
    loss: bool,
    /// How to print it
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// What was found.
struct Findings {
    problems: Vec<Problem>,
    /// What is lost by a rewrite, if that was asked; an error if that cannot be told.
    losses: Option<Result<Vec<Loss>, Error>>,
}

impl Validate {
    /// Runs it.
    pub(crate) fn run(&self, node: &Node, paint: Paint) -> Result<Report, Failure> {
        let text = match &self.config {
            Some(path) => node.other(path)?,
            None => node.current()?,
        };
        node.note_unknown();
        let findings = self.look(node, &text)?;
        if self.format == Format::Json {
            return findings.document(&text);
        }
        Ok(findings.page(&text, paint))
    }

    fn look(&self, node: &Node, text: &Text) -> Result<Findings, Failure> {
        let dialect = if self.ifupdown { Dialect::Ifupdown } else { Dialect::Ifupdown2 };
        let facts = node.running.as_ref().map(Running::facts);
        let bytes = text.bytes()?;
        let problems = problems(bytes, facts.as_ref(), dialect, CHARSET);
        let facts = facts.unwrap_or_default();
        let is_text = binary(bytes).is_none();
        let losses = (self.loss && is_text).then(|| loss(bytes, &facts, dialect, CHARSET));
        Ok(Findings { problems, losses })
    }
}

impl Findings {
    fn number_of(&self, severity: Severity) -> usize {
        self.problems.iter().filter(|problem| problem.severity == severity).count()
    }

    fn is_clean(&self) -> bool {
        let losses = self.losses.iter().flatten().flatten().count();
        self.number_of(Severity::Error) == 0 && losses == 0
    }

    fn document(&self, text: &Text) -> Result<Report, Failure> {
        let mut answer = json!({
            "file": text.path.to_string_lossy(),
            "errors": self.number_of(Severity::Error),
            "warnings": self.number_of(Severity::Warning),
            "problems": self.problems,
        });
        match &self.losses {
            None => {}
            Some(Ok(losses)) => answer["losses"] = serde_json::to_value(losses)?,
            Some(Err(error)) => answer["not_written"] = error.to_string().trim_end().into(),
        }
        Ok(Report::json(&answer, self.is_clean())?)
    }

    fn page(&self, text: &Text, paint: Paint) -> Report {
        let path = text.path.display();
        let mut page = String::new();
        for Problem { line, severity, iface, text } in &self.problems {
            let severity = match severity {
                Severity::Error => paint.text(Tone::Bad, "error"),
                Severity::Warning => paint.text(Tone::Odd, "warning"),
            };
            let text = page::plain(&with_iface(iface.as_deref(), text));
            page.push_str(&format!("{path}:{line}: {severity}: {text}\n"));
        }
        for Loss { line, iface, reason, text, .. } in self.losses.iter().flatten().flatten() {
            let lost = paint.text(Tone::Odd, "loss");
            let reason = page::plain(&with_iface(iface.as_deref(), reason));
            page.push_str(&format!(
                "{path}:{line}: {lost}: {reason}: {}\n",
                page::plain(&page::short(text))
            ));
        }
        page.push_str(&self.summary(paint));
        Report { text: page.into_bytes(), is_clean: self.is_clean() }
    }

    fn summary(&self, paint: Paint) -> String {
        let (errors, warnings) =
            (self.number_of(Severity::Error), self.number_of(Severity::Warning));
        let mut summary = match errors + warnings {
            0 => paint.text(Tone::Good, "no problems"),
            _ => format!("{}, {}", count(errors, "error"), count(warnings, "warning")),
        };
        match &self.losses {
            None => {}
            Some(Ok(losses)) if losses.is_empty() => summary.push_str(", nothing is lost"),
            Some(Ok(losses)) => {
                let lines = count(losses.len(), "line");
                summary.push_str(&format!(", {lines} lost or changed when PVE next writes it"));
            }
            Some(Err(_)) => summary.push_str(", nothing is lost: PVE refuses to write it"),
        }
        summary + "\n"
    }
}

/// `text`, with the interface before it unless that is named in it.
fn with_iface(iface: Option<&str>, text: &str) -> String {
    let is_of_name = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-');
    let names = |iface: &&str| text.split(|c| !is_of_name(c)).any(|word| word == *iface);
    match iface.filter(|iface| !names(iface)) {
        Some(iface) => format!("{iface}: {text}"),
        None => text.into(),
    }
}
