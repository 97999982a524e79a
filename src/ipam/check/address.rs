//! Whether entries are addresses of their subnet, and each is there once.

use super::record::owner;
use super::{Finding, Kind, Repair};
use crate::ipam::database::{Database, Entry};
use crate::ipam::plan::Plan;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// An entry, with its zone and its subnet.
type Place<'a> = (&'a str, &'a str, &'a Entry);

pub(super) fn check(db: &Database, plan: &Plan, findings: &mut Vec<Finding>) {
    let mut by_address: BTreeMap<(&str, IpAddr), Vec<Place>> = BTreeMap::new();
    let mut by_mac: BTreeMap<(String, bool), Vec<Place>> = BTreeMap::new();
    for (zone, subnets) in db.zones.iter().filter(|(zone, _)| plan.uses_pve(zone)) {
        for (cidr, subnet) in subnets {
            for entry in &subnet.entries {
                let Some(address) = entry.address else {
                    let text = format!("'{}' is no address", entry.ip);
                    findings
                        .push(Finding::new(Kind::Syntax, text).of_address(zone, cidr, &entry.ip));
                    continue;
                };
                let place = (zone.as_str(), cidr.as_str(), entry);
                by_address.entry((zone, address)).or_default().push(place);
                let mac = entry.text("mac").to_ascii_uppercase();
                if !mac.is_empty() {
                    by_mac.entry((mac, address.is_ipv4())).or_default().push(place);
                }
                let vmid = entry.text("vmid");
                let is_gone = |guests: &BTreeSet<String>| !guests.contains(&vmid);
                if !vmid.is_empty() && plan.guests.as_ref().is_some_and(is_gone) {
                    let text = format!("{address} is noted for guest {vmid}, which does not exist");
                    findings.push(
                        Finding::new(Kind::UnknownGuest, text).of_address(zone, cidr, &entry.ip),
                    );
                }
                if subnet.network.is_some_and(|network| !network.contains(address)) {
                    let text = format!("{address} of {} is not in subnet {cidr}", owner(entry));
                    findings
                        .push(Finding::new(Kind::Outside, text).of_address(zone, cidr, &entry.ip));
                }
            }
        }
    }
    for ((_, address), places) in &by_address {
        check_spelling(places, findings);
        if let [(zone, cidr, first), _, ..] = places[..] {
            let owners = list(places, |(_, cidr, entry)| format!("{} in {cidr}", owner(entry)));
            let text = format!("{address} is there {} times: {owners}", places.len());
            findings
                .push(Finding::new(Kind::DuplicateAddress, text).of_address(zone, cidr, &first.ip));
        }
    }
    for ((mac, is_ipv4), places) in &by_mac {
        if let [(zone, cidr, first), _, ..] = places[..] {
            let family = if *is_ipv4 { "IPv4" } else { "IPv6" };
            let addresses = list(places, |(zone, _, entry)| format!("{} in zone {zone}", entry.ip));
            let text = format!("{mac} has {} {family} addresses: {addresses}", places.len());
            findings.push(Finding::new(Kind::DuplicateMac, text).of_address(zone, cidr, &first.ip));
        }
    }
}

/// An entry in another spelling is not found, so that its address can be given away again.
fn check_spelling(places: &[Place], findings: &mut Vec<Finding>) {
    for (zone, cidr, entry) in places {
        let Some(canonical) = entry.canonical().filter(|canonical| *canonical != entry.ip) else {
            continue;
        };
        let text = format!("'{}' is not found, it has to be spelled {canonical}", entry.ip);
        let mut finding = Finding::new(Kind::Spelling, text).of_address(zone, cidr, &entry.ip);
        if places.len() == 1 {
            finding = finding.mended_by(Repair::respell(zone, cidr, &entry.ip, canonical));
        }
        findings.push(finding);
    }
}

fn list(places: &[Place], text: impl Fn(&Place) -> String) -> String {
    places.iter().map(text).collect::<Vec<_>>().join(", ")
}
