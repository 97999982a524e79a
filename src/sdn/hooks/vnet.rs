//! Changes of vnets, as far as their subnets are concerned.

use super::wrong;
use crate::error::Result;
use crate::perl::Hash;

/// Checks a vnet that is made or changed.
///
/// # Errors
///
/// [`Error::Param`](crate::error::Error::Param) for one that passes VLANs through, and has subnets.
///
/// Source: `PVE::Network::SDN::VnetPlugin::on_update_hook`.
pub fn on_update(vnet: &Hash, has_subnets: bool) -> Result<()> {
    if vnet.is_true("vlanaware") && has_subnets {
        return Err(wrong("vlanaware", "vlanaware vnet is not compatible with subnets"));
    }
    Ok(())
}

/// Checks a vnet that is deleted.
///
/// # Errors
///
/// [`Error::Param`](crate::error::Error::Param) for one that has subnets.
///
/// Source: `PVE::Network::SDN::VnetPlugin::on_delete_hook`.
pub fn on_delete(has_subnets: bool) -> Result<()> {
    if has_subnets {
        return Err(wrong("vnet", "Can't delete vnet if subnets exists"));
    }
    Ok(())
}
