//! `pvenet sdn` as a user runs it: what it prints, what it exits with, and what it writes.
//!
//! Every folder of `fixtures/sdn` is the root of a node; what is expected is beside it. `BLESS=1`
//! rewrites the expectations.

#![allow(clippy::unwrap_used)] // a test that cannot go on fails

#[allow(dead_code)] // this test has no use for the others
mod corpus;
mod run;

use run::{assert_none, check, folders, pvenet, transcript};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

/// What is run on every node, and the file that has the expected output.
const COMMANDS: &[(&str, &[&str])] = &[
    ("show.txt", &["sdn", "show"]),
    ("show.json", &["sdn", "show", "--format", "json"]),
    ("generate.txt", &["sdn", "generate"]),
    ("generate-frr.txt", &["sdn", "generate", "--frr"]),
    ("generate-pending.txt", &["sdn", "generate", "--pending"]),
    ("diff.txt", &["sdn", "diff"]),
];

/// What is run on one of them.
const SPECIAL: &[(&str, &str, &[&str])] = &[
    ("pve-a", "generate-of-another.txt", &["sdn", "generate", "--node", "pve-b"]),
    ("pve-a", "generate-frr-1.2.txt", &["sdn", "generate", "--frr", "--release", "1.2"]),
    ("in-force", "node-misspelt.txt", &["sdn", "generate", "--node", "pve/1"]),
];

#[test]
fn nodes() {
    let all = folders("fixtures/sdn");
    let cases = all.iter().flat_map(|folder| COMMANDS.iter().map(move |case| (folder, case)));
    assert_none(cases.filter_map(|(folder, (file, args))| check(folder, file, args)));
    let parent = Path::new("fixtures/sdn");
    assert_none(
        SPECIAL.iter().filter_map(|(case, file, args)| check(&parent.join(case), file, args)),
    );
}

#[test]
fn output_fits_80_columns() {
    for folder in folders("fixtures/sdn") {
        let output = pvenet(&folder, &["sdn", "show"]).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    }
    for command in ["show", "generate", "diff"] {
        let output = pvenet(Path::new("."), &["sdn", command, "--help"]).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    }
}

/// What is written is what is printed; a second time it replaces the files, and leaves no others.
#[test]
fn writes_into_a_folder() {
    let node = Path::new("fixtures/sdn/pve-a");
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("new/folder");
    let out = out.to_str().unwrap();
    for _ in 0..2 {
        let output = pvenet(node, &["sdn", "generate", "--frr", "--out", out]).output().unwrap();
        let text = transcript(&output, false);
        assert_eq!(text, format!("{out}/sdn\n{out}/frr.conf\n{out}/daemons\n[exit 0]\n"));
    }
    let mut names: Vec<_> =
        fs::read_dir(out).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["daemons", "frr.conf", "sdn"]);
    for (file, args) in
        [("sdn", &["sdn", "generate"][..]), ("frr.conf", &["sdn", "generate", "--frr"])]
    {
        let printed = pvenet(node, args).output().unwrap().stdout;
        assert_eq!(fs::read(format!("{out}/{file}")).unwrap(), printed, "{file}");
    }
    assert!(fs::read_to_string(format!("{out}/daemons")).unwrap().contains("\nfabricd=yes\n"));

    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let output =
        pvenet(node, &["sdn", "generate", "--out", file.to_str().unwrap()]).output().unwrap();
    let text = transcript(&output, false);
    assert!(text.contains("/file: File exists\n[exit 1]"), "{text}");
}

/// What an apply writes makes the next diff an empty one.
#[test]
fn after_an_apply_nothing_differs() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    copy(Path::new("fixtures/sdn/pve-a"), root);
    let run = |args: &[&str]| pvenet(root, args).output().unwrap();
    assert_eq!(run(&["sdn", "diff"]).status.code(), Some(1));

    let out = root.join("out");
    let args = ["sdn", "generate", "--pending", "--frr", "--out", out.to_str().unwrap()];
    assert!(run(&args).status.success());
    fs::copy(out.join("sdn"), root.join("etc/network/interfaces.d/sdn")).unwrap();
    fs::copy(out.join("frr.conf"), root.join("etc/frr/frr.conf")).unwrap();
    fs::copy(out.join("daemons"), root.join("etc/frr/daemons")).unwrap();
    let text = transcript(&run(&["sdn", "diff"]), false);
    assert!(text.starts_with("No file of this node changes.\n\nSummary:\n"), "{text}");

    // What is in force is now what is configured.
    let shown: Value =
        serde_json::from_slice(&run(&["sdn", "show", "--format", "json"]).stdout).unwrap();
    let running = root.join("etc/pve/sdn/.running-config");
    fs::write(&running, committed(&shown).to_string()).unwrap();
    assert_eq!(transcript(&run(&["sdn", "diff"]), false), "[exit 0]\n");
}

