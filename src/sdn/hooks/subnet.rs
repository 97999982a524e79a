//! Changes of subnets, and what they mean to the IPAM.

use super::wrong;
use crate::addr::{Matcher, netip};
use crate::error::Result;
use crate::notes::Notes;
use crate::perl::{Hash, Value};
use crate::sdn::dhcp_range;
use serde::Serialize;

/// A call that the caller makes once the subnet is found right.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "call", rename_all = "snake_case")]
pub enum Step<'a> {
    /// The IPAM learns of the subnet.
    AddSubnet,
    /// The IPAM learns of the subnet's changes.
    UpdateSubnet,
    /// A gateway is registered.
    AddIp {
        /// Its address.
        ip: Value<'a>,
        /// Its name.
        hostname: String,
        /// Its MAC address, or undef.
        mac: Value<'a>,
    },
    /// The gateway of the old subnet is given back; failures are only warned of.
    DelIp {
        /// Its address.
        ip: Value<'a>,
    },
}

/// Checks a subnet that is made or changed, and says what is to be done then.
///
/// `vnet` is the vnet that the subnet names, `old` the subnet as it was.
///
/// # Errors
///
/// [`Error::Param`](crate::error::Error::Param) for a vnet that cannot have it, or for a gateway
/// or a range outside of it; [`Error::Unsupported`](crate::error::Error::Unsupported) if it is no
/// network.
///
/// Source: `PVE::Network::SDN::SubnetPlugin::on_update_hook`.
pub fn on_update<'a>(
    zone: &Hash<'a>,
    subnet: &Hash<'a>,
    old: Option<&Hash<'a>>,
    vnet: Option<&Hash<'a>>,
    notes: &mut Notes,
) -> Result<Vec<Step<'a>>> {
    let cidr = subnet.text("cidr");
    let matcher = Matcher::new(&cidr);
    let vnet_id = subnet.text("vnet");
    let mut mac = Value::Undef;
    if subnet.is_true("vnet") {
        let Some(vnet) = vnet else {
            return Err(wrong("vnet", format!("{vnet_id} don't exist")));
        };
        if vnet.is_true("vlanaware") {
            return Err(wrong("vnet", "you can't add a subnet on a vlanaware vnet"));
        }
        mac = vnet.get("mac").cloned().unwrap_or_default();
    }

    let gateway = subnet.text("gateway");
    let mask = subnet.get("mask").map_or(0.0, Value::to_number);
    // The gateway of a single address is outside of it by nature.
    let is_point_to_point = netip::is_ipv4(&gateway) && mask == 32.0;
    if subnet.is_true("gateway") && !matcher.contains(&gateway)? && !is_point_to_point {
        return Err(wrong("gateway", format!("{gateway} is not in subnet {cidr}")));
    }
    dhcp_range::validate(subnet, notes)?;
    if !zone.is_true("ipam") {
        return Ok(Vec::new());
    }

    let mut steps = vec![match old {
        Some(_) => Step::UpdateSubnet,
        None => Step::AddSubnet,
    }];
    if is_point_to_point {
        return Ok(steps);
    }
    let old_gateway = old.and_then(|old| old.get("gateway")).filter(|gateway| gateway.is_true());
    let del_old = |ip: &Value<'a>| Step::DelIp { ip: ip.clone() };
    let add_new = || Step::AddIp {
        ip: subnet.get("gateway").cloned().unwrap_or_default(),
        hostname: format!("{vnet_id}-gw"),
        mac: mac.clone(),
    };
    match old_gateway {
        // as the original: also if there is no new one
        None => steps.push(add_new()),
        Some(old) if !subnet.is_defined("gateway") => steps.push(del_old(old)),
        Some(old) if subnet.is_true("gateway") && old.to_text().as_deref() != Some(&*gateway) => {
            steps.extend([add_new(), del_old(old)]);
        }
        Some(_) => {}
    }
    Ok(steps)
}
