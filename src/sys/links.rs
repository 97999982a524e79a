//! The links of the node as the kernel has them now: what `ip -details address` shows.

use super::netlink::{Socket, attributes, u16_at, u32_at};
use super::routes::{self, Hop, default_route, ip};
use super::running::{Gateway, Link, Running, Vlan};
use super::way::Way;
use ipnet::IpNet;
use nix::libc;
use std::collections::HashMap;
use std::io;
use std::net::IpAddr;

// Attributes inside IFLA_INFO_DATA, whose meaning depends on the kind (linux/if_link.h).
const IFLA_VLAN_ID: u16 = 1;
const IFLA_VLAN_PROTOCOL: u16 = 5;
const IFLA_BOND_MODE: u16 = 1;
const IFLA_BR_VLAN_FILTERING: u16 = 7;
const IFLA_VXLAN_ID: u16 = 1;

/// Sizes of `struct ifinfomsg` and `struct ifaddrmsg`.
const LINK_HEADER: usize = 16;
const ADDRESS_HEADER: usize = 8;

/// The bonding modes, by number.
const BOND_MODES: [&str; 7] = [
    "balance-rr",
    "active-backup",
    "balance-xor",
    "broadcast",
    "802.3ad",
    "balance-tlb",
    "balance-alb",
];

/// The operational states of RFC 2863, by number.
const OPERSTATES: [&str; 7] =
    ["UNKNOWN", "NOTPRESENT", "DOWN", "LOWERLAYERDOWN", "TESTING", "DORMANT", "UP"];

/// Names of hardware types (`ARPHRD_…`), as iproute2 prints them.
const LINK_TYPES: &[(u16, &str)] = &[
    (1, "ether"),
    (32, "infiniband"),
    (512, "ppp"),
    (768, "ipip"),
    (769, "tunnel6"),
    (772, "loopback"),
    (776, "sit"),
    (778, "gre"),
    (801, "ieee802.11"),
    (823, "gre6"),
    (0xfffe, "none"),
    (0xffff, "void"),
];

/// Asks the kernel for the links, addresses and default routes of this network namespace.
///
/// # Errors
///
/// What the kernel says.
pub(super) fn running() -> io::Result<Running> {
    let mut socket = Socket::open()?;

    let links = socket.dump((libc::RTM_GETLINK, &[0; LINK_HEADER]), link)?;
    let addresses = socket.dump((libc::RTM_GETADDR, &[0; ADDRESS_HEADER]), address)?;
    let routes = socket.dump((libc::RTM_GETROUTE, &[0; routes::HEADER]), default_route)?;
    Ok(assemble(links, addresses, &routes))
}

/// Asks the kernel for the way to an address.
///
/// # Errors
///
/// What the kernel says, such as that it is unreachable.
pub(super) fn way(target: IpAddr) -> io::Result<Way> {
    let mut socket = Socket::open()?;
    let question = routes::question(target);
    let (source, device) = socket.get((libc::RTM_GETROUTE, &question), routes::answer)?;
    let links = socket.dump((libc::RTM_GETLINK, &[0; LINK_HEADER]), link)?;
    let device = links.into_iter().find(|row| Some(row.index) == device);
    Ok(Way { source, device: device.map(|row| row.link.name) })
}

/// Puts names in place of the kernel's numbers, and addresses to their links.
fn assemble(links: Vec<Indexed>, addresses: Vec<(u32, IpNet)>, routes: &[Vec<Hop>]) -> Running {
    let names: HashMap<u32, String> =
        links.iter().map(|row| (row.index, row.link.name.clone())).collect();
    let name = |index: Option<u32>| index.and_then(|index| names.get(&index).cloned());

    let mut by_link: HashMap<u32, Vec<IpNet>> = HashMap::new();
    for (index, cidr) in addresses {
        by_link.entry(index).or_default().push(cidr);
    }
    let links = links.into_iter().map(|row| Link {
        master: name(row.master),
        parent: name(row.parent),
        addresses: by_link.remove(&row.index).unwrap_or_default(),
        ..row.link
    });
    let gateways = routes.iter().flatten().filter_map(|hop| {
        Some(Gateway { address: hop.gateway?, device: name(hop.device)?, metric: hop.metric })
    });
    Running::new(links.collect(), Some(gateways.collect()))
}

/// A link that still refers to others by number.
struct Indexed {
    index: u32,
    master: Option<u32>,
    parent: Option<u32>,
    link: Link,
}

