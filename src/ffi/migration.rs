//! The decision who answers each seam.

use super::{PveNetworkStatus, call, value};
use crate::control::Settings;
use crate::migration::{Effect, Feature, Fidelity, Migration, Phase, SEAMS};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ffi::c_char;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Request {
    /// Not optional: a caller who forgets it must not switch everything to Perl.
    #[serde(deserialize_with = "Option::deserialize")]
    text: Option<String>,
    file: String,
    node: String,
}

/// What is decided for a node.
#[derive(Serialize)]
pub(super) struct Reply {
    phase: Phase,
    fallback_enabled: u8,
    confirm_errors: u8,
    log_decisions: u8,
    sample: f64,
    strict_types: u8,
    fidelity: Fidelity,
    features: BTreeMap<&'static str, u8>,
    seams: BTreeMap<&'static str, Row>,
}

#[derive(Serialize)]
struct Row {
    engine: &'static str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    kinds: &'static [&'static str],
    /// 1 for what must not be done twice.
    #[serde(skip_serializing_if = "Option::is_none")]
    writes: Option<u8>,
}

impl Reply {
    pub(super) fn of(settings: &Settings) -> Self {
        let features =
            Feature::ALL.map(|one| (one.name(), settings.features.contains(&one).into()));
        let rows = SEAMS.iter().zip(settings.seams).map(|(seam, rule)| {
            let writes = (seam.effect == Effect::Writes).then_some(1);
            (seam.name, Row { engine: rule.engine.name(), kinds: rule.kinds(seam), writes })
        });
        Reply {
            phase: settings.phase,
            fallback_enabled: settings.fallback_enabled.into(),
            confirm_errors: settings.confirm_errors.into(),
            log_decisions: settings.log_decisions.into(),
            sample: settings.sample,
            strict_types: settings.strict_types.into(),
            fidelity: settings.fidelity,
            features: features.into(),
            seams: rows.collect(),
        }
    }
}

/// Decides who answers each seam on a node, from the text of `migration.toml`.
///
/// Request: `{"text": string or null if there is no file, "file": its name for messages,
/// "node": name of the node}`. Reply: phase, flags, features and per seam its engine, with the
/// `kinds` of interfaces that it is limited to; `writes` tells a function whose original changes
/// something. A text that is not valid is an error of kind `die`,
/// with a line `FILE:LINE:COLUMN: ...` for each fault.
///
/// # Safety
///
/// `request` is null or a NUL-terminated string; `reply` is null or writable. The caller owns
/// `*reply` and releases it with `pve_network_string_free`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pve_network_migration_decide(
    request: *const c_char,
    reply: *mut *mut c_char,
) -> PveNetworkStatus {
    unsafe {
        call(request, reply, |request: Request, _| {
            let migration = Migration::parse(&request.file, request.text.as_deref())?;
            value(&Reply::of(&migration.of(&request.node).into()))
        })
    }
}
