//! The ranges of addresses that DHCP hands out in a subnet.

use crate::addr::{Matcher, Span};
use crate::error::{Error, Result};
use crate::notes::Notes;
use crate::perl::{Charset, Hash, Value};
use serde::Serialize;
use std::collections::BTreeMap;
use std::net::IpAddr;

/// A range as the config has it: what its ends are is not checked yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct DhcpRange<'a> {
    /// The first address.
    pub start_address: &'a str,
    /// The last address.
    pub end_address: &'a str,
}

/// Why a text is not a range.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// It is not made of `KEY=VALUE` parts.
    Syntax(String),
    /// Keys are missing or unknown, by key.
    Keys(BTreeMap<String, &'static str>),
}

impl Fault {
    /// The text of the original, with a newline at its end; `path` is where the range is.
    pub fn text(&self, path: &str) -> String {
        let keys = match self {
            Fault::Syntax(text) => return format!("{text}\n"),
            Fault::Keys(keys) => keys,
        };
        let dot = if path.is_empty() { "" } else { "." };
        let faults = keys.iter().map(|(key, what)| format!("{path}{dot}{key}: {what}\n"));
        std::iter::once("format error\n".to_owned()).chain(faults).collect()
    }
}

/// Reads a text such as `start-address=10.0.0.10,end-address=10.0.0.20`.
///
/// # Errors
///
/// What is wrong with it, if it is not that.
///
/// Source: `PVE::JSONSchema::parse_property_string`.
pub fn parse(text: &str) -> std::result::Result<DhcpRange<'_>, Fault> {
    let syntax = |text: &str| Err(Fault::Syntax(text.to_owned()));
    let mut values = BTreeMap::new();
    for part in text.split(',') {
        if part.chars().all(|c| Charset::Ascii.is_space(c)) {
            continue;
        }
        match part.split_once('=') {
            Some((key, value)) if !key.is_empty() && is_line(value) => {
                if values.insert(key, chomp(value)).is_some() {
                    return syntax(&format!(
                        "duplicate key in comma-separated list property: {key}"
                    ));
                }
            }
            Some(_) => return syntax("missing key in comma-separated list property"),
            None => return syntax("value without key, but schema does not define a default key"),
        }
    }
    let mut take = |key: &str| values.remove(key);
    let ends = [take("start-address"), take("end-address")];
    let missing = ["start-address", "end-address"]
        .into_iter()
        .zip(ends)
        .filter(|(_, value)| value.is_none())
        .map(|(key, _)| (key, "property is missing and it is not optional"));
    let unknown = values.keys().map(|key| {
        let what = "property is not defined in schema \
                    and the schema does not allow additional properties";
        (*key, what)
    });
    let faults: BTreeMap<_, _> =
        (missing.chain(unknown)).map(|(key, what)| (key.to_owned(), what)).collect();
    match ends {
        [Some(start_address), Some(end_address)] if faults.is_empty() => {
            Ok(DhcpRange { start_address, end_address })
        }
        _ => Err(Fault::Keys(faults)),
    }
}

/// True for one line of at least one character.
fn is_line(text: &str) -> bool {
    !chomp(text).is_empty() && !chomp(text).contains('\n')
}

fn chomp(text: &str) -> &str {
    text.strip_suffix('\n').unwrap_or(text)
}

/// The ranges of a subnet; texts that are none are left out with a warning.
///
/// # Errors
///
/// [`Error::Unsupported`] if the property is not a list of texts.
///
/// Source: `PVE::Network::SDN::Subnets::get_dhcp_ranges`.
pub fn of_subnet<'s>(subnet: &'s Hash, notes: &mut Notes) -> Result<Vec<DhcpRange<'s>>> {
    let items = match subnet.get("dhcp-range") {
        Some(Value::List(items)) => items.as_slice(),
        None => &[],
        Some(value) if !value.is_true() => &[],
        Some(_) => return Err(Error::Unsupported("dhcp-range is not a list".into())),
    };
    let mut ranges = Vec::with_capacity(items.len());
    for item in items {
        let Value::Text(text) = item else {
            return Err(Error::Unsupported("a dhcp-range is not a text".into()));
        };
        match parse(text) {
            Ok(range) => ranges.push(range),
            Err(fault) => {
                notes.warn(format_args!("Unable to parse dhcp-range string: {text}"));
                notes.warn(fault.text(""));
            }
        }
    }
    Ok(ranges)
}

