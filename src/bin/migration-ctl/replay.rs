//! `migration-ctl replay`

use crate::Output;
use crate::name::{Format, Printed};
use crate::report::{Failure, columns, wrap};
use crate::store::Store;
use clap::Args;
use pve_network_rs::migration::compare::Difference;
use pve_network_rs::migration::{Bundle, Replay};
use pve_network_rs::sys::file;
use serde_json::{Value, json};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Characters of a value that are shown to people, and how many of them come before the difference.
const SHOWN: usize = 64;
const BEFORE: usize = 24;

/// Ask this library what it asked when it differed from Perl, or list what was kept
///
/// Whenever Rust would have answered something else than Perl, the node keeps what was asked and
/// what both answered, in /var/lib/pve-network-rs/mismatches. Such a file can be replayed on any
/// machine: nothing is changed, and nothing but the file is read. Without a file, those of this node
/// are listed.
#[derive(Args)]
#[command(after_help = "\
Examples:
  migration-ctl replay
  migration-ctl replay interfaces.parse-0123456789abcdef.json
  migration-ctl replay ./copied.json --format json

Exit status: 0 Rust answers what Perl did, 1 it does not, 2 it cannot be told.")]
pub(crate) struct Command {
    /// Files, by their paths or by their names in the list
    files: Vec<PathBuf>,
    #[command(flatten)]
    printed: Printed,
}

impl Command {
    /// Runs the command.
    pub(crate) fn run(self, store: &Store) -> Output {
        let folder = store.mismatches_folder();
        let format = self.printed.format;
        match &self.files[..] {
            [] => list(&folder, format),
            files => replay_all(files.iter().map(|file| found(&folder, file)), format),
        }
    }
}

/// The file of that path, or of that name in the folder.
fn found(folder: &Path, file: &Path) -> PathBuf {
    let is_name = file.components().count() == 1 && !file.exists();
    if is_name { folder.join(file) } else { file.into() }
}

fn read(path: &Path) -> Result<Bundle, String> {
    let text = file::read(path).map_err(|error| error.to_string())?;
    let text = text.ok_or_else(|| format!("{}: there is no such file", path.display()))?;
    Bundle::parse(&text).map_err(|error| format!("{}: {error}", path.display()))
}

/// Replays all of them; the exit code is that of the worst.
fn replay_all(files: impl Iterator<Item = PathBuf>, format: Format) -> Output {
    let (mut texts, mut documents, mut code) = (Vec::new(), Vec::new(), 0);
    for path in files {
        let bundle = match read(&path) {
            Ok(bundle) => bundle,
            Err(error) => {
                // Standard output is for what is found in a file.
                let _ = write!(anstream::stderr(), "{}", Failure::Refused(error));
                code = 2;
                continue;
            }
        };
        let replayed = bundle.replay();
        code = code.max(match replayed.as_ref().map(Replay::difference) {
            Ok(None) => 0,
            Ok(Some(_)) => 1,
            Err(_) => 2,
        });
        match format {
            Format::Text => texts.push(text(&bundle, &replayed)),
            Format::Json => documents.push(document(&bundle, &replayed)),
        }
    }
    let text = match format {
        Format::Text => texts.join("\n"),
        Format::Json => format!("{:#}\n", json!({ "replayed": documents })),
    };
    if code == 0 { Ok(text) } else { Err(Failure::Found { text, code }) }
}

fn document(bundle: &Bundle, replayed: &Result<Replay, String>) -> Value {
    let mut document = json!({
        "seam": bundle.seam,
        "function": bundle.function,
        "node": bundle.node,
        "time": bundle.time,
        "differed_at": bundle.differs_at,
        "redacted": bundle.redacted,
        "versions": bundle.versions,
        "digests": bundle.digests,
        "library": env!("CARGO_PKG_VERSION"),
    });
    match replayed {
        Err(obstacle) => document["not_replayable"] = obstacle.as_str().into(),
        Ok(replay) => {
            document["as_then"] = replay.is_as_then().into();
            document["difference"] = replay.difference().map_or(Value::Null, |difference| {
                let mut place = json!({ "pointer": difference.pointer });
                // A side that has nothing there is left out.
                let sides = [("original", difference.original), ("rust", difference.rust)];
                for (side, value) in sides {
                    value.into_iter().for_each(|value| place[side] = value.clone());
                }
                place
            });
        }
    }
    document
}

