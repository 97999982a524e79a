//! The files of dnsmasq.

use super::interfaces::byte_text;
use super::{PveNetworkStatus, call, value};
use crate::dnsmasq::{self, ethers};
use crate::perl::{Hash, Text};
use serde::Deserialize;
use std::ffi::c_char;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Subnet<'a> {
    #[serde(borrow)]
    subnet: Hash<'a>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Vnet<'a> {
    #[serde(borrow)]
    vnet: Text<'a>,
    /// The lines of its subnets.
    #[serde(borrow)]
    lines: Vec<Text<'a>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Zone<'a> {
    #[serde(borrow)]
    zone: Text<'a>,
    #[serde(borrow)]
    mtu: Text<'a>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Ethers<'a> {
    #[serde(borrow)]
    zone: Text<'a>,
    /// The text of the file, one character for each byte.
    text: String,
    /// The cache of the addresses of all guests, by MAC address.
    #[serde(borrow)]
    macs: Option<Hash<'a>>,
    #[serde(borrow)]
    mac: Text<'a>,
    #[serde(borrow)]
    ip4: Option<Text<'a>>,
    #[serde(borrow)]
    ip6: Option<Text<'a>>,
}

/// Makes the lines of a subnet.
///
/// Request: `{"subnet"}`, with `id` and `network`. Value: the lines.
///
/// # Safety
///
/// `request` is null or a NUL-terminated string; `reply` is null or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pve_network_dnsmasq_subnet(
    request: *const c_char,
    reply: *mut *mut c_char,
) -> PveNetworkStatus {
    let answer = |request: Subnet, _: &mut _| value(&dnsmasq::subnet_lines(&request.subnet)?);
    unsafe { call(request, reply, answer) }
}

/// Makes the text of the file of a vnet.
///
/// Request: `{"vnet", "lines"}`. Value: the text, or null if no file is needed.
///
/// # Safety
///
/// As for [`pve_network_dnsmasq_subnet`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pve_network_dnsmasq_vnet(
    request: *const c_char,
    reply: *mut *mut c_char,
) -> PveNetworkStatus {
    let answer = |request: Vnet, _: &mut _| {
        let lines: Vec<&str> = request.lines.iter().map(|line| &*line.0).collect();
        value(&dnsmasq::vnet_text(&request.vnet.0, &lines))
    };
    unsafe { call(request, reply, answer) }
}

/// Makes the texts of the files of a zone.
///
/// Request: `{"zone", "mtu"}`. Value: `{"dbus", "default", "config"}`.
///
/// # Safety
///
/// As for [`pve_network_dnsmasq_subnet`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pve_network_dnsmasq_zone(
    request: *const c_char,
    reply: *mut *mut c_char,
) -> PveNetworkStatus {
    let answer =
        |request: Zone, _: &mut _| value(&dnsmasq::zone_files(&request.zone.0, &request.mtu.0));
    unsafe { call(request, reply, answer) }
}

/// Adds a mapping to the text of `ethers`.
///
/// Request: `{"zone", "text", "macs", "mac", "ip4", "ip6"}`. Value: `{"text", "reload": 0|1}`.
///
/// # Safety
///
/// As for [`pve_network_dnsmasq_subnet`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pve_network_dnsmasq_ethers(
    request: *const c_char,
    reply: *mut *mut c_char,
) -> PveNetworkStatus {
    let answer = |request: Ethers, notes: &mut _| {
        let new = ethers::Mapping {
            mac: &request.mac.0,
            ip4: request.ip4.as_ref().map(|ip| &*ip.0),
            ip6: request.ip6.as_ref().map(|ip| &*ip.0),
        };
        let text = byte_text(&request.text)?;
        let macs = request.macs.unwrap_or_default();
        value(&ethers::merge(&request.zone.0, text, &macs, &new, notes))
    };
    unsafe { call(request, reply, answer) }
}
