//! The shared pages: who answers a call, and what became of it.
//!
//! These functions take no JSON, as each call of a seam begins with one of them.

use super::{PveNetworkStatus, call, migration, panic, value};
use crate::control::{self, Ended, Outcome, Reason, Verdict};
use crate::error::Error;
use crate::migration::{Engine, SEAMS};
use serde::Deserialize;
use std::ffi::{CStr, OsStr, c_char};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::time::Duration;

/// Bits of the engine in what `pve_network_control_begin` returns: 0 if it is not known, else 1 for
/// perl, 2 for shadow, 3 for rust.
pub const PVE_NETWORK_CONTROL_ENGINE: u64 = 0x3;

/// Bits of the reason why the original answers all the same, 0 if there is none: 1 panic, 2 error,
/// 3 unsupported, 4 breaker, 5 abi, 6 kill_switch, 7 no_library, 8 request.
pub const PVE_NETWORK_CONTROL_REASON: u64 = 0x3c;

/// Bit: it is perl for an input with interfaces of other kinds than the settings name.
pub const PVE_NETWORK_CONTROL_LIMITED: u64 = 0x40;

/// Bit: where it is perl for that, it is shadow.
pub const PVE_NETWORK_CONTROL_SAMPLED: u64 = 0x80;

/// Bit: every call is logged.
pub const PVE_NETWORK_CONTROL_LOGGED: u64 = 0x100;

/// The number of the settings is in the bits from this one on.
pub const PVE_NETWORK_CONTROL_GENERATION: u32 = 16;

/// Looks for the shared pages in a folder from now on; null or an empty path ends that.
///
/// # Safety
///
/// `folder` is null or a NUL-terminated string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pve_network_control_open(folder: *const c_char) {
    let folder = unsafe { bytes(folder) }.filter(|folder| !folder.is_empty());
    guarded(|| control::open(folder.map(|folder| PathBuf::from(OsStr::from_bytes(folder)))));
}

/// Returns the number of the seam of that name, for the other functions; `UINT32_MAX` if there is
/// none.
///
/// # Safety
///
/// `name` is null or a NUL-terminated string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pve_network_control_seam(name: *const c_char) -> u32 {
    let name = unsafe { bytes(name) };
    let number = SEAMS.iter().position(|seam| Some(seam.name.as_bytes()) == name);
    number.and_then(|number| u32::try_from(number).ok()).unwrap_or(u32::MAX)
}

/// Decides who answers a call of a seam, without a system call but for one look a second whether
/// the pages are still the same.
///
/// Returns 0 if the pages do not tell, exactly 1 if the original answers and nothing else is to be
/// done, else bits, see `PVE_NETWORK_CONTROL_*`. A call whose engine is perl is counted already; any
/// other one is to be counted by `pve_network_control_end`, whoever answers it.
#[unsafe(no_mangle)]
pub extern "C" fn pve_network_control_begin(seam: u32) -> u64 {
    guarded(|| control::begin(seam as usize).map(word)).flatten().unwrap_or_default()
}

/// Says that the next request of this process is one of a seam: if the process is killed there, the
/// others will know.
#[unsafe(no_mangle)]
pub extern "C" fn pve_network_control_enter(seam: u32) {
    if (seam as usize) < SEAMS.len() {
        control::enter(seam as usize);
    }
}

/// Counts a call that is over.
///
/// `engine`: as in the bits; `outcome`: 0 value (of Rust), 1 error (of Rust), 2 perl (the original
/// alone), 3 same, 4 mismatch (of what the original did), 5 random (that may be another each time);
/// `reason`: as in the bits. Durations are
/// nanoseconds, 0 for an engine that was not asked. `detail` says what went wrong, or is null.
/// Numbers that have no meaning count nothing.
///
/// # Safety
///
/// `detail` is null or a NUL-terminated string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pve_network_control_end(
    seam: u32,
    engine: u32,
    outcome: u32,
    reason: u32,
    rust_ns: u64,
    original_ns: u64,
    detail: *const c_char,
) {
    let detail = unsafe { bytes(detail) }.map(String::from_utf8_lossy);
    let duration = |ns| (ns > 0).then(|| Duration::from_nanos(ns));
    let numbered = |number: u32| (number as usize).checked_sub(1);
    let engine = numbered(engine).and_then(|number| Engine::ALL.get(number).copied());
    let outcome = Outcome::ALL.get(outcome as usize).copied();
    let reason = match numbered(reason) {
        Some(number) => Reason::ALL.get(number).copied().map(Some),
        None => Some(None),
    };
    if let (Some(engine), Some(outcome), Some(reason)) = (engine, outcome, reason) {
        let (rust, original) = (duration(rust_ns), duration(original_ns));
        let detail = detail.as_deref();
        let call = Ended { engine, outcome, reason, rust, original, detail };
        guarded(|| control::end(seam as usize, &call));
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Request {
    generation: u64,
}

/// Tells the settings that the last `pve_network_control_begin` went by.
///
/// Request: `{"generation": their number}`. Reply: as that of `pve_network_migration_decide`; of
/// kind `unsupported`, if other settings are in force.
///
/// # Safety
///
/// `request` is null or a NUL-terminated string; `reply` is null or writable. The caller owns
/// `*reply` and releases it with `pve_network_string_free`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pve_network_control_settings(
    request: *const c_char,
    reply: *mut *mut c_char,
) -> PveNetworkStatus {
    let answer = |Request { generation }, _: &mut _| match control::settings() {
        Some((known, settings)) if known == generation => value(&migration::Reply::of(&settings)),
        _ => Err(Error::Unsupported(format!("settings {generation} are not in force"))),
    };
    unsafe { call(request, reply, answer) }
}

fn word(verdict: Verdict) -> u64 {
    let Verdict { engine, reason, is_limited, is_sampled, is_logged, generation } = verdict;
    if engine == Engine::Perl && !is_logged {
        return 1;
    }
    let bit = |is_set, bit| if is_set { bit } else { 0 };
    (engine as u64 + 1)
        | reason.map_or(0, |reason| (reason as u64 + 1) << 2)
        | bit(is_limited, PVE_NETWORK_CONTROL_LIMITED)
        | bit(is_sampled, PVE_NETWORK_CONTROL_SAMPLED)
        | bit(is_logged, PVE_NETWORK_CONTROL_LOGGED)
        | generation << PVE_NETWORK_CONTROL_GENERATION
}

/// Runs `f`; a panic is nobody's business here, and must not reach the caller.
fn guarded<T>(f: impl FnOnce() -> T) -> Option<T> {
    panic::catch(|| Ok(f())).ok()
}

unsafe fn bytes<'a>(text: *const c_char) -> Option<&'a [u8]> {
    (!text.is_null()).then(|| unsafe { CStr::from_ptr(text) }.to_bytes())
}
