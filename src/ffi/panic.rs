//! Turns a panic into an error and keeps it off the daemon's stderr.

use crate::error::{Error, Result};
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind, set_hook, take_hook};
use std::sync::Once;

thread_local! {
    /// Where the last panic inside [`catch`] happened; `None` outside of it.
    static CAUGHT: Cell<Option<Option<String>>> = const { Cell::new(None) };
}

static HOOK: Once = Once::new();

/// Runs `f`; a panic becomes [`Error::Bug`] with its text and place.
///
/// A panic hook belongs to the copy of the standard library that is linked into this library, so
/// setting one does not touch other Rust libraries of the process.
pub(super) fn catch<T>(f: impl FnOnce() -> Result<T>) -> Result<T> {
    HOOK.call_once(|| {
        let default = take_hook();
        set_hook(Box::new(move |panic| match CAUGHT.take() {
            None => default(panic),
            Some(_) => CAUGHT.set(Some(place(panic))),
        }));
    });

    CAUGHT.set(Some(None));
    let outcome = catch_unwind(AssertUnwindSafe(f));
    let place = CAUGHT.take().flatten().unwrap_or_default();
    outcome.unwrap_or_else(|panic| Err(Error::Bug(format!("{}{place}", text(&*panic)))))
}

fn place(panic: &PanicHookInfo) -> Option<String> {
    panic.location().map(|place| format!(" at {}:{}", place.file(), place.line()))
}

fn text(panic: &(dyn std::any::Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("panic")
}

/// Panics if the environment asks for it in calls with this type of request.
#[cfg(feature = "fault-injection")]
#[allow(clippy::panic)] // it is what it is for
pub(super) fn inject(request: &str) {
    let (request, _) = request.split_once('<').unwrap_or((request, "")); // without lifetimes
    if std::env::var("PVE_NETWORK_RS_FAULT").is_ok_and(|fault| request.ends_with(&fault)) {
        panic!("injected into {request}");
    }
}
