//! Fabrics: underlay networks that FRR routes by OpenFabric or OSPF.

mod check;
mod ifaces;
mod openfabric;
mod ospf;
mod section;
mod text;

pub use section::KINDS;

use crate::addr::Cidr;
use crate::error::{Error, Result};
use crate::frr::model::Config;
use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// The fabrics of a cluster, by id; they have passed all checks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fabrics(BTreeMap<String, Fabric>);

/// One fabric.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fabric {
    /// Up to eight letters, digits and dashes.
    pub id: String,
    /// The network of the nodes' IPv4 addresses.
    pub ip_prefix: Option<Cidr>,
    /// The network of the nodes' IPv6 addresses.
    pub ip6_prefix: Option<Cidr>,
    /// How it is routed.
    pub protocol: Protocol,
    /// The nodes that take part, by name.
    pub nodes: BTreeMap<String, Node>,
}

/// How a fabric is routed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// OpenFabric.
    Openfabric {
        /// Seconds between two hello packets.
        hello_interval: Option<u16>,
        /// Seconds between two packets of complete sequence numbers.
        csnp_interval: Option<u16>,
    },
    /// OSPF.
    Ospf {
        /// The area.
        area: Area,
    },
}

/// An area of OSPF, in the form in which it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Area {
    /// A number.
    Number(u32),
    /// A number in the form of an address.
    Address(Ipv4Addr),
}

/// A node of a fabric.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Its name.
    pub name: String,
    /// Its address in the fabric.
    pub ip: Option<Ipv4Addr>,
    /// Its IPv6 address in the fabric.
    pub ip6: Option<Ipv6Addr>,
    /// The interfaces through which it takes part.
    pub interfaces: Vec<Interface>,
}

/// An interface of a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interface {
    /// Its name.
    pub name: String,
    /// How many hello packets may be missed; OpenFabric alone has it.
    pub hello_multiplier: Option<u16>,
    /// Its address; without one, it has the node's.
    pub ip: Option<Cidr>,
    /// Its IPv6 address; OpenFabric alone has it.
    pub ip6: Option<Cidr>,
}

impl Fabrics {
    /// The fabric of that id.
    ///
    /// # Errors
    ///
    /// [`Error::Die`] if there is none, or the id is none that a fabric could have.
    pub fn get(&self, id: &str) -> Result<&Fabric> {
        section::check_fabric_id(id)?;
        self.0.get(id).ok_or_else(|| {
            Error::die(format_args!("fabric '{id}' does not exist in configuration"))
        })
    }

    /// The fabrics, by id.
    pub fn iter(&self) -> impl Iterator<Item = &Fabric> {
        self.0.values()
    }

    /// The fabrics in which a node takes part, by id.
    fn of_node(&self, node: &str) -> impl Iterator<Item = (&Fabric, &Node)> {
        self.iter().filter_map(move |fabric| Some((fabric, fabric.nodes.get(node)?)))
    }

    /// The daemons of FRR that a node runs for its fabrics, by name.
    ///
    /// Source: `PVE::RS::SDN::Fabrics::enabled_daemons`.
    pub fn daemons(&self, node: &str) -> Vec<&'static str> {
        let mut daemons: Vec<_> = self
            .of_node(node)
            .map(|(fabric, _)| match fabric.protocol {
                Protocol::Openfabric { .. } => "fabricd",
                Protocol::Ospf { .. } => "ospfd",
            })
            .collect();
        daemons.sort_unstable();
        daemons.dedup();
        daemons
    }

    /// Adds what a node needs for its fabrics to the configuration of FRR.
    pub fn add_to(&self, node: &str, config: &mut Config) {
        let mut openfabric = openfabric::Routers::default();
        let mut seq = 100;
        for (fabric, node) in self.of_node(node) {
            match fabric.protocol {
                Protocol::Openfabric { .. } => openfabric.add(fabric, node, &mut seq, config),
                Protocol::Ospf { area } => ospf::add(fabric, area, node, &mut seq, config),
            }
            for (name, network) in fabric.access_lists() {
                config.access_lists.insert(name.into(), network);
            }
        }
    }

    /// The access lists of a node's fabrics: name, and the network that is permitted.
    pub fn access_lists(&self, node: &str) -> impl Iterator<Item = (String, Cidr)> {
        self.of_node(node).flat_map(|(fabric, _)| fabric.access_lists())
    }
}

impl Fabric {
    /// The node of that name.
    ///
    /// # Errors
    ///
    /// [`Error::Die`] if it takes no part, or the name is none that a node could have.
    pub fn node(&self, name: &str) -> Result<&Node> {
        section::check_node_id(name)?;
        self.nodes.get(name).ok_or_else(|| {
            Error::die(format_args!("node '{name}' does not exist in fabric '{}'", self.id))
        })
    }

    /// The interface that carries a node's address.
    pub fn dummy(&self) -> String {
        format!("dummy_{}", self.id)
    }

    fn access_lists(&self) -> impl Iterator<Item = (String, Cidr)> {
        let name = |prefix: &Cidr| self.access_list(prefix.is_ipv6());
        [self.ip_prefix, self.ip6_prefix]
            .into_iter()
            .flatten()
            .map(move |prefix| (name(&prefix), prefix))
    }

    /// The name of the access list for one IP version.
    fn access_list(&self, is_ipv6: bool) -> String {
        let (protocol, id) = (self.protocol.name(), &self.id);
        let suffix = if is_ipv6 { "ip6s" } else { "ips" };
        format!("pve_{protocol}_{id}_{suffix}")
    }
}

impl Protocol {
    /// The name, as in the types of sections.
    pub fn name(self) -> &'static str {
        match self {
            Protocol::Openfabric { .. } => "openfabric",
            Protocol::Ospf { .. } => "ospf",
        }
    }
}

impl Node {
    /// The addresses, IPv4 first.
    fn addresses(&self) -> impl Iterator<Item = IpAddr> {
        let ip = self.ip.map(IpAddr::from);
        ip.into_iter().chain(self.ip6.map(IpAddr::from))
    }
}

impl Area {
    /// The area in the form of an address.
    fn address(self) -> Ipv4Addr {
        match self {
            Area::Number(number) => number.into(),
            Area::Address(address) => address,
        }
    }
}

impl FromStr for Area {
    type Err = &'static str;

    fn from_str(text: &str) -> std::result::Result<Self, Self::Err> {
        let address = text.parse().map(Area::Address);
        address
            .or_else(|_| text.parse().map(Area::Number))
            .map_err(|_| "Area is not a number, nor an ip address")
    }
}

impl fmt::Display for Area {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Area::Number(number) => number.fmt(f),
            Area::Address(address) => address.fmt(f),
        }
    }
}
