//! The configuration of FRR as a tree, for pve-network 1.3.

use super::net::Net;
use crate::addr::Cidr;
use crate::sdn::fabric::Area;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::{IpAddr, Ipv4Addr};

/// Lines that a person wrote, printed as they are.
pub type Lines<'a> = Vec<Cow<'a, str>>;

/// Things by name, in the order in which they are printed.
pub type ByName<'a, T> = BTreeMap<Cow<'a, str>, T>;

/// The configuration of FRR.
///
/// # Design
///
/// The fields are in the order of the text, and hold only what the text says: every value is
/// valid, so that printing cannot fail.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Config<'a> {
    /// Virtual routing tables.
    pub vrfs: ByName<'a, Vrf<'a>>,
    /// BGP routers by their VRF; `default` is the one of no VRF.
    pub bgp: ByName<'a, BgpRouter<'a>>,
    /// IS-IS routers, by domain.
    pub isis: ByName<'a, IsisRouter<'a>>,
    /// Interfaces on which IS-IS runs.
    pub isis_interfaces: ByName<'a, IsisInterface<'a>>,
    /// Lists of networks.
    pub prefix_lists: ByName<'a, PrefixRule>,
    /// Whole blocks of frr.conf.local.
    pub custom: Lines<'a>,
    /// OpenFabric routers, by fabric.
    pub openfabric: ByName<'a, Net>,
    /// Interfaces on which OpenFabric runs.
    pub openfabric_interfaces: ByName<'a, OpenfabricInterface<'a>>,
    /// Id of the OSPF router.
    pub ospf: Option<Ipv4Addr>,
    /// Interfaces on which OSPF runs.
    pub ospf_interfaces: ByName<'a, OspfInterface>,
    /// The network that each access list permits.
    pub access_lists: ByName<'a, Cidr>,
    /// What is done with routes that are learned or announced.
    pub route_maps: ByName<'a, Vec<RouteMapEntry<'a>>>,
    /// Static routes.
    pub routes: Vec<Route>,
    /// The route maps of whole protocols.
    pub protocol_maps: ByName<'a, ProtocolMaps>,
}

/// A virtual routing table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Vrf<'a> {
    /// Its VXLAN.
    pub vni: u32,
    /// Static routes in it.
    pub routes: Vec<Route>,
    /// Further lines.
    pub custom: Lines<'a>,
}

/// A BGP router.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BgpRouter<'a> {
    /// Number of its autonomous system.
    pub asn: u32,
    /// Its id.
    pub router_id: Ipv4Addr,
    /// Options without a value, in the order of [`BgpOption`].
    pub options: BTreeSet<BgpOption>,
    /// Groups of neighbors, by first use.
    pub groups: Vec<NeighborGroup<'a>>,
    /// Further lines.
    pub custom: Lines<'a>,
    /// IPv4 routes.
    pub ipv4: Option<Unicast<'a>>,
    /// IPv6 routes.
    pub ipv6: Option<Unicast<'a>>,
    /// Routes of guests.
    pub evpn: Option<EvpnFamily<'a>>,
}

/// An option of a BGP router, in the order in which they are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum BgpOption {
    /// No hard resets by administrators.
    NoHardAdministrativeReset,
    /// IPv4 is not activated by itself.
    NoDefaultIpv4Unicast,
    /// Updates are sent one second after a change.
    Coalesce,
    /// No notification of graceful restarts.
    NoGracefulRestartNotification,
    /// Neighbors need not be on a connected network.
    NoConnectedCheck,
    /// Paths of equal length are equal.
    RelaxedMultipath,
}

impl BgpOption {
    /// The line.
    pub(super) fn text(self) -> &'static str {
        match self {
            BgpOption::NoHardAdministrativeReset => "no bgp hard-administrative-reset",
            BgpOption::NoDefaultIpv4Unicast => "no bgp default ipv4-unicast",
            BgpOption::Coalesce => "coalesce-time 1000",
            BgpOption::NoGracefulRestartNotification => "no bgp graceful-restart notification",
            BgpOption::NoConnectedCheck => "bgp disable-ebgp-connected-route-check",
            BgpOption::RelaxedMultipath => "bgp bestpath as-path multipath-relax",
        }
    }
}

/// Neighbors with the same settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NeighborGroup<'a> {
    /// Name of the group.
    pub name: &'static str,
    /// The autonomous system they are in.
    pub remote_as: RemoteAs,
    /// How many hops they may be away; 0 for no such line.
    pub ebgp_multihop: u8,
    /// The interface whose address connections come from.
    pub update_source: Option<Cow<'a, str>>,
    /// Their addresses.
    pub addresses: Vec<IpAddr>,
}

