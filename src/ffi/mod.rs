//! The C ABI. One function per seam; all logic lives in `call` and in the core.
//!
//! Every function of a seam has the signature
//! `PveNetworkStatus f(const char *request, char **reply)`: a NUL-terminated JSON text in, a
//! NUL-terminated JSON text out, to be freed with [`pve_network_string_free`]. A reply is
//! `{"value":…,"warnings":[…]}` or `{"error":{"kind":…,"message":…},"warnings":[…]}`.
//!
//! What is long may be attached, that is, follow the JSON and a newline, so that it is not quoted. It
//! must hold no NUL, which would end it. A text is attached as it is, data as a document of
//! [Sereal](crate::perl::sereal):
//!
//! - in a request, the `text` of [`pve_network_interfaces_parse`] and the `config` of
//!   [`pve_network_interfaces_render`];
//! - in a reply, the value of these two and of [`pve_network_sdn_zones_generate`], where the request says
//!   `"attach": 1`. Such a reply is `{"warnings":…}`, a newline and the value. One without a newline is
//!   as any other: an error, or a value with a NUL, is never attached.
#![allow(unsafe_code)]

mod ask;
mod control;
mod dns;
mod dnsmasq;
mod exchange;
mod fabric;
mod frr;
mod hooks;
mod interfaces;
mod ipam;
mod meta;
mod migration;
mod panic;
mod pending;
mod request;
mod sdn;
mod section_config;
mod status;
mod subnets;
mod value;

pub use ask::ask;
pub use control::*;
pub use dns::*;
pub use dnsmasq::*;
pub use fabric::*;
pub use frr::*;
pub use hooks::*;
pub use interfaces::*;
pub use ipam::*;
pub use meta::*;
pub use migration::*;
pub use pending::*;
pub use sdn::*;
pub use section_config::*;
pub use status::*;
pub use subnets::*;

pub(crate) use request::{as_text, from_json, read_attached, start_from_json};
pub(crate) use value::{Value, data_value, sized_value, text_value, value};

use crate::error::{Error, Result};
use crate::notes::Notes;
use serde::Deserialize;
use std::ffi::{CStr, CString, c_char};

/// The largest request that is answered, in bytes.
///
/// A call cannot be interrupted by Perl's `alarm`, so its duration is bounded by its input.
pub const PVE_NETWORK_REQUEST_LIMIT: usize = 8 << 20;

/// Outcome of a call.
#[repr(i32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PveNetworkStatus {
    /// `*reply` has a `value`.
    Ok = 0,
    /// `*reply` has an `error`; the input was at fault, or asks for what is not implemented.
    Error = 1,
    /// `*reply` has an `error` or is null; the library or its caller was at fault.
    Bug = 2,
}

/// Decodes the request, runs `f`, encodes the reply; never unwinds into the caller.
///
/// # Safety
///
/// `request` is null or a NUL-terminated string; `reply` is null or writable.
pub(crate) unsafe fn call<'a, Req: Deserialize<'a>>(
    request: *const c_char,
    reply: *mut *mut c_char,
    f: impl FnOnce(Req, &mut Notes) -> Result<Value>,
) -> PveNetworkStatus {
    unsafe { call_reading(request, reply, from_json, f) }
}

/// As [`call`], but `read` decodes the request.
///
/// # Safety
///
/// As for [`call`].
pub(crate) unsafe fn call_reading<'a, Req>(
    request: *const c_char,
    reply: *mut *mut c_char,
    read: impl FnOnce(&'a [u8]) -> Result<Req>,
    f: impl FnOnce(Req, &mut Notes) -> Result<Value>,
) -> PveNetworkStatus {
    if reply.is_null() {
        return PveNetworkStatus::Bug;
    }
    unsafe { *reply = std::ptr::null_mut() };
    if request.is_null() {
        return PveNetworkStatus::Bug;
    }
    let request = unsafe { CStr::from_ptr(request) }.to_bytes();

    let mut notes = Notes::default();
    // The core keeps no state between calls, so a panic leaves nothing half-done behind.
    let result = panic::catch(|| {
        let _mark = crate::control::inside();
        if request.len() > PVE_NETWORK_REQUEST_LIMIT {
            return Err(Error::Unsupported(format!(
                "request of {} bytes, at most {PVE_NETWORK_REQUEST_LIMIT} are answered",
                request.len()
            )));
        }
        let request = read(request)?;
        #[cfg(feature = "fault-injection")]
        panic::inject(std::any::type_name::<Req>());
        f(request, &mut notes)
    });
    let (status, text) = encode(result, &notes);

    // JSON has U+0000 escaped and an attached text has none, see `text_value`: the first NUL is the
    // one at the end. Were it not, there would be no reply rather than half of one. It is looked for
    // here, as `CString::from_vec_with_nul` takes a twentieth of the time of a large call for it.
    let text = match memchr::memchr(0, &text) {
        Some(end) if end + 1 == text.len() => unsafe { CString::from_vec_with_nul_unchecked(text) },
        _ => CString::default(),
    };
    unsafe { *reply = text.into_raw() };
    status
}

