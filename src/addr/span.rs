//! Runs of addresses as Perl's `Net::IP` reads them.

use super::netip::{is_ipv4, is_ipv6};
use crate::perl::{Charset, is_digits};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A run of addresses of one family; a single address is one of length 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// The first address.
    pub first: IpAddr,
    /// The last address, not before the first.
    pub last: IpAddr,
}

impl Span {
    /// Reads `ADDRESS`, `ADDRESS/PREFIX`, `ADDRESS - ADDRESS` or `ADDRESS + NUMBER`.
    ///
    /// A prefix with host bits is none, what follows a `/` and is no number is ignored, and IPv4
    /// addresses may lack quads at their end.
    ///
    /// Source: `Net::IP::new`.
    pub fn parse(text: &str) -> Option<Self> {
        let is_space = |c| Charset::Ascii.is_space(c);
        if !text.contains(is_space) {
            // The slash ends at least one character, and at least one follows it.
            let slash = text.char_indices().skip(1).find(|&(_, c)| c == '/');
            if let Some((at, _)) = slash.filter(|(at, _)| at + 1 < text.len()) {
                return Span::prefix(parse(&text[..at])?, &text[at + 1..]);
            }
        }
        let dash = text.char_indices().skip(1).find(|&(_, c)| c == '-');
        if let Some((at, _)) = dash {
            let last = text[at + 1..].trim_start_matches(is_space);
            if !last.is_empty() {
                let first = parse(text[..at].trim_end_matches(is_space))?;
                return Span::new(first, parse(last).or_else(|| parse_end(last))?);
            }
        }
        if let Some((first, count)) = text.split_once('+') {
            let address = first.trim_end_matches(is_space);
            let number = count.trim_start_matches(is_space);
            if address.len() < first.len() && number.len() < count.len() {
                let first = parse(address)?;
                let last = bits(first).checked_add(number.parse().ok()?)?;
                return Span::new(first, address_of(first, last)?);
            }
        }
        let address = parse(text)?;
        Span::new(address, address)
    }

    fn new(first: IpAddr, last: IpAddr) -> Option<Self> {
        let is_run = first.is_ipv4() == last.is_ipv4() && first <= last;
        is_run.then_some(Span { first, last })
    }

    fn prefix(first: IpAddr, length: &str) -> Option<Self> {
        if !is_digits(length) {
            // as the original: a mask, or anything else, is not looked at
            return (!length.contains(',')).then_some(Span { first, last: first });
        }
        let width = if first.is_ipv4() { 32 } else { 128 };
        let length: u32 = length.parse().ok().filter(|&length| length <= width)?;
        let host = u128::MAX.checked_shr(128 - (width - length)).unwrap_or(0);
        if bits(first) & host != 0 {
            return None;
        }
        Span::new(first, address_of(first, bits(first) | host)?)
    }

    /// True for one address.
    pub fn is_single(&self) -> bool {
        self.first == self.last
    }

    /// The number of addresses; `None` for all of IPv6, which are one more than a number holds.
    pub fn size(&self) -> Option<u128> {
        (bits(self.last) - bits(self.first)).checked_add(1)
    }
}

/// Reads one address.
///
/// Source: `Net::IP::ip_get_version`, `ip_expand_address`.
fn parse(text: &str) -> Option<IpAddr> {
    if !text.contains(':') && is_ipv4(text) {
        return parse_ipv4(text).map(IpAddr::V4);
    }
    if !is_ipv6(text) {
        return None;
    }
    let (head, tail) = text.split_at(text.rfind(':')? + 1);
    if !tail.contains('.') {
        return text.parse().ok().map(IpAddr::V6);
    }
    let address = format!("{head}{}", parse_ipv4(tail)?);
    address.parse().ok().map(IpAddr::V6)
}

