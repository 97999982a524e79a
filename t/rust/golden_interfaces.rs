//! The golden corpus of `/etc/network/interfaces`: what the original reads, and writes.

#![allow(clippy::unwrap_used)] // a test that cannot go on fails

use pve_network_rs::host::{Facts, Link};
use pve_network_rs::interfaces::{self, Config, Dialect};
use pve_network_rs::notes::Notes;
use pve_network_rs::perl::{ByteText, Charset};
use serde_json::{Value, json};
use std::fs;

const CHARSET: Charset = Charset::Latin1;

#[test]
fn interfaces() {
    replay("fixtures/golden/interfaces.ndjson");
}

#[test]
fn interfaces_edited() {
    replay("fixtures/golden/interfaces-edit.ndjson");
}

fn replay(file: &str) {
    let cases = fs::read_to_string(file).unwrap();
    let mut failed = Vec::new();
    for case in cases.lines() {
        let case: Value = serde_json::from_str(case).unwrap();
        let got = answer(&case["in"], case["out"].get("config").is_some());
        let outs = match case["out"].get("any") {
            Some(any) => any.as_array().unwrap().clone(),
            None => vec![case["out"].clone()],
        };
        for (field, value) in got.as_object().unwrap() {
            let none = json!([]);
            let missing = (field == "warnings").then_some(&none);
            let wanted: Vec<&Value> =
                outs.iter().filter_map(|out| out.get(field).or(missing)).collect();
            if !wanted.iter().any(|want| is_same(want, value)) {
                let want = wanted.first().map(|want| text(want));
                failed.push(format!(
                    "{}: {field}\n--- want\n{}\n--- got\n{}",
                    case["id"],
                    want.unwrap_or_default(),
                    text(value)
                ));
            }
        }
    }
    assert!(failed.is_empty(), "{} fields differ\n{}", failed.len(), failed.join("\n"));
}

/// Everything that the case could have in `out`.
fn answer(input: &Value, has_config: bool) -> Value {
    let text = input["text"].as_str().unwrap();
    let text = ByteText::decode(text.as_bytes());
    let facts = facts(input);
    let config = interfaces::parse(ByteText::new(&text).unwrap(), &facts, CHARSET).unwrap();
    let mut config = serde_json::to_value(&config).unwrap();
    let mut out = json!({});
    if has_config {
        out["config"] = config.clone();
    }
    for edit in input["edits"].as_array().into_iter().flatten() {
        apply(edit, config["ifaces"].as_object_mut().unwrap());
    }
    let document = config.to_string();
    let mut notes = Notes::default();
    for (name, dialect) in [("ifupdown2", Dialect::Ifupdown2), ("ifupdown", Dialect::Ifupdown)] {
        let config: Config = serde_json::from_str(&document).unwrap();
        match interfaces::render(config, dialect, CHARSET, &mut notes) {
            Ok(text) => out[format!("text_{name}")] = json!(text),
            Err(error) => {
                let text = error.to_string();
                let place = if text.ends_with('\n') { "" } else { " at <perl>." };
                out[format!("error_{name}")] = json!(format!("{text}{place}"));
            }
        }
    }
    let warnings: Vec<&str> = notes.iter().map(|note| note.text.as_str()).collect();
    out["warnings"] = json!(warnings);
    out
}

fn facts(input: &Value) -> Facts<'_> {
    let optional = |value: &Value| value.as_str().map(|text| text.to_owned().into());
    let links = input["ip_links"].as_object().into_iter().flatten();
    Facts {
        links: links
            .map(|(name, link)| Link {
                name: name.into(),
                link_type: optional(&link["link_type"]),
                info_kind: optional(&link["linkinfo"]["info_kind"]),
                altnames: link["altnames"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .filter_map(optional)
                    .collect(),
            })
            .collect(),
        active: input["active"].as_array().into_iter().flatten().filter_map(optional).collect(),
    }
}

fn apply(edit: &Value, ifaces: &mut serde_json::Map<String, Value>) {
    let name = edit["iface"].as_str().unwrap();
    let key = edit["key"].as_str().unwrap_or_default();
    let iface = ifaces.entry(name).or_insert_with(|| json!({}));
    match edit["op"].as_str().unwrap() {
        "set" => *iface = edit["value"].clone(),
        "delete" => drop(ifaces.remove(name)),
        "set-key" => iface[key] = edit["value"].clone(),
        "delete-key" => drop(iface.as_object_mut().unwrap().remove(key)),
        op => panic!("unknown edit {op}"),
    }
}

/// Warnings of Perl itself end with the place of the code: they bind nobody.
fn is_same(want: &Value, got: &Value) -> bool {
    let Some(want) = want.as_array().filter(|_| got.is_array()) else {
        return want == got;
    };
    let own = want.iter().filter(|text| text.as_str().is_some_and(|text| text.ends_with('\n')));
    own.eq(got.as_array().unwrap())
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| serde_json::to_string_pretty(value).unwrap(), str::to_owned)
}
