//! The built-in IPAM: `{"zones":{ZONE:{"subnets":{CIDR:{"ips":{ADDRESS:{…}}}}}}}`.
//!
//! Source: `PVE::Network::SDN::Ipams::PVEPlugin`.

use super::alloc::first_free;
use super::document::{Splice, Trail, members};
use crate::addr::{NetText, Span, netip, short};
use crate::error::{Error, Result};
use crate::perl::{Hash, Value};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The subnet that an operation is about; the texts of Perl's scalars, empty for undef.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Subnet<'a> {
    /// The zone it is in.
    pub zone: Cow<'a, str>,
    /// Network and prefix length.
    pub cidr: Cow<'a, str>,
    /// The network address, as in the subnet's id.
    pub network: Cow<'a, str>,
    /// The length of the prefix, as in the subnet's id.
    pub mask: Cow<'a, str>,
}

/// What to do in the database; the values of new entries are JSON texts and stay as they are.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Operation<'a> {
    /// Adds the subnet, without addresses, unless it is there.
    AddSubnet,
    /// Removes the subnet, which has no address but a gateway.
    DelSubnet,
    /// Adds an address.
    AddIp {
        /// The address.
        #[serde(borrow)]
        ip: Value<'a>,
        /// 1 for a gateway: nothing else is noted of it.
        is_gateway: u8,
        /// The guest's name.
        #[serde(borrow)]
        hostname: &'a RawValue,
        /// The guest's MAC address.
        #[serde(borrow)]
        mac: &'a RawValue,
        /// The guest.
        #[serde(borrow)]
        vmid: &'a RawValue,
    },
    /// Removes an address.
    DelIp {
        /// The address.
        #[serde(borrow)]
        ip: Value<'a>,
    },
    /// Adds the next free address of the subnet.
    AddNextFreeip {
        /// The guest's name.
        #[serde(borrow)]
        hostname: &'a RawValue,
        /// The guest's MAC address.
        #[serde(borrow)]
        mac: &'a RawValue,
        /// The guest.
        #[serde(borrow)]
        vmid: &'a RawValue,
    },
    /// Adds the next free address of a DHCP range.
    AddRangeNextFreeip {
        /// `start-address` and `end-address`.
        #[serde(borrow)]
        range: Hash<'a>,
        /// The new entry.
        #[serde(borrow)]
        data: &'a RawValue,
    },
    /// Finds the addresses of a MAC address in the zone.
    GetIpsFromMac {
        /// The MAC address, as in the entries.
        #[serde(borrow)]
        mac: Value<'a>,
    },
}

/// What an operation returns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Answer {
    /// Nothing.
    None,
    /// The address that was added.
    Address(String),
    /// The IPv4 and the IPv6 address of a MAC address.
    Addresses(Option<String>, Option<String>),
}

/// What an operation comes to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Outcome {
    /// What it returns.
    pub result: Answer,
    /// What changes in the database's text; nothing is to be written if nothing changes.
    pub splice: Option<Splice>,
    /// An error that the caller does not get to see.
    ///
    /// The original forgets to raise the errors of `add_range_next_freeip`, and returns nothing.
    pub swallowed: Option<String>,
}

impl Outcome {
    fn new(result: Answer, splice: impl Into<Option<Splice>>) -> Self {
        Outcome { result, splice: splice.into(), swallowed: None }
    }
}

/// Does one operation on the text of the database.
///
/// # Errors
///
/// [`Error::Die`] where the original dies, with its text; [`Error::Unsupported`] if the database is
/// of another shape, or an address of a spelling that is not read here.
pub fn run(db: &RawValue, subnet: &Subnet, operation: &Operation) -> Result<Outcome> {
    match operation {
        Operation::AddSubnet => add_subnet(db, subnet),
        Operation::DelSubnet => del_subnet(db, subnet),
        Operation::AddIp { ip, is_gateway, hostname, mac, vmid } => {
            let entry = if *is_gateway == 0 {
                entry(&[("vmid", vmid), ("hostname", hostname), ("mac", mac)], true)?
            } else {
                r#"{"gateway":1}"#.into()
            };
            add_ip(db, subnet, &text(ip)?, *is_gateway != 0, &entry)
        }
        Operation::DelIp { ip } => del_ip(db, subnet, &text(ip)?),
        Operation::AddNextFreeip { hostname, mac, vmid } => {
            let entry = entry(&[("mac", mac), ("hostname", hostname), ("vmid", vmid)], false)?;
            add_next_freeip(db, subnet, &entry)
        }
        Operation::AddRangeNextFreeip { range, data } => {
            match add_range_next_freeip(db, subnet, range, data.get()) {
                Err(Error::Die(text)) => {
                    Ok(Outcome { swallowed: Some(text), ..Outcome::new(Answer::None, None) })
                }
                outcome => outcome,
            }
        }
        Operation::GetIpsFromMac { mac } => get_ips_from_mac(db, subnet, &text(mac)?),
    }
}

