//! `migration-ctl diagnostics`

mod inputs;
mod redact;

use crate::health::Health;
use crate::name::{Format, Printed};
use crate::report::{Failure, columns};
use crate::store::Store;
use crate::{Output, state, stats};
use clap::Args;
use flate2::{Compression, write::GzEncoder};
use inputs::Input;
use pve_network_rs::sys::{file, log, packages};
use redact::Secrets;
use serde_json::json;
use std::io;
use std::path::{Path, PathBuf};

/// Write everything that helps to find a fault into one archive, without secrets
///
/// It holds the configuration of the network, the states of the nodes, the end of the logs, counts,
/// versions, the last mismatches, and what health says. Tokens, passwords and keys are replaced by
/// the word REDACTED, wherever they stand. Only its owner may read it; look into it before you give
/// it away, as names and addresses are still in it.
#[derive(Args)]
#[command(after_help = "\
Examples:
  migration-ctl diagnostics
  migration-ctl diagnostics --output /root/pve1.tar.gz --format json")]
pub(crate) struct Command {
    /// The archive; by default pve-network-diagnostics-NODE-TIME.tar.gz in this folder
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    printed: Printed,
}

/// The packages whose versions matter.
const PACKAGES: [&str; 8] = [
    "pve-network-rs",
    "libpve-common-perl",
    "libpve-network-perl",
    "pve-manager",
    "pve-cluster",
    "ifupdown2",
    "frr",
    "dnsmasq-base",
];

impl Command {
    /// Runs the command.
    pub(crate) fn run(self, store: &Store) -> Output {
        let time = log::rfc3339(state::now() as f64);
        let stamp: String = time[..19].chars().filter(|c| !"-:".contains(*c)).collect();
        let name = format!("pve-network-diagnostics-{}-{stamp}", store.this_node());
        let path = self.output.unwrap_or_else(|| format!("{name}.tar.gz").into());
        let refused =
            |why: &dyn std::fmt::Display| Failure::Refused(format!("{}: {why}", path.display()));
        if path.exists() {
            return Err(refused(&"it is there already"));
        }

        let files = gather(store);
        let archive = pack(&name, &files).map_err(|error| refused(&error))?;
        file::create_private(&path, &archive).map_err(|error| refused(&error))?;
        let told = files.iter().map(|(path, text)| (path.display().to_string(), text.len()));
        Ok(match self.printed.format {
            Format::Text => {
                let mut rows = vec![["BYTES", "FILE"].map(String::from)];
                rows.extend(told.map(|(path, size)| [size.to_string(), path]));
                let size = archive.len().div_ceil(1024);
                format!("{}\n{}: {size} KiB, mode 0600\n", columns(&rows), path.display())
            }
            Format::Json => {
                let files = told.map(|(path, size)| json!({ "path": path, "bytes": size }));
                let files: Vec<_> = files.collect();
                let all = json!({ "archive": path, "bytes": archive.len(), "files": files });
                format!("{all:#}\n")
            }
        })
    }
}

/// Everything that goes into the archive, without secrets.
fn gather(store: &Store) -> Vec<(PathBuf, String)> {
    let files = inputs::files(store);
    let mut secrets = Secrets::default();
    inputs::secrets(store).iter().for_each(|text| secrets.add(text));
    let is_log = |path: &Path| path.starts_with("var/log");
    for Input { path, text } in &files {
        if let (Ok(text), false) = (text, is_log(path)) {
            secrets.learn(text);
        }
    }
    let files = files.into_iter().map(|Input { path, text }| {
        let text = text.unwrap_or_else(|error| format!("cannot be read: {error}\n"));
        (Path::new("files").join(path), text)
    });
    let counters = stats::json(store).map(|all| format!("{all:#}\n"));
    let counters = counters.unwrap_or_else(|failure| plain(&failure.to_string()));
    let reports = [
        ("health.txt", plain(&Health::of(store).print(Format::Text))),
        ("counters.json", counters),
        ("versions.txt", versions(store)),
    ];
    let reports = reports.into_iter().map(|(name, text)| (PathBuf::from(name), text));
    let all: Vec<_> = reports.chain(files).collect();
    all.into_iter().map(|(path, text)| (path, secrets.redact(&text))).collect()
}

/// A text without the colours of a terminal.
fn plain(text: &str) -> String {
    anstream::adapter::strip_str(text).to_string()
}

fn versions(store: &Store) -> String {
    let mut text = format!("migration-ctl {}\n", env!("CARGO_PKG_VERSION"));
    if let Ok(kernel) = nix::sys::utsname::uname() {
        text += &format!("kernel {}\n", kernel.release().to_string_lossy());
    }
    match packages::versions(store.root(), PACKAGES) {
        Ok(versions) => {
            for (name, version) in PACKAGES.iter().zip(versions) {
                text += &format!("{name} {}\n", version.as_deref().unwrap_or("not installed"));
            }
        }
        Err(error) => text += &format!("{error}\n"),
    }
    text
}

/// An archive of these files, below a folder.
fn pack(folder: &str, files: &[(PathBuf, String)]) -> io::Result<Vec<u8>> {
    let mut archive = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::default()));
    for (path, text) in files {
        let mut header = tar::Header::new_gnu();
        header.set_mode(0o600);
        header.set_mtime(state::now());
        header.set_size(text.len() as u64);
        archive.append_data(&mut header, Path::new(folder).join(path), text.as_bytes())?;
    }
    archive.into_inner()?.finish()
}
