//! `/etc/network/interfaces`.

use super::{PveNetworkStatus, call, sized_value, value};
use crate::error::{Error, Result};
use crate::host::{Facts, Link};
use crate::interfaces::{self, Config, Dialect, Fidelity};
use crate::perl::{ByteText, Charset, Text};
use serde::Deserialize;
use std::ffi::c_char;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Parse<'a> {
    /// The text of the file, one character for each byte.
    text: String,
    /// Facts of every link; null where the caller has none.
    #[serde(borrow)]
    links: Option<Vec<Link<'a>>>,
    /// The names of the links that are up.
    #[serde(borrow)]
    active: Option<Vec<Text<'a>>>,
    /// 1 for the rules of pve-common 9.2, see [`Charset`].
    latin1: u8,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Render<'a> {
    #[serde(borrow)]
    config: Config<'a>,
    /// 1 if ifupdown2 will read the file.
    ifupdown2: u8,
    /// As in [`Parse`].
    latin1: u8,
    /// What to do about lines that the original loses.
    #[serde(default)]
    fidelity: Fidelity,
    /// The text of the file that is there, as in [`Parse`]; `warn` and `preserve` need it.
    base: Option<String>,
}

fn charset(latin1: u8) -> Charset {
    if latin1 == 0 { Charset::Ascii } else { Charset::Latin1 }
}

pub(super) fn byte_text(text: &str) -> Result<ByteText<'_>> {
    ByteText::new(text).ok_or_else(|| Error::Unsupported("the text is not one of bytes".into()))
}

/// Parses the text of `/etc/network/interfaces`.
///
/// Request: `{"text", "links": [[name, link_type, info_kind, altnames]…], "active": [name…],
/// "latin1": 0|1}`. Value: `{"ifaces": {name: {…}}, "options": [[priority, line]…]}`.
///
/// # Safety
///
/// `request` is null or a NUL-terminated string; `reply` is null or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pve_network_interfaces_parse(
    request: *const c_char,
    reply: *mut *mut c_char,
) -> PveNetworkStatus {
    let answer = |request: Parse, _: &mut _| {
        let facts = Facts {
            links: request.links.unwrap_or_default(),
            active: request.active.unwrap_or_default().into_iter().map(|name| name.0).collect(),
        };
        let text = byte_text(&request.text)?;
        let config = interfaces::parse(text, &facts, charset(request.latin1))?;
        sized_value(&config, 4 * request.text.len())
    };
    unsafe { call(request, reply, answer) }
}

/// Writes the text of `/etc/network/interfaces`.
///
/// Request: `{"config": {"ifaces", "options"}, "ifupdown2": 0|1, "latin1": 0|1, "fidelity":
/// "exact"|"warn"|"preserve", "base": TEXT}`; without the last two it is `exact`. Value: the text, of
/// characters that are to be encoded as UTF-8.
///
/// # Safety
///
/// As for [`pve_network_interfaces_parse`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pve_network_interfaces_render(
    request: *const c_char,
    reply: *mut *mut c_char,
) -> PveNetworkStatus {
    let answer = |request: Render, notes: &mut _| {
        let dialect = if request.ifupdown2 == 0 { Dialect::Ifupdown } else { Dialect::Ifupdown2 };
        let charset = charset(request.latin1);
        let base = match (request.fidelity, &request.base) {
            (Fidelity::Exact, _) => "",
            (_, Some(base)) => base,
            (_, None) => return Err(Error::Request("fidelity needs `base`".into())),
        };
        let (base, config) = (byte_text(base)?, request.config);
        value(&interfaces::rewrite(base, config, request.fidelity, dialect, charset, notes)?)
    };
    unsafe { call(request, reply, answer) }
}