fn text(bundle: &Bundle, replayed: &Result<Replay, String>) -> String {
    let Bundle { seam, node, time, engine, phase, differs_at, .. } = bundle;
    let library = bundle.versions.get("library").and_then(Option::as_ref);
    let library = library.and_then(Value::as_str).unwrap_or("?");
    let mut told = vec![
        format!("{seam} on {node} at {time}"),
        format!("{}, {engine} in {phase}, library {library}", bundle.function),
        format!("then: differs at {}", place(differs_at)),
    ];
    match replayed {
        Err(obstacle) => told.push(format!("now: cannot be replayed: {obstacle}")),
        Ok(replay) => match replay.difference() {
            None => told.push("now: no difference".into()),
            Some(difference) => {
                let same = if replay.is_as_then() { ", the same as then" } else { "" };
                told.push(format!("now: differs at {}{same}", place(&difference.pointer)));
                told.extend(sides(&difference));
            }
        },
    }
    if bundle.redacted > 0 {
        told.push(match bundle.redacted {
            1 => "one secret was replaced by REDACTED1 in all of it".into(),
            n => format!("{n} secrets were replaced by REDACTED1 to REDACTED{n} in all of it"),
        });
    }
    told.iter().map(|line| format!("{}\n", wrap(line, 0, 4))).collect()
}

fn place(pointer: &str) -> &str {
    if pointer.is_empty() { "its top" } else { pointer }
}

/// Both values, from where they begin to differ.
fn sides(difference: &Difference) -> [String; 2] {
    let text = |value: Option<&Value>| value.map_or("nothing".into(), ToString::to_string);
    let (original, rust) = (text(difference.original), text(difference.rust));
    let common = original.chars().zip(rust.chars()).take_while(|(a, b)| a == b).count();
    let start = common.saturating_sub(BEFORE);
    let shown = |text: &str| {
        let mut shown: String = text.chars().skip(start).take(SHOWN).collect();
        if start > 0 {
            shown.insert(0, '…');
        }
        if text.chars().count() > start + SHOWN {
            shown.push('…');
        }
        shown
    };
    [format!("  Perl  {}", shown(&original)), format!("  Rust  {}", shown(&rust))]
}

/// The bundles of a folder, the oldest first.
fn list(folder: &Path, format: Format) -> Output {
    let refused =
        |error: std::io::Error| Failure::Refused(format!("{}: {error}", folder.display()));
    let mut kept = Vec::new();
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        entries => Some(entries.map_err(refused)?),
    };
    for entry in entries.into_iter().flatten() {
        let name = entry.map_err(refused)?.file_name().to_string_lossy().into_owned();
        // Others are being written.
        if !name.starts_with('.') && name.ends_with(".json") {
            let bundle = read(&folder.join(&name));
            kept.push((bundle.as_ref().map_or(String::new(), |b| b.time.clone()), name, bundle));
        }
    }
    kept.sort_by(|a, b| (&a.0, &a.1).cmp(&(&b.0, &b.1)));
    if let Format::Json = format {
        let bundles = kept.iter().map(|(_, name, bundle)| match bundle {
            Ok(bundle) => json!({
                "file": name,
                "seam": bundle.seam,
                "node": bundle.node,
                "time": bundle.time,
                "differed_at": bundle.differs_at,
            }),
            Err(error) => json!({ "file": name, "error": error }),
        });
        return Ok(format!("{:#}\n", json!({ "mismatches": bundles.collect::<Vec<_>>() })));
    }
    if kept.is_empty() {
        return Ok(format!("no mismatch is kept in {}\n", folder.display()));
    }
    let mut rows = vec![["FILE", "DIFFERED AT"].map(String::from)];
    rows.extend(kept.into_iter().map(|(_, name, bundle)| {
        let place = bundle.map_or("(cannot be read)".into(), |bundle| bundle.differs_at);
        [name, place]
    }));
    Ok(columns(&rows))
}
