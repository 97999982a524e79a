//! Whether the cache of MAC addresses says what the database says.

use super::record::owner;
use super::{Finding, Kind, Repair};
use crate::addr::Cidr;
use crate::ipam::database::{Cache, Database, Entry};
use crate::ipam::plan::Plan;
use std::collections::BTreeMap;
use std::net::IpAddr;

/// What the database knows of the zones that use it.
struct Known<'d> {
    networks: Vec<Cidr>,
    by_address: BTreeMap<IpAddr, Vec<&'d Entry>>,
    by_mac: BTreeMap<String, &'d str>,
}

/// What is wrong with a cached address.
enum Verdict {
    Right,
    /// It is one of another IPAM, which this program does not see.
    Unknown,
    Wrong(String),
}

pub(super) fn check(db: &Database, cache: &Cache, plan: &Plan, findings: &mut Vec<Finding>) {
    let known = Known::new(db, plan);
    for (mac, ips) in cache.iter() {
        let cached: Vec<&String> = ips.iter().filter(|ip| !ip.is_empty()).collect();
        let mut verdicts: Vec<Verdict> = cached.iter().map(|ip| known.verdict(mac, ip)).collect();
        if let (true, Some(ip)) = (cached.is_empty(), known.by_mac.get(mac)) {
            verdicts.push(Verdict::Wrong(format!("no address, but has {ip} in the database")));
        }
        let is_unknown = verdicts.iter().any(|verdict| matches!(verdict, Verdict::Unknown));
        for verdict in verdicts {
            let Verdict::Wrong(why) = verdict else { continue };
            let mut finding = Finding::new(Kind::StaleCache, format!("{mac} is cached with {why}"));
            if !is_unknown {
                finding = finding.mended_by(Repair::forget(mac));
            }
            findings.push(finding);
        }
    }
}

impl<'d> Known<'d> {
    fn new(db: &'d Database, plan: &Plan) -> Self {
        let zones = db.zones.iter().filter(|(zone, _)| plan.uses_pve(zone));
        let mut known =
            Known { networks: Vec::new(), by_address: BTreeMap::new(), by_mac: BTreeMap::new() };
        for subnet in zones.flat_map(|(_, subnets)| subnets.values()) {
            known.networks.extend(subnet.network);
            for entry in &subnet.entries {
                if let Some(address) = entry.address {
                    known.by_address.entry(address).or_default().push(entry);
                }
                let mac = entry.text("mac");
                if !mac.is_empty() {
                    known.by_mac.insert(mac, &entry.ip);
                }
            }
        }
        known
    }

    fn verdict(&self, mac: &str, ip: &str) -> Verdict {
        let Ok(address) = ip.parse::<IpAddr>() else {
            return Verdict::Wrong(format!("'{ip}', which is no address"));
        };
        let entries = self.by_address.get(&address).map(Vec::as_slice).unwrap_or_default();
        // The cache has the gateway of a vnet with the MAC address of the vnet.
        if entries.iter().any(|entry| entry.is_gateway() || entry.text("mac") == mac) {
            return Verdict::Right;
        }
        match entries {
            [] if !self.networks.iter().any(|network| network.contains(address)) => {
                Verdict::Unknown
            }
            [] => Verdict::Wrong(format!("{ip}, which nobody has in the database")),
            [entry, ..] => {
                Verdict::Wrong(format!("{ip}, which {} has in the database", owner(entry)))
            }
        }
    }
}