fn add_subnet(db: &RawValue, subnet: &Subnet) -> Result<Outcome> {
    let trail = Trail::find(db, &subnet.path())?;
    let splice = if trail.reaches(IPS) { None } else { Some(trail.set("{}")?) };
    Ok(Outcome::new(Answer::None, splice))
}

fn del_subnet(db: &RawValue, subnet: &Subnet) -> Result<Outcome> {
    let trail = subnet.find(db)?;
    let ips: Vec<_> = members(ips(&trail)?).collect::<Result<_>>()?;
    let is_unused = match &ips[..] {
        [] => true,
        [(_, "null")] => {
            return Err(Error::die_at("Can't use an undefined value as a HASH reference"));
        }
        [(_, entry)] => hash(entry)?.get("gateway").is_some_and(|value| value.to_number() == 1.0),
        _ => false,
    };
    if !is_unused {
        let cidr = &subnet.cidr;
        return Err(Error::die(format_args!("cannot delete subnet '{cidr}', not empty")));
    }
    Ok(Outcome::new(Answer::None, trail.remove(SUBNET)))
}

fn add_ip(
    db: &RawValue,
    subnet: &Subnet,
    ip: &str,
    is_gateway: bool,
    entry: &str,
) -> Result<Outcome> {
    let trail = subnet.find_ip(db, ip)?;
    subnet.check(&trail)?;
    if !trail.is_null(IP) {
        let old = hash(trail.value(IP).unwrap_or("null"))?;
        if !is_gateway || !old.is_defined("gateway") {
            return Err(Error::die(format_args!("IP '{ip}' already exist")));
        }
    }
    Ok(Outcome::new(Answer::None, trail.set(entry)?))
}

fn del_ip(db: &RawValue, subnet: &Subnet, ip: &str) -> Result<Outcome> {
    let trail = subnet.find_ip(db, ip)?;
    let (zone, cidr) = (&subnet.zone, &subnet.cidr);
    if !trail.reaches(SUBNETS) {
        return Err(no_zone(zone));
    }
    if !trail.reaches(IPS) {
        return Err(Error::die_at(format_args!("subnet {cidr} don't exist in ipam db")));
    }
    if trail.is_null(IP) {
        return Err(Error::die(format_args!("IP '{ip}' does not exist in IPAM DB")));
    }
    Ok(Outcome::new(Answer::None, trail.remove(IP)))
}

fn add_next_freeip(db: &RawValue, subnet: &Subnet, entry: &str) -> Result<Outcome> {
    let trail = Trail::find(db, &subnet.path())?;
    let (network, cidr) = (&subnet.network, &subnet.cidr);
    subnet.check_zone(&trail)?;
    if !trail.reaches(IPS) {
        return Err(Error::die_at(format_args!("subnet '{cidr}' doesn't exist in IPAM DB")));
    }
    let is_ipv4 = netip::is_ipv4(network);
    if is_ipv4 && crate::perl::number(&subnet.mask) == 32.0 {
        let trail = subnet.find_ip(db, network)?;
        if !trail.is_null(IP) {
            return Err(Error::die(format_args!("cannot find free IP in subnet '{cidr}'")));
        }
        let address = Answer::Address(network.clone().into_owned());
        return Ok(Outcome::new(address, trail.set(entry)?));
    }

    let net = match NetText::parse(cidr) {
        NetText::Net(net) => net,
        NetText::Invalid => {
            return Err(Error::die_at("Can't call method \"last\" on an undefined value"));
        }
        NetText::Unknown => return Err(Error::Unsupported(format!("network '{cidr}'"))),
    };
    // An IPv4 network's own address is for no host; in IPv6 it is given away.
    let start = net.plus(u128::from(is_ipv4));
    let mut used = Vec::new();
    for member in members(ips(&trail)?) {
        let (key, value) = member?;
        let number = canon_number(&key, net.is_ipv6());
        if let Some(number) = number.filter(|&n| value != "null" && net.contains(n)) {
            used.push(start.steps_to(number));
        }
    }
    let steps = first_free(&used);
    if steps > start.steps_to(net.last()) {
        return Err(Error::die(format_args!("can't find free ip in subnet '{cidr}'")));
    }
    subnet.give(db, start.plus(steps).text(), entry)
}

