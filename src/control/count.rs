//! What happened to the calls of a seam, and what follows from it for its breaker.

use super::breaker::{DEATHS_WINDOW, Event, MOST_ERRORS, State};
use super::layout::{LastError, Row, TEXT, fingerprint};
use crate::migration::{Breaker, Engine};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// What a caller got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// The value that Rust returned.
    Value,
    /// The error that Rust returned.
    Error,
    /// Whatever the original did.
    Original,
}

impl Answer {
    /// Every answer, in the order of the counters page.
    pub const ALL: [Answer; 3] = [Answer::Value, Answer::Error, Answer::Original];

    /// Its name in lists.
    pub fn name(self) -> &'static str {
        ["value", "error", "original"][self as usize]
    }
}

/// How a call ended, as the migration log has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The value of Rust was the answer.
    Value,
    /// The error of Rust was the answer.
    Error,
    /// The original answered alone, or other than Rust.
    Perl,
    /// The original answered, and Rust did the same.
    Same,
    /// The original answered, Rust would have done something else.
    Mismatch,
    /// The same, but so might the original have.
    Random,
}

impl Outcome {
    /// Every outcome, in the order of the ABI.
    pub const ALL: [Outcome; 6] = [
        Outcome::Value,
        Outcome::Error,
        Outcome::Perl,
        Outcome::Same,
        Outcome::Mismatch,
        Outcome::Random,
    ];

    fn answer(self) -> Answer {
        match self {
            Outcome::Value => Answer::Value,
            Outcome::Error => Answer::Error,
            Outcome::Perl | Outcome::Same | Outcome::Mismatch | Outcome::Random => Answer::Original,
        }
    }
}

/// Why Rust did not answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// It panicked, or the shim around it died.
    Panic,
    /// It found an error that the original does not.
    Error,
    /// It does not implement what was asked for.
    Unsupported,
    /// It failed too often.
    Breaker,
    /// The library has another ABI.
    Abi,
    /// It is switched off.
    KillSwitch,
    /// There is no library.
    NoLibrary,
    /// It did not understand the shim.
    Request,
}

impl Reason {
    /// Every reason, in the order of the counters page and of the ABI, where they count from 1.
    pub const ALL: [Reason; 8] = [
        Reason::Panic,
        Reason::Error,
        Reason::Unsupported,
        Reason::Breaker,
        Reason::Abi,
        Reason::KillSwitch,
        Reason::NoLibrary,
        Reason::Request,
    ];

    /// Its name in lists and in the migration log.
    pub fn name(self) -> &'static str {
        match self {
            Reason::Panic => "panic",
            Reason::Error => "error",
            Reason::Unsupported => "unsupported",
            Reason::Breaker => "breaker",
            Reason::Abi => "abi",
            Reason::KillSwitch => "kill_switch",
            Reason::NoLibrary => "no_library",
            Reason::Request => "request",
        }
    }
}

/// One call that is over.
#[derive(Debug, Clone, Copy)]
pub struct Ended<'a> {
    /// Who was to answer it.
    pub engine: Engine,
    /// How it ended.
    pub outcome: Outcome,
    /// Why Rust did not answer.
    pub reason: Option<Reason>,
    /// How long Rust took, if it was asked.
    pub rust: Option<Duration>,
    /// How long the original took, if that was measured.
    pub original: Option<Duration>,
    /// What went wrong, for people.
    pub detail: Option<&'a str>,
}

impl Ended<'_> {
    /// A call that is nobody's but the original's.
    pub fn left() -> Self {
        Ended {
            engine: Engine::Perl,
            outcome: Outcome::Perl,
            reason: None,
            rust: None,
            original: None,
            detail: None,
        }
    }
}

