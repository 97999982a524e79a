//! `--in-process`: a Perl process runs what the node reads through both engines.
//!
//! What is called there, and compared, is in the Perl module `PVE::Network::RS::Contract`.

use crate::check::{Check, Outcome, Verdict};
use crate::compare::Difference;
use crate::node::Node;
use crate::report::{Report, Run};
use crate::{Cli, command, hashes, now, settings};
use serde::Deserialize;
use serde_json::Value as Json;
use std::path::Path;
use std::time::{Duration, Instant};

/// How long Perl may take: it runs ifquery, too.
const PATIENCE: Duration = Duration::from_secs(300);

const MODULE: &str = "PVE::Network::RS::Contract";

/// Settings and pages that are nowhere: what is compared is the original alone with Rust alone, and
/// nothing of it is counted or logged.
const VARIABLES: [(&str, &str); 2] =
    [("PVE_NETWORK_RS_CONFIG", "/dev/null/migration.toml"), ("PVE_NETWORK_RS_RUN", "/dev/null")];

/// What Perl prints.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Printed {
    library: Json,
    original: Json,
    results: Vec<Compared>,
}

/// What the calls of one seam came to.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Compared {
    seam: String,
    outcome: Verdict,
    times: u64,
    difference: Option<Difference>,
    reason: Option<String>,
    perl_us: Option<u64>,
    rust_us: Option<u64>,
}

/// Compares both engines in a Perl process.
pub(crate) fn compare(cli: &Cli) -> Result<Report, String> {
    let node = Node::new(settings::node(cli.node.as_deref())?, Path::new("/"));
    let (time, started) = (now(), Instant::now());
    let strict = u8::from(cli.strict_types);
    let script = format!("require {MODULE}; {MODULE}::main(strict => {strict});");
    let output = command::output(&["perl", "-e", &script], &[], &VARIABLES, PATIENCE)?;
    if !output.status.success() {
        return Err(why(&String::from_utf8_lossy(&output.stderr)));
    }
    let printed: Printed = serde_json::from_slice(&output.stdout)
        .map_err(|error| format!("Perl did not print a report: {error}"))?;
    let run = Run {
        kind: "in-process",
        time,
        duration_ms: started.elapsed().as_millis().try_into().unwrap_or(u64::MAX),
        strict_types: strict,
        library: printed.library,
        original: printed.original,
        files: hashes(&node),
        node: node.name,
    };
    Ok(Report { run, checks: printed.results.into_iter().map(check).collect() })
}

/// Why Perl failed, by what it complained of.
fn why(complaint: &str) -> String {
    let file = MODULE.replace("::", "/");
    if complaint.starts_with(&format!("Can't locate {file}.pm")) {
        return format!("{MODULE} is not there: is pve-network-rs installed?");
    }
    format!("Perl fails: {}", complaint.lines().next().unwrap_or("it does not say why"))
}

fn check(result: Compared) -> Check {
    let outcome = match (result.outcome, result.difference) {
        (Verdict::Equal, _) => Outcome::Equal,
        (Verdict::Different, Some(difference)) => Outcome::Different(Box::new(difference)),
        _ => Outcome::NotCompared(result.reason.unwrap_or_else(|| "it is not known why".into())),
    };
    Check {
        name: result.seam.clone(),
        seams: vec![result.seam],
        outcome,
        perl: result.perl_us.map(Duration::from_micros),
        rust: result.rust_us.map(Duration::from_micros),
        times: result.times,
    }
}
