//! Fabrics: their part of `/etc/network/interfaces.d/sdn`.

use super::{PveNetworkStatus, call, value};
use crate::notes::Notes;
use crate::perl::{Hash, Text};
use crate::sdn::fabric::Fabrics;
use serde::Deserialize;
use std::ffi::c_char;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Interfaces<'a> {
    /// The sections of the fabrics, by id.
    #[serde(borrow)]
    sections: Hash<'a>,
    /// The name of this node.
    #[serde(borrow)]
    node: Text<'a>,
}

/// Generates the text of `interfaces.d/sdn`, the fabrics' part.
///
/// Request: `{"sections", "node"}`. Value: the text.
///
/// # Safety
///
/// `request` is null or a NUL-terminated string; `reply` is null or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pve_network_fabric_interfaces(
    request: *const c_char,
    reply: *mut *mut c_char,
) -> PveNetworkStatus {
    let answer = |request: Interfaces, _: &mut Notes| {
        let fabrics = Fabrics::from_running(&request.sections)?;
        value(&fabrics.interfaces_text(&request.node.0))
    };
    unsafe { call(request, reply, answer) }
}
