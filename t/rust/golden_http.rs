//! The golden corpus of the plugins that talk to servers, without a server.
//!
//! What belongs to the transport (TLS, proxies, redirects, faults) is not played here.

#![allow(clippy::unwrap_used)] // a test that cannot go on fails

use pve_network_rs::dns::{powerdns, reverse};
use pve_network_rs::error::{Error, Result};
use pve_network_rs::exchange::{Args, Operation, Progress, State};
use pve_network_rs::ipam::{netbox, phpipam};
use pve_network_rs::notes::Notes;
use pve_network_rs::perl::{Hash, Text};
use pve_network_rs::sdn::dhcp_range;
use serde::Deserialize;
use serde_json::{Value, json};
use std::fs;

type Plugin = fn(Operation, State, &mut Notes) -> Result<Progress>;

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

/// Plays the part of Perl: performs calls, with the replies of the case.
struct Server<'c> {
    plugin: Plugin,
    config: &'c Value,
    args: &'c Value,
    replies: std::slice::Iter<'c, Value>,
    requests: Vec<Value>,
    warnings: Vec<String>,
    stdout: String,
    /// Perl's `$@`.
    error: String,
}

fn play(input: &Value, operation: &str) -> Value {
    let plugin: Plugin = match input["plugin"].as_str().unwrap() {
        "netbox" => netbox::step,
        "phpipam" => phpipam::step,
        "powerdns" => powerdns::step,
        name => panic!("unknown plugin {name}"),
    };
    let mut server = Server {
        plugin,
        config: &input["config"],
        args: &input["args"],
        replies: input["replies"].as_array().unwrap().iter(),
        requests: Vec::new(),
        warnings: Vec::new(),
        stdout: String::new(),
        error: String::new(),
    };
    let mut out = outcome(server.run(operation, &input["args"]).map_err(|e| place(&e)));
    assert_eq!(server.replies.count(), 0, "unused replies");
    out["requests"] = json!(server.requests);
    if !server.warnings.is_empty() {
        out["warnings"] = json!(server.warnings);
    }
    if !server.stdout.is_empty() {
        out["stdout"] = json!(server.stdout);
    }
    out
}

fn outcome(result: std::result::Result<Value, String>) -> Value {
    match result {
        Ok(result) => json!({ "result": result }),
        Err(text) => json!({ "error": text }),
    }
}

/// What Perl appends to a text without a newline.
fn place(error: &Error) -> String {
    let text = error.to_string();
    let place = if text.ends_with('\n') { "" } else { " at <perl>.\n" };
    format!("{text}{place}")
}

