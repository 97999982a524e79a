//! Which process is inside of which seam: what is left of one that was killed there.

use super::layout::{Counters, Slot};
use crate::migration::Breaker;
use nix::errno::Errno;
use nix::sys::signal::kill;
use nix::unistd::Pid;
use std::sync::atomic::Ordering::Relaxed;

/// True if there is a process of that number.
///
/// A number may be given to another process: then a death is seen when that one ends.
pub(crate) fn is_alive(pid: u32) -> bool {
    // Not 0, nor what would be a negative number: these name whole groups.
    let pid = i32::try_from(pid).ok().filter(|pid| *pid > 0);
    pid.is_some_and(|pid| kill(Pid::from_raw(pid), None) != Err(Errno::ESRCH))
}

impl Counters {
    /// A slot for a process, if one is left; it may be that of a process that is no more.
    pub(super) fn claim(
        &self,
        pid: u32,
        is_alive: fn(u32) -> bool,
        now: u32,
        config: &Breaker,
    ) -> Option<usize> {
        let holder = |slot: &Slot| slot.pid.load(Relaxed);
        // One of its own number is that of a predecessor: there is no other process like it.
        let own = self.slots.iter().position(|slot| holder(slot) == pid);
        let free = || self.take(pid, now, config, |holder| holder == 0);
        let left = || self.take(pid, now, config, |holder| !is_alive(holder));
        own.inspect(|own| self.bury(&self.slots[*own], now, config)).or_else(free).or_else(left)
    }

    /// Frees the slots of processes that are no more.
    pub(crate) fn reap(&self, own: u32, is_alive: fn(u32) -> bool, now: u32, config: &Breaker) {
        let is_left = |holder| holder != 0 && (holder == own || !is_alive(holder));
        while let Some(slot) = self.take(own, now, config, is_left) {
            self.slots[slot].pid.store(0, Relaxed);
        }
    }

    /// Takes over the first slot whose holder is of that kind.
    fn take(
        &self,
        pid: u32,
        now: u32,
        config: &Breaker,
        is_wanted: impl Fn(u32) -> bool,
    ) -> Option<usize> {
        let slot = self.slots.iter().position(|slot| {
            let holder = slot.pid.load(Relaxed);
            is_wanted(holder) && slot.pid.compare_exchange(holder, pid, Relaxed, Relaxed).is_ok()
        })?;
        // Only now, as nobody else may tell of this death.
        self.bury(&self.slots[slot], now, config);
        Some(slot)
    }

    fn bury(&self, slot: &Slot, now: u32, config: &Breaker) {
        let seam = slot.seam.swap(0, Relaxed) as usize;
        if let Some(row) = seam.checked_sub(1).and_then(|seam| self.rows.get(seam)) {
            row.died(now, config);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::layout::SLOTS;
    use crate::control::page::Mapping;

    const CONFIG: Breaker = Breaker { errors: 3, window_seconds: 60, cooldown_seconds: 60 };

    fn page() -> Mapping<Counters> {
        let folder = tempfile::tempdir().unwrap();
        Mapping::create(folder.path(), true, |_| {}).unwrap()
    }

    /// Processes with an odd number are alive.
    fn is_odd(pid: u32) -> bool {
        pid % 2 == 1
    }

    fn claim(page: &Counters, pid: u32) -> Option<usize> {
        page.claim(pid, is_odd, 100, &CONFIG)
    }

    fn deaths(page: &Counters) -> Vec<u32> {
        page.rows.iter().map(|row| row.deaths.load(Relaxed)).collect()
    }

    #[test]
    fn everybody_has_a_slot_until_there_are_none() {
        let page = page();
        for n in 0..SLOTS {
            assert_eq!(claim(&page, 2 * n as u32 + 1), Some(n));
        }
        assert_eq!(claim(&page, 99_999), None);
        // One that is dead is taken over.
        page.slots[7].pid.store(8, Relaxed);
        assert_eq!(claim(&page, 99_999), Some(7));
        // A predecessor of the same number leaves its slot.
        assert_eq!(claim(&page, 21), Some(10));
    }

    #[test]
    fn who_died_inside_of_a_seam_is_counted_once() {
        let page = page();
        for (slot, pid, seam) in [(0, 2, 1), (1, 3, 1), (2, 4, 0), (3, 6, 2), (4, 8, 9999)] {
            page.slots[slot].pid.store(pid, Relaxed);
            page.slots[slot].seam.store(seam, Relaxed);
        }
        for _ in 0..2 {
            page.reap(1, is_odd, 100, &CONFIG);
            assert_eq!(deaths(&page)[..2], [1, 1]);
        }
        let held = page.slots.iter().filter(|slot| slot.pid.load(Relaxed) != 0).count();
        assert_eq!(held, 1);
        // The number of the process that is alive is given to another one later.
        assert_eq!(claim(&page, 3), Some(1));
        assert_eq!(deaths(&page)[..2], [2, 1]);
        assert_eq!(page.slots[1].seam.load(Relaxed), 0);
    }

    #[test]
    fn processes() {
        assert!(is_alive(std::process::id()));
        assert!(is_alive(1));
        for pid in [0, u32::MAX, 1 << 31, i32::MAX as u32] {
            assert!(!is_alive(pid), "{pid}");
        }
    }
}
