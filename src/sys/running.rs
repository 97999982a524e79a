//! The running state of a node's network: plain values, whoever observed them.

use crate::host;
use ipnet::IpNet;
use serde::Serialize;
use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};
use std::net::IpAddr;

/// Links and default routes of a node at one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Running {
    links: Vec<Link>,
    gateways: Option<Vec<Gateway>>,
    names: HashMap<String, usize>,
    other_names: HashMap<String, usize>,
}

/// One link.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Link {
    /// Its name.
    pub name: String,
    /// Its other names.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub altnames: Vec<String>,
    /// `ether`, `loopback`, `none`, …
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link_type: Option<String>,
    /// `bridge`, `bond`, `vlan`, …; physical links have none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// True if it is set up (`IFF_UP`), whether or not it has a carrier.
    #[serde(rename = "up")]
    pub is_up: bool,
    /// `UP`, `DOWN`, `LOWERLAYERDOWN`, `UNKNOWN`, …
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operstate: Option<String>,
    /// Largest packet in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mtu: Option<u32>,
    /// Hardware address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mac: Option<String>,
    /// The bridge or bond it is a port of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub master: Option<String>,
    /// The link it is made on: a VLAN's raw device.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    /// What a VLAN adds to a packet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vlan: Option<Vlan>,
    /// The VNI of a VXLAN.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vxlan_id: Option<u32>,
    /// The mode of a bond, by name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bond_mode: Option<String>,
    /// Whether a bridge tells VLANs apart.
    #[serde(rename = "vlan_aware", skip_serializing_if = "Option::is_none")]
    pub is_vlan_aware: Option<bool>,
    /// Its addresses with their prefix lengths.
    pub addresses: Vec<IpNet>,
}

/// The tag of a VLAN.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Vlan {
    /// The VLAN id.
    pub id: u16,
    /// `802.1Q` or `802.1ad`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub protocol: Option<String>,
}

/// One way of a default route.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Gateway {
    /// The router.
    pub address: IpAddr,
    /// The link to it.
    pub device: String,
    /// Its preference; smaller is better.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metric: Option<u32>,
}

impl Running {
    /// The state of a node with these links and default routes; `None` if those are not known.
    pub fn new(links: Vec<Link>, gateways: Option<Vec<Gateway>>) -> Self {
        let mut running = Running { gateways, ..Running::default() };
        for (at, link) in links.iter().enumerate() {
            running.names.insert(link.name.clone(), at);
            running.other_names.extend(link.altnames.iter().map(|altname| (altname.clone(), at)));
        }
        Running { links, ..running }
    }

    /// Every link, in the kernel's order.
    pub fn links(&self) -> &[Link] {
        &self.links
    }

    /// The ways of the default routes; `None` if they are not known.
    pub fn gateways(&self) -> Option<&[Gateway]> {
        self.gateways.as_deref()
    }

    /// The link of that name or other name.
    pub fn find(&self, name: &str) -> Option<&Link> {
        let at = self.names.get(name).or_else(|| self.other_names.get(name))?;
        self.links.get(*at)
    }

    /// The link that has that for another name.
    pub fn find_by_other_name(&self, name: &str) -> Option<&Link> {
        self.links.get(*self.other_names.get(name)?)
    }

    /// The names that the link of that name or other name has besides, sorted.
    ///
    /// Source: `PVE::API2::Network::extract_altnames`.
    pub fn other_names_of<'a>(&'a self, name: &str) -> BTreeSet<&'a str> {
        let link = self.find_by_other_name(name).or_else(|| self.find(name));
        let names = link.into_iter().flat_map(|link| link.altnames.iter().chain([&link.name]));
        names.map(String::as_str).filter(|other| *other != name).collect()
    }

    /// The names of the ports of a bridge or the slaves of a bond.
    pub fn ports_of<'a>(&'a self, master: &'a str) -> impl Iterator<Item = &'a str> {
        let ports = self.links.iter().filter(move |link| link.master.as_deref() == Some(master));
        ports.map(|link| link.name.as_str())
    }

    /// What the reader of `/etc/network/interfaces` has to know of it.
    ///
    /// Source: `PVE::IPRoute2::ip_link_details`,
    /// `PVE::ProcFSTools::get_active_network_interfaces`.
    pub fn facts(&self) -> host::Facts<'_> {
        let active = self.links.iter().filter(|link| link.is_up);
        host::Facts {
            links: self.links.iter().map(Link::facts).collect(),
            active: active.map(|link| Cow::from(&link.name)).collect(),
        }
    }
}

impl Link {
    /// True if it is set up, but nothing is connected to it.
    pub fn has_no_carrier(&self) -> bool {
        self.is_up && matches!(self.operstate.as_deref(), Some("DOWN" | "LOWERLAYERDOWN"))
    }

    fn facts(&self) -> host::Link<'_> {
        host::Link {
            name: Cow::from(&self.name),
            link_type: self.link_type.as_deref().map(Cow::from),
            info_kind: self.kind.as_deref().map(Cow::from),
            altnames: self.altnames.iter().map(Cow::from).collect(),
        }
    }
}
