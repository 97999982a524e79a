//! The golden corpus of pending changes.

#![allow(clippy::unwrap_used)] // a test that cannot go on fails

mod replay;

use pve_network_rs::notes::Notes;
use pve_network_rs::perl::{ByteText, Hash, Value as Scalar};
use pve_network_rs::sdn::commit::compile;
use pve_network_rs::sdn::fabric::Fabrics;
use pve_network_rs::sdn::pending::{encode_value, has_pending_changes, pending_config};
use pve_network_rs::section_config::{File, parse};
use replay::{bytes, characters, outcome};
use serde::Deserialize;
use serde_json::{Value, json};

#[test]
fn pending() {
    replay::all("fixtures/golden/pending.ndjson", answer);
}

fn answer(input: &Value) -> Option<Value> {
    let mut notes = Notes::default();
    let result = match input["fn"].as_str().unwrap() {
        "pending_config" => {
            let kind = input["type"].as_str().unwrap();
            pending_config(&hash(&input["running"]), &hash(&input["config"]), kind)
                .map(|ids| json!({ "ids": ids }))
        }
        "encode_value" => {
            let value = Scalar::deserialize(&input["value"]).unwrap();
            Ok(json!(encode_value(input["key"].as_str().unwrap(), &value)))
        }
        "has_pending_changes" => {
            let configs = configs(&input["files"], &mut notes);
            has_pending_changes(&hash(&input["running"]), &hash(&configs)).map(|yes| json!(yes))
        }
        "compile_running_cfg" => {
            let configs = configs(&input["files"], &mut notes);
            let fabrics = input["files"]["sdn/fabrics.cfg"].as_str().unwrap_or_default();
            let fabrics = Fabrics::parse(fabrics).unwrap();
            let ids = |kind: &str| hash(&configs[kind]["ids"]);
            let running = hash(&input["running"]);
            let config = compile(
                &running,
                [
                    ("zones", ids("zones")),
                    ("vnets", ids("vnets")),
                    ("subnets", ids("subnets")),
                    ("controllers", ids("controllers")),
                    ("fabrics", fabrics.to_sections()),
                ],
            );
            let mut config = json!(config);
            // The next version is the caller's.
            if running.is_true("version") && input.get("skip_version_bump").is_none() {
                config["version"] = json!(running.get("version").unwrap().to_number() as i64 + 1);
            }
            Ok(config)
        }
        _ => return None, // the caller's, or part of reading zones
    };
    Some(outcome(result, &notes))
}

/// The four configs that an apply commits, read from their files.
fn configs(files: &Value, notes: &mut Notes) -> Value {
    let mut configs = json!({});
    for (kind, file) in [
        ("zones", File::Zones),
        ("vnets", File::Vnets),
        ("subnets", File::Subnets),
        ("controllers", File::Controllers),
    ] {
        let text = bytes(files[file.path()].as_str().unwrap_or_default());
        let name = format!("/etc/pve/{}", file.path());
        let config = parse(file, &name, ByteText::new(&text).unwrap(), false, notes);
        configs[kind] = characters(serde_json::to_value(&config).unwrap());
    }
    configs
}

fn hash(value: &Value) -> Hash<'_> {
    Option::<Hash>::deserialize(value).unwrap().unwrap_or_default()
}
