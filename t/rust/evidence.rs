//! What is known of the functions before Rust answers them: the ledger, what is installed, and the
//! commands that go with it.
#![allow(clippy::unwrap_used)]

mod cluster;

use cluster::{Cluster, SOON, within};
use pve_network_rs::control::{self, Counters, Ended, Outcome, Pages, Reason};
use pve_network_rs::migration::evidence::{Bound, Counts, Ledger, Standing};
use pve_network_rs::migration::{Demand, Engine, Phase, SEAMS, Seam, find};
use pve_network_rs::sys::installed::{Installed, sha256};
use serde_json::{Value, json};
use std::fs;
use std::time::Duration;

const DAY: u64 = 86400;
const START: u64 = 1_800_000_000;

fn parse() -> &'static Seam {
    find("interfaces.parse").unwrap()
}

fn bound(original: &str) -> Bound {
    let part = |text: &str| Some(text.to_string());
    Bound { library: part("l"), shim: part("s"), original: part(original) }
}

fn counts(compared: u64, mismatched: u64) -> Counts {
    Counts { calls: compared, compared, mismatched, ..Counts::default() }
}

fn note(ledger: &mut Ledger, now: u64, page: &str, seen: Counts, original: &str) {
    ledger.note(now, page, [(parse(), seen)].into_iter(), |_| bound(original));
}

fn demand() -> Demand {
    Demand { required: true, reads: 10, writes: 5, ..Demand::default() }
}

fn standing(ledger: &Ledger, now: u64) -> Standing {
    ledger.standing(parse(), &bound("a"), &demand(), now)
}

/// A ledger of a node whose service has run from the start.
fn ledger() -> Ledger {
    let mut ledger = Ledger::default();
    note(&mut ledger, START, "boot 1", Counts::default(), "a");
    ledger
}

#[test]
fn counts_add_up_over_boots() {
    let mut ledger = ledger();
    for (page, compared, sum) in [
        ("boot 1", 3, 3),
        ("boot 1", 3, 3),
        ("boot 1", 5, 5),
        ("boot 2", 5, 10), // another page: nothing of it was seen
        ("boot 2", 6, 11),
        ("boot 3", 0, 11),
        ("boot 3", 1, 12),
    ] {
        note(&mut ledger, START, page, counts(compared, 0), "a");
        // What is on the disk is all there is.
        ledger = Ledger::parse(&serde_json::to_vec(&ledger).unwrap()).unwrap();
        assert_eq!(standing(&ledger, START).compared, sum, "{page} {compared}");
    }
    // Of what a page had counted before anybody looked, nobody knows what answered.
    let mut ledger = Ledger::default();
    note(&mut ledger, START, "boot 1", counts(100, 1), "a");
    assert_eq!(standing(&ledger, START).compared, 0);
    note(&mut ledger, START, "boot 1", counts(107, 1), "a");
    assert_eq!(standing(&ledger, START).compared, 7);
    assert_eq!(standing(&ledger, START).mismatches, 0);
}

#[test]
fn ledgers_that_are_none() {
    for text in ["", "{", "[]", r#"{"format": 2, "page": null, "seams": {}}"#] {
        assert!(Ledger::parse(text.as_bytes()).is_err(), "{text}");
    }
}

#[test]
fn another_original_makes_it_void() {
    let mut ledger = ledger();
    note(&mut ledger, START, "boot 1", counts(20, 0), "a");
    assert!(standing(&ledger, START).refusals.is_empty());
    let other = ledger.standing(parse(), &bound("b"), &demand(), START);
    assert_eq!(other.refusals, ["the original changed since it was compared"]);
    let library = Bound { library: None, ..bound("b") };
    let other = ledger.standing(parse(), &library, &demand(), START);
    assert_eq!(other.changed, ["the library", "the original"]);

    // Calls since the last look may be of either.
    note(&mut ledger, START + 5, "boot 1", counts(25, 1), "b");
    note(&mut ledger, START + 6, "boot 1", counts(28, 1), "b");
    let now = ledger.standing(parse(), &bound("b"), &demand(), START + 7);
    assert_eq!((now.compared, now.mismatches, now.since), (3, 0, Some(START + 5)));
    let lost = now.lost.unwrap();
    assert_eq!((lost.compared, &lost.changed[..]), (20, &["the original".to_string()][..]));
}

