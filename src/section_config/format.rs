//! What texts must look like.
//!
//! Source: `PVE::JSONSchema::pve_verify_*` and the formats that SDN registers.

use crate::perl::{Charset, is_digits};
use crate::sdn::dhcp_range;
use std::net::{Ipv4Addr, Ipv6Addr};

/// A registered format, with an error text of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// `pve-configid`
    ConfigId,
    /// `dns-name`
    DnsName,
    /// `ip`
    Ip,
    /// `mac-addr`
    Mac,
    /// `pve-iface`
    Iface,
    /// `pve-node`
    Node,
    /// `pve-sdn-bgp-rt`
    RouteTarget,
    /// `pve-sdn-dhcp-range`
    DhcpRange,
    /// `pve-sdn-fabric-id`
    Fabric,
    /// `pve-sdn-isis-net`
    IsisNet,
    /// `pve-sdn-subnet-id`
    SubnetId,
}

impl Format {
    /// What is wrong with a value, as the original says it, with a newline at the end.
    ///
    /// `path` is where the value is, for the formats that have parts.
    pub(super) fn fault(self, value: &str, path: &str) -> Option<String> {
        let is_right: fn(&str) -> bool = match self {
            Format::ConfigId => is_config_id,
            Format::DnsName => is_dns_name,
            Format::Ip => is_ip,
            Format::Mac => is_mac,
            Format::Iface => is_iface,
            Format::Node => is_label,
            Format::RouteTarget => is_route_target,
            Format::Fabric => is_fabric_id,
            Format::IsisNet => is_isis_net,
            Format::SubnetId => is_subnet_id,
            Format::DhcpRange => {
                let fault = dhcp_range::parse(value).err()?;
                return Some(fault.text(path));
            }
        };
        if is_right(chomp(value)) {
            return None;
        }
        let what = match self {
            Format::ConfigId => return Some(format!("invalid configuration ID '{value}'\n")),
            Format::Iface => return Some(format!("invalid network interface name '{value}'\n")),
            Format::Fabric => {
                return Some(format!("Fabric ID '{value}' contains illegal characters\n"));
            }
            Format::DnsName => "DNS name",
            Format::Ip => "IP address",
            Format::Mac => "unicast MAC address",
            Format::Node => "node name",
            Format::RouteTarget => "bgp route-target",
            Format::IsisNet => "isis net",
            Format::SubnetId | Format::DhcpRange => "CIDR network",
        };
        Some(format!("value does not look like a valid {what}\n"))
    }
}

/// The text without a newline at its end, before which Perl's `$` matches too.
pub(super) fn chomp(text: &str) -> &str {
    text.strip_suffix('\n').unwrap_or(text)
}

/// A pattern, all of which share one error text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pattern {
    /// Ids of zones, vnets, IPAMs and DNS servers: a letter, then letters and digits.
    ObjectId,
    /// Ids of controllers: as [`Format::ConfigId`], but not with `_` or `-` at the end.
    ControllerId,
    /// Up to 256 of most characters.
    Alias,
    /// 32 pairs of hexadecimal digits with colons between them.
    Fingerprint,
    /// An IS-IS network entity title.
    IsisNet,
}

impl Pattern {
    /// True if it matches the whole text; the charset says what the other letters are.
    pub(super) fn matches(self, text: &str, charset: Charset) -> bool {
        let text = chomp(text);
        match self {
            Pattern::ObjectId => {
                is_config_id(text) && text.bytes().all(|b| b.is_ascii_alphanumeric())
            }
            Pattern::ControllerId => is_config_id(text) && !text.ends_with(['_', '-']),
            Pattern::Alias => is_alias(text, charset),
            Pattern::Fingerprint => {
                text.split(':').count() == 32 && text.split(':').all(|pair| is_hex(pair, 2))
            }
            Pattern::IsisNet => is_isis_net(text),
        }
    }
}

/// True for a letter, then one or more of letters, digits, `_` and `-`.
pub(super) fn is_config_id(text: &str) -> bool {
    text.len() > 1
        && text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-".contains(&b))
}

fn is_alias(text: &str, charset: Charset) -> bool {
    // as the original: the range from `)` to `_` takes most of ASCII in
    let is_usual = |c| matches!(c, '('..='_') || charset.is_word(c) || charset.is_space(c);
    text.chars().all(is_usual) && text.chars().count() <= 256
}

fn is_isis_net(text: &str) -> bool {
    let groups: Vec<&str> = text.split('.').collect();
    let [first, middle @ .., last] = groups.as_slice() else {
        return false;
    };
    is_hex(first, 2)
        && (3..=9).contains(&middle.len())
        && middle.iter().all(|group| is_hex(group, 4))
        && is_hex(last, 2)
}

