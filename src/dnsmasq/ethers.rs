//! The file `ethers` of a zone: which guest gets which addresses.

use crate::addr::netip;
use crate::notes::Notes;
use crate::perl::{ByteText, Charset, Hash, is_true};
use serde::{Deserialize, Serialize};

/// The addresses of one guest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct Mapping<'a> {
    /// Its MAC address.
    pub mac: &'a str,
    /// Its IPv4 address, if it has one.
    pub ip4: Option<&'a str>,
    /// Its IPv6 address, if it has one.
    pub ip6: Option<&'a str>,
}

/// The file with a mapping in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Merged {
    /// The new text, one character for each byte.
    pub text: String,
    /// 1 if dnsmasq has to read it again.
    pub reload: u8,
}

/// Adds a mapping to the text of the file, and drops the lines that no longer hold.
///
/// `macs` is the cache of the addresses of all guests: a line of a guest that is not in it, or has
/// another address there, is dropped. A line of the same guest and family is kept as it is.
///
/// Source: `PVE::Network::SDN::Dhcp::Dnsmasq::add_ip_mapping`.
pub fn merge(zone: &str, text: ByteText, macs: &Hash, new: &Mapping, notes: &mut Notes) -> Merged {
    let ip4 = new.ip4.filter(|ip| is_true(ip));
    let ip6 = new.ip6.filter(|ip| is_true(ip));
    let text = text.as_str();
    let mut merged = Merged { text: String::with_capacity(text.len() + 64), reload: 0 };
    let mut is_there = false;
    for (index, line) in text.split_terminator('\n').enumerate() {
        let Some(old) = parse(line) else {
            let number = index + 1;
            notes.warn(format_args!(
                "failed to parse MAC from {zone} ethers file on line {number}: '{line}'"
            ));
            continue;
        };
        if !holds(&old, macs) {
            merged.reload = 1;
            continue;
        }
        if old.mac == new.mac {
            // as the original: any address of the family will do
            is_there |= ip4.is_some() && old.ip4.is_some() || ip6.is_some() && old.ip6.is_some();
        }
        merged.text.push_str(line);
        merged.text.push('\n');
    }
    if !is_there {
        merged.reload = 1;
        merged.text.push_str(new.mac);
        for part in [ip4.map(str::to_owned), ip6.map(|ip| format!("[{ip}]"))] {
            merged.text.extend(part.map(|part| format!(",{part}")));
        }
        merged.text.push('\n');
    }
    merged
}

/// Reads a line `MAC,IP4,[IP6]`, of which either address may be missing.
fn parse(line: &str) -> Option<Mapping<'_>> {
    if line.is_empty() {
        return None; // to Perl's split, it has no fields
    }
    let mut fields = line.split(',');
    let mac = fields.next()?;
    let first = fields.next();
    let second = fields.next().filter(|field| is_true(field));
    let (ip4, ip6) = match (first, second) {
        (first, Some(second)) => (first, Some(second)),
        (Some(first), None) if netip::is_ipv4(first) => (Some(first), None),
        (first, None) => (None, first),
    };
    Some(Mapping {
        mac,
        ip4: ip4.filter(|ip| is_true(ip)),
        ip6: ip6.filter(|ip| is_true(ip)).map(without_brackets).filter(|ip| is_true(ip)),
    })
}

/// What stands in brackets; the whole text if nothing does.
fn without_brackets(text: &str) -> &str {
    let inner = text.match_indices('[').find_map(|(at, _)| {
        let (word, _) = Charset::Ascii.split_word(&text[at + 1..]);
        let end = word.rfind(']').filter(|&end| end > 0)?;
        Some(&word[..end])
    });
    inner.unwrap_or(text)
}

/// True if the cache has the guest, and no other address of it.
fn holds(old: &Mapping, macs: &Hash) -> bool {
    if !macs.is_defined(old.mac) {
        return false;
    }
    let same = |key: &str, ip: Option<&str>| {
        let known = macs.hash(old.mac).and_then(|ips| ips.true_text(key));
        !matches!((ip, known), (Some(ip), Some(known)) if ip != known)
    };
    same("ip4", old.ip4) && same("ip6", old.ip6)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines() {
        for (line, expected) in [
            ("M", Some(("M", None, None))),
            ("M,1.2.3.4", Some(("M", Some("1.2.3.4"), None))),
            ("M,[::1]", Some(("M", None, Some("::1")))),
            ("M,::1", Some(("M", None, Some("::1")))),
            ("M,1.2.3.4,[::1],x", Some(("M", Some("1.2.3.4"), Some("::1")))),
            ("M,[::1],1.2.3.4", Some(("M", Some("[::1]"), Some("1.2.3.4")))),
            ("M,,[::1]", Some(("M", None, Some("::1")))),
            (",1.2.3.4", Some(("", Some("1.2.3.4"), None))),
            ("M,[[a]] b]", Some(("M", None, Some("[a]")))),
            ("M,[]", Some(("M", None, Some("[]")))),
            (",,,", Some(("", None, None))),
            ("M,", Some(("M", None, None))),
            ("", None),
        ] {
            let got = parse(line).map(|old| (old.mac, old.ip4, old.ip6));
            assert_eq!(got, expected, "{line}");
        }
    }
}
