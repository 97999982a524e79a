//! `pvenet` as a user runs it: what it prints, and with what it exits.
//!
//! Every folder of `fixtures/node` is a node, every one of `fixtures/validate` a file with one kind
//! of problem; what is expected is beside it. `BLESS=1` rewrites the expectations.

#![allow(clippy::unwrap_used)] // a test that cannot go on fails

mod run;

use pve_network_rs::host::{Facts, Link};
use pve_network_rs::interfaces::Dialect;
use pve_network_rs::interfaces::problem::problems;
use pve_network_rs::perl::{ByteText, Charset};
use run::{assert_none, check, folders, pvenet, transcript};
use serde_json::{Value, json};
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

/// What is run on every node, and the file that has the expected output.
const COMMANDS: &[(&str, &[&str])] = &[
    ("list.txt", &["list"]),
    ("list.json", &["list", "--format", "json"]),
    ("list-bridges.txt", &["list", "--type", "any_bridge"]),
    ("status.txt", &["status"]),
    ("status.json", &["status", "--format", "json"]),
    ("status-verbose.txt", &["status", "--verbose"]),
    ("diff.txt", &["diff"]),
    ("validate.txt", &["validate"]),
];

/// What is run on one of them.
const SHOW: &[(&str, &str, &[&str])] = &[
    ("bonded", "show-vmbr0.txt", &["show", "vmbr0"]),
    ("bonded", "show-vmbr0.json", &["show", "vmbr0", "--format", "json"]),
    ("bonded", "show-added.txt", &["show", "vmbr3"]),
    ("bonded", "show-by-altname.txt", &["show", "enp5s0f0"]),
    ("bonded", "show-guest.txt", &["show", "tap101i0"]),
    ("bonded", "show-misspelt.txt", &["show", "vmbr0.5"]),
    ("bonded", "show-nothing-like-it.txt", &["show", "wlan0"]),
    ("every-kind", "show-by-kernel-name.txt", &["show", "nic4"]),
    ("every-kind", "show-alias.txt", &["show", "enp9s0:1"]),
    ("unrecorded", "show.txt", &["show", "nic0"]),
];

/// What is run on some files, beside `validate`.
const VALIDATE: &[(&str, &str, &[&str])] = &[
    ("every-fault-at-once", "ifupdown.txt", &["--ifupdown"]),
    ("every-fault-at-once", "loss.txt", &["--loss"]),
    ("losses", "loss.txt", &["--loss"]),
    ("losses", "loss.json", &["--loss", "--format", "json"]),
    ("values", "problems.json", &["--format", "json"]),
];

#[test]
fn nodes() {
    let nodes = folders("fixtures/node");
    let cases = nodes.iter().flat_map(|node| COMMANDS.iter().map(move |case| (node, case)));
    assert_none(cases.filter_map(|(node, (file, args))| check(node, file, args)));
    let shows = SHOW
        .iter()
        .filter_map(|(node, file, args)| check(&Path::new("fixtures/node").join(node), file, args));
    assert_none(shows);
}

#[test]
fn problems_of_files() {
    const VALIDATE_INTERFACES: [&str; 3] = ["validate", "--config", "interfaces"];

    let parent = Path::new("fixtures/validate");
    let all = folders("fixtures/validate");
    let plain = all.iter().map(|case| check(case, "problems.txt", &VALIDATE_INTERFACES));
    let special = VALIDATE.iter().map(|(case, file, options)| {
        check(&parent.join(case), file, &[&VALIDATE_INTERFACES, *options].concat())
    });
    assert_none(plain.chain(special).flatten());
}

#[test]
fn output_fits_80_columns() {
    for node in folders("fixtures/node") {
        for (file, args) in COMMANDS.iter().filter(|(file, _)| file.ends_with(".txt")) {
            if matches!(args[0], "diff" | "validate") {
                continue; // these quote the file and its path
            }
            let output = pvenet(&node, args).output().unwrap();
            let text = String::from_utf8(output.stdout).unwrap();
            for line in text.lines() {
                let width = line.chars().count();
                assert!(width <= 80, "{} {file}: {width}: {line}", node.display());
            }
        }
    }
    for args in [&["--help"][..], &["list", "--help"], &["validate", "--help"], &["status", "-h"]] {
        let output = pvenet(Path::new("."), args).output().unwrap();
        assert!(output.status.success());
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    }
}

