//! The state of zones and vnets.

use super::{PveNetworkStatus, call, value};
use crate::perl::{Hash, Text, Value};
use crate::sdn::status::{self, Bridge, Facts};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::ffi::c_char;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Probes<'a> {
    #[serde(borrow)]
    running: Hash<'a>,
    #[serde(borrow)]
    node: Text<'a>,
    /// The version that the generated file says, if it does.
    #[serde(borrow)]
    local_version: Value<'a>,
}

/// Says what the status of the zones depends on.
///
/// Request: `{"running", "node", "local_version"}`. Value: null if nothing was ever applied, else
/// `{"reload", "bridges": [{"bridge", "ovs": 0|1}]}`, where `reload` is a text or null.
///
/// # Safety
///
/// `request` is null or a NUL-terminated string; `reply` is null or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pve_network_status_probes(
    request: *const c_char,
    reply: *mut *mut c_char,
) -> PveNetworkStatus {
    let answer = |request: Probes, _: &mut _| {
        let undef = Value::Undef;
        let version = request.running.get("version").unwrap_or(&undef);
        if !version.is_true() {
            return value(&());
        }
        let reload = status::reload_message(&request.local_version, version);
        let bridges = match reload {
            Some(_) => Vec::new(),
            None => status::probes(&request.running, &request.node.0)?,
        };
        value(&serde_json::json!({ "reload": reload, "bridges": bridges }))
    };
    unsafe { call(request, reply, answer) }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Status<'a> {
    #[serde(borrow)]
    running: Hash<'a>,
    #[serde(borrow)]
    node: Text<'a>,
    #[serde(borrow)]
    reload: Option<Text<'a>>,
    /// The `status` of each interface, by name.
    #[serde(borrow)]
    ifaces: Hash<'a>,
    #[serde(borrow)]
    bridges: BTreeMap<Text<'a>, Bridge>,
}

/// Makes the status of the zones and vnets of a node.
///
/// Request: `{"running", "node", "reload", "ifaces": {name: {"status"}}, "bridges": {name:
/// {"exists", "vlan_aware", "ovs"}}}`. Value: `[zones, vnets]`, both by id; an empty list if nothing
/// was ever applied.
///
/// # Safety
///
/// As for [`pve_network_status_probes`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pve_network_status_zones(
    request: *const c_char,
    reply: *mut *mut c_char,
) -> PveNetworkStatus {
    let answer = |request: Status, _: &mut _| {
        let bridges = request.bridges.into_iter().map(|(name, bridge)| (name.0, bridge)).collect();
        let facts = Facts {
            node: &request.node.0,
            reload: request.reload.as_ref().map(|text| &*text.0),
            ifaces: &request.ifaces,
            bridges: &bridges,
        };
        if !request.running.is_true("version") {
            return value(&[(); 0]);
        }
        let status = status::status(&request.running, &facts)?;
        value(&[status.zones, status.vnets])
    };
    unsafe { call(request, reply, answer) }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Messages<'a> {
    #[serde(borrow)]
    vnet: Text<'a>,
    /// As in [`Status`].
    #[serde(borrow)]
    ifaces: Hash<'a>,
    #[serde(borrow)]
    needed: Option<Vec<Option<Text<'a>>>>,
}

/// Says what is wrong with a vnet and the interfaces that it needs.
///
/// Request: `{"vnet", "ifaces", "needed"}`. Value: a list of texts.
///
/// # Safety
///
/// As for [`pve_network_status_probes`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pve_network_status_messages(
    request: *const c_char,
    reply: *mut *mut c_char,
) -> PveNetworkStatus {
    let answer = |request: Messages, _: &mut _| {
        let needed = request.needed.unwrap_or_default();
        let needed: Vec<&str> =
            needed.iter().map(|name| name.as_ref().map_or("", |name| &*name.0)).collect();
        value(&status::messages(&request.vnet.0, &request.ifaces, &needed))
    };
    unsafe { call(request, reply, answer) }
}
