//! What happened on this node lately: counts of a while ago, to be taken from those of now.
//!
//! The counters page tells what happened since the node was booted. The service keeps a copy of
//! its counts for each of the last minutes in a folder below it: that of the pages is locked, so that
//! there is one service.

use crate::store::Store;
use pve_network_rs::control::{self, Counters, Reason, Row};
use pve_network_rs::migration::SEAMS;
use pve_network_rs::sys::file;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt::Display;
use std::fs;
use std::path::PathBuf;
use std::sync::atomic::Ordering::Relaxed;

/// What counts as lately, in seconds.
pub(crate) const WINDOW: u32 = 15 * 60;

/// Time between two copies, in seconds.
const STEP: u32 = 60;

/// What did not go well in a function.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Counts {
    /// Calls that Rust was to answer and Perl did, by reason.
    pub(crate) fallbacks: [u64; Reason::ALL.len()],
    /// Compared calls.
    pub(crate) compared: u64,
    /// Those of them that differed.
    pub(crate) mismatched: u64,
}

impl Counts {
    fn of(row: &Row) -> Self {
        Counts {
            fallbacks: Reason::ALL.map(|reason| row.fallbacks[reason as usize].load(Relaxed)),
            compared: row.compared.load(Relaxed),
            mismatched: row.mismatched.load(Relaxed),
        }
    }

    /// What was counted since `before`. A page that was made anew begins at zero.
    fn since(self, before: Counts) -> Self {
        let difference = |now: u64, before: u64| now.checked_sub(before).unwrap_or(now);
        Counts {
            fallbacks: std::array::from_fn(|n| difference(self.fallbacks[n], before.fallbacks[n])),
            compared: difference(self.compared, before.compared),
            mismatched: difference(self.mismatched, before.mismatched),
        }
    }
}

/// The counts at one time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Snapshot {
    /// When, in seconds since the node was booted.
    at: u32,
    /// The functions that were called, by name.
    functions: BTreeMap<String, Counts>,
}

/// The counts of the last minutes, the oldest first.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Recent(Vec<Snapshot>);

impl Recent {
    /// What the service kept; nothing if it did not run.
    pub(crate) fn read(store: &Store) -> Self {
        let text = file::read(&path(store)).ok().flatten();
        text.and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default()
    }

    /// Adds the counts of now, if the last ones are a minute old, and keeps it for other programs.
    pub(crate) fn tend(&mut self, store: &Store, counters: &Counters) -> Result<(), String> {
        if !self.add(control::seconds(), &of_now(counters)) {
            return Ok(());
        }
        let path = path(store);
        let at = |error: &dyn Display| format!("{}: {error}", path.display());
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(|error| at(&error))?;
        }
        let base = file::read(&path).map_err(|error| error.to_string())?;
        let text = serde_json::to_vec(self).map_err(|error| at(&error))?;
        file::replace(&path, base.as_deref(), &text).map_err(|error| at(&error))
    }

    fn add(&mut self, now: u32, functions: &BTreeMap<String, Counts>) -> bool {
        let is_due = self.0.last().is_none_or(|last| !(last.at..last.at + STEP).contains(&now));
        if is_due {
            // One that is older than the window is where the window begins.
            let is_old = |copy: &Snapshot| !(copy.at..=copy.at + WINDOW).contains(&now);
            let old = self.0.iter().take_while(|copy| is_old(copy)).count();
            self.0.drain(..old.saturating_sub(1));
            self.0.retain(|copy| copy.at <= now);
            self.0.push(Snapshot { at: now, functions: functions.clone() });
        }
        is_due
    }

    /// What happened lately, by function, and in how many seconds; those of the node's life, if the
    /// service keeps nothing.
    pub(crate) fn happened(&self, counters: &Counters) -> (u32, BTreeMap<String, Counts>) {
        self.since(control::seconds(), of_now(counters))
    }

    fn since(
        &self,
        now: u32,
        mut counts: BTreeMap<String, Counts>,
    ) -> (u32, BTreeMap<String, Counts>) {
        let old = self.0.iter().rev().find(|copy| copy.at + WINDOW <= now);
        let Some(start) = old.or(self.0.first()).filter(|copy| copy.at <= now) else {
            return (now, counts);
        };
        for (name, counts) in &mut counts {
            *counts = counts.since(start.functions.get(name).copied().unwrap_or_default());
        }
        (now - start.at, counts)
    }
}

fn path(store: &Store) -> PathBuf {
    store.pages().folder().join("service/recent.json")
}

/// The functions of which there is something to tell.
fn of_now(counters: &Counters) -> BTreeMap<String, Counts> {
    let all = SEAMS.iter().zip(&counters.rows);
    let all = all.map(|(seam, row)| (seam.name.to_string(), Counts::of(row)));
    all.filter(|(_, counts)| *counts != Counts::default()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(mismatched: u64) -> BTreeMap<String, Counts> {
        [("a".to_string(), Counts { mismatched, ..Counts::default() })].into()
    }

    #[test]
    fn a_window_of_fifteen_minutes() {
        let mut recent = Recent::default();
        assert_eq!(recent.since(500, counts(7)), (500, counts(7)), "since the node was booted");
        // One more each minute.
        for minute in 1..=60 {
            assert!(recent.add(minute * 60, &counts(minute.into())));
            assert!(!recent.add(minute * 60 + 59, &counts(99)));
        }
        assert_eq!(recent.0.len(), 17);
        assert_eq!(recent.since(3600, counts(60)), (900, counts(15)));
        assert_eq!(recent.since(3630, counts(60)), (930, counts(15)));
        // A page that was made anew.
        assert_eq!(recent.since(3600, counts(2)), (900, counts(2)));
        // What is of another boot does not count, and goes.
        assert_eq!(recent.since(30, counts(2)), (30, counts(2)));
        assert!(recent.add(30, &counts(2)));
        assert_eq!(recent.0.len(), 1);
    }

    #[test]
    fn a_service_that_began_a_while_ago() {
        let mut recent = Recent::default();
        recent.add(1000, &counts(5));
        recent.add(1060, &BTreeMap::new());
        assert_eq!(recent.since(1100, counts(6)), (100, counts(1)));
    }
}
