//! The golden corpus of the plugins that talk to servers, without a server.
//!
//! What belongs to the transport (TLS, proxies, redirects, faults) is not played here.

#![allow(clippy::unwrap_used)] // a test that cannot go on fails

use pve_network_rs::dns::reverse;
use pve_network_rs::error::{Error, Result};
use pve_network_rs::exchange::drive::{Driver, Plugin, Request};
use pve_network_rs::perl::Text;
use serde::Deserialize;
use serde_json::{Value, json};
use std::fs;

const BASE: &str = "http://127.0.0.1:PORT";

#[test]
fn http_plugins() {
    let cases = fs::read_to_string("fixtures/golden/http-plugins.ndjson").unwrap();
    let cases: Vec<Value> = cases.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let mut failed = Vec::new();
    let mut played = 0;
    for case in cases.iter().filter(|case| !is_about_transport(&case["in"])) {
        played += 1;
        let got = match case["in"]["op"].as_str().unwrap() {
            "get_reversedns_zone" => play_reverse(&case["in"]),
            operation => play(&case["in"], operation),
        };
        if !is_same(case, &got) {
            failed.push(format!("{}\n--- want\n{}\n--- got\n{got}", case["id"], case["out"]));
        }
    }
    assert!(failed.is_empty(), "{} cases differ\n{}", failed.len(), failed.join("\n"));
    assert_eq!(played, 152);
}

fn is_about_transport(input: &Value) -> bool {
    let special = ["fault", "raw", "gzip", "latin1", "base64"];
    let is_special = |reply: &Value| {
        let status = reply["status"].as_u64().unwrap_or_default();
        (300..400).contains(&status) || special.iter().any(|key| reply.get(key).is_some())
    };
    let replies = input["replies"].as_array().unwrap();
    let url = input["config"]["url"].as_str().unwrap_or_default();
    input["plugin"] == "sdn"
        || ["tls", "refuse", "datacenter", "env"].iter().any(|key| input.get(key).is_some())
        || url.contains('@')
        || replies.iter().any(is_special)
}

fn play(input: &Value, operation: &str) -> Value {
    let plugin = Plugin::of_type(input["plugin"].as_str().unwrap()).unwrap();
    let mut replies = input["replies"].as_array().unwrap().iter();
    let mut requests = Vec::new();
    let send = |request: &Request| {
        requests.push(sent(request));
        reply(replies.next().unwrap(), request)
    };
    let mut driver = Driver::new(plugin, &input["config"], send);
    let mut out = outcome(driver.run(operation, &input["args"]));
    let (notes, printed) = (driver.notes, driver.printed);
    assert_eq!(replies.count(), 0, "unused replies");
    out["requests"] = json!(requests);
    if !notes.is_empty() {
        out["warnings"] = notes.iter().map(|note| note.text.as_str()).collect();
    }
    if !printed.is_empty() {
        out["stdout"] = json!(printed);
    }
    out
}

/// A request as the corpus has it.
fn sent(request: &Request) -> Value {
    let headers = request.headers.iter();
    let headers: serde_json::Map<_, _> =
        headers.map(|(name, value)| (name.to_lowercase(), json!(value))).collect();
    let path = request.url.strip_prefix(BASE).unwrap();
    let mut sent = json!({ "method": request.method, "path": path, "headers": headers });
    if let Some(body) = &request.body {
        sent["body"] = body.clone();
    }
    sent
}

fn reply(reply: &Value, request: &Request) -> Result<Option<Value>> {
    let path = request.url.strip_prefix(BASE).unwrap();
    assert_eq!(reply["match"], json!({ "method": request.method, "path": path }));
    let status = reply["status"].as_u64().unwrap();
    if !(200..300).contains(&status) {
        let reason = match reply["reason"].as_str() {
            Some("") => "unknown",
            Some(reason) => reason,
            None => panic!("no reason for {status}"),
        };
        return Err(Error::die(format_args!("Invalid response from server: {status} {reason}")));
    }
    match reply.get("body") {
        Some(Value::String(text)) if text.is_empty() => Ok(None),
        Some(Value::String(text)) => {
            let not_json = |_| Error::die_at("api response is not a json");
            serde_json::from_str(text).map(Some).map_err(not_json)
        }
        body => Ok(body.cloned()),
    }
}

fn outcome(result: Result<Value>) -> Value {
    match result {
        Ok(result) => json!({ "result": result }),
        Err(error) => json!({ "error": error.to_string() }),
    }
}

fn play_reverse(input: &Value) -> Value {
    let zone = |args: &Value| {
        let field = |value: &Value| {
            let text = Option::<Text>::deserialize(value).unwrap();
            text.map_or_else(String::new, |text| text.0.into_owned())
        };
        let (cidr, mask) = (field(&args["subnet"]["cidr"]), field(&args["subnet"]["mask"]));
        let mask_v6 = field(&input["config"]["reversemaskv6"]);
        let subnet = reverse::Subnet { cidr: &cidr, mask: &mask, mask_v6: &mask_v6 };
        outcome(reverse::zone(&subnet, &field(&args["ip"])).map(|zone| json!(zone)))
    };
    match input["sweep"].as_array() {
        Some(sweep) => {
            json!({ "requests": [], "sweep": sweep.iter().map(zone).collect::<Vec<_>>() })
        }
        None => {
            let mut out = zone(&input["args"]);
            out["requests"] = json!([]);
            out
        }
    }
}

fn is_same(case: &Value, got: &Value) -> bool {
    let want = &case["out"];
    let error = match case["error_prefix"].as_str() {
        Some(prefix) => got["error"].as_str().is_some_and(|error| error.starts_with(prefix)),
        None => unplaced(&got["error"]) == unplaced(&want["error"]),
    };
    let fields = ["requests", "result", "warnings", "stdout", "sweep"];
    error && fields.iter().all(|field| unplaced(&got[*field]) == unplaced(&want[*field]))
}

/// Without what Perl appends to a text without a newline, and without the newline.
fn unplaced(value: &Value) -> Value {
    match value {
        Value::String(text) => json!(text.trim_end_matches('\n').trim_end_matches(" at <perl>.")),
        Value::Array(items) => items.iter().map(unplaced).collect(),
        Value::Object(fields) => {
            fields.iter().map(|(name, value)| (name.clone(), unplaced(value))).collect()
        }
        value => value.clone(),
    }
}
