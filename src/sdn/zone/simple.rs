//! Simple zones: a bridge without ports, and the node as its router.

use super::gateway::{Role, add_subnets};
use super::text::{Interfaces, Lines};
use super::{Node, Vnet};
use crate::error::Result;

const ROLE: Role = Role { is_exit: true, routes_single_addresses: true };

/// Source: `PVE::Network::SDN::Zones::SimplePlugin::generate_sdn_config`.
pub(super) fn generate<'c>(
    vnet: &Vnet<'c>,
    node: &mut Node<'c, '_>,
    ifaces: &mut Interfaces,
) -> Result<()> {
    if ifaces.has(vnet.id) {
        return Ok(());
    }
    let mut lines = Lines::default();
    let families = add_subnets(&mut lines, vnet, node, ROLE)?;
    lines.add_option("hwaddress", vnet.options.true_text("mac"));
    lines.add_bridge("none", vnet.is_vlan_aware(), vnet, vnet.mtu().as_deref());
    families.add_forwarding(&mut lines);
    ifaces.insert(vnet.id, lines);
    Ok(())
}
