//! By which of its addresses the peers know a node.

use super::split_list;
use crate::interfaces::{Config, Key};
use std::borrow::Cow;

/// Where a node finds its own address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LocalIp<'c> {
    /// It has it on an interface.
    Own {
        /// The address.
        ip: Cow<'c, str>,
        /// The interface.
        iface: &'c str,
    },
    /// It is that by which the kernel reaches this peer.
    RouteTo(&'c str),
    /// There are no peers.
    Unknown,
}

/// Finds the address of a node among those of its peers, or on an interface that is looked at first.
///
/// `peers` is a list as [`split_list`] reads it. Only the IPv4 addresses of interfaces count. If
/// several interfaces have an address that is looked for, it is the first one by name; the original
/// takes any.
///
/// Source: `PVE::Network::SDN::Zones::Plugin::find_local_ip_interface_peers`.
pub fn local_ip<'c>(config: &'c Config<'c>, peers: &'c str, iface: Option<&'c str>) -> LocalIp<'c> {
    let mut by_ip = std::collections::HashMap::new();
    for (name, options) in &config.ifaces {
        let ip = options.text(Key::Address);
        if !crate::perl::is_true(&ip) {
            continue;
        }
        if iface == Some(name.as_ref()) {
            return LocalIp::Own { ip, iface: name };
        }
        by_ip.entry(ip).or_insert(name.as_ref());
    }
    for peer in split_list(peers) {
        if let Some((ip, iface)) = by_ip.remove_entry(peer) {
            return LocalIp::Own { ip, iface };
        }
    }
    let first = split_list(peers).next();
    first.map_or(LocalIp::Unknown, LocalIp::RouteTo)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::Facts;
    use crate::interfaces::parse;
    use crate::perl::{ByteText, Charset};

    const TEXT: &str = "iface a inet static\n\taddress 10.0.0.1/24\n\
        iface b inet static\n\taddress 10.0.0.2/24\n\
        iface c inet static\n\taddress 10.0.0.2/24\n\
        iface d inet6 static\n\taddress fd00::1/64\n";

    #[test]
    fn where_the_address_is() {
        let own = |ip: &'static str, iface| {
            let ip = ip.into();
            LocalIp::Own { ip, iface }
        };
        let text = ByteText::new(TEXT).unwrap();
        let config = parse(text, &Facts::default(), Charset::Latin1).unwrap();
        for (peers, iface, expected) in [
            ("10.0.0.9,10.0.0.2", None, own("10.0.0.2", "b")),
            ("10.0.0.2 10.0.0.1", None, own("10.0.0.2", "b")),
            ("10.0.0.2", Some("a"), own("10.0.0.1", "a")),
            ("10.0.0.2", Some("d"), own("10.0.0.2", "b")),
            ("10.0.0.2", Some("none"), own("10.0.0.2", "b")),
            ("10.0.0.9;10.0.0.8", None, LocalIp::RouteTo("10.0.0.9")),
            ("fd00::1", None, LocalIp::RouteTo("fd00::1")),
            (",", None, LocalIp::Unknown),
        ] {
            assert_eq!(local_ip(&config, peers, iface), expected, "{peers} {iface:?}");
        }
    }
}
