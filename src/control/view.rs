//! The pages as a process of Perl sees them: who answers a call, and what became of it.
//!
//! Deciding takes no system call. Once a second it is looked whether the pages are still the ones
//! that are mapped, and whether somebody keeps them up to date.

use super::layout::{Control, Counters, Kind};
use super::page::{Access, Foreign, Mapping};
use super::slot::is_alive;
use super::{Ended, Reason, Settings, State, clock};
use crate::migration::{Breaker, Effect, Engine, SEAMS};
use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};

thread_local! {
    /// One for each thread, though Perl has but one: so nothing here is ever locked.
    static VIEW: RefCell<View> = const { RefCell::new(View::new()) };
}

/// The seam of the next request, counted from 1; 0 if it is of none.
static NEXT: AtomicU32 = AtomicU32::new(0);

/// True in a process that was forked off and has no slot of its own yet.
static IS_FORKED: AtomicBool = AtomicBool::new(false);

/// Who answers a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    /// The engine.
    pub engine: Engine,
    /// Why the original answers all the same.
    pub reason: Option<Reason>,
    /// True if it is Perl for an input that holds other kinds of interfaces than the seam's.
    pub is_limited: bool,
    /// True if a call that is Perl for its kinds is to be compared.
    pub is_sampled: bool,
    /// True if every call is logged.
    pub is_logged: bool,
    /// Number of the settings, at most 48 bits.
    pub generation: u64,
}

struct View {
    folder: Option<PathBuf>,
    /// When the folder was last looked at, in seconds of the node's clock.
    looked_at: u32,
    control: Page,
    counters: Option<Mapping<Counters>>,
    /// The last settings that were whole, and their number.
    settings: Option<(u64, Settings)>,
    /// The slot of this process.
    slot: Option<usize>,
}

/// The control page.
enum Page {
    /// There is none.
    None,
    /// One of another version: all that is known of it is the kill switch.
    Foreign(Mapping<Foreign>),
    /// One that nobody keeps up to date: the same.
    Left(Mapping<Control>),
    /// One that is.
    Live(Mapping<Control>),
}

/// Looks for the pages in a folder from now on, or no longer.
pub fn open(folder: Option<PathBuf>) {
    register_fork();
    with(|view| *view = View { folder, ..View::new() });
}

/// Decides who answers a call of a seam; `None` if the pages do not tell.
///
/// A call whose engine is Perl is counted at once. Any other one is counted by [`end`].
pub fn begin(seam: usize) -> Option<Verdict> {
    with(|view| view.begin(seam, clock::seconds())).flatten()
}

/// Counts a call that is over.
pub fn end(seam: usize, call: &Ended) {
    with(|view| view.count(seam, call, clock::seconds()));
}

/// Says that the next request is one of this seam.
pub fn enter(seam: usize) {
    NEXT.store(u32::try_from(seam + 1).unwrap_or_default(), Relaxed);
}

/// The settings that the last [`begin`] went by, and their number.
pub fn settings() -> Option<(u64, Settings)> {
    with(|view| view.settings.clone()).flatten()
}

/// Marks this process as being inside of the seam that was entered, as long as the mark lives.
pub fn inside() -> Mark {
    let seam = NEXT.swap(0, Relaxed);
    if seam != 0 {
        with(|view| view.mark(seam));
    }
    Mark { is_set: seam != 0 }
}

/// See [`inside`]. A process that is killed leaves it behind.
#[must_use]
pub struct Mark {
    is_set: bool,
}

impl Drop for Mark {
    fn drop(&mut self) {
        if self.is_set {
            with(|view| view.mark(0));
        }
    }
}

/// Runs `f` on the view of this process; not while the thread ends, nor inside of itself.
fn with<T>(f: impl FnOnce(&mut View) -> T) -> Option<T> {
    let run = |view: &RefCell<View>| view.try_borrow_mut().ok().map(|mut view| f(&mut view));
    VIEW.try_with(run).ok().flatten()
}

impl View {
    const fn new() -> Self {
        View {
            folder: None,
            looked_at: 0,
            control: Page::None,
            counters: None,
            settings: None,
            slot: None,
        }
    }

