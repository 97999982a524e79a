//! The golden corpus of SDN: what the original makes of a running config (`interfaces.d/sdn`).

#![allow(clippy::unwrap_used)] // a test that cannot go on fails

#[path = "observed.rs"]
mod observed;

use observed::Observed;
use pve_network_rs::error::Error;
use pve_network_rs::notes::Notes;
use pve_network_rs::perl::json::Reader;
use pve_network_rs::sdn::RunningConfig;
use pve_network_rs::sdn::zone::{self, Facts};
use serde_json::{Value, json};
use std::fs;

#[test]
fn running_configs() {
    replay("fixtures/golden/sdn.ndjson");
}

#[test]
fn bad_input() {
    replay("fixtures/golden/sdn-bad-input.ndjson");
}

#[test]
fn over_fabrics() {
    replay("fixtures/golden/fabrics.ndjson");
}

#[test]
fn an_outline_asks_the_same() {
    let mut unread = Vec::new();
    for file in ["sdn", "sdn-bad-input", "fabrics"] {
        let file = format!("fixtures/golden/{file}.ndjson");
        for case in fs::read_to_string(file).unwrap().lines() {
            let case: Value = serde_json::from_str(case).unwrap();
            let input = &case["in"];
            let document = input["config"].to_string();
            let asked = |config: RunningConfig| {
                let mut facts = Facts::default();
                let node = input["node"].as_str().unwrap();
                let _ = zone::generate(&config, node, &mut facts, &mut Notes::default());
                let missing = facts.take_missing();
                missing.iter().map(|probe| json!(probe)).collect::<Vec<_>>()
            };
            if document == "null" {
                continue; // of fabrics.cfg alone
            }
            let Some(outline) = Reader::read(document.as_bytes(), zone::outline) else {
                unread.push(case["id"].to_string());
                continue;
            };
            let outline = RunningConfig::from_document(outline).unwrap();
            let whole = RunningConfig::parse(&document).unwrap();
            assert_eq!(asked(outline), asked(whole), "{}", case["id"]);
        }
    }
    assert_eq!(unread, [r#""subnet-null""#, r#""vnet-null""#], "these are read as a whole");
}

fn replay(file: &str) {
    let cases = fs::read_to_string(file).unwrap();
    let mut failed = Vec::new();
    let mut count = 0;
    for case in cases.lines() {
        let case: Value = serde_json::from_str(case).unwrap();
        // Of fabrics.cfg alone, or an error in fabrics that no zone uses.
        let is_of_fabrics = case["in"].get("op").is_some() || case["id"] == "broken-node";
        if is_of_fabrics {
            continue;
        }
        count += 1;
        let got = answer(&case["in"]);
        let outs = match case["out"].get("any") {
            Some(any) => any.as_array().unwrap().clone(),
            None => vec![case["out"].clone()],
        };
        let wanted: Vec<Value> = outs.iter().map(wanted).collect();
        if !wanted.contains(&got) {
            failed.push(format!("{}\n--- want\n{:#}\n--- got\n{got:#}", case["id"], wanted[0]));
        }
    }
    assert!(count > 0, "{file}: no cases");
    assert!(failed.is_empty(), "{} of {count} differ\n{}", failed.len(), failed.join("\n"));
}

/// The part of a recorded outcome that is ours: the text of the zones, or the error, and warnings.
fn wanted(out: &Value) -> Value {
    let warnings = out["warnings"].as_array();
    let warnings = warnings.into_iter().flatten().filter_map(Value::as_str);
    // The text is that of zones and fabrics together; the one of fabrics is behind, if there is one.
    let text = out["etc"].as_str().map(|text| match text.find("\nauto dummy_") {
        Some(end) => &text[..end],
        None => text,
    });
    json!({
        "text": text,
        "error": out["etc_error"].as_str().map(without_place),
        // `WARN: ` is one of log_warn, which only FRR gives.
        "warnings": warnings
            .filter(|text| !text.starts_with("WARN: "))
            .map(without_place)
            .collect::<Vec<_>>(),
    })
}

fn without_place(text: &str) -> &str {
    let text = text.trim_end_matches('\n');
    text.strip_suffix(" at <perl>.").unwrap_or(text)
}

/// What this crate makes of the input.
fn answer(input: &Value) -> Value {
    let document = input["config"].to_string();
    let config = RunningConfig::parse(&document).unwrap();
    let observed = Observed::new(input);
    let mut facts = Facts::default();
    loop {
        let mut notes = Notes::default();
        let node = input["node"].as_str().unwrap();
        let result = zone::generate(&config, node, &mut facts, &mut notes);
        if !observed.answer(&mut facts) {
            return outcome(result, &notes);
        }
    }
}

fn outcome(result: Result<Option<String>, Error>, notes: &Notes) -> Value {
    let (text, error) = match result {
        // What is written is the text, be it none or empty.
        Ok(text) => (Some(text.unwrap_or_default()), None),
        Err(error) => (None, Some(error.to_string().trim_end().to_owned())),
    };
    let warnings: Vec<&str> = notes.iter().map(|note| without_place(&note.text)).collect();
    json!({ "text": text, "error": error, "warnings": warnings })
}
