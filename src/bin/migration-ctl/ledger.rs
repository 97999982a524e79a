//! The ledger of what is known of the functions, on the disk of this node.

use crate::report::Failure;
use crate::state;
use crate::store::Store;
use pve_network_rs::control::Counters;
use pve_network_rs::migration::evidence::{Bound, Counts, Ledger, Standing};
use pve_network_rs::migration::{Config, Phase, SEAMS, Seam, evidence};
use pve_network_rs::sys::file;
use pve_network_rs::sys::installed::Installed;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::sync::atomic::Ordering::Relaxed;

/// How often the service writes it, in seconds, if nothing is wrong.
const STEP: u64 = 60;

/// After so many seconds it is tried again, if it could not be written.
const RETRY: u64 = 5;

/// How often a change is made again because somebody else was faster.
const ATTEMPTS: u32 = 5;

fn path(store: &Store) -> PathBuf {
    store.state_folder().join("evidence.json")
}

/// Reads the ledger; an empty one if there is none.
fn read(store: &Store) -> Result<(Option<Vec<u8>>, Ledger), String> {
    let path = path(store);
    let text = file::read(&path).map_err(|error| error.to_string())?;
    let ledger = text.as_deref().map(Ledger::parse).transpose();
    let ledger = ledger.map_err(|error| format!("{}: {error}", path.display()))?;
    Ok((text, ledger.unwrap_or_default()))
}

/// Changes the ledger; what `change` returns is told once it is written.
pub(crate) fn change<T>(
    store: &Store,
    change: impl Fn(&mut Ledger) -> Result<T, String>,
) -> Result<T, String> {
    let path = path(store);
    fs::create_dir_all(store.state_folder())
        .map_err(|error| format!("{}: {error}", store.state_folder().display()))?;
    let mut attempt = 1;
    loop {
        let (base, mut ledger) = read(store)?;
        let told = change(&mut ledger)?;
        let text = serde_json::to_vec(&ledger).map_err(|error| error.to_string())?;
        match file::replace(&path, base.as_deref(), &text) {
            Err(file::Error::Changed) if attempt < ATTEMPTS => attempt += 1,
            Err(error) => return Err(format!("{}: {error}", path.display())),
            Ok(()) => return Ok(told),
        }
    }
}

/// The name of the counters page, which no other one ever has.
fn page_name(store: &Store) -> String {
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    let page = fs::metadata(store.pages().folder().join("counters"));
    let (inode, time) = page.map_or((0, 0), |page| (page.ino(), page.ctime_nsec()));
    format!("{} {inode} {time}", boot.trim())
}

/// Adds what the page counts.
fn note(ledger: &mut Ledger, store: &Store, counters: &Counters, installed: &Installed) {
    let rows = SEAMS.iter().zip(&counters.rows).map(|(seam, row)| (seam, Counts::from(row)));
    ledger.note(state::now(), &page_name(store), rows, |seam| installed.bound(seam));
}

/// Adds what the page of this node counts now, if there is one.
pub(crate) fn note_now(ledger: &mut Ledger, store: &Store) -> Result<(), String> {
    let installed = Installed::of(store.root()).map_err(|error| error.to_string())?;
    if let Ok(Some(counters)) = store.pages().counters() {
        note(ledger, store, &counters, &installed);
    }
    Ok(())
}

/// What the service knows of the ledger.
#[derive(Default)]
pub(crate) struct Keeper {
    installed: Option<Installed>,
    written: u64,
    /// How many calls had gone wrong then.
    wrong: u64,
    /// Why it could not be written.
    problem: Option<String>,
    /// The last phase that this node may go to.
    pub(crate) ready: Option<Phase>,
}

impl Keeper {
    /// Writes what was counted: once a minute, and at once if a call went wrong.
    pub(crate) fn tend(
        &mut self,
        store: &Store,
        counters: &Counters,
        config: &Config,
    ) -> Result<(), String> {
        let now = state::now();
        let wrong = counters.rows.iter().flat_map(|row| [&row.mismatched, &row.panics]);
        let wrong = wrong.map(|count| count.load(Relaxed)).fold(0, u64::wrapping_add);
        let is_due = match self.problem {
            None => wrong != self.wrong || now.abs_diff(self.written) >= STEP,
            Some(_) => now.abs_diff(self.written) >= RETRY,
        };
        // A clock may be set back, too: then it is written as well.
        if is_due {
            (self.written, self.wrong) = (now, wrong);
            self.problem = self.write(store, counters, config, now).err();
        }
        self.problem.clone().map_or(Ok(()), Err)
    }

    fn write(
        &mut self,
        store: &Store,
        counters: &Counters,
        config: &Config,
        now: u64,
    ) -> Result<(), String> {
        let installed = match self.installed.take() {
            None => Installed::of(store.root()),
            Some(mut installed) => installed.tend().map(|()| installed),
        };
        let installed = self.installed.insert(installed.map_err(|error| error.to_string())?);
        let ledger = change(store, |ledger| {
            note(ledger, store, counters, installed);
            Ok(ledger.clone())
        });
        self.ready = Some(Known { ledger: ledger?, installed, now }.ready(config));
        Ok(())
    }
}

/// What is known on this node at one time.
pub(crate) struct Known<I> {
    ledger: Ledger,
    installed: I,
    now: u64,
}

impl Known<Installed> {
    /// Everything up to now.
    pub(crate) fn of(store: &Store) -> Result<Self, Failure> {
        let (_, mut ledger) = read(store).map_err(Failure::Refused)?;
        let installed = Installed::of(store.root());
        let installed = installed.map_err(|error| Failure::Refused(error.to_string()))?;
        if let Ok(Some(counters)) = store.pages().counters() {
            note(&mut ledger, store, &counters, &installed);
        }
        Ok(Known { ledger, installed, now: state::now() })
    }
}

impl<I: std::borrow::Borrow<Installed>> Known<I> {
    /// What answers a function now.
    pub(crate) fn bound(&self, seam: &Seam) -> Bound {
        self.installed.borrow().bound(seam)
    }

    /// How a function stands.
    pub(crate) fn standing(&self, seam: &Seam, config: &Config) -> Standing {
        self.ledger.standing(seam, &self.bound(seam), &config.demand, self.now)
    }

    /// The functions that Rust would answer by the second settings and should not, and why.
    pub(crate) fn refusals(
        &self,
        before: &Config,
        after: &Config,
    ) -> Vec<(&'static str, Vec<String>)> {
        let promoted = SEAMS.iter().filter(|seam| evidence::is_promoted(seam, before, after));
        let refusals = promoted.map(|seam| (seam.name, self.standing(seam, after).refusals));
        refusals.filter(|(_, refusals)| !refusals.is_empty()).collect()
    }

    /// The last phase to which nothing is refused.
    fn ready(&self, config: &Config) -> Phase {
        let is_ready = |phase: &Phase| {
            let after = Config { phase: *phase, ..config.clone() };
            self.refusals(config, &after).is_empty()
        };
        let further = Phase::ALL.into_iter().filter(|phase| *phase > config.phase);
        further.take_while(is_ready).last().unwrap_or(config.phase)
    }
}