/// The running config that an apply makes of what is shown.
fn committed(shown: &Value) -> Value {
    let mut config = json!({ "version": 12 });
    for (kind, id) in [
        ("zones", "zone"),
        ("vnets", "vnet"),
        ("subnets", "subnet"),
        ("controllers", "controller"),
        ("fabrics", "fabric"),
    ] {
        for object in shown[kind].as_array().unwrap() {
            let mut object = object.as_object().unwrap().clone();
            let id = object.remove(id).unwrap();
            if object.remove("state") == Some(json!("deleted")) {
                continue;
            }
            if let Some(Value::Object(pending)) = object.remove("pending") {
                object.extend(pending);
            }
            for key in ["nodes", "exitnodes"] {
                if let Some(nodes) = object.get_mut(key) {
                    let names = nodes.as_str().unwrap().split(',');
                    *nodes = names.map(|name| (name.to_owned(), json!(1))).collect();
                }
            }
            if kind == "fabrics" {
                object.insert("id".into(), id.clone());
                if let Some(interfaces) = object.get_mut("interfaces") {
                    *interfaces = json!([interfaces.clone()]);
                }
            }
            config[kind]["ids"][id.as_str().unwrap()] = Value::Object(object);
        }
    }
    config
}

fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            fs::create_dir_all(&to).unwrap();
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

/// What cannot be read is said with file and line, on standard error.
#[test]
fn refusals() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    fs::create_dir_all(root.join("etc/pve/sdn")).unwrap();
    fs::create_dir_all(root.join("etc/network")).unwrap();
    let expect = |file: &str, text: &str, args: &[&str], message: &str| {
        fs::write(root.join(file), text).unwrap();
        let output = pvenet(root, args).output().unwrap();
        let got = transcript(&output, false);
        assert!(got.contains(&format!("! pvenet: {message}")), "{file}: {text}: {got}");
        assert_eq!(output.status.code(), Some(1), "{got}");
    };
    let generate = &["sdn", "generate"];
    expect("etc/hostname", "", generate, "./etc/hostname: no name of a node, expected one; --node");
    expect("etc/hostname", "n", generate, "./etc/network/interfaces: No such file or directory");
    fs::write(root.join("etc/network/interfaces"), "auto lo\nsource /etc/network/interfaces.d/*\n")
        .unwrap();
    let running = "etc/pve/sdn/.running-config";
    for (text, message) in [
        ("{\"zones\":\n{\n", "./etc/pve/sdn/.running-config:3: EOF while parsing an object"),
        ("[]", "./etc/pve/sdn/.running-config:1: expected an object"),
        ("\u{0}", "./etc/pve/sdn/.running-config:1: expected value"),
        (r#"{"zones":[]}"#, "./etc/pve/sdn/.running-config: section of zones: expected a hash"),
        (
            r#"{"zones":{"ids":{"z":{"type":"simple","color":1}}}}"#,
            "./etc/pve/sdn/.running-config: zone 'z': unknown key 'color'",
        ),
        (
            r#"{"zones":{"ids":{"z":{"type":"wormhole"}}},"vnets":{"ids":{"v":{"zone":"z"}}}}"#,
            "./etc/pve/sdn/.running-config: unknown section type 'wormhole'",
        ),
        (
            r#"{"fabrics":{"ids":{"f":{"type":"ospf_fabric","id":"f"}}}}"#,
            "./etc/pve/sdn/.running-config: error: missing field `area`",
        ),
    ] {
        expect(running, text, generate, message);
    }
    let fabrics = "openfabric_fabric: f\n\tcolor red\n";
    fs::write(root.join(running), "{}").unwrap();
    expect("etc/pve/sdn/fabrics.cfg", fabrics, &["sdn", "show"], "./etc/pve/sdn/fabrics.cfg: ");
    expect("etc/pve/sdn/fabrics.cfg", fabrics, &["sdn", "diff"], "./etc/pve/sdn/fabrics.cfg: ");
}

/// A cluster file of the largest size.
#[test]
fn a_mebibyte_of_vnets() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    fs::create_dir_all(root.join("etc/pve/sdn")).unwrap();
    fs::create_dir_all(root.join("etc/network")).unwrap();
    fs::write(root.join("etc/network/interfaces"), "source /etc/network/interfaces.d/*\n").unwrap();
    let vnets: serde_json::Map<String, Value> = (0..14_000)
        .map(|n| (format!("v{n:05}"), json!({"type":"vnet","zone":"z","alias":"a".repeat(28)})))
        .collect();
    let config = json!({"version":1,"zones":{"ids":{"z":{"type":"simple"}}},"vnets":{"ids":vnets}});
    let text = config.to_string();
    assert!(text.len() > 1 << 20);
    fs::write(root.join("etc/pve/sdn/.running-config"), text).unwrap();
    let output = pvenet(root, &["sdn", "generate", "--node", "n"]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(text.lines().filter(|line| line.starts_with("auto ")).count(), 14_000);
}