impl Row {
    /// Counts a call.
    pub fn count(&self, call: &Ended, now: u32, config: &Breaker) {
        let Ended { engine, outcome, reason, .. } = *call;
        add(&self.calls[engine as usize][outcome.answer() as usize]);
        if let (Engine::Rust, Outcome::Perl, Some(reason)) = (engine, outcome, reason) {
            add(&self.fallbacks[reason as usize]);
        }
        let counters: &[_] = match outcome {
            Outcome::Same => &[&self.compared],
            Outcome::Mismatch => &[&self.compared, &self.mismatched],
            Outcome::Random => &[&self.compared, &self.random],
            Outcome::Value | Outcome::Error | Outcome::Perl => &[],
        };
        counters.iter().copied().for_each(add);
        if reason == Some(Reason::Panic) {
            add(&self.panics);
        }
        for (histogram, duration) in [(&self.rust, call.rust), (&self.original, call.original)] {
            duration.into_iter().for_each(|duration| histogram.add(duration));
        }
        if let (Some(reason), Some(detail)) = (reason, call.detail) {
            self.last_error.set(reason, detail);
        }
        match (outcome, reason) {
            (_, Some(Reason::Panic)) => _ = self.step(Event::Fatal, now, config),
            (_, Some(Reason::Error | Reason::Request)) => self.failed(now, config),
            (Outcome::Mismatch, _) => _ = self.step(Event::Mismatch, now, config),
            (Outcome::Value | Outcome::Same | Outcome::Random, _) => {
                _ = self.step(Event::Clean, now, config);
            }
            _ => {}
        }
    }

    /// The state of the breaker for a call that begins.
    pub fn ask(&self, now: u32, config: &Breaker) -> State {
        self.step(Event::Ask, now, config)
    }

    /// The state of the breaker, left as it is.
    pub fn state(&self) -> State {
        State::unpack(self.breaker.load(Relaxed))
    }

    /// Counts the death of a process inside of the seam.
    pub fn died(&self, now: u32, config: &Breaker) {
        self.deaths.fetch_add(1, Relaxed);
        let last = self.died_at.swap(now.max(1), Relaxed);
        if last != 0 && is_within(DEATHS_WINDOW, last, now) {
            self.step(Event::Fatal, now, config);
        }
    }

    /// Closes the breaker and forgets what would open it.
    pub fn reset(&self) {
        self.breaker.store(State::Closed.pack(), Relaxed);
        self.forget();
        self.died_at.store(0, Relaxed);
    }

    /// True for every so many calls of the node that they are `share` of all.
    pub fn is_sampled(&self, share: f64) -> bool {
        // Rounded up: a tenth of ten calls is one.
        let share = (share * (1_u64 << 32) as f64).ceil() as u64;
        let before = self.sample.fetch_add(share, Relaxed);
        share > 0 && before.wrapping_add(share) >> 32 != before >> 32
    }

    fn failed(&self, now: u32, config: &Breaker) {
        let number = self.failures.fetch_add(1, Relaxed);
        let place = |number: u64| &self.failed_at[number as usize % self.failed_at.len()];
        place(number).store(now, Relaxed);

        let errors = u64::from(config.errors.clamp(1, MOST_ERRORS));
        let first = number.checked_sub(errors - 1);
        let first = first.filter(|first| *first >= self.forgotten.load(Relaxed));
        let is_burst = first
            .is_some_and(|first| is_within(config.window_seconds, place(first).load(Relaxed), now));
        self.step(if is_burst { Event::Burst } else { Event::Failure }, now, config);
    }

    /// Lets the failures so far count no more.
    fn forget(&self) {
        self.forgotten.store(self.failures.load(Relaxed), Relaxed);
    }

    fn step(&self, event: Event, now: u32, config: &Breaker) -> State {
        let mut word = self.breaker.load(Relaxed);
        loop {
            let before = State::unpack(word);
            let after = before.after(event, now, config);
            if after == before {
                return after;
            }
            match self.breaker.compare_exchange_weak(word, after.pack(), Relaxed, Relaxed) {
                Err(other) => word = other,
                Ok(_) => {
                    if matches!(after, State::Open { .. }) {
                        add(&self.trips);
                        self.forget();
                    }
                    return after;
                }
            }
        }
    }
}

fn add(counter: &AtomicU64) {
    counter.fetch_add(1, Relaxed);
}

/// True if not more than `window` seconds have passed; a time to come is of another clock.
fn is_within(window: u32, time: u32, now: u32) -> bool {
    now.checked_sub(time).is_some_and(|age| age <= window)
}

impl LastError {
    fn set(&self, reason: Reason, text: &str) {
        let time = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        let time = time.map_or(0, |time| time.as_secs());
        let mut bytes = [0; TEXT];
        let end = (0..=text.len().min(TEXT)).rev().find(|end| text.is_char_boundary(*end));
        let text = text.trim_end().as_bytes();
        let end = end.unwrap_or_default().min(text.len());
        bytes[..end].copy_from_slice(&text[..end]);

        self.time.store(time, Relaxed);
        self.reason.store(reason as u64, Relaxed);
        for (word, chunk) in self.text.iter().zip(bytes.chunks_exact(8)) {
            word.store(chunk.iter().rev().fold(0, |word, b| word << 8 | u64::from(*b)), Relaxed);
        }
        self.checksum.store(sum(time, reason as u64, &bytes), Relaxed);
    }

