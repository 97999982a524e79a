//! Networks as Perl's `NetAddr::IP` reads them and counts in them.

use super::short::short;
use crate::perl::is_digits;
use std::borrow::Cow;
use std::net::{Ipv4Addr, Ipv6Addr};

/// An address and the network it is in, of either family.
///
/// Both families are 128 bits wide, as in the original: an IPv4 address is one with 96 zeros in
/// front, and its mask one with 96 ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Net {
    is_ipv6: bool,
    address: u128,
    mask: u128,
}

/// What `NetAddr::IP` makes of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NetText {
    /// A network, or an address alone.
    Net(Net),
    /// Nothing: the original's constructor returns undef.
    Invalid,
    /// A spelling that is not read here: names, ranges, octal numbers, binary addresses.
    Unknown,
}

impl NetText {
    /// Reads `ADDRESS/LENGTH`, `ADDRESS/MASK` or `ADDRESS`; an IPv4 address before a slash may lack
    /// quads at its end.
    ///
    /// Source: `NetAddr::IP::new`.
    pub fn parse(text: &str) -> Self {
        let (address, mask) = match text.split_once('/') {
            Some((address, mask)) => (address, Some(mask)),
            None => (text, None),
        };
        if address.contains(':') {
            return ipv6(address, mask);
        }
        ipv4(address, mask)
    }
}

impl Net {
    /// True for IPv6.
    pub fn is_ipv6(self) -> bool {
        self.is_ipv6
    }

    /// The address, host bits included, as a number.
    pub fn address(self) -> u128 {
        self.address
    }

    /// The length of the prefix.
    pub fn prefix(self) -> u32 {
        self.mask.count_ones() - if self.is_ipv6 { 0 } else { 96 }
    }

    /// The bits of an address behind the prefix.
    pub fn host_mask(self) -> u128 {
        !self.mask
    }

    /// The network address.
    pub fn network(self) -> u128 {
        self.address & self.mask
    }

    /// The last address that is for a host: the one before the broadcast address, also in IPv6; of
    /// a network of one or two addresses, the last.
    ///
    /// Source: `NetAddr::IP::last`.
    pub fn last(self) -> u128 {
        let highest = self.host_mask();
        self.network() | if highest > 1 { highest - 1 } else { highest }
    }

    /// True if the number is an address of the network.
    pub fn contains(self, address: u128) -> bool {
        address & self.mask == self.network()
    }

    /// How many steps lead from the network's own address to another one, over the end of the
    /// network to its start.
    pub fn steps_to(self, address: u128) -> u128 {
        address.wrapping_sub(self.address) & self.host_mask()
    }

    /// The network with its address moved by that many steps.
    ///
    /// Source: `NetAddr::IP::plus`.
    pub fn plus(self, steps: u128) -> Self {
        let host = self.address.wrapping_add(steps) & self.host_mask();
        Net { address: self.network() | host, ..self }
    }

    /// The text of the address.
    ///
    /// Source: `NetAddr::IP::canon`.
    pub fn text(self) -> String {
        if self.is_ipv6 {
            return short(Ipv6Addr::from(self.address));
        }
        // What is above 32 bits is zero.
        Ipv4Addr::from(self.address as u32).to_string()
    }

    /// True if the network lies in 10/8, 172.16/12 or 192.168/16.
    ///
    /// Source: `NetAddr::IP::is_rfc1918`.
    pub fn is_rfc1918(self) -> bool {
        let (first, last) = (self.network(), self.network() | self.host_mask());
        [(0x0a00_0000, 0x0aff_ffff), (0xac10_0000, 0xac1f_ffff), (0xc0a8_0000, 0xc0a8_ffff)]
            .iter()
            .any(|&(low, high)| low <= first && last <= high)
    }
}

