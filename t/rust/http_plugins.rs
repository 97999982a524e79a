//! The plugins that talk to servers, through the HTTP client of the programs: the golden corpus over
//! the wire, and servers that misbehave.

#![allow(clippy::unwrap_used)] // a test that cannot go on fails

mod server;

use pve_network_rs::exchange::drive::{Driver, Plugin};
use pve_network_rs::sys::http::Proxy;
use pve_network_rs::sys::remote::Remote;
use serde_json::{Value, json};
use server::{Answer, Asked, Server, answer, fingerprint};
use std::collections::VecDeque;
use std::fs;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// The headers that the corpus has of a request.
const HEADERS: [&str; 4] = ["authorization", "content-type", "token", "x-api-key"];

fn remote(seconds: f64) -> Remote {
    Remote { deadline: Duration::from_secs_f64(seconds), proxy: Proxy::None }
}

/// What a method comes to, as the corpus has it.
fn run(remote: &Remote, plugin: Plugin, config: &Value, operation: &str, args: &Value) -> Value {
    let mut driver = Driver::new(plugin, config, |request| remote.send(request));
    let mut out = match driver.run(operation, args) {
        Ok(result) => json!({ "result": result }),
        Err(error) => json!({ "error": error.to_string().trim_end() }),
    };
    if !driver.notes.is_empty() {
        out["warnings"] = driver.notes.iter().map(|note| note.text.trim_end()).collect();
    }
    if !driver.printed.is_empty() {
        out["stdout"] = json!(driver.printed);
    }
    out
}

#[test]
fn golden() {
    let cases = fs::read_to_string("fixtures/golden/http-plugins.ndjson").unwrap();
    let mut played = 0;
    let mut failed = Vec::new();
    for case in cases.lines().filter(|case| !case.contains("get_reversedns_zone")) {
        let case: Value = serde_json::from_str(case).unwrap();
        let Some(plugin) = Plugin::of_type(case["in"]["plugin"].as_str().unwrap()) else {
            continue; // of the original's own client
        };
        if is_of_another_transport(&case["in"]) {
            continue;
        }
        played += 1;
        let got = play(&case["in"], plugin);
        if !is_same(&case, &got) {
            failed.push(format!("{}\n--- want\n{}\n--- got\n{got}", case["id"], case["out"]));
        }
    }
    assert!(failed.is_empty(), "{} cases differ\n{}", failed.len(), failed.join("\n"));
    assert_eq!(played, 147);
}

/// True for what `t/rust/http.rs` is about: certificates, proxies, passwords in addresses; and for
/// encodings that the client does not ask for.
fn is_of_another_transport(input: &Value) -> bool {
    let url = input["config"]["url"].as_str().unwrap_or_default();
    let is_special = |reply: &Value| {
        ["raw", "gzip", "latin1", "base64"].iter().any(|key| reply.get(key).is_some())
    };
    ["tls", "datacenter", "env"].iter().any(|key| input.get(key).is_some())
        || url.contains('@')
        || input["replies"].as_array().unwrap().iter().any(is_special)
}

fn play(input: &Value, plugin: Plugin) -> Value {
    let replies: VecDeque<Value> = input["replies"].as_array().unwrap().clone().into();
    let replies = Arc::new(Mutex::new(replies));
    let requests = Arc::new(Mutex::new(Vec::new()));
    let (queue, log) = (replies.clone(), requests.clone());
    let server = Server::http(move |asked| {
        log.lock().unwrap().push(request(asked));
        let reply = queue.lock().unwrap().pop_front();
        reply.map_or(Answer::Bytes(vec![]), |reply| bytes(&reply, asked.header("host").unwrap()))
    });
    let port = format!(":{}", server.address().port());
    let input: Value = serde_json::from_str(&input.to_string().replace(":PORT", &port)).unwrap();
    if input.get("refuse").is_some() {
        drop(server); // nobody listens there any more
    }
    let operation = input["op"].as_str().unwrap();
    let mut out = run(&remote(10.0), plugin, &input["config"], operation, &input["args"]);
    let unused = replies.lock().unwrap().len();
    if unused > 0 {
        out["unused"] = json!(unused);
    }
    out["requests"] = json!(*requests.lock().unwrap());
    serde_json::from_str(&out.to_string().replace(&port, ":PORT")).unwrap()
}

/// A request as the corpus has it.
fn request(asked: &Asked) -> Value {
    let headers =
        HEADERS.iter().filter_map(|name| Some(((*name).to_string(), asked.header(name)?)));
    let headers: serde_json::Map<String, Value> =
        headers.map(|(name, value)| (name, json!(value))).collect();
    let mut request = json!({ "method": asked.method, "path": asked.path, "headers": headers });
    if !asked.body.is_empty() {
        request["body"] = serde_json::from_slice(&asked.body).unwrap();
    }
    request
}

