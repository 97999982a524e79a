//! Zones through the ABI's two steps: what is asked, what is refused, and how long it takes.

#![allow(clippy::unwrap_used, unsafe_code)]

use pve_network_rs::ffi;
use pve_network_rs::ffi::PveNetworkStatus;
use serde_json::{Value, json};
use std::ffi::{CStr, CString, c_char};
use std::time::{Duration, Instant};

type Function = unsafe extern "C" fn(*const c_char, *mut *mut c_char) -> PveNetworkStatus;

fn call(function: Function, request: &Value) -> Value {
    let request = CString::new(request.to_string()).unwrap();
    let mut reply = std::ptr::null_mut();
    unsafe { function(request.as_ptr(), &mut reply) };
    let text = unsafe { CStr::from_ptr(reply) }.to_str().unwrap().to_owned();
    unsafe { ffi::pve_network_string_free(reply) };
    serde_json::from_str(&text).unwrap()
}

fn probes(config: &Value) -> Vec<Value> {
    let request = json!({"config": config, "node": "n1"});
    let mut reply = call(ffi::pve_network_sdn_zones_probes, &request);
    assert_eq!(reply["warnings"], json!([]));
    reply["value"].as_array_mut().map(std::mem::take).unwrap()
}

fn generate(config: &Value, facts: &[Value]) -> Value {
    let request = json!({"config": config, "node": "n1", "facts": facts});
    call(ffi::pve_network_sdn_zones_generate, &request)
}

/// A running config in which `zones` have one vnet each, named as the zone with a `v`.
fn config(zones: Value) -> Value {
    let vnet = |zone: &String| (format!("v{zone}"), json!({"zone": zone, "tag": 7}));
    let vnets: serde_json::Map<_, _> = zones.as_object().unwrap().keys().map(vnet).collect();
    json!({"version": 1, "zones": {"ids": zones}, "vnets": {"ids": vnets}})
}
