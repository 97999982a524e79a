//! `pvenet ipam list`: every address that is given away.

use super::files::Files;
use crate::failure::Failure;
use crate::page::{self, Paint, Table, Tone};
use crate::report::{Format, Report};
use clap::Args;
use pve_network_rs::ipam::database::{Database, Entry, Subnet};
use pve_network_rs::ipam::plan::Plan;
use serde_json::{Map, Value as Json};
use std::collections::BTreeMap;

/// Lists the addresses that are given away
///
/// As JSON it is what GET /cluster/sdn/ipams/pve/status returns, sorted by zone, subnet and address;
/// but also what that leaves out: zones without DHCP, zones with another IPAM, and subnets that do
/// not exist any more, which have no vnet.
#[derive(Args)]
pub(super) struct List {
    /// Only this zone
    #[arg(long, value_name = "ZONE")]
    zone: Option<String>,
    /// How to print it
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

impl List {
    /// Runs it.
    pub(super) fn run(&self, files: &Files, paint: Paint) -> Result<Report, Failure> {
        let db = files.database(&files.texts()?)?;
        let plan = files.plan()?;
        let is_wanted = |zone: &str| self.zone.as_deref().is_none_or(|wanted| wanted == zone);
        if let Some(zone) = &self.zone {
            if !db.zones.contains_key(zone) && plan.ipam(zone).is_none() {
                let known = db.zones.keys().cloned().collect();
                return Err(Failure::UnknownZone { name: zone.clone(), known });
            }
        }
        if self.format == Format::Json {
            let entries = db.entries().filter(|(zone, ..)| is_wanted(zone));
            let documents = entries.map(|(zone, cidr, entry)| document(zone, cidr, entry, &plan));
            return Ok(Report::json(&documents.collect::<Vec<_>>(), true)?);
        }
        Ok(Report::clean(text(&db, &plan, is_wanted, paint)))
    }
}

/// An entry as the API shows it.
///
/// Source: `PVE::API2::Network::SDN::Ipams::ipamindex`.
fn document(zone: &str, cidr: &str, entry: &Entry, plan: &Plan) -> Map<String, Json> {
    let mut document = entry.fields.clone();
    document.insert("zone".into(), zone.into());
    document.insert("subnet".into(), cidr.into());
    document.insert("ip".into(), entry.ip.as_str().into());
    if let Some(subnet) = plan.subnet(zone, cidr) {
        document.insert("vnet".into(), subnet.vnet.as_str().into());
    }
    if let Ok(vmid) = entry.text("vmid").parse::<u64>() {
        document.insert("vmid".into(), vmid.into());
    }
    document
}

fn text(db: &Database, plan: &Plan, is_wanted: impl Fn(&str) -> bool, paint: Paint) -> String {
    let mut parts = Vec::new();
    for (zone, subnets) in db.zones.iter().filter(|(zone, _)| is_wanted(zone)) {
        for (cidr, subnet) in in_order(subnets) {
            let vnet = match plan.subnet(zone, cidr) {
                Some(planned) => format!("vnet {}", page::plain(&planned.vnet)),
                None => "no such subnet".into(),
            };
            let heading = format!("zone {}, {vnet}, {}", page::plain(zone), page::plain(cidr));
            let used = page::count(subnet.entries.len(), "address");
            let table =
                if subnet.entries.is_empty() { String::new() } else { table(subnet).render(paint) };
            parts.push(format!("{}: {used}\n{table}", paint.text(Tone::Bold, &heading)));
        }
    }
    if parts.is_empty() { "no addresses\n".into() } else { parts.join("\n") }
}

/// The subnets in the order of their addresses, not of their texts.
fn in_order(subnets: &BTreeMap<String, Subnet>) -> Vec<(&String, &Subnet)> {
    let mut subnets: Vec<_> = subnets.iter().collect();
    subnets.sort_by_key(|(_, subnet)| {
        subnet.network.map(|network| (network.address(), network.to_string()))
    });
    subnets
}

fn table(subnet: &Subnet) -> Table {
    let mut table = Table::new(["ADDRESS", "GUEST", "MAC", "NAME"]);
    for entry in &subnet.entries {
        let shown = |name: &str| match entry.text(name) {
            text if text.is_empty() => "-".into(),
            text => page::plain(&text),
        };
        let guest = if entry.is_gateway() { "gateway".into() } else { shown("vmid") };
        let cells = [page::plain(&entry.ip), guest, shown("mac"), shown("hostname")];
        table.row(cells.map(Into::into));
    }
    table
}