/// The list as JSON is what the original reads from the file, in the shape that the API makes of it.
#[test]
fn lists_what_the_original_reads() {
    let node = tempfile::tempdir().unwrap();
    let network = node.path().join("etc/network");
    let recorded = node.path().join("run/pve-network-rs");
    fs::create_dir_all(&network).unwrap();
    fs::create_dir_all(&recorded).unwrap();

    let cases = fs::read_to_string("fixtures/golden/interfaces.ndjson").unwrap();
    for case in cases.lines() {
        let case: Value = serde_json::from_str(case).unwrap();
        let outs = match case["out"].get("any") {
            Some(any) => any.as_array().unwrap().clone(),
            None => vec![case["out"].clone()],
        };
        let text = case["in"]["text"].as_str().unwrap();
        if text.contains('\0') {
            continue; // refused, where the original goes on
        }
        fs::write(network.join("interfaces"), text).unwrap();
        let links = recorded_links(&case["in"]);
        fs::write(recorded.join("links.json"), links.to_string()).unwrap();

        let output = pvenet(node.path(), &["list", "--format", "json"]).output().unwrap();
        let got: Value = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|_| panic!("{}: {}", case["id"], transcript(&output, false)));
        let wanted: Vec<Value> = outs.iter().map(|out| api_list(&out["config"], &links)).collect();
        assert!(wanted.contains(&got), "{}\n{}\n{got:#}", case["id"], wanted[0]);
    }
}

/// The links that a golden case was read with, as iproute2 prints them.
fn recorded_links(input: &Value) -> Value {
    let empty = Vec::new();
    let active = input["active"].as_array().unwrap_or(&empty);
    let mut links = Vec::new();
    for (name, link) in input["ip_links"].as_object().into_iter().flatten() {
        let mut link = link.clone();
        link["ifname"] = name.as_str().into();
        link["flags"] = if active.contains(&json!(name)) { json!(["UP"]) } else { json!([]) };
        links.push(link);
    }
    let unlisted =
        active.iter().filter(|name| input["ip_links"].get(name.as_str().unwrap()).is_none());
    links.extend(unlisted.map(|name| json!({"ifname": name, "flags": ["UP"]})));
    Value::Array(links)
}

/// What `GET /nodes/NODE/network` makes of what was read.
fn api_list(config: &Value, links: &Value) -> Value {
    let mut other_names: Vec<(&str, &str)> = Vec::new();
    for link in links.as_array().unwrap() {
        for altname in link["altnames"].as_array().into_iter().flatten() {
            other_names.push((altname.as_str().unwrap(), link["ifname"].as_str().unwrap()));
        }
    }
    let ifaces = config["ifaces"].as_object().unwrap().iter().filter(|(name, _)| *name != "lo");
    let mut list: Vec<Value> = ifaces
        .map(|(name, iface)| {
            let mut iface = iface.clone();
            let kernel = other_names.iter().find(|(altname, _)| altname == name).map(|row| row.1);
            let altnames = other_names.iter().filter(|row| row.1 == kernel.unwrap_or(name));
            let altnames = altnames.map(|row| row.0).filter(|altname| altname != name);
            let mut names: Vec<&str> = kernel.into_iter().chain(altnames).collect();
            names.sort_unstable();
            if !names.is_empty() {
                iface["altnames"] = json!(names);
            }
            iface["iface"] = name.as_str().into();
            iface
        })
        .collect();
    list.sort_by_key(|iface| iface["iface"].as_str().unwrap().to_owned());
    Value::Array(list)
}

