//! IPv4 netmasks and prefixes.

use crate::perl::split_number;
use std::net::Ipv4Addr;

/// The length of the prefix that a dotted IPv4 netmask stands for.
///
/// Only the canonical spelling is one: `255.255.255.0`, not `255.255.255.000`.
///
/// Source: `PVE::JSONSchema::get_netmask_bits`.
pub fn netmask_bits(mask: &str) -> Option<u32> {
    let bits = u32::from(mask.parse::<Ipv4Addr>().ok()?);
    (bits.leading_ones() + bits.trailing_zeros() >= 32).then_some(bits.leading_ones())
}

/// Splits `HOST/PREFIX`, where the prefix is all digits; the host may be anything.
///
/// Source: `PVE::Network::Interfaces::_address_is_cidr`, `_cidr_split`.
pub fn split_prefix(address: &str) -> Option<(&str, &str)> {
    split_number(address, '/')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_of_netmasks() {
        for (mask, expected) in [
            ("255.255.255.0", Some(24)),
            ("255.255.255.255", Some(32)),
            ("0.0.0.0", Some(0)),
            ("128.0.0.0", Some(1)),
            ("255.0.255.0", None), // a hole
            ("255.255.255.000", None),
            ("24", None),
            ("", None),
        ] {
            assert_eq!(netmask_bits(mask), expected, "{mask}");
        }
    }
}
