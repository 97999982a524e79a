//! What differs from what runs.

use super::{PveNetworkStatus, call, value};
use crate::perl::{Hash, Text, Value};
use crate::sdn::pending;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::ffi::c_char;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Pending<'a> {
    #[serde(borrow)]
    running: Option<Hash<'a>>,
    #[serde(borrow)]
    config: Option<Hash<'a>>,
    #[serde(borrow, rename = "type")]
    kind: Text<'a>,
}

/// Compares the running config with the config of one kind of objects.
///
/// Request: `{"running", "config", "type"}`. Value: `{"ids"}`.
///
/// # Safety
///
/// `request` is null or a NUL-terminated string; `reply` is null or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pve_network_pending_config(
    request: *const c_char,
    reply: *mut *mut c_char,
) -> PveNetworkStatus {
    let answer = |request: Pending, _: &mut _| {
        let running = request.running.unwrap_or_default();
        let config = request.config.unwrap_or_default();
        let ids = pending::pending_config(&running, &config, &request.kind.0)?;
        value(&BTreeMap::from([("ids", ids)]))
    };
    unsafe { call(request, reply, answer) }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Changes<'a> {
    #[serde(borrow)]
    running: Option<Hash<'a>>,
    /// The configs by kind of objects.
    #[serde(borrow)]
    configs: Hash<'a>,
}

/// Says whether an apply would change anything.
///
/// Request: `{"running", "configs": {type: config}}`. Value: 0 or 1.
///
/// # Safety
///
/// As for [`pve_network_pending_config`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pve_network_pending_changes(
    request: *const c_char,
    reply: *mut *mut c_char,
) -> PveNetworkStatus {
    let answer = |request: Changes, _: &mut _| {
        let running = request.running.unwrap_or_default();
        let is_pending = pending::has_pending_changes(&running, &request.configs)?;
        value(&u8::from(is_pending))
    };
    unsafe { call(request, reply, answer) }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Encode<'a> {
    #[serde(borrow)]
    key: Text<'a>,
    #[serde(borrow)]
    value: Value<'a>,
}

/// Makes the value of a key as the API shows it.
///
/// Request: `{"key", "value"}`. Value: the same, or a text.
///
/// # Safety
///
/// As for [`pve_network_pending_config`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pve_network_pending_encode(
    request: *const c_char,
    reply: *mut *mut c_char,
) -> PveNetworkStatus {
    let answer =
        |request: Encode, _: &mut _| value(&*pending::encode_value(&request.key.0, &request.value));
    unsafe { call(request, reply, answer) }
}
