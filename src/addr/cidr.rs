//! Addresses with a prefix length.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// An address and the length of its prefix, as in `10.0.0.1/24`; the bits behind the prefix stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Cidr {
    address: IpAddr,
    prefix: u8,
}

/// Why a text is no [`Cidr`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CidrError {
    /// The part before the slash is no address of the family.
    #[error("invalid IP address syntax")]
    Address,
    /// The part behind the slash is no prefix length of the family.
    #[error("invalid netmask")]
    Prefix,
}

impl Cidr {
    /// An address alone, with the longest prefix.
    pub fn host(address: impl Into<IpAddr>) -> Self {
        let address = address.into();
        let prefix = width(address);
        Cidr { address, prefix }
    }

    /// Reads an IPv4 address with or without a prefix length.
    ///
    /// # Errors
    ///
    /// [`CidrError`] says which part is wrong.
    pub fn parse_v4(text: &str) -> Result<Self, CidrError> {
        parse::<Ipv4Addr>(text)
    }

    /// Reads an IPv6 address with or without a prefix length.
    ///
    /// # Errors
    ///
    /// As for [`Cidr::parse_v4`].
    pub fn parse_v6(text: &str) -> Result<Self, CidrError> {
        parse::<Ipv6Addr>(text)
    }

    /// The address, host bits included.
    pub fn address(self) -> IpAddr {
        self.address
    }

    /// True for IPv6.
    pub fn is_ipv6(self) -> bool {
        self.address.is_ipv6()
    }

    /// True if the address is one of the prefix.
    pub fn contains(self, address: IpAddr) -> bool {
        self.network(self.prefix) == Cidr::host(address).network(self.prefix)
    }

    /// True if an address is one of both prefixes.
    pub fn overlaps(self, other: Self) -> bool {
        let prefix = self.prefix.min(other.prefix);
        self.network(prefix) == other.network(prefix)
    }

    /// A key to sort by: of two prefixes that overlap, one follows the other or one in it.
    pub fn order(self) -> impl Ord {
        let (family, bits) = self.network(self.prefix);
        let shift = u32::from(width(self.address) - self.prefix);
        (family, bits.checked_shl(shift).unwrap_or(0), self.prefix)
    }

    /// The family, and the first `prefix` bits of the address as a number.
    fn network(self, prefix: u8) -> (bool, u128) {
        let bits = match self.address {
            IpAddr::V4(address) => u32::from(address).into(),
            IpAddr::V6(address) => u128::from(address),
        };
        let shift = u32::from(width(self.address) - prefix.min(width(self.address)));
        (self.is_ipv6(), bits.checked_shr(shift).unwrap_or(0))
    }
}

/// The number of bits of the family.
fn width(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

fn parse<A: FromStr + Into<IpAddr>>(text: &str) -> Result<Cidr, CidrError> {
    let (address, prefix) = match text.split_once('/') {
        Some((address, prefix)) => (address, Some(prefix)),
        None => (text, None),
    };
    let address = A::from_str(address).map_err(|_| CidrError::Address)?.into();
    let prefix = match prefix {
        Some(prefix) => prefix.parse().map_err(|_| CidrError::Prefix)?,
        None => width(address),
    };
    if prefix > width(address) {
        return Err(CidrError::Prefix);
    }
    Ok(Cidr { address, prefix })
}

/// Either family.
impl FromStr for Cidr {
    type Err = CidrError;

    fn from_str(text: &str) -> Result<Self, CidrError> {
        Cidr::parse_v4(text).or_else(|_| Cidr::parse_v6(text))
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts() {
        for (text, expected) in [
            ("10.0.0.1/24", Ok("10.0.0.1/24")),
            ("10.0.0.1", Ok("10.0.0.1/32")),
            ("FD00:0:0::1/64", Ok("fd00::1/64")),
            ("fd00::1", Ok("fd00::1/128")),
            ("0.0.0.0/0", Ok("0.0.0.0/0")),
            ("10.0.0.0/33", Err(CidrError::Address)), // read as IPv6 last
            ("fd00::/129", Err(CidrError::Prefix)),
            ("fd00::/x", Err(CidrError::Prefix)),
            ("10.0.0/8", Err(CidrError::Address)),
            ("/8", Err(CidrError::Address)),
        ] {
            let got = text.parse::<Cidr>().map(|cidr| cidr.to_string());
            assert_eq!(got, expected.map(str::to_owned), "{text}");
        }
        assert_eq!(Cidr::parse_v4("10.0.0.0/33"), Err(CidrError::Prefix));
    }

    #[test]
    fn relations() {
        for (a, b, overlaps) in [
            ("10.4.0.0/16", "10.4.9.0/24", true),
            ("10.4.0.0/16", "10.5.0.0/16", false),
            ("10.4.0.7/24", "10.4.0.9/24", true),
            ("0.0.0.0/0", "10.0.0.0/8", true),
            ("0.0.0.0/0", "::/0", false),
            ("fd44::/48", "fd44:0:0:7::/64", true),
        ] {
            let (a, b): (Cidr, Cidr) = (a.parse().unwrap(), b.parse().unwrap());
            assert_eq!((a.overlaps(b), b.overlaps(a)), (overlaps, overlaps));
            assert_eq!(a.contains(b.address()), overlaps);
        }
    }
}
