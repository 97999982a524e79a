//! The breaker of a seam: takes a seam that fails out of Rust's hands, and tries it again later.
//!
//! ```text
//!            trip                       cooldown over
//!  closed ──────────► open (Perl) ─────────────────────► half-open (Perl, compared)
//!    ▲                 ▲                                   │ │
//!    │                 └──── trip, cooldown doubled ───────┘ │
//!    └──────────────── CLEAN clean calls ────────────────────┘
//! ```
//!
//! A state is one word, so that processes can share it without a lock: they compute the next one
//! from the one they saw, and start over if another process was faster.

use crate::migration::Breaker;

/// So many clean calls close a breaker that is half-open.
pub const CLEAN: u8 = 10;

/// The longest cooldown, in seconds.
pub const LONGEST_COOLDOWN: u32 = 3600;

/// Two deaths of processes inside a seam within so many seconds open its breaker.
pub const DEATHS_WINDOW: u32 = 600;

/// The largest number of errors that can be asked for within the window.
pub const MOST_ERRORS: u32 = 1000;

/// The state of a breaker. Times are seconds of the node's monotonic clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// The seam works.
    Closed,
    /// The original answers.
    Open {
        /// When it is tried again.
        until: u32,
        /// How long it was to stay open, in seconds.
        cooldown: u32,
    },
    /// The seam is being tried.
    HalfOpen {
        /// Clean calls so far.
        clean: u8,
        /// How long it was open, in seconds.
        cooldown: u32,
    },
}

/// What happened to a seam.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// It is about to be called.
    Ask,
    /// A call went well.
    Clean,
    /// A call differed from the original. In production the original is right.
    Mismatch,
    /// A call failed, and `errors` did so within the window.
    Burst,
    /// A call failed.
    Failure,
    /// A call panicked, or killed its process for the second time.
    Fatal,
}

impl State {
    /// The state after an event at `now`.
    pub fn after(self, event: Event, now: u32, config: &Breaker) -> State {
        use Event::{Ask, Burst, Clean, Failure, Fatal, Mismatch};
        use State::{Closed, HalfOpen, Open};
        match (self, event) {
            (Closed, Burst | Fatal) => open(now, config.cooldown_seconds),
            (HalfOpen { cooldown, .. }, Mismatch | Failure | Burst | Fatal) => {
                open(now, cooldown.saturating_mul(2))
            }
            (Open { until, cooldown }, Ask) if is_due(until, now) => {
                HalfOpen { clean: 0, cooldown }
            }
            (HalfOpen { clean, cooldown }, Clean) => match clean + 1 {
                CLEAN.. => Closed,
                clean => HalfOpen { clean, cooldown },
            },
            // While it is open, what ends is of calls that began before.
            (state, Ask | Clean | Mismatch | Failure | Burst | Fatal) => state,
        }
    }

    /// Its name in lists.
    pub fn name(self) -> &'static str {
        match self {
            State::Closed => "closed",
            State::Open { .. } => "open",
            State::HalfOpen { .. } => "half-open",
        }
    }

    /// Seconds until it is tried again, if it is open.
    pub fn remaining(self, now: u32) -> Option<u32> {
        match self {
            State::Open { until, .. } if !is_due(until, now) => Some(until - now),
            State::Open { .. } => Some(0),
            State::Closed | State::HalfOpen { .. } => None,
        }
    }

    /// The state as one word; that of a closed breaker is 0.
    pub fn pack(self) -> u64 {
        match self {
            State::Closed => 0,
            State::Open { until, cooldown } => {
                1 | u64::from(cooldown) << 2 | u64::from(until) << 32
            }
            State::HalfOpen { clean, cooldown } => {
                2 | u64::from(cooldown) << 2 | u64::from(clean) << 32
            }
        }
    }

    /// The state of a word; one that is none of ours is that of a closed breaker.
    pub fn unpack(word: u64) -> Self {
        let cooldown = (word >> 2) as u32 & 0xfff;
        let high = (word >> 32) as u32;
        match (word & 3, u8::try_from(high)) {
            (1, _) => State::Open { until: high, cooldown },
            (2, Ok(clean @ 0..CLEAN)) => State::HalfOpen { clean, cooldown },
            _ => State::Closed,
        }
    }
}

