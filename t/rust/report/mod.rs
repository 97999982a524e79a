//! Runs `contract-test` and finds a check in its report.

use serde_json::Value;
use std::process::{Command, Output};

/// What a run shows.
pub(crate) struct Run {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    /// As one line: where it is broken is not of interest.
    pub(crate) stderr: String,
}

impl Run {
    pub(crate) fn of(command: &mut Command) -> Self {
        let Output { status, stdout, stderr } = command.output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        let stderr = text(stderr).replace("\n    ", " ");
        Run { code: status.code(), stdout: text(stdout), stderr }
    }
}

pub(crate) fn contract_test() -> Command {
    Command::new(env!("CARGO_BIN_EXE_contract-test"))
}

/// The check of a path in a report.
pub(crate) fn check<'r>(report: &'r Value, path: &str) -> &'r Value {
    let checks = report["checks"].as_array().unwrap();
    checks.iter().find(|check| check["check"] == path).unwrap()
}
