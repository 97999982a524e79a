//! Names of addresses: zones of names and of reverse names, and the servers that have them.

pub mod powerdns;
pub mod reverse;
