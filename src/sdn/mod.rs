//! Software-defined networking: the running config, and what a node makes of it.

pub mod dhcp_range;
mod model;

pub use model::{RunningConfig, Section, split_list};
