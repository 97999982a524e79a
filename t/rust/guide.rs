//! The operator's guide in README.md, command by command, on a cluster of three nodes.
//!
//! A block `console` is run: a line `pve1# COMMAND` on that node, and the lines below it have to be
//! in what it prints, one after the other, `…` standing for anything. A block `toml` is what
//! migration.toml holds from there on. With every step of the migration, the network stack is called
//! through the shims: Rust answers what it is to answer, and where it panics, Perl does.
#![allow(clippy::unwrap_used)]

mod cluster;
mod server;

use cluster::{Cluster, SOON, within};
use pve_network_rs::migration::Phase;
use serde_json::{Value, json};
use server::{Answer, Asked, Server, answer};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::{env, fs};

const NODES: [&str; 3] = ["pve1", "pve2", "pve3"];

const TOKEN: &str = "root@pam!contract=01234567-89ab-cdef-0123-456789abcdef";

/// The node on which Rust is made to panic: the guide's own commands are for the others.
const UNLUCKY: &str = "pve3";

/// The call of `guide.pl` that a phase gives to Rust, and the request in which it is made to panic.
const NEW: [(Phase, &str, &str); 5] = [
    (Phase::RustReadOnly, "parse", "interfaces::Parse"),
    (Phase::RustBasicWrite, "plain", "interfaces::Render"),
    (Phase::RustAdvanced, "bridge", "interfaces::Render"),
    (Phase::RustSdn, "dns", "dns::ReverseZone"),
    (Phase::RustFull, "fabric", "fabric::Interfaces"),
];

/// A piece of the guide.
enum Piece {
    /// The title of a part.
    Title(String),
    /// What migration.toml holds.
    Toml(String),
    /// A command on a node, and what it prints.
    Command { node: String, line: String, prints: Vec<String> },
}

/// The pieces of a chapter, in order.
fn chapter(title: &str) -> Vec<Piece> {
    let text = fs::read_to_string("README.md").unwrap();
    let start = text.find(&format!("\n## {title}\n")).unwrap() + 1;
    let text = &text[start..];
    let text = &text[..text[1..].find("\n## ").map_or(text.len(), |end| end + 1)];
    let (mut pieces, mut block) = (Vec::new(), None);
    for line in text.lines() {
        match (block, line.strip_prefix("```")) {
            (None, Some(kind)) => {
                assert!(["console", "toml"].contains(&kind), "a block of {kind:?}: {line}");
                block = Some(kind);
                if kind == "toml" {
                    pieces.push(Piece::Toml(String::new()));
                }
            }
            (Some(_), Some(_)) => block = None,
            (None, None) => {
                pieces.extend(line.strip_prefix("### ").map(|title| Piece::Title(title.into())));
            }
            (Some("toml"), None) => match pieces.last_mut() {
                Some(Piece::Toml(text)) => *text += &format!("{line}\n"),
                _ => unreachable!(),
            },
            (Some(_), None) => match (line.split_once("# "), pieces.last_mut()) {
                (Some((node, line)), _) if NODES.contains(&node) => {
                    let (node, line) = (node.to_string(), line.to_string());
                    pieces.push(Piece::Command { node, line, prints: Vec::new() });
                }
                (_, Some(Piece::Command { prints, .. })) => prints.push(line.to_string()),
                _ => panic!("no command: {line}"),
            },
        }
    }
    pieces
}

/// The cluster, with an API and a systemd on each node.
struct Guide {
    cluster: Cluster,
    server: Server,
}

impl Guide {
    fn new() -> Self {
        let cluster = Cluster::new(&NODES);
        for node in NODES {
            copy(Path::new("fixtures/contract/sdn/root"), &cluster.root(node));
            fs::create_dir_all(cluster.root(node).join("root")).unwrap();
        }
        let pve = cluster.pve();
        fs::copy("fixtures/http/authority.pem", pve.join("pve-root-ca.pem")).unwrap();
        fs::write(pve.join("priv/pve-network-rs.token"), TOKEN).unwrap();
        let answers = fs::read_to_string("fixtures/contract/sdn/perl.json").unwrap();
        let answers: BTreeMap<String, Value> = serde_json::from_str(&answers).unwrap();
        let guide = Guide { cluster, server: Server::https(move |asked| api(&answers, asked)) };
        NODES.iter().for_each(|node| guide.install(node));
        for node in NODES {
            guide.run(node, "systemctl start pve-network-migration.service");
        }
        guide
    }

