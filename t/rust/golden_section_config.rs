//! The golden corpus of the section configs: read, write, validate, check, delete.

#![allow(clippy::unwrap_used)] // a test that cannot go on fails

mod replay;

use pve_network_rs::notes::Notes;
use pve_network_rs::perl::{ByteText, Hash};
use pve_network_rs::section_config::{
    self as sections, Config, File, Purpose, check_config, delete, validate,
};
use replay::{bytes, characters, outcome};
use serde::Deserialize;
use serde_json::{Value, json};

#[test]
fn section_config() {
    replay::all("fixtures/golden/section-config.ndjson", answer);
}

fn answer(input: &Value) -> Option<Value> {
    let op = input["op"].as_str()?;
    if op == "assert" {
        return None; // comparing digests is the caller's
    }
    let path = input["file"].as_str().unwrap();
    let file = File::ALL.into_iter().find(|file| file.path() == path)?;
    Some(match op {
        "parse" => parse(file, input, false),
        "parse_unknown" => parse(file, input, true),
        "write" => {
            let config = Config::deserialize(&input["config"]).unwrap();
            match sections::render(file, &config, input["allow_unknown"] == 1) {
                Ok(text) => json!({ "text": text, "error": null }),
                Err(error) => json!({ "error": error.to_string() }),
            }
        }
        "types" => {
            let types: Vec<&str> = file.schema().types.iter().map(|kind| kind.name).collect();
            json!({ "result": types })
        }
        "validate" => {
            let purpose = match input["mode"].as_str().unwrap() {
                "create" => Purpose::Create,
                _ => Purpose::Update,
            };
            let result = validate(file, purpose, &hash(&input["param"]));
            outcome(result.map(|()| json!(1)), &Notes::default())
        }
        "check_config" => {
            let kind = file.schema().find(input["type"].as_str().unwrap()).unwrap();
            let check_values = input["skip_schema"] == 0;
            let section = hash(&input["param"]);
            let required = if input["create"] == 1 { kind.required } else { &[] };
            let result = check_config(file, kind, section, required, check_values);
            outcome(result.map(|settings| json!(settings)), &Notes::default())
        }
        "delete" => {
            let kind = file.schema().find(input["type"].as_str().unwrap()).unwrap();
            let mut section = hash(&input["config"]);
            let names: Vec<_> = input["delete"].as_array().unwrap().iter().collect();
            let names: Vec<_> = names.iter().map(|name| name.as_str().unwrap().into()).collect();
            let result = delete(&mut section, kind, &hash(&input["new"]), &names);
            outcome(result.map(|()| json!(section)), &Notes::default())
        }
        op => panic!("unknown op {op}"),
    })
}

fn parse(file: File, input: &Value, allow_unknown: bool) -> Value {
    let text = bytes(input["text"].as_str().unwrap_or_default());
    let name = format!("/etc/pve/{}", file.path());
    let mut notes = Notes::default();
    let text = ByteText::new(&text).unwrap();
    let config = sections::parse(file, &name, text, allow_unknown, &mut notes);
    let mut out = outcome(Ok(Value::Null), &notes);
    match sections::render(file, &config, allow_unknown) {
        Ok(text) => out["text"] = json!(text),
        Err(error) => out["write_error"] = json!(error.to_string()),
    }
    out["config"] = serde_json::to_value(&config).unwrap();
    characters(out)
}

fn hash(value: &Value) -> Hash<'_> {
    Hash::deserialize(value).unwrap()
}
