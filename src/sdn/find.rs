//! Which subnet an address is in.

use crate::addr::Matcher;
use crate::error::{Error, Result};
use crate::perl::{Hash, Value};

/// The id of the first subnet, by id, that `address` is in.
///
/// # Errors
///
/// [`Error::Die`] if there is none; [`Error::Unsupported`] if one that comes before is no network.
///
/// Source: `PVE::Network::SDN::Subnets::find_ip_subnet`.
pub fn find_subnet<'s>(address: &str, subnets: &'s Hash) -> Result<&'s str> {
    for (id, subnet) in subnets.iter() {
        let Value::Hash(subnet) = subnet else {
            return Err(Error::Unsupported(format!("subnet '{id}' is not a hash")));
        };
        if Matcher::new(&subnet.text("cidr")).contains(address)? {
            return Ok(id);
        }
    }
    Err(Error::die_at(format!("can't find any subnet for ip {address}")))
}
