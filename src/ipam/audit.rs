//! Whether the servers of a cluster know what they have to know. Nothing is changed there.

use super::database::Cache;
use super::plan::Plan;
use crate::addr::Cidr;
use crate::dns::reverse;
use crate::error::Result;
use crate::exchange::Args;
use crate::exchange::drive::{Driver, Plugin, Request};
use serde_json::{Value as Json, json};
use std::collections::BTreeSet;

/// Asks the IPAM `name` whether it answers, and about the subnets and gateways of the zones that use
/// it; with a `cache`, also about the addresses of each MAC address in it. Returns what is missing.
///
/// Only NetBox can be asked about more than whether it answers.
///
/// # Errors
///
/// Why it does not answer.
pub fn ipam<F>(
    driver: &mut Driver<F>,
    plugin: Plugin,
    name: &str,
    plan: &Plan,
    cache: Option<&Cache>,
) -> Result<Vec<String>>
where
    F: FnMut(&Request) -> Result<Option<Json>>,
{
    driver.run("verify_api", &json!({}))?;
    let mut missing = Vec::new();
    if plugin != Plugin::Netbox {
        return Ok(missing);
    }
    let mut networks: Vec<Cidr> = Vec::new();
    for (zone, _) in plan.zones().filter(|(_, zone)| zone.ipam == name) {
        for (cidr, subnet) in plan.subnets_of(zone) {
            networks.extend(cidr.parse::<Cidr>());
            if driver.run("get_prefix_id", &json!({ "cidr": cidr }))?.is_null() {
                missing.push(format!("subnet {cidr} of zone {zone} is not there"));
            }
            let Some(gateway) = subnet.gateways.first() else { continue };
            if driver.run("get_ip_id", &json!({ "ip": gateway }))?.is_null() {
                missing.push(format!("gateway {gateway} of subnet {cidr} is not there"));
            }
        }
    }
    for (mac, cached) in cache.into_iter().flat_map(Cache::iter) {
        let is_its = |ip: &String| {
            ip.parse().is_ok_and(|ip| networks.iter().any(|network| network.contains(ip)))
        };
        if !cached.iter().any(is_its) {
            continue;
        }
        let found = driver.run("get_ips_from_mac", &json!({ "mac": mac }))?;
        for (at, cached) in cached.iter().enumerate().filter(|(_, ip)| is_its(ip)) {
            let found = found[at].as_str().unwrap_or("no address");
            if found != cached {
                missing.push(format!("{mac} is cached with {cached}, but there it has {found}"));
            }
        }
    }
    Ok(missing)
}

/// Asks the DNS server `name` whether it answers, and whether it has the zones that it has to have.
/// Returns what is missing.
///
/// # Errors
///
/// Why it does not answer.
pub fn dns<F>(driver: &mut Driver<F>, config: &Json, name: &str, plan: &Plan) -> Result<Vec<String>>
where
    F: FnMut(&Request) -> Result<Option<Json>>,
{
    driver.run("on_update_hook", &json!({}))?;
    let mut missing = Vec::new();
    let mut wanted = BTreeSet::new();
    for (id, zone) in plan.zones() {
        if zone.dns == name && !zone.dns_zone.is_empty() {
            wanted.insert(zone.dns_zone.clone());
        }
        if zone.reverse_dns != name {
            continue;
        }
        for (cidr, _) in plan.subnets_of(id) {
            let (network, mask) = cidr.split_once('/').unwrap_or((cidr, ""));
            let mask_v6 = Args(config).text("reversemaskv6")?;
            let subnet = reverse::Subnet { cidr, mask, mask_v6: &mask_v6 };
            match reverse::zone(&subnet, network) {
                Ok(zone) if zone.is_empty() => {}
                Ok(zone) => {
                    wanted.insert(zone);
                }
                Err(error) => missing.push(format!("subnet {cidr}: {}", error.to_string().trim())),
            }
        }
    }
    for zone in wanted {
        if let Err(error) = driver.run("verify_zone", &json!({ "zone": zone })) {
            missing.push(error.to_string().trim().to_owned());
        }
    }
    Ok(missing)
}
