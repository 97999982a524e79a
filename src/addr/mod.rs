//! Addresses, prefixes and netmasks; one topic a file.

mod netmask;

pub use netmask::{netmask_bits, split_prefix};
