//! What `migration.toml` says, as types.
//!
//! ```toml
//! phase = "rust-read-only"
//! [functions]
//! "interfaces.render" = "shadow"
//! [nodes.pve2]
//! phase = "rust-sdn"
//! ```

use super::decide::Engine;
use super::{Phase, Problems, keys};
pub use crate::interfaces::Fidelity;
use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::PathBuf;

/// Something that is off until it is turned on in `[features]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Feature {
    /// The program `pvenet`.
    RustCli,
    /// The program `pve-network-rs-daemon`.
    RustDaemon,
}

impl Feature {
    /// Every feature.
    pub const ALL: [Feature; 2] = [Feature::RustCli, Feature::RustDaemon];

    /// The name that `migration.toml` uses.
    pub fn name(self) -> &'static str {
        match self {
            Feature::RustCli => "rust_cli",
            Feature::RustDaemon => "rust_daemon",
        }
    }

    /// What it turns on, in a few words.
    pub fn about(self) -> &'static str {
        match self {
            Feature::RustCli => "nothing in this version; kept for pvenet",
            Feature::RustDaemon => "nothing in this version; kept for a daemon",
        }
    }
}

/// Which part of the file an entry is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The part for all nodes.
    Everywhere,
    /// `[nodes.NAME]`.
    Node,
}

/// The engine that `[functions]` sets for a seam.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Choice {
    /// The engine.
    pub engine: Engine,
    /// Where it is set.
    pub origin: Origin,
}

/// When a seam that fails is taken out of Rust's hands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Breaker {
    /// So many failures within the window open it.
    pub errors: u32,
    /// Length of the window, in seconds.
    pub window_seconds: u32,
    /// How long it stays open at first, in seconds.
    pub cooldown_seconds: u32,
}

impl Default for Breaker {
    fn default() -> Self {
        Breaker { errors: 3, window_seconds: 60, cooldown_seconds: 60 }
    }
}

/// What has to be known before Rust answers what Perl answered.
#[derive(Debug, Clone, PartialEq)]
pub struct Demand {
    /// Without it, the phase is not set.
    pub required: bool,
    /// So many calls were compared of a function that only reads.
    pub reads: u32,
    /// The same of any other function.
    pub writes: u32,
    /// For so many days, none of them differed.
    pub window_days: u32,
    /// The slowest hundredth of the calls may take so many times as long as with Perl.
    pub p99_ratio: f64,
}

impl Default for Demand {
    fn default() -> Self {
        Demand { required: false, reads: 10_000, writes: 100, window_days: 7, p99_ratio: 1.1 }
    }
}

/// The settings of one node.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// How far the node has moved.
    pub phase: Phase,
    /// Perl answers what Rust cannot.
    pub fallback_enabled: bool,
    /// Where the Perl API answers, `https://HOST[:PORT]`.
    pub perl_api_base_url: Option<String>,
    /// How long an answer of the Perl API may take, in seconds.
    pub perl_api_timeout: u32,
    /// The file with the token for the Perl API.
    pub perl_api_token_file: Option<PathBuf>,
    /// Every call is logged, not only fallbacks and mismatches.
    pub log_migration_decisions: bool,
    /// What is done about data that the original loses.
    pub fidelity: Fidelity,
    /// The features that are on.
    pub features: BTreeSet<Feature>,
    /// The engines set by hand, by the name of the seam.
    pub functions: BTreeMap<&'static str, Choice>,
    /// Share of the calls that are compared where Perl answers, 0 to 1.
    pub sample: f64,
    /// Where both are compared, a number is not the same as its text.
    pub strict_types: bool,
    /// When a failing seam goes back to Perl.
    pub breaker: Breaker,
    /// What has to be known before Rust answers more.
    pub demand: Demand,
    /// Where metrics are served; nowhere if unset.
    pub listen: Option<SocketAddr>,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            phase: Phase::PerlOnly,
            fallback_enabled: true,
            perl_api_base_url: None,
            perl_api_timeout: 60,
            perl_api_token_file: None,
            log_migration_decisions: false,
            fidelity: Fidelity::Exact,
            features: BTreeSet::new(),
            functions: BTreeMap::new(),
            sample: 0.01,
            strict_types: false,
            breaker: Breaker::default(),
            demand: Demand::default(),
            listen: None,
        }
    }
}

/// A whole `migration.toml`.
#[derive(Debug, Clone, PartialEq)]
pub struct Migration {
    /// The settings of every node that has none of its own.
    pub everywhere: Config,
    /// The settings of the nodes that have some of their own.
    pub nodes: BTreeMap<String, Config>,
}

impl Migration {
    /// What it is when there is no file: Perl alone, and Rust is not even asked to compare.
    pub fn absent() -> Self {
        let everywhere = Config { sample: 0.0, ..Config::default() };
        Migration { everywhere, nodes: BTreeMap::new() }
    }

    /// Reads the text of the file; `None` if there is none. `file` is its name in messages.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it.
    pub fn parse(file: &str, text: Option<&str>) -> Result<Self, Problems> {
        text.map_or_else(|| Ok(Migration::absent()), |text| keys::read(file, text))
    }

    /// As [`Migration::parse`], but takes a file whose one fault is that it has no phase: to set one
    /// mends it.
    ///
    /// # Errors
    ///
    /// As [`Migration::parse`].
    pub fn parse_to_edit(file: &str, text: Option<&str>) -> Result<Self, Problems> {
        Self::parse(file, text).or_else(|problems| {
            let mended = format!("phase = \"{}\"\n{}", Phase::PerlOnly, text.unwrap_or_default());
            Self::parse(file, Some(&mended)).map_err(|_| problems)
        })
    }

    /// The settings of a node.
    pub fn of(&self, node: &str) -> &Config {
        self.nodes.get(node).unwrap_or(&self.everywhere)
    }
}

/// True for what can be the name of a node: a host name without a domain.
pub fn is_node_name(name: &str) -> bool {
    let is_inner = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
    (1..=63).contains(&name.len())
        && name.bytes().all(is_inner)
        && !name.starts_with('-')
        && !name.ends_with('-')
}
