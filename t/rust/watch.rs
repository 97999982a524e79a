//! `migration-ctl watch` and the commands that go with it, on the nodes of a cluster: root folders
//! that share one `/etc/pve`.
#![allow(clippy::unwrap_used)]

mod cluster;

use cluster::{Cluster, SOON, within};
use pve_network_rs::control::{self, Ended, Outcome, Reason};
use pve_network_rs::migration::{Engine, SEAMS};
use pve_network_rs::sys::log;
use serde_json::Value;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::Duration;
use std::{env, fs};

fn engine(cluster: &Cluster, node: &str) -> Option<Engine> {
    control::open(Some(cluster.root(node).join(control::FOLDER)));
    control::begin(0).map(|verdict| verdict.engine)
}

const PERL: &str = "phase = \"perl-only\"\n[shadow]\nsample = 0\n";
const RUST: &str = "phase = \"rust-read-only\"\n";

#[test]
fn changes_are_in_force_soon_and_told_to_the_others() {
    let cluster = Cluster::new(&["pve1", "pve2"]);
    fs::remove_dir(cluster.root("pve1").join("var/log/pve-network")).unwrap();
    let _watch = [cluster.watch("pve1"), cluster.watch("pve2")];
    for name in [log::FILE, log::ADDRESSES] {
        let mode = fs::metadata(cluster.root("pve1").join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o660, "{name}: the daemons of the group write there");
    }
    assert_eq!(engine(&cluster, "pve1"), Some(Engine::Perl), "no file");
    within(SOON, "told", || cluster.state("pve1").is_some_and(|state| state["config"] == "none"));

    for (text, engines) in [
        (RUST.to_owned(), [Engine::Rust, Engine::Rust]),
        (PERL.to_owned(), [Engine::Perl, Engine::Perl]),
        (format!("{PERL}[nodes.pve2]\nphase = \"rust-full\"\n"), [Engine::Perl, Engine::Rust]),
    ] {
        cluster.configure(&text);
        within(SOON, &text, || {
            ["pve1", "pve2"].map(|node| engine(&cluster, node)) == engines.map(Some)
        });
    }
    within(SOON, "told", || {
        let states = ["pve1", "pve2"].map(|node| cluster.state(node).unwrap());
        states[1]["phase"] == "rust-full" && states[0]["config"] == states[1]["config"]
    });
    let state = cluster.state("pve1").unwrap();
    assert_eq!(state["node"], "pve1");
    assert_eq!(state["phase"], "perl-only");
    assert_eq!(state["problem"], Value::Null);

    // Nobody writes to the cluster without a reason.
    let file = cluster.pve().join("nodes/pve1/network-migration.json");
    let before = fs::metadata(&file).unwrap().modified().unwrap();
    sleep(Duration::from_millis(2500));
    assert_eq!(fs::metadata(&file).unwrap().modified().unwrap(), before);
}

#[test]
fn of_a_bad_file_nothing_is_in_force() {
    let cluster = Cluster::new(&["pve1"]);
    cluster.configure(RUST);
    let watch = cluster.watch("pve1");
    for (text, place) in [
        ("phase = \"rust-read-onyl\"\n", ":1:9: phase: found 'rust-read-onyl'"),
        ("phase = \"perl-only\"\nphrase = 1\n", ":2:1: phrase: unknown key"),
        ("phase = \"perl", ":1:"),
        ("", ":1:1: phase: missing"),
    ] {
        cluster.configure(text);
        let status = watch.status(place);
        assert!(status.starts_with("STATUS=phase rust-read-only; not in force: "), "{status}");
        assert_eq!(engine(&cluster, "pve1"), Some(Engine::Rust));
        within(SOON, "told", || {
            cluster.state("pve1").unwrap()["problem"].as_str().is_some_and(|p| p.contains(place))
        });
    }
    // A service that is started again knows what was in force.
    drop(watch);
    let watch = cluster.watch("pve1");
    assert_eq!(engine(&cluster, "pve1"), Some(Engine::Rust));
    assert!(cluster.ok("pve1", "--help").contains("watch"));
    cluster.configure(PERL);
    assert_eq!(watch.status("phase perl-only"), "STATUS=phase perl-only");
    assert_eq!(engine(&cluster, "pve1"), Some(Engine::Perl));
}

