//! What is known of the seams of a node before Rust answers them.
//!
//! The counters page tells what happened since the node was booted, whatever answered. The ledger adds
//! that up over the boots, for each seam from the last change of what answers it: of the library, of
//! our Perl modules, or of the original.

use super::{Config, Demand, Effect, Engine, Seam, decide};
use crate::control::Row;
use crate::control::latency::{Histogram, quantile};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// The format of the ledger.
const FORMAT: u32 = 1;

const HOUR: u64 = 3600;
const DAY: u64 = 24 * HOUR;

/// No window is longer than so many days, so what is older is forgotten.
const LONGEST_WINDOW: u64 = 90 * DAY;

/// What answers a seam, each part by its SHA-256; `None` for what is not there.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bound {
    /// The library.
    pub library: Option<String>,
    /// Our Perl modules.
    pub shim: Option<String>,
    /// The modules of the original.
    pub original: Option<String>,
}

impl Bound {
    /// The parts that another one has changed, in words.
    pub fn changed(&self, other: &Bound) -> Vec<&'static str> {
        let parts = [
            ("the library", &self.library, &other.library),
            ("the shim", &self.shim, &other.shim),
            ("the original", &self.original, &other.original),
        ];
        parts.into_iter().filter(|(_, a, b)| a != b).map(|(name, ..)| name).collect()
    }
}

/// How often each bucket of a [`Histogram`] was hit.
type Buckets = BTreeMap<usize, u64>;

/// What was counted of a seam.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Counts {
    /// Calls, whoever answered them.
    pub calls: u64,
    /// Calls on which both engines were compared.
    pub compared: u64,
    /// Those on which they differed.
    pub mismatched: u64,
    /// Those on which they differed, and the original does so from itself.
    pub random: u64,
    /// Calls in which Rust panicked.
    pub panics: u64,
    /// How long the original took.
    pub original: Buckets,
    /// How long Rust took.
    pub rust: Buckets,
}

impl From<&Row> for Counts {
    fn from(row: &Row) -> Self {
        let count = |counter: &AtomicU64| counter.load(Relaxed);
        let buckets = |histogram: &Histogram| {
            let counts = histogram.counts.iter().map(count).enumerate();
            counts.filter(|(_, count)| *count > 0).collect()
        };
        Counts {
            calls: row.calls.iter().flatten().map(count).sum(),
            compared: count(&row.compared),
            mismatched: count(&row.mismatched),
            random: count(&row.random),
            panics: count(&row.panics),
            original: buckets(&row.original),
            rust: buckets(&row.rust),
        }
    }
}

impl Counts {
    /// What was counted after `before`.
    fn since(&self, before: &Counts) -> Counts {
        let buckets = |now: &Buckets, before: &Buckets| {
            let before = |bucket: &usize| before.get(bucket).copied().unwrap_or_default();
            now.iter().map(|(b, n)| (*b, n.saturating_sub(before(b)))).filter(|b| b.1 > 0).collect()
        };
        Counts {
            calls: self.calls.saturating_sub(before.calls),
            compared: self.compared.saturating_sub(before.compared),
            mismatched: self.mismatched.saturating_sub(before.mismatched),
            random: self.random.saturating_sub(before.random),
            panics: self.panics.saturating_sub(before.panics),
            original: buckets(&self.original, &before.original),
            rust: buckets(&self.rust, &before.rust),
        }
    }

    fn add(&mut self, more: &Counts) {
        self.calls += more.calls;
        self.compared += more.compared;
        self.mismatched += more.mismatched;
        self.random += more.random;
        self.panics += more.panics;
        for (all, more) in [(&mut self.original, &more.original), (&mut self.rust, &more.rust)] {
            more.iter().for_each(|(bucket, n)| *all.entry(*bucket).or_default() += n);
        }
    }
}

/// What is known of one seam.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// What answered it.
    bound: Bound,
    /// Since when, in seconds since 1970.
    since: u64,
    /// What the page said when it was last looked at.
    seen: Counts,
    /// What was counted since then.
    counts: Counts,
    /// When calls differed, by the hour, and how many.
    mismatches: Vec<(u64, u64)>,
    /// Until when they have been explained, and by what.
    #[serde(skip_serializing_if = "Option::is_none")]
    explained: Option<(u64, String)>,
    /// What was counted before the last change of what answers it.
    #[serde(skip_serializing_if = "Option::is_none")]
    lost: Option<Lost>,
}

