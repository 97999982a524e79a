//! The two pages as memory: what is where.
//!
//! Every field is an atomic number, every pattern of bits is a value of it, and a page that is all
//! zero means that nothing has happened yet. So any process may map a page at any time, and die
//! at any time.

use super::breaker::MOST_ERRORS;
use super::latency::Histogram;
use super::settings::WORDS;
use crate::migration::SEAMS;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};

/// Number of the layout, raised by every change of it; [`TABLE`] tells tables of seams apart.
pub const LAYOUT: u32 = 2;

/// The fingerprint of the names of all seams: a row of a page is found by its number.
pub const TABLE: u64 = {
    let mut sum = fingerprint(b"");
    let mut n = 0;
    while n < SEAMS.len() {
        sum = sum.rotate_left(5) ^ fingerprint(SEAMS[n].name.as_bytes());
        n += 1;
    }
    sum
};

/// Processes that can be told apart when one dies.
pub const SLOTS: usize = 512;

/// Longest text of an error, in bytes.
pub const TEXT: usize = 256;

/// The fields that every version has at this place: the kill switch works in processes that run
/// another version of the library, too.
#[repr(C)]
#[derive(Debug, Default)]
pub struct Head {
    /// What kind of page it is, see [`Kind`].
    pub magic: AtomicU64,
    /// Not 0: Perl answers everything.
    pub kill: AtomicU32,
    /// The process that keeps the page up to date, 0 if there is none.
    pub publisher: AtomicU32,
    /// [`LAYOUT`] of the page.
    pub layout: AtomicU32,
    /// Its size in bytes.
    pub size: AtomicU32,
    /// Its [`TABLE`].
    pub table: AtomicU64,
    /// The check sum of `magic`, `layout`, `size` and `table`.
    pub checksum: AtomicU64,
}

/// The kinds of pages, by their first eight bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// [`Control`].
    Control,
    /// [`Counters`].
    Counters,
}

impl Kind {
    fn magic(self) -> u64 {
        match self {
            Kind::Control => u64::from_le_bytes(*b"PVENETct"),
            Kind::Counters => u64::from_le_bytes(*b"PVENETcn"),
        }
    }
}

impl Head {
    /// Makes it the head of a new page.
    pub fn begin(&self, kind: Kind, size: u32) {
        self.magic.store(kind.magic(), Relaxed);
        self.layout.store(LAYOUT, Relaxed);
        self.size.store(size, Relaxed);
        self.table.store(TABLE, Relaxed);
        self.checksum.store(self.sum(), Relaxed);
    }

    /// True if the kill switch is on.
    pub fn is_killed(&self) -> bool {
        self.kill.load(Relaxed) != 0
    }

    /// True for a page of this kind, whichever its version.
    pub fn is_of(&self, kind: Kind) -> bool {
        self.magic.load(Relaxed) == kind.magic()
    }

    /// True if the page is laid out as we know it.
    pub fn is_ours(&self, kind: Kind, size: u32) -> bool {
        self.is_of(kind)
            && self.checksum.load(Relaxed) == self.sum()
            && self.layout.load(Relaxed) == LAYOUT
            && self.size.load(Relaxed) == size
            && self.table.load(Relaxed) == TABLE
    }

    fn sum(&self) -> u64 {
        let words = [self.magic.load(Relaxed), self.table.load(Relaxed)];
        let halves = [self.layout.load(Relaxed), self.size.load(Relaxed)];
        words.into_iter().chain(halves.map(u64::from)).fold(fingerprint(b""), |sum, word| {
            sum.rotate_left(5) ^ fingerprint(&word.to_le_bytes())
        })
    }
}

/// The control page: root writes it, every process reads it.
#[repr(C)]
#[derive(Debug)]
pub struct Control {
    /// Its head.
    pub head: Head,
    /// Even: number of the settings, 0 for none. Odd: they are being written.
    pub generation: AtomicU64,
    /// The check sum of the settings.
    pub checksum: AtomicU64,
    /// [`Settings`](super::Settings).
    pub settings: [AtomicU64; WORDS],
}

/// The counters page: every process that answers calls writes it.
#[repr(C)]
#[derive(Debug)]
pub struct Counters {
    /// Its head.
    pub head: Head,
    /// What happened, by seam.
    pub rows: [Row; SEAMS.len()],
    /// Who is inside of which seam.
    pub slots: [Slot; SLOTS],
}

/// What happened to one seam.
#[repr(C, align(64))]
#[derive(Debug)]
pub struct Row {
    /// Calls, by [`Engine`](crate::migration::Engine) and [`Answer`](super::Answer).
    pub calls: [[AtomicU64; 3]; 3],
    /// Calls that Rust was to answer and Perl did, by [`Reason`](super::Reason).
    pub fallbacks: [AtomicU64; 8],
    /// Calls on which both engines were compared.
    pub compared: AtomicU64,
    /// Calls on which they differed.
    pub mismatched: AtomicU64,
    /// Calls on which they differed, and the original does so from itself.
    pub random: AtomicU64,
    /// Calls in which Rust, or the shim around it, panicked.
    pub panics: AtomicU64,
    /// The lower half overflows whenever a call is due to be sampled.
    pub sample: AtomicU64,
    /// The [`State`](super::State) of the breaker.
    pub breaker: AtomicU64,
    /// How often it opened.
    pub trips: AtomicU64,
    /// Calls that failed.
    pub failures: AtomicU64,
    /// The number of the first of them that counts.
    pub forgotten: AtomicU64,
    /// When the last of them did: the place of a failure is its number, modulo the length.
    pub failed_at: [AtomicU32; MOST_ERRORS as usize],
    /// When a process died inside of the seam, 0 if none did.
    pub died_at: AtomicU32,
    /// How many did.
    pub deaths: AtomicU32,
    /// How long the original took, in calls that were compared.
    pub original: Histogram,
    /// How long Rust took, request and reply included.
    pub rust: Histogram,
    /// The last error.
    pub last_error: LastError,
}

