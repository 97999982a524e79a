//! What the control page says: what `migration.toml` decides for this node, as words.

use super::layout::fingerprint;
use crate::migration::{
    Breaker, Config, Decision, Engine, Feature, Fidelity, Phase, SEAMS, Seam, decide,
};
use std::collections::BTreeSet;

/// Number of words.
pub(super) const WORDS: usize = SEAM_WORDS + SEAMS.len();

/// The first word of the seams, one word each.
const SEAM_WORDS: usize = 4;

/// Everything a process has to know to let the right engine answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// How far the node has moved.
    pub phase: Phase,
    /// Perl answers what Rust cannot.
    pub fallback_enabled: bool,
    /// A `die` of Rust counts only when the original dies with the same text.
    pub confirm_errors: bool,
    /// Every call is logged.
    pub log_decisions: bool,
    /// What is done about data that the original loses.
    pub fidelity: Fidelity,
    /// What is turned on.
    pub features: BTreeSet<Feature>,
    /// Share of the calls that Perl answers and Rust is compared on, 0 to 1.
    pub sample: f64,
    /// Where both are compared, a number is not the same as its text.
    pub strict_types: bool,
    /// When a seam is taken out of Rust's hands.
    pub breaker: Breaker,
    /// Who answers each seam, in the order of [`SEAMS`].
    pub seams: [Rule; SEAMS.len()],
}

/// Who answers a seam.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// The engine.
    pub engine: Engine,
    /// True if Perl answers an input that holds other kinds of interfaces than [`Seam::kinds`].
    pub is_limited: bool,
}

impl Rule {
    /// The kinds of interfaces that it is limited to; empty if it is not.
    pub fn kinds(self, seam: &Seam) -> &'static [&'static str] {
        if self.is_limited { seam.kinds } else { &[] }
    }
}

impl From<&Config> for Settings {
    fn from(config: &Config) -> Self {
        Settings {
            phase: config.phase,
            fallback_enabled: config.fallback_enabled,
            confirm_errors: config.confirms_errors(),
            log_decisions: config.log_migration_decisions,
            fidelity: config.fidelity,
            features: config.features.clone(),
            sample: config.sample,
            strict_types: config.strict_types,
            breaker: config.breaker.clone(),
            seams: std::array::from_fn(|n| {
                let Decision { engine, kinds, .. } = decide(config, &SEAMS[n]);
                Rule { engine, is_limited: !kinds.is_empty() }
            }),
        }
    }
}

impl Settings {
    /// The settings as words.
    pub fn encode(&self) -> [u64; WORDS] {
        let flags =
            [self.fallback_enabled, self.confirm_errors, self.log_decisions, self.strict_types];
        let features = Feature::ALL.map(|feature| self.features.contains(&feature));
        let mut words = [0; WORDS];
        words[0] = place(&Phase::ALL, &self.phase)
            | place(&Fidelity::ALL, &self.fidelity) << 8
            | bits(&flags) << 16
            | bits(&features) << 24;
        words[1] = self.sample.to_bits();
        words[2] = u64::from(self.breaker.errors) | u64::from(self.breaker.window_seconds) << 32;
        words[3] = self.breaker.cooldown_seconds.into();
        for (word, rule) in words[SEAM_WORDS..].iter_mut().zip(self.seams) {
            *word = place(&Engine::ALL, &rule.engine) | u64::from(rule.is_limited) << 8;
        }
        words
    }