impl Server<'_> {
    fn run(&mut self, operation: &str, args: &Value) -> Result<Value> {
        let mut exchange = State { error: self.error.clone(), ..State::default() };
        let error_before = self.error.clone();
        loop {
            let mut notes = Notes::default();
            let operation =
                Operation { name: operation, config: Args(self.config), args: Args(args) };
            let progress = (self.plugin)(operation, exchange, &mut notes);
            let texts = notes.iter().map(|note| format!("{} at <perl>.\n", note.text));
            self.warnings.extend(texts);
            let (call, state) = match progress? {
                Progress::Done { result } => return Ok(result),
                Progress::Ask { call, state } => (call, state),
            };
            let value = self.perform(call.function, &call.args);
            let value = match (value, call.guarded) {
                (Ok(value), guarded) => {
                    self.error = if guarded == 1 { String::new() } else { self.error.clone() };
                    value
                }
                (Err(error), 1) => {
                    self.error = place(&error);
                    Value::Null
                }
                (Err(error), _) => return Err(error),
            };
            // A state goes through Perl as JSON.
            let state = json!({
                "state": state,
                "answer": { "value": value, "error": self.error },
                "error": error_before,
            });
            exchange = State::deserialize(state).unwrap();
        }
    }

    fn perform(&mut self, function: &'static str, args: &[Value]) -> Result<Value> {
        let arg = |index: usize| args.get(index).cloned().unwrap_or_default();
        let named = |names: &[&str]| {
            let named = names.iter().enumerate().map(|(i, name)| (name.to_string(), arg(i)));
            Value::Object(named.collect())
        };
        let is_netbox = self.config["type"] == "netbox";
        let args = match function {
            "netbox_api_request" => {
                let token = self.config["token"].as_str().unwrap();
                let headers = json!([
                    "Content-Type",
                    "application/json; charset=UTF-8",
                    "Authorization",
                    format!("token {token}"),
                ]);
                let url = format!("{}{}", self.config["url"].as_str().unwrap(), text(&arg(1)));
                return self.request(&text(&arg(0)), &url, &headers, &arg(2));
            }
            "api_request" => {
                return self.request(&text(&arg(0)), &text(&arg(1)), &arg(2), &arg(3));
            }
            "get_dhcp_ranges" => return self.dhcp_ranges(&arg(0)),
            "print" => {
                self.stdout += &text(&arg(0));
                return Ok(json!(1));
            }
            "get_prefix_id" if is_netbox => named(&["cidr", "noerr"]),
            "get_ip_id" | "is_ip_gateway" if is_netbox => named(&["ip", "noerr"]),
            "get_prefix_id" => named(&["url", "cidr", "headers"]),
            "get_ip_id" | "is_ip_gateway" => named(&["url", "ip", "headers"]),
            "is_prefix_empty" => named(&["cidr", "noerr"]),
            "get_iprange_id" | "add_dhcp_range" => named(&["range", "noerr"]),
            "del_dhcp_range" => named(&["id", "noerr"]),
            "del_ip" => {
                let mut del = self.args.clone();
                del["ip"] = arg(0);
                del
            }
            "add_next_freeip" => named(&["subnetid", "subnet", "hostname", "mac", "vmid"]),
            "zone_rrset" => named(&["zone", "name", "type"]),
            name => panic!("unknown function {name}"),
        };
        self.run(function, &args)
    }

    fn request(&mut self, method: &str, url: &str, headers: &Value, data: &Value) -> Result<Value> {
        let path = url.strip_prefix(BASE).unwrap();
        let mut sent = serde_json::Map::new();
        for pair in headers.as_array().unwrap().chunks(2) {
            sent.insert(text(&pair[0]).to_lowercase(), pair[1].clone());
        }
        let mut request = json!({ "method": method, "path": path, "headers": sent });
        if !data.is_null() {
            request["body"] = data.clone();
        }
        self.requests.push(request);

        let reply = self.replies.next().unwrap();
        assert_eq!(
            (&reply["match"]["method"], &reply["match"]["path"]),
            (&json!(method), &json!(path))
        );
        let status = reply["status"].as_u64().unwrap();
        if !(200..300).contains(&status) {
            let reason = match reply["reason"].as_str() {
                Some("") => "unknown",
                Some(reason) => reason,
                None => panic!("no reason for {status}"),
            };
            return Err(Error::die(format_args!(
                "Invalid response from server: {status} {reason}"
            )));
        }
        match reply.get("body") {
            None => Ok(Value::Null),
            Some(Value::String(text)) => {
                self.error.clear();
                serde_json::from_str(text).map_err(|_| Error::die_at("api response is not a json"))
            }
            Some(body) => {
                self.error.clear();
                Ok(body.clone())
            }
        }
    }

    fn dhcp_ranges(&mut self, subnet: &Value) -> Result<Value> {
        let subnet = subnet.to_string();
        let subnet: Hash = serde_json::from_str(&subnet).unwrap();
        let mut notes = Notes::default();
        let ranges = dhcp_range::of_subnet(&subnet, &mut notes)?;
        self.warnings.extend(notes.iter().map(|note| note.text.clone()));
        Ok(json!(ranges))
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
        outcome(
            reverse::zone(&subnet, &field(&args["ip"])).map(|z| json!(z)).map_err(|e| place(&e)),
        )
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

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

fn is_same(case: &Value, got: &Value) -> bool {
    let want = &case["out"];
    let error = match case["error_prefix"].as_str() {
        Some(prefix) => got["error"].as_str().is_some_and(|error| error.starts_with(prefix)),
        None => got["error"] == want["error"],
    };
    let fields = ["requests", "result", "warnings", "stdout", "sweep"];
    error && fields.iter().all(|field| got[*field] == want[*field])
}
