//! The C ABI: header, exports, table of seams, and every function with hostile requests.

#![allow(clippy::unwrap_used, unsafe_code)]

use pve_network_rs::ffi;
use pve_network_rs::ffi::PveNetworkStatus;
use pve_network_rs::migration::{PROBES, SEAMS};
use std::collections::BTreeSet;
use std::ffi::{CStr, CString, c_char};
use std::{env, fs};

const HEADER: &str = "include/pve_network.h";

#[test]
fn header_is_current() {
    let generated = fs::read_to_string(env!("PVE_NETWORK_HEADER")).unwrap();
    if env::var_os("BLESS").is_some() {
        fs::write(HEADER, &generated).unwrap();
    }
    let committed = fs::read_to_string(HEADER).unwrap_or_default();
    assert!(committed == generated, "{HEADER} is stale; run BLESS=1 cargo test --test abi");
}

#[test]
fn header_has_the_seams_and_what_is_about_the_library() {
    let about = [
        "pve_network_abi_version",
        "pve_network_control_begin",
        "pve_network_control_end",
        "pve_network_control_enter",
        "pve_network_control_open",
        "pve_network_control_seam",
        "pve_network_control_settings",
        "pve_network_migration_decide",
        "pve_network_string_free",
        "pve_network_version",
    ];
    let header = fs::read_to_string(HEADER).unwrap();
    let declared: BTreeSet<&str> = header
        .split(|c: char| !c.is_alphanumeric() && !"_(".contains(c))
        .filter_map(|word| word.split_once('('))
        .map(|(name, _)| name)
        .filter(|name| name.starts_with("pve_network_"))
        .collect();
    let wanted = symbols().chain(about).collect();
    assert_eq!(declared, wanted);
}

/// The functions that take a request.
fn symbols() -> impl Iterator<Item = &'static str> {
    SEAMS.iter().map(|seam| seam.symbol).chain(PROBES.iter().copied())
}

type Function = unsafe extern "C" fn(*const c_char, *mut *mut c_char) -> PveNetworkStatus;

/// The functions that take a request; [`header_has_the_seams_and_what_is_about_the_library`]
/// and the count below prove that none is left out.
const FUNCTIONS: &[(&str, Function)] = &[
    ("pve_network_dnsmasq_ethers", ffi::pve_network_dnsmasq_ethers),
    ("pve_network_dnsmasq_subnet", ffi::pve_network_dnsmasq_subnet),
    ("pve_network_dnsmasq_vnet", ffi::pve_network_dnsmasq_vnet),
    ("pve_network_dnsmasq_zone", ffi::pve_network_dnsmasq_zone),
    ("pve_network_hooks_check", ffi::pve_network_hooks_check),
    ("pve_network_pending_changes", ffi::pve_network_pending_changes),
    ("pve_network_pending_config", ffi::pve_network_pending_config),
    ("pve_network_pending_encode", ffi::pve_network_pending_encode),
    ("pve_network_section_config_parse", ffi::pve_network_section_config_parse),
    ("pve_network_section_config_render", ffi::pve_network_section_config_render),
    ("pve_network_status_messages", ffi::pve_network_status_messages),
    ("pve_network_status_probes", ffi::pve_network_status_probes),
    ("pve_network_status_zones", ffi::pve_network_status_zones),
    ("pve_network_subnets_find", ffi::pve_network_subnets_find),
    ("pve_network_subnets_ranges", ffi::pve_network_subnets_ranges),
    ("pve_network_subnets_update", ffi::pve_network_subnets_update),
    ("pve_network_subnets_validate", ffi::pve_network_subnets_validate),
    ("pve_network_dns_powerdns", ffi::pve_network_dns_powerdns),
    ("pve_network_dns_reverse_zone", ffi::pve_network_dns_reverse_zone),
    ("pve_network_controller_probes", ffi::pve_network_controller_probes),
    ("pve_network_controller_router_id", ffi::pve_network_controller_router_id),
    ("pve_network_fabric_interfaces", ffi::pve_network_fabric_interfaces),
    ("pve_network_frr_daemons", ffi::pve_network_frr_daemons),
    ("pve_network_frr_generate", ffi::pve_network_frr_generate),
    ("pve_network_frr_local", ffi::pve_network_frr_local),
    ("pve_network_frr_probes", ffi::pve_network_frr_probes),
    ("pve_network_frr_to_string", ffi::pve_network_frr_to_string),
    ("pve_network_interfaces_parse", ffi::pve_network_interfaces_parse),
    ("pve_network_interfaces_render", ffi::pve_network_interfaces_render),
    ("pve_network_control_settings", ffi::pve_network_control_settings),
    ("pve_network_migration_decide", ffi::pve_network_migration_decide),
    ("pve_network_ipam_macs", ffi::pve_network_ipam_macs),
    ("pve_network_ipam_netbox", ffi::pve_network_ipam_netbox),
    ("pve_network_ipam_phpipam", ffi::pve_network_ipam_phpipam),
    ("pve_network_ipam_pve", ffi::pve_network_ipam_pve),
    ("pve_network_sdn_zones_generate", ffi::pve_network_sdn_zones_generate),
    ("pve_network_sdn_zones_probes", ffi::pve_network_sdn_zones_probes),
];

