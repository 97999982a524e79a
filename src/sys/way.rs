//! How the node sends to an address: what `ip route get` shows.

use super::running::Running;
use ipnet::IpNet;
use std::net::IpAddr;

/// The way to an address.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Way {
    /// The node's own address that packets come from.
    pub source: Option<IpAddr>,
    /// The link they leave by.
    pub device: Option<String>,
}

/// A recorded route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// Where it leads.
    pub destination: IpNet,
    /// The own address for packets along it, if it names one.
    pub source: Option<IpAddr>,
    /// The next router, if there is one.
    pub gateway: Option<IpAddr>,
    /// The link that packets leave by.
    pub device: Option<String>,
    /// Its preference; smaller is better.
    pub metric: u32,
    /// True if what takes it is thrown away.
    pub is_refused: bool,
}

/// The way to an address by recorded routes; `None` if no route leads there.
///
/// The kernel's choice: an own address is reached by the loopback, else the longest prefix wins,
/// then the smallest metric. Without a source of its own, a route takes an address of its link, at
/// best one in the network of the next hop.
pub fn find(routes: &[Route], running: &Running, target: IpAddr) -> Option<Way> {
    let is_own =
        running.links().iter().flat_map(|link| &link.addresses).any(|own| own.addr() == target);
    if is_own {
        return Some(Way { source: Some(target), device: Some("lo".into()) });
    }
    let route = routes
        .iter()
        .filter(|route| route.destination.contains(&target))
        .min_by_key(|route| (u8::MAX - route.destination.prefix_len(), route.metric))
        .filter(|route| !route.is_refused)?;
    let link = route.device.as_deref().and_then(|name| running.find(name));
    // An address that is valid on its link alone is no source for others.
    let fits = |own: &&IpNet| {
        let is_family = own.addr().is_ipv4() == target.is_ipv4();
        is_family && is_link_local(own.addr()) == is_link_local(target)
    };
    let own: Vec<&IpNet> = link.into_iter().flat_map(|l| l.addresses.iter().filter(fits)).collect();
    let hop = route.gateway.unwrap_or(target);
    let near = own.iter().find(|own| own.contains(&hop)).or(own.first());
    let source = route.source.or_else(|| near.map(|own| own.addr()));
    Some(Way { source, device: route.device.clone() })
}

fn is_link_local(address: IpAddr) -> bool {
    matches!(address, IpAddr::V6(address) if address.is_unicast_link_local())
}

#[cfg(test)]
mod tests {
    use super::super::running::Link;
    use super::*;

    fn link(name: &str, addresses: &[&str]) -> Link {
        let addresses = addresses.iter().map(|cidr| cidr.parse().unwrap()).collect();
        Link { name: name.into(), addresses, ..Link::default() }
    }

    #[test]
    fn the_kernels_choice() {
        let links = vec![
            link("lo", &["127.0.0.1/8"]),
            link("a", &["192.0.2.1/24", "198.51.100.1/24", "fe80::1/64", "2001:db8::1/64"]),
            link("b", &["203.0.113.1/24"]),
        ];
        let running = Running::new(links, None);
        let route = |destination: &str, gateway: &str, source: &str, device: &str, metric| Route {
            destination: destination.parse().unwrap(),
            gateway: gateway.parse().ok(),
            source: source.parse().ok(),
            device: Some(device.into()),
            metric,
            is_refused: destination == "10.9.0.0/16",
        };
        let routes = [
            route("0.0.0.0/0", "198.51.100.254", "", "a", 0),
            route("10.0.0.0/8", "203.0.113.9", "", "b", 10),
            route("10.0.0.0/8", "192.0.2.9", "", "a", 20),
            route("10.7.0.0/16", "", "192.0.2.1", "b", 0),
            route("10.8.0.0/16", "192.0.9.9", "", "a", 0),
            route("10.9.0.0/16", "", "", "lo", 0),
            route("::/0", "fe80::9", "", "a", 1024),
        ];
        for (target, expected) in [
            ("8.8.8.8", Some(("198.51.100.1", "a"))),
            ("10.1.1.1", Some(("203.0.113.1", "b"))),
            ("10.7.1.1", Some(("192.0.2.1", "b"))),
            ("10.8.1.1", Some(("192.0.2.1", "a"))),
            ("10.9.1.1", None),
            ("192.0.2.1", Some(("192.0.2.1", "lo"))),
            ("2001:db8:9::1", Some(("2001:db8::1", "a"))),
        ] {
            let expected = expected.map(|(source, device): (&str, &str)| Way {
                source: source.parse().ok(),
                device: Some(device.into()),
            });
            assert_eq!(find(&routes, &running, target.parse().unwrap()), expected, "{target}");
        }
        assert_eq!(find(&routes[1..2], &running, "8.8.8.8".parse().unwrap()), None);
    }
}
