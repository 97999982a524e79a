//! Replays a file of the golden corpus: one case a line, compared as Perl would see it.

#![allow(dead_code)] // each area uses what it needs

use pve_network_rs::error::Error;
use pve_network_rs::notes::Notes;
use pve_network_rs::perl::{ByteText, number_text};
use serde_json::{Value, json};
use std::fs;

/// Runs every case of `file` through `answer`; each field of an answer must be as recorded.
///
/// A case that `answer` has none for belongs to another area.
pub(crate) fn all(file: &str, answer: impl Fn(&Value) -> Option<Value>) {
    let cases = fs::read_to_string(file).unwrap();
    let (mut answered, mut failed) = (0, Vec::new());
    for case in cases.lines() {
        let case: Value = serde_json::from_str(case).unwrap();
        let Some(got) = answer(&case["in"]) else {
            continue;
        };
        answered += 1;
        let outs = match case["out"].get("any") {
            Some(any) => any.as_array().unwrap().clone(),
            None => vec![case["out"].clone()],
        };
        if !outs.iter().any(|want| agrees(want, &got)) {
            failed.push(format!(
                "{}\n--- want\n{}\n--- got\n{}",
                case["id"],
                serde_json::to_string_pretty(&outs[0]).unwrap(),
                serde_json::to_string_pretty(&got).unwrap()
            ));
        }
    }
    let text = failed.join("\n");
    assert!(failed.is_empty(), "{} cases differ\n{text}", failed.len());
    assert!(answered > 0, "{file}: no case answered");
}

/// `{"result": …}` or `{"error": …}` as the corpus has it, with the warnings.
pub(crate) fn outcome(result: Result<Value, Error>, notes: &Notes) -> Value {
    let mut out = match result {
        Ok(value) => json!({ "result": value, "error": null }),
        Err(Error::Param(errors)) => json!({
            "error": "",
            "exception": { "code": 400, "errors": errors, "msg": "Parameter verification failed.\n" },
        }),
        Err(error) => json!({ "error": error.to_string(), "exception": null }),
    };
    out["warnings"] = notes.iter().map(|note| note.text.as_str()).collect();
    out
}

/// A text of the corpus as the bytes that the original saw.
pub(crate) fn bytes(text: &str) -> String {
    ByteText::decode(text.as_bytes())
}

/// The opposite of [`bytes`], in every text of a document.
pub(crate) fn characters(document: Value) -> Value {
    let decode = |text: &str| {
        let bytes = ByteText::new(text).unwrap().to_bytes();
        String::from_utf8(bytes.into_owned()).unwrap()
    };
    match document {
        Value::String(text) => Value::String(decode(&text)),
        Value::Array(items) => items.into_iter().map(characters).collect(),
        Value::Object(object) => {
            object.into_iter().map(|(key, value)| (decode(&key), characters(value))).collect()
        }
        other => other,
    }
}

fn agrees(want: &Value, got: &Value) -> bool {
    let fields = got.as_object().unwrap();
    fields.iter().all(|(field, value)| match field.as_str() {
        "error" => is_same_error(&want["error"], value, want["exception"].is_object()),
        _ => is_same(&want[field], value),
    })
}

/// Texts of Perl itself bind nobody; those of an exception are compared by their parts.
fn is_same_error(want: &Value, got: &Value, is_exception: bool) -> bool {
    let (Some(want), Some(got)) = (want.as_str(), got.as_str()) else {
        return want.is_null() && got.is_null();
    };
    let of_perl = ["Can't use string", "Can't locate object method"];
    is_exception || of_perl.iter().any(|text| want.starts_with(text)) || strip(want) == strip(got)
}

fn strip(text: &str) -> &str {
    text.trim_end_matches('\n').trim_end_matches(" at <perl>.")
}

/// Missing keys and nulls are the same, and so are a number and its text, true and 1.
pub(crate) fn is_same(want: &Value, got: &Value) -> bool {
    match (want, got) {
        (Value::Object(a), Value::Object(b)) => {
            let keys = a.keys().chain(b.keys());
            keys.into_iter().all(|key| is_same(&want[key], &got[key]))
        }
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| is_same(a, b))
        }
        (Value::Null, Value::Array(b)) => b.is_empty(), // no warnings
        _ => match (scalar(want), scalar(got)) {
            (Some(a), Some(b)) => strip(&a) == strip(&b),
            _ => want.is_null() && got.is_null(),
        },
    }
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(flag) => Some(u8::from(*flag).to_string()),
        Value::Number(number) => Some(match number.as_f64().filter(|_| number.is_f64()) {
            Some(number) => number_text(number),
            None => number.to_string(),
        }),
        _ => None,
    }
}
