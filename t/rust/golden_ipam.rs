//! The golden corpus of the built-in IPAM and of the cache of MAC addresses.

#![allow(clippy::unwrap_used)] // a test that cannot go on fails

use pve_network_rs::error::Error;
use pve_network_rs::ipam::{macs, pve};
use pve_network_rs::perl::{Hash, Value as Scalar};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use std::fs;

#[test]
fn ipam_pve() {
    let files = ["ipam-pve", "ipam-edges"].map(|name| format!("fixtures/golden/{name}.ndjson"));
    let cases: String = files.iter().map(|file| fs::read_to_string(file).unwrap()).collect();
    let mut failed = Vec::new();
    for case in cases.lines() {
        let case: Value = serde_json::from_str(case).unwrap();
        let got = play(&case["in"]);
        let outs = match case["out"].get("any") {
            Some(any) => any.as_array().unwrap().clone(),
            None => vec![case["out"].clone()],
        };
        if !outs.iter().any(|out| is_same(out, &got)) {
            failed.push(format!("{}\n--- want\n{}\n--- got\n{got}", case["id"], outs[0]));
        }
    }
    assert!(failed.is_empty(), "{} cases differ\n{}", failed.len(), failed.join("\n"));
}

/// The files, as texts; the plugin reads a missing or empty one as `{}`.
struct Node {
    db: String,
    macdb: Value,
}

fn play(input: &Value) -> Value {
    let mut node = Node {
        db: match &input["db_raw"] {
            Value::String(text) => text.clone(),
            _ if input["db"].is_null() => String::new(),
            _ => input["db"].to_string(),
        },
        macdb: input["macdb"].clone(),
    };
    let ops = input["ops"].as_array().unwrap();
    let results: Vec<Value> = ops.iter().map(|op| node.run(op, input)).collect();
    let db = serde_json::from_str(&node.db).unwrap_or_else(|_| match node.db.as_str() {
        "" => Value::Null,
        text => json!(text),
    });
    json!({ "results": results, "db": db, "macdb": node.macdb })
}

impl Node {
    fn run(&mut self, op: &Value, input: &Value) -> Value {
        let name = op["op"].as_str().unwrap();
        let lock = if name.starts_with("cache_") { "mac-cache" } else { "pve-ipam-state" };
        let failure = &input["lock_fail"][format!("file-sdn_{lock}_json")];
        match name {
            "update_subnet" | "update_ip" => json!({ "result": null }),
            "cache_add" | "cache_del" if failure.is_string() => {
                json!({ "result": null, "warnings": [failure] })
            }
            "cache_add" | "cache_del" => {
                self.change_macs(name == "cache_add", op);
                json!({ "result": null })
            }
            "cache_get" => self.find_mac(op),
            "add_range_next_freeip" if failure.is_string() => {
                json!({ "result": null, "swallowed": failure })
            }
            _ if failure.is_string() => json!({ "error": failure }),
            _ => self.change_db(op, input),
        }
    }

    fn change_db(&mut self, op: &Value, input: &Value) -> Value {
        let subnet = match op["subnet"].as_str() {
            Some(id) => input["subnets"][id].clone(),
            None => json!({}),
        };
        let field = |name: &str| subnet[name].as_str().unwrap_or_default().to_owned();
        let subnet = pve::Subnet {
            zone: op["zone"].as_str().map_or_else(|| field("zone"), str::to_owned).into(),
            cidr: field("cidr").into(),
            network: field("network").into(),
            mask: field("mask").into(),
        };
        let name = op["op"].as_str().unwrap();
        let is_gateway = op["is_gateway"].as_u64().unwrap_or_default();
        let operation = match name {
            "add_subnet" | "del_subnet" => json!(name),
            "add_ip" => json!({ name: {
                "ip": op["ip"], "is_gateway": is_gateway,
                "hostname": op["hostname"], "mac": op["mac"], "vmid": op["vmid"],
            } }),
            "del_ip" => json!({ name: { "ip": op["ip"] } }),
            "add_next_freeip" => json!({ name: {
                "hostname": op["hostname"], "mac": op["mac"], "vmid": op["vmid"],
            } }),
            "add_range_next_freeip" => {
                json!({ name: { "range": op["range"], "data": op["data"] } })
            }
            "get_ips_from_mac" => json!({ name: { "mac": op["mac"] } }),
            name => panic!("unknown operation {name}"),
        };
        let operation = operation.to_string();
        let operation: pve::Operation = serde_json::from_str(&operation).unwrap();

        let text = if self.db.is_empty() { "{}" } else { &self.db };
        let Ok(db) = serde_json::from_str::<&RawValue>(text) else {
            return json!({ "error": "not JSON" });
        };
        match pve::run(db, &subnet, &operation) {
            Ok(outcome) => {
                if let Some(splice) = &outcome.splice {
                    self.db = splice.apply(text);
                }
                let mut result = json!({ "result": outcome.result });
                if let Some(text) = outcome.swallowed {
                    result["swallowed"] = json!(text);
                }
                result
            }
            Err(error) => died(&error),
        }
    }

    fn change_macs(&mut self, adds: bool, op: &Value) {
        let mac = op["mac"].as_str().unwrap();
        let entry = self.macdb["macs"][mac].to_string();
        let entry: Option<Hash> = serde_json::from_str(&entry).unwrap();
        let ip = op["ip"].to_string();
        let ip: Scalar = serde_json::from_str(&ip).unwrap();
        let entry = if adds {
            Some(macs::add(entry, ip).unwrap())
        } else {
            macs::remove(entry, &ip).unwrap()
        };
        let entry = entry.map(|entry| json!(entry));
        if self.macdb["macs"].is_null() {
            self.macdb["macs"] = json!({});
        }
        let macs = self.macdb["macs"].as_object_mut().unwrap();
        match entry {
            Some(entry) => drop(macs.insert(mac.into(), entry)),
            None => drop(macs.remove(mac)),
        }
    }

    /// The look-up itself belongs to the callers: an entry is the answer, else the plugin is asked.
    fn find_mac(&mut self, op: &Value) -> Value {
        let mac = op["mac"].as_str().unwrap();
        let entry = &self.macdb["macs"][mac];
        if entry.is_object() {
            return json!({ "result": [entry["ip4"], entry["ip6"]] });
        }
        if op["zone_cfg"]["ipam"] != "pve" {
            return json!({ "error": "cannot lookup undefined type! at <perl>.\n" });
        }
        let op = json!({ "op": "get_ips_from_mac", "mac": mac, "zone": op["zone"] });
        let found = self.change_db(&op, &Value::Null);
        if let Some(ips) = found["result"].as_array() {
            self.macdb["macs"][mac] = json!({ "ip4": ips[0], "ip6": ips[1] });
        }
        found
    }
}

fn died(error: &Error) -> Value {
    let text = error.to_string();
    let place = if text.ends_with('\n') { "" } else { " at <perl>.\n" };
    json!({ "error": format!("{text}{place}") })
}

fn is_same(want: &Value, got: &Value) -> bool {
    let files = ["db", "macdb"].iter().all(|file| want[*file] == got[*file]);
    let (want, got) = (want["results"].as_array().unwrap(), got["results"].as_array().unwrap());
    let results = want.iter().zip(got).all(|(want, got)| {
        let is_not_json = got["error"] == "not JSON" && want["error"].is_string();
        let fields = ["result", "error", "swallowed", "warnings"];
        is_not_json || fields.iter().all(|field| want[*field] == got[*field])
    });
    files && results && want.len() == got.len()
}
