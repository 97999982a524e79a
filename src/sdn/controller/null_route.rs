//! Routes to nowhere: they keep the guests of one zone from another by way of an exit node.

use crate::addr::netip;
use crate::sdn::Subnets;
use std::collections::BTreeMap;

/// The networks of all zones.
///
/// # Design
///
/// Every exit zone asks for the networks of the others: they are sorted once.
#[derive(Debug, Default)]
pub(super) struct NullRoutes<'c>(BTreeMap<(u128, &'c str), Vec<Owner<'c>>>);

/// A zone that has a network of an address, and its prefix.
#[derive(Debug, Clone, Copy)]
struct Owner<'c> {
    zone: &'c str,
    mask: &'c str,
}

impl<'c> NullRoutes<'c> {
    /// Sorts the networks by the number of their address; what is no address has none.
    pub(super) fn new(subnets: &Subnets<'c>) -> Self {
        let mut routes = NullRoutes::default();
        for subnet in subnets.all() {
            let number = netip::number(subnet.network).unwrap_or(0);
            let owners = routes.0.entry((number, subnet.network)).or_default();
            owners.push(Owner { zone: subnet.zone, mask: subnet.mask });
        }
        routes
    }

    /// The networks that other zones have: address, and prefix.
    ///
    /// Of several with one address, only the last counts.
    pub(super) fn of_others(&self, zone: &str) -> Vec<(&'c str, &'c str)> {
        let last = |owners: &Vec<Owner<'c>>| {
            owners.iter().rfind(|owner| owner.zone != zone).map(|owner| owner.mask)
        };
        self.0.iter().filter_map(|((_, address), owners)| Some((*address, last(owners)?))).collect()
    }
}
