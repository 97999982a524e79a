//! The golden corpus of dnsmasq: every text of a regeneration, and every merge of a mapping.

#![allow(clippy::unwrap_used)] // a test that cannot go on fails

mod replay;

use pve_network_rs::dnsmasq::{ethers, subnet_lines, vnet_text, zone_files};
use pve_network_rs::notes::Notes;
use pve_network_rs::perl::{ByteText, Hash, Value as Scalar};
use pve_network_rs::section_config::{File, parse};
use replay::bytes;
use serde::Deserialize;
use serde_json::{Map, Value, json};

#[test]
fn dnsmasq() {
    replay::all("fixtures/golden/dnsmasq.ndjson", answer);
}

fn answer(input: &Value) -> Option<Value> {
    let mut files = input["fs"].as_object().unwrap().clone();
    files.retain(|path, _| !path.ends_with('/'));
    let mut results = Vec::new();
    for op in input["ops"].as_array().unwrap() {
        match op["op"].as_str().unwrap() {
            "regenerate" if input["dnsmasq_installed"] != false && input["commands"].is_null() => {
                regenerate(input, &mut files)?;
            }
            "add_ip_mapping" if input["commands"].is_null() => {
                results.push(map(&op["args"], &mut files)?);
            }
            _ => return None, // what the caller does around it
        }
    }
    let mut out = json!({ "files": files });
    if !results.is_empty() {
        out["results"] = json!(results);
    }
    Some(out)
}

/// Writes the files of every zone of the running config that asks for DHCP.
fn regenerate(input: &Value, files: &mut Map<String, Value>) -> Option<()> {
    let text = bytes(input["files"][File::Subnets.path()].as_str().unwrap_or_default());
    let text = ByteText::new(&text).unwrap();
    let subnets = parse(File::Subnets, "subnets", text, false, &mut Notes::default());
    let running = Option::<Hash>::deserialize(&input["running"]).unwrap()?;
    let zones = running.hash("zones").and_then(|zones| zones.hash("ids"))?;
    for (id, zone) in zones.iter() {
        let Scalar::Hash(zone) = zone else {
            return None;
        };
        if !zone.is_true("dhcp") {
            continue;
        }
        if zone.text("dhcp") != "dnsmasq" || zone.text("type") != "simple" {
            return None; // the caller dies
        }
        let mtu = zone.defined_text("mtu").unwrap_or("1500".into());
        let texts = zone_files(id, &mtu);
        files.insert(format!("/etc/dbus-1/system.d/dnsmasq.{id}.conf"), json!(texts.dbus));
        files.insert(format!("/etc/default/dnsmasq.{id}"), json!(texts.default));
        let folder = format!("/etc/dnsmasq.d/{id}");
        let is_old = |path: &str| {
            let name = path.strip_prefix(&format!("{folder}/"));
            name.is_some_and(|name| name.starts_with("10-") && name.ends_with(".conf"))
        };
        files.retain(|path, _| !is_old(path));
        files.insert(format!("{folder}/00-default.conf"), json!(texts.config));
        let vnets = running.hash("vnets").and_then(|vnets| vnets.hash("ids"));
        for (vnet, options) in vnets.into_iter().flat_map(Hash::iter) {
            let Scalar::Hash(options) = options else {
                return None;
            };
            if options.text("zone") != id {
                continue;
            }
            let lines = lines_of(vnet, id, &subnets.ids);
            if let Some(text) = vnet_text(vnet, &lines) {
                files.insert(format!("{folder}/10-{vnet}.conf"), json!(text));
            }
        }
    }
    Some(())
}

/// The lines of all subnets of a vnet in a zone; those that cannot be are left out.
fn lines_of(vnet: &str, zone: &str, subnets: &Hash) -> Vec<String> {
    let mut lines = Vec::new();
    for (id, subnet) in subnets.iter() {
        let Scalar::Hash(subnet) = subnet else {
            continue;
        };
        let mut parts = id.split('-');
        if subnet.text("vnet") != vnet || parts.next() != Some(zone) {
            continue;
        }
        let mut subnet = subnet.clone();
        subnet.set("id", Scalar::text(id));
        subnet.set("network", Scalar::text(parts.next().unwrap_or_default()));
        lines.extend(subnet_lines(&subnet).unwrap_or_default());
    }
    lines
}

/// Adds a mapping to the `ethers` of its zone; the result is what the caller does then.
fn map(args: &Value, files: &mut Map<String, Value>) -> Option<Value> {
    let zone = args[0].as_str().unwrap();
    let path = format!("/etc/dnsmasq.d/{zone}/ethers");
    let text = bytes(files.get(&path)?.as_str()?);
    let cache = Option::<Hash>::deserialize(&args[1]).unwrap().unwrap_or_default();
    let none = Hash::default();
    let new =
        ethers::Mapping { mac: args[2].as_str()?, ip4: args[3].as_str(), ip6: args[4].as_str() };
    let mut notes = Notes::default();
    let macs = cache.hash("macs").unwrap_or(&none);
    let text = ByteText::new(&text).unwrap();
    let merged = ethers::merge(zone, text, macs, &new, &mut notes);
    files.insert(path, replay::characters(json!(merged.text)));
    let warnings: Vec<&str> = notes.iter().map(|note| note.text.as_str()).collect();
    let reload = json!([["systemctl", "reload", format!("dnsmasq@{zone}")]]);
    Some(json!({
        "calls": [{ "call": "update_lease", "dhcpid": zone, "ip4": new.ip4, "mac": new.mac }],
        "commands": if merged.reload == 1 { reload } else { Value::Null },
        "warnings": if warnings.is_empty() { Value::Null } else { json!(warnings) },
    }))
}
