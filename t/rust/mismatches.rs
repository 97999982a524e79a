//! `migration-ctl replay`, on bundles as a node keeps them.
#![allow(clippy::unwrap_used)]

use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

const FOLDER: &str = "var/lib/pve-network-rs/mismatches";

/// A bundle of the DHCP ranges of a subnet. The original is said to have told that first address.
fn bundle(first: &str) -> Value {
    json!({
        "format": 1,
        "time": "2026-01-02T03:04:05.678Z",
        "node": "pve1",
        "pid": 1,
        "seam": "subnets.ranges",
        "symbol": "pve_network_subnets_ranges",
        "function": "PVE::Network::SDN::Subnets::get_dhcp_ranges",
        "engine": "shadow",
        "phase": "perl-only",
        "strict_types": 0,
        "context": "scalar",
        "is_list": 0,
        "is_void": 0,
        "differs_at": "/value/0/start-address",
        "redacted": 0,
        "versions": { "library": "0.0.9", "abi": 1, "perl": "5.40.1" },
        "digests": { "library": null, "shim": "00", "original": {} },
        "request": {
            "subnet": { "dhcp-range": ["start-address=192.0.2.1,end-address=192.0.2.9"] },
        },
        "original": {
            "value": [{ "start-address": first, "end-address": "192.0.2.9" }],
            "warnings": [],
        },
        "rust": {
            "value": [{ "start-address": "192.0.2.3", "end-address": "192.0.2.9" }],
            "warnings": [],
        },
    })
}

fn root() -> TempDir {
    let root = tempfile::tempdir().unwrap();
    fs::create_dir_all(root.path().join(FOLDER)).unwrap();
    root
}

fn keep(root: &Path, name: &str, bundle: &Value) {
    fs::write(root.join(FOLDER).join(name), bundle.to_string()).unwrap();
}

/// Output, messages and exit code of a command.
fn run(root: &Path, args: &[&str]) -> (String, String, i32) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_migration-ctl"));
    let output = command.current_dir(root).args(["--root", "."]).args(args).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    let (stdout, stderr) = (text(output.stdout), text(output.stderr));
    for line in stdout.lines().chain(stderr.lines()).filter(|_| !args.contains(&"json")) {
        assert!(line.chars().count() <= 80, "too long: {line}");
    }
    (stdout, stderr, output.status.code().unwrap())
}

fn replay(bundle: &Value) -> (String, i32) {
    let root = root();
    keep(root.path(), "one.json", bundle);
    let (stdout, stderr, code) = run(root.path(), &["replay", "one.json"]);
    assert_eq!(stderr, "");
    let (json, _, other_code) = run(root.path(), &["replay", "one.json", "--format", "json"]);
    assert_eq!(code, other_code);
    let json: Value = serde_json::from_str(&json).unwrap();
    let document = &json["replayed"][0];
    assert_eq!(document["not_replayable"].is_string(), code == 2);
    assert_eq!(document["difference"]["pointer"].is_string(), code == 1);
    (stdout, code)
}

#[test]
fn what_is_found() {
    let (text, code) = replay(&bundle("192.0.2.1"));
    assert_eq!(code, 0, "{text}");
    assert!(text.ends_with("now: no difference\n"), "{text}");

    let (text, code) = replay(&bundle("192.0.2.2"));
    assert_eq!(code, 1);
    assert_eq!(
        text,
        "subnets.ranges on pve1 at 2026-01-02T03:04:05.678Z\n\
         PVE::Network::SDN::Subnets::get_dhcp_ranges, shadow in perl-only, library 0.0.9\n\
         then: differs at /value/0/start-address\n\
         now: differs at /value/0/start-address\n  \
         Perl  \"192.0.2.2\"\n  Rust  \"192.0.2.1\"\n"
    );

    let mut then = bundle("192.0.2.2");
    then["rust"]["value"][0]["start-address"] = "192.0.2.1".into();
    then["redacted"] = 2.into();
    let (text, code) = replay(&then);
    assert_eq!(code, 1);
    assert!(text.contains("now: differs at /value/0/start-address, the same as then\n"), "{text}");
    assert!(text.contains("2 secrets were replaced by REDACTED1 to REDACTED2"), "{text}");
}