    fn begin(&mut self, seam: usize, now: u32) -> Option<Verdict> {
        if self.looked_at != now {
            self.look(now);
        }
        let is_killed = match &self.control {
            Page::None => return None,
            Page::Foreign(page) => page.0.is_killed(),
            Page::Left(page) | Page::Live(page) => page.head.is_killed(),
        };
        let rule = match &self.control {
            Page::Live(page) => {
                let generation = page.generation.load(Relaxed);
                if self.settings.as_ref().is_none_or(|(known, _)| *known != generation) {
                    // Of settings that are just being written, the last ones stay in force.
                    self.settings = page.settings().or(self.settings.take());
                }
                self.settings.as_ref().map(|(_, settings)| settings.seams.get(seam).copied())
            }
            _ => None,
        };
        let Some(rule) = rule else {
            // Nobody knows who was to answer.
            if is_killed {
                self.count(seam, &Ended::left(), now);
            }
            return is_killed.then_some(Verdict::PERL);
        };
        let rule = rule?;
        let (generation, settings) = self.settings.as_ref()?;
        let row = self.counters.as_ref().map(|page| &page.rows[seam]);
        let is_sampled = (rule.engine == Engine::Perl || rule.is_limited)
            && SEAMS[seam].effect == Effect::Pure
            && !is_killed
            && row.is_some_and(|row| row.is_sampled(settings.sample));
        let mut verdict = Verdict {
            engine: match rule.engine {
                Engine::Perl if is_sampled => Engine::Shadow,
                engine => engine,
            },
            reason: None,
            is_limited: rule.is_limited,
            is_sampled,
            is_logged: settings.log_decisions,
            generation: *generation,
        };
        if verdict.engine != Engine::Perl {
            let breaker = row.map_or(State::Closed, |row| row.ask(now, &settings.breaker));
            match breaker {
                _ if is_killed => verdict.reason = Some(Reason::KillSwitch),
                // Without a fall back, every failure is to be seen.
                _ if !settings.fallback_enabled => {}
                State::Closed => {}
                State::Open { .. } => verdict.reason = Some(Reason::Breaker),
                // What writes cannot be compared: it is tried for real.
                State::HalfOpen { .. } if SEAMS[seam].effect == Effect::Writes => {}
                State::HalfOpen { .. } => verdict.engine = Engine::Shadow,
            }
        }
        if verdict.engine == Engine::Perl {
            self.count(seam, &Ended::left(), now);
        }
        Some(verdict)
    }

    fn count(&self, seam: usize, call: &Ended, now: u32) {
        let row = self.counters.as_ref().and_then(|page| page.rows.get(seam));
        if let Some(row) = row {
            row.count(call, now, &self.breaker());
        }
    }

    fn breaker(&self) -> Breaker {
        let settings = self.settings.as_ref();
        settings.map_or_else(Breaker::default, |(_, settings)| settings.breaker.clone())
    }

    /// Maps the pages that are there now.
    fn look(&mut self, now: u32) {
        self.looked_at = now;
        let Some(folder) = &self.folder else { return };
        self.control = match std::mem::replace(&mut self.control, Page::None) {
            Page::Foreign(page) if page.is_in_place(folder) => Page::Foreign(page),
            Page::Left(page) | Page::Live(page) if page.is_in_place(folder) => Page::control(page),
            _ => Page::open(folder),
        };
        if matches!(self.control, Page::None | Page::Foreign(_)) {
            self.settings = None;
        }
        if !self.counters.as_ref().is_some_and(|page| page.is_in_place(folder)) {
            let page = Mapping::<Counters>::open(folder, Access::Write).ok();
            self.counters = page.filter(Mapping::is_ours);
            self.slot = None;
        }
    }

    /// Says that this process is inside of a seam, counted from 1, or in none.
    fn mark(&mut self, seam: u32) {
        if IS_FORKED.swap(false, Relaxed) {
            // The slot is that of the process it was forked from.
            self.slot = None;
        }
        let breaker = self.breaker();
        let Some(page) = &self.counters else { return };
        if self.slot.is_none() {
            let now = clock::seconds();
            self.slot = page.claim(std::process::id(), is_alive, now, &breaker);
        }
        if let Some(slot) = self.slot {
            page.slots[slot].seam.store(seam, Relaxed);
        }
    }
}

impl Page {
    fn open(folder: &Path) -> Self {
        if let Ok(page) = Mapping::<Control>::open(folder, Access::Read) {
            if page.is_ours() {
                return Page::control(page);
            }
        }
        let page = Mapping::<Foreign>::open(folder, Access::Read).ok();
        page.filter(|page| page.0.is_of(Kind::Control)).map_or(Page::None, Page::Foreign)
    }

    fn control(page: Mapping<Control>) -> Self {
        match is_alive(page.head.publisher.load(Relaxed)) {
            true => Page::Live(page),
            false => Page::Left(page),
        }
    }
}

impl Verdict {
    const PERL: Verdict = Verdict {
        engine: Engine::Perl,
        reason: None,
        is_limited: false,
        is_sampled: false,
        is_logged: false,
        generation: 0,
    };
}

/// Lets a process know that it was forked off.
#[allow(unsafe_code)]
fn register_fork() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    extern "C" fn forked() {
        IS_FORKED.store(true, Relaxed);
    }
    ONCE.call_once(|| {
        // SAFETY: the function does nothing but to store into an atomic, which is allowed in a
        // child. If it cannot be registered, a death is put down to the parent.
        let _ = unsafe { nix::libc::pthread_atfork(None, None, Some(forked)) };
    });
}
