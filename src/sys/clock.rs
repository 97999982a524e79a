//! The clock of the node.
#![allow(unsafe_code)]

use nix::libc;

/// True if the kernel was told of late that its clock is right, as chrony and the like do.
///
/// Source: adjtimex(2).
pub fn is_synchronised() -> bool {
    // SAFETY: `timex` is a struct of numbers, for which all bits zero are a value.
    let mut time: libc::timex = unsafe { std::mem::zeroed() };
    // SAFETY: it is ours for the time of the call; the mode 0 changes nothing.
    let state = unsafe { libc::adjtimex(&mut time) };
    state != -1 && state != libc::TIME_ERROR && time.status & libc::STA_UNSYNC == 0
}
