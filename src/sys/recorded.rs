//! A recorded running state: what iproute2 printed on another machine or at another time.
//!
//! | file | made by |
//! | --- | --- |
//! | `links.json` | `ip -details -json address` |
//! | `routes.json` | `(ip -json route; ip -6 -json route)`: one or more lists, one after the other |

use super::running::{Gateway, Link, Vlan};
use super::way::Route;
use ipnet::IpNet;
use serde::Deserialize;
use std::net::IpAddr;

/// The types of routes that lead nowhere.
const REFUSED: [&str; 3] = ["blackhole", "prohibit", "unreachable"];

/// Reads what `ip -details -json address` (or `link`, which has no addresses) printed.
///
/// # Errors
///
/// Where the text is not JSON, or not of that shape.
pub(super) fn links(json: &[u8]) -> serde_json::Result<Vec<Link>> {
    let rows: Vec<LinkRow> = serde_json::from_slice(json)?;
    Ok(rows.into_iter().filter_map(LinkRow::into_link).collect())
}

/// Reads what `ip -json route` printed, once or several times.
///
/// # Errors
///
/// Where the text is not JSON, or not of that shape.
pub(super) fn gateways(json: &[u8]) -> serde_json::Result<Vec<Gateway>> {
    let mut gateways = Vec::new();
    for routes in serde_json::Deserializer::from_slice(json).into_iter::<Vec<RouteRow>>() {
        let defaults = routes?.into_iter().filter(|row| row.dst.as_deref() == Some("default"));
        gateways.extend(defaults.flat_map(RouteRow::into_gateways));
    }
    Ok(gateways)
}

/// Reads all routes, from the same text as [`gateways`].
///
/// # Errors
///
/// As for [`gateways`].
pub(super) fn routes(json: &[u8]) -> serde_json::Result<Vec<Route>> {
    let mut routes = Vec::new();
    for rows in serde_json::Deserializer::from_slice(json).into_iter::<Vec<RouteRow>>() {
        let rows = rows?;
        // A list that has an IPv6 address anywhere is one of IPv6: of `default` it is not to be seen.
        let is_ipv6 = rows.iter().any(RouteRow::is_ipv6);
        routes.extend(rows.into_iter().filter_map(|row| row.into_route(is_ipv6)));
    }
    Ok(routes)
}

#[derive(Deserialize)]
struct LinkRow {
    ifname: Option<String>, // iproute2 prints {} for a link that it left out
    #[serde(default)]
    altnames: Vec<String>,
    link_type: Option<String>,
    #[serde(default)]
    flags: Vec<String>,
    operstate: Option<String>,
    mtu: Option<u32>,
    address: Option<String>,
    master: Option<String>,
    link: Option<String>,
    #[serde(default)]
    linkinfo: LinkInfo,
    #[serde(default)]
    addr_info: Vec<AddressRow>,
}

#[derive(Default, Deserialize)]
struct LinkInfo {
    info_kind: Option<String>,
    #[serde(default)]
    info_data: InfoData,
}

/// `id` belongs to a VLAN or a VXLAN, `mode` to a bond or other kinds.
#[derive(Default, Deserialize)]
struct InfoData {
    id: Option<u32>,
    protocol: Option<String>,
    mode: Option<String>,
    vlan_filtering: Option<u8>,
}

#[derive(Deserialize)]
struct AddressRow {
    local: Option<IpAddr>,
    prefixlen: Option<u8>,
}

impl LinkRow {
    fn into_link(self) -> Option<Link> {
        let InfoData { id, protocol, mode, vlan_filtering } = self.linkinfo.info_data;
        let kind = self.linkinfo.info_kind;
        let is_a = |name| kind.as_deref() == Some(name);
        let vlan_id = id.filter(|_| is_a("vlan")).and_then(|id| id.try_into().ok());
        let addresses = self.addr_info.iter().filter_map(AddressRow::cidr).collect();
        Some(Link {
            name: self.ifname?,
            altnames: self.altnames,
            link_type: self.link_type,
            is_up: self.flags.iter().any(|flag| flag == "UP"),
            operstate: self.operstate,
            mtu: self.mtu,
            mac: self.address,
            master: self.master,
            parent: self.link,
            vlan: vlan_id.map(|id| Vlan { id, protocol }),
            vxlan_id: id.filter(|_| is_a("vxlan")),
            bond_mode: mode.filter(|_| is_a("bond")),
            is_vlan_aware: vlan_filtering.map(|value| value != 0),
            addresses,
            kind,
        })
    }
}

impl AddressRow {
    fn cidr(&self) -> Option<IpNet> {
        IpNet::new(self.local?, self.prefixlen?).ok()
    }
}

#[derive(Deserialize)]
struct RouteRow {
    dst: Option<String>,
    metric: Option<u32>,
    prefsrc: Option<IpAddr>,
    #[serde(rename = "type")]
    kind: Option<String>,
    #[serde(flatten)]
    way: Way,
    #[serde(default)]
    nexthops: Vec<Way>,
}

#[derive(Deserialize)]
struct Way {
    gateway: Option<IpAddr>,
    via: Option<Via>,
    dev: Option<String>,
}

#[derive(Deserialize)]
struct Via {
    host: IpAddr,
}

impl Way {
    fn router(&self) -> Option<IpAddr> {
        self.gateway.or(self.via.as_ref().map(|via| via.host))
    }
}

