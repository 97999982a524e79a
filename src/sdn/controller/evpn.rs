//! EVPN controllers, their zones and vnets.

use super::{Node, router_id};
use crate::error::{Error, Result};
use crate::frr::{Evpn, EvpnZone, Exit, VnetRoutes};
use crate::perl::{Hash, Value, is_true};
use crate::sdn::fabric::Fabrics;
use crate::sdn::split_list;
use crate::sdn::zone::{Local, Probe};
use std::borrow::Cow;

/// The nodes between which VTEPs are announced, and this node among them.
struct Underlay<'c> {
    /// Addresses of the nodes, in order.
    peers: Vec<Cow<'c, str>>,
    /// The interface whose address is used.
    loopback: Option<Cow<'c, str>>,
    /// The address of this node; empty if it has none.
    ip: Cow<'c, str>,
    /// The id of this node's router.
    router_id: Cow<'c, str>,
}

/// The autonomous systems of this node.
struct Systems<'c> {
    /// The one it is in, as configured.
    asn: Cow<'c, str>,
    /// True if its neighbors are in others.
    is_ebgp: bool,
    /// The one that route targets are made of, if it is not the same.
    autort_as: Option<Cow<'c, str>>,
}

/// What a controller needs; `None` if it is not complete.
///
/// Source: `PVE::Network::SDN::Controllers::EvpnPlugin::generate_frr_config`.
pub(super) fn router<'c>(
    controller: &'c Hash<'c>,
    node: &mut Node<'c, '_>,
) -> Result<Option<Evpn<'c>>> {
    let Some(underlay) = underlay(controller, node)? else {
        return Ok(None);
    };
    let systems = systems(controller, node);
    let Some(asn) = node.profile.asn(systems.asn).filter(|_| is_true(&underlay.router_id)) else {
        return Ok(None);
    };
    let Underlay { mut peers, loopback, ip, router_id } = underlay;
    peers.retain(|peer| *peer != ip);
    let Systems { is_ebgp, autort_as, .. } = systems;
    Ok(Some(Evpn { asn, router_id, is_ebgp, loopback, peers, autort_as }))
}

/// What a zone needs; `None` if it is not complete.
///
/// Source: `PVE::Network::SDN::Controllers::EvpnPlugin::generate_zone_frr_config`.
pub(super) fn zone<'c>(
    id: &'c str,
    zone: &'c Hash<'c>,
    controller: &'c Hash<'c>,
    node: &mut Node<'c, '_>,
) -> Result<Option<EvpnZone<'c>>> {
    let Some(underlay) = underlay(controller, node)? else {
        return Ok(None);
    };
    let Systems { asn, autort_as, .. } = systems(controller, node);
    let Some(vni) = zone.true_text("vrf-vxlan").filter(|_| is_true(&asn)) else {
        return Ok(None);
    };
    let rt_import = match zone.get("rt-import") {
        Some(Value::Text(list)) if is_true(list) => split_list(list).map(Cow::from).collect(),
        Some(value) if value.is_true() => value.to_text().into_iter().collect(),
        _ => Vec::new(),
    };
    Ok(Some(EvpnZone {
        zone: id,
        asn,
        router_id: underlay.router_id,
        vni,
        autort_as,
        exit: if is_exit(zone, node.name) { Some(exit(id, zone, node)?) } else { None },
        advertises_subnets: zone.is_true("advertise-subnets"),
        rt_import,
    }))
}

/// The routes to the subnets of a vnet, if this node is an exit node with local routing.
///
/// Source: `PVE::Network::SDN::Controllers::EvpnPlugin::generate_vnet_frr_config`.
pub(super) fn vnet<'c>(
    id: &str,
    zone_id: &'c str,
    zone: &Hash,
    node: &mut Node<'c, '_>,
) -> Result<Option<VnetRoutes<'c>>> {
    if !zone.is_true("exitnodes-local-routing") || !is_exit(zone, node.name) {
        return Ok(None);
    }
    let subnets = node.subnets.as_ref().map_err(Error::clone)?;
    let subnets = subnets.of(id).map(|subnet| (subnet.network, subnet.mask)).collect();
    Ok(Some(VnetRoutes { zone: zone_id, subnets }))
}

/// True if the node is one of the zone's exit nodes.
pub(super) fn is_exit(zone: &Hash, node: &str) -> bool {
    zone.hash("exitnodes").is_some_and(|nodes| nodes.is_true(node))
}

