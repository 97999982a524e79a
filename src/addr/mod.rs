//! Addresses, prefixes and netmasks; one topic a file.

mod cidr;
pub mod netip;
mod netmask;
mod span;
mod subnet;

pub use cidr::{Cidr, CidrError};
pub use netmask::{netmask_bits, split_prefix};
pub use span::Span;
pub use subnet::Matcher;