#[test]
fn what_is_demanded() {
    let slow = |original: usize, rust: usize| Counts {
        original: [(original, 100)].into(),
        rust: [(rust, 100)].into(),
        ..counts(100, 0)
    };
    for (what, seen, age, refusals) in [
        ("enough", counts(10, 0), 0, vec![]),
        ("too few", counts(9, 0), 0, vec!["9 of 10 calls were compared"]),
        ("few, but all for a week", counts(9, 0), 7 * DAY, vec![]),
        (
            "few, and not all",
            Counts { calls: 10, ..counts(9, 0) },
            7 * DAY,
            vec!["9 of 10 calls were compared"],
        ),
        ("a difference", counts(100, 1), 0, vec!["1 call differed in 7 days"]),
        ("a difference of late", counts(100, 2), 7 * DAY - 1, vec!["2 calls differed in 7 days"]),
        ("a difference of old", counts(100, 2), 7 * DAY, vec![]),
        ("randomness", Counts { random: 50, ..counts(100, 0) }, 0, vec![]),
        ("a panic", Counts { panics: 1, ..counts(100, 0) }, 30 * DAY, vec!["1 call panicked"]),
        ("as fast", slow(40, 40), 0, vec![]),
        ("faster", slow(40, 10), 0, vec![]),
        ("slower", slow(40, 41), 0, vec!["its p99 is 160 us, that of Perl 144 us"]),
        (
            "all at once",
            Counts { panics: 2, ..counts(3, 1) },
            0,
            vec!["3 of 10 calls were compared", "1 call differed in 7 days", "2 calls panicked"],
        ),
    ] {
        let mut ledger = ledger();
        note(&mut ledger, START, "boot 1", Counts { calls: 0, ..Counts::default() }, "a");
        note(&mut ledger, START, "boot 1", seen, "a");
        assert_eq!(standing(&ledger, START + age).refusals, refusals, "{what}");
    }
    let refusals = |seam: &str| {
        let seam = find(seam).unwrap();
        Ledger::default().standing(seam, &bound("a"), &demand(), START).refusals
    };
    assert_eq!(refusals("interfaces.parse"), ["0 of 10 calls were compared"]);
    assert_eq!(refusals("zones.parse"), ["0 of 10 calls were compared"]);
    assert_eq!(refusals("interfaces.render"), ["0 of 5 calls were compared"]);
    assert!(refusals("ipam.add_ip").is_empty(), "what writes cannot be compared");
}

#[test]
fn mismatches_are_counted_by_the_hour_and_explained() {
    let mut ledger = ledger();
    for n in 1..=100 {
        note(&mut ledger, START + n, "boot 1", counts(100, n), "a");
    }
    note(&mut ledger, START + 3 * 3600, "boot 1", counts(100, 101), "a");
    assert_eq!(standing(&ledger, START + DAY).mismatches, 101);
    assert!(serde_json::to_string(&ledger).unwrap().len() < 2000);
    assert_eq!(ledger.explain(START + DAY, parse(), "a test"), 101);
    assert_eq!(ledger.explain(START + DAY, parse(), "a test"), 0);
    assert!(standing(&ledger, START + DAY).refusals.is_empty());
    note(&mut ledger, START + DAY + 1, "boot 1", counts(100, 103), "a");
    assert_eq!(standing(&ledger, START + DAY + 1).mismatches, 2);
    // A clock that is set back: what lies ahead counts.
    assert_eq!(standing(&ledger, START).mismatches, 2);
}

#[test]
fn reports_count_once() {
    let mut ledger = ledger();
    let mut add = |digest: &str| {
        ledger.add_report(START, digest, &[(parse(), 6, 0), (&SEAMS[1], 1, 1)], |_| bound("a"))
    };
    assert_eq!([add("x"), add("x"), add("y")], [true, false, true]);
    assert_eq!(standing(&ledger, START).compared, 12);
    let render = ledger.standing(&SEAMS[1], &bound("a"), &demand(), START);
    assert_eq!((render.compared, render.mismatches), (4, 2));
    // They are no calls of the page.
    note(&mut ledger, START, "boot 1", counts(1, 0), "a");
    assert_eq!(standing(&ledger, START).compared, 13);
}

