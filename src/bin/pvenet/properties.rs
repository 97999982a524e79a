//! The properties of an interface, as configured and as it runs, side by side.

use crate::page::{self, Cell, Table, Tone};
use pve_network_rs::apply::verify::Verifier;
use pve_network_rs::interfaces::{Iface, Key};
use pve_network_rs::perl::Value;
use pve_network_rs::sys::{Link, Running};
use std::collections::BTreeSet;
use std::net::IpAddr;

/// A property: its name, where the file has it, and how it is seen on a link.
type Property = (&'static str, &'static [Key], fn(&Link, &Running) -> Vec<String>);

const PROPERTIES: &[Property] = &[
    ("link", &[], |link, _| vec![link.name.clone()]),
    ("type", &[Key::Type], |link, _| one(link.kind.as_ref().or(link.link_type.as_ref()))),
    ("at boot", &[Key::Autostart], |_, _| vec![]),
    ("state", &[], |link, _| vec![flag_and_state(link)]),
    ("method", &[Key::Method], |_, _| vec![]),
    ("address", &[Key::Cidr], |link, _| addresses(link, IpAddr::is_ipv4)),
    ("gateway", &[Key::Gateway], |link, running| gateways(link, running, IpAddr::is_ipv4)),
    ("method6", &[Key::Method6], |_, _| vec![]),
    ("address6", &[Key::Cidr6], |link, _| addresses(link, IpAddr::is_ipv6)),
    ("gateway6", &[Key::Gateway6], |link, running| gateways(link, running, IpAddr::is_ipv6)),
    ("mtu", &[Key::Mtu], |link, _| one(link.mtu)),
    ("ports", &[Key::BridgePorts, Key::Slaves, Key::OvsPorts, Key::OvsBonds], ports),
    ("port of", &[Key::OvsBridge], |link, _| one(link.master.as_ref())),
    ("bond mode", &[Key::BondMode], |link, _| one(link.bond_mode.as_ref())),
    ("VLAN-aware", &[Key::BridgeVlanAware], |link, _| one(link.is_vlan_aware.map(yes_or_no))),
    ("VLAN id", &[Key::VlanId, Key::OvsTag], |link, _| one(link.vlan.as_ref().map(|vlan| vlan.id))),
    ("VLAN protocol", &[Key::VlanProtocol], |link, _| {
        one(link.vlan.as_ref().and_then(|vlan| vlan.protocol.as_ref()))
    }),
    ("built on", &[Key::VlanRawDevice, Key::VxlanPhysdev], |link, _| one(link.parent.as_ref())),
    ("VNI", &[Key::VxlanId], |link, _| one(link.vxlan_id)),
    ("MAC", &[], |link, _| one(link.mac.as_ref())),
    ("other names", &[], |link, _| link.altnames.clone()),
];

/// What of a configured interface is no property of its own.
const OTHER: [Key; 8] = [
    Key::Active,
    Key::Address,
    Key::Address6,
    Key::Exists,
    Key::Families,
    Key::Netmask,
    Key::Netmask6,
    Key::Priority,
];

/// A table of what an interface is in the file, in the pending file if there is one, and now.
pub(crate) fn table(
    file: Option<&Iface>,
    pending: Option<Option<&Iface>>,
    link: Option<&Link>,
    running: Option<&Running>,
) -> Table {
    let mut table = match pending {
        Some(_) => Table::new(["PROPERTY", "FILE", "PENDING", "RUNNING"]),
        None => Table::new(["PROPERTY", "FILE", "RUNNING"]),
    };
    let mut row = |name: &str, text: &dyn Fn(&Iface) -> String, seen: String| {
        let file = file.map(text).unwrap_or_default();
        let next = pending.map(|iface| iface.map(text).unwrap_or_default());
        if seen.is_empty() && file.is_empty() && next.iter().all(String::is_empty) {
            return;
        }
        let name = page::bytes(name).into();
        match next {
            Some(next) => table.row([name, file.into(), next.into(), seen.into()]),
            None => table.row([name, file.into(), seen.into()]),
        }
    };
    for (name, keys, observe) in PROPERTIES {
        let seen = link.zip(running).map(|(link, running)| observe(link, running));
        let seen: Vec<String> = seen.iter().flatten().map(|text| page::plain(text)).collect();
        row(name, &|iface| configured(iface, keys), seen.join("\n"));
    }
    for name in other_names(file, pending.flatten()) {
        let text = |iface: &Iface| {
            let value = iface.iter().find(|(other, _)| *other == name).map(|(_, value)| value);
            value.map(|value| page::attribute(name, value).join("\n")).unwrap_or_default()
        };
        row(name, &text, String::new());
    }
    table
}

