//! The phases of a migration, in order.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// How far a node has moved to Rust; each phase includes the ones before it.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// Perl answers everything.
    #[default]
    PerlOnly,
    /// Rust reads: interfaces, pending changes, status.
    RustReadOnly,
    /// Rust writes plain interfaces files.
    RustBasicWrite,
    /// Rust writes interfaces files with bridges, bonds, VLANs, VXLANs and OVS.
    RustAdvanced,
    /// Rust generates SDN, FRR, DHCP, IPAM and DNS.
    RustSdn,
    /// Rust answers everything it implements; its errors are no longer confirmed by Perl.
    RustFull,
}

impl Phase {
    /// Every phase, in order.
    pub const ALL: [Phase; 6] = [
        Phase::PerlOnly,
        Phase::RustReadOnly,
        Phase::RustBasicWrite,
        Phase::RustAdvanced,
        Phase::RustSdn,
        Phase::RustFull,
    ];

    /// The name that `migration.toml` uses.
    pub fn name(self) -> &'static str {
        match self {
            Phase::PerlOnly => "perl-only",
            Phase::RustReadOnly => "rust-read-only",
            Phase::RustBasicWrite => "rust-basic-write",
            Phase::RustAdvanced => "rust-advanced",
            Phase::RustSdn => "rust-sdn",
            Phase::RustFull => "rust-full",
        }
    }

    /// Every name, for messages: `perl-only, rust-read-only, …`.
    pub fn names() -> String {
        Phase::ALL.map(Phase::name).join(", ")
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Phase {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Phase::ALL
            .into_iter()
            .find(|phase| phase.name() == name)
            .ok_or_else(|| format!("unknown phase '{name}', expected one of {}", Phase::names()))
    }
}
