//! IP address management: who has which address of a subnet.
//!
//! `pve` keeps its own database, a JSON document that comes in and goes out. `netbox` and `phpipam`
//! ask a server; the library says what to ask and reads the answer, see [`crate::exchange`].

mod alloc;
pub mod audit;
pub mod check;
pub mod database;
mod document;
pub mod macs;
pub mod netbox;
pub mod phpipam;
pub mod plan;
pub mod pve;

pub use document::Splice;
