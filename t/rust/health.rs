//! `migration-ctl health`, on the nodes of a cluster.
#![allow(clippy::unwrap_used)]

mod cluster;
mod server;

use cluster::{Cluster, SOON, within};
use pve_network_rs::control::{self, Ended, Outcome, Reason};
use pve_network_rs::migration::{Engine, SEAMS};
use serde_json::Value;
use std::fs;

const RUST: &str = "phase = \"rust-read-only\"\n";

/// The exit code, and the verdict and the text of each check by its name.
struct Health(i32, Value);

impl Health {
    fn of(cluster: &Cluster, node: &str) -> Self {
        let output = cluster.run(node, "health --format json");
        let json: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(json["node"], node);
        let text = cluster.run(node, "health");
        for line in String::from_utf8(text.stdout).unwrap().lines() {
            assert!(line.chars().count() <= 80 && !line.contains('\u{1b}'), "{line}");
        }
        Health(output.status.code().unwrap(), json)
    }

    /// The verdict of a check, and what it found.
    fn check(&self, name: &str) -> (&str, &str) {
        let checks = self.1["checks"].as_array().unwrap();
        let check = checks.iter().find(|check| check["name"] == name).unwrap();
        let (verdict, advice) = (check["verdict"].as_str().unwrap(), check["advice"].as_str());
        assert_eq!(verdict == "ok", advice == Some(""), "{name}: what to do, if and only if");
        (verdict, check["found"].as_str().unwrap())
    }

    /// All is well but this.
    fn is_only(&self, name: &str, verdict: &str, part: &str) {
        for check in self.1["checks"].as_array().unwrap() {
            let other = check["name"].as_str().unwrap();
            assert!(other == name || check["verdict"] == "ok", "{name}: {check:#}");
        }
        let (is, found) = self.check(name);
        assert!(is == verdict && found.contains(part), "{name}: {is}: {found}");
        assert_eq!(self.1["verdict"], verdict, "{name}");
        assert_eq!(
            self.0,
            ["ok", "degraded", "critical"].iter().position(|v| *v == verdict).unwrap() as i32
        );
    }
}

/// A healthy cluster, and the services of its nodes.
fn healthy(nodes: &[&str]) -> (Cluster, Vec<cluster::Watch>) {
    let cluster = Cluster::new(nodes);
    cluster.configure(RUST);
    let watches = nodes.iter().map(|node| cluster.watch(node)).collect();
    let _ = cluster.ok(nodes[0], "phase set rust-read-only --wait");
    Health::of(&cluster, nodes[0]).is_only("service", "ok", "keeps the settings");
    (cluster, watches)
}

#[test]
fn what_each_check_finds() {
    let (cluster, watches) = healthy(&["pve1", "pve2"]);
    let root = cluster.root("pve1");
    let is_only = |name, verdict, part| {
        within(SOON, name, || Health::of(&cluster, "pve1").check(name).1.contains(part));
        Health::of(&cluster, "pve1").is_only(name, verdict, part);
    };

    cluster.members(false, &[("pve1", true), ("pve2", true)]);
    is_only("quorum", "critical", "no quorum");
    cluster.members(true, &[("pve1", true), ("pve2", false)]);
    is_only("nodes", "degraded", "pve2 is offline");
    cluster.members(true, &[("pve1", true), ("pve2", true)]);

    fs::write(root.join("run/pvedaemon.pid"), "4194305\n").unwrap();
    is_only("daemons", "degraded", "not running: pvedaemon");
    fs::write(root.join("run/pvedaemon.pid"), std::process::id().to_string()).unwrap();

    let status = root.join("var/lib/dpkg/status");
    let packages = fs::read_to_string(&status).unwrap();
    fs::write(&status, packages.replace("9.2.0", "9.9.0")).unwrap();
    is_only("original", "degraded", "libpve-common-perl 9.9.0 (tested: 9.1., 9.2.)");
    fs::write(&status, packages).unwrap();

    cluster.ok("pve1", "kill on");
    is_only("kill switch", "degraded", "Perl answers everything");
    cluster.ok("pve1", "kill off");
    cluster.ok("pve2", "kill on");
    is_only("nodes", "degraded", "pve2: kill switch on");
    cluster.ok("pve2", "kill off");

    // A canary.
    cluster.ok("pve1", "phase set rust-sdn --node pve2 --wait");
    is_only("phase", "degraded", "rust-read-only on pve1; rust-sdn on pve2");
    cluster.ok("pve1", "phase set rust-read-only --all-nodes --wait");

    cluster.configure("phase = \"rust\"\n");
    within(SOON, "told", || cluster.state("pve1").unwrap()["problem"].is_string());
    let health = Health::of(&cluster, "pve1");
    assert_eq!(health.0, 1);
    let (verdict, found) = health.check("settings");
    assert!(verdict == "degraded" && found.contains("migration.toml:1:9: phase: found"), "{found}");
    cluster.configure(RUST);
    cluster.ok("pve1", "phase set rust-read-only --wait");

    // A clock that is ahead, and a service that ended long ago.
    let mut watches = watches;
    drop(watches.pop());
    let file = cluster.pve().join("nodes/pve2/network-migration.json");
    let mut state = cluster.state("pve2").unwrap();
    let now = state["time"].as_u64().unwrap();
    let mut write = |time: u64| {
        state["time"] = time.into();
        fs::write(&file, state.to_string()).unwrap();
    };
    write(now + 600);
    is_only("clock", "degraded", "behind that of pve2");
    write(now - 3600);
    is_only("nodes", "degraded", "pve2 is old");
    fs::remove_file(&file).unwrap();
    is_only("nodes", "degraded", "pve2 is silent");
    let _watch = cluster.watch("pve2");

    drop(watches);
    let health = Health::of(&cluster, "pve1");
    assert_eq!(health.check("service").0, "degraded");
}