    fn bin(&self, node: &str) -> PathBuf {
        self.cluster.root(node).join("bin")
    }

    /// Puts the programs in place, so that they work on this node; and a systemctl that can start
    /// and end the service, but no other.
    fn install(&self, node: &str) {
        let (bin, root) = (self.bin(node), self.cluster.root(node));
        let root = root.display();
        let service = format!(
            "pid={root}/run/service.pid\n\
             case \"$1 $2\" in\n\
             'stop pve-network-migration.service'|'restart pve-network-migration.service')\n\
             kill -9 $(cat $pid) 2>/dev/null; rm -f $pid ;;\n\
             esac\n\
             case \"$1 $2\" in\n\
             'start pve-network-migration.service'|'restart pve-network-migration.service')\n\
             {bin}/migration-ctl watch >/dev/null 2>&1 </dev/null & echo $! > $pid ;;\n\
             'status pve-network-migration.service')\n\
             test -e $pid && echo active || echo inactive ;;\n\
             esac\n",
            bin = bin.display(),
        );
        let run =
            |program: &str, more: &str| format!("exec {program} --root {root} {more} \"$@\"\n");
        fs::create_dir_all(&bin).unwrap();
        for (name, script) in [
            ("migration-ctl", run(env!("CARGO_BIN_EXE_migration-ctl"), "")),
            ("contract-test", run(env!("CARGO_BIN_EXE_contract-test"), &format!("--node {node}"))),
            ("systemctl", service),
        ] {
            fs::write(bin.join(name), format!("#!/bin/sh\n{script}")).unwrap();
            fs::set_permissions(bin.join(name), fs::Permissions::from_mode(0o755)).unwrap();
        }
    }

    /// Runs a command on a node.
    fn shell(&self, node: &str, line: &str) -> Output {
        let root = self.cluster.root(node).display().to_string();
        let folders = ["/etc/pve/", "/var/log/", "/var/lib/", "/root/"];
        let line = folders.iter().fold(line.to_string(), |line, folder| {
            line.replace(&format!(" {folder}"), &format!(" {root}{folder}"))
        });
        let mut path = OsString::from(self.bin(node));
        path.push(":");
        path.push(env::var_os("PATH").unwrap());
        let mut command = self.cluster.command(node, "");
        let envs: Vec<_> = command
            .get_envs()
            .map(|(name, value)| (name.to_owned(), value.unwrap().to_owned()))
            .collect();
        command = Command::new("bash");
        command.envs(envs).env("PATH", path).args(["-c", &line]);
        command.current_dir(self.cluster.root(node)).output().unwrap()
    }

    /// Runs a command that has to work.
    fn run(&self, node: &str, line: &str) -> String {
        let output = self.shell(node, line);
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(
            output.status.success(),
            "{node}# {line}\n{text}{}",
            String::from_utf8_lossy(&output.stderr)
        );
        text
    }

    /// Runs a command of the guide and compares what it prints. `codes` are the exit codes it may
    /// have.
    fn follow(&self, node: &str, line: &str, prints: &[String], codes: &[i32]) {
        let Output { status, stdout, stderr } = self.shell(node, line);
        let text = [stdout, stderr].map(|text| String::from_utf8(text).unwrap()).concat();
        let told = format!("{node}# {line}\n{text}");
        assert!(codes.contains(&status.code().unwrap()), "{status}: {told}");
        // Paths are longer here, and are wrapped elsewhere.
        let root = self.cluster.root(node).display().to_string();
        let plain = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let text = plain(&text.replace(&root, ""));
        let mut rest = text.as_str();
        for part in prints.iter().flat_map(|line| line.split('…')).map(plain) {
            let at = rest.find(&part).unwrap_or_else(|| panic!("{part:?} is not in {told}"));
            rest = &rest[at + part.len()..];
        }
    }

    /// Who answers each call on a node, in a process of its own.
    fn answers(&self, node: &str, fault: Option<&str>) -> BTreeMap<String, String> {
        let root = self.cluster.root(node);
        let mut perl = Command::new("perl");
        perl.args(["-Iperl", "t/rust/guide.pl"]).args(NEW.map(|(_, call, _)| call));
        perl.env("GUIDE_ROOT", &root).env("GUIDE_NODE", node);
        perl.env("PVE_NETWORK_RS_RUN", root.join("run/pve-network-rs"));
        perl.env("PVE_NETWORK_RS_CONFIG", "/nonexistent");
        perl.env("PVE_NETWORK_RS_LIB", library());
        if let Some(fault) = fault {
            perl.env("PVE_NETWORK_RS_FAULT", fault);
        }
        let output = perl.output().unwrap();
        assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
        let lines = String::from_utf8(output.stdout).unwrap();
        let lines = lines.lines().map(|line| line.split_once(' ').unwrap());
        lines.map(|(call, by)| (call.to_string(), by.to_string())).collect()
    }