/// The node of a recorded case, as a root: `None` if what was recorded cannot be a running state.
fn root_of(input: &Value) -> Option<tempfile::TempDir> {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    for folder in ["etc/pve/sdn", "etc/network", "etc/frr", "run/pve-network-rs"] {
        fs::create_dir_all(root.join(folder)).unwrap();
    }
    let facts = &input["facts"];
    let write = |file: &str, text: &str| fs::write(root.join(file), text).unwrap();
    write("etc/pve/sdn/.running-config", &input["config"].to_string());
    write("etc/network/interfaces", input["interfaces"].as_str().unwrap());
    if let Some(local) = input["frr_local"].as_str() {
        write("etc/frr/frr.conf.local", local);
    }
    if facts.get("subnets_cfg").is_some() {
        return None; // as JSON, not as the text of a file
    }

    let mut links = Vec::new();
    for (name, bridge) in facts["bridges"].as_object().into_iter().flatten() {
        let is_ovs = bridge["ovs"].as_i64() == Some(1);
        let kind = if is_ovs { "openvswitch" } else { "bridge" };
        let data = json!({ "vlan_filtering": bridge["vlan_aware"].as_u64() });
        links.push(json!({"ifname": name, "linkinfo": {"info_kind": kind, "info_data": data}}));
        for port in bridge["ports"].as_array().into_iter().flatten() {
            links.push(json!({"ifname": port, "link_type": "ether", "master": name}));
        }
    }
    let mut set = |name: &Value, key: &str, value: Value| {
        if !links.iter().any(|link| link["ifname"] == *name) {
            links.push(json!({"ifname": name, "link_type": "ether"}));
        }
        let link = links.iter_mut().find(|link| link["ifname"] == *name).unwrap();
        link[key] = value;
    };
    for (name, mac) in facts["mac"].as_object().into_iter().flatten() {
        set(&json!(name), "address", mac.clone());
    }
    for (altname, name) in facts["altnames"].as_object().into_iter().flatten() {
        set(name, "altnames", json!([altname]));
    }
    write("run/pve-network-rs/links.json", &Value::Array(links).to_string());

    let mut routes = Vec::new();
    for (target, way) in facts["routes"].as_object().into_iter().flatten() {
        let [source, device] = [way.get(0)?, way.get(1)?];
        if target.parse::<std::net::IpAddr>().is_err() || !device.is_string() {
            return None;
        }
        routes.push(json!({"dst": target, "prefsrc": source, "dev": device}));
    }
    write("run/pve-network-rs/routes.json", &Value::Array(routes).to_string());
    Some(folder)
}

/// Recorded with no answer where the kernel refuses one: that is an error here.
const WITHOUT_WAY: [&str; 3] = ["evpn-nolocal", "simple-snat-noroute", "vxlan-noroute"];

/// The files of every recorded running config are the ones that the original writes.
#[test]
fn generates_what_the_original_does() {
    let mut compared = 0;
    let mut failed = Vec::new();
    for file in ["sdn", "frr-local", "fabrics"] {
        for case in corpus::cases(&format!("fixtures/golden/{file}.ndjson")) {
            let (input, out) = (&case["in"], &case["out"]);
            if input.get("config").is_none() || out.get("any").is_some() {
                continue;
            }
            let Some(root) = root_of(input) else { continue };
            for (field, options) in [("etc", &[][..]), ("frr", &["--frr"])] {
                if field == "etc" && WITHOUT_WAY.contains(&case["id"].as_str().unwrap()) {
                    continue;
                }
                let Some(wanted) = out[field].as_str() else { continue };
                let node = ["sdn", "generate", "--node", input["node"].as_str().unwrap()];
                let output = pvenet(root.path(), &[&node, options].concat()).output().unwrap();
                let got = String::from_utf8_lossy(&output.stdout);
                compared += 1;
                if got != wanted {
                    let text = transcript(&output, false);
                    failed.push(format!(
                        "{} {field}\n--- want\n{wanted}\n--- got\n{text}",
                        case["id"]
                    ));
                }
            }
        }
    }
    assert!(compared > 500, "{compared}");
    assert!(failed.is_empty(), "{} of {compared}\n{}", failed.len(), failed.join("\n"));
}
