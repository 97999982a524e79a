//! `pvenet sdn generate`: the files that an apply writes.

use super::Target;
use super::files::Files;
use super::make::{Made, Source, What, make, texts};
use crate::failure::Failure;
use crate::node::{Node, note, warn};
use crate::page::encode;
use crate::report::Report;
use clap::Args;
use pve_network_rs::notes::Notes;
use pve_network_rs::perl::Hash;
use pve_network_rs::sys::{self, file};
use std::fs;
use std::path::{Path, PathBuf};

/// Generates the files that SDN writes on a node
///
/// Prints /etc/network/interfaces.d/sdn as it follows from what the last apply put into force. If
/// nothing was ever applied, it is what the first apply would write. Nothing of the node is changed.
#[derive(Args)]
pub(super) struct Generate {
    /// Print frr.conf in its place; with --out, write it and FRR's daemons, too
    #[arg(long)]
    frr: bool,
    /// What the next apply would commit, in place of what the last one did
    #[arg(long)]
    pending: bool,
    /// Write `sdn` (and `frr.conf`, `daemons`) into DIR instead, each atomically
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    #[command(flatten)]
    target: Target,
}

impl Generate {
    /// Runs it.
    pub(super) fn run(&self, node: &Node) -> Result<Report, Failure> {
        let (name, profile) = self.target.resolve(node)?;
        let files = Files::read(node)?;
        let mut warnings = Vec::new();
        let (document, path) = self.document(&files, &mut warnings)?;
        let source = Source { document, path, name: &name, profile };
        let wanted: &[What] = match (self.frr, &self.out) {
            (false, _) => &[What::Interfaces],
            (true, None) => &[What::Frr],
            (true, Some(_)) => &[What::Interfaces, What::Frr],
        };
        let made = make(node, &files, &source, wanted, &mut warnings)?;

        warnings.iter().for_each(|text| warn(text));
        let text = match &self.out {
            Some(folder) => write(folder, &made)?,
            None => made.first().map(|made| encode(&made.text)).unwrap_or_default(),
        };
        Ok(Report { text, is_clean: warnings.is_empty() })
    }

    /// The config, and where it comes from.
    fn document<'f>(
        &self,
        files: &'f Files,
        warnings: &mut Vec<String>,
    ) -> Result<(Hash<'f>, PathBuf), Failure> {
        let running = files.running()?;
        let is_pending = self.pending || running.is_none() && files.has_configs();
        if !is_pending {
            if files.are_missing() {
                note(format_args!("{}: there is no SDN", files.folder().display()));
            }
            return Ok((running.unwrap_or_default(), files.running_path().to_owned()));
        }
        if !self.pending {
            note(format_args!(
                "nothing was ever applied, this is what the first apply would write"
            ));
        }
        let mut notes = Notes::default();
        let document = files.committed(&running.unwrap_or_default(), &mut notes)?;
        warnings.extend(texts(&notes));
        Ok((document, files.folder()))
    }
}

/// Writes files into a folder, which is made if it is missing; says what was written.
fn write(folder: &Path, made: &[Made]) -> Result<Vec<u8>, Failure> {
    fs::create_dir_all(folder).map_err(sys::Error::file(folder))?;
    let mut report = String::new();
    for Made { path, text } in made {
        let path = folder.join(path.rsplit('/').next().unwrap_or(path));
        let base = file::read(&path)?;
        file::replace(&path, base.as_deref(), &encode(text))
            .map_err(|source| Failure::NotWritten { path: path.clone(), source })?;
        report += &format!("{}\n", path.display());
    }
    Ok(report.into_bytes())
}