/// Reads an `RTM_NEWLINK`.
fn link(payload: &[u8]) -> Option<Indexed> {
    let hardware = u16_at(payload, 2)?;
    let flags = u32_at(payload, 8)?;
    let mut row = Indexed {
        index: u32_at(payload, 4)?,
        master: None,
        parent: None,
        link: Link {
            link_type: Some(link_type(hardware)),
            is_up: flags & libc::IFF_UP as u32 != 0,
            ..Link::default()
        },
    };
    let mut is_parent_elsewhere = false;
    for (kind, value) in attributes(payload.get(LINK_HEADER..)?) {
        match kind {
            libc::IFLA_IFNAME => row.link.name = text(value),
            libc::IFLA_MTU => row.link.mtu = u32_at(value, 0),
            libc::IFLA_ADDRESS => row.link.mac = mac(value),
            libc::IFLA_OPERSTATE => row.link.operstate = row_of(&OPERSTATES, value),
            libc::IFLA_MASTER => row.master = u32_at(value, 0),
            libc::IFLA_LINK => row.parent = u32_at(value, 0),
            libc::IFLA_LINK_NETNSID => is_parent_elsewhere = true,
            libc::IFLA_PROP_LIST => row.link.altnames = altnames(value),
            libc::IFLA_LINKINFO => link_info(value, &mut row.link),
            _ => {}
        }
    }
    if is_parent_elsewhere {
        row.parent = None; // its number counts in another namespace
    }
    (!row.link.name.is_empty()).then_some(row)
}

fn altnames(list: &[u8]) -> Vec<String> {
    let names = attributes(list).filter(|(kind, _)| *kind == libc::IFLA_ALT_IFNAME);
    names.map(|(_, value)| text(value)).collect()
}

/// Reads an `IFLA_LINKINFO`: the kind, and what is particular to it.
fn link_info(value: &[u8], link: &mut Link) {
    let find = |wanted| attributes(value).find(|(kind, _)| *kind == wanted).map(|(_, value)| value);
    let Some(kind) = find(libc::IFLA_INFO_KIND).map(text) else {
        return;
    };
    let details = find(libc::IFLA_INFO_DATA).unwrap_or_default();
    let detail = |wanted| attributes(details).find(|(kind, _)| *kind == wanted).map(|(_, v)| v);

    match kind.as_str() {
        "vlan" => {
            let id = detail(IFLA_VLAN_ID).and_then(|value| u16_at(value, 0));
            let protocol = detail(IFLA_VLAN_PROTOCOL).and_then(|value| u16_at(value, 0));
            link.vlan = id.map(|id| Vlan { id, protocol: ethertype(protocol) });
        }
        "bond" => {
            link.bond_mode = detail(IFLA_BOND_MODE).and_then(|value| row_of(&BOND_MODES, value));
        }
        "bridge" => {
            let filtering = detail(IFLA_BR_VLAN_FILTERING).and_then(|value| value.first());
            link.is_vlan_aware = filtering.map(|&byte| byte != 0);
        }
        "vxlan" => link.vxlan_id = detail(IFLA_VXLAN_ID).and_then(|value| u32_at(value, 0)),
        _ => {}
    }
    link.kind = Some(kind);
}

fn ethertype(protocol: Option<u16>) -> Option<String> {
    match u16::from_be(protocol?) {
        0x8100 => Some("802.1Q".into()),
        0x88a8 => Some("802.1ad".into()),
        other => Some(format!("{other:#06x}")),
    }
}

fn link_type(hardware: u16) -> String {
    let row = LINK_TYPES.iter().find(|(number, _)| *number == hardware);
    row.map_or_else(|| format!("[{hardware}]"), |(_, name)| (*name).into())
}

/// Reads an `RTM_NEWADDR`: the number of the link and the address on it.
fn address(payload: &[u8]) -> Option<(u32, IpNet)> {
    let prefix = *payload.get(1)?;
    let index = u32_at(payload, 4)?;
    let (mut local, mut peer) = (None, None);
    for (kind, value) in attributes(payload.get(ADDRESS_HEADER..)?) {
        match kind {
            libc::IFA_LOCAL => local = ip(value),
            libc::IFA_ADDRESS => peer = ip(value), // the only one of an IPv6 address
            _ => {}
        }
    }
    Some((index, IpNet::new(local.or(peer)?, prefix).ok()?))
}

fn row_of(table: &[&str], value: &[u8]) -> Option<String> {
    let row = table.get(usize::from(*value.first()?))?;
    Some((*row).into())
}

fn text(value: &[u8]) -> String {
    let end = value.iter().position(|&byte| byte == 0).unwrap_or(value.len());
    String::from_utf8_lossy(&value[..end]).into_owned()
}

fn mac(value: &[u8]) -> Option<String> {
    let octets: Vec<String> = value.iter().map(|octet| format!("{octet:02x}")).collect();
    (!octets.is_empty()).then(|| octets.join(":"))
}