/// What a package would install below the root of a node.
fn install(cluster: &Cluster, node: &str, file: &str, text: &str) {
    let path = cluster.root(node).join(file);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

const OWN: &str = "usr/lib/x86_64-linux-gnu/perl5/5.40";

fn install_all(cluster: &Cluster, node: &str) {
    for (file, text) in [
        ("usr/share/perl5/PVE/INotify.pm", "1;"),
        ("usr/share/perl5/PVE/Network/SDN.pm", "2;"),
        ("usr/share/perl5/PVE/Network/SDN/Zones/Plugin.pm", "3;"),
        (&format!("{OWN}/PVE/Network/RS.pm"), "4;"),
        (&format!("{OWN}/PVE/Network/RS/Call.pm"), "5;"),
        (&format!("{OWN}/auto/PVE/Network/RS/RS.so"), "6"),
    ] {
        install(cluster, node, file, text);
    }
}

#[test]
fn what_is_installed() {
    let cluster = Cluster::new(&["pve1"]);
    let root = cluster.root("pve1");
    let zones = find("sdn.zones").unwrap();
    assert_eq!(Installed::of(&root).unwrap().bound(zones), Bound::default());

    install_all(&cluster, "pve1");
    let mut installed = Installed::of(&root).unwrap();
    let first = [installed.bound(parse()), installed.bound(zones)];
    assert_eq!(first[0].library.as_deref(), Some(&*sha256(b"6")));
    let list = format!("{}  PVE/INotify.pm\n", sha256(b"1;"));
    assert_eq!(first[0].original.as_deref(), Some(&*sha256(list.as_bytes())));
    let (top, call) = (sha256(b"4;"), sha256(b"5;"));
    let list = format!("{top}  PVE/Network/RS.pm\n{call}  PVE/Network/RS/Call.pm\n");
    assert_eq!(first[0].shim.as_deref(), Some(&*sha256(list.as_bytes())));
    assert!(installed.has(&sha256(b"3;")) && !installed.has(&sha256(b"none")));

    installed.tend().unwrap();
    assert_eq!([installed.bound(parse()), installed.bound(zones)], first);
    for (file, parts) in [
        ("usr/share/perl5/PVE/Network/SDN/Zones/Plugin.pm", [vec![], vec!["the original"]]),
        ("usr/share/perl5/PVE/Network/Interfaces.pm", [vec!["the original"], vec![]]),
        ("usr/share/perl5/PVE/Tools.pm", [vec![], vec![]]),
        (&format!("{OWN}/PVE/Network/RS/Call.pm"), [vec!["the shim"], vec!["the shim"]]),
        (&format!("{OWN}/auto/PVE/Network/RS/RS.so"), [vec!["the library"], vec!["the library"]]),
    ] {
        let before = [installed.bound(parse()), installed.bound(zones)];
        install(&cluster, "pve1", file, "changed");
        installed.tend().unwrap();
        let changed = [
            before[0].changed(&installed.bound(parse())),
            before[1].changed(&installed.bound(zones)),
        ];
        assert_eq!(changed, parts, "{file}");
    }
}

fn with_page(cluster: &Cluster, node: &str, f: impl Fn(&Counters)) {
    f(&Pages::of(&cluster.root(node)).counters().unwrap().unwrap());
}

/// Counts calls of a function on a node, as its processes do.
fn count(cluster: &Cluster, node: &str, seam: &str, outcome: Outcome, calls: u32) {
    let number = SEAMS.iter().position(|one| one.name == seam).unwrap();
    let time = Some(Duration::from_micros(100));
    let call = Ended {
        engine: Engine::Shadow,
        outcome,
        reason: (outcome == Outcome::Perl).then_some(Reason::Panic),
        rust: time,
        original: time,
        detail: None,
    };
    with_page(cluster, node, |page| {
        (0..calls)
            .for_each(|_| page.rows[number].count(&call, control::seconds(), &Default::default()));
    });
}

const DEMANDING: &str =
    "phase = \"perl-only\"\n[evidence]\nrequired = true\nreads = 5\nwrites = 2\n";

/// The functions that Rust answers from a phase on, and that can be compared.
fn answered(phase: Phase) -> impl Iterator<Item = &'static str> {
    SEAMS.iter().filter(move |seam| seam.phase == phase).map(|seam| seam.name)
}