/// What does not count any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lost {
    /// When it was found, in seconds since 1970.
    pub time: u64,
    /// What had changed.
    pub changed: Vec<String>,
    /// How many calls had been compared.
    pub compared: u64,
}

impl Record {
    fn new(bound: Bound, now: u64, seen: Counts) -> Self {
        Record { bound, since: now, seen, ..Record::default() }
    }

    /// Adds what was counted, unless that may be of what answered before.
    fn note(&mut self, now: u64, seen: Counts, is_same_page: bool, bound: Bound) {
        let changed = self.bound.changed(&bound);
        if !changed.is_empty() {
            let changed = changed.into_iter().map(String::from).collect();
            let lost = Lost { time: now, changed, compared: self.counts.compared };
            *self = Record { lost: Some(lost), ..Record::new(bound, now, seen) };
            return;
        }
        let more = if is_same_page { seen.since(&self.seen) } else { seen.clone() };
        self.seen = seen;
        self.add(now, &more);
    }

    fn add(&mut self, now: u64, more: &Counts) {
        self.counts.add(more);
        if more.mismatched > 0 {
            match self.mismatches.last_mut().filter(|(time, _)| time / HOUR == now / HOUR) {
                Some((time, count)) => (*time, *count) = (now, *count + more.mismatched),
                None => self.mismatches.push((now, more.mismatched)),
            }
        }
        self.mismatches.retain(|(time, _)| time + LONGEST_WINDOW > now);
    }
}

/// A report of `contract-test` that was added.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Added {
    /// Its SHA-256.
    pub digest: String,
    /// When it was added, in seconds since 1970.
    pub time: u64,
}

/// Everything that is known of the seams of a node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ledger {
    format: u32,
    /// The counters page that was looked at last.
    page: Option<String>,
    seams: BTreeMap<String, Record>,
    #[serde(default)]
    reports: Vec<Added>,
}

impl Default for Ledger {
    fn default() -> Self {
        Ledger { format: FORMAT, page: None, seams: BTreeMap::new(), reports: Vec::new() }
    }
}

/// How a seam stands.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Standing {
    /// False for what writes: it is not done twice, so there is nothing to compare.
    pub comparable: bool,
    /// Since when is counted, in seconds since 1970.
    pub since: Option<u64>,
    /// Calls, whoever answered them.
    pub calls: u64,
    /// Calls that were compared.
    pub compared: u64,
    /// How many have to be.
    pub demanded: u64,
    /// Those that differed within the window, and were not explained.
    pub mismatches: u64,
    /// Those that differed as the original does from itself.
    pub random: u64,
    /// Calls in which Rust panicked.
    pub panics: u64,
    /// The slowest hundredth of the original's calls takes so long, in microseconds.
    pub original_p99_us: u64,
    /// The same of Rust.
    pub rust_p99_us: u64,
    /// What has changed since it was counted: then it does not count.
    pub changed: Vec<String>,
    /// What was counted before the last change.
    pub lost: Option<Lost>,
    /// Why Rust should not answer; empty if it may.
    pub refusals: Vec<String>,
}