#[test]
fn the_file_system_of_the_cluster_may_go_and_come() {
    let cluster = Cluster::new(&["pve1"]);
    cluster.configure(RUST);
    let watch = cluster.watch("pve1");
    let away = cluster.pve().with_file_name("away");
    fs::rename(cluster.pve(), &away).unwrap();
    watch.status("etc/pve/nodes is not there");
    assert_eq!(engine(&cluster, "pve1"), Some(Engine::Rust));
    fs::rename(away, cluster.pve()).unwrap();
    assert_eq!(watch.status("phase"), "STATUS=phase rust-read-only");
    // But a file that is taken away is.
    fs::remove_file(cluster.file()).unwrap();
    within(SOON, "no file", || engine(&cluster, "pve1") == Some(Engine::Perl));
}

#[test]
fn without_quorum_it_goes_on() {
    let library = Path::new(env!("CARGO_TARGET_TMPDIR")).join("pmxcfs-watch.so");
    let mut compiler = Command::new(env::var_os("CC").unwrap_or("cc".into()));
    compiler.args(["-shared", "-fPIC", "-Wall", "-Werror", "-O1", "t/rust/pmxcfs.c", "-ldl"]);
    assert!(compiler.arg("-o").arg(&library).status().unwrap().success());

    let cluster = Cluster::new(&["pve1"]);
    cluster.configure(RUST);
    // The pages are there already: `create` fails everywhere.
    drop(cluster.watch("pve1"));
    let _ = fs::remove_file(cluster.pve().join("nodes/pve1/network-migration.json"));
    let watch = cluster.watch_with("pve1", |command| {
        command.env("LD_PRELOAD", &library).env("FAILING", "create=EACCES")
    });
    let word = if nix::unistd::geteuid().is_root() { "no quorum" } else { "Permission denied" };
    watch.status(word);
    cluster.configure(PERL);
    within(SOON, "followed all the same", || engine(&cluster, "pve1") == Some(Engine::Perl));
    assert_eq!(cluster.state("pve1"), None);
}

#[test]
fn one_service_a_node() {
    let cluster = Cluster::new(&["pve1"]);
    let _watch = cluster.watch("pve1");
    let output = cluster.run("pve1", "watch --node pve1");
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8_lossy(&output.stderr).replace("\n    ", " ");
    assert!(text.contains("another process publishes there already"), "{text}");
}

#[test]
fn a_service_that_is_killed_leaves_nothing_behind() {
    let cluster = Cluster::new(&["pve1"]);
    cluster.configure(RUST);
    for n in 0..20 {
        let mut child = cluster.command("pve1", "watch --node pve1").stderr(Stdio::null()).spawn();
        sleep(Duration::from_millis(n));
        child.as_mut().unwrap().kill().unwrap();
        child.unwrap().wait().unwrap();
        if n == 10 {
            fs::remove_dir_all(cluster.root("pve1").join("run")).unwrap_or_default();
        }
    }
    let _watch = cluster.watch("pve1");
    assert_eq!(engine(&cluster, "pve1"), Some(Engine::Rust));
    within(SOON, "told", || {
        cluster.state("pve1").is_some_and(|state| state["phase"] == "rust-read-only")
    });
}

