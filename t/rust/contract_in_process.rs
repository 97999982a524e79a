//! `contract-test --in-process`: both engines in one Perl, of which a program stands in here.

#![allow(clippy::unwrap_used)] // a test that cannot go on fails

mod report;

use report::{Run, check, contract_test};
use serde_json::{Value, json};
use std::fs;

/// Runs `--in-process` with a program of this text in the place of Perl.
fn in_process(script: &str, more: &[&str]) -> Run {
    let folder = tempfile::tempdir().unwrap();
    let perl = folder.path().join("perl");
    fs::write(&perl, format!("#!/bin/sh\n{script}\n")).unwrap();
    let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    fs::set_permissions(&perl, executable).unwrap();
    let mut command = contract_test();
    command.arg("--in-process").args(more).env("PATH", format!("{}:/bin", folder.path().display()));
    Run::of(&mut command)
}

#[test]
fn both_engines_in_one_process() {
    let printed = |results: &Value| {
        let report = json!({"library": {"version": "0.1.0", "sha256": "00"},
            "original": {"version": "9.1.4", "modules": {}}, "results": results});
        format!("cat <<'END'\n{report}\nEND")
    };
    let equal = json!({"seam": "interfaces.parse", "outcome": "equal", "times": 2,
        "perl_us": 700, "rust_us": 90});
    let different = json!({"seam": "frr.to_string", "outcome": "different", "times": 1,
        "difference": {"pointer": "/value", "line": 3, "perl": "a", "rust": null},
        "perl_us": 1, "rust_us": 2});
    let missing = json!({"seam": "pending.config", "outcome": "not_compared", "times": 0,
        "reason": "PVE::Network::SDN is not installed"});
    for (results, code, text) in [
        (json!([equal]), 0, "equal         interfaces.parse\n\n1 check: 1 equal\n"),
        (
            json!([equal, different]),
            1,
            "different     frr.to_string\n              /value, line 3: Perl \"a\", Rust null\n",
        ),
        (
            json!([equal, missing]),
            2,
            "not compared  pending.config\n              PVE::Network::SDN is not installed\n",
        ),
    ] {
        let run = in_process(&printed(&results), &[]);
        assert_eq!((run.code, run.stderr.as_str()), (Some(code), ""), "{results}");
        assert!(run.stdout.contains(text), "{}", run.stdout);
    }
    let run = in_process(&printed(&json!([equal, different])), &["--format", "json"]);
    let report: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(report["run"]["kind"], "in-process");
    assert_eq!(report["run"]["library"]["sha256"], "00");
    assert_eq!(check(&report, "interfaces.parse")["perl_us"], 700);
    let difference = json!({"pointer": "/value", "line": 3, "perl": "a", "rust": null});
    assert_eq!(check(&report, "frr.to_string")["difference"], difference);
}

#[test]
fn perl_that_fails() {
    for (script, message) in [
        (
            "echo \"Can't locate PVE/Network/RS/Contract.pm in @INC\" >&2; exit 2",
            "PVE::Network::RS::Contract is not there: is pve-network-rs installed?",
        ),
        ("echo \"Can't locate PVE/X.pm in @INC\" >&2; exit 2", "Perl fails: Can't locate PVE/X.pm"),
        ("exit 1", "Perl fails: it does not say why"),
        ("echo noise", "Perl did not print a report: expected ident"),
    ] {
        let run = in_process(script, &[]);
        assert_eq!((run.code, run.stdout.as_str()), (Some(2), ""), "{script}");
        assert!(run.stderr.contains(message), "{script}: {}", run.stderr);
    }
    // The settings of this machine have no say in it.
    let run = in_process("echo $PVE_NETWORK_RS_CONFIG >&2; echo; exit 9", &[]);
    assert!(run.stderr.contains("/dev/null/"), "{}", run.stderr);
    let run = in_process("exit 0", &["--sdn"]);
    assert_eq!(run.code, Some(2), "{}", run.stderr);
}
