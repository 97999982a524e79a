//! Names of addresses.

use super::exchange::{Request, answer};
use super::ipam::text;
use super::{PveNetworkStatus, call, value};
use crate::dns::{powerdns, reverse};
use crate::perl::Value;
use serde::Deserialize;
use std::ffi::c_char;

/// One step of an operation of the PowerDNS plugin; as
/// [`pve_network_ipam_netbox`](super::pve_network_ipam_netbox).
///
/// # Safety
///
/// As for [`pve_network_interfaces_parse`](super::pve_network_interfaces_parse).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pve_network_dns_powerdns(
    request: *const c_char,
    reply: *mut *mut c_char,
) -> PveNetworkStatus {
    unsafe {
        call(request, reply, |request: Request, notes| answer(request, notes, powerdns::step))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReverseZone<'a> {
    #[serde(borrow)]
    ip: Value<'a>,
    #[serde(borrow)]
    cidr: Value<'a>,
    #[serde(borrow)]
    mask: Value<'a>,
    /// What the plugin's config says in its place for IPv6.
    #[serde(borrow)]
    reversemaskv6: Value<'a>,
}

/// The zone in which the reverse name of an address is.
///
/// Request: `{"ip", "cidr", "mask", "reversemaskv6"}`, each may be null. Value: its name, empty if
/// there is none.
///
/// # Safety
///
/// As for [`pve_network_interfaces_parse`](super::pve_network_interfaces_parse).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pve_network_dns_reverse_zone(
    request: *const c_char,
    reply: *mut *mut c_char,
) -> PveNetworkStatus {
    let answer = |request: ReverseZone, _: &mut _| {
        let (cidr, mask) = (text(request.cidr)?, text(request.mask)?);
        let mask_v6 = text(request.reversemaskv6)?;
        let subnet = reverse::Subnet { cidr: &cidr, mask: &mask, mask_v6: &mask_v6 };
        value(&reverse::zone(&subnet, &text(request.ip)?)?)
    };
    unsafe { call(request, reply, answer) }
}
