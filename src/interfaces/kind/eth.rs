//! Network cards.

use crate::perl::is_digits;

/// True for the names that network cards have by default, whether or not the node has one.
///
/// Source: `$PVE::Network::Interfaces::PHYSICAL_NIC_RE`.
pub(in crate::interfaces) fn is_name(name: &str) -> bool {
    let numbered = ["eth", "nic", "if"].iter().filter_map(|prefix| name.strip_prefix(prefix));
    let free = ["en", "ib"].iter().filter_map(|prefix| name.strip_prefix(prefix));
    numbered.into_iter().any(is_digits)
        || free.into_iter().any(|rest| !rest.is_empty() && !rest.contains([':', '.']))
}

#[cfg(test)]
mod tests {
    #[test]
    fn names() {
        for (name, expected) in [
            ("eth0", true),
            ("nic12", true),
            ("if3", true),
            ("enp5s0", true),
            ("ibs1", true),
            ("eth", false),
            ("eth0.5", false),
            ("en", false),
            ("eno1:1", false),
            ("vmbr0", false),
        ] {
            assert_eq!(super::is_name(name), expected, "{name}");
        }
    }
}