#[test]
fn odd_files() {
    let folder = tempfile::tempdir().unwrap();
    let long = format!(
        "iface lo inet loopback\n\tup {}\n# {}\n",
        "x".repeat(1 << 20),
        "y ".repeat(1 << 19)
    );
    for (name, bytes, exit, message) in [
        ("empty", &b""[..], 0, "no problems, nothing is lost\n"),
        ("no newline", b"auto lo\niface lo inet loopback", 0, "no problems, nothing is lost\n"),
        ("nul", b"auto lo\n# a\0b\n", 1, ":2: error: a NUL byte in column 4, expected text\n"),
        ("crlf", b"auto lo\r\niface lo inet loopback\r\n", 0, ":1: warning: ends with CR LF"),
        (
            "latin1",
            b"iface lo inet loopback\n# caf\xe9\n",
            1,
            ":2: warning: has bytes that are not",
        ),
        ("all latin1", b"# B\xfcro\n# gr\xfcn\n", 1, ":1: loss: "),
        ("loss beside a nul", b"iface lo inet loopback\n\n# a\0b\n", 1, ":3: loss: "),
        ("binary", b"\x7fELF\x02\x01\x01\n\x80\xff\xfe\n", 1, ":1: error: most lines are no text"),
        ("long", long.as_bytes(), 0, "no problems, nothing is lost\n"),
        ("escape", b"iface lo inet \x1b[31mred\n", 1, "unknown method '\\u{1b}[31mred'"),
    ] {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        let args = ["validate", "--loss", "--config", path.to_str().unwrap()];
        let output = pvenet(folder.path(), &args).output().unwrap();
        let text = transcript(&output, false);
        assert!(text.contains(message), "{name}: {text}");
        assert_eq!(output.status.code(), Some(exit), "{name}: {text}");
    }
}

/// What cannot be read is said with its name, on standard error; usage errors exit with 2.
#[test]
fn refusals() {
    let node = tempfile::tempdir().unwrap();
    let root = node.path();
    let network = root.join("etc/network");
    fs::create_dir_all(root.join("run/pve-network-rs")).unwrap();
    let expect = |args: &[&str], exit: i32, message: &str| {
        let output = pvenet(root, args).output().unwrap();
        let text = transcript(&output, false);
        assert!(text.contains(message), "{args:?}: {text}");
        assert_eq!(output.status.code(), Some(exit), "{args:?}: {text}");
    };

    expect(&["list"], 1, "! pvenet: ./etc/network/interfaces: No such file or directory\n");
    fs::create_dir_all(network.join("interfaces")).unwrap();
    expect(&["list"], 1, "! pvenet: ./etc/network/interfaces: not a regular file\n");
    fs::remove_dir(network.join("interfaces")).unwrap();

    fs::write(network.join("interfaces"), "iface a inet static\n\taddress /24\n").unwrap();
    let message = "! pvenet: ./etc/network/interfaces:2: address '/24', expected an IPv4 address";
    expect(&["list"], 1, message);
    fs::write(network.join("interfaces"), b"\x7fELF\x02\n\x01\n").unwrap();
    expect(&["list"], 0, "! pvenet: note: ./etc/network/interfaces:1: most lines are no text");
    fs::write(network.join("interfaces"), "#".repeat((8 << 20) + 1)).unwrap();
    expect(&["list"], 1, "! pvenet: ./etc/network/interfaces: larger than 8388608 bytes\n");
    expect(&["validate", "--config", "/dev/zero"], 1, "! pvenet: /dev/zero: larger than 8 MiB");
    expect(&["validate", "--config", "missing"], 1, "! pvenet: missing: No such file or directory");

    fs::write(network.join("interfaces"), "auto lo\n").unwrap();
    fs::write(root.join("run/pve-network-rs/links.json"), "[\n{\"ifname\": 1}]").unwrap();
    expect(&["list"], 1, "! pvenet: ./run/pve-network-rs/links.json:2: invalid type: integer `1`");

    expect(&["list", "--root", "missing"], 1, "! pvenet: missing: No such file or directory\n");
    for usage in [&["lst"][..], &[], &["list", "--type", "brige"], &["show"], &["--color", "red"]] {
        expect(usage, 2, "For more information, try '--help'.");
    }
}

