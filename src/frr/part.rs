//! What controllers, zones and vnets ask of FRR, before a profile gives it a form.
//!
//! Values are the texts of the running config: which of them are refused depends on the profile.

use std::borrow::Cow;

/// What one controller, zone or vnet adds to the configuration of FRR.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part<'a> {
    /// An EVPN controller.
    Evpn(Evpn<'a>),
    /// A zone of an EVPN controller.
    EvpnZone(EvpnZone<'a>),
    /// The routes into a zone for the subnets of one of its vnets, on an exit node.
    VnetRoutes(VnetRoutes<'a>),
    /// A BGP controller of this node.
    Bgp(Bgp<'a>),
    /// An IS-IS controller of this node.
    Isis(Isis<'a>),
}

/// The neighbors between which the VTEPs of all zones are announced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evpn<'a> {
    /// Number of the autonomous system of this node.
    pub asn: Cow<'a, str>,
    /// Id of the router.
    pub router_id: Cow<'a, str>,
    /// True if the neighbors are in other autonomous systems.
    pub is_ebgp: bool,
    /// The interface whose address connections to the neighbors come from.
    pub loopback: Option<Cow<'a, str>>,
    /// Addresses of the other nodes.
    pub peers: Vec<Cow<'a, str>>,
    /// The autonomous system of which the route targets are made, if it is not this node's.
    pub autort_as: Option<Cow<'a, str>>,
}

/// The VRF of a zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EvpnZone<'a> {
    /// Id of the zone.
    pub zone: &'a str,
    /// Number of the autonomous system of this node.
    pub asn: Cow<'a, str>,
    /// Id of the router.
    pub router_id: Cow<'a, str>,
    /// The VXLAN of the VRF.
    pub vni: Cow<'a, str>,
    /// As in [`Evpn`].
    pub autort_as: Option<Cow<'a, str>>,
    /// What this node does as one of the zone's exit nodes.
    pub exit: Option<Exit<'a>>,
    /// True if the subnets are announced; without effect on an exit node.
    pub advertises_subnets: bool,
    /// Further route targets to import.
    pub rt_import: Vec<Cow<'a, str>>,
}

/// What an exit node does for a zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exit<'a> {
    /// Networks of other zones, which guests must not reach through this node: address, prefix.
    pub null_routes: Vec<(&'a str, &'a str)>,
    /// True if no other node is to be preferred.
    pub is_primary: bool,
    /// True if this node itself reaches the guests, by a pair of interfaces.
    pub has_local_routing: bool,
}

/// Routes from an exit node into a zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VnetRoutes<'a> {
    /// Id of the zone.
    pub zone: &'a str,
    /// The subnets of one vnet: address, prefix.
    pub subnets: Vec<(&'a str, &'a str)>,
}

/// The neighbors with which a node exchanges routes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bgp<'a> {
    /// Number of the autonomous system of this node.
    pub asn: Cow<'a, str>,
    /// Id of the router.
    pub router_id: Cow<'a, str>,
    /// Address of this node; empty if it has none.
    pub address: Cow<'a, str>,
    /// True if the neighbors are in other autonomous systems.
    pub is_ebgp: bool,
    /// How many hops the neighbors may be away.
    pub ebgp_multihop: Option<Cow<'a, str>>,
    /// The interface that has the address.
    pub loopback: Option<Cow<'a, str>>,
    /// True if paths of equal length are equal whatever systems they lead through.
    pub has_relaxed_multipath: bool,
    /// Addresses of the neighbors.
    pub peers: Vec<Cow<'a, str>>,
}

/// An IS-IS domain of which a node is part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Isis<'a> {
    /// Its name.
    pub domain: Cow<'a, str>,
    /// Network entity title of the node.
    pub net: Cow<'a, str>,
    /// The interfaces on which IS-IS runs.
    pub interfaces: Vec<Cow<'a, str>>,
}