fn ipv4(address: &str, mask: Option<&str>) -> NetText {
    let quads: Vec<&str> = address.split('.').collect();
    if !quads.iter().all(|quad| is_digits(quad)) || quads.len() > 4 {
        return NetText::Unknown;
    }
    // Octal numbers; and without a mask the missing quads are not at the end.
    let is_octal = quads.iter().any(|quad| quad.len() > 1 && quad.starts_with('0'));
    if is_octal || quads.len() < 4 && mask.is_none() {
        return NetText::Unknown;
    }
    let mut octets = [0; 4];
    for (octet, quad) in octets.iter_mut().zip(quads) {
        match quad.parse() {
            Ok(number) => *octet = number,
            Err(_) => return NetText::Invalid,
        }
    }
    let mask = match mask {
        None => Some(u128::MAX),
        Some(length) if is_digits(length) && length.len() < 4 => length
            .parse()
            .ok()
            .filter(|&length| length <= 32)
            .map(|length: u32| u128::MAX << (32 - length)),
        Some(mask) => match mask.parse::<Ipv4Addr>() {
            Ok(mask) => {
                let mask = !u128::from(u32::MAX) | u128::from(u32::from(mask));
                (mask.leading_ones() + mask.trailing_zeros() >= 128).then_some(mask)
            }
            Err(_) => return NetText::Unknown,
        },
    };
    net(false, u128::from(u32::from_be_bytes(octets)), mask)
}

fn ipv6(address: &str, mask: Option<&str>) -> NetText {
    let Some(address) = ipv6_number(address) else {
        return NetText::Invalid;
    };
    let mask = match mask {
        None => Some(u128::MAX),
        Some(length) if is_digits(length) && length.len() < 4 => length
            .parse()
            .ok()
            .filter(|&length| length <= 128)
            .map(|length: u32| u128::MAX.checked_shl(128 - length).unwrap_or(0)),
        Some(_) => return NetText::Unknown,
    };
    net(true, address, mask)
}

fn net(is_ipv6: bool, address: u128, mask: Option<u128>) -> NetText {
    match mask {
        Some(mask) => NetText::Net(Net { is_ipv6, address, mask }),
        None => NetText::Invalid,
    }
}

/// The number of an IPv6 address; `:` at an end, without a group beside it, stands for a zero.
///
/// Source: `NetAddr::IP::InetBase::ipv6_aton`.
fn ipv6_number(text: &str) -> Option<u128> {
    let text = match text.rsplit_once(':') {
        Some((head, tail)) if tail.contains('.') => {
            let quad = dotted_quad(tail)?;
            Cow::Owned(format!("{head}:{:x}:{:x}", quad >> 16, quad & 0xffff))
        }
        _ => Cow::Borrowed(text),
    };
    let mut groups = Vec::with_capacity(8);
    match text.split_once("::") {
        None => read_groups(&text, &mut groups)?,
        Some((head, tail)) => {
            read_groups(head, &mut groups)?;
            let at = groups.len();
            read_groups(tail, &mut groups)?;
            let missing = 8_usize.checked_sub(groups.len()).filter(|&n| n > 0)?;
            if tail.starts_with(':') || tail.contains("::") {
                return None;
            }
            groups.splice(at..at, std::iter::repeat_n(0, missing));
        }
    }
    let number = groups.iter().fold(0, |sum, &group| sum << 16 | u128::from(group));
    (groups.len() == 8).then_some(number)
}

fn read_groups(text: &str, groups: &mut Vec<u16>) -> Option<()> {
    if text.is_empty() {
        return Some(());
    }
    for group in text.split(':').take(9) {
        let is_hex = group.len() <= 4 && group.bytes().all(|b| b.is_ascii_hexdigit());
        match group {
            "" => groups.push(0),
            _ if is_hex => groups.push(u16::from_str_radix(group, 16).ok()?),
            _ => return None,
        }
    }
    Some(())
}

