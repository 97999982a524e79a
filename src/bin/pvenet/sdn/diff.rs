//! `pvenet sdn diff`: what the next apply changes on a node.

use super::Target;
use super::files::{self, Files};
use super::make::{Source, What, has_frr, make, texts};
use super::show::{Object, State};
use crate::diff::unified;
use crate::failure::Failure;
use crate::node::{Node, Text, note, warn};
use crate::page::{self, Paint, Tone};
use crate::report::Report;
use clap::Args;
use pve_network_rs::notes::Notes;
use pve_network_rs::perl::Hash;

/// Shows what the next apply would change on a node
///
/// Compares /etc/network/interfaces.d/sdn, /etc/frr/frr.conf and /etc/frr/daemons with what an apply
/// of the section configs would write, as patch reads it; then it lists the objects that change. The
/// version in the first line, which an apply counts up, is left as it is.
#[derive(Args)]
pub(super) struct Diff {
    #[command(flatten)]
    target: Target,
}

impl Diff {
    /// Runs it.
    pub(super) fn run(&self, node: &Node, paint: Paint) -> Result<Report, Failure> {
        let (name, profile) = self.target.resolve(node)?;
        let files = Files::read(node)?;
        let running = files.running()?.unwrap_or_default();
        let mut notes = Notes::default();
        let document = files.committed(&running, &mut notes)?;
        let mut warnings: Vec<String> = texts(&notes).collect();
        let wants_frr = writes_frr(node, &running, &document)?;

        let objects = Object::all(&running, &document)
            .map_err(|error| Failure::Config { path: files.running_path().to_owned(), error })?;
        let source = Source { document, path: files.folder(), name: &name, profile };
        let mut text = Vec::new();
        let wanted: &[What] =
            if wants_frr { &[What::Interfaces, What::Frr] } else { &[What::Interfaces] };
        for made in make(node, &files, &source, wanted, &mut warnings)? {
            let path = node.path(&made.path);
            let bytes = node.read(&made.path)?.map(|text| text.bytes).unwrap_or_default();
            if bytes != made.text {
                // Behind a tab, patch expects no part of the name.
                let new = format!("{}\tafter the next apply", path.display()).into();
                let new = Text { path: new, bytes: made.text };
                text.extend(unified(&Text { path, bytes }, &new, paint));
            }
        }
        warnings.iter().for_each(|text| warn(text));
        text.extend(summary(&objects, text.is_empty(), paint).into_bytes());
        Ok(Report { is_clean: text.is_empty() && warnings.is_empty(), text })
    }
}

/// True if an apply writes FRR's files; says so if it does not, although they are there.
fn writes_frr(node: &Node, running: &Hash, document: &Hash) -> Result<bool, Failure> {
    let has_folder = node.path(files::FRR).is_dir();
    let is_wanted = has_frr(node, running)? || has_frr(node, document)?;
    let folder = node.path(files::FRR);
    let folder = folder.display();
    match (is_wanted, has_folder) {
        (true, true) => return Ok(true),
        (true, false) => {
            note(format_args!("{folder}: FRR is not installed, an apply leaves it out"));
        }
        (false, true) => note(format_args!(
            "{folder}: without controllers, fabrics and frr.conf.local, an apply leaves it alone"
        )),
        (false, false) => {}
    }
    Ok(false)
}

/// The objects that change, and how.
fn summary(objects: &[Object], is_unchanged: bool, paint: Paint) -> String {
    let mut lines = String::new();
    for object in objects {
        let (sign, tone) = match object.state {
            State::InForce => continue,
            State::New => ('+', Tone::Good),
            State::Deleted => ('-', Tone::Bad),
            State::Changed => ('~', Tone::Odd),
        };
        let text = format!("{sign} {} {}", object.what(), page::bytes(&object.id));
        lines += &format!("  {}\n", paint.text(tone, &text));
        if object.state == State::Changed {
            for change in object.changes() {
                lines += &page::paragraph(paint, Tone::Plain, &format!("    {change}"));
            }
        }
    }
    if lines.is_empty() {
        return lines;
    }
    let start = if is_unchanged { "No file of this node changes.\n" } else { "" };
    format!("{start}\nSummary:\n{lines}")
}