fn message(cluster: &Cluster, node: &str, args: &str) -> String {
    let output = cluster.run(node, args);
    assert_eq!(output.status.code(), Some(1), "{args}");
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn shown(cluster: &Cluster, node: &str, seam: &str) -> Value {
    let output = cluster.run(node, &format!("evidence show {seam} --format json"));
    serde_json::from_slice::<Value>(&output.stdout).unwrap()["functions"][seam].take()
}

#[test]
fn a_phase_needs_evidence() {
    let cluster = Cluster::new(&["pve1"]);
    install_all(&cluster, "pve1");
    cluster.configure(DEMANDING);
    let watch = cluster.watch("pve1");
    within(SOON, "a ledger", || {
        cluster.root("pve1").join("var/lib/pve-network-rs/evidence.json").exists()
    });
    let set = "phase set rust-read-only";
    let text = message(&cluster, "pve1", set);
    assert!(
        text.starts_with(
            "migration-ctl: rust-read-only needs evidence on node pve1: interfaces.parse (0 of 5 \
             calls were compared), pending.config (0 of 5 calls were compared), "
        ),
        "{text}"
    );
    assert!(text.ends_with("; --force sets it all the same, and is logged"), "{text}");
    assert_eq!(cluster.ok("pve1", "phase get"), "perl-only\n");
    assert!(cluster.ok("pve1", "evidence show").contains("evidence is required"));

    for seam in answered(Phase::RustReadOnly) {
        count(&cluster, "pve1", seam, Outcome::Same, 5);
    }
    count(&cluster, "pve1", "interfaces.parse", Outcome::Mismatch, 1);
    let text = message(&cluster, "pve1", set);
    assert!(text.contains("pve1: interfaces.parse (1 call differed in 7 days); see"), "{text}");
    let list = cluster.ok("pve1", "evidence show");
    assert!(list.contains("interfaces.parse  6/5"), "{list}");
    assert!(list.contains("interfaces.parse: 1 call differed in 7 days"), "{list}");

    let mut explain = cluster.command("pve1", "evidence explain interfaces.parse");
    let output = explain.arg("it was being edited").output().unwrap();
    assert_eq!(
        String::from_utf8(output.stdout).unwrap(),
        "interfaces.parse: 1 mismatches so far do not count any more\n"
    );
    let log = fs::read_to_string(cluster.root("pve1").join("var/log/pve-network/migration.log"));
    assert!(
        log.unwrap().contains("event=mismatches_explained seam=interfaces.parse detail=\"it was")
    );
    assert_eq!(shown(&cluster, "pve1", "interfaces.parse")["allowed"], true);

    // A service that is started again, and a reboot, lose nothing.
    within(SOON, "written", || {
        let ledger = fs::read(cluster.root("pve1").join("var/lib/pve-network-rs/evidence.json"));
        String::from_utf8(ledger.unwrap()).unwrap().contains("\"mismatched\":1")
    });
    drop(watch);
    fs::remove_dir_all(cluster.root("pve1").join("run/pve-network-rs")).unwrap();
    let _watch = cluster.watch("pve1");
    assert_eq!(shown(&cluster, "pve1", "interfaces.parse")["compared"], 6);
    cluster.ok("pve1", set);
    assert_eq!(cluster.ok("pve1", "phase get"), "rust-read-only\n");
    // Back, and within a phase, nothing is asked.
    cluster.ok("pve1", "phase set perl-only");

    count(&cluster, "pve1", "pending.changes", Outcome::Perl, 1);
    assert!(message(&cluster, "pve1", set).contains("pending.changes (1 call panicked)"));
    install(&cluster, "pve1", "usr/share/perl5/PVE/INotify.pm", "upgraded");
    assert!(
        message(&cluster, "pve1", set).contains("interfaces.parse (0 of 5 calls were compared)")
    );
    let list = cluster.ok("pve1", "evidence show").replace("\n  ", " ");
    assert!(list.contains("the original changed since 6 calls were compared"), "{list}");
    cluster.ok("pve1", "phase set rust-read-only --force");
    let log = fs::read_to_string(cluster.root("pve1").join("var/log/pve-network/migration.log"));
    assert!(log.unwrap().contains("event=phase_set phase=rust-read-only nodes=others forced=true"));
}

#[test]
fn other_nodes_tell_how_far_they_may_go() {
    let cluster = Cluster::new(&["pve1", "pve2"]);
    ["pve1", "pve2"].iter().for_each(|node| install_all(&cluster, node));
    cluster.configure(DEMANDING);
    let _first = cluster.watch("pve1");
    let set = "phase set rust-read-only";
    let text = message(&cluster, "pve1", &format!("{set} --node pve2"));
    assert!(text.contains("needs evidence on node pve2: it tells nothing"), "{text}");
    let second = cluster.watch("pve2");
    within(SOON, "told", || {
        cluster.state("pve2").is_some_and(|state| state["ready"] == "perl-only")
    });
    let text = message(&cluster, "pve1", &format!("{set} --node pve2"));
    assert!(text.contains("pve2: there it reaches to perl-only, see migration-ctl"), "{text}");

    for node in ["pve1", "pve2"] {
        for seam in answered(Phase::RustReadOnly) {
            count(&cluster, node, seam, Outcome::Same, 5);
        }
    }
    // The service tells at its start, and once a minute.
    drop(second);
    let _second = cluster.watch("pve2");
    within(SOON, "told", || {
        cluster.state("pve2").is_some_and(|state| state["ready"] == "rust-read-only")
    });
    let text = message(&cluster, "pve1", "phase set rust-basic-write");
    assert!(text.contains("node pve1: interfaces.render (0 of 2 calls were compared)"), "{text}");
    cluster.ok("pve1", set);
}

#[test]
fn reports_are_evidence() {
    let cluster = Cluster::new(&["pve1"]);
    install_all(&cluster, "pve1");
    cluster.configure(DEMANDING);
    let report = |node: &str, library: &str, outcomes: &[&str]| {
        let checks = outcomes.iter().map(|outcome| {
            let seams = ["interfaces.parse", "unknown"];
            json!({ "check": "x", "seams": seams, "outcome": outcome, "times": 3 })
        });
        json!({
            "format": 1,
            "run": { "node": node, "library": { "sha256": library }, "original": {} },
            "checks": checks.collect::<Vec<_>>(),
        })
    };
    let add = |report: &Value| {
        fs::write(cluster.root("pve1").join("report.json"), report.to_string()).unwrap();
        let path = cluster.root("pve1").join("report.json");
        let output = cluster.command("pve1", "evidence add").arg(path).output().unwrap();
        let text = [output.stdout, output.stderr].concat();
        String::from_utf8(text).unwrap().split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let library = sha256(b"6");
    let good = report("pve1", &library, &["equal", "equal", "different", "not_compared"]);
    assert_eq!(add(&good), "added for 1 functions: 6 comparisons were equal, 1 differed");
    assert_eq!(add(&good), "it was added before");
    let standing = shown(&cluster, "pve1", "interfaces.parse");
    assert_eq!((&standing["compared"], &standing["mismatches"]), (&json!(7), &json!(1)));
    for (report, expected) in [
        (report("pve2", &library, &[]), "it is of node pve2, this is pve1"),
        (report("pve1", &sha256(b"other"), &[]), "it was made with another library than is"),
        (json!({ "format": 2, "run": { "node": "pve1" }, "checks": [] }), "format 2, expected 1"),
        (json!([]), "not a report of contract-test"),
    ] {
        let text = add(&report);
        assert!(text.contains(expected), "{text}");
    }
}

#[test]
fn a_disk_that_is_full_or_a_file_that_is_none_stops_nothing() {
    let cluster = Cluster::new(&["pve1"]);
    let ledger = cluster.root("pve1").join("var/lib/pve-network-rs/evidence.json");
    fs::write(&ledger, "{ half").unwrap();
    cluster.configure("phase = \"rust-read-only\"\n");
    let watch = cluster.watch("pve1");
    let status = watch.status("evidence: ");
    assert!(status.starts_with("STATUS=phase rust-read-only; evidence: "), "{status}");
    assert!(message(&cluster, "pve1", "evidence show").contains("evidence.json: "));
    assert_eq!(fs::read_to_string(&ledger).unwrap(), "{ half", "it is left for people to look at");
    // What asks for no evidence needs none.
    cluster.ok("pve1", "phase set perl-only");
    fs::remove_file(&ledger).unwrap();
    while watch.status("phase perl-only") != "STATUS=phase perl-only" {}
}

#[test]
fn health_says_what_is_answered_without() {
    let cluster = Cluster::new(&["pve1"]);
    install_all(&cluster, "pve1");
    let check = || {
        let output = cluster.run("pve1", "health --format json");
        let health: Value = serde_json::from_slice(&output.stdout).unwrap();
        let checks = health["checks"].as_array().unwrap();
        let check = checks.iter().find(|check| check["name"] == "evidence").unwrap();
        [&check["verdict"], &check["found"]].map(|text| text.as_str().unwrap().to_owned())
    };
    cluster.configure("phase = \"rust-read-only\"\n");
    assert_eq!(check(), ["ok", "not required"]);
    cluster.configure(&DEMANDING.replace("perl-only", "rust-read-only"));
    let _watch = cluster.watch("pve1");
    within(SOON, "a ledger", || {
        cluster.root("pve1").join("var/lib/pve-network-rs/evidence.json").exists()
    });
    for seam in answered(Phase::RustReadOnly) {
        count(&cluster, "pve1", seam, Outcome::Same, 5);
    }
    assert_eq!(check(), ["ok", "there is some for every function that Rust answers"]);
    count(&cluster, "pve1", "status.zones", Outcome::Mismatch, 1);
    let [verdict, found] = check();
    assert_eq!(verdict, "degraded");
    assert_eq!(found, "Rust answers 1 without, as status.zones (1 call differed in 7 days)");
}