    /// When it happened in seconds since 1970, why, and what it said; `None` if there was none, or
    /// two processes wrote it at once.
    pub fn get(&self) -> Option<(u64, Reason, String)> {
        let mut bytes = [0; TEXT];
        for (word, chunk) in self.text.iter().zip(bytes.chunks_exact_mut(8)) {
            chunk.copy_from_slice(&word.load(Relaxed).to_le_bytes());
        }
        let (time, reason) = (self.time.load(Relaxed), self.reason.load(Relaxed));
        if self.checksum.load(Relaxed) != sum(time, reason, &bytes) {
            return None;
        }
        let text = String::from_utf8_lossy(&bytes).trim_end_matches('\0').to_owned();
        Some((time, *Reason::ALL.get(usize::try_from(reason).ok()?)?, text))
    }
}

fn sum(time: u64, reason: u64, text: &[u8]) -> u64 {
    fingerprint(text) ^ time.rotate_left(32) ^ reason.rotate_left(8)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::breaker::CLEAN;
    use crate::control::layout::Counters;
    use crate::control::page::Mapping;

    const CONFIG: Breaker = Breaker { errors: 3, window_seconds: 60, cooldown_seconds: 60 };

    fn page() -> Mapping<Counters> {
        let folder = tempfile::tempdir().unwrap();
        Mapping::create(folder.path(), true, |_| {}).unwrap()
    }

    fn call(engine: Engine, outcome: Outcome, reason: Option<Reason>) -> Ended<'static> {
        Ended { engine, outcome, reason, rust: None, original: None, detail: None }
    }

    #[test]
    fn every_call_is_in_one_cell() {
        use Outcome::{Error, Mismatch, Perl, Random, Same, Value};
        for (engine, outcome, answer, comparison) in [
            (Engine::Perl, Perl, Answer::Original, [0, 0, 0]),
            (Engine::Shadow, Same, Answer::Original, [1, 0, 0]),
            (Engine::Shadow, Mismatch, Answer::Original, [1, 1, 0]),
            (Engine::Shadow, Random, Answer::Original, [1, 0, 1]),
            (Engine::Shadow, Perl, Answer::Original, [0, 0, 0]),
            (Engine::Rust, Value, Answer::Value, [0, 0, 0]),
            (Engine::Rust, Error, Answer::Error, [0, 0, 0]),
            (Engine::Rust, Same, Answer::Original, [1, 0, 0]),
            (Engine::Rust, Perl, Answer::Original, [0, 0, 0]),
        ] {
            let page = page();
            let row = &page.rows[0];
            row.count(&call(engine, outcome, None), 1, &CONFIG);
            for (n, calls) in row.calls.iter().enumerate() {
                for (m, count) in calls.iter().enumerate() {
                    let is_it = (n, m) == (engine as usize, answer as usize);
                    assert_eq!(count.load(Relaxed), u64::from(is_it), "{engine:?} {outcome:?}");
                }
            }
            let counts = [&row.compared, &row.mismatched, &row.random].map(|n| n.load(Relaxed));
            assert_eq!(counts, comparison, "{engine:?} {outcome:?}");
        }
    }

    #[test]
    fn fallbacks_are_what_rust_was_to_answer() {
        let page = page();
        let row = &page.rows[0];
        for reason in Reason::ALL {
            for engine in Engine::ALL {
                row.count(&call(engine, Outcome::Perl, Some(reason)), 1, &CONFIG);
            }
            // Without a fall back, the caller got the error.
            row.count(&call(Engine::Rust, Outcome::Error, Some(reason)), 1, &CONFIG);
            assert_eq!(row.fallbacks[reason as usize].load(Relaxed), 1, "{reason:?}");
            let panics = if reason == Reason::Panic { 4 } else { 0 };
            assert_eq!(row.panics.swap(0, Relaxed), panics, "{reason:?}");
        }
    }

    #[test]
    fn which_calls_open_the_breaker() {
        use Outcome::{Error, Mismatch, Perl, Same, Value};
        let (error, unsupported) = (Some(Reason::Error), Some(Reason::Unsupported));
        for (what, calls, opens) in [
            ("one panic", vec![(100, Perl, Some(Reason::Panic))], true),
            ("two errors", vec![(100, Perl, error); 2], false),
            ("three errors", vec![(100, Perl, error); 3], true),
            ("a shim that is not understood", vec![(100, Perl, Some(Reason::Request)); 3], true),
            ("what is not implemented", vec![(100, Perl, unsupported); 9], false),
            ("the kill switch", vec![(100, Perl, Some(Reason::KillSwitch)); 9], false),
            ("answers", vec![(100, Value, None), (100, Error, None), (100, Same, None)], false),
            ("differences in a shadow", vec![(100, Mismatch, None); 9], false),
            (
                "three within the window",
                vec![(100, Perl, error), (159, Perl, error), (160, Perl, error)],
                true,
            ),
            (
                "three in more than the window",
                vec![(100, Perl, error), (159, Perl, error), (161, Perl, error)],
                false,
            ),
            (
                "three within the window, after one that is not",
                vec![
                    (100, Perl, error),
                    (159, Perl, error),
                    (161, Perl, error),
                    (162, Perl, error),
                ],
                true,
            ),
            (
                "of another boot",
                vec![(900, Perl, error), (901, Perl, error), (5, Perl, error)],
                false,
            ),
        ] {
            let page = page();
            for (now, outcome, reason) in calls {
                page.rows[0].count(&call(Engine::Rust, outcome, reason), now, &CONFIG);
            }
            assert_eq!(page.rows[0].state() != State::Closed, opens, "{what}");
            assert_eq!(page.rows[0].trips.load(Relaxed), u64::from(opens), "{what}");
        }
    }

    #[test]
    fn a_breaker_closes_by_clean_calls_and_forgets() {
        let config = Breaker { window_seconds: 86400, ..CONFIG };
        let page = page();
        let row = &page.rows[0];
        let fail = |now| {
            row.count(&call(Engine::Rust, Outcome::Perl, Some(Reason::Error)), now, &config);
        };
        (100..103).for_each(fail);
        assert_eq!(row.ask(161, &config).name(), "open");
        assert_eq!(row.ask(162, &config).name(), "half-open");
        for n in 0..CLEAN {
            assert_eq!(row.state().name(), "half-open", "{n}");
            row.count(&call(Engine::Shadow, Outcome::Same, None), 163, &config);
        }
        assert_eq!(row.state(), State::Closed);
        // What opened it once does not count again.
        (164..166).for_each(fail);
        assert_eq!(row.state(), State::Closed);
        fail(166);
        assert_eq!(row.state(), State::Open { until: 226, cooldown: 60 });
        row.reset();
        (167..169).for_each(fail);
        assert_eq!(row.state(), State::Closed);
    }

    #[test]
    fn two_deaths_within_ten_minutes_open_the_breaker() {
        for (deaths, opens) in [
            (vec![100], false),
            (vec![100, 700], true),
            (vec![100, 701], false),
            (vec![100, 701, 800], true),
            (vec![900, 100], false), // the node was booted in between
        ] {
            let page = page();
            deaths.iter().for_each(|now| page.rows[0].died(*now, &CONFIG));
            assert_eq!(page.rows[0].state() != State::Closed, opens, "{deaths:?}");
            assert_eq!(page.rows[0].deaths.load(Relaxed), deaths.len() as u32);
        }
    }

    #[test]
    fn samples_are_that_share_of_the_calls() {
        for (share, expected) in [(0.0, 0), (0.01, 10), (0.25, 250), (1.0, 1000)] {
            let page = page();
            let sampled = (0..1000).filter(|_| page.rows[0].is_sampled(share)).count();
            assert!(sampled.abs_diff(expected) <= 1, "{share}: {sampled}");
        }
    }

    #[test]
    fn last_error() {
        let page = page();
        let row = &page.rows[0];
        assert_eq!(row.last_error.get(), None);
        let long = "ä".repeat(TEXT);
        for (text, expected) in [("no\n", "no"), ("", ""), (&long, &long[..TEXT]), ("b", "b")] {
            let call = call(Engine::Rust, Outcome::Perl, Some(Reason::Request));
            row.count(&Ended { detail: Some(text), ..call }, 1, &CONFIG);
            let (time, reason, found) = row.last_error.get().unwrap();
            assert_eq!((reason, found.as_str()), (Reason::Request, expected));
            assert!(time > 1_600_000_000, "{time}");
        }
        row.last_error.text[3].fetch_xor(1, Relaxed);
        assert_eq!(row.last_error.get(), None);
    }
}