fn add_range_next_freeip(
    db: &RawValue,
    subnet: &Subnet,
    range: &Hash,
    entry: &str,
) -> Result<Outcome> {
    let trail = subnet.find(db)?;
    let (start, end) = (range.text("start-address"), range.text("end-address"));
    let span = Span::parse(&format!("{start} - {end}"))
        .ok_or_else(|| Error::die("Invalid IP address(es) in Range!"))?;
    let (first, last) = (number(span.first), number(span.last));

    let mut used = Vec::new();
    for member in members(ips(&trail)?) {
        let (key, value) = member?;
        let number = canon_number(&key, span.first.is_ipv6());
        if let Some(number) = number.filter(|n| (first..=last).contains(n)) {
            // To this function, an entry that is false is none.
            if is_true(value)? {
                used.push(number - first);
            }
        }
    }
    let free = first_free(&used);
    if free > last - first {
        return Err(Error::die(format_args!("No free IP left in Range {start}:{end}}}")));
    }
    let address = match span.first {
        IpAddr::V4(first) => Ipv4Addr::from_bits(first.to_bits() + free as u32).to_string(),
        IpAddr::V6(_) => short(Ipv6Addr::from(first + free)),
    };
    subnet.give(db, address, entry)
}

/// The original goes through the subnets in no order, and through none after one with an IPv6
/// address of the MAC address. Here the subnets of IPv4 come first, so that both are found.
fn get_ips_from_mac(db: &RawValue, subnet: &Subnet, mac: &str) -> Result<Outcome> {
    let trail = Trail::find(db, &subnet.path())?;
    if !trail.reaches(SUBNETS) {
        return Err(no_zone(&subnet.zone));
    }
    let subnets: Vec<_> =
        members(trail.value(SUBNETS).unwrap_or_default()).collect::<Result<_>>()?;
    let (ipv6, ipv4): (Vec<_>, Vec<_>) = subnets.iter().partition(|(cidr, _)| cidr.contains(':'));

    let (mut ip4, mut ip6) = (None, None);
    for (cidr, value) in ipv4.into_iter().chain(ipv6) {
        if ip6.is_some() || ip4.is_some() && netip::is_ipv4(cidr) {
            continue;
        }
        for (ip, entry) in addresses(value)? {
            let Entry { mac: Some(of) } = object(entry)? else {
                continue;
            };
            if !of.is_true() || text(&of)? != mac {
                continue;
            }
            if netip::is_ipv4(&ip) {
                ip4 = Some(ip.into_owned());
            } else {
                ip6 = Some(ip.into_owned());
            }
        }
    }
    Ok(Outcome::new(Answer::Addresses(ip4, ip6), None))
}

/// Where the keys of a path are: `zones`, zone, `subnets`, CIDR, `ips`, address.
const SUBNETS: usize = 2;
const SUBNET: usize = 3;
const IPS: usize = 4;
const IP: usize = 5;

