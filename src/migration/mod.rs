//! Who answers a call: phases, the table of seams, and what an administrator says in
//! `/etc/pve/network/migration.toml`.

mod phase;
mod seam;

pub use phase::Phase;
pub use seam::{Effect, SEAMS, Seam, find};
