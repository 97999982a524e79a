//! The golden corpus of the status of zones and vnets.

#![allow(clippy::unwrap_used)] // a test that cannot go on fails

mod replay;

use pve_network_rs::notes::Notes;
use pve_network_rs::perl::{Hash, Value as Scalar};
use pve_network_rs::sdn::status::{self, Bridge, Facts};
use replay::outcome;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const SDN_FILE: &str = "/etc/network/interfaces.d/sdn";

#[test]
fn status_of_zones() {
    replay::all("fixtures/golden/status.ndjson", answer);
}

fn answer(input: &Value) -> Option<Value> {
    let mut text = input["fs"][SDN_FILE].as_str().map(str::to_owned);
    let mut warned = false;
    let mut results = Vec::new();
    for op in input["ops"].as_array().unwrap() {
        if let Some(written) = op.get("write_fs").and_then(|files| files.get(SDN_FILE)) {
            text = written.as_str().map(str::to_owned);
        }
        results.push(one(input, text.as_deref(), &mut warned)?);
    }
    Some(json!({ "results": results }))
}

/// What one call of the original returns; its caller keeps the warning from being repeated.
fn one(input: &Value, text: Option<&str>, warned: &mut bool) -> Option<Value> {
    let none = json!({ "zones": null, "vnets": null });
    let Some(running) = running(input) else {
        return Some(none);
    };
    let version = running.get("version").cloned().unwrap_or_default();
    if !version.is_true() {
        return Some(none);
    }
    let local = text.and_then(status::version).map(Scalar::text);
    let reload = status::reload_message(&local.unwrap_or_default(), &version);
    let mut notes = Notes::default();
    match reload {
        Some(message) if !*warned => notes.warn(message),
        _ => {}
    }
    *warned = reload.is_some();

    let output = input["commands"]["ifquery -a -c -o json"]["stdout"].as_str();
    let Ok(checks) = serde_json::from_str::<Vec<Value>>(output.unwrap_or_default()) else {
        return None; // the JSON parser of the caller dies
    };
    let ifaces: serde_json::Map<_, _> = checks
        .iter()
        .map(|check| (check["name"].as_str().unwrap_or_default().to_owned(), check.clone()))
        .collect();
    let ifaces = Value::Object(ifaces);
    let node = input["node"].as_str().unwrap();
    let probes = status::probes(&running, node).unwrap();
    let bridges: BTreeMap<_, _> =
        probes.iter().map(|probe| (probe.bridge.clone(), bridge(input, &probe.bridge))).collect();
    let facts =
        Facts { node, reload, ifaces: &Hash::deserialize(&ifaces).unwrap(), bridges: &bridges };
    let status = status::status(&running, &facts);
    let mut out = outcome(status.map(|status| json!(status)), &notes);
    if let Some(Value::Object(status)) = out.get_mut("result").map(Value::take) {
        out.as_object_mut().unwrap().extend(status);
    }
    Some(out)
}

fn running(input: &Value) -> Option<Hash<'_>> {
    match input.get("running_raw") {
        Some(raw) => serde_json::from_str(raw.as_str().unwrap()).ok(),
        None => Option::deserialize(input.get("running")?).unwrap(),
    }
}

fn bridge(input: &Value, name: &str) -> Bridge {
    let Some(sysfs) = input["sysfs"].get(name) else {
        return Bridge {
            exists: u8::from(name.is_empty()), // the folder of all interfaces
            ..Bridge::default()
        };
    };
    let filtering = sysfs["vlan_filtering"].as_str();
    let is_ovs = |ovs: &Vec<Value>| ovs.iter().any(|ovs| ovs == name);
    Bridge {
        exists: 1,
        vlan_aware: u8::from(filtering.is_some_and(|text| !matches!(text, "" | "0"))),
        ovs: u8::from(input["ovs"].as_array().is_some_and(is_ovs)),
    }
}
