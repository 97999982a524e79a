//! The golden corpus of SDN: what the original makes of a running config (frr.conf, daemons), and
//! of fabrics.

#![allow(clippy::unwrap_used)] // a test that cannot go on fails

#[path = "observed.rs"]
mod observed;

use observed::Observed;
use pve_network_rs::error::Result;
use pve_network_rs::frr::{self, Profile};
use pve_network_rs::notes::Notes;
use pve_network_rs::perl::{Hash, Value as PerlValue};
use pve_network_rs::sdn::controller::{self, Input};
use pve_network_rs::sdn::fabric::Fabrics;
use pve_network_rs::sdn::zone::Facts;
use pve_network_rs::sdn::{RunningConfig, Section};
use serde::Deserialize;
use serde_json::{Value, json};
use std::fs;

#[test]
fn running_configs() {
    replay("sdn");
}

#[test]
fn with_local_config() {
    replay("frr-local");
}

#[test]
fn with_fabrics() {
    replay("fabrics");
}

fn replay(name: &str) {
    let cases = fs::read_to_string(format!("fixtures/golden/{name}.ndjson")).unwrap();
    let mut failed = Vec::new();
    let mut count = 0;
    for case in cases.lines() {
        let case: Value = serde_json::from_str(case).unwrap();
        let any = case["out"].get("any");
        let outs = any.map_or(vec![case["out"].clone()], |any| any.as_array().unwrap().clone());
        let got = answer(&case["in"]);
        let wanted: Vec<Value> = outs.iter().map(|out| wanted(out, &got, any.is_none())).collect();
        count += 1;
        if !wanted.contains(&got) {
            failed.push(format!(
                "{}\n--- want\n{}\n--- got\n{}",
                case["id"],
                text(&wanted[0]),
                text(&got)
            ));
        }
    }
    assert!(count > 0, "{name}: no cases");
    assert!(failed.is_empty(), "{} of {count} differ\n{}", failed.len(), failed.join("\n"));
}

fn text(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap().replace("\\n", "\n")
}

/// The part of a recorded outcome that is ours.
fn wanted(out: &Value, got: &Value, has_old: bool) -> Value {
    if got.get("sections").is_some() || got.get("error").is_some() {
        let mut out = out.clone();
        if let Some(error) = out["error"].as_str() {
            out = json!({ "error": error_text(error) });
        }
        return out;
    }
    let field = |name: &str| {
        let error = out[format!("{name}_error")].as_str().map(error_text);
        json!({ "text": out[name], "error": error })
    };
    // Of what depends on the order of hashes, only the new release was recorded.
    let old = if has_old { wanted_of_old(out, got) } else { got["frr_1_2"].clone() };
    let warnings = out["warnings"].as_array();
    let warnings = warnings.into_iter().flatten().filter_map(Value::as_str);
    json!({
        "frr": field("frr"),
        "frr_1_2": old,
        "daemons": field("daemons"),
        "fabrics_etc": got["fabrics_etc"].as_str().filter(|text| {
            // Nothing to compare with if the text of the zones died.
            out["etc"].as_str().is_none_or(|etc| etc.ends_with(text))
        }),
        "warnings": warnings
            .filter_map(|text| text.strip_prefix("WARN: "))
            .map(str::trim_end)
            .collect::<Vec<_>>(),
    })
}

/// What the old release made of it: recorded where it is not the same.
fn wanted_of_old(out: &Value, got: &Value) -> Value {
    let field = |name: &str| out.get(format!("{name}_1_2_5")).unwrap_or(&out[name]).as_str();
    match field("frr") {
        // The original prints a Perl address: this is refused.
        Some(text) if text.contains("HASH(0x") => {
            json!({ "text": null, "error": got["frr_1_2"]["error"].as_str().unwrap() })
        }
        Some(text) => json!({ "text": text, "error": null }),
        None => json!({ "text": null, "error": field("frr_error").map(error_text) }),
    }
}