/// True for `ADDRESS/LENGTH`, of which the length is 8 or more.
///
/// Source: `PVE::JSONSchema::pve_verify_cidr`.
fn is_cidr(text: &str) -> bool {
    let Some((address, length)) = text.split_once('/') else {
        return false;
    };
    let width = match (address.parse::<Ipv4Addr>(), address.parse::<Ipv6Addr>()) {
        (Ok(_), _) => 32.0,
        (_, Ok(_)) => 128.0,
        _ => return false,
    };
    is_digits(length) && length.parse::<f64>().is_ok_and(|n| n > 7.0 && n <= width)
}

/// True for a network, or `ZONE-ADDRESS-LENGTH`, behind which more may follow.
///
/// Source: `PVE::Network::SDN::SubnetPlugin::parse_sdn_subnet_id`.
fn is_subnet_id(text: &str) -> bool {
    if text.contains('/') {
        return is_cidr(text);
    }
    let mut fields = text.split('-').skip(1);
    match (fields.next(), fields.next()) {
        (Some(address), Some(length)) => is_cidr(&format!("{address}/{length}")),
        _ => false,
    }
}

fn is_ip(text: &str) -> bool {
    text.parse::<Ipv4Addr>().is_ok() || text.parse::<Ipv6Addr>().is_ok()
}

fn is_mac(text: &str) -> bool {
    // An odd second digit is that of a group address.
    text.split(':').count() == 6
        && text.split(':').all(|pair| is_hex(pair, 2))
        && u8::from_str_radix(&text[..2], 16).is_ok_and(|byte| byte & 1 == 0)
}

/// True for a label of a host name; node names are such.
pub(super) fn is_label(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with('-')
        && !text.ends_with('-')
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

fn is_dns_name(text: &str) -> bool {
    text.split('.').all(is_label)
}

fn is_iface(text: &str) -> bool {
    let (name, index) = match text.find([':', '.']) {
        Some(at) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    };
    (2..=21).contains(&name.len())
        && name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        && index.is_none_or(is_digits)
}

fn is_route_target(text: &str) -> bool {
    let is_u32 = |text| is_digits(text) && text.parse::<f64>().is_ok_and(|n| n <= 4_294_967_295.0);
    text.split_once(':').is_some_and(|(asn, id)| is_u32(asn) && is_u32(id))
}

fn is_fabric_id(text: &str) -> bool {
    // A dash in last place is fine where the last place is among the first seven.
    (1..=8).contains(&text.len())
        && !text.starts_with('-')
        && !(text.len() == 8 && text.ends_with('-'))
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

fn is_hex(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|b| b.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats() {
        for (format, right, wrong) in [
            (Format::ConfigId, "a-_9", "a"),
            (Format::DnsName, "a.b-c.d", "a..b"),
            (Format::Ip, "::ffff:1.2.3.4", "10.0.0.01"),
            (Format::Mac, "bC:24:11:00:00:01", "01:00:5e:00:00:01"),
            (Format::Iface, "bond0.100", "e"),
            (Format::Iface, "eth0:1", "eth0."),
            (Format::Node, "a", "-a"),
            (Format::RouteTarget, "4294967295:00", "4294967296:1"),
            (Format::Fabric, "fab-", "-fab"),
            (Format::Fabric, "a", "fabrics8-"),
            (Format::IsisNet, "49.0001.0002.0003.00", "49.0001.0002.00"),
            (Format::SubnetId, "10.0.0.9/024", "10.0.0.0/7"),
            (Format::SubnetId, "z-2001:db8::-64-x", "a-b-10.0.0.0-24"),
            (Format::Node, "a\n", "a\n\n"),
        ] {
            assert_eq!(format.fault(right, ""), None, "{right}");
            assert!(format.fault(wrong, "").is_some(), "{wrong}");
        }
    }

    #[test]
    fn aliases() {
        for (text, bytes, decoded) in [
            ("(a)-b_c.d [x]\\y^ :;<=>?@", true, true),
            ("", true, true),
            ("a'b", false, false),
            ("a`b", false, false),
            ("\u{c3}\u{a4}", false, false),
            ("é", false, true),
            ("日本", false, true),
        ] {
            let matches = |charset| Pattern::Alias.matches(text, charset);
            assert_eq!(matches(Charset::Ascii), bytes, "{text}");
            assert_eq!(matches(Charset::Latin1), decoded, "{text}");
        }
        let long = |n| Pattern::Alias.matches(&"a".repeat(n), Charset::Ascii);
        assert!(long(256) && !long(257));
    }
}