    /// Checks who answers in a phase, that Perl does where Rust panics, and that this is seen.
    fn check(&self, phase: Phase) {
        let by = |call: &str, failing: &str| match NEW.iter().find(|(_, one, _)| *one == call) {
            Some((from, _, fault)) if phase >= *from && *fault != failing => "rust",
            _ => "perl",
        };
        let expected = |failing: &str| -> BTreeMap<String, String> {
            NEW.map(|(_, call, _)| (call.to_string(), by(call, failing).to_string())).into()
        };
        for node in NODES {
            assert_eq!(self.answers(node, None), expected(""), "{phase} on {node}");
        }
        let Some((_, _, fault)) = NEW.iter().find(|(from, ..)| *from == phase) else {
            return;
        };
        assert_eq!(self.answers(UNLUCKY, Some(fault)), expected(fault), "{phase} with a panic");
        let health = self.shell(UNLUCKY, "migration-ctl health");
        assert_eq!(health.status.code(), Some(2), "{}", String::from_utf8_lossy(&health.stdout));
        // Without the fault it is Perl still: the breaker is open. Then it is mended.
        assert_eq!(self.answers(UNLUCKY, None), expected(fault), "{phase} after a panic");
        self.run(UNLUCKY, "migration-ctl breaker reset --all");
        assert_eq!(self.answers(UNLUCKY, None), expected(""), "{phase}, mended");
        within(SOON, "told that it is mended", || {
            self.cluster.state(UNLUCKY).unwrap()["breakers"] == json!([])
        });
    }
}

impl Drop for Guide {
    fn drop(&mut self) {
        for node in NODES {
            let _ = self.shell(node, "systemctl stop pve-network-migration.service");
        }
    }
}

/// The library with faults, as it is now.
fn library() -> PathBuf {
    static LIBRARY: std::sync::OnceLock<PathBuf> = std::sync::OnceLock::new();
    let build = || {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/fault");
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["build", "--quiet", "--locked", "--offline", "--lib"]);
        cargo.args(["--features", "fault-injection", "--target-dir"]).arg(&folder);
        assert!(cargo.stdin(Stdio::null()).status().unwrap().success());
        folder.join("debug/libpve_network_rs.so")
    };
    LIBRARY.get_or_init(build).clone()
}