impl RouteRow {
    fn is_ipv6(&self) -> bool {
        let mut ways = std::iter::once(&self.way).chain(&self.nexthops);
        ways.any(|way| way.router().is_some_and(|router| router.is_ipv6()))
            || self.dst.as_deref().is_some_and(|dst| dst.contains(':'))
    }

    fn into_route(self, is_ipv6: bool) -> Option<Route> {
        let everywhere = if is_ipv6 { "::/0" } else { "0.0.0.0/0" };
        let destination = match self.dst?.as_str() {
            "default" => everywhere.parse(),
            // iproute2 leaves out the prefix of a single address.
            dst => dst.parse().or_else(|e| dst.parse::<IpAddr>().map(IpNet::from).map_err(|_| e)),
        };
        let way = std::iter::once(self.way).chain(self.nexthops).find(|way| way.dev.is_some())?;
        Some(Route {
            destination: destination.ok()?,
            source: self.prefsrc,
            gateway: way.router(),
            device: way.dev,
            metric: self.metric.unwrap_or(0),
            is_refused: self.kind.is_some_and(|kind| REFUSED.contains(&kind.as_str())),
        })
    }

    fn into_gateways(self) -> impl Iterator<Item = Gateway> {
        let metric = self.metric;
        let ways = std::iter::once(self.way).chain(self.nexthops);
        ways.filter_map(move |way| {
            Some(Gateway { address: way.router()?, device: way.dev?, metric })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_links() {
        let json = br#"[{"ifname":"lo","flags":["LOOPBACK","UP"],"link_type":"loopback","mtu":65536,
              "addr_info":[{"family":"inet","local":"127.0.0.1","prefixlen":8},{}]},
            {},
            {"ifname":"vlan7","link":"eno1","flags":[],"link_type":"ether","address":"02:00:00:00:00:01",
              "altnames":["x7"],"master":"vmbr0","operstate":"DOWN","linkinfo":{"info_kind":"vlan",
              "info_data":{"protocol":"802.1ad","id":7,"flags":["REORDER_HDR"]},
              "info_slave_kind":"bridge","info_slave_data":{"state":"forwarding"}}},
            {"ifname":"vxlan7","linkinfo":{"info_kind":"vxlan","info_data":{"id":70000,"link":"lo"}}},
            {"ifname":"bond0","linkinfo":{"info_kind":"bond","info_data":{"mode":"802.3ad"}}},
            {"ifname":"mv0","linkinfo":{"info_kind":"macvlan","info_data":{"mode":"bridge"}}},
            {"ifname":"vmbr0","linkinfo":{"info_kind":"bridge","info_data":{"vlan_filtering":1}}}]"#;
        let links = links(json).unwrap();
        let names: Vec<_> = links.iter().map(|link| link.name.as_str()).collect();
        assert_eq!(names, ["lo", "vlan7", "vxlan7", "bond0", "mv0", "vmbr0"]);
        assert!(links[0].is_up && links[0].kind.is_none());
        assert_eq!(links[0].addresses, ["127.0.0.1/8".parse().unwrap()]);
        assert_eq!(
            links[1],
            Link {
                name: "vlan7".into(),
                altnames: vec!["x7".into()],
                link_type: Some("ether".into()),
                kind: Some("vlan".into()),
                operstate: Some("DOWN".into()),
                mac: Some("02:00:00:00:00:01".into()),
                master: Some("vmbr0".into()),
                parent: Some("eno1".into()),
                vlan: Some(Vlan { id: 7, protocol: Some("802.1ad".into()) }),
                ..Link::default()
            }
        );
        assert_eq!((links[2].vxlan_id, &links[2].vlan), (Some(70000), &None));
        assert_eq!(links[3].bond_mode.as_deref(), Some("802.3ad"));
        assert_eq!(links[4].bond_mode, None);
        assert_eq!(links[5].is_vlan_aware, Some(true));
    }

    #[test]
    fn reads_routes() {
        let json = br#"[{"dst":"default","gateway":"192.0.2.1","dev":"vmbr0","flags":[]},
              {"dst":"192.0.2.0/24","dev":"vmbr0"}]
            [{"dst":"default","metric":1024,"nexthops":[{"gateway":"fe80::1","dev":"eno1"},
              {"via":{"family":"inet6","host":"fe80::2"},"dev":"eno2"}]}, {"dst":"default","dev":"ppp0"}]"#;
        let gateways: Vec<_> = gateways(json)
            .unwrap()
            .iter()
            .map(|gateway| format!("{} {} {:?}", gateway.address, gateway.device, gateway.metric))
            .collect();
        let expected =
            ["192.0.2.1 vmbr0 None", "fe80::1 eno1 Some(1024)", "fe80::2 eno2 Some(1024)"];
        assert_eq!(gateways, expected);

        let routes: Vec<_> = routes(json)
            .unwrap()
            .iter()
            .map(|route| format!("{} {}", route.destination, route.device.as_deref().unwrap()))
            .collect();
        let expected = ["0.0.0.0/0 vmbr0", "192.0.2.0/24 vmbr0", "::/0 eno1", "::/0 ppp0"];
        assert_eq!(routes, expected);
    }

    #[test]
    fn refuses_what_is_not_that() {
        for json in ["", "{", "{\"ifname\":\"lo\"}", "[1]", "[{\"ifname\":1}]", "[{\"mtu\":-1}]"] {
            assert!(links(json.as_bytes()).is_err(), "{json}");
        }
        for json in ["[", "{}", "[{\"dst\":\"default\",\"gateway\":\"nowhere\"}]"] {
            assert!(gateways(json.as_bytes()).is_err(), "{json}");
        }
    }
}
