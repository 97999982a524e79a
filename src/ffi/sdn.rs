//! Zones: `/etc/network/interfaces.d/sdn`.

use super::{PveNetworkStatus, call, sized_value, value};
use crate::error::Error;
use crate::notes::Notes;
use crate::perl::{Hash, Text};
use crate::sdn::RunningConfig;
use crate::sdn::zone::{Facts, Outline, generate};
use serde::Deserialize;
use std::ffi::c_char;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Probes<'a> {
    /// The running config; null where there is none.
    #[serde(borrow)]
    config: Option<Outline<'a>>,
    /// The name of this node.
    #[serde(borrow)]
    node: Text<'a>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Generate<'a> {
    /// As in [`Probes`].
    #[serde(borrow)]
    config: Option<Hash<'a>>,
    /// As in [`Probes`].
    #[serde(borrow)]
    node: Text<'a>,
    /// Probes with their answers.
    #[serde(borrow)]
    facts: Facts<'a>,
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
    let answer = |request: Probes, _: &mut Notes| {
        let config = request.config.unwrap_or_default().into_config()?;
        let mut facts = Facts::default();
        // What goes wrong goes wrong because nothing is known yet; or it does again, and is told then.
        let _ = generate(&config, &request.node.0, &mut facts, &mut Notes::default());
        value(&facts.take_missing())
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
    let answer = |request: Generate, notes: &mut Notes| {
        let config = RunningConfig::from_document(request.config.unwrap_or_default())?;
        let mut facts = request.facts;
        let outcome = generate(&config, &request.node.0, &mut facts, notes);
        match facts.take_missing().first() {
            Some(probe) => Err(Error::Request(format!("no answer to {probe:?}"))),
            None => {
                let text = outcome?;
                sized_value(&text, text.as_ref().map_or(0, |text| text.len() + text.len() / 4))
            }
        }
    };
    unsafe { call(request, reply, answer) }
}
