//! Reverse names: of addresses, and of the zones they are in.

use crate::addr::{Net, NetText, Span, expanded, netip};
use crate::error::{Error, Result};
use crate::perl::number;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The name of an address, or of a network, in `in-addr.arpa.` or `ip6.arpa.`.
///
/// # Errors
///
/// [`Error::Die`] if it is neither, with what Perl says then; [`Error::Unsupported`] for a range.
///
/// Source: `Net::IP::reverse_ip`.
pub fn name(ip: &str) -> Result<String> {
    let span = Span::parse(ip).ok_or_else(|| undefined("reverse_ip"))?;
    let prefix = prefix(span).ok_or_else(|| Error::Unsupported(format!("a range: '{ip}'")))?;
    Ok(reverse(span.first, prefix))
}

/// What decides about the zone of a reverse name; the texts of Perl's scalars, empty for undef.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Subnet<'a> {
    /// Network and prefix length.
    pub cidr: &'a str,
    /// The prefix length, as in the subnet's id.
    pub mask: &'a str,
    /// What the config says in its place for IPv6; empty or `0` if nothing.
    pub mask_v6: &'a str,
}

/// The zone in which the reverse name of an address is; empty if there is none for it.
///
/// # Errors
///
/// [`Error::Die`] where the original dies, [`Error::Unsupported`] for a network in a spelling that
/// is not read here.
///
/// Source: `PVE::Network::SDN::Dns::PowerdnsPlugin::get_reversedns_zone`.
pub fn zone(subnet: &Subnet, ip: &str) -> Result<String> {
    let network = |method: &str| match NetText::parse(subnet.cidr) {
        NetText::Net(net) => Ok(net),
        NetText::Invalid => Err(undefined(method)),
        NetText::Unknown => Err(Error::Unsupported(format!("network '{}'", subnet.cidr))),
    };
    if netip::is_ipv4(ip) {
        return Ok(zone_v4(network("is_rfc1918")?, subnet.mask, ip));
    }

    // The config only decides whether the mask is looked at: the zone is made of the subnet's own.
    let mask = if crate::perl::is_true(subnet.mask_v6) { subnet.mask_v6 } else { subnet.mask };
    if number(mask).trunc() % 4.0 != 0.0 {
        return Err(Error::die_at("reverse dns zone mask need to be a multiple of 4"));
    }
    let net = network("network")?;
    let address = if net.is_ipv6() {
        IpAddr::V6(Ipv6Addr::from(net.network()))
    } else {
        IpAddr::V4(Ipv4Addr::from(net.network() as u32)) // no bits are above
    };
    Ok(reverse(address, net.prefix()))
}

/// Private networks have the zones of PowerDNS' `serve-rfc1918`, public ones zones of a /24: those
/// for /16 and /8 are never chosen.
fn zone_v4(net: Net, mask: &str, ip: &str) -> String {
    let quads: Vec<&str> = ip.split('.').collect();
    let quad = |index: usize| quads.get(index).copied().unwrap_or_default();
    if net.is_rfc1918() {
        let zone = match number(quad(0)) as u32 {
            192 => "168.192.in-addr.arpa.",
            172 => "16-31.172.in-addr.arpa.",
            10 => "10.in-addr.arpa.",
            _ => "",
        };
        return zone.into();
    }
    if number(mask) <= 24.0 {
        return format!("{}.{}.{}.in-addr.arpa.", quad(2), quad(1), quad(0));
    }
    String::new()
}

/// Of an IPv4 network, the quads behind the prefix are left out if they are zero; of an IPv6 one,
/// the digits behind it, but of `::/0` none.
///
/// Source: `Net::IP::ip_reverse`.
fn reverse(address: IpAddr, prefix: u32) -> String {
    let (labels, skipped, domain) = match address {
        IpAddr::V4(address) => {
            let quads: Vec<String> = address.octets().iter().rev().map(u8::to_string).collect();
            let open = 4 - prefix as usize / 8;
            let zeros = quads.iter().take(open).take_while(|quad| *quad == "0").count();
            (quads, zeros, "in-addr")
        }
        IpAddr::V6(_) => {
            let digits = expanded(address);
            let digits = digits.chars().rev().filter(|c| *c != ':').map(String::from);
            let open = if prefix == 0 { 0 } else { 32 - prefix as usize / 4 };
            (digits.collect(), open, "ip6")
        }
    };
    let labels = labels.iter().skip(skipped).map(String::as_str);
    let labels: Vec<&str> = labels.chain([domain, "arpa."]).collect();
    labels.join(".")
}

/// The length of the prefix, if the span is one.
fn prefix(span: Span) -> Option<u32> {
    let (first, last, width) = match (span.first, span.last) {
        (IpAddr::V4(first), IpAddr::V4(last)) => {
            (u128::from(first.to_bits()), u128::from(last.to_bits()), 32)
        }
        (IpAddr::V6(first), IpAddr::V6(last)) => (first.to_bits(), last.to_bits(), 128),
        _ => return None,
    };
    let host = first ^ last;
    let bits = 128 - host.leading_zeros();
    let is_prefix = host.count_ones() == bits && first & host == 0;
    is_prefix.then(|| width - bits)
}

fn undefined(method: &str) -> Error {
    Error::die_at(format_args!("Can't call method \"{method}\" on an undefined value"))
}

#[cfg(test)]
mod tests {
    use super::*;

    // What Net::IP 1.26 says.
    #[test]
    fn names() {
        let nibbles = |text: &str| {
            let digits: Vec<String> = text.chars().map(String::from).collect();
            format!("{}.ip6.arpa.", digits.join("."))
        };
        for (ip, expected) in [
            ("10.0.0.1", "1.0.0.10.in-addr.arpa.".into()),
            ("10.5", "0.0.5.10.in-addr.arpa.".into()),
            ("10.0.0.0/24", "0.0.10.in-addr.arpa.".into()),
            ("10.0.0.0/8", "10.in-addr.arpa.".into()),
            ("10.1.0.0/20", "1.10.in-addr.arpa.".into()),
            ("0.0.0.0/0", "in-addr.arpa.".into()),
            ("2001:db8::/32", nibbles("8bd01002")),
            ("2001:db8::/33", nibbles("8bd01002")),
            ("::/0", nibbles(&"0".repeat(32))),
            ("FD00::1", nibbles(&format!("1{}00df", "0".repeat(27)))),
        ] {
            assert_eq!(name(ip), Ok(expected), "{ip}");
        }
        assert_eq!(name("foo"), Err(undefined("reverse_ip")));
        assert!(matches!(name("10.0.0.1-10.0.0.2"), Err(Error::Unsupported(_))));
    }
}
