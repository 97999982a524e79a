//! Zones: `/etc/network/interfaces.d/sdn`.

use super::{PveNetworkStatus, Value, call, value};
use crate::error::{Error, Result};
use crate::notes::Notes;
use crate::perl::{Hash, Text};
use crate::sdn::RunningConfig;
use crate::sdn::zone::{Facts, Probe, generate};
use serde::Deserialize;
use std::ffi::c_char;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Zones<'a> {
    /// The running config; null where there is none.
    #[serde(borrow)]
    config: Option<Hash<'a>>,
    /// The name of this node.
    #[serde(borrow)]
    node: Text<'a>,
    /// Probes with their answers.
    #[serde(borrow, default)]
    facts: Facts<'a>,
}

/// Generates, and encodes what `f` makes of the outcome and of the probes that were not answered.
fn zones(
    request: Zones,
    notes: &mut Notes,
    f: impl FnOnce(Result<Option<String>>, &[Probe]) -> Result<Value>,
) -> Result<Value> {
    let config = RunningConfig::from_document(request.config.unwrap_or_default())?;
    let mut facts = request.facts;
    let outcome = generate(&config, &request.node.0, &mut facts, notes);
    f(outcome, &facts.take_missing())
}

/// Says what has to be known of the node to generate `interfaces.d/sdn`.
///
/// Request: `{"config", "node"}`. Value: a list of probes, such as `{"probe": "bridge", "name"}`.
///
/// # Safety
///
/// `request` is null or a NUL-terminated string; `reply` is null or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pve_network_sdn_zones_probes(
    request: *const c_char,
    reply: *mut *mut c_char,
) -> PveNetworkStatus {
    let answer = |request: Zones, _: &mut Notes| {
        // What went wrong so far went wrong because nothing is known yet.
        let mut notes = Notes::default();
        zones(request, &mut notes, |_, missing| value(missing))
    };
    unsafe { call(request, reply, answer) }
}

/// Generates the text of `interfaces.d/sdn`, the zones' part.
///
/// Request: `{"config", "node", "facts": [{"probe", …, "value" | "error", "warnings"}…]}`, where
/// `facts` are the probes with their answers. Value: the text, or null if there is none.
///
/// # Safety
///
/// As for [`pve_network_sdn_zones_probes`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pve_network_sdn_zones_generate(
    request: *const c_char,
    reply: *mut *mut c_char,
) -> PveNetworkStatus {
    let answer = |request: Zones, notes: &mut Notes| {
        zones(request, notes, |outcome, missing| match missing.first() {
            Some(probe) => Err(Error::Request(format!("no answer to {probe:?}"))),
            None => value(&outcome?),
        })
    };
    unsafe { call(request, reply, answer) }
}