#[cfg(test)]
mod tests {
    use super::super::{netlink, recorded};
    use super::*;
    use std::fs;

    /// Everything `read` makes of the messages of a recorded dump.
    fn decode<T>(name: &str, read: impl Fn(&[u8]) -> Option<T>) -> Vec<T> {
        let bytes = fs::read(format!("fixtures/netlink/ports-and-routes/{name}")).unwrap();
        netlink::messages(&bytes).filter_map(|message| read(message.unwrap().payload)).collect()
    }

    #[test]
    #[cfg(target_endian = "little")]
    fn decodes_as_iproute2_does() {
        let links = decode("links.bin", link);
        let addresses = decode("addresses.bin", address);
        let decoded = assemble(links, addresses, &decode("routes.bin", default_route));

        let json = |name| fs::read(format!("fixtures/netlink/ports-and-routes/{name}")).unwrap();
        assert_eq!(decoded.links(), recorded::links(&json("links.json")).unwrap());
        assert_eq!(decoded.gateways().unwrap(), recorded::gateways(&json("routes.json")).unwrap());
    }

    /// An attribute: its header, its value, and what aligns the next one.
    fn attribute(kind: u16, value: &[u8]) -> Vec<u8> {
        let length = (4 + value.len()) as u16;
        let mut bytes = [length.to_ne_bytes(), kind.to_ne_bytes()].concat();
        bytes.extend(value);
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        bytes
    }

    /// The payload of an `RTM_NEWLINK` for an Ethernet link of that kind.
    fn link_of_kind(kind: &str, details: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0; LINK_HEADER];
        bytes[2..4].copy_from_slice(&1u16.to_ne_bytes());
        bytes.extend(attribute(libc::IFLA_IFNAME, b"x0\0"));
        let kind = attribute(libc::IFLA_INFO_KIND, format!("{kind}\0").as_bytes());
        let details = attribute(libc::IFLA_INFO_DATA, details);
        bytes.extend(attribute(libc::IFLA_LINKINFO, &[kind, details].concat()));
        bytes
    }

    #[test]
    fn decodes_what_is_particular_to_a_kind() {
        let vlan = [
            attribute(IFLA_VLAN_ID, &100u16.to_ne_bytes()),
            attribute(IFLA_VLAN_PROTOCOL, &0x88a8u16.to_be_bytes()),
        ];
        let vlan = link(&link_of_kind("vlan", &vlan.concat())).unwrap().link;
        assert_eq!(vlan.vlan, Some(Vlan { id: 100, protocol: Some("802.1ad".into()) }));
        assert_eq!(vlan.link_type.as_deref(), Some("ether"));

        for (number, name) in [(1, Some("active-backup")), (4, Some("802.3ad")), (7, None)] {
            let bond = link_of_kind("bond", &attribute(IFLA_BOND_MODE, &[number]));
            assert_eq!(link(&bond).unwrap().link.bond_mode.as_deref(), name);
        }

        let bridge = link_of_kind("bridge", &attribute(IFLA_BR_VLAN_FILTERING, &[1]));
        assert_eq!(link(&bridge).unwrap().link.is_vlan_aware, Some(true));
    }

    #[test]
    fn a_parent_in_another_namespace_has_no_name_here() {
        let mut bytes = link_of_kind("vlan", &[]);
        bytes.extend(attribute(libc::IFLA_LINK, &1u32.to_ne_bytes()));
        assert_eq!(link(&bytes).unwrap().parent, Some(1));
        bytes.extend(attribute(libc::IFLA_LINK_NETNSID, &0u32.to_ne_bytes()));
        assert_eq!(link(&bytes).unwrap().parent, None);
    }

    #[test]
    fn survives_messages_that_are_cut_off() {
        let bytes = link_of_kind("vlan", &attribute(IFLA_VLAN_ID, &7u16.to_ne_bytes()));
        for length in 0..bytes.len() {
            link(&bytes[..length]);
            address(&bytes[..length]);
            default_route(&bytes[..length]);
        }
    }

    #[test]
    fn finds_its_way_on_this_machine() {
        let way = way("127.0.0.1".parse().unwrap()).unwrap();
        assert_eq!(way.device.as_deref(), Some("lo"));
        assert_eq!(way.source, "127.0.0.1".parse().ok());
    }

    #[test]
    fn sees_the_loopback_of_this_machine() {
        let running = running().unwrap();
        let lo = running.find("lo").unwrap();
        assert_eq!(lo.link_type.as_deref(), Some("loopback"));
        assert_eq!((&lo.kind, lo.mtu), (&None, Some(65536)));
        assert!(!running.facts().links.is_empty());
    }
}
