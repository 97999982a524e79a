//! The network stack of Proxmox VE: a pure core behind a C ABI, called by thin Perl shims.
//!
//! Through the ABI the library is a function of its arguments: texts, documents and facts of the
//! host in, documents and texts out. It reads no file, runs no command and starts no thread; what it
//! shares with the other processes of the node are the two pages of [`control`]. What touches the
//! node is in [`sys`], which only the programs use.

pub mod addr;
pub mod apply;
pub mod control;
pub mod dns;
pub mod dnsmasq;
pub mod error;
pub mod exchange;
pub mod ffi;
pub mod frr;
pub mod host;
pub mod interfaces;
pub mod ipam;
pub mod migration;
pub mod notes;
pub mod perl;
pub mod sdn;
pub mod section_config;
pub mod sys;