fn call(function: Function, request: &CStr) -> (PveNetworkStatus, serde_json::Value) {
    let mut reply = std::ptr::null_mut();
    let status = unsafe { function(request.as_ptr(), &mut reply) };
    let text = unsafe { CStr::from_ptr(reply) }.to_str().unwrap().to_owned();
    unsafe { ffi::pve_network_string_free(reply) };
    (status, serde_json::from_str(&text).unwrap())
}

#[test]
fn hostile_requests_are_refused() {
    assert!(symbols().all(|symbol| FUNCTIONS.iter().any(|(name, _)| *name == symbol)));
    let requests = [
        c"",
        c"{}",
        c"null",
        c"[]",
        c"0",
        c"\"text\"",
        c"{\"text\":1}",
        c"{\"text\":null}",
        c"{\"unknown\":1}",
        c"\xff\xfe",
        c"{",
        c"[[[[[[",
        c"1e999999",
    ];
    for (name, function) in FUNCTIONS {
        for request in requests {
            let (status, reply) = call(*function, request);
            assert_eq!(status, PveNetworkStatus::Error, "{name} {request:?}");
            assert_eq!(reply["error"]["kind"], "request", "{name} {request:?}");
            assert!(reply["error"]["message"].as_str().unwrap().len() < 400, "{name}");
        }
        let deep = CString::new("[".repeat(1 << 20)).unwrap();
        assert_eq!(call(*function, &deep).1["error"]["kind"], "request", "{name}");

        let mut reply = std::ptr::dangling_mut();
        let status = unsafe { function(std::ptr::null(), &mut reply) };
        assert_eq!((status, reply.is_null()), (PveNetworkStatus::Bug, true), "{name}");
    }
    unsafe { ffi::pve_network_string_free(std::ptr::null_mut()) };
}

#[test]
fn large_requests_go_to_perl() {
    for size in [1 << 20, 8 << 20, 9 << 20] {
        let text = "# x\\n".repeat(size / 5);
        let request = format!(r#"{{"text":"{text}","links":"","active":[],"latin1":1}}"#);
        let (status, reply) =
            call(ffi::pve_network_interfaces_parse, &CString::new(request.clone()).unwrap());
        if request.len() > ffi::PVE_NETWORK_REQUEST_LIMIT {
            assert_eq!(reply["error"]["kind"], "unsupported");
        } else {
            assert_eq!(status, PveNetworkStatus::Ok);
            assert!(reply["value"]["ifaces"]["lo"].is_object());
        }
    }
}