/// The text of the last error. It is written without a lock: two at once spoil the check sum.
#[repr(C)]
#[derive(Debug)]
pub struct LastError {
    /// When it happened, in seconds since 1970.
    pub time: AtomicU64,
    /// Its [`Reason`](super::Reason).
    pub reason: AtomicU64,
    /// UTF-8, filled up with zeros.
    pub text: [AtomicU64; TEXT / 8],
    /// The check sum of all this.
    pub checksum: AtomicU64,
}

/// One process.
#[repr(C)]
#[derive(Debug)]
pub struct Slot {
    /// Its number; 0 if the slot is free.
    pub pid: AtomicU32,
    /// The seam it is inside of, counted from 1; 0 if it is in none.
    pub seam: AtomicU32,
}

/// FNV-1a.
pub const fn fingerprint(bytes: &[u8]) -> u64 {
    let mut sum: u64 = 0xcbf2_9ce4_8422_2325;
    let mut n = 0;
    while n < bytes.len() {
        sum = (sum ^ bytes[n] as u64).wrapping_mul(0x0100_0000_01b3);
        n += 1;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::mem::{align_of, offset_of, size_of};

    /// Another process may be of another build: whoever moves a field raises [`LAYOUT`].
    #[test]
    fn everything_has_its_place() {
        let n = SEAMS.len();
        for (what, is, expected) in [
            ("layout", LAYOUT as usize, 2),
            ("head.magic", offset_of!(Head, magic), 0),
            ("head.kill", offset_of!(Head, kill), 8),
            ("head.publisher", offset_of!(Head, publisher), 12),
            ("head.layout", offset_of!(Head, layout), 16),
            ("head.size", offset_of!(Head, size), 20),
            ("head.table", offset_of!(Head, table), 24),
            ("head.checksum", offset_of!(Head, checksum), 32),
            ("head", size_of::<Head>(), 40),
            ("control.generation", offset_of!(Control, generation), 40),
            ("control.checksum", offset_of!(Control, checksum), 48),
            ("control.settings", offset_of!(Control, settings), 56),
            ("control", size_of::<Control>(), 56 + 8 * (4 + n)),
            ("counters.rows", offset_of!(Counters, rows), 64),
            ("counters.slots", offset_of!(Counters, slots), 64 + 7360 * n),
            ("counters", size_of::<Counters>(), 64 + 7360 * n + 8 * 512),
            ("row.calls", offset_of!(Row, calls), 0),
            ("row.fallbacks", offset_of!(Row, fallbacks), 72),
            ("row.compared", offset_of!(Row, compared), 136),
            ("row.mismatched", offset_of!(Row, mismatched), 144),
            ("row.random", offset_of!(Row, random), 152),
            ("row.panics", offset_of!(Row, panics), 160),
            ("row.sample", offset_of!(Row, sample), 168),
            ("row.breaker", offset_of!(Row, breaker), 176),
            ("row.trips", offset_of!(Row, trips), 184),
            ("row.failures", offset_of!(Row, failures), 192),
            ("row.forgotten", offset_of!(Row, forgotten), 200),
            ("row.failed_at", offset_of!(Row, failed_at), 208),
            ("row.died_at", offset_of!(Row, died_at), 4208),
            ("row.deaths", offset_of!(Row, deaths), 4212),
            ("row.original", offset_of!(Row, original), 4216),
            ("row.rust", offset_of!(Row, rust), 5632),
            ("row.last_error", offset_of!(Row, last_error), 7048),
            ("row", size_of::<Row>(), 7360),
            ("alignment", align_of::<Counters>(), 64),
        ] {
            assert_eq!(is, expected, "{what}");
        }
    }

    fn head(kind: Kind, size: u32) -> Head {
        let head = Head::default();
        head.begin(kind, size);
        head
    }

    #[test]
    fn heads() {
        let is_ours = |head: &Head| head.is_ours(Kind::Control, 4096);
        assert!(is_ours(&head(Kind::Control, 4096)));
        assert!(!is_ours(&Head::default()));
        assert!(!is_ours(&head(Kind::Counters, 4096)));
        assert!(!is_ours(&head(Kind::Control, 8192)));
        for spoil in [
            |head: &Head| head.magic.store(1, Relaxed),
            |head: &Head| head.layout.store(LAYOUT + 1, Relaxed),
            |head: &Head| head.size.store(1, Relaxed),
            |head: &Head| head.table.store(1, Relaxed),
            |head: &Head| head.checksum.store(1, Relaxed),
        ] {
            let head = self::head(Kind::Control, 4096);
            spoil(&head);
            assert!(!is_ours(&head), "{head:?}");
        }
        // Another version of the library: only the kill switch is known.
        let head = self::head(Kind::Control, 8192);
        head.layout.store(LAYOUT + 1, Relaxed);
        head.checksum.store(head.sum(), Relaxed);
        assert!(head.is_of(Kind::Control) && !is_ours(&head));
    }

    #[test]
    fn fingerprints() {
        // The values that the authors of FNV publish.
        for (text, sum) in [
            ("", 0xcbf2_9ce4_8422_2325),
            ("a", 0xaf63_dc4c_8601_ec8c),
            ("foobar", 0x8594_4171_f739_67e8),
        ] {
            assert_eq!(fingerprint(text.as_bytes()), sum, "{text}");
        }
    }
}
