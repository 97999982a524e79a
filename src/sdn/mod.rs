//! Software-defined networking: the running config, and what a node makes of it.

pub mod commit;
pub mod controller;
pub mod dhcp_range;
mod document;
pub mod fabric;
mod find;
pub mod hooks;
pub mod index;
mod local_ip;
mod model;
pub mod pending;
pub mod status;
mod subnet;
pub mod zone;

pub use find::find_subnet;
pub use local_ip::{LocalIp, local_ip};
pub use model::{RunningConfig, Section, split_list};
pub use subnet::{Subnet, Subnets};
