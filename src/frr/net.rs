//! Network entity titles: the addresses of IS-IS and OpenFabric routers.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

/// A network entity title: authority, area, system and selector, as in
/// `49.0001.1921.6800.1002.00`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Net {
    /// Two hexadecimal digits; 49 stands for private use.
    authority: String,
    /// Up to 13 bytes in hexadecimal digits.
    area: String,
    /// Three groups of four hexadecimal digits.
    system: String,
    /// Two hexadecimal digits.
    selector: String,
}

/// A text that is no [`Net`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("value does not match the regex pattern")]
pub struct NetError;

impl From<IpAddr> for Net {
    /// The title of a router in the default area that is named by its address.
    fn from(address: IpAddr) -> Self {
        let system = match address {
            // Twelve decimal digits in groups of four.
            IpAddr::V4(address) => {
                let digits = address.octets().map(|octet| format!("{octet:03}")).concat();
                format!("{}.{}.{}", &digits[..4], &digits[4..8], &digits[8..])
            }
            IpAddr::V6(address) => {
                let [.., a, b, c] = address.segments();
                format!("{a:04x}.{b:04x}.{c:04x}")
            }
        };
        Net { authority: "49".into(), area: "0001".into(), system, selector: "00".into() }
    }
}

impl FromStr for Net {
    type Err = NetError;

    fn from_str(text: &str) -> Result<Self, NetError> {
        let groups: Vec<&str> = text.split('.').collect();
        let [authority, area @ .., a, b, c, selector] = groups.as_slice() else {
            return Err(NetError);
        };
        let area = area.concat();
        let is_hex = |text: &str| text.bytes().all(|b| b.is_ascii_hexdigit());
        let is_valid = [(authority, 2), (a, 4), (b, 4), (c, 4), (selector, 2)]
            .iter()
            .all(|(group, length)| group.len() == *length && is_hex(group))
            && area.len() <= 26
            && area.len() % 2 == 0
            && is_hex(&area);
        if !is_valid {
            return Err(NetError);
        }
        Ok(Net {
            authority: (*authority).into(),
            area,
            system: format!("{a}.{b}.{c}"),
            selector: (*selector).into(),
        })
    }
}

/// The area comes in groups of four digits.
impl fmt::Display for Net {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&self.authority)?;
        let mut area = self.area.as_str();
        while !area.is_empty() {
            let (group, rest) = area.split_at(area.len().min(4));
            write!(f, ".{group}")?;
            area = rest;
        }
        write!(f, ".{}.{}", self.system, self.selector)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts() {
        for (text, expected) in [
            ("49.0001.1921.6800.1002.00", Some("49.0001.1921.6800.1002.00")),
            ("49.1921.6800.1002.00", Some("49.1921.6800.1002.00")),
            ("49.01.1921.6800.1002.00", Some("49.01.1921.6800.1002.00")),
            ("49.00010002.1921.6800.1002.00", Some("49.0001.0002.1921.6800.1002.00")),
            (
                "49.0123.4567.89ab.cdef.0123.4567.89.1921.6800.1002.00",
                Some("49.0123.4567.89ab.cdef.0123.4567.89.1921.6800.1002.00"),
            ),
            ("49.0123.4567.89ab.cdef.0123.4567.89ab.1921.6800.1002.00", None),
            ("49.00012.1921.6800.1002.00", None),
            ("49.0001.1921.6800.1002.000", None),
            ("409.0001.1921.6800.1002.00", None),
            ("49.0001.1921.6800.1z02.00", None),
            ("49.1921.6800.00", None),
            ("", None),
        ] {
            let got = text.parse::<Net>().ok().map(|net| net.to_string());
            assert_eq!(got.as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn of_addresses() {
        for (address, expected) in [
            ("192.168.1.100", "49.0001.1921.6800.1100.00"),
            ("1.1.1.1", "49.0001.0010.0100.1001.00"),
            ("fe80::1234:5678:abcd", "49.0001.1234.5678.abcd.00"),
            ("::1", "49.0001.0000.0000.0001.00"),
        ] {
            let address: IpAddr = address.parse().unwrap();
            assert_eq!(Net::from(address).to_string(), expected);
        }
    }
}
