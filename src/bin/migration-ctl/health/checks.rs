//! The table of checks: what each of them looks at, and what it makes of that.

use super::facts::{Facts, ORIGINAL};
use super::{Check, Finding, counted};
use crate::api::Answer;
use crate::cluster::Standing;
use crate::state;
use pve_network_rs::control::Settings;
use pve_network_rs::migration::{Config, Engine, Phase, SEAMS, decide};
use pve_network_rs::sys::{clock, process};
use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt;

/// Every check, in the order of the list.
pub(super) const CHECKS: &[Check] = &[
    Check { name: "service", look: service },
    Check { name: "daemons", look: daemons },
    Check { name: "settings", look: settings },
    Check { name: "library", look: library },
    Check { name: "original", look: original },
    Check { name: "Perl API", look: perl_api },
    Check { name: "quorum", look: quorum },
    Check { name: "nodes", look: nodes },
    Check { name: "phase", look: phase },
    Check { name: "clock", look: clock },
    Check { name: "kill switch", look: counted::kill_switch },
    Check { name: "breakers", look: counted::breakers },
    Check { name: "fallbacks", look: counted::fallbacks },
    Check { name: "mismatches", look: counted::mismatches },
    Check { name: "evidence", look: counted::evidence },
];

/// The daemons that answer for the network, and their PID files.
const DAEMONS: [(&str, &str); 3] = [
    ("pvedaemon", "run/pvedaemon.pid"),
    ("pveproxy", "run/pveproxy/pveproxy.pid"),
    ("pvestatd", "run/pvestatd.pid"),
];

/// So many seconds the start of a process may be off.
const ROUNDED: u64 = 2;

/// A state that is more than so many seconds ahead is by a clock that is wrong: ours or the other.
const SKEW: u64 = 30;

fn service(facts: &Facts) -> Finding {
    match &facts.settings {
        Ok(Some(_)) => Finding::ok("it keeps the settings of this node"),
        Ok(None) => Finding::degraded(
            "nobody keeps the settings: each process reads migration.toml itself, and nothing is \
             counted",
            "systemctl start pve-network-migration.service; if it does not stay: journalctl -u \
             pve-network-migration.service",
        ),
        Err(error) => Finding::degraded(
            format!("{}: {error}", facts.store.pages().folder().display()),
            "run this as root",
        ),
    }
}

fn daemons(facts: &Facts) -> Finding {
    // When it was put there: the time of its last change is that of its build.
    let library = facts.perl.library.as_ref().and_then(|path| std::fs::metadata(path).ok());
    let installed = library.and_then(|file| u64::try_from(file.ctime()).ok());
    let (mut ended, mut old) = (Vec::new(), Vec::new());
    for (name, file) in DAEMONS {
        match process::of_pid_file(&facts.store.root().join(file)).and_then(process::started) {
            None => ended.push(name),
            Some(started) => {
                let is_old = installed.is_some_and(|installed| started + ROUNDED < installed);
                old.extend(is_old.then_some(name));
            }
        }
    }
    match (&ended[..], &old[..]) {
        ([], []) => Finding::ok(format!("{} run", DAEMONS.map(|(name, _)| name).join(", "))),
        ([], old) => Finding::degraded(
            format!("{} run since before the library was installed", old.join(", ")),
            format!("systemctl reload-or-restart {}", old.join(" ")),
        ),
        (ended, _) => Finding::degraded(
            format!("not running: {}", ended.join(", ")),
            format!("systemctl status {}", ended.join(" ")),
        ),
    }
}

fn settings(facts: &Facts) -> Finding {
    let migration = match &facts.migration {
        Err(problem) => {
            return Finding::degraded(
                format!("{problem}; what was last good stays in force"),
                "correct the file; it is looked at once a second",
            );
        }
        Ok(migration) => migration,
    };
    let wanted = migration.of(&facts.node);
    match &facts.settings {
        Ok(Some(settings)) if *settings != Settings::from(wanted) => Finding::degraded(
            format!("{} is wanted, {} is in force", wanted.phase, settings.phase),
            "wait two seconds and look again; then: systemctl status pve-network-migration.service",
        ),
        _ => Finding::ok(format!("migration.toml is valid: {} on this node", wanted.phase)),
    }
}

/// True if Rust answers something on this node.
fn needs_rust(config: &Config) -> bool {
    SEAMS.iter().any(|seam| decide(config, seam).engine != Engine::Perl)
}

fn library(facts: &Facts) -> Finding {
    let perl = &facts.perl;
    let config = facts.migration.as_ref().ok().map(|migration| migration.of(&facts.node));
    if let Some(error) = &perl.error {
        let advice = "install pve-network-rs again, or: migration-ctl phase set perl-only";
        // Without a fall back there is nobody to answer.
        let is_alone = config.is_some_and(|config| needs_rust(config) && !config.fallback_enabled);
        return match is_alone {
            true => Finding::critical(format!("{error}; and fallback_enabled is false"), advice),
            false => Finding::degraded(format!("{error}; Perl answers everything"), advice),
        };
    }
    if let [file, ..] = &perl.uncovered[..] {
        return Finding::degraded(
            format!("{file} comes before our file of its name, so Perl answers"),
            "install pve-network-rs again, for the Perl of this system",
        );
    }
    let version = perl.version.as_deref().unwrap_or_default();
    match version == env!("CARGO_PKG_VERSION") {
        true => Finding::ok(format!("version {version}, Perl can call it")),
        false => Finding::degraded(
            format!("its version is {version}, that of this program {}", env!("CARGO_PKG_VERSION")),
            "install pve-network-rs again",
        ),
    }
}