fn open(now: u32, cooldown: u32) -> State {
    let cooldown = cooldown.clamp(1, LONGEST_COOLDOWN);
    State::Open { until: now.saturating_add(cooldown), cooldown }
}

/// True if a time has come. One that lies too far ahead is not of this clock: the node was booted.
fn is_due(until: u32, now: u32) -> bool {
    now >= until || until - now > LONGEST_COOLDOWN
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONFIG: Breaker = Breaker { errors: 3, window_seconds: 60, cooldown_seconds: 60 };

    fn open(until: u32, cooldown: u32) -> State {
        State::Open { until, cooldown }
    }

    fn half(clean: u8, cooldown: u32) -> State {
        State::HalfOpen { clean, cooldown }
    }

    #[test]
    fn every_state_meets_every_event() {
        use Event::{Ask, Burst, Clean, Failure, Fatal, Mismatch};
        use State::Closed;
        for (state, event, now, expected) in [
            (Closed, Ask, 100, Closed),
            (Closed, Clean, 100, Closed),
            (Closed, Mismatch, 100, Closed),
            (Closed, Failure, 100, Closed),
            (Closed, Burst, 100, open(160, 60)),
            (Closed, Fatal, 100, open(160, 60)),
            (open(160, 60), Ask, 159, open(160, 60)),
            (open(160, 60), Ask, 160, half(0, 60)),
            (open(160, 60), Ask, u32::MAX, half(0, 60)),
            // The clock began anew.
            (open(100_000, 60), Ask, 5, half(0, 60)),
            // Calls that began before it opened do not make it longer.
            (open(160, 60), Clean, 101, open(160, 60)),
            (open(160, 60), Mismatch, 101, open(160, 60)),
            (open(160, 60), Failure, 101, open(160, 60)),
            (open(160, 60), Burst, 101, open(160, 60)),
            (open(160, 60), Fatal, 101, open(160, 60)),
            (half(0, 60), Ask, 200, half(0, 60)),
            (half(0, 60), Clean, 200, half(1, 60)),
            (half(CLEAN - 1, 60), Clean, 200, Closed),
            (half(3, 60), Mismatch, 200, open(320, 120)),
            (half(3, 60), Failure, 200, open(320, 120)),
            (half(3, 60), Burst, 200, open(320, 120)),
            (half(3, 60), Fatal, 200, open(320, 120)),
            (half(3, 1920), Fatal, 200, open(3800, 3600)),
            (half(3, 3600), Fatal, 200, open(3800, 3600)),
        ] {
            let after = state.after(event, now, &CONFIG);
            assert_eq!(after, expected, "{state:?} {event:?} at {now}");
        }
    }

    #[test]
    fn a_seam_that_stays_broken_is_tried_ever_less() {
        let (mut now, mut waits) = (0, Vec::new());
        let mut state = State::Closed.after(Event::Fatal, now, &CONFIG);
        for _ in 0..8 {
            let wait = state.remaining(now).unwrap();
            waits.push(wait);
            now += wait;
            state = state.after(Event::Ask, now, &CONFIG).after(Event::Fatal, now, &CONFIG);
        }
        assert_eq!(waits, [60, 120, 240, 480, 960, 1920, 3600, 3600]);
    }

    #[test]
    fn words() {
        let states = [State::Closed, open(0, 1), open(u32::MAX, 3600), half(0, 1), half(9, 3600)];
        for state in states {
            assert_eq!(State::unpack(state.pack()), state);
        }
        for word in [3, 3 | 5 << 32, u64::MAX, 2 | 10 << 32, 2 | 256 << 32] {
            assert_eq!(State::unpack(word), State::Closed, "{word:x}");
        }
    }
}
