//! Zones: `/etc/network/interfaces.d/sdn`.

use super::{PveNetworkStatus, call_reading, from_json, text_value, value};
use crate::error::Error;
use crate::notes::Notes;
use crate::perl::json::Reader;
use crate::perl::{Hash, Text};
use crate::sdn::RunningConfig;
use crate::sdn::zone::{Facts, generate, outline};
use serde::Deserialize;
use std::ffi::c_char;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Generate<'a> {
    /// The running config; null where there is none.
    #[serde(borrow)]
    config: Option<Hash<'a>>,
    /// The name of this node.
    #[serde(borrow)]
    node: Text<'a>,
    /// Probes with their answers.
    #[serde(borrow, default)]
    facts: Facts<'a>,
    /// 1 if the value is to be attached to the reply.
    #[serde(default)]
    attach: u8,
}

impl<'a> Generate<'a> {
    fn read(request: &'a str) -> crate::error::Result<Self> {
        Self::read_usual(request, Reader::hash).map_or_else(|| from_json(request), Ok)
    }

    /// Reads as much of it as the questions about the node depend on.
    fn read_outline(request: &'a str) -> crate::error::Result<Self> {
        Self::read_usual(request, outline).map_or_else(|| from_json(request), Ok)
    }

    /// Reads it as the shims write it, the config by `read_config`.
    fn read_usual(
        request: &'a str,
        read_config: impl Fn(&mut Reader<'a>) -> Option<Hash<'a>>,
    ) -> Option<Self> {
        let (mut config, mut node, mut facts, mut attach) = (None, None, Facts::default(), 0);
        Reader::read(request, |json| {
            json.object(|json, name| {
                match name.as_ref() {
                    "config" => config = json.optional(&read_config)?,
                    "node" => node = Some(Text(json.text()?)),
                    "facts" => facts = serde_json::from_str(json.raw()?).ok()?,
                    "attach" => attach = json.integer()?.try_into().ok()?,
                    _ => return None,
                }
                Some(())
            })
        })?;
        Some(Generate { config, node: node?, facts, attach })
    }
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
    let answer = |request: Generate, _: &mut Notes| {
        let config = RunningConfig::from_document(request.config.unwrap_or_default())?;
        let mut facts = Facts::default();
        // What goes wrong goes wrong because nothing is known yet; or it does again, and is told then.
        let _ = generate(&config, &request.node.0, &mut facts, &mut Notes::default());
        value(&facts.take_missing())
    };
    unsafe { call_reading(request, reply, Generate::read_outline, answer) }
}

/// Generates the text of `interfaces.d/sdn`, the zones' part.
///
/// Request: `{"config", "node", "facts": [{"probe", …, "value" | "error", "warnings"}…], "attach":
/// 0|1}`, where `facts` are the probes with their answers. Value: the text, which is attached if the
/// request says so; or null if there is none.
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
            None => match outcome? {
                Some(text) => text_value(text, request.attach),
                None => value(&()),
            },
        }
    };
    unsafe { call_reading(request, reply, Generate::read, answer) }
}
