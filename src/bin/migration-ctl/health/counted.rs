//! The checks of what was counted on this node.

use super::facts::{self, Facts};
use super::{Finding, Verdict};
use crate::ledger::Known;
use crate::recent::Counts;
use pve_network_rs::control::{Reason, State};
use pve_network_rs::migration::{Engine, SEAMS, decide, evidence};

pub(super) fn kill_switch(facts: &Facts) -> Finding {
    match facts.is_killed {
        false => Finding::ok("off"),
        true => Finding::degraded(
            "on: Perl answers everything on this node",
            "when it is no longer needed: migration-ctl kill off",
        ),
    }
}

/// What a check says that needs the counters page.
fn not_counted() -> Finding {
    Finding::degraded("nothing is counted", "see service")
}

pub(super) fn breakers(facts: &Facts) -> Finding {
    let Some(page) = &facts.counters else {
        return not_counted();
    };
    let rows = SEAMS.iter().zip(&page.rows).map(|(seam, row)| (seam.name, row.state()));
    let open: Vec<_> = rows.filter(|(_, state)| *state != State::Closed).collect();
    if open.is_empty() {
        return Finding::ok("all are closed");
    }
    let told = open.iter().map(|(name, state)| format!("{name} is {}", state.name()));
    Finding::degraded(
        told.collect::<Vec<_>>().join(", "),
        "migration-ctl breaker list says why; Perl answers until it closes by itself",
    )
}

/// A length of time for people.
fn lately(seconds: u32) -> String {
    match seconds {
        0..120 => format!("in the last {seconds} s"),
        _ => format!("in the last {} minutes", seconds / 60),
    }
}

pub(super) fn fallbacks(facts: &Facts) -> Finding {
    let Some((seconds, functions)) = &facts.recent else {
        return not_counted();
    };
    let count = |counts: &Counts, reason: Reason| counts.fallbacks[reason as usize];
    let (mut told, mut panics) = (Vec::new(), 0);
    for (name, counts) in functions {
        panics += count(counts, Reason::Panic);
        let why = Reason::ALL.iter().filter(|reason| count(counts, **reason) > 0);
        let why: Vec<_> =
            why.map(|reason| format!("{} {}", reason.name(), count(counts, *reason))).collect();
        if !why.is_empty() {
            told.push(format!("{name} ({})", why.join(", ")));
        }
    }
    let when = lately(*seconds);
    if told.is_empty() {
        return Finding::ok(format!("none {when}"));
    }
    Finding {
        // What must not happen. Perl answered, but somebody has to know.
        verdict: if panics > 0 { Verdict::Critical } else { Verdict::Degraded },
        found: format!("{when}: {}", told.join(", ")),
        advice: "migration-ctl breaker list has the last errors, migration.log each of them; to \
                 let Perl have a function: migration-ctl function set NAME perl"
            .into(),
    }
}

pub(super) fn mismatches(facts: &Facts) -> Finding {
    let Some((seconds, functions)) = &facts.recent else {
        return not_counted();
    };
    let differing = functions.iter().filter(|(_, counts)| counts.mismatched > 0);
    let told: Vec<_> =
        differing.map(|(name, counts)| format!("{name} ({})", counts.mismatched)).collect();
    let (when, compared) =
        (lately(*seconds), functions.values().map(|counts| counts.compared).sum::<u64>());
    match &told[..] {
        [] => Finding::ok(format!("none of {compared} compared calls {when}")),
        told => Finding::degraded(
            format!("{when}: {}", told.join(", ")),
            "migration-ctl replay lists what was asked; do not go to another phase, and to let Perl \
             have a function: migration-ctl function set NAME perl",
        ),
    }
}

pub(super) fn evidence(facts: &Facts) -> Finding {
    let Some(config) = facts.migration.as_ref().ok().map(|all| all.of(&facts.node)) else {
        return Finding::ok("whether it is required, migration.toml does not tell");
    };
    let known = match Known::of(facts.store) {
        Ok(known) => known,
        Err(failure) => {
            return Finding::degraded(
                facts::plain(&failure),
                "take it away, then it is collected anew",
            );
        }
    };
    let answered = SEAMS.iter().filter(|seam| decide(config, seam).engine == Engine::Rust);
    let standings: Vec<_> =
        answered.map(|seam| (seam.name, known.standing(seam, config))).collect();
    let again = "contract-test --in-process --output FILE; migration-ctl evidence add FILE; or let \
                 calls be compared for a while: migration-ctl function set NAME shadow";

    // An upgrade of the original, for instance; whether it is required or not.
    let changed = |standing: &evidence::Standing| match &standing.lost {
        _ if !standing.changed.is_empty() && standing.compared > 0 => standing.changed.clone(),
        Some(lost) if standing.compared < lost.compared => lost.changed.clone(),
        _ => Vec::new(),
    };
    let void = standings.iter().map(|(name, standing)| (*name, changed(standing)));
    let void: Vec<_> = void.filter(|(_, changed)| !changed.is_empty()).collect();
    if let [(_, what), ..] = &void[..] {
        let (what, names) = (what.join(" and "), void.iter().map(|(name, _)| *name));
        let names = names.collect::<Vec<_>>().join(", ");
        return Finding::degraded(format!("{what} changed since it was compared: {names}"), again);
    }

    if !config.demand.required {
        return Finding::ok("not required");
    }
    let lacking = standings.iter().filter(|(_, standing)| !standing.refusals.is_empty());
    let lacking: Vec<_> = lacking.collect();
    match &lacking[..] {
        [] => Finding::ok("there is some for every function that Rust answers"),
        [(name, standing), ..] => Finding::degraded(
            format!(
                "Rust answers {} without, as {name} ({})",
                lacking.len(),
                standing.refusals.join("; ")
            ),
            format!("migration-ctl evidence show; {again}"),
        ),
    }
}
