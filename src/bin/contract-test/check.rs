//! One comparison: an endpoint asked of Perl, the same computed by Rust.

use crate::compare::{Difference, hide, sort};
use crate::endpoint::Endpoint;
use crate::node::{Gap, Node};
use crate::perl::{Answer, Api};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use std::time::{Duration, Instant};

/// How often both are asked, if they differ: the node may change between two looks.
const LOOKS: u64 = 2;

/// A comparison that was made, or not.
#[derive(Debug)]
pub(crate) struct Check {
    /// What was compared.
    pub(crate) name: String,
    /// The functions of the original whose answers are in it.
    pub(crate) seams: Vec<String>,
    /// What came of it.
    pub(crate) outcome: Outcome,
    /// How long Perl took, with the way to it and back.
    pub(crate) perl: Option<Duration>,
    /// How long Rust took.
    pub(crate) rust: Option<Duration>,
    /// How often both were asked.
    pub(crate) times: u64,
}

/// What came of a comparison.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// Both say the same.
    Equal,
    /// They do not: the first difference.
    Different(Box<Difference>),
    /// It is not known, and why.
    NotCompared(String),
    /// Rust was not asked; what Perl said.
    Recorded(Json),
}

/// The words of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Verdict {
    /// Both say the same.
    Equal,
    /// They do not.
    Different,
    /// It is not known.
    NotCompared,
    /// Only Perl was asked.
    Recorded,
}

impl Outcome {
    pub(crate) fn verdict(&self) -> Verdict {
        match self {
            Outcome::Equal => Verdict::Equal,
            Outcome::Different(_) => Verdict::Different,
            Outcome::NotCompared(_) => Verdict::NotCompared,
            Outcome::Recorded(_) => Verdict::Recorded,
        }
    }
}

/// Compares endpoints of one node.
pub(crate) struct Checker<'a> {
    /// Perl.
    pub(crate) api: &'a Api,
    /// Rust.
    pub(crate) node: &'a Node,
    /// A number is not its text.
    pub(crate) is_strict: bool,
    /// Rust is not asked.
    pub(crate) is_perl_only: bool,
    /// Why the server is not asked any more.
    pub(crate) unreachable: Option<String>,
}

impl Checker<'_> {
    /// Compares an endpoint.
    pub(crate) fn check(&mut self, endpoint: &Endpoint) -> Check {
        let mut check = Check {
            name: endpoint.path(&self.node.name),
            seams: endpoint.seams(),
            outcome: Outcome::Equal,
            perl: None,
            rust: None,
            times: 0,
        };
        while check.times < LOOKS {
            check.times += 1;
            check.outcome = self.look(endpoint, &mut check);
            if !matches!(check.outcome, Outcome::Different(_)) {
                break;
            }
        }
        check
    }

    fn look(&mut self, endpoint: &Endpoint, check: &mut Check) -> Outcome {
        if let Some(reason) = &self.unreachable {
            return Outcome::NotCompared(format!("not asked, as before: {reason}"));
        }
        let started = Instant::now();
        let perl = match self.api.get(&check.name) {
            Ok(answer) => answer,
            Err(error) => {
                let reason = error.to_string();
                self.unreachable = error.is_final().then(|| reason.clone());
                return Outcome::NotCompared(reason);
            }
        };
        check.perl = Some(started.elapsed());
        if self.is_perl_only {
            return recorded(perl);
        }
        if let Answer::Refused(reason) = perl {
            return Outcome::NotCompared(format!("Perl does not tell: {reason}"));
        }

        let started = Instant::now();
        let rust = match endpoint.answer(self.node) {
            Err(Gap::Unknown(reason)) => return Outcome::NotCompared(reason),
            Err(Gap::Dies(text)) => Err(text),
            Ok(answer) => Ok(answer),
        };
        check.rust = Some(started.elapsed());
        self.compare(endpoint, perl, rust)
    }

    fn compare(&self, endpoint: &Endpoint, perl: Answer, rust: Result<Json, String>) -> Outcome {
        let (mut perl, mut rust) = match (perl, rust) {
            // The API adds what is wrong with which parameter.
            (Answer::Died(perl), Err(rust)) if perl.starts_with(&rust) => return Outcome::Equal,
            (Answer::Data(perl), Ok(rust)) => (perl, rust),
            (perl, rust) => return Outcome::Different(Box::new(outcomes(perl, rust))),
        };
        endpoint.settle(&mut perl);
        let key = endpoint.key().unwrap_or_default();
        if endpoint.is_unordered() {
            sort(&mut perl, key);
            sort(&mut rust, key);
        }
        let Some(first) = Difference::first(&perl, &rust, self.is_strict) else {
            return Outcome::Equal;
        };
        match self.unseen(endpoint, key, &perl, &rust) {
            Some(reason) => Outcome::NotCompared(reason),
            None => Outcome::Different(Box::new(first)),
        }
    }

    /// Why Perl's list may lack an item that is there: the user may not see it.
    fn unseen(&self, endpoint: &Endpoint, key: &str, perl: &Json, rust: &Json) -> Option<String> {
        let (perl, rust) = (perl.as_array()?, rust.as_array()?);
        for item in rust {
            if perl.iter().any(|listed| listed[key] == item[key]) {
                continue;
            }
            let (path, privileges) = endpoint.access(item)?;
            let wanted = privileges.join(" or ");
            match self.api.may(&path, privileges) {
                Ok(true) => {}
                Ok(false) => {
                    return Some(format!(
                        "the user may not see {}: no {wanted} on {path}",
                        item[key]
                    ));
                }
                Err(reason) => return Some(format!("{} is not listed; {reason}", item[key])),
            }
        }
        None
    }
}

fn recorded(perl: Answer) -> Outcome {
    match perl {
        Answer::Data(mut data) => {
            hide("", &mut data);
            Outcome::Recorded(data)
        }
        Answer::Died(text) => Outcome::Recorded(serde_json::json!({ "error": text })),
        Answer::Refused(reason) => Outcome::NotCompared(format!("Perl does not tell: {reason}")),
    }
}

/// The difference between a value and an error, or two errors.
fn outcomes(perl: Answer, rust: Result<Json, String>) -> Difference {
    let error = |text: String| serde_json::json!({ "error": text });
    let perl = match perl {
        Answer::Data(_) => serde_json::json!("an answer"),
        Answer::Died(text) | Answer::Refused(text) => error(text),
    };
    let rust = rust.map_or_else(error, |_| serde_json::json!("an answer"));
    Difference { pointer: String::new(), line: None, perl: Some(perl), rust: Some(rust) }
}