/// Whether the link of an interface is there, up, and connected.
pub(crate) fn state(verifier: &Verifier, name: &str) -> &'static str {
    match verifier.link(name) {
        None if !verifier.has_link(name) => "-",
        None => "missing",
        Some(link) if !link.is_up => "down",
        Some(link) if link.has_no_carrier() => "no carrier",
        Some(_) => "up",
    }
}

/// The state of a link, if that is known, for a table.
pub(crate) fn state_cell(state: Option<&str>) -> Cell {
    match state {
        None => "?".into(),
        Some("up") => Cell::new(Tone::Good, "up"),
        Some(state) => state.into(),
    }
}

fn configured(iface: &Iface, keys: &[Key]) -> String {
    let text = |key: &Key| match key {
        Key::Autostart => yes_or_no(iface.is_true(*key)).into(),
        Key::BridgeVlanAware => iface.get(*key).map(|_| "yes".into()).unwrap_or_default(),
        Key::Method if !has_family(iface, "inet") => String::new(),
        Key::Method6 if !has_family(iface, "inet6") => String::new(),
        _ => iface.get(*key).map(page::value).unwrap_or_default(),
    };
    keys.iter().map(text).filter(|text| !text.is_empty()).collect::<Vec<_>>().join("\n")
}

/// True if the interface has a stanza of that family; where it has none, the reader says `manual`.
fn has_family(iface: &Iface, family: &str) -> bool {
    match iface.get(Key::Families) {
        Some(Value::List(families)) => families.iter().any(|value| *value == Value::text(family)),
        _ => false,
    }
}

/// The names of all attributes that are in no other row.
fn other_names<'i>(file: Option<&'i Iface>, pending: Option<&'i Iface>) -> BTreeSet<&'i str> {
    let is_told = |name: &&str| {
        let keys = PROPERTIES.iter().flat_map(|(_, keys, _)| keys.iter()).chain(&OTHER);
        keys.into_iter().any(|key| key.as_str() == *name)
    };
    let ifaces = file.into_iter().chain(pending);
    let names = ifaces.flat_map(|iface| iface.iter().map(|(name, _)| name));
    names.filter(|name| !is_told(name)).collect()
}

fn one(value: Option<impl ToString>) -> Vec<String> {
    value.into_iter().map(|value| value.to_string()).collect()
}

fn yes_or_no(is_so: bool) -> &'static str {
    if is_so { "yes" } else { "no" }
}

fn flag_and_state(link: &Link) -> String {
    let flag = if link.is_up { "up" } else { "down" };
    match &link.operstate {
        Some(state) if !state.eq_ignore_ascii_case(flag) => format!("{flag} ({state})"),
        _ => flag.into(),
    }
}

fn addresses(link: &Link, is_family: fn(&IpAddr) -> bool) -> Vec<String> {
    let addresses = link.addresses.iter().filter(|cidr| is_family(&cidr.addr()));
    addresses.map(ToString::to_string).collect()
}

fn gateways(link: &Link, running: &Running, is_family: fn(&IpAddr) -> bool) -> Vec<String> {
    let gateways = running.gateways().into_iter().flatten();
    let own = gateways.filter(|gateway| gateway.device == link.name && is_family(&gateway.address));
    own.map(|gateway| gateway.address.to_string()).collect()
}

fn ports(link: &Link, running: &Running) -> Vec<String> {
    let ports: Vec<&str> = running.ports_of(&link.name).collect();
    one((!ports.is_empty()).then(|| ports.join(" ")))
}