/// What of an error's text has to be the same: where the original's is one of its parsers, or
/// holds a Perl address, that there is an error.
fn error_text(text: &str) -> &str {
    let text = text.trim_end();
    let text = text.strip_suffix(" at <perl>.").unwrap_or(text);
    let is_foreign = text.starts_with("error: ")
        || text.starts_with("uplink-id ")
        || text.starts_with("parsing \"fabrics.cfg\" failed");
    if is_foreign { "" } else { text }
}

/// What this crate makes of the input.
fn answer(input: &Value) -> Value {
    let node = input["node"].as_str().unwrap();
    if let Some(raw) = input["raw"].as_str() {
        return match Fabrics::parse(raw) {
            Ok(fabrics) => of_fabrics(&fabrics, node),
            Err(error) => json!({ "error": error_text(&error.to_string()) }),
        };
    }
    let document = input["config"].to_string();
    let config = RunningConfig::parse(&document).unwrap();
    let fabrics = sections(&config).and_then(|sections| Fabrics::from_running(&sections));
    let field = |result: Result<Value>| match result {
        Ok(value) => json!({ "text": value, "error": null }),
        Err(error) => json!({ "text": null, "error": error_text(&error.to_string()) }),
    };
    let mut notes = Notes::default();
    let mut frr = |profile| {
        notes = Notes::default();
        let fabrics = fabrics.as_ref().map_err(Clone::clone)?;
        let lines = lines(input, &config, fabrics, profile, &mut notes)?;
        Ok(json!(frr::to_text(&lines, node, profile)))
    };
    let (old, new) = (field(frr(Profile::V1_2)), field(frr(Profile::V1_3)));
    let warnings: Vec<&str> = notes.iter().map(|note| note.text.trim_end()).collect();
    json!({
        "frr": new,
        "frr_1_2": old,
        "daemons": field(fabrics.clone().map(|fabrics| daemons(&fabrics, node))),
        "fabrics_etc": fabrics.map(|fabrics| fabrics.interfaces_text(node)).ok(),
        "warnings": warnings,
    })
}

fn sections<'c>(config: &RunningConfig<'c>) -> Result<Hash<'c>> {
    let sections = config.fabrics.iter().flat_map(Section::iter);
    let sections = sections.filter_map(|(id, section)| {
        Some((id.to_owned().into(), PerlValue::Hash(section?.clone())))
    });
    Ok(Hash(sections.collect()))
}

fn lines(
    input: &Value,
    config: &RunningConfig,
    fabrics: &Fabrics,
    profile: Profile,
    notes: &mut Notes,
) -> Result<Vec<String>> {
    let node = input["node"].as_str().unwrap();
    let observed = Observed::new(input);
    let pending = input["facts"].get("subnets_cfg");
    let pending = pending.map(|subnets| {
        let subnets = PerlValue::deserialize(subnets.clone()).unwrap();
        Section::subnets(subnets).unwrap().unwrap()
    });
    let pending = pending.as_ref().or(config.subnets.as_ref());
    let mut facts = Facts::default();
    loop {
        *notes = Notes::default();
        let input_parts = Input { config, pending, node, profile };
        let parts = controller::parts(input_parts, &mut facts, notes);
        if !observed.answer(&mut facts) {
            return frr::lines(&parts?, input["frr_local"].as_str(), fabrics, node, profile);
        }
    }
}

fn daemons(fabrics: &Fabrics, node: &str) -> Value {
    fabrics.daemons(node).into_iter().map(|name| (name.to_owned(), json!(1))).collect()
}

fn of_fabrics(fabrics: &Fabrics, node: &str) -> Value {
    json!({
        "sections": fabrics.to_sections(),
        "raw": fabrics.to_text(),
        "etc": fabrics.interfaces_text(node),
        "daemons": daemons(fabrics, node),
    })
}
