//! Names of addresses.

use super::exchange::{Request, answer};
use super::{PveNetworkStatus, call, value};
use crate::dns::{powerdns, reverse};
use crate::perl::Text;
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
    ip: Option<Text<'a>>,
    #[serde(borrow)]
    cidr: Option<Text<'a>>,
    #[serde(borrow)]
    mask: Option<Text<'a>>,
    /// What the plugin's config says in its place for IPv6.
    #[serde(borrow)]
    reversemaskv6: Option<Text<'a>>,
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
        let subnet = reverse::Subnet {
            cidr: text(&request.cidr),
            mask: text(&request.mask),
            mask_v6: text(&request.reversemaskv6),
        };
        value(&reverse::zone(&subnet, text(&request.ip))?)
    };
    unsafe { call(request, reply, answer) }
}

fn text<'t>(text: &'t Option<Text>) -> &'t str {
    text.as_ref().map_or("", |text| &text.0)
}
