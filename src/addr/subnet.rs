//! Which addresses are in a subnet, as Perl's `Net::Subnet` sees it.

use crate::error::{Error, Result};
use crate::perl::number;
use std::net::Ipv6Addr;

/// A subnet that addresses are matched against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Matcher {
    /// Network and mask.
    V4(u32, u32),
    /// Network and mask.
    V6(u128, u128),
    /// Every address, of IPv6 if true: what is behind the slash looks like a mask, but is none.
    Any(bool),
    /// No address: what is before the slash is none.
    Nothing,
}

impl Matcher {
    /// The matcher of a network `ADDRESS/LENGTH`, which may have host bits; or of what the operators
    /// of the original make of any other text. A host name in it is no address.
    ///
    /// Source: `Net::Subnet::subnet_matcher`.
    pub fn new(cidr: &str) -> Self {
        let mut fields = cidr.split('/');
        let (network, mask) =
            (fields.next().unwrap_or_default(), fields.next().unwrap_or_default());
        if network.contains(':') {
            let mask: Option<Ipv6Addr> = if mask.contains(':') {
                mask.parse().ok()
            } else {
                Some(v6_mask(number(mask)).into())
            };
            return match (network.parse::<Ipv6Addr>(), mask.map(u128::from)) {
                (_, None) => Matcher::Any(true),
                (Ok(network), Some(mask)) => Matcher::V6(u128::from(network) & mask, mask),
                (Err(_), Some(_)) => Matcher::Nothing,
            };
        }
        let mask = if mask.contains('.') { inet_aton(mask) } else { Some(v4_mask(number(mask))) };
        match (inet_aton(network), mask) {
            (_, None) => Matcher::Any(false),
            (Some(network), Some(mask)) => Matcher::V4(network & mask, mask),
            (None, Some(_)) => Matcher::Nothing,
        }
    }

    /// True if `address` is in the subnet.
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`] for a host name in an IPv4 subnet, which the original resolves.
    pub fn contains(self, address: &str) -> Result<bool> {
        match self {
            Matcher::V4(network, mask) => {
                Ok(v4(address)?.is_some_and(|address| address & mask == network))
            }
            Matcher::V6(network, mask) => {
                Ok(v6(address).is_some_and(|address| address & mask == network))
            }
            Matcher::Any(false) => Ok(v4(address)?.is_some()),
            Matcher::Any(true) => Ok(v6(address).is_some()),
            Matcher::Nothing => Ok(false),
        }
    }
}

fn v4(address: &str) -> Result<Option<u32>> {
    match inet_aton(address) {
        None if is_host_name(address) => {
            Err(Error::Unsupported(format!("'{address}' is a name, not an address")))
        }
        found => Ok(found),
    }
}

fn v6(address: &str) -> Option<u128> {
    address.parse::<Ipv6Addr>().ok().map(u128::from)
}

/// The mask of a length, of which the original makes a shift: to the right, if it is over 32.
fn v4_mask(length: f64) -> u32 {
    let by = (32.0 - length) as i64;
    let bits = u64::from(u32::MAX);
    let shifted = match u32::try_from(by.unsigned_abs()) {
        Ok(by_bits) if by < 0 => bits.checked_shr(by_bits),
        Ok(by_bits) => bits.checked_shl(by_bits),
        Err(_) => None,
    };
    shifted.unwrap_or(0) as u32
}

fn v6_mask(length: f64) -> u128 {
    match length as u32 {
        0 => 0,
        length => u128::MAX << (128 - length.min(128)),
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
            // What is no network, as Perl's operators have it.
            ("10.0.0.0", "1.2.3.4", true),
            ("", "1.2.3.4", false),
            ("b/c", "1.2.3.4", false),
            ("zn1/198.18.0.0", "198.18.0.1", false),
            ("10.0.0.0/x.y.", "1.2.3.4", true),
            ("10.0.0.0/33", "138.0.0.0", true),
            ("10.0.0.0/33", "10.0.0.1", false),
            ("10.0.0.0/99", "11.0.0.0", true),
            ("10.0.0.0/-1", "11.0.0.0", true),
            ("10.0.0.0/1.5", "10.9.0.5", false),
            ("10.0.0.0/8x", "10.9.0.5", true),
            ("10.0.0.0/1e1", "10.63.0.0", true),
            ("10.0.0.0/8/9", "10.1.1.1", true),
            ("::/129", "::1", false),
            ("::/x", "1::", true),
            ("x::y/64", "::", false),
            ("::/::zz", "1::", true),
            ("1::/64.5", "1::", true),
        ] {
            let matcher = Matcher::new(cidr);
            assert_eq!(matcher.contains(address), Ok(expected), "{cidr} {address}");
        }
    }

    #[test]
    fn refused() {
        let matcher = Matcher::new("10.0.0.0/8");
        assert!(matcher.contains("localhost").is_err());
    }
}