impl Ledger {
    /// Reads the text of a ledger.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub fn parse(text: &[u8]) -> Result<Self, String> {
        let ledger: Ledger = serde_json::from_slice(text).map_err(|error| error.to_string())?;
        match ledger.format {
            FORMAT => Ok(ledger),
            other => Err(format!("format {other}, expected {FORMAT}")),
        }
    }

    /// Adds what the page of that name counts. `bound` tells what answers a seam.
    pub fn note<'a>(
        &mut self,
        now: u64,
        page: &str,
        rows: impl Iterator<Item = (&'a Seam, Counts)>,
        bound: impl Fn(&Seam) -> Bound,
    ) {
        // What the first page has counted so far may be of what answered before.
        let is_first = self.page.is_none();
        let is_same_page = self.page.as_deref() == Some(page);
        for (seam, seen) in rows {
            match self.seams.get_mut(seam.name) {
                Some(record) => record.note(now, seen, is_same_page, bound(seam)),
                None if seen.calls == 0 => {}
                None => {
                    let before = if is_first { seen.clone() } else { Counts::default() };
                    let mut record = Record::new(bound(seam), now, before);
                    record.note(now, seen, true, bound(seam));
                    self.seams.insert(seam.name.into(), record);
                }
            }
        }
        self.page = Some(page.into());
    }

    /// Adds the comparisons of a report: equal and differing ones, by seam. Returns false if it was
    /// added before.
    pub fn add_report(
        &mut self,
        now: u64,
        digest: &str,
        compared: &[(&Seam, u64, u64)],
        bound: impl Fn(&Seam) -> Bound,
    ) -> bool {
        if self.reports.iter().any(|added| added.digest == digest) {
            return false;
        }
        for (seam, equal, different) in compared {
            let record = self.seams.entry(seam.name.into());
            let record = record.or_insert_with(|| Record::new(bound(seam), now, Counts::default()));
            let all = equal + different;
            let more =
                Counts { calls: all, compared: all, mismatched: *different, ..Counts::default() };
            record.add(now, &more);
        }
        self.reports.push(Added { digest: digest.into(), time: now });
        self.reports.retain(|added| added.time + LONGEST_WINDOW > now);
        true
    }

    /// Lets the mismatches of a seam so far not count; returns how many there are.
    pub fn explain(&mut self, now: u64, seam: &Seam, reason: &str) -> u64 {
        let Some(record) = self.seams.get_mut(seam.name) else { return 0 };
        let explained = record.explained.as_ref().map_or(0, |(time, _)| *time);
        let open = record.mismatches.iter().filter(|(time, _)| *time > explained);
        let count = open.map(|(_, count)| count).sum();
        record.explained = Some((now, reason.into()));
        count
    }

    /// How a seam stands, which is answered by `bound` now.
    pub fn standing(&self, seam: &Seam, bound: &Bound, demand: &Demand, now: u64) -> Standing {
        let comparable = seam.effect == Effect::Pure;
        let demanded = if seam.is_read() { demand.reads } else { demand.writes };
        let mut standing =
            Standing { comparable, demanded: demanded.into(), ..Standing::default() };
        let window = u64::from(demand.window_days) * DAY;
        let mut is_whole_window = false;
        if let Some(record) = self.seams.get(seam.name) {
            let explained = record.explained.as_ref().map_or(0, |(time, _)| *time);
            let counts = |time: u64| time > explained && time + window > now;
            let mismatches = record.mismatches.iter().filter(|(time, _)| counts(*time));
            let p99 = |buckets: &Buckets| quantile(buckets.iter().map(|(b, n)| (*b, *n)), 0.99);
            standing.since = Some(record.since);
            standing.calls = record.counts.calls;
            standing.compared = record.counts.compared;
            standing.random = record.counts.random;
            standing.panics = record.counts.panics;
            standing.mismatches = mismatches.map(|(_, count)| count).sum();
            standing.original_p99_us = p99(&record.counts.original);
            standing.rust_p99_us = p99(&record.counts.rust);
            standing.changed = record.bound.changed(bound).into_iter().map(String::from).collect();
            standing.lost = record.lost.clone();
            is_whole_window = record.since + window <= now;
        }
        standing.refusals = standing.refusals(demand, is_whole_window);
        standing
    }
}

impl Standing {
    fn refusals(&self, demand: &Demand, is_whole_window: bool) -> Vec<String> {
        if !self.changed.is_empty() {
            return vec![format!("{} changed since it was compared", self.changed.join(" and "))];
        }
        let mut refusals = Vec::new();
        // A function that is hardly ever called would never get there.
        let is_all = is_whole_window && self.compared == self.calls;
        if self.comparable && self.compared < self.demanded && !is_all {
            refusals.push(format!("{} of {} calls were compared", self.compared, self.demanded));
        }
        if self.mismatches > 0 {
            let days = demand.window_days;
            refusals.push(format!("{} differed in {days} days", times("call", self.mismatches)));
        }
        if self.panics > 0 {
            refusals.push(format!("{} panicked", times("call", self.panics)));
        }
        let (original, rust) = (self.original_p99_us, self.rust_p99_us);
        if self.comparable && original > 0 && rust as f64 > original as f64 * demand.p99_ratio {
            refusals.push(format!("its p99 is {rust} us, that of Perl {original} us"));
        }
        refusals
    }
}

fn times(what: &str, count: u64) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {what}{plural}")
}

/// True if the second settings let Rust answer calls of a seam that Perl answers by the first.
pub fn is_promoted(seam: &Seam, before: &Config, after: &Config) -> bool {
    let (before, after) = (decide(before, seam), decide(after, seam));
    let is_wider = !before.kinds.is_empty() && after.kinds.is_empty();
    after.engine == Engine::Rust && (before.engine != Engine::Rust || is_wider)
}
