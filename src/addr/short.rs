//! IPv6 addresses in their short form.

use std::net::Ipv6Addr;
use std::ops::Range;

/// The short form, which is not that of RFC 5952: of the runs of zero groups, the one with the
/// longest text is left out, the colons on its sides included. So of two runs of the same length,
/// one in the middle wins over one at the start or the end. No part is written as a dotted quad.
///
/// Source: `NetAddr::IP::canon`, `Net::IP::short`.
pub fn short(address: Ipv6Addr) -> String {
    let groups = address.segments();
    let join = |range: Range<usize>| {
        let groups: Vec<String> = groups[range].iter().map(|g| format!("{g:x}")).collect();
        groups.join(":")
    };
    let length =
        |run: &Range<usize>| 2 * run.len() + usize::from(run.start > 0) + usize::from(run.end < 8);
    // Of equal elements, `max_by_key` takes the last.
    match runs(&groups).into_iter().rev().max_by_key(length) {
        Some(run) => format!("{}::{}", join(0..run.start), join(run.end..8)),
        None => join(0..8),
    }
}

/// The runs of at least two zero groups.
fn runs(groups: &[u16; 8]) -> Vec<Range<usize>> {
    let mut runs = Vec::new();
    let mut start = 0;
    for part in groups.chunk_by(|a, b| (*a == 0) == (*b == 0)) {
        let end = start + part.len();
        if part[0] == 0 && part.len() > 1 {
            runs.push(start..end);
        }
        start = end;
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    // What both modules write.
    #[test]
    fn forms() {
        for (address, expected) in [
            ("::", "::"),
            ("::1", "::1"),
            ("2001:db8::", "2001:db8::"),
            ("::ffff:10.0.0.1", "::ffff:a00:1"),
            ("1:0:3:4:5:6:7:8", "1:0:3:4:5:6:7:8"),
            ("1:0:0:4:0:0:7:8", "1::4:0:0:7:8"),
            ("0:0:3:4:0:0:7:8", "0:0:3:4::7:8"),
            ("0:0:0:1:0:0:0:1", "0:0:0:1::1"),
            ("1:0:0:4:5:6:0:0", "1::4:5:6:0:0"),
            ("1:2:0:0:5:0:0:0", "1:2:0:0:5::"),
            ("0:0:3:4:5:6:0:0", "::3:4:5:6:0:0"),
            ("FD00::a:0:B", "fd00::a:0:b"),
        ] {
            assert_eq!(short(address.parse().unwrap()), expected, "{address}");
        }
    }
}
