//! The two pages that all processes of a node share, in `/run/pve-network-rs`.
//!
//! ```text
//!  migration-ctl watch ──settings──► control page ──read only──► every process: who answers?
//!  migration-ctl kill  ──switch────►
//!                                    counters page ◄─atomics───  every process: what happened?
//!  migration-ctl stats, breaker ◄──►  breakers, counts, latency, last errors, last calls
//! ```
//!
//! There is no lock anywhere: a process may be killed between any two instructions, and the others
//! go on. What cannot be one atomic word is written so that a reader can tell that it is not whole:
//! the settings have a number that is odd while they change, and a check sum.
//!
//! A process that finds no control page, or one that nobody keeps up to date, is told nothing, and
//! reads `migration.toml` itself. The kill switch holds even then, and in every version.

pub mod breaker;
mod clock;
mod count;
pub mod latency;
pub mod layout;
mod page;
mod publish;
mod settings;
mod slot;
mod view;

pub use breaker::State;
pub use clock::seconds;
pub use count::{Answer, Ended, Outcome, Reason};
pub use layout::{Counters, Row, fingerprint};
pub use page::GROUP;
pub use publish::{Pages, Publisher};
pub use settings::{Rule, Settings};
pub use view::{Verdict, begin, end, enter, inside, open, settings};

/// Where the pages are, below the root of the node.
pub const FOLDER: &str = "run/pve-network-rs";
