//! What the checks look at, gathered once.

use crate::cluster::Report;
use crate::recent::{Counts, Recent};
use crate::report::Failure;
use crate::store::Store;
use pve_network_rs::control::{Counters, Settings};
use pve_network_rs::migration::{Migration, Problems};
use pve_network_rs::sys::packages;
use pve_network_rs::sys::pmxcfs::Members;
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::ops::Deref;
use std::path::Path;
use std::process::{Command, Stdio};

/// The packages of the original, and the beginnings of their versions that were tested.
pub(super) const ORIGINAL: [(&str, &[&str]); 2] =
    [("libpve-common-perl", &["9.1.", "9.2."]), ("libpve-network-perl", &["1.2.5", "1.3."])];

/// Everything that is known of the node.
pub(super) struct Facts<'a> {
    pub(super) store: &'a Store,
    pub(super) node: String,
    /// What migration.toml says.
    pub(super) migration: Result<Migration, String>,
    /// What is published; `None` if no service keeps it.
    pub(super) settings: io::Result<Option<Settings>>,
    pub(super) is_killed: bool,
    pub(super) counters: Option<Box<dyn Deref<Target = Counters>>>,
    /// In how many seconds what went wrong, by function.
    pub(super) recent: Option<(u32, BTreeMap<String, Counts>)>,
    /// What the nodes of the cluster say of themselves.
    pub(super) report: Option<Report>,
    pub(super) members: Option<Members>,
    /// The versions of the packages of [`ORIGINAL`].
    pub(super) original: Result<[Option<String>; ORIGINAL.len()], String>,
    pub(super) perl: Perl,
}

impl<'a> Facts<'a> {
    pub(super) fn gather(store: &'a Store, node: String) -> Self {
        let pages = store.pages();
        let counters = pages.counters().ok().flatten();
        let recent = counters.as_ref().map(|page| Recent::read(store).happened(page));
        Facts {
            migration: store.read().map_err(|failure| plain(&failure)),
            settings: pages.settings(),
            is_killed: pages.is_killed().unwrap_or_default(),
            counters: counters.map(|page| Box::new(page) as Box<dyn Deref<Target = Counters>>),
            recent,
            report: Report::of(store, &store.nodes()).ok(),
            members: store.members(),
            original: packages::versions(store.root(), ORIGINAL.map(|(name, _)| name))
                .map_err(|error| error.to_string()),
            perl: Perl::ask(),
            store,
            node,
        }
    }

    /// True if the tree is the machine itself, not a copy of one.
    pub(super) fn is_this_machine(&self) -> bool {
        self.store.root() == Path::new("/")
    }
}

/// A failure in one line, without its place in the text.
pub(super) fn plain(failure: &Failure) -> String {
    match failure {
        Failure::Invalid(Problems { file, list, .. }, _) => {
            let first = list.first().map(|problem| {
                let (line, column) = (problem.place.line, problem.place.column);
                format!("{file}:{line}:{column}: {}", problem.text())
            });
            first.unwrap_or_default()
        }
        Failure::Refused(text) => text.clone(),
        Failure::Found { .. } => String::new(),
    }
}

/// What Perl makes of the library: it is loaded in a process of its own, as the daemons do it, so
/// that one that is broken breaks nothing here.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Perl {
    /// Where the library is.
    pub(super) library: Option<String>,
    /// Its version, if it works.
    pub(super) version: Option<String>,
    /// Why it does not.
    pub(super) error: Option<String>,
    /// The modules of the original that we do not cover.
    pub(super) uncovered: Vec<String>,
}

impl Perl {
    fn ask() -> Self {
        let mut perl = match run(include_bytes!("probe.pl")) {
            Ok(text) => Self::parse(&text),
            Err(error) => Perl { error: Some(format!("perl: {error}")), ..Perl::default() },
        };
        if perl.version.is_none() && perl.error.is_none() {
            perl.error = Some("perl died of calling the library".into());
        }
        perl
    }

    fn parse(text: &str) -> Self {
        let mut perl = Perl::default();
        for (name, value) in text.lines().filter_map(|line| line.split_once('\t')) {
            let value = value.trim().to_string();
            match name {
                "library" => perl.library = Some(value),
                "version" => perl.version = Some(value),
                "error" => perl.error = Some(value),
                "uncovered" => perl.uncovered.push(value),
                _ => {}
            }
        }
        perl
    }
}

/// Runs a script; returns what it printed, be it to its end or not.
fn run(script: &[u8]) -> io::Result<String> {
    let mut perl = Command::new("perl");
    perl.arg("-").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = perl.spawn()?;
    if let Some(mut input) = child.stdin.take() {
        input.write_all(script)?;
    }
    let output = child.wait_with_output()?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_perl_says() {
        let text = "library\t/x/RS.so\nerror\tabi: /x/RS.so has ABI 2\nuncovered\t/y\nnoise\n";
        let perl = Perl {
            library: Some("/x/RS.so".into()),
            version: None,
            error: Some("abi: /x/RS.so has ABI 2".into()),
            uncovered: vec!["/y".into()],
        };
        assert_eq!(Perl::parse(text), perl);
    }

    #[test]
    fn a_script_that_dies() {
        let script = b"$| = 1; print qq(a\tb\n); kill KILL => $$;";
        assert_eq!(run(script).unwrap(), "a\tb\n");
    }
}