#[test]
fn phase_set_waits_for_the_nodes() {
    let cluster = Cluster::new(&["pve1", "pve2", "pve3"]);
    let watches = ["pve1", "pve2", "pve3"].map(|node| cluster.watch(node));
    let text = cluster.ok("pve1", "phase set rust-sdn --wait");
    assert!(text.contains("\nNODE  WANTED    IN FORCE  STATE\n"), "{text}");
    for node in ["pve1", "pve2", "pve3"] {
        assert!(text.contains(&format!("{node}  rust-sdn  rust-sdn  up to date\n")), "{text}");
        assert_eq!(engine(&cluster, node), Some(Engine::Rust), "{node}");
    }
    let text = cluster.ok("pve1", "phase get --all-nodes --format json");
    let json: Value = serde_json::from_str(&text).unwrap();
    assert!(json["nodes"].as_array().unwrap().iter().all(|node| node["current"] == true));

    let [_one, _two, three] = watches;
    drop(three);
    let output = cluster.run("pve1", "phase set perl-only --wait --timeout 3");
    assert_eq!(output.status.code(), Some(1));
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(stderr.contains("after 3 s not in force on pve3"), "{stderr}");
    let stdout = String::from_utf8_lossy(&output.stdout);
    assert!(stdout.contains("pve3  perl-only  rust-sdn   behind\n"), "{stdout}");
    cluster.ok("pve1", "phase set rust-full --node pve2 --wait");
    let text = cluster.ok("pve3", "phase get --all-nodes");
    assert!(text.contains("pve2  rust-full  rust-full  up to date\n"), "{text}");

    let nobody = Cluster::new(&[]);
    fs::create_dir_all(nobody.root("pve1").join("etc/pve")).unwrap();
    assert_eq!(nobody.run("pve1", "phase set rust-sdn --wait").status.code(), Some(1));
}

#[test]
fn kill_switch() {
    let cluster = Cluster::new(&["pve1"]);
    cluster.configure(RUST);
    let killed = || {
        let verdict = control::begin(0).unwrap();
        (verdict.engine, verdict.reason) == (Engine::Rust, Some(Reason::KillSwitch))
    };
    {
        let watch = cluster.watch("pve1");
        assert_eq!(engine(&cluster, "pve1"), Some(Engine::Rust));
        assert!(!killed());
        assert!(cluster.ok("pve1", "kill on").contains("until: migration-ctl kill off"));
        assert!(killed(), "at once");
        assert_eq!(watch.status("kill"), "STATUS=phase rust-read-only; kill switch on");
        let text = cluster.ok("pve1", "phase get --all-nodes");
        assert!(text.contains("\npve1: kill switch on\n"), "{text}");
        assert!(cluster.ok("pve1", "stats").starts_with("kill switch on\n"));
        assert!(cluster.ok("pve1", "function list").contains("\nkill switch on, Perl answers"));
        assert!(!cluster.ok("pve1", "function list --node pve2").contains("kill switch"));
    }
    // It needs no service.
    assert!(cluster.ok("pve1", "kill on").contains("on already"));
    assert_eq!(engine(&cluster, "pve1"), Some(Engine::Perl));
    let _watch = cluster.watch("pve1");
    assert_eq!(engine(&cluster, "pve1"), Some(Engine::Rust));
    assert!(killed(), "nor does one end it");
    let json: Value = serde_json::from_str(&cluster.ok("pve1", "kill on --format json")).unwrap();
    assert_eq!(json, serde_json::json!({ "killed": true, "was": true }));
    assert!(cluster.ok("pve1", "kill off").contains("decide again"));
    assert!(cluster.ok("pve1", "kill off").contains("off already"));
    assert!(!killed());
}

