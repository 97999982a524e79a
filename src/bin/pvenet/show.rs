//! `pvenet show`: all about one interface.

use crate::failure::Failure;
use crate::list::document;
use crate::node::{CHARSET, Node, Text};
use crate::page::{self, Paint, Tone};
use crate::properties;
use crate::report::{Format, Report};
use clap::Args;
use pve_network_rs::apply::verify::Difference;
use pve_network_rs::interfaces::Config;
use pve_network_rs::perl::ByteText;
use pve_network_rs::sys::Running;
use serde::Serialize;
use serde_json::json;
use std::collections::BTreeSet;

/// A name that is less alike than this is no suggestion.
const ALIKE: f64 = 0.8;

/// Shows all about one interface
///
/// Where it is configured and how, what is pending for it, and beside it how it runs.
#[derive(Args)]
pub(crate) struct Show {
    /// Its name, or another name of its link
    iface: String,
    /// How to print it
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// A line of a file that speaks of the interface.
#[derive(Serialize)]
struct Line {
    file: String,
    line: usize,
    text: String,
}

impl Show {
    /// Runs it.
    pub(crate) fn run(&self, node: &Node, paint: Paint) -> Result<Report, Failure> {
        node.note_unknown();
        let current_text = node.current()?;
        let pending_text = node.pending()?;
        let current = node.parse(&current_text)?;
        let pending = pending_text.as_ref().map(|text| node.parse(text)).transpose()?;
        let configs: Vec<&Config> = std::iter::once(&current).chain(&pending).collect();

        let name = self.find(&configs, node)?;
        let running = node.running.as_ref();
        let file = current.ifaces.get(name.as_str());
        let pending = pending.as_ref().map(|pending| pending.ifaces.get(name.as_str()));
        let mut lines = lines_about(&current_text, &name);
        lines.extend(pending_text.iter().flat_map(|text| lines_about(text, &name)));
        let verifier = node.verifier(&current);
        let link = verifier.as_ref().and_then(|verifier| verifier.link(&name));
        let differences = verifier.map(|verifier| verifier.differences(&name)).unwrap_or_default();

        if self.format == Format::Json {
            let document = |iface| document(&name, iface, running);
            let mut answer = json!({
                "name": name,
                "lines": lines,
                "file": file.map(document).transpose()?,
                "running": link,
                "differences": differences,
            });
            if let Some(pending) = pending {
                answer["pending"] = serde_json::to_value(pending.map(document).transpose()?)?;
            }
            return Ok(Report::json(&answer, true)?);
        }
        let page = [
            paint.text(Tone::Bold, &page::bytes(&name)),
            places(&lines),
            properties::table(file, pending, link, running).render(paint),
            differences_text(&differences, paint),
        ];
        Ok(Report::clean(page.join("\n").trim_end().to_owned() + "\n"))
    }

    /// The name of the interface as the files have it, else that of the link.
    fn find(&self, configs: &[&Config], node: &Node) -> Result<String, Failure> {
        let is_configured =
            |name: &str| configs.iter().any(|config| config.ifaces.contains_key(name));
        let wanted = ByteText::decode(self.iface.as_bytes());
        if is_configured(&wanted) {
            return Ok(wanted);
        }
        match node.running.as_ref().and_then(|running| running.find(&self.iface)) {
            Some(link) => {
                let mut names = link.altnames.iter().chain([&link.name]);
                Ok(names.find(|name| is_configured(name)).unwrap_or(&link.name).clone())
            }
            None => Err(self.unknown(configs, node)),
        }
    }

    fn unknown(&self, configs: &[&Config], node: &Node) -> Failure {
        let links = node.running.iter().flat_map(Running::links);
        let configured = configs.iter().flat_map(|config| config.ifaces.keys());
        let names: BTreeSet<String> = configured
            .map(|name| page::bytes(name))
            .chain(links.map(|link| page::plain(&link.name)))
            .collect();
        let mut alike: Vec<(f64, String)> = names
            .into_iter()
            .map(|name| (strsim::jaro_winkler(&name, &self.iface), name))
            .filter(|(alike, _)| *alike >= ALIKE)
            .collect();
        alike.sort_by(|(a, _), (b, _)| b.total_cmp(a));
        let nearest = alike.into_iter().take(3).map(|(_, name)| name).collect();
        Failure::UnknownIface { name: page::plain(&self.iface), nearest }
    }
}

/// The `auto` and `iface` lines that name an interface.
fn lines_about(text: &Text, name: &str) -> Vec<Line> {
    let names = |line: &str| {
        let mut words = CHARSET.split(CHARSET.trim_start(line));
        match words.next() {
            Some("iface") => words.next() == Some(name),
            Some("auto" | "allow-auto" | "allow-hotplug" | "allow-ovs") => {
                words.any(|word| word == name)
            }
            _ => false,
        }
    };
    let lines = text.bytes.lines().enumerate().filter(|(_, line)| names(line));
    lines
        .map(|(at, line)| Line {
            file: text.path.display().to_string(),
            line: at + 1,
            text: page::bytes(line.trim()),
        })
        .collect()
}

fn places(lines: &[Line]) -> String {
    if lines.is_empty() {
        return "  not configured\n".into();
    }
    lines.iter().map(|line| format!("  {}:{}: {}\n", line.file, line.line, line.text)).collect()
}

fn differences_text(differences: &[Difference], paint: Paint) -> String {
    if differences.is_empty() {
        return String::new();
    }
    let line = |difference| format!("  {}\n", paint.text(Tone::Bad, &describe(difference)));
    let lines: String = differences.iter().map(line).collect();
    format!("Configured, but running:\n{lines}")
}

/// What is not as configured: `mtu: 9000, but 1500`.
pub(crate) fn describe(difference: &Difference) -> String {
    let Difference { what, configured, running } = difference;
    format!("{what}: {}, but {}", page::bytes(configured), page::plain(running))
}
