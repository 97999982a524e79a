//! Which addresses are in a subnet, as Perl's `Net::Subnet` sees it.

use crate::error::{Error, Result};
use crate::perl::is_digits;
use std::net::Ipv6Addr;

/// A subnet that addresses are matched against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Matcher {
    /// Network and mask.
    V4(u32, u32),
    /// Network and mask.
    V6(u128, u128),
}

impl Matcher {
    /// The matcher of a network `ADDRESS/LENGTH`, which may have host bits.
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`] for anything else: the original matches by what its operators make
    /// of it.
    ///
    /// Source: `Net::Subnet::subnet_matcher`.
    pub fn new(cidr: &str) -> Result<Self> {
        let unsupported = || Error::Unsupported(format!("'{cidr}' is not a network"));
        let mut fields = cidr.split('/');
        let (Some(network), Some(length)) = (fields.next(), fields.next()) else {
            return Err(unsupported());
        };
        let width = if network.contains(':') { 128 } else { 32 };
        let length: u32 = Some(length)
            .filter(|length| is_digits(length))
            .and_then(|length| length.parse().ok())
            .filter(|&length| length <= width)
            .ok_or_else(unsupported)?;
        if width == 128 {
            let network: Ipv6Addr = network.parse().map_err(|_| unsupported())?;
            let mask = u128::MAX.checked_shl(128 - length).unwrap_or(0);
            return Ok(Matcher::V6(u128::from(network) & mask, mask));
        }
        let network = inet_aton(network).ok_or_else(unsupported)?;
        let mask = u32::MAX.checked_shl(32 - length).unwrap_or(0);
        Ok(Matcher::V4(network & mask, mask))
    }

    /// True if `address` is in the subnet.
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`] for a host name in an IPv4 subnet, which the original resolves.
    pub fn contains(self, address: &str) -> Result<bool> {
        match self {
            Matcher::V4(network, mask) => match inet_aton(address) {
                Some(address) => Ok(address & mask == network),
                None if is_host_name(address) => {
                    Err(Error::Unsupported(format!("'{address}' is a name, not an address")))
                }
                None => Ok(false),
            },
            Matcher::V6(network, mask) => Ok(address
                .parse::<Ipv6Addr>()
                .is_ok_and(|address| u128::from(address) & mask == network)),
        }
    }
}

/// True for what the resolver makes an IPv4 address of: names, and addresses mapped into IPv6.
fn is_host_name(text: &str) -> bool {
    if let Ok(address) = text.parse::<Ipv6Addr>() {
        return address.to_ipv4_mapped().is_some();
    }
    let is_name = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
    text.bytes().all(is_name) && text.bytes().any(|b| b.is_ascii_alphabetic())
}

/// The C library's `inet_aton`: one to four numbers, also octal and hexadecimal ones, of which the
/// last fills the rest.
fn inet_aton(text: &str) -> Option<u32> {
    let parts: Vec<&str> = text.split('.').collect();
    let (last, heads) = parts.split_last()?;
    if heads.len() > 3 {
        return None;
    }
    let mut address = 0;
    for (head, shift) in heads.iter().zip([24, 16, 8]) {
        address |= c_number(head).filter(|&n| n <= 0xff)? << shift;
    }
    let room = u32::MAX.checked_shr(8 * u32::try_from(heads.len()).ok()?)?;
    Some(address | c_number(last).filter(|&n| n <= room)?)
}

fn c_number(text: &str) -> Option<u32> {
    let (digits, radix) = match text.strip_prefix('0') {
        Some(rest) => match rest.strip_prefix(['x', 'X']) {
            Some(hex) => (hex, 16),
            None => (text, 8),
        },
        None => (text, 10),
    };
    let is_digit = |c: char| c.is_digit(radix);
    (digits.chars().all(is_digit)).then(|| u32::from_str_radix(digits, radix).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matches() {
        for (cidr, address, expected) in [
            ("10.0.0.0/8", "10.255.255.255", true),
            ("10.0.0.77/24", "10.0.0.200", true),
            ("10.0.0.0/24", "10.0.1.0", false),
            ("0.0.0.0/0", "1.2.3.4", true),
            ("10.0.0.1/32", "10.1", true),
            ("8.0.0.0/8", "010.0.0.1", true), // octal
            ("10.0.0.0/8", "0xa.1", true),
            ("10.0.0.0/8", "10.0.0.1 ", false),
            ("10.0.0.0/24", "10.0.0.4/32", false),
            ("10.0.0.0/24", "10.0.0.256", false),
            ("10.0.0.0/24", "2001:db8::1", false),
            ("2001:db8::/61", "2001:db8:0:7:ffff::", true),
            ("2001:db8::/61", "2001:db8:0:8::", false),
            ("2001:db8::/64", "10.0.0.1", false),
            ("::/0", "::1", true),
        ] {
            let matcher = Matcher::new(cidr).unwrap();
            assert_eq!(matcher.contains(address), Ok(expected), "{cidr} {address}");
        }
    }

    #[test]
    fn refused() {
        for cidr in ["", "/", "b/c", "10.0.0.0", "10.0.0.0/", "10.0.0.0/33", "::/129"] {
            assert!(Matcher::new(cidr).is_err(), "{cidr}");
        }
        let matcher = Matcher::new("10.0.0.0/8").unwrap();
        assert!(matcher.contains("localhost").is_err());
    }
}