/// Checks that the ranges of a subnet are in it, and apart from each other.
///
/// # Errors
///
/// [`Error::Param`] with the first fault; [`Error::Unsupported`] for a subnet that is no network.
///
/// Source: `PVE::Network::SDN::SubnetPlugin::validate_dhcp_ranges`.
pub fn validate(subnet: &Hash, notes: &mut Notes) -> Result<()> {
    let cidr = subnet.text("cidr");
    let matcher = Matcher::new(&cidr);
    // By their first address; none overlaps another, so that its neighbours are enough to look at.
    let mut seen: BTreeMap<IpAddr, IpAddr> = BTreeMap::new();
    for range in of_subnet(subnet, notes)? {
        let (start, end) = (range.start_address, range.end_address);
        let first = single("start-address", start)?;
        let last = single("end-address", end)?;
        if first.is_ipv4() == last.is_ipv4() && first > last {
            return Err(wrong(format!(
                "start-address {start} must be smaller than end-address {end}"
            )));
        }
        for (name, address) in [("start-address", start), ("end-address", end)] {
            if !matcher.contains(address)? {
                return Err(wrong(format!("{name} {address} is not in subnet {cidr}")));
            }
        }
        let before = seen.range(..=last).next_back();
        if before.is_some_and(|(_, &before)| before >= first) {
            return Err(wrong("dhcp ranges must not overlap".into()));
        }
        seen.insert(first, last);
    }
    Ok(())
}

fn single(name: &str, text: &str) -> Result<IpAddr> {
    let span =
        Span::parse(text).ok_or_else(|| wrong(format!("{name} is not a valid IP {text}")))?;
    if !span.is_single() {
        return Err(wrong(format!("{name} must be a singular IP")));
    }
    Ok(span.first)
}

fn wrong(text: String) -> Error {
    Error::Param(BTreeMap::from([("dhcp-range".to_owned(), text)]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts() {
        for (text, expected) in [
            ("start-address=a,end-address=b", "a b"),
            ("end-address=b=c,start-address=a\n", "a b=c"),
            ("start-address=,end-address=b", "missing key in comma-separated list property\n"),
            ("=a", "missing key in comma-separated list property\n"),
            ("a", "value without key, but schema does not define a default key\n"),
            ("x=a,x=b", "duplicate key in comma-separated list property: x\n"),
            (
                ",, end-address=x", // the blank belongs to the key
                "format error\n\
                 at. end-address: property is not defined in schema \
                 and the schema does not allow additional properties\n\
                 at.end-address: property is missing and it is not optional\n\
                 at.start-address: property is missing and it is not optional\n",
            ),
        ] {
            let got = match parse(text) {
                Ok(range) => format!("{} {}", range.start_address, range.end_address),
                Err(fault) => fault.text("at"),
            };
            assert_eq!(got, expected, "{text}");
        }
    }

    #[test]
    fn ranges_that_touch_do_not_overlap() {
        for (ranges, expected) in [
            (["10.0.0.10 10.0.0.20", "10.0.0.21 10.0.0.30"], true),
            (["10.0.0.10 10.0.0.20", "10.0.0.20 10.0.0.30"], false),
            (["10.0.0.20 10.0.0.30", "10.0.0.10 10.0.0.50"], false),
            (["10.0.0.10 10.0.0.50", "10.0.0.20 10.0.0.30"], false),
        ] {
            let items = ranges.map(|range| {
                let (start, end) = range.split_once(' ').unwrap();
                Value::Text(format!("start-address={start},end-address={end}").into())
            });
            let mut subnet = Hash::default();
            subnet.set("cidr", Value::text("10.0.0.0/24"));
            subnet.set("dhcp-range", Value::List(items.into()));
            let got = validate(&subnet, &mut Notes::default());
            assert_eq!(got.is_ok(), expected, "{ranges:?}");
        }
    }
}
