//! `pvenet diff`: what the pending configuration changes.

use crate::failure::Failure;
use crate::node::{Node, Text};
use crate::page::{self, Paint, Tone};
use crate::report::Report;
use clap::Args;
use pve_network_rs::apply::changes::{self, Action, Change, Modified};
use pve_network_rs::interfaces::{Iface, Key};
use pve_network_rs::perl::{ByteText, Value};
use similar::TextDiff;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::Duration;

/// Beyond that, the differences of huge files may be shown larger than they are.
const PATIENCE: Duration = Duration::from_secs(2);

/// Shows what the pending configuration changes
///
/// Compares /etc/network/interfaces.new, which the next apply puts in place, with
/// /etc/network/interfaces: first line by line, as patch reads it, then interface by interface.
#[derive(Args)]
pub(crate) struct Diff {}

impl Diff {
    /// Runs it.
    pub(crate) fn run(&self, node: &Node, paint: Paint) -> Result<Report, Failure> {
        let current = node.current()?;
        let Some(pending) = node.pending()? else { return Ok(Report::clean("")) };
        if current.bytes == pending.bytes {
            return Ok(Report::clean(""));
        }
        let mut text = unified(&current, &pending, paint);

        let (current, pending) = (node.parse(&current)?, node.parse(&pending)?);
        let mut summary = String::from("\nSummary:\n");
        for change in changes::changes(&current, &pending) {
            summary.push_str(&describe(&change, paint));
        }
        let (removed, added) = changes::lines(&current, &pending);
        for (lines, sign, tone) in [(removed, '-', Tone::Bad), (added, '+', Tone::Good)] {
            for line in lines {
                let text = format!("{sign} line: {}", page::bytes(line.trim()));
                summary.push_str(&self::line(paint, tone, &text));
            }
        }
        if summary.lines().count() == 2 {
            summary.push_str("  only comments, order or layout change\n");
        }
        text.extend(summary.into_bytes());
        Ok(Report { text, is_clean: false })
    }
}

/// The differing lines, with the very bytes of the files.
pub(crate) fn unified(current: &Text, pending: &Text, paint: Paint) -> Vec<u8> {
    let diff = TextDiff::configure().timeout(PATIENCE).diff_lines(&*current.bytes, &*pending.bytes);
    let (from, to) = (name(&current.path), name(&pending.path));
    let unified = diff.unified_diff().header(&from, &to).to_string();
    let colour = |line: &str| {
        let tone = match line.as_bytes() {
            [b'+', b'+', b'+', ..] | [b'-', b'-', b'-', ..] => Tone::Bold,
            [b'+', ..] => Tone::Good,
            [b'-', ..] => Tone::Bad,
            [b'@', ..] => Tone::Odd,
            _ => Tone::Plain,
        };
        let (line, end) = line.strip_suffix('\n').map_or((line, ""), |line| (line, "\n"));
        paint.text(tone, line) + end
    };
    page::encode(&unified.split_inclusive('\n').map(colour).collect::<String>())
}

/// The name of a file, its bytes as characters like those of its text.
fn name(path: &Path) -> String {
    ByteText::decode(path.as_os_str().as_bytes())
}

/// A line for what happens to an interface, and one for each of its attributes that changes.
fn describe(change: &Change, paint: Paint) -> String {
    let name = page::bytes(change.iface);
    let kind = |iface: &Iface| page::bytes(&iface.text(Key::Type));
    match &change.action {
        Action::Add(iface) => line(paint, Tone::Good, &format!("+ {name}: {}", kind(iface))),
        Action::Remove(iface) => line(paint, Tone::Bad, &format!("- {name}: {}", kind(iface))),
        Action::Modify(modified) => {
            let lines =
                modified.iter().map(|modified| format!("      {}\n", describe_value(modified)));
            line(paint, Tone::Odd, &format!("~ {name}")) + &lines.collect::<String>()
        }
    }
}

/// What an attribute was and what it becomes.
fn describe_value(modified: &Modified) -> String {
    let text = |value: Option<&Value>| match value {
        Some(value) => page::attribute(modified.key, value).join("; "),
        None => "none".into(),
    };
    format!("{}: {} -> {}", page::bytes(modified.key), text(modified.from), text(modified.to))
}

fn line(paint: Paint, tone: Tone, text: &str) -> String {
    format!("  {}\n", paint.text(tone, text))
}
