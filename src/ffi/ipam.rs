//! IP address management.

use super::exchange::{Request, answer};
use super::{PveNetworkStatus, call, value};
use crate::error::{Error, Result};
use crate::ipam::{macs, netbox, phpipam, pve};
use crate::perl::{Hash, Value};
use serde::{Deserialize, Deserializer, de};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::ffi::c_char;

/// What to do, and where: the text of the database.
#[derive(Deserialize)]
struct Pve<'a>(
    #[serde(borrow)] Place<'a>,
    #[serde(borrow, deserialize_with = "database")] &'a RawValue,
);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Place<'a> {
    #[serde(borrow)]
    operation: pve::Operation<'a>,
    #[serde(borrow)]
    zone: Value<'a>,
    #[serde(borrow)]
    cidr: Value<'a>,
    #[serde(borrow)]
    network: Value<'a>,
    #[serde(borrow)]
    mask: Value<'a>,
}

fn database<'de: 'a, 'a, D>(deserializer: D) -> std::result::Result<&'a RawValue, D::Error>
where
    D: Deserializer<'de>,
{
    <&RawValue>::deserialize(deserializer)
        .map_err(|e| de::Error::custom(format_args!("sdn/pve-ipam-state.json is not JSON: {e}")))
}

/// Does one operation on the database of the built-in IPAM.
///
/// Request: `[{"operation", "zone", "cidr", "network", "mask"}, DATABASE]` with the text of the
/// database as it is, and the operation `"add_subnet"`, `"del_subnet"`,
/// `{"add_ip": {"ip", "is_gateway": 0|1, "hostname", "mac", "vmid"}}`, `{"del_ip": {"ip"}}`,
/// `{"add_next_freeip": {"hostname", "mac", "vmid"}}`,
/// `{"add_range_next_freeip": {"range": {"start-address", "end-address"}, "data"}}` or
/// `{"get_ips_from_mac": {"mac"}}`.
///
/// Value: `{"result", "splice": {"at", "length", "text"}|null, "swallowed": text|null}`. The splice
/// is the change of the database's text, in bytes from its first character on that is not blank.
///
/// # Safety
///
/// As for [`pve_network_interfaces_parse`](super::pve_network_interfaces_parse).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pve_network_ipam_pve(
    request: *const c_char,
    reply: *mut *mut c_char,
) -> PveNetworkStatus {
    let answer = |Pve(place, db): Pve, _: &mut _| {
        let subnet = pve::Subnet {
            zone: text(place.zone)?,
            cidr: text(place.cidr)?,
            network: text(place.network)?,
            mask: text(place.mask)?,
        };
        value(&pve::run(db, &subnet, &place.operation)?)
    };
    unsafe { call(request, reply, answer) }
}

/// The text of a scalar, empty for undef.
pub(super) fn text(value: Value) -> Result<Cow<str>> {
    match value {
        Value::Text(text) => Ok(text),
        other => match other.to_text() {
            Some(text) => Ok(text.into_owned().into()),
            None => Err(Error::Unsupported("a reference where a text is expected".into())),
        },
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Cache {
    Find,
    Add,
    Remove,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Macs<'a> {
    operation: Cache,
    #[serde(borrow)]
    entry: Option<Hash<'a>>,
    #[serde(borrow)]
    ip: Value<'a>,
}

/// Reads or changes the entry of a MAC address in the cache of addresses.
///
/// Request: `{"operation": "find"|"add"|"remove", "entry": {"ip4", "ip6"}|null, "ip"}`. Value: of
/// `find` `[ip4, ip6]`, null if there is no entry; else the new entry, null if there is to be none.
///
/// # Safety
///
/// As for [`pve_network_interfaces_parse`](super::pve_network_interfaces_parse).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pve_network_ipam_macs(
    request: *const c_char,
    reply: *mut *mut c_char,
) -> PveNetworkStatus {
    let answer = |Macs { operation, entry, ip }: Macs, _: &mut _| match operation {
        Cache::Find => value(&macs::find(entry.as_ref())),
        Cache::Add => value(&macs::add(entry, ip)?),
        Cache::Remove => value(&macs::remove(entry, &ip)?),
    };
    unsafe { call(request, reply, answer) }
}

/// One step of an operation of the NetBox plugin.
///
/// Request: `{"operation", "config", "args", "exchange": {"state", "answer", "error"}}`; `args` by
/// name, `state` as the last step returned it (at first `[]`), `answer` `{"value", "error"}` to its
/// call (at first null), `error` the `$@` before the operation. Value: `{"result"}` or
/// `{"call": {"function", "args", "guarded": 0|1, "reads": 0|1}, "state"}`.
///
/// # Safety
///
/// As for [`pve_network_interfaces_parse`](super::pve_network_interfaces_parse).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pve_network_ipam_netbox(
    request: *const c_char,
    reply: *mut *mut c_char,
) -> PveNetworkStatus {
    unsafe { call(request, reply, |request: Request, notes| answer(request, notes, netbox::step)) }
}

/// One step of an operation of the phpIPAM plugin; as [`pve_network_ipam_netbox`].
///
/// # Safety
///
/// As for [`pve_network_interfaces_parse`](super::pve_network_interfaces_parse).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pve_network_ipam_phpipam(
    request: *const c_char,
    reply: *mut *mut c_char,
) -> PveNetworkStatus {
    unsafe { call(request, reply, |request: Request, notes| answer(request, notes, phpipam::step)) }
}