/// Four decimal numbers of one to three digits.
fn dotted_quad(text: &str) -> Option<u32> {
    let mut sum = 0;
    let mut count = 0;
    for quad in text.split('.') {
        if !is_digits(quad) || quad.len() > 3 {
            return None;
        }
        sum = sum << 8 | u32::from(quad.parse::<u8>().ok()?);
        count += 1;
    }
    (count == 4).then_some(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn net(text: &str) -> Option<Net> {
        match NetText::parse(text) {
            NetText::Net(net) => Some(net),
            NetText::Invalid | NetText::Unknown => None,
        }
    }

    // What NetAddr::IP 4.079 says: canon, last()->canon, masklen.
    #[test]
    fn networks() {
        for (text, address, last, prefix) in [
            ("10.0.0.5", "10.0.0.5", "10.0.0.5", 32),
            ("10.1/16", "10.1.0.0", "10.1.255.254", 16),
            ("10.0.0.9/255.255.255.0", "10.0.0.9", "10.0.0.254", 24),
            ("10.0.0.0/31", "10.0.0.0", "10.0.0.1", 31),
            ("10.0.0.0/0", "10.0.0.0", "255.255.255.254", 0),
            ("2001:DB8::/64", "2001:db8::", "2001:db8::ffff:ffff:ffff:fffe", 64),
            ("2001:db8::/126", "2001:db8::", "2001:db8::2", 126),
            ("2001:db8::/127", "2001:db8::", "2001:db8::1", 127),
            ("2001:db8::/128", "2001:db8::", "2001:db8::", 128),
            ("::/0", "::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe", 0),
            ("::ffff:10.0.0.1/120", "::ffff:a00:1", "::ffff:a00:fe", 120),
            ("1:2:3:4:5:6:7::/128", "1:2:3:4:5:6:7:0", "1:2:3:4:5:6:7:0", 128),
            (":1:2:3:4:5:6:7/128", "0:1:2:3:4:5:6:7", "0:1:2:3:4:5:6:7", 128),
            ("1:2:3:4:5:6:10.0.0.1", "1:2:3:4:5:6:a00:1", "1:2:3:4:5:6:a00:1", 128),
        ] {
            let net = net(text).unwrap_or_else(|| panic!("{text}"));
            let last = (last.to_owned(), net.last());
            assert_eq!((net.text(), net.prefix()), (address.into(), prefix), "{text}");
            assert_eq!(net.plus(net.steps_to(last.1)).text(), last.0, "{text}");
        }
    }

    #[test]
    fn refused() {
        for (text, expected) in [
            ("10.0.0.0/33", NetText::Invalid),
            ("10.0.0.256/24", NetText::Invalid),
            ("10.0.0.0/255.0.255.0", NetText::Invalid),
            ("2001:db8::/129", NetText::Invalid),
            ("2001:db8:::/64", NetText::Invalid),
            ("1::2::3/64", NetText::Invalid),
            ("1:2:3/64", NetText::Invalid),
            ("::12345/64", NetText::Invalid),
            ("::1:2:3:4:5:6:7:8/64", NetText::Invalid),
            ("::10.0.0.256/64", NetText::Invalid),
            ("010.0.0.1/24", NetText::Unknown),
            ("10.0.0/", NetText::Unknown),
            ("10.1", NetText::Unknown),
            ("localhost/24", NetText::Unknown),
            ("", NetText::Unknown),
        ] {
            assert_eq!(NetText::parse(text), expected, "{text}");
        }
    }

    #[test]
    fn private() {
        for (text, expected) in [
            ("10.0.0.0/8", true),
            ("10.0.0.0/7", false),
            ("172.31.255.0/24", true),
            ("172.32.0.0/24", false),
            ("192.168.0.0/16", true),
            ("192.168.0.0/15", false),
            ("fd00::/8", false),
        ] {
            assert_eq!(net(text).map(Net::is_rfc1918), Some(expected), "{text}");
        }
    }

    #[test]
    fn steps_wrap_in_the_network() {
        let net = net("10.0.0.158/28").unwrap();
        assert_eq!(net.plus(2).text(), "10.0.0.144");
        assert_eq!(net.plus(1).steps_to(net.last()), 15);
        assert!(net.contains(0x0a00_0090) && !net.contains(0x0a00_00a0));
    }
}
