//! The node's clock: seconds since it was booted, the same in all its processes.

use nix::time::{ClockId, clock_gettime};

/// Seconds of the clock that nobody sets, at least 1. It costs no system call.
pub fn seconds() -> u32 {
    let time = clock_gettime(ClockId::CLOCK_MONOTONIC_COARSE);
    // The clock of a Linux system cannot fail.
    time.map_or(1, |time| u32::try_from(time.tv_sec()).unwrap_or(u32::MAX).max(1))
}
