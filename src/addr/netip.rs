//! What Perl's `Net::IP` takes for an address.
//!
//! Its rules are wider than those of the standard library: `10.1` and `010.0.0.1` are IPv4.

use std::net::Ipv6Addr;

/// True for one to four decimal quads, also with a newline behind them.
///
/// Source: `Net::IP::ip_is_ipv4`.
pub fn is_ipv4(text: &str) -> bool {
    let mut quads = 0;
    let text = text.strip_suffix('\n').unwrap_or(text); // what `$` matches before
    text.split('.').all(|quad| {
        quads += 1;
        quad_value(quad).is_some()
    }) && quads <= 4
}

/// True for groups of one to four hexadecimal digits, of which the last may be an IPv4 address,
/// and at most one `::`.
///
/// Source: `Net::IP::ip_is_ipv6`.
pub fn is_ipv6(text: &str) -> bool {
    let mut colons = text.matches(':').count();
    if colons == 0 || colons > 7 {
        return false;
    }
    for (index, group) in text.split(':').enumerate() {
        let is_hex = group.len() <= 4 && group.bytes().all(|b| b.is_ascii_hexdigit());
        if is_hex {
            continue; // or empty
        }
        if index != colons || !is_ipv4(group) {
            return false;
        }
        colons += 1; // it stands for two groups
    }
    let doubled = text.as_bytes().windows(2).filter(|w| *w == b"::").count();
    let is_cut = |lone: bool, doubled: bool| lone && !doubled;
    !is_cut(text.starts_with(':'), text.starts_with("::"))
        && !is_cut(text.ends_with(':'), text.ends_with("::"))
        && doubled <= 1
        && (colons == 7 || doubled == 1)
}

/// The number of an address; `None` if it is none.
///
/// Source: `Net::IP::intip`.
pub fn number(text: &str) -> Option<u128> {
    if is_ipv4(text) {
        // Quads that are missing are zeros at the end.
        let quads = text.trim_end().split('.').filter_map(quad_value).chain([0; 3]).take(4);
        return Some(quads.fold(0, |sum, quad| sum << 8 | u128::from(quad)));
    }
    text.parse::<Ipv6Addr>().ok().map(u128::from)
}

fn quad_value(quad: &str) -> Option<u8> {
    let significant = quad.trim_start_matches('0');
    match (quad.is_empty(), significant.is_empty()) {
        (true, _) => None,
        (_, true) => Some(0),
        _ if significant.starts_with('+') => None,
        _ => significant.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families() {
        for (text, v4, v6) in [
            ("10.0.0.1", true, false),
            ("1", true, false),
            ("10.1", true, false),
            ("010.00.0000.1", true, false),
            ("256", false, false),
            ("1.2.3.256", false, false),
            ("1.2.3.4.5", false, false),
            ("1..2", false, false),
            (".1", false, false),
            ("1.", false, false),
            ("1.+2", false, false),
            ("1.2.3.4/24", false, false),
            ("", false, false),
            ("::", false, true),
            ("::1", false, true),
            ("1::", false, true),
            ("1:2:3:4:5:6:7:8", false, true),
            ("1:2:3:4:5:6:7:8:9", false, false),
            ("1:2:3", false, false),
            ("1::2::3", false, false),
            (":::", false, false),
            (":1::2", false, false),
            ("1::2:", false, false),
            (":", false, false),
            ("12345::", false, false),
            ("fe80::1%eth0", false, false),
            ("::ffff:1.2.3.4", false, true),
            ("::1.2.3.4:1", false, false),
        ] {
            assert_eq!((is_ipv4(text), is_ipv6(text)), (v4, v6), "{text:?}");
        }
    }

    #[test]
    fn numbers() {
        for (text, expected) in [
            ("10.0.0.1", Some(0x0a00_0001)),
            ("10.1", Some(0x0a01_0000)),
            ("::1", Some(1)),
            ("x", None),
        ] {
            assert_eq!(number(text), expected, "{text}");
        }
    }
}
