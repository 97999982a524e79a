//! Addresses, prefixes and netmasks; one topic a file.

mod cidr;
mod net;
pub mod netip;
mod netmask;
mod short;
mod span;
mod subnet;

pub use cidr::{Cidr, CidrError};
pub use net::{Net, NetText};
pub use netmask::{netmask_bits, split_prefix};
pub use short::short;
pub use span::{Span, expanded};
pub use subnet::Matcher;
