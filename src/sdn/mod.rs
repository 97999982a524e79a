//! Software-defined networking: the running config, and what a node makes of it.

pub mod fabric;
mod model;

pub use model::{RunningConfig, Section, split_list};
