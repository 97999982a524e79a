//! Software-defined networking: the running config, and what a node makes of it.

pub mod controller;
pub mod fabric;
mod local_ip;
mod model;
mod subnet;
pub mod zone;

pub use local_ip::{LocalIp, local_ip};
pub use model::{RunningConfig, Section, split_list};
pub use subnet::{Subnet, Subnets};
