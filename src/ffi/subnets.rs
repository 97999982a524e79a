//! Subnets and their ranges.

use super::{PveNetworkStatus, call, value};
use crate::perl::{Hash, Text};
use crate::sdn::hooks::subnet;
use crate::sdn::{dhcp_range, find_subnet};
use serde::Deserialize;
use std::ffi::c_char;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Subnet<'a> {
    #[serde(borrow)]
    subnet: Hash<'a>,
}

/// Reads the DHCP ranges of a subnet.
///
/// Request: `{"subnet"}`. Value: a list of `{"start-address", "end-address"}`.
///
/// # Safety
///
/// `request` is null or a NUL-terminated string; `reply` is null or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pve_network_subnets_ranges(
    request: *const c_char,
    reply: *mut *mut c_char,
) -> PveNetworkStatus {
    let answer =
        |request: Subnet, notes: &mut _| value(&dhcp_range::of_subnet(&request.subnet, notes)?);
    unsafe { call(request, reply, answer) }
}

/// Checks the DHCP ranges of a subnet.
///
/// Request: `{"subnet"}`. Value: null.
///
/// # Safety
///
/// As for [`pve_network_subnets_ranges`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pve_network_subnets_validate(
    request: *const c_char,
    reply: *mut *mut c_char,
) -> PveNetworkStatus {
    let answer =
        |request: Subnet, notes: &mut _| value(&dhcp_range::validate(&request.subnet, notes)?);
    unsafe { call(request, reply, answer) }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Find<'a> {
    #[serde(borrow)]
    ip: Text<'a>,
    /// The `cidr` of each subnet, by id.
    #[serde(borrow)]
    subnets: Hash<'a>,
}

/// Finds the subnet that an address is in.
///
/// Request: `{"ip", "subnets": {id: {"cidr"}}}`. Value: the id.
///
/// # Safety
///
/// As for [`pve_network_subnets_ranges`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pve_network_subnets_find(
    request: *const c_char,
    reply: *mut *mut c_char,
) -> PveNetworkStatus {
    let answer = |request: Find, _: &mut _| value(find_subnet(&request.ip.0, &request.subnets)?);
    unsafe { call(request, reply, answer) }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SubnetUpdate<'a> {
    #[serde(borrow)]
    zone: Hash<'a>,
    #[serde(borrow)]
    subnet: Hash<'a>,
    #[serde(borrow)]
    old: Option<Hash<'a>>,
    #[serde(borrow)]
    vnet: Option<Hash<'a>>,
}

/// Checks a subnet that is made or changed.
///
/// Request: `{"zone", "subnet", "old", "vnet"}`. Value: the calls that the IPAM needs then, a list
/// of `{"call": "add_subnet"|"update_subnet"|"add_ip"|"del_ip", …}`.
///
/// # Safety
///
/// As for [`pve_network_subnets_ranges`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pve_network_subnets_update(
    request: *const c_char,
    reply: *mut *mut c_char,
) -> PveNetworkStatus {
    let answer = |request: SubnetUpdate, notes: &mut _| {
        let SubnetUpdate { zone, subnet, old, vnet } = request;
        value(&subnet::on_update(&zone, &subnet, old.as_ref(), vnet.as_ref(), notes)?)
    };
    unsafe { call(request, reply, answer) }
}
