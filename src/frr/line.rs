//! Lines of frr.conf.local that mean something to the merge.

use crate::perl::{Charset, is_digits};

/// `ASN` or `ASN vrf VRF`.
pub(super) fn bgp_router(name: &str) -> Option<(&str, &str)> {
    let rest = argument(name, "bgp ")?;
    match rest.split_once(|c| Charset::Ascii.is_space(c)) {
        None => Some((rest, "default")),
        Some(("", _)) => None,
        Some((asn, _)) => Some((asn, argument(&rest[asn.len()..], " vrf ")?)),
    }
}

/// What follows the words, if anything does.
pub(super) fn argument<'l>(text: &'l str, words: &str) -> Option<&'l str> {
    text.strip_prefix(words).filter(|rest| !rest.is_empty())
}

/// What follows the words wherever they are, if anything does.
pub(super) fn behind<'l>(line: &'l str, words: &str) -> Option<&'l str> {
    let start = line.find(words)? + words.len();
    Some(&line[start..]).filter(|rest| !rest.is_empty())
}

/// How rules of lists begin; they stand for themselves, wherever they are.
pub(super) const LIST_RULES: [&str; 3] = ["access-list ", "ip prefix-list ", "ipv6 prefix-list "];

/// Name, number and rest of a rule `WORDS NAME seq NUMBER REST`.
pub(super) fn list_rule<'l>(line: &'l str, words: &str) -> Option<(&'l str, &'l str, &'l str)> {
    let rest = line.strip_prefix(words)?;
    // The name is as long as it can be.
    rest.rmatch_indices(" seq ").find_map(|(at, separator)| {
        let (name, rest) = (&rest[..at], &rest[at + separator.len()..]);
        let (number, rest) = rest.split_once(' ')?;
        (!name.is_empty() && is_digits(number)).then_some((name, number, rest))
    })
}

/// `route-map NAME permit|deny NUMBER`, whatever follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct RouteMapHead<'l> {
    pub(super) name: &'l str,
    pub(super) action: &'l str,
    pub(super) seq: &'l str,
}

impl<'l> RouteMapHead<'l> {
    pub(super) fn parse(line: &'l str) -> Option<Self> {
        let rest = line.strip_prefix("route-map ")?;
        // The name is as long as it can be.
        rest.rmatch_indices(' ').find_map(|(at, _)| {
            let (name, rest) = (&rest[..at], &rest[at + 1..]);
            let action = ["permit", "deny"].into_iter().find(|action| rest.starts_with(action))?;
            let seq = rest[action.len()..].strip_prefix(' ')?;
            let digits = seq.bytes().take_while(u8::is_ascii_digit).count();
            (!name.is_empty() && digits > 0).then_some(RouteMapHead {
                name,
                action,
                seq: &seq[..digits],
            })
        })
    }

    pub(super) fn to_line(self, seq: impl std::fmt::Display) -> String {
        format!("route-map {} {} {seq}", self.name, self.action)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bgp_routers() {
        for (name, expected) in [
            ("bgp 65000", Some(("65000", "default"))),
            ("bgp 65000 vrf vrf_a", Some(("65000", "vrf_a"))),
            ("bgp 65000 vrf a b", Some(("65000", "a b"))),
            ("bgp 65000 view v", None),
            ("bgp 65000  vrf a", None),
            ("bgp  65000", None),
            ("bgp", None),
            ("ospf", None),
        ] {
            assert_eq!(bgp_router(name), expected, "{name}");
        }
    }

    #[test]
    fn rules_of_lists() {
        const WORDS: &str = "ip prefix-list ";
        for (line, expected) in [
            ("ip prefix-list a seq 5 permit any", Some(("a", "5", "permit any"))),
            ("ip prefix-list a b seq 5 permit", Some(("a b", "5", "permit"))),
            ("ip prefix-list a seq 5 deny seq 6 x", Some(("a seq 5 deny", "6", "x"))),
            ("ip prefix-list a seq 5 deny seq x", Some(("a", "5", "deny seq x"))),
            ("ip prefix-list a seq 5", None),
            ("ip prefix-list a permit any", None),
            (" ip prefix-list a seq 5 permit any", None),
        ] {
            assert_eq!(list_rule(line, WORDS), expected, "{line}");
        }
    }

    #[test]
    fn heads_of_route_maps() {
        for (line, expected) in [
            ("route-map a permit 10", Some("route-map a permit 7")),
            ("route-map a b deny 10 on", Some("route-map a b deny 7")),
            ("route-map a permit 1 deny 2x", Some("route-map a permit 1 deny 7")),
            ("route-map a permit", None),
            ("route-map a permit x", None),
            ("route-map permit 10", None),
            (" route-map a permit 10", None),
        ] {
            let head = RouteMapHead::parse(line).map(|head| head.to_line(7));
            assert_eq!(head.as_deref(), expected, "{line}");
        }
    }
}
