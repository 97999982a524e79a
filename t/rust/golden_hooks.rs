//! The golden corpus of the hooks: what the checks of a change say.

#![allow(clippy::unwrap_used)] // a test that cannot go on fails

mod replay;

use pve_network_rs::error::Error;
use pve_network_rs::notes::Notes;
use pve_network_rs::perl::{ByteText, Hash};
use pve_network_rs::sdn::dhcp_range;
use pve_network_rs::sdn::hooks::{controller, subnet, vnet, zone};
use pve_network_rs::section_config::{Config, File, parse};
use replay::{bytes, outcome};
use serde::Deserialize;
use serde_json::{Value, json};

#[test]
fn hooks() {
    replay::all("fixtures/golden/hooks.ndjson", answer);
}

fn answer(input: &Value) -> Option<Value> {
    let args = &input["args"];
    let text = |name: &str| args[name].as_str().unwrap_or_default();
    let kind = input["plugin"].as_str().unwrap_or_default();
    let mut notes = Notes::default();
    let done = |result: Result<(), Error>| result.map(|()| Value::Null);
    let result = match input["hook"].as_str().unwrap() {
        "zone.on_update" => {
            let (zones, controllers) = (hash(args, "zone_cfg"), hash(args, "controller_cfg"));
            let needs_mac = zone::on_update(kind, text("zoneid"), &zones, &controllers);
            return Some(with_mac(needs_mac, input, "zone_cfg", "zoneid"));
        }
        "zone.vnet_update" => {
            let (vnets, zones) = (hash(args, "vnet_cfg"), hash(args, "zone_cfg"));
            let needs_mac = zone::on_vnet_update(kind, text("vnetid"), &vnets, &zones);
            return Some(with_mac(needs_mac, input, "vnet_cfg", "vnetid"));
        }
        "zone.on_delete" => done(zone::on_delete(text("zoneid"), &hash(args, "vnet_cfg"))),
        "controller.on_update" => {
            let node = input["node"].as_str().unwrap();
            let controllers = hash(args, "controller_cfg");
            done(controller::on_update(kind, text("controllerid"), &controllers, node))
        }
        "controller.on_delete" => {
            let zones = hash(args, "zone_cfg");
            done(controller::on_delete(kind, text("controllerid"), &zones))
        }
        "vnet.on_update" => {
            let vnet = &args["vnet_cfg"]["ids"][text("vnetid")];
            let vnet = Option::deserialize(vnet).unwrap().unwrap_or_default();
            done(vnet::on_update(&vnet, has_subnets(input)))
        }
        "vnet.on_delete" => done(vnet::on_delete(has_subnets(input))),
        "subnet.validate_dhcp_ranges" => {
            done(dhcp_range::validate(&hash(args, "subnet"), &mut notes))
        }
        "subnet.on_update" => return Some(subnet_update(input)),
        // Of the IPAM, the DNS server, or the caller.
        _ => return None,
    };
    Some(outcome(result, &notes))
}

/// The outcome, with the address that the corpus has in the place of a random one.
fn with_mac(result: Result<bool, Error>, input: &Value, config: &str, id: &str) -> Value {
    let mut changed = input["args"][config].clone();
    if result == Ok(true) {
        let id = input["args"][id].as_str().unwrap();
        changed["ids"][id]["mac"] = json!("BC:24:11:10:20:30");
    }
    // How the address starts is up to the caller, who reads it from there.
    let is_default = input["files"].get("datacenter.cfg").is_none();
    let is_ok = result.is_ok();
    let mut out = outcome(result.map(|_| Value::Null), &Notes::default());
    if !is_default {
        return json!({ "error": out["error"] });
    }
    if is_ok {
        out[config] = changed;
    }
    out
}

/// With an IPAM, what is recorded includes what that does: only the checks are compared.
fn subnet_update(input: &Value) -> Value {
    let args = &input["args"];
    let (zone, subnet) = (hash(args, "zone"), hash(args, "subnet"));
    let old = Option::<Hash>::deserialize(&args["old_subnet"]).unwrap();
    let mut notes = Notes::default();
    let text = file_text(input, File::Vnets);
    let vnets = read(File::Vnets, &text, &mut notes);
    let vnet = vnets.ids.hash(&subnet.text("vnet"));
    let steps = subnet::on_update(&zone, &subnet, old.as_ref(), vnet, &mut notes);
    match steps {
        Ok(steps) if !steps.is_empty() => json!({}),
        Ok(_) => outcome(Ok(Value::Null), &notes),
        Err(error) => outcome(Err(error), &notes),
    }
}

fn has_subnets(input: &Value) -> bool {
    let text = file_text(input, File::Subnets);
    let subnets = read(File::Subnets, &text, &mut Notes::default());
    let vnet = input["args"]["vnetid"].as_str().unwrap();
    subnets.ids.iter().any(|(id, _)| {
        let subnet = subnets.ids.hash(id);
        subnet.is_some_and(|subnet| subnet.text("vnet") == vnet)
    })
}

fn file_text(input: &Value, file: File) -> String {
    bytes(input["files"][file.path()].as_str().unwrap_or_default())
}

fn read<'a>(file: File, text: &'a str, notes: &mut Notes) -> Config<'a> {
    let name = format!("/etc/pve/{}", file.path());
    parse(file, &name, ByteText::new(text).unwrap(), false, notes)
}

fn hash<'a>(args: &'a Value, name: &str) -> Hash<'a> {
    Option::deserialize(&args[name]).unwrap().unwrap_or_default()
}
