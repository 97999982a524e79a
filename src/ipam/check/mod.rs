//! What is wrong with the built-in IPAM: its database against itself and against the config of SDN.

mod address;
mod cache;
mod range;
mod record;
mod repair;

pub use repair::{Document, Repair, repair};

use super::database::{Cache, Database};
use super::plan::Plan;
use crate::sys::file::CLUSTER_LIMIT;
use serde::Serialize;

/// From this share of [`CLUSTER_LIMIT`] on a file is reported, in percent.
const ALMOST_FULL: usize = 80;

/// What kind of problem it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A section config is not read as a whole.
    Config,
    /// A file comes close to what a file of the cluster may hold.
    Size,
    /// A zone that does not exist.
    UnknownZone,
    /// A zone whose addresses are in another IPAM.
    OtherIpam,
    /// A subnet that does not exist.
    UnknownSubnet,
    /// A subnet of a vnet that does not exist.
    UnknownVnet,
    /// A subnet that is not in the database, so that it gives away no address.
    MissingSubnet,
    /// A gateway that is not in the database, so that a guest may get its address.
    MissingGateway,
    /// The entry of a gateway that the subnet does not have.
    StaleGateway,
    /// A gateway whose address a guest has.
    GatewayClash,
    /// An entry, a gateway or a subnet that is no address.
    Syntax,
    /// An address in another spelling than that by which it is found.
    Spelling,
    /// An address outside its subnet.
    Outside,
    /// An address with two entries.
    DuplicateAddress,
    /// A MAC address with two addresses of a family.
    DuplicateMac,
    /// A DHCP range that is none.
    Range,
    /// DHCP ranges that overlap.
    RangeOverlap,
    /// DHCP ranges without a free address.
    RangeFull,
    /// An address of a guest that does not exist.
    UnknownGuest,
    /// A MAC address whose cached addresses are not those of the database.
    StaleCache,
}

/// A problem.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What it is.
    pub kind: Kind,
    /// The zone, where it is one of a zone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
    /// The subnet as `NETWORK/LENGTH`, where it is one of a subnet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subnet: Option<String>,
    /// The address as it is written, where it is one of an address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// What is wrong, as a sentence.
    pub text: String,
    /// What mends it without guessing, if anything does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repair: Option<Repair>,
}

impl Finding {
    fn new(kind: Kind, text: impl Into<String>) -> Self {
        let text = text.into();
        Finding { kind, zone: None, subnet: None, address: None, text, repair: None }
    }

    fn of_zone(self, zone: &str) -> Self {
        Finding { zone: Some(zone.into()), ..self }
    }

    fn of_subnet(self, zone: &str, cidr: &str) -> Self {
        Finding { subnet: Some(cidr.into()), ..self.of_zone(zone) }
    }

    fn of_address(self, zone: &str, cidr: &str, ip: &str) -> Self {
        Finding { address: Some(ip.into()), ..self.of_subnet(zone, cidr) }
    }

    fn mended_by(self, repair: Repair) -> Self {
        Finding { repair: Some(repair), ..self }
    }
}

/// Everything that is wrong, by zone, subnet and address.
///
/// As long as the config has faults nothing is mended: what it seems to lack may be there.
pub fn check(db: &Database, cache: &Cache, plan: &Plan) -> Vec<Finding> {
    let mut findings = Vec::new();
    record::check(db, plan, &mut findings);
    address::check(db, plan, &mut findings);
    range::check(db, plan, &mut findings);
    cache::check(db, cache, plan, &mut findings);
    findings.sort_by(|a, b| {
        let key = |f: &Finding| (f.zone.clone(), f.subnet.clone(), f.kind);
        key(a).cmp(&key(b))
    });
    let faults = plan.faults.iter().map(|fault| Finding::new(Kind::Config, fault));
    let faults: Vec<_> = faults.collect();
    if !faults.is_empty() {
        findings.iter_mut().for_each(|finding| finding.repair = None);
    }
    findings.splice(0..0, faults);
    findings
}

/// Says so if a file of that many bytes comes close to what a file of the cluster may hold.
pub fn check_size(name: &str, length: usize) -> Option<Finding> {
    let percent = 100 * length / CLUSTER_LIMIT;
    (percent >= ALMOST_FULL).then(|| {
        let text = format!(
            "{name} has {length} bytes, {percent} % of the {CLUSTER_LIMIT} that a file of the \
             cluster may have; beyond them no address can be given away"
        );
        Finding::new(Kind::Size, text)
    })
}

/// `1 address`, `2 addresses`.
fn count(number: usize) -> String {
    format!("{number} address{}", if number == 1 { "" } else { "es" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        for (length, expected) in [(838_000, false), (838_861, true), (CLUSTER_LIMIT + 1, true)] {
            assert_eq!(check_size("x", length).is_some(), expected, "{length}");
        }
    }
}
