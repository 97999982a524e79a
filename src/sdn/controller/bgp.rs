//! BGP controllers.

use super::Node;
use crate::error::Result;
use crate::frr::Bgp;
use crate::perl::Hash;
use crate::sdn::split_list;

/// What a controller needs; `None` if it is one of another node, or not complete.
///
/// Source: `PVE::Network::SDN::Controllers::BgpPlugin::generate_frr_config`.
pub(super) fn router<'c>(
    controller: &'c Hash<'c>,
    node: &mut Node<'c, '_>,
) -> Result<Option<Bgp<'c>>> {
    let Some(asn) = node.profile.asn(controller.text("asn")) else {
        return Ok(None);
    };
    if controller.text("node") != node.name {
        return Ok(None);
    }
    let peers = controller.true_text("peers").unwrap_or_default();
    let loopback = controller.true_text("loopback");
    let Some((address, router_id)) = node.address(peers.clone(), loopback.clone())? else {
        return Ok(None);
    };
    Ok(Some(Bgp {
        asn,
        router_id,
        address,
        is_ebgp: controller.is_true("ebgp"),
        ebgp_multihop: controller.true_text("ebgp-multihop"),
        loopback,
        has_relaxed_multipath: controller.is_true("bgp-multipath-as-path-relax"),
        peers: split_list(&peers).map(|peer| peer.to_owned().into()).collect(),
    }))
}