/// A reply of the corpus as it goes over the wire.
fn bytes(reply: &Value, server: &str) -> Answer {
    match reply["fault"].as_str() {
        None => {}
        Some("close") => return Answer::Bytes(vec![]),
        Some(fault) => panic!("unknown fault {fault}"),
    }
    let status = reply["status"].as_u64().unwrap();
    let reason =
        reply["reason"].as_str().unwrap_or(if status == 204 { "No Content" } else { "OK" });
    let body = match reply.get("body") {
        None => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(body) => body.to_string(),
    };
    let mut head = format!("HTTP/1.1 {status} {reason}\r\ncontent-length: {}\r\n", body.len());
    for header in reply["headers"].as_array().into_iter().flatten() {
        let [name, value] = [0, 1].map(|at| header[at].as_str().unwrap());
        let value = value.replace("127.0.0.1:PORT", server);
        head += &format!("{name}: {value}\r\n");
    }
    Answer::Bytes(format!("{head}\r\n{body}").into_bytes())
}

fn is_same(case: &Value, got: &Value) -> bool {
    let want = &case["out"];
    let prefix = case["error_prefix"].as_str().or(want["error"].as_str());
    let error = match (prefix, got["error"].as_str()) {
        (Some(prefix), Some(error)) => error.starts_with(unplaced(prefix).trim_end()),
        (prefix, error) => prefix == error,
    };
    let warnings = |out: &Value| -> Vec<String> {
        let texts = out["warnings"].as_array().into_iter().flatten();
        texts.map(|text| unplaced(text.as_str().unwrap()).to_owned()).collect()
    };
    let fields = ["requests", "result", "stdout", "unused"];
    error && warnings(want) == warnings(got) && fields.iter().all(|f| got[*f] == want[*f])
}

/// Without what Perl appends to a text without a newline, and without the newline.
fn unplaced(text: &str) -> &str {
    text.trim_end_matches('\n').trim_end_matches(" at <perl>.")
}

/// One server of each kind, asked whether it answers.
const VERIFY: [(Plugin, &str, &str); 3] = [
    (Plugin::Netbox, "verify_api", "Can't connect to netbox api: "),
    (Plugin::PhpIpam, "verify_api", "Can't connect to phpipam api: "),
    (Plugin::PowerDns, "on_update_hook", "dns api error: "),
];

fn verify(server: &Server, seconds: f64, pin: Option<&str>) -> [Result<(), String>; 3] {
    VERIFY.map(|(plugin, operation, prefix)| {
        let config = json!({
            "url": server.url(), "token": "hidden", "key": "hidden", "section": 1,
            "fingerprint": pin,
        });
        let out = run(&remote(seconds), plugin, &config, operation, &json!({}));
        match out["error"].as_str() {
            None => Ok(()),
            Some(error) => {
                assert!(!error.contains("hidden"), "{error}");
                Err(error.strip_prefix(prefix).unwrap().to_owned())
            }
        }
    })
}

#[test]
fn replies_that_are_none() {
    let page = "<html><h1>502 Bad Gateway</h1></html>";
    for (status, kind, body, error) in [
        ("200 OK", "text/plain", "soon", "api response is not a json, it is text/plain"),
        ("200 OK", "text/html", page, "api response is not a json, it is text/html"),
        (
            "200 OK",
            "application/json",
            "{\"a\":",
            "api response is not a json, it is application/json",
        ),
        ("502 Bad Gateway", "text/html", page, "Invalid response from server: 502 Bad Gateway"),
        ("401 ", "text/plain", "", "Invalid response from server: 401 unknown"),
    ] {
        let server = Server::http(move |_| answer(status, kind, body));
        assert_eq!(verify(&server, 10.0, None), [(); 3].map(|()| Err(error.to_owned())), "{body}");
    }
}

#[test]
fn replies_of_many_megabytes() {
    for (megabytes, expected) in [(10, None), (20, Some("is larger than 16777216 bytes"))] {
        let body = format!("[\"{}\"]", "x".repeat(megabytes << 20));
        let server = Server::http(move |_| answer("200 OK", "application/json", &body));
        for result in verify(&server, 20.0, None) {
            match expected {
                None => assert_eq!(result, Ok(())),
                Some(text) => {
                    assert!(
                        result.as_ref().is_err_and(|error| error.ends_with(text)),
                        "{result:?}"
                    );
                }
            }
        }
    }
}

#[test]
fn servers_that_never_answer() {
    let server = Server::http(|_| Answer::Silence);
    let start = Instant::now();
    let error =
        format!("Invalid response from server: {} has not answered within 0.2 s", server.address());
    assert_eq!(verify(&server, 0.2, None), [(); 3].map(|()| Err(error.clone())));
    assert!(start.elapsed() < Duration::from_secs(10));
}

#[test]
fn certificates() {
    let server = Server::https(|_| answer("200 OK", "application/json", "{}"));
    let own = fingerprint("server.pem").to_string();
    assert_eq!(verify(&server, 10.0, Some(&own)), [Ok(()), Ok(()), Ok(())]);
    let other = own.replace(&own[..2], if own.starts_with("00") { "01" } else { "00" });
    for (pin, text) in [
        (Some(other.as_str()), "has another certificate"),
        (Some("AA:BB"), "fingerprint"),
        (None, "is not trusted"),
    ] {
        for result in verify(&server, 10.0, pin) {
            assert!(result.as_ref().is_err_and(|error| error.contains(text)), "{result:?}");
        }
    }
}