impl Subnet<'_> {
    fn path(&self) -> [&str; 5] {
        ["zones", &self.zone, "subnets", &self.cidr, "ips"]
    }

    fn find<'t>(&'t self, db: &'t RawValue) -> Result<Trail<'t>> {
        let trail = Trail::find(db, &self.path())?;
        self.check(&trail)?;
        Ok(trail)
    }

    fn find_ip<'t>(&'t self, db: &'t RawValue, ip: &'t str) -> Result<Trail<'t>> {
        let [zones, zone, subnets, cidr, ips] = self.path();
        Trail::find(db, &[zones, zone, subnets, cidr, ips, ip])
    }

    fn check_zone(&self, trail: &Trail) -> Result<()> {
        if trail.reaches(SUBNETS) {
            return Ok(());
        }
        let zone = &self.zone;
        Err(Error::die(format_args!("zone '{zone}' doesn't exist in IPAM DB")))
    }

    fn check(&self, trail: &Trail) -> Result<()> {
        self.check_zone(trail)?;
        if trail.reaches(IPS) {
            return Ok(());
        }
        let cidr = &self.cidr;
        Err(Error::die(format_args!("subnet '{cidr}' doesn't exist in IPAM DB")))
    }

    fn give(&self, db: &RawValue, address: String, entry: &str) -> Result<Outcome> {
        let splice = self.find_ip(db, &address)?.set(entry)?;
        Ok(Outcome::new(Answer::Address(address), splice))
    }
}

fn no_zone(zone: &str) -> Error {
    Error::die_at(format_args!("zone {zone} don't exist in ipam db"))
}

/// The text of an entry; without the values that are false, if `only_true`.
fn entry(fields: &[(&str, &RawValue)], only_true: bool) -> Result<String> {
    let mut text = String::from("{");
    for (key, value) in fields {
        if only_true && !is_true(value.get())? {
            continue;
        }
        let comma = if text.len() > 1 { "," } else { "" };
        text += &format!("{comma}\"{key}\":{value}");
    }
    text.push('}');
    Ok(text)
}

/// What the MAC address of an entry is read from.
#[derive(Default, Deserialize)]
struct Entry<'a> {
    #[serde(borrow)]
    mac: Option<Value<'a>>,
}

/// The text of the addresses that a trail leads to.
fn ips<'a>(trail: &Trail<'a>) -> Result<&'a str> {
    container("ips", trail.value(IPS).unwrap_or("null"))
}

/// The entries of a subnet, by address.
fn addresses(subnet: &str) -> Result<Vec<(Cow<'_, str>, &str)>> {
    let mut ips = "null";
    for member in members(container("a subnet", subnet)?) {
        let (key, value) = member?;
        if key == "ips" {
            ips = value;
        }
    }
    members(container("ips", ips)?).collect()
}

/// A text that is one of an object, or null.
fn container<'a>(what: &str, text: &'a str) -> Result<&'a str> {
    if text == "null" || text.starts_with('{') {
        return Ok(text);
    }
    Err(Error::Unsupported(format!("{what} is not an object")))
}

fn hash(text: &str) -> Result<Hash<'_>> {
    object(text)
}

/// Reads an object; of null, what an empty one would be.
fn object<'a, T: Deserialize<'a> + Default>(text: &'a str) -> Result<T> {
    match container("an entry", text)? {
        "null" => Ok(T::default()),
        text => serde_json::from_str(text).map_err(|e| Error::Unsupported(e.to_string())),
    }
}

/// Perl's truth of a JSON text.
fn is_true(text: &str) -> Result<bool> {
    if text.starts_with(['{', '[']) {
        return Ok(true);
    }
    let value: Value = serde_json::from_str(text).map_err(|e| Error::Unsupported(e.to_string()))?;
    Ok(value.is_true())
}

fn text<'v>(value: &'v Value) -> Result<Cow<'v, str>> {
    value.to_text().ok_or_else(|| Error::Unsupported("a reference where a text is expected".into()))
}

fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => address.to_bits().into(),
        IpAddr::V6(address) => address.to_bits(),
    }
}

/// The number of an address that is spelled as the original spells it: another spelling of an
/// address in use does not keep it from being given away.
fn canon_number(text: &str, is_ipv6: bool) -> Option<u128> {
    if !is_ipv6 {
        return text.parse().ok().map(|ip: Ipv4Addr| ip.to_bits().into());
    }
    let address: Ipv6Addr = text.parse().ok()?;
    (short(address) == text).then(|| address.to_bits())
}