#[test]
fn breakers_and_counts() {
    let cluster = Cluster::new(&["pve1"]);
    let output = cluster.run("pve1", "stats");
    let text = String::from_utf8_lossy(&output.stderr).replace("\n    ", " ");
    assert_eq!(output.status.code(), Some(1));
    assert!(text.contains("is pve-network-migration.service running?"), "{text}");

    cluster.configure(RUST);
    let watch = cluster.watch("pve1");
    assert_eq!(engine(&cluster, "pve1"), Some(Engine::Rust));
    let count = |outcome, reason, detail| {
        let duration = Some(Duration::from_micros(100));
        let call =
            Ended { engine: Engine::Rust, outcome, reason, rust: duration, original: None, detail };
        control::end(0, &call);
    };
    for _ in 0..98 {
        count(Outcome::Value, None, None);
    }
    count(Outcome::Perl, Some(Reason::Unsupported), Some("a tunnel"));
    count(Outcome::Perl, Some(Reason::Panic), Some("it\u{1b}[1m broke"));
    watch.status(&format!("breaker not closed: {}", SEAMS[0].name));

    let name = SEAMS[0].name;
    let text = cluster.ok("pve1", "function list");
    assert!(text.ends_with(&format!(
        "\n\n{name}: breaker open, Perl answers: migration-ctl breaker list\n"
    )));
    let text = cluster.ok("pve1", "stats");
    assert!(text.contains(&format!("{name}: fallbacks: panic 1, unsupported 1\n")), "{text}");
    let row: Vec<_> =
        text.lines().find(|line| line.starts_with(name)).unwrap().split_whitespace().collect();
    assert_eq!(row, [name, "0", "0", "100", "2", "0", "0"]);
    let json: Value = serde_json::from_str(&cluster.ok("pve1", "stats --format json")).unwrap();
    let function = &json["functions"][name];
    assert_eq!(function["calls"]["rust"]["value"], 98);
    assert_eq!(function["calls"]["rust"]["original"], 2);
    assert_eq!(function["fallbacks"]["panic"], 1);
    assert_eq!(function["rust"]["count"], 100);
    assert_eq!(function["rust"]["sum_us"], 10_000);
    assert_eq!(function["breaker"]["state"], "open");
    assert_eq!(function["breaker"]["last_error"]["text"], "it\u{1b}[1m broke");

    let text = cluster.ok("pve1", "breaker list");
    assert!(text.contains(&format!("{name}: last error at 20")), "{text}");
    assert!(text.contains("Z: panic: it [1m broke\n"), "{text}");
    assert!(text.contains(&format!("{} others are closed", SEAMS.len() - 1)), "{text}");
    let json: Value =
        serde_json::from_str(&cluster.ok("pve1", "breaker list --format json")).unwrap();
    assert_eq!(json["breakers"][0]["function"], name);
    assert_eq!(json["breakers"].as_array().unwrap().len(), SEAMS.len());
    let retry = json["breakers"][0]["retry_in_seconds"].as_u64().unwrap();
    assert!((50..=60).contains(&retry), "{retry}");

    let is_open = || control::begin(0).unwrap().reason == Some(Reason::Breaker);
    assert!(is_open());
    assert_eq!(
        cluster.ok("pve1", &format!("breaker reset {name}")),
        format!("{name}: open -> closed\n")
    );
    assert!(!is_open());
    assert_eq!(cluster.ok("pve1", "breaker reset --all"), "nothing to do, closed already\n");
    let json: Value =
        serde_json::from_str(&cluster.ok("pve1", "breaker reset --all --format json")).unwrap();
    assert_eq!(json["closed"].as_array().unwrap().len(), 0);
    for args in ["breaker reset", "breaker reset nothing", "phase set rust-sdn --timeout 3"] {
        assert_eq!(cluster.run("pve1", args).status.code(), Some(2), "{args}");
    }
    // Counts outlive the service.
    drop(watch);
    let _watch = cluster.watch("pve1");
    let json: Value = serde_json::from_str(&cluster.ok("pve1", "stats --format json")).unwrap();
    assert_eq!(json["functions"][name]["rust"]["count"], 100);
}

/// Every example of a help text works, on a node with the service.
#[test]
fn examples() {
    let cluster = Cluster::new(&["pve1", "pve2"]);
    let _watch = [cluster.watch("pve1"), cluster.watch("pve2")];
    let mut number = 0;
    for command in [
        "",
        "phase get",
        "phase set",
        "kill on",
        "kill off",
        "breaker list",
        "breaker reset",
        "stats",
        "health",
    ] {
        for line in cluster.ok("pve1", &format!("{command} --help")).lines() {
            if let Some(example) = line.trim().strip_prefix("migration-ctl ") {
                let example = example.split("  ").next().unwrap();
                // Other examples did what is not healthy.
                match example.starts_with("health") {
                    true => assert_ne!(cluster.run("pve1", example).status.code(), Some(2)),
                    false => _ = cluster.ok("pve1", example),
                }
                number += 1;
            }
        }
    }
    assert!(number >= 18, "{number} examples");
}
