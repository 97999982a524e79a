//! Which engine answers a seam.

use super::{Choice, Config, Effect, Origin, Phase, Seam};
use serde::Serialize;

/// Who answers a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Engine {
    /// The original alone.
    Perl,
    /// Both; the original's answer is returned, a difference is recorded.
    Shadow,
    /// Rust; the original steps in where Rust cannot answer.
    Rust,
}

impl Engine {
    /// Every engine.
    pub const ALL: [Engine; 3] = [Engine::Perl, Engine::Shadow, Engine::Rust];

    /// The engines a seam can have: what writes is not done twice for a comparison.
    pub fn all_for(seam: &Seam) -> &'static [Engine] {
        match seam.effect {
            Effect::Pure => &Engine::ALL,
            Effect::Writes => &[Engine::Perl, Engine::Rust],
        }
    }

    /// The name that `migration.toml` uses.
    pub fn name(self) -> &'static str {
        match self {
            Engine::Perl => "perl",
            Engine::Shadow => "shadow",
            Engine::Rust => "rust",
        }
    }
}

/// What made the decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Why {
    /// The phase.
    Phase,
    /// `[functions]`.
    Functions,
    /// `[nodes.NAME.functions]`.
    Node,
}

impl Why {
    /// Its name in lists.
    pub fn name(self) -> &'static str {
        match self {
            Why::Phase => "phase",
            Why::Functions => "functions",
            Why::Node => "node",
        }
    }
}

/// How a seam is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decision {
    /// By whom.
    pub engine: Engine,
    /// If not empty, Perl answers an input that holds interfaces of other kinds.
    pub kinds: &'static [&'static str],
    /// What made it so.
    pub why: Why,
}

/// Decides who answers a seam: its entry in `[functions]`, else the phase.
///
/// An engine set by hand has no limit to certain kinds of interfaces.
pub fn decide(config: &Config, seam: &Seam) -> Decision {
    if let Some(&Choice { engine, origin }) = config.functions.get(seam.name) {
        let why = match origin {
            Origin::Everywhere => Why::Functions,
            Origin::Node => Why::Node,
        };
        return Decision { engine, kinds: &[], why };
    }
    let is_rust = config.phase >= seam.phase;
    let is_limited = is_rust && seam.limited_until.is_some_and(|until| config.phase < until);
    Decision {
        engine: if is_rust { Engine::Rust } else { Engine::Perl },
        kinds: if is_limited { seam.kinds } else { &[] },
        why: Why::Phase,
    }
}

impl Config {
    /// True if a `die` of Rust counts only when the original dies with the same text.
    pub fn confirms_errors(&self) -> bool {
        self.fallback_enabled && self.phase < Phase::RustFull
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEAM: Seam = Seam {
        name: "example.render",
        symbol: "pve_network_example_render",
        phase: Phase::RustBasicWrite,
        limited_until: Some(Phase::RustSdn),
        kinds: &["eth"],
        effect: Effect::Pure,
        about: "an example",
    };

    #[test]
    fn by_phase() {
        use Engine::{Perl, Rust};
        for (phase, engine, kinds) in [
            (Phase::PerlOnly, Perl, 0),
            (Phase::RustReadOnly, Perl, 0),
            (Phase::RustBasicWrite, Rust, 1),
            (Phase::RustAdvanced, Rust, 1),
            (Phase::RustSdn, Rust, 0),
            (Phase::RustFull, Rust, 0),
        ] {
            let config = Config { phase, ..Config::default() };
            let decision = decide(&config, &SEAM);
            assert_eq!((decision.engine, decision.kinds.len()), (engine, kinds), "{phase}");
            assert_eq!(decision.why, Why::Phase, "{phase}");
        }
    }

    #[test]
    fn by_hand() {
        for phase in Phase::ALL {
            for engine in Engine::ALL {
                for (origin, why) in
                    [(Origin::Everywhere, Why::Functions), (Origin::Node, Why::Node)]
                {
                    let functions = [(SEAM.name, Choice { engine, origin })].into();
                    let config = Config { phase, functions, ..Config::default() };
                    assert_eq!(decide(&config, &SEAM), Decision { engine, kinds: &[], why });
                }
            }
        }
    }

    #[test]
    fn errors_are_confirmed_until_the_last_phase() {
        for phase in Phase::ALL {
            for fallback_enabled in [false, true] {
                let config = Config { phase, fallback_enabled, ..Config::default() };
                let expected = fallback_enabled && phase != Phase::RustFull;
                assert_eq!(config.confirms_errors(), expected, "{phase} {fallback_enabled}");
            }
        }
    }

    #[test]
    fn what_writes_has_no_shadow() {
        assert_eq!(Engine::all_for(&SEAM), Engine::ALL);
        let writes = Seam { effect: Effect::Writes, ..SEAM };
        assert_eq!(Engine::all_for(&writes), [Engine::Perl, Engine::Rust]);
    }
}