#[test]
fn reads_standard_input() {
    let mut child = pvenet(Path::new("fixtures/node/unrecorded"), &["validate", "--config", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(b"iface a inet\n").unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(String::from_utf8_lossy(&output.stdout).starts_with("<stdin>:1: error: a: no method"));
}

/// A reader that goes away is no error, and does not change the verdict.
#[test]
fn survives_a_closed_pipe() {
    let node = tempfile::tempdir().unwrap();
    fs::create_dir_all(node.path().join("etc/network")).unwrap();
    let bridges: String =
        (0..5000).map(|n| format!("iface vmbr{n} inet manual\n\tmtu 1\n")).collect();
    fs::write(node.path().join("etc/network/interfaces"), bridges).unwrap();
    for (args, exit) in [(["list"], 0), (["validate"], 1)] {
        let mut child = pvenet(node.path(), &args)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        let messages = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(messages.lines().all(|line| line.starts_with("pvenet: note:")), "{messages}");
        assert_eq!(output.status.code(), Some(exit), "{args:?}");
    }
}

#[test]
fn colours() {
    let node = Path::new("fixtures/node/bonded");
    let has_colour = |command: &mut Command| command.output().unwrap().stdout.contains(&0x1b);
    assert!(has_colour(&mut pvenet(node, &["status", "--color", "always"])));
    assert!(has_colour(pvenet(node, &["diff", "--color", "always"]).env("NO_COLOR", "1")));
    assert!(!has_colour(&mut pvenet(node, &["status"])), "not a terminal");
    assert!(!has_colour(&mut pvenet(node, &["status", "--color", "never"])));
}

#[test]
fn debug_says_what_is_read() {
    let output = pvenet(Path::new("fixtures/node/bonded"), &["--debug", "diff"]).output().unwrap();
    let messages = String::from_utf8(output.stderr).unwrap();
    assert!(messages.contains("pvenet: debug: 11 links\n"), "{messages}");
    assert!(messages.contains("pvenet: debug: ./etc/network/interfaces.new: "), "{messages}");
}

#[test]
fn completions() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let output = pvenet(Path::new("."), &["completions", shell]).output().unwrap();
        assert!(output.status.success(), "{shell}");
        let script = String::from_utf8(output.stdout).unwrap();
        for word in ["pvenet", "validate", "ifupdown"] {
            assert!(script.contains(word), "{shell}: {word}");
        }
    }
}

/// The running state of this very machine.
#[test]
fn looks_at_this_machine() {
    let interfaces = tempfile::NamedTempFile::new().unwrap();
    fs::write(&interfaces, "auto lo\niface lo inet loopback\n").unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_pvenet"))
        .args(["--debug", "validate", "--config"])
        .arg(interfaces.path())
        .output()
        .unwrap();
    let messages = String::from_utf8_lossy(&output.stderr).into_owned();
    let links = fs::read_dir("/sys/class/net").unwrap().count();
    assert!(messages.contains(&format!("pvenet: debug: {links} link")), "{messages}");
    assert_eq!(output.status.code(), Some(0), "{messages}");
}

/// Parts that files are made of, to be put together at random.
const PARTS: &[&str] = &[
    "iface ",
    "auto ",
    "eno1",
    "vmbr0",
    "bond0",
    "eno1.5",
    "vmbr0:1",
    "lo",
    " inet",
    " inet6",
    " static",
    "\n",
    "\n\t",
    " \\\n",
    "\\",
    "\r\n",
    "\0",
    "\u{ff}",
    "\u{c3}\u{a9}",
    "#",
    "/",
    "/24",
    "address ",
    "gateway ",
    "192.0.2.1",
    "2001:db8::1",
    "bridge-ports ",
    "bond-slaves ",
    "mtu ",
    "vlan-raw-device ",
    "ovs_type ",
    "OVSBridge",
    "ovs_ports ",
    "source ",
    "mapping ",
    "allow-",
    "99999999999999999999",
    "-1",
    "none",
    "adress ",
    "bridge_vlan_aware",
    "bridge-vids ",
    "2-4094",
];

proptest::proptest! {
    /// No file makes it panic, and every problem has a line of the file.
    #[test]
    fn no_file_is_too_odd(parts in proptest::collection::vec(0..PARTS.len(), 0..80), card: bool) {
        let text: String = parts.iter().map(|part| PARTS[*part]).collect();
        let link = Link {
            name: "eno1".into(),
            link_type: Some("ether".into()),
            info_kind: None,
            altnames: vec!["enp1s0".into()],
        };
        let facts = Facts { links: if card { vec![link] } else { vec![] }, active: vec![] };
        let bytes = ByteText::new(&text).unwrap();
        let lines = text.split('\n').count();
        for dialect in [Dialect::Ifupdown2, Dialect::Ifupdown] {
            for problem in problems(bytes, Some(&facts), dialect, Charset::Latin1) {
                assert!((1..=lines).contains(&problem.line), "{problem:?}");
            }
        }
    }
}