#[test]
fn contexts() {
    for (context, is_list, is_void, original) in [
        ("list", 0, 0, json!({"list": [[]], "warnings": []})),
        ("list", 1, 0, json!({"list": [], "warnings": []})),
        ("list", 0, 1, json!({"warnings": []})),
        ("void", 0, 0, json!({"warnings": []})),
    ] {
        let mut bundle = bundle("");
        bundle["request"] = json!({ "subnet": {} });
        bundle["context"] = context.into();
        bundle["is_list"] = is_list.into();
        bundle["is_void"] = is_void.into();
        bundle["original"] = original;
        let (text, code) = replay(&bundle);
        assert_eq!(code, 0, "{context} {is_list} {is_void}: {text}");
    }
}

#[test]
fn what_cannot_be_replayed() {
    let mut large = bundle("");
    large["not_replayable"] = "all of it is 2000000 bytes, too much to be kept".into();
    for key in ["request", "original", "rust"] {
        large.as_object_mut().unwrap().remove(key);
    }
    let (text, code) = replay(&large);
    assert_eq!(code, 2);
    assert!(
        text.ends_with(
            "now: cannot be replayed: all of it is 2000000 bytes, too much to be kept\n"
        )
    );

    let mut unknown = bundle("");
    unknown["symbol"] = "pve_network_none".into();
    let (text, code) = replay(&unknown);
    assert_eq!(code, 2);
    assert!(text.contains("there is no function pve_network_none"), "{text}");

    // Of many, the worst.
    let root = root();
    keep(root.path(), "good.json", &bundle("192.0.2.1"));
    keep(root.path(), "bad.json", &bundle("192.0.2.2"));
    keep(root.path(), "large.json", &large);
    let files = ["replay", "good.json", "bad.json", "large.json"];
    let (text, _, code) = run(root.path(), &files);
    assert_eq!((code, text.matches("subnets.ranges on pve1").count()), (2, 3), "{text}");
    assert_eq!(run(root.path(), &files[..3]).2, 1);
    assert_eq!(run(root.path(), &files[..2]).2, 0);

    let mut later = bundle("");
    later["format"] = 2.into();
    keep(root.path(), "later.json", &later);
    keep(root.path(), "other.json", &json!([1]));
    fs::write(root.path().join(FOLDER).join("half.json"), r#"{"format": 1, "ti"#).unwrap();
    for (name, expected) in [
        ("none.json", "there is no such file"),
        ("later.json", "format 2, expected 1"),
        ("other.json", "not a mismatch that was kept"),
        ("half.json", "not a mismatch that was kept"),
    ] {
        let (stdout, stderr, code) = run(root.path(), &["replay", name]);
        assert_eq!((stdout.as_str(), code), ("", 2), "{name}");
        // Long lines are broken.
        let message = stderr.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(message.contains(expected), "{name}: {stderr}");
    }
}

#[test]
fn lists() {
    let root = tempfile::tempdir().unwrap();
    let (text, _, code) = run(root.path(), &["replay"]);
    assert_eq!(
        (text.as_str(), code),
        ("no mismatch is kept in ./var/lib/pve-network-rs/mismatches\n", 0)
    );

    fs::create_dir_all(root.path().join(FOLDER)).unwrap();
    let mut second = bundle("");
    second["time"] = "2026-01-02T03:04:06.000Z".into();
    keep(root.path(), "a.json", &second);
    keep(root.path(), "b.json", &bundle(""));
    keep(root.path(), "c.json", &json!({}));
    keep(root.path(), ".d.json.tmp.1", &json!({}));
    let (text, _, code) = run(root.path(), &["replay"]);
    assert_eq!(code, 0);
    assert_eq!(
        text,
        "FILE    DIFFERED AT\n\
         c.json  (cannot be read)\n\
         b.json  /value/0/start-address\n\
         a.json  /value/0/start-address\n"
    );
    let (json, ..) = run(root.path(), &["replay", "--format", "json"]);
    let list: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(list["mismatches"][1]["seam"], "subnets.ranges");
    assert!(list["mismatches"][0]["error"].is_string());
}