    /// The settings that the words stand for; `None` if they stand for none.
    pub fn decode(words: &[u64; WORDS]) -> Option<Self> {
        let [fallback_enabled, confirm_errors, log_decisions, strict_types] =
            flags(byte(words[0], 2))?;
        let features: [bool; Feature::ALL.len()] = flags(byte(words[0], 3))?;
        let features = Feature::ALL.into_iter().zip(features).filter(|(_, is_on)| *is_on);
        let sample = f64::from_bits(words[1]);
        let mut seams = [Rule { engine: Engine::Perl, is_limited: false }; SEAMS.len()];
        for (rule, word) in seams.iter_mut().zip(&words[SEAM_WORDS..]) {
            let [is_limited] = flags(byte(*word, 1))?;
            *rule = Rule { engine: at(&Engine::ALL, byte(*word, 0))?, is_limited };
        }
        Some(Settings {
            phase: at(&Phase::ALL, byte(words[0], 0))?,
            fidelity: at(&Fidelity::ALL, byte(words[0], 1))?,
            fallback_enabled,
            confirm_errors,
            log_decisions,
            strict_types,
            features: features.map(|(feature, _)| feature).collect(),
            sample: (0.0..=1.0).contains(&sample).then_some(sample)?,
            breaker: Breaker {
                errors: words[2] as u32,
                window_seconds: (words[2] >> 32) as u32,
                cooldown_seconds: words[3] as u32,
            },
            seams,
        })
    }

    /// The check sum of the words.
    pub(super) fn checksum(words: &[u64; WORDS]) -> u64 {
        words.iter().fold(fingerprint(b""), |sum, word| {
            sum.rotate_left(5) ^ fingerprint(&word.to_le_bytes())
        })
    }
}

/// The place of one of the values that there are.
fn place<T: PartialEq>(all: &[T], one: &T) -> u64 {
    // Every value is in its own list.
    all.iter().position(|other| other == one).unwrap_or_default() as u64
}

fn at<T: Copy>(all: &[T], place: u8) -> Option<T> {
    all.get(usize::from(place)).copied()
}

fn byte(word: u64, number: usize) -> u8 {
    word.to_le_bytes()[number]
}

fn bits(flags: &[bool]) -> u64 {
    flags.iter().rev().fold(0, |bits, flag| bits << 1 | u64::from(*flag))
}

fn flags<const N: usize>(bits: u8) -> Option<[bool; N]> {
    (bits >> N == 0).then(|| std::array::from_fn(|n| bits >> n & 1 == 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::migration::Migration;

    fn settings(text: &str) -> Settings {
        (&Migration::parse("migration.toml", Some(text)).unwrap().everywhere).into()
    }

    #[test]
    fn words_hold_everything() {
        for text in [
            "phase = 'perl-only'",
            "phase = 'rust-basic-write'\nfallback_enabled = false\nfidelity = 'warn'",
            "phase = 'rust-sdn'\nlog_migration_decisions = true\nfeatures.rust_daemon = true",
            "phase = 'rust-full'\nfidelity = 'preserve'\nshadow.sample = 0.25",
            "phase = 'rust-full'\nfunctions = { 'interfaces.parse' = 'shadow' }",
            "phase = 'rust-full'\nbreaker.errors = 1000\nbreaker.window_seconds = 86400",
            "phase = 'rust-full'\nbreaker.cooldown_seconds = 3600\nshadow.sample = 1",
            "phase = 'rust-full'\nshadow.strict_types = true",
        ] {
            let settings = settings(text);
            assert_eq!(Settings::decode(&settings.encode()), Some(settings), "{text}");
        }
    }

    #[test]
    fn words_that_mean_nothing() {
        let words = settings("phase = 'rust-full'").encode();
        for (word, bad) in [
            (0, 6),                   // a phase
            (0, 3 << 8),              // a fidelity
            (0, 16 << 16),            // a flag
            (0, 4 << 24),             // a feature
            (1, f64::NAN.to_bits()),  // a share
            (1, (1.5_f64).to_bits()), // of a whole
            (SEAM_WORDS, 3),          // an engine
            (SEAM_WORDS, 2 << 8),     // a flag
        ] {
            let mut words = words;
            words[word] = bad;
            assert_eq!(Settings::decode(&words), None, "{word} {bad:x}");
        }
    }

    #[test]
    fn every_word_counts_in_the_check_sum() {
        let words = settings("phase = 'rust-full'").encode();
        for n in 0..WORDS {
            let mut other = words;
            other[n] ^= 1;
            assert_ne!(Settings::checksum(&words), Settings::checksum(&other), "{n}");
        }
    }
}