/// The whole text of a reply, with a NUL at its end.
fn encode(result: Result<Value>, notes: &Notes) -> (PveNetworkStatus, Vec<u8>) {
    let (status, mut text, attached) = match result {
        Ok(Value::Json(text)) => (PveNetworkStatus::Ok, text, None),
        Ok(Value::Attached(attached)) => (PveNetworkStatus::Ok, Vec::new(), Some(attached)),
        Err(error) => {
            let status = match error {
                Error::Bug(_) => PveNetworkStatus::Bug,
                _ => PveNetworkStatus::Error,
            };
            let mut body = serde_json::json!({
                "kind": error.kind(),
                "message": error.to_string(),
            });
            if let Error::Param(errors) = &error {
                body["errors"] = serde_json::json!(errors);
            }
            (status, format!(r#"{{"error":{body}"#).into_bytes(), None)
        }
    };
    text.push(if attached.is_none() { b',' } else { b'{' });
    text.extend_from_slice(br#""warnings":"#);
    // A list of strings always encodes; if it ever did not, no warnings beat no reply.
    if serde_json::to_writer(&mut text, notes).is_err() {
        text.extend_from_slice(b"[]");
    }
    text.push(b'}');
    if let Some(mut attached) = attached {
        text.push(b'\n');
        // To move what is attached takes less time than another piece of memory of that size.
        attached.splice(..0, text);
        text = attached;
    }
    text.push(b'\0');
    (status, text)
}

#[cfg(test)]
#[allow(clippy::panic)]
mod tests {
    use super::*;
    use serde_json::json;

    type Function = unsafe extern "C" fn(*const c_char, *mut *mut c_char) -> PveNetworkStatus;

    /// What a function replies.
    pub(super) fn reply_to(function: Function, request: &[u8]) -> Vec<u8> {
        let request = CString::new(request).unwrap();
        let mut reply = std::ptr::null_mut();
        unsafe { function(request.as_ptr(), &mut reply) };
        unsafe { CString::from_raw(reply) }.into_bytes()
    }

    /// What a function replies, as a text.
    pub(super) fn reply(function: Function, request: &str) -> String {
        String::from_utf8(reply_to(function, request.as_bytes())).unwrap()
    }

    /// The same JSON with blanks, which is not the form of the shims.
    pub(super) fn spaced(json: &str) -> String {
        let value: serde_json::Value = serde_json::from_str(json).unwrap();
        serde_json::to_string_pretty(&value).unwrap()
    }

    fn answer(
        request: &CStr,
        f: impl FnOnce(serde_json::Value, &mut Notes) -> Result<Value>,
    ) -> (PveNetworkStatus, serde_json::Value) {
        let mut reply = std::ptr::null_mut();
        let status = unsafe { call(request.as_ptr(), &mut reply, f) };
        let text = unsafe { CString::from_raw(reply) };
        (status, serde_json::from_slice(text.to_bytes()).unwrap())
    }

    #[test]
    fn a_panic_becomes_a_reply() {
        let (status, reply) = answer(c"1", |_, notes| {
            notes.warn("first");
            panic!("number {}", 7)
        });
        assert_eq!(status, PveNetworkStatus::Bug);
        assert_eq!(reply["error"]["kind"], "bug");
        let message = reply["error"]["message"].as_str().unwrap();
        assert!(message.starts_with("internal error: number 7 at src/ffi/mod.rs:"), "{message}");
        assert_eq!(reply["warnings"], json!([{"kind": "warn", "text": "first\n"}]));
    }

    #[test]
    fn every_kind_of_error_is_told() {
        let errors = std::collections::BTreeMap::from([("mtu".to_owned(), "too low".to_owned())]);
        for (error, want) in [
            (Error::die("no"), json!({"kind": "die", "message": "no\n"})),
            (Error::die_at("no"), json!({"kind": "die", "message": "no"})),
            (Error::Unsupported("x".into()), json!({"kind": "unsupported", "message": "x"})),
            (
                Error::Param(errors),
                json!({
                    "kind": "param",
                    "message": "Parameter verification failed.",
                    "errors": {"mtu": "too low"},
                }),
            ),
        ] {
            let (status, reply) = answer(c"null", |_, _| Err(error));
            assert_eq!(status, PveNetworkStatus::Error);
            assert_eq!(reply["error"], want);
        }
    }

    #[test]
    fn a_request_that_is_none_is_refused() {
        for request in [c"", c"{", c"\xff", c"[1"] {
            let (status, reply) = answer(request, |_, _| value(&1));
            assert_eq!(status, PveNetworkStatus::Error, "{request:?}");
            assert_eq!(reply["error"]["kind"], "request", "{request:?}");
        }
        let large = CString::new(vec![b' '; PVE_NETWORK_REQUEST_LIMIT + 1]).unwrap();
        let (_, reply) = answer(&large, |_, _| value(&1));
        assert_eq!(reply["error"]["kind"], "unsupported");
    }

    #[test]
    fn null_pointers_are_bugs_of_the_caller() {
        let f = |_: serde_json::Value, _: &mut Notes| value(&1);
        let mut reply = std::ptr::dangling_mut();
        let status = unsafe { call(std::ptr::null(), &mut reply, f) };
        assert_eq!((status, reply), (PveNetworkStatus::Bug, std::ptr::null_mut()));
        let status = unsafe { call(c"1".as_ptr(), std::ptr::null_mut(), f) };
        assert_eq!(status, PveNetworkStatus::Bug);
    }

    #[test]
    fn a_value_may_hold_nul() {
        let (_, reply) = answer(c"null", |_, _| value("a\0b"));
        assert_eq!(reply["value"], "a\0b");
    }
}
