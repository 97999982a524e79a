//! Functions about the library itself.

use std::ffi::{CString, c_char};

/// Number of the ABI: raised by every change that a caller built for the last one cannot bear.
pub const PVE_NETWORK_ABI_VERSION: u32 = 1;

/// Returns the number of the ABI; a caller refuses a library with another one than its own.
#[unsafe(no_mangle)]
pub extern "C" fn pve_network_abi_version() -> u32 {
    PVE_NETWORK_ABI_VERSION
}

/// Returns the version of the library, a static NUL-terminated string.
#[unsafe(no_mangle)]
pub extern "C" fn pve_network_version() -> *const c_char {
    concat!(env!("CARGO_PKG_VERSION"), "\0").as_ptr().cast()
}

/// Frees a reply; null is allowed.
///
/// # Safety
///
/// `string` is null or a reply of this library that was not freed before.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pve_network_string_free(string: *mut c_char) {
    if !string.is_null() {
        drop(unsafe { CString::from_raw(string) });
    }
}
