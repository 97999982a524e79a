//! The golden corpus of `/etc/network/interfaces`: what the original reads, and writes.

#![allow(clippy::unwrap_used)] // a test that cannot go on fails

mod corpus;

use pve_network_rs::interfaces::{self, Config, Dialect};
use pve_network_rs::notes::Notes;
use pve_network_rs::perl::{ByteText, Charset};
use serde_json::{Value, json};

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
    let mut failed = Vec::new();
    for case in corpus::cases(file) {
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
    let facts = corpus::facts(input);
    let config = interfaces::parse(ByteText::new(&text).unwrap(), &facts, CHARSET).unwrap();
    let mut config = serde_json::to_value(&config).unwrap();
    let mut out = json!({});
    if has_config {
        out["config"] = config.clone();
    }
    corpus::edit(&mut config, &input["edits"]);
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