/// The autonomous system of a neighbor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RemoteAs {
    /// Any other than our own.
    External,
    /// This one.
    Asn(u32),
}

impl fmt::Display for RemoteAs {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            RemoteAs::External => f.write_str("external"),
            RemoteAs::Asn(asn) => asn.fmt(f),
        }
    }
}

/// Routes of one IP version.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Unicast<'a> {
    /// Networks that are announced.
    pub networks: Vec<Cidr>,
    /// VRFs whose routes are taken over.
    pub import_vrf: Vec<Cow<'a, str>>,
    /// True if the group `BGP` takes part.
    pub has_bgp_group: bool,
    /// True if connected networks are announced.
    pub redistributes_connected: bool,
    /// Further lines.
    pub custom: Lines<'a>,
}

/// Routes of guests.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EvpnFamily<'a> {
    /// True if the group `VTEP` takes part, and every VNI of the node is announced.
    pub has_vtep_group: bool,
    /// The autonomous system of which route targets are made.
    pub autort_as: Option<u32>,
    /// True if the node announces itself as the way out.
    pub is_default_originate: bool,
    /// True if the networks of the VRF are announced.
    pub advertises_unicast: bool,
    /// Route targets that are imported.
    pub import: Vec<Cow<'a, str>>,
    /// Route targets that are exported.
    pub export: Vec<Cow<'a, str>>,
    /// Further lines.
    pub custom: Lines<'a>,
}

/// An IS-IS router.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IsisRouter<'a> {
    /// Its title.
    pub net: Net,
    /// Further lines.
    pub custom: Lines<'a>,
}

/// An interface on which IS-IS runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IsisInterface<'a> {
    /// The domain.
    pub domain: Cow<'a, str>,
    /// Further lines.
    pub custom: Lines<'a>,
}

/// The one rule of a prefix list: it permits all networks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PrefixRule {
    /// True for a list of IPv6 networks.
    pub is_ipv6: bool,
    /// Number of the rule.
    pub seq: u32,
    /// Longest prefix that is permitted; without it, only the default route is.
    pub le: Option<u8>,
}

/// An interface on which OpenFabric runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenfabricInterface<'a> {
    /// The fabric.
    pub fabric: Cow<'a, str>,
    /// True if it carries IPv4.
    pub is_ipv4: bool,
    /// True if it carries IPv6.
    pub is_ipv6: bool,
    /// True if no neighbors are looked for.
    pub is_passive: bool,
    /// Seconds between two hello packets.
    pub hello_interval: Option<u16>,
    /// How many hello packets may be missed.
    pub hello_multiplier: Option<u16>,
    /// Seconds between two packets of complete sequence numbers.
    pub csnp_interval: Option<u16>,
}

/// An interface on which OSPF runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OspfInterface {
    /// The area, as it was written.
    pub area: Area,
    /// True if no neighbors are looked for.
    pub is_passive: bool,
    /// True if there is one neighbor only.
    pub is_point_to_point: bool,
}

/// One entry of a route map.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RouteMapEntry<'a> {
    /// Its number.
    pub seq: u32,
    /// False if the routes that match are dropped.
    pub is_permit: bool,
    /// Which routes match; without it, all do.
    pub matches: Option<Match<'a>>,
    /// What is changed.
    pub set: Option<Set>,
}

/// Which routes match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Match<'a> {
    /// True for IPv6 routes.
    pub is_ipv6: bool,
    /// True if the list is a prefix list, false if it is an access list.
    pub is_prefix_list: bool,
    /// Name of the list.
    pub list: Cow<'a, str>,
}

/// What is changed in a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Set {
    /// The source address of what is sent along it.
    Src(IpAddr),
    /// Its metric.
    Metric(u32),
}

/// A static route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// True if it is one for IPv6, as `Net::IP` sees the destination.
    pub is_ipv6: bool,
    /// The destination.
    pub destination: Cidr,
    /// Where it leads.
    pub via: Via,
}

/// Where a static route leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Via {
    /// Nowhere.
    Null,
    /// Into a zone, through the pair of interfaces of which this is one.
    Pair(String),
}

impl Via {
    /// The address at the other end of the pair of interfaces.
    pub(super) fn gateway(is_ipv6: bool) -> &'static str {
        if is_ipv6 { "fe80::2" } else { "10.255.255.2" }
    }
}

/// The route maps of a protocol.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ProtocolMaps {
    /// The one for IPv4 routes.
    pub ipv4: Option<&'static str>,
    /// The one for IPv6 routes.
    pub ipv6: Option<&'static str>,
}
