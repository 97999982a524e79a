//! Addresses, prefixes and netmasks; one topic a file.

pub mod netip;
mod netmask;
mod span;
mod subnet;

pub use netmask::{netmask_bits, split_prefix};
pub use span::Span;
pub use subnet::Matcher;
