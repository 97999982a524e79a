//! Whether DHCP ranges are ranges of their subnet, apart from each other, and not used up.

use super::{Finding, Kind, count};
use crate::addr::{Cidr, Span};
use crate::ipam::database::{Database, Subnet};
use crate::ipam::plan::{self, Plan};
use crate::sdn::dhcp_range;

/// A range that is one, and its subnet.
type Known<'p> = (Span, &'p str);

pub(super) fn check(db: &Database, plan: &Plan, findings: &mut Vec<Finding>) {
    let mut zone_before = "";
    let mut others: Vec<Known> = Vec::new();
    // By zone: other zones may use the same addresses.
    for ((zone, cidr), planned) in &plan.subnets {
        if zone != zone_before {
            others.clear();
            zone_before = zone;
        }
        let first = others.len();
        let mut report = |kind, text| {
            findings.push(Finding::new(kind, text).of_subnet(zone, cidr));
        };
        for text in &planned.ranges {
            let span = match span(cidr, text) {
                Ok(span) => span,
                Err(text) => {
                    report(Kind::Range, text);
                    continue;
                }
            };
            for (other, of) in others.iter().filter(|(other, _)| overlap(other, &span)) {
                let of = if *of == cidr { "".into() } else { format!(" of subnet {of}") };
                let text = format!("range {} overlaps {}{of}", shown(&span), shown(other));
                report(Kind::RangeOverlap, text);
            }
            others.push((span, cidr));
        }
        let record = db.zones.get(zone).and_then(|subnets| subnets.get(cidr));
        if let (Some(record), true) = (record, plan.uses_pve(zone)) {
            if let Some(total) = full(&others[first..], planned, record) {
                let total = count(total);
                report(Kind::RangeFull, format!("{total} are in its DHCP ranges, all in use"));
            }
        }
    }
}

/// Reads a range; the error says what is wrong with it.
fn span(cidr: &str, text: &str) -> Result<Span, String> {
    let wrong = |what: String| format!("range {text}: {what}");
    let range = dhcp_range::parse(text)
        .map_err(|fault| wrong(fault.text("").trim_end().replace('\n', "; ")))?;
    let (start, end) = (range.start_address, range.end_address);
    let single = |text: &str| {
        let span = Span::parse(text).filter(Span::is_single);
        span.map(|span| span.first).ok_or_else(|| wrong(format!("'{text}' is no address")))
    };
    let (first, last) = (single(start)?, single(end)?);
    if first.is_ipv4() != last.is_ipv4() {
        return Err(wrong("its ends are not of one family".into()));
    }
    if first > last {
        return Err(wrong("it ends before it starts".into()));
    }
    let network: Option<Cidr> = cidr.parse().ok();
    for address in [first, last] {
        if network.is_some_and(|network| !network.contains(address)) {
            return Err(wrong(format!("{address} is not in subnet {cidr}")));
        }
    }
    Ok(Span { first, last })
}

fn shown(range: &Span) -> String {
    format!("{} - {}", range.first, range.last)
}

fn overlap(a: &Span, b: &Span) -> bool {
    a.first.is_ipv4() == b.first.is_ipv4() && a.first <= b.last && b.first <= a.last
}

/// The number of addresses in the ranges, if all are in use.
fn full(ranges: &[Known], planned: &plan::Subnet, record: &Subnet) -> Option<usize> {
    if ranges.is_empty() || ranges.len() < planned.ranges.len() {
        return None;
    }
    let mut total = 0;
    for (range, _) in ranges {
        let is_in = |ip| (range.first..=range.last).contains(&ip);
        let addresses: std::collections::BTreeSet<_> = record
            .entries
            .iter()
            .filter_map(|entry| entry.address)
            .filter(|ip| is_in(*ip))
            .collect();
        if addresses.len() as u128 != range.size()? {
            return None;
        }
        total += addresses.len();
    }
    Some(total)
}
