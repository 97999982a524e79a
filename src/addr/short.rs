//! IPv6 addresses in their short forms.
//!
//! The two Perl modules that write addresses agree on groups without leading zeros and on `::` for
//! a run of zero groups, but not on the run, and neither writes a dotted quad at the end.

use std::net::Ipv6Addr;
use std::ops::Range;

/// The form in which the first of the longest runs is left out: RFC 5952 without dotted quads.
///
/// Source: `NetAddr::IP::canon`.
pub fn canon(address: Ipv6Addr) -> String {
    write(address, |run| run.len())
}

/// The form in which the run of the longest text is left out, the colons on its sides included: of
/// two runs of the same length, one in the middle wins over one at the start or the end.
///
/// Source: `Net::IP::short`.
pub fn short(address: Ipv6Addr) -> String {
    write(address, |run| 2 * run.len() + usize::from(run.start > 0) + usize::from(run.end < 8))
}

/// Leaves out the first of the runs of two and more zero groups for which `weight` is highest.
fn write(address: Ipv6Addr, weight: fn(&Range<usize>) -> usize) -> String {
    let groups = address.segments();
    let join = |range: Range<usize>| {
        let groups: Vec<String> = groups[range].iter().map(|g| format!("{g:x}")).collect();
        groups.join(":")
    };
    // Of equal elements, `max_by_key` takes the last.
    match runs(&groups).into_iter().rev().max_by_key(weight) {
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

    #[test]
    fn forms() {
        for (address, expected_canon, expected_short) in [
            ("::", "::", "::"),
            ("::1", "::1", "::1"),
            ("2001:db8::", "2001:db8::", "2001:db8::"),
            ("::ffff:10.0.0.1", "::ffff:a00:1", "::ffff:a00:1"),
            ("1:0:3:4:5:6:7:8", "1:0:3:4:5:6:7:8", "1:0:3:4:5:6:7:8"),
            ("1:0:0:4:0:0:7:8", "1::4:0:0:7:8", "1::4:0:0:7:8"),
            ("0:0:3:4:0:0:7:8", "::3:4:0:0:7:8", "0:0:3:4::7:8"),
            ("1:0:0:4:5:6:0:0", "1::4:5:6:0:0", "1::4:5:6:0:0"),
            ("1:2:0:0:5:0:0:0", "1:2:0:0:5::", "1:2:0:0:5::"),
            ("0:0:3:4:5:6:0:0", "::3:4:5:6:0:0", "::3:4:5:6:0:0"),
            ("FD00::a:0:B", "fd00::a:0:b", "fd00::a:0:b"),
        ] {
            let parsed: Ipv6Addr = address.parse().unwrap();
            let got = (canon(parsed), short(parsed));
            assert_eq!(got, (expected_canon.into(), expected_short.into()));
        }
    }
}
