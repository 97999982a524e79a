//! Software-defined networking: the running config, and what a node makes of it.

pub mod dhcp_range;
mod document;
mod find;
pub mod hooks;
mod model;
pub mod pending;
pub mod status;

pub use find::find_subnet;
pub use model::{RunningConfig, Section, split_list};
