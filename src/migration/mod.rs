//! Who answers a call: phases, the table of seams, and what an administrator says in
//! `/etc/pve/network/migration.toml`.
//!
//! ```text
//! text -> config (keys, value) -> decide -> engine of every seam
//!           |
//!           +-> problem: line, column, key, what is expected
//! text -> edit -> text
//! ```

mod bundle;
pub mod compare;
mod config;
mod decide;
mod edit;
pub mod evidence;
mod keys;
mod phase;
mod problem;
mod seam;
mod value;

pub use bundle::{Bundle, Replay};
pub use config::{
    Breaker, Choice, Config, Demand, Feature, Fidelity, Migration, Origin, is_node_name,
};
pub use decide::{Decision, Engine, Why, decide};
pub use edit::{Edit, edit};
pub use phase::Phase;
pub use problem::{Place, Problem, Problems, choices};
pub use seam::{Effect, PROBES, SEAMS, Seam, find};
