//! Whether zones, subnets and gateways are those of the config.

use super::{Finding, Kind, Repair, count};
use crate::addr::Cidr;
use crate::ipam::database::{Database, Entry, Subnet, canonical};
use crate::ipam::plan::{self, Plan};
use std::collections::BTreeMap;
use std::net::IpAddr;

pub(super) fn check(db: &Database, plan: &Plan, findings: &mut Vec<Finding>) {
    for (zone, subnets) in &db.zones {
        let guests: usize = subnets.values().map(Subnet::guests).sum();
        match plan.ipam(zone) {
            None => {
                let text = format!("zone {zone} does not exist");
                findings.push(
                    gone(Kind::UnknownZone, text, guests, Repair::remove_zone(zone)).of_zone(zone),
                );
            }
            Some(_) if plan.uses_pve(zone) => {
                for (cidr, subnet) in subnets {
                    check_subnet(zone, cidr, subnet, plan, findings);
                }
            }
            Some(_) if subnets.is_empty() => {}
            Some(ipam) => {
                let ipam = if ipam.is_empty() { "no IPAM".into() } else { format!("IPAM {ipam}") };
                let text = format!("zone {zone} uses {ipam}, not this one");
                findings.push(
                    gone(Kind::OtherIpam, text, guests, Repair::remove_zone(zone)).of_zone(zone),
                );
            }
        }
    }
    check_missing(db, plan, findings);
}

/// A record of something that does not exist: without guests there is nothing in it to lose.
fn gone(kind: Kind, text: String, guests: usize, repair: Repair) -> Finding {
    if guests == 0 {
        return Finding::new(kind, text).mended_by(repair);
    }
    let guests = count(guests);
    Finding::new(kind, format!("{text}, but the database has {guests} of guests in it"))
}

fn check_subnet(zone: &str, cidr: &str, subnet: &Subnet, plan: &Plan, findings: &mut Vec<Finding>) {
    if subnet.network.is_none() {
        let text = format!("'{cidr}' is no network, expected NETWORK/LENGTH");
        findings.push(Finding::new(Kind::Syntax, text).of_subnet(zone, cidr));
    }
    let Some(planned) = plan.subnet(zone, cidr) else {
        let text = format!("subnet {cidr} does not exist in zone {zone}");
        let repair = Repair::remove_subnet(zone, cidr);
        findings
            .push(gone(Kind::UnknownSubnet, text, subnet.guests(), repair).of_subnet(zone, cidr));
        return;
    };
    let gateways: Vec<IpAddr> = planned.gateways.iter().filter_map(|ip| ip.parse().ok()).collect();
    let is_stale = |entry: &&Entry| {
        entry.is_gateway() && entry.address.is_some_and(|ip| !gateways.contains(&ip))
    };
    for Entry { ip, .. } in subnet.entries.iter().filter(is_stale) {
        let text = format!("{ip} is noted as gateway, but it is none of subnet {cidr}");
        let repair = Repair::remove_ip(zone, cidr, ip);
        findings.push(
            Finding::new(Kind::StaleGateway, text).of_address(zone, cidr, ip).mended_by(repair),
        );
    }
}

fn check_missing(db: &Database, plan: &Plan, findings: &mut Vec<Finding>) {
    let none = BTreeMap::new();
    for ((zone, cidr), planned) in &plan.subnets {
        let vnet = &planned.vnet;
        if !plan.vnets.contains(vnet) {
            let text = format!("subnet {cidr} is one of vnet '{vnet}', which does not exist");
            findings.push(Finding::new(Kind::UnknownVnet, text).of_subnet(zone, cidr));
        }
        if plan.ipam(zone) != Some("pve") {
            continue;
        }
        let record = db.zones.get(zone).unwrap_or(&none).get(cidr);
        if record.is_none() {
            let text = format!("subnet {cidr} is not in the database: it gives away no address");
            let repair = Repair::add_subnet(zone, cidr);
            findings.push(
                Finding::new(Kind::MissingSubnet, text).of_subnet(zone, cidr).mended_by(repair),
            );
        }
        findings.extend(check_gateway(zone, cidr, planned, record));
    }
}

fn check_gateway(
    zone: &str,
    cidr: &str,
    planned: &plan::Subnet,
    record: Option<&Subnet>,
) -> Option<Finding> {
    let gateway = planned.gateways.first()?;
    let Ok(address) = gateway.parse::<IpAddr>() else {
        let text = format!("gateway '{gateway}' is no address");
        return Some(Finding::new(Kind::Syntax, text).of_subnet(zone, cidr));
    };
    if address.is_ipv4() && cidr.ends_with("/32") {
        return None; // as the original: of such a subnet, the gateway is not noted
    }
    if cidr.parse::<Cidr>().is_ok_and(|network| !network.contains(address)) {
        let text = format!("gateway {gateway} is not in subnet {cidr}");
        return Some(Finding::new(Kind::Outside, text).of_address(zone, cidr, gateway));
    }
    let mut entries = record.into_iter().flat_map(|record| &record.entries);
    let ip = canonical(address);
    let Some(entry) = entries.find(|entry| entry.address == Some(address)) else {
        let text = format!("gateway {ip} is not noted: a guest may get its address");
        let repair = Repair::add_gateway(zone, cidr, &ip);
        let finding = Finding::new(Kind::MissingGateway, text);
        return Some(finding.of_address(zone, cidr, &ip).mended_by(repair));
    };
    if entry.is_gateway() {
        return None;
    }
    let text = format!("{ip} is the gateway of subnet {cidr}, but {} has it", owner(entry));
    Some(Finding::new(Kind::GatewayClash, text).of_address(zone, cidr, &entry.ip))
}

/// Who has an address, as messages name it.
pub(super) fn owner(entry: &Entry) -> String {
    let (vmid, mac) = (entry.text("vmid"), entry.text("mac"));
    match (entry.is_gateway(), vmid.as_str(), mac.as_str()) {
        (true, _, _) => "the gateway".into(),
        (_, "", "") => "somebody".into(),
        (_, "", mac) => mac.into(),
        (_, vmid, "") => format!("guest {vmid}"),
        (_, vmid, mac) => format!("guest {vmid} ({mac})"),
    }
}