fn exit<'c>(id: &str, zone: &Hash, node: &Node<'c, '_>) -> Result<Exit<'c>> {
    let primary = zone.true_text("exitnodes-primary");
    let null_routes = node.null_routes.as_ref().map_err(Error::clone)?;
    Ok(Exit {
        null_routes: null_routes.of_others(id),
        is_primary: primary.is_none_or(|primary| primary == node.name),
        has_local_routing: zone.is_true("exitnodes-local-routing"),
    })
}

/// The node is in the autonomous system of its BGP controller, if it has one.
fn systems<'c>(controller: &'c Hash<'c>, node: &Node<'c, '_>) -> Systems<'c> {
    let asn = controller.text("asn");
    let Some(bgp) = node.bgp else {
        return Systems { asn, is_ebgp: false, autort_as: None };
    };
    let is_ebgp = asn != bgp.text("asn");
    let autort_as = Some(asn.clone()).filter(|asn| is_ebgp && is_true(asn));
    Systems { asn: bgp.true_text("asn").unwrap_or(asn), is_ebgp, autort_as }
}

/// The nodes of a controller; `None` with a warning if there are none.
fn underlay<'c>(controller: &'c Hash<'c>, node: &mut Node<'c, '_>) -> Result<Option<Underlay<'c>>> {
    // as the original: an id that controllers do not have
    let id = controller.text("id");
    if let Some(fabric) = controller.true_text("fabric") {
        return of_fabric(&fabric, &id, node);
    }
    let Some(peers) = controller.true_text("peers") else {
        node.notes
            .log_warn(format_args!("neither fabric nor peers configured for EVPN controller {id}"));
        return Ok(None);
    };
    let loopback = node.bgp.or(node.isis).and_then(|other| other.true_text("loopback"));
    let Some((ip, router_id)) = node.address(peers.clone(), loopback.clone())? else {
        return Ok(None);
    };
    let peers = match &peers {
        Cow::Borrowed(peers) => split_list(peers).map(Cow::from).collect(),
        Cow::Owned(peers) => split_list(peers).map(|peer| peer.to_owned().into()).collect(),
    };
    Ok(Some(Underlay { peers, loopback, ip, router_id }))
}

/// The nodes of a fabric; `None` if they are not known yet, or with a warning if this node has no
/// address there.
fn of_fabric<'c>(
    id: &str,
    controller: &str,
    node: &mut Node<'c, '_>,
) -> Result<Option<Underlay<'c>>> {
    if node.fabrics.is_none() {
        node.fabrics = match node.facts.ask(&Probe::Fabrics, node.notes)? {
            Some(Value::Hash(sections)) => Some(Fabrics::from_running(sections)?),
            Some(_) => return Err(Error::Request("fabrics: expected an object".into())),
            None => None,
        };
    }
    let Some(fabrics) = &node.fabrics else {
        return Ok(None);
    };
    let found = fabrics.get(id).and_then(|fabric| Ok((fabric, fabric.node(node.name)?)));
    let (fabric, own) = match found {
        Ok(found) => found,
        Err(error) => {
            let error = error.to_string();
            node.notes.log_warn(format_args!(
                "could not configure EVPN controller {controller}: {}",
                error.trim_end()
            ));
            return Ok(None);
        }
    };
    let Some(ip) = own.ip else {
        node.notes.log_warn(format_args!(
            "Node {} requires an IP in the fabric {id} to configure the EVPN controller",
            node.name
        ));
        return Ok(None);
    };
    let peers = fabric.nodes.values().filter_map(|node| node.ip);
    Ok(Some(Underlay {
        peers: peers.map(|ip| ip.to_string().into()).collect(),
        loopback: Some(fabric.dummy().into()),
        ip: ip.to_string().into(),
        router_id: ip.to_string().into(),
    }))
}

impl<'c> Node<'c, '_> {
    /// The address by which peers know this node, empty if it has none, and the id of its router;
    /// `None` if that is not known yet.
    pub(super) fn address(
        &mut self,
        peers: Cow<'c, str>,
        loopback: Option<Cow<'c, str>>,
    ) -> Result<Option<(Cow<'c, str>, Cow<'c, str>)>> {
        let probe = Probe::LocalIp { peers, iface: loopback };
        let Some(answer) = self.facts.ask(&probe, self.notes)? else {
            return Ok(None);
        };
        let local = Local::new(Some(answer))?;
        let ip = local.ip.unwrap_or_default().to_owned();
        let iface = local.iface.map(str::to_owned);
        let id = router_id(&ip, iface.as_deref(), self.profile, self.facts, self.notes)?;
        Ok(id.map(|id| (ip.into(), id.into())))
    }
}