/// Reads the end of a run as far as it differs from [`parse`]: the original does not look at it
/// before it is made full, and then empty parts at its end are gone.
fn parse_end(text: &str) -> Option<IpAddr> {
    if !text.contains(':') {
        return parse_ipv4(text.trim_end_matches('.')).map(IpAddr::V4);
    }
    match text.strip_suffix("::") {
        Some(head) => format!("{head}:0").parse().ok().map(IpAddr::V6),
        None => parse(text.strip_suffix(':')?),
    }
}

/// The full text of an address: dotted quads, or eight groups of four lower-case digits.
///
/// Source: `Net::IP::ip`.
pub fn expanded(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => address.segments().map(|s| format!("{s:04x}")).join(":"),
    }
}

fn parse_ipv4(text: &str) -> Option<Ipv4Addr> {
    let mut quads = [0; 4];
    for (index, quad) in text.split('.').enumerate() {
        if !is_digits(quad) || quad.len() > 3 {
            return None;
        }
        *quads.get_mut(index)? = quad.parse().ok()?;
    }
    Some(Ipv4Addr::from(quads))
}

fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u128::from(u32::from(address)),
        IpAddr::V6(address) => u128::from(address),
    }
}

/// The address of that number in the family of `like`.
fn address_of(like: IpAddr, number: u128) -> Option<IpAddr> {
    Some(match like {
        IpAddr::V4(_) => IpAddr::V4(u32::try_from(number).ok()?.into()),
        IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::from(number)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans() {
        for (text, expected) in [
            ("10.0.0.1", Some(("10.0.0.1", "10.0.0.1"))),
            ("010.0.0.1", Some(("10.0.0.1", "10.0.0.1"))),
            ("10.1", Some(("10.1.0.0", "10.1.0.0"))),
            ("10.0.0.0/30", Some(("10.0.0.0", "10.0.0.3"))),
            ("0.0.0.0/0", Some(("0.0.0.0", "255.255.255.255"))),
            ("10.0.0.1/30", None), // host bits
            ("10.0.0.0/33", None),
            (
                "10.0.0.1/255.255.255.0",
                Some(("10.0.0.1", "10.0.0.1")), // no number
            ),
            ("10.0.0.1 - 10.0.0.9", Some(("10.0.0.1", "10.0.0.9"))),
            ("10.0.0.9-10.0.0.1", None),
            ("10.0.0.1-10.0.0.9.", Some(("10.0.0.1", "10.0.0.9"))),
            ("::1-::9:", Some(("::1", "::9"))),
            ("::1-1:2:3:4:5:6:7::", Some(("::1", "1:2:3:4:5:6:7:0"))),
            ("10.0.0.1 + 4", Some(("10.0.0.1", "10.0.0.5"))),
            ("10.0.0.1+4", None),
            ("2001:db8::/127", Some(("2001:db8::", "2001:db8::1"))),
            ("::/0", Some(("::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"))),
            ("::1.2", Some(("::102:0", "::102:0"))),
            ("10.0.0.1-::1", None),
            ("10.0.0.256", None),
            ("foo", None),
            ("", None),
        ] {
            let got = Span::parse(text).map(|s| (s.first.to_string(), s.last.to_string()));
            let expected = expected.map(|(first, last)| (first.to_owned(), last.to_owned()));
            assert_eq!(got, expected, "{text}");
        }
    }

    #[test]
    fn sizes() {
        for (text, expected) in [
            ("10.0.0.1", Some(1)),
            ("10.0.0.0/31", Some(2)),
            ("0.0.0.0/0", Some(1 << 32)),
            ("::/127", Some(2)),
            ("::/0", None),
        ] {
            assert_eq!(Span::parse(text).unwrap().size(), expected, "{text}");
        }
    }

    #[test]
    fn full_text() {
        let text = |text: &str| parse(text).map(expanded);
        assert_eq!(text("10.1").as_deref(), Some("10.1.0.0"));
        let full = "2001:0db8:0000:0000:0000:0000:0000:000a";
        assert_eq!(text("2001:DB8::A").as_deref(), Some(full));
    }
}