/// What the API of each node answers: they are alike.
fn api(answers: &BTreeMap<String, Value>, asked: &Asked) -> Answer {
    let kind = "application/json;charset=UTF-8";
    let path = asked.path.strip_prefix("/api2/json").unwrap();
    if asked.header("authorization") != Some(&format!("PVEAPIToken={TOKEN}")) {
        return answer("401 No ticket", kind, r#"{"data":null}"#);
    }
    if path == "/version" {
        return server::json(r#"{"data":{"version":"9.1.4","release":"9.1","repoid":"01"}}"#);
    }
    let path = NODES.iter().fold(path.to_string(), |path, node| path.replace(node, "pve1"));
    match answers.get(&path) {
        None => answer("501 Not implemented", kind, r#"{"data":null}"#),
        Some(known) => {
            let reason = known["reason"].as_str().unwrap_or("OK");
            answer(&format!("{} {reason}", known["status"]), kind, &known["body"].to_string())
        }
    }
}

/// Copies a folder into another one.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let (path, target) = (entry.as_ref().unwrap().path(), to.join(entry.unwrap().file_name()));
        match path.is_dir() {
            true => copy(&path, &target),
            false => _ = fs::copy(path, target).unwrap(),
        }
    }
}

#[test]
fn migrating_a_cluster() {
    let guide = Guide::new();
    let mut phases = Vec::new();
    for piece in chapter("Migrating a cluster") {
        match piece {
            Piece::Title(_) => {}
            Piece::Toml(text) => {
                guide
                    .cluster
                    .configure(&text.replace("https://localhost:8006", &guide.server.url()));
                within(SOON, "the API is asked", || {
                    NODES.iter().all(|node| {
                        guide.cluster.state(node).is_some_and(|state| {
                            state["perl_api"]["problem"].is_null() && state["perl_api"].is_object()
                        })
                    })
                });
            }
            Piece::Command { node, line, prints } => {
                // While a node is ahead, health says so.
                let is_ahead = node == "pve2" && line == "migration-ctl health";
                let codes: &[i32] = if is_ahead { &[1] } else { &[0] };
                guide.follow(&node, &line, &prints, codes);
                let words: Vec<_> = line.split(' ').collect();
                if let ["migration-ctl", "phase", "set", phase, "--all-nodes", "--wait"] = words[..]
                {
                    phases.push(phase.parse::<Phase>().unwrap());
                    guide.check(phases[phases.len() - 1]);
                }
            }
        }
    }
    // From the first phase to the last, and back.
    let all = Phase::ALL.into_iter().chain([Phase::PerlOnly]);
    assert_eq!(phases, all.collect::<Vec<_>>());
}

#[test]
fn when_something_is_wrong() {
    let guide = Guide::new();
    guide.cluster.configure("phase = \"rust-sdn\"\n");
    guide.run("pve1", "migration-ctl phase set rust-sdn --wait");
    let mut titles = 0;
    let mut title = String::new();
    for piece in chapter("When something is wrong") {
        match piece {
            Piece::Toml(text) => panic!("what for? {text}"),
            Piece::Title(text) => {
                titles += 1;
                spoil(&guide, &text);
                title = text;
            }
            Piece::Command { node, line, prints } => {
                let codes: &[i32] = match line.as_str() {
                    "migration-ctl health" if titles == 0 => &[0],
                    "migration-ctl health" => &[2],
                    "migration-ctl phase get" if title.contains("mistake") && prints.len() > 1 => {
                        &[1]
                    }
                    line if line.ends_with("--timeout 5") => &[1],
                    line if line.starts_with("migration-ctl replay /") => &[1],
                    _ => &[0],
                };
                guide.follow(&node, &line, &prints, codes);
            }
        }
    }
    assert!(titles >= 7, "{titles} titles");
}

/// Makes that go wrong which a part of the guide is about.
fn spoil(guide: &Guide, title: &str) {
    let cluster = &guide.cluster;
    match title {
        "Perl has to answer, now" | "Somebody else has to look at it" => {}
        "A function fails" => {
            let answers = guide.answers("pve1", Some("interfaces::Parse"));
            assert_eq!(answers["parse"], "perl");
        }
        "Rust says something else than Perl" => {
            let folder = cluster.root("pve1").join("var/lib/pve-network-rs/mismatches");
            fs::create_dir_all(&folder).unwrap();
            let bundle = json!({
                "format": 1, "time": "2026-01-02T03:04:05.678Z", "node": "pve1", "pid": 1,
                "seam": "subnets.ranges", "symbol": "pve_network_subnets_ranges",
                "function": "PVE::Network::SDN::Subnets::get_dhcp_ranges", "engine": "shadow",
                "phase": "perl-only", "strict_types": 0, "context": "scalar", "is_list": 0,
                "is_void": 0, "differs_at": "/value/0/start-address", "redacted": 0,
                "versions": { "library": "0.0.9", "abi": 1, "perl": "5.40.1" },
                "digests": { "library": null, "shim": "00", "original": {} },
                "request": {
                    "subnet": { "dhcp-range": ["start-address=192.0.2.1,end-address=192.0.2.9"] },
                },
                "original": {
                    "value": [{ "start-address": "192.0.2.2", "end-address": "192.0.2.9" }],
                    "warnings": [],
                },
                "rust": {
                    "value": [{ "start-address": "192.0.2.1", "end-address": "192.0.2.9" }],
                    "warnings": [],
                },
            });
            let file = folder.join("subnets.ranges-0123456789abcdef.json");
            fs::write(file, bundle.to_string()).unwrap();
        }
        "A node does not follow" => {
            guide.run("pve3", "systemctl stop pve-network-migration.service");
        }
        "There is a mistake in migration.toml" => {
            cluster.configure("phase = \"rust-raed-only\"\n");
            within(SOON, "told", || cluster.state("pve1").unwrap()["problem"].is_string());
        }
        "The cluster has no quorum" => cluster.members(false, &NODES.map(|node| (node, true))),
        other => panic!("what goes wrong in {other:?}?"),
    }
}