fn original(facts: &Facts) -> Finding {
    let versions = match &facts.original {
        Err(error) => return Finding::degraded(error, "run this as root"),
        Ok(versions) => versions,
    };
    let (mut told, mut untested) = (Vec::new(), Vec::new());
    for ((name, tested), version) in ORIGINAL.iter().zip(versions) {
        match version {
            None => untested.push(format!("{name} is not installed")),
            Some(version) if tested.iter().any(|start| version.starts_with(start)) => {
                told.push(format!("{name} {version}"));
            }
            Some(version) => {
                untested.push(format!("{name} {version} (tested: {})", tested.join(", ")));
            }
        }
    }
    match &untested[..] {
        [] => Finding::ok(told.join(", ")),
        untested => Finding::degraded(
            untested.join(", "),
            "stay in perl-only until there is a pve-network-rs that was tested with it",
        ),
    }
}

fn perl_api(facts: &Facts) -> Finding {
    let wanted = facts.migration.as_ref().ok().map(|migration| migration.of(&facts.node));
    let Some(url) = wanted.and_then(|config| config.perl_api_base_url.as_ref()) else {
        return Finding::ok("migration.toml does not say where it is");
    };
    let state = facts.report.iter().flat_map(|report| &report.0);
    let own = state.filter(|entry| entry.node == facts.node).find_map(|node| node.state.as_ref());
    match own.and_then(|state| state.perl_api.as_ref()).filter(|answer| answer.url == *url) {
        None => Finding::degraded(
            format!("{url} was not asked yet"),
            "wait as long as perl_api_timeout says, and look again; see service",
        ),
        Some(Answer { problem: None, .. }) => Finding::ok(format!("{url} answers")),
        Some(Answer { problem: Some(problem), .. }) => Finding::degraded(
            format!("{url}: {problem}"),
            "systemctl status pveproxy; or correct perl_api_base_url in migration.toml",
        ),
    }
}

fn quorum(facts: &Facts) -> Finding {
    let pve = facts.store.pve();
    match &facts.members {
        None if !facts.store.nodes_folder().exists() => Finding::critical(
            format!("{}: the file system of the cluster is not there", pve.display()),
            "systemctl status pve-cluster; what was last good stays in force",
        ),
        None => Finding::degraded(
            format!("{}/.members does not tell", pve.display()),
            "systemctl status pve-cluster",
        ),
        Some(members) => match &members.cluster {
            None => Finding::ok("this node is in no cluster"),
            Some(cluster) if cluster.quorate == 0 => Finding::critical(
                "the cluster has no quorum, so no setting can be changed",
                "pvecm status; to go back to Perl on this node all the same: migration-ctl kill on",
            ),
            Some(_) => Finding::ok("the cluster has quorum"),
        },
    }
}

fn nodes(facts: &Facts) -> Finding {
    let Some(report) = &facts.report else {
        return Finding::degraded("migration.toml does not tell what is wanted", "see settings");
    };
    let mut notes = Vec::new();
    for entry in &report.0 {
        if entry.standing != Standing::Current {
            notes.push(format!("{} is {}", entry.node, entry.standing.name()));
        }
        // Of this node the other checks tell.
        let others = entry.state.iter().filter(|_| entry.node != facts.node);
        let others = others.flat_map(state::State::notes);
        notes.extend(others.map(|note| format!("{}: {note}", entry.node)));
    }
    match (&notes[..], report.0.len()) {
        ([], 0) => Finding::ok("there are no other nodes"),
        ([], 1) => Finding::ok("the one node is up to date"),
        ([], number) => Finding::ok(format!("all {number} nodes are up to date")),
        (notes, _) => Finding::degraded(
            notes.join("; "),
            "there: migration-ctl health; systemctl status pve-network-migration.service",
        ),
    }
}

fn phase(facts: &Facts) -> Finding {
    let entries = facts.report.iter().flat_map(|report| &report.0);
    let mut phases: BTreeMap<Phase, Vec<&str>> = BTreeMap::new();
    for (entry, state) in entries.filter_map(|entry| Some((entry, entry.state.as_ref()?))) {
        phases.entry(state.phase).or_default().push(&entry.node);
    }
    let told = phases.iter().map(|(phase, nodes)| format!("{phase} on {}", nodes.join(", ")));
    let told = told.collect::<Vec<_>>().join("; ");
    match phases.len() {
        0 => Finding::ok("no node tells its phase"),
        1 => Finding::ok(told),
        _ => Finding::degraded(
            told,
            "when the nodes that are ahead have done well: migration-ctl phase set PHASE \
             --all-nodes --wait",
        ),
    }
}

fn clock(facts: &Facts) -> Finding {
    let now = state::now();
    let states = facts.report.iter().flat_map(|report| &report.0);
    let states = states.filter_map(|entry| entry.state.as_ref());
    let ahead = states.filter(|state| state.time > now + SKEW);
    let ahead: Vec<_> = ahead.map(|state| state.node.as_str()).collect();
    if !ahead.is_empty() {
        return Finding::degraded(
            format!("it is behind that of {}", ahead.join(", ")),
            "chronyc tracking, here and there",
        );
    }
    if facts.is_this_machine() && !clock::is_synchronised() {
        return Finding::degraded("it is not synchronised", "chronyc tracking");
    }
    Finding::ok("no other one is known to be ahead")
}