#[test]
fn calls_that_fail_and_differ() {
    let (cluster, _watches) = healthy(&["pve1"]);
    control::open(Some(cluster.root("pve1").join(control::FOLDER)));
    let name = SEAMS[0].name;
    let count = |engine, outcome, reason| {
        let call =
            Ended { engine, outcome, reason, rust: None, original: None, detail: Some("it broke") };
        control::begin(0).unwrap();
        control::end(0, &call);
    };
    let health = || Health::of(&cluster, "pve1");
    count(Engine::Shadow, Outcome::Same, None);
    health().is_only("mismatches", "ok", "none of 1 compared calls in the last");
    count(Engine::Shadow, Outcome::Mismatch, None);
    health().is_only("mismatches", "degraded", &format!("{name} (1)"));
    count(Engine::Rust, Outcome::Perl, Some(Reason::Unsupported));
    let found = health();
    assert_eq!(found.check("fallbacks").0, "degraded");
    assert!(found.check("fallbacks").1.contains(&format!("{name} (unsupported 1)")));
    assert_eq!(found.0, 1);

    count(Engine::Rust, Outcome::Perl, Some(Reason::Panic));
    let found = health();
    assert_eq!(found.check("fallbacks").0, "critical");
    assert_eq!(found.check("breakers"), ("degraded", format!("{name} is open").as_str()));
    assert_eq!(found.0, 2);
    cluster.ok("pve1", "breaker reset --all");
    assert_eq!(health().check("breakers").0, "ok");
}

#[test]
fn a_library_that_does_not_load() {
    let (cluster, _watches) = healthy(&["pve1"]);
    let health = |library: &str, config: &str| {
        cluster.configure(config);
        cluster.ok("pve1", "phase set rust-read-only --wait");
        let mut command = cluster.command("pve1", "health --format json");
        let output = command.env("PVE_NETWORK_RS_LIB", library).output().unwrap();
        Health(output.status.code().unwrap(), serde_json::from_slice(&output.stdout).unwrap())
    };
    health("/nonexistent", RUST).is_only("library", "degraded", "no_library: /nonexistent");
    // A library, but another one.
    let other = fs::read_dir("/lib/x86_64-linux-gnu").into_iter().flatten().flatten();
    let other = other.map(|entry| entry.path()).find(|path| path.ends_with("libm.so.6")).unwrap();
    health(other.to_str().unwrap(), RUST).is_only("library", "degraded", "abi: ");
    // Nobody would answer.
    let alone = format!("{RUST}fallback_enabled = false\n");
    health("/nonexistent", &alone).is_only("library", "critical", "fallback_enabled is false");
}

#[test]
fn the_perl_api() {
    let (cluster, watches) = healthy(&["pve1"]);
    let server = server::Server::http(|_| server::answer("401 No ticket", "text/plain", ""));
    let configure = |url: &str| cluster.configure(&format!("{RUST}perl_api_base_url = '{url}'\n"));
    let is_told = |part: &str| {
        within(cluster::PATIENCE, part, || {
            Health::of(&cluster, "pve1").check("Perl API").1.contains(part)
        });
    };
    configure(&server.url());
    is_told("answers");
    Health::of(&cluster, "pve1").is_only("Perl API", "ok", &server.url());
    // One that fails, one that is not there, and one that never answers: nothing waits for it.
    let broken = server::Server::http(|_| server::answer("503 Down", "text/plain", ""));
    configure(&broken.url());
    is_told("503");
    Health::of(&cluster, "pve1");
    let nobody = {
        let server = server::Server::http(|_| server::Answer::Silence);
        server.url()
    };
    configure(&nobody);
    is_told("refused");
    watches[0].status("the Perl API does not answer");
    let silent = server::Server::http(|_| server::Answer::Silence);
    configure(&silent.url());
    is_told("was not asked yet");
    cluster.ok("pve1", "phase set rust-sdn --wait --timeout 5");
}
