//! Whether the running network is as configured.

use crate::interfaces::{Config, Family, Iface, Key, Kind};
use crate::perl::Charset;
use crate::sys::{Gateway, Link, Running};
use ipnet::IpNet;
use serde::Serialize;
use std::collections::BTreeSet;
use std::net::IpAddr;

/// One thing that runs differently from how it is configured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// What it is about: `state`, `address`, `mtu`, `port eno1`, …
    pub what: String,
    /// As the file has it.
    pub configured: String,
    /// As the node has it.
    pub running: String,
}

/// Compares a configuration with the running state of its node.
pub struct Verifier<'a> {
    config: &'a Config<'a>,
    running: &'a Running,
    started: BTreeSet<String>,
}

impl<'a> Verifier<'a> {
    /// Prepares to compare.
    pub fn new(config: &'a Config<'a>, running: &'a Running) -> Self {
        let started = started(config);
        Verifier { config, running, started }
    }

    /// The link of an interface; that of an alias is the one it is on.
    pub fn link(&self, name: &str) -> Option<&'a Link> {
        let name = match self.config.ifaces.get(name).map(Iface::kind) {
            Some(Kind::Alias) => name.rsplit_once(':').map_or(name, |(parent, _)| parent),
            _ => name,
        };
        self.running.find(name)
    }

    /// False if an interface is none that the kernel knows of: a bond of Open vSwitch.
    pub fn has_link(&self, name: &str) -> bool {
        self.config.ifaces.get(name).map(Iface::kind) != Some(Kind::OvsBond)
    }

    /// True if the interface comes up at boot, by itself or with another one.
    pub fn is_started(&self, name: &str) -> bool {
        self.started.contains(name)
    }

    /// What of an interface is not as configured.
    ///
    /// An interface that is not started at boot may be missing or down. Addresses and ports that a
    /// link has beyond those in the file are no difference: guests and services add them.
    pub fn differences(&self, name: &str) -> Vec<Difference> {
        let mut found = Differences::default();
        let Some(iface) = self.config.ifaces.get(name) else {
            return found.0;
        };
        if !iface.is_defined(Key::Priority) || !self.has_link(name) {
            return found.0;
        }
        let Some(link) = self.link(name) else {
            if self.is_started(name) {
                found.add("state", "up", "no such link");
            }
            return found.0;
        };
        if !link.is_up {
            if self.is_started(name) {
                found.add("state", "up", "down");
            }
            return found.0;
        }
        if iface.kind() != Kind::Alias && self.kind(iface, link, &mut found) {
            self.attributes(name, iface, link, &mut found);
        }
        for family in [Family::Inet, Family::Inet6] {
            addresses(iface, family, link, &mut found);
            self.gateway(iface, family, link, &mut found);
        }
        found.0
    }

    /// Compares the kind; true if it is the same.
    fn kind(&self, iface: &Iface, link: &Link, found: &mut Differences) -> bool {
        let Some(wanted) = kernel_kind(iface.kind()) else {
            return true;
        };
        let kind = link.kind.as_deref().unwrap_or("a network card");
        found.expect("kind", wanted, kind)
    }

    fn attributes(&self, name: &str, iface: &Iface, link: &Link, found: &mut Differences) {
        if let (Some(wanted), Some(mtu)) = (iface.true_text(Key::Mtu), link.mtu) {
            found.expect("mtu", &wanted, &mtu.to_string());
        }
        match iface.kind() {
            Kind::Vlan => self.vlan(iface, link, found),
            Kind::Vxlan => {
                let id = link.vxlan_id.map(|id| id.to_string()).unwrap_or_default();
                found.expect("vxlan-id", &iface.text(Key::VxlanId), &id);
            }
            Kind::Bond => {
                let mode = iface.true_text(Key::BondMode).unwrap_or("balance-rr".into());
                found.expect("bond-mode", &mode, link.bond_mode.as_deref().unwrap_or_default());
                self.members("slave", name, &iface.text(Key::Slaves), link, found);
            }
            Kind::Bridge => {
                let words = |is_aware| if is_aware { "yes" } else { "no" };
                if let Some(is_aware) = link.is_vlan_aware {
                    let wanted = iface.is_defined(Key::BridgeVlanAware);
                    found.expect("vlan-aware", words(wanted), words(is_aware));
                }
                self.members("port", name, &iface.text(Key::BridgePorts), link, found);
            }
            _ => {}
        }
    }

    fn vlan(&self, iface: &Iface, link: &Link, found: &mut Differences) {
        let raw_device = iface.text(Key::VlanRawDevice);
        let parent = link.parent.as_deref().unwrap_or("another");
        if self.running.find(&raw_device).map(|link| link.name.as_str()) != Some(parent) {
            found.add("vlan-raw-device", &raw_device, parent);
        }
        let Some(vlan) = &link.vlan else { return };
        found.expect("vlan-id", &iface.text(Key::VlanId), &vlan.id.to_string());
        let wanted = iface.true_text(Key::VlanProtocol).unwrap_or("802.1q".into());
        if let Some(protocol) = &vlan.protocol {
            found.expect("vlan-protocol", &wanted, &protocol.to_ascii_lowercase());
        }
    }

    /// Compares the members of a bridge or bond: each that is configured has to be one.
    fn members(&self, role: &str, name: &str, wanted: &str, link: &Link, found: &mut Differences) {
        for member in Charset::Latin1.split(wanted) {
            let is_in = match self.running.find(member) {
                None => "no such link".to_owned(),
                Some(member) => match &member.master {
                    Some(master) if *master == link.name => continue,
                    Some(master) => format!("in {master}"),
                    None => "in none".to_owned(),
                },
            };
            found.add(&format!("{role} {member}"), &format!("in {name}"), &is_in);
        }
    }

    fn gateway(&self, iface: &Iface, family: Family, link: &Link, found: &mut Differences) {
        let Some(gateways) = self.running.gateways() else {
            return;
        };
        let wanted = iface.true_text(family.keys().gateway).and_then(|text| text.parse().ok());
        let Some(wanted) = wanted else { return };
        let is_wanted =
            |gateway: &&Gateway| gateway.address == wanted && gateway.device == link.name;
        if gateways.iter().any(|gateway| is_wanted(&gateway)) {
            return;
        }
        let same_family = gateways.iter().filter(|gateway| is_same_family(gateway.address, wanted));
        let running =
            same_family.map(|gateway| format!("{} on {}", gateway.address, gateway.device));
        found.add("gateway", &format!("{wanted} on {}", link.name), &list(running));
    }
}

/// Compares the addresses of one family.
fn addresses(iface: &Iface, family: Family, link: &Link, found: &mut Differences) {
    let is_v4 = family == Family::Inet;
    let of_family = || link.addresses.iter().filter(move |cidr| cidr.addr().is_ipv4() == is_v4);
    match iface.text(family.keys().method).as_ref() {
        "dhcp" | "auto" if !of_family().any(|cidr| !is_link_local(cidr.addr())) => {
            found.add("address", &format!("by {}", iface.text(family.keys().method)), "none");
        }
        "static" => {
            let wanted =
                iface.true_text(family.keys().cidr).and_then(|text| text.parse::<IpNet>().ok());
            let Some(wanted) = wanted else { return };
            if !of_family().any(|cidr| *cidr == wanted) {
                let others = of_family().filter(|cidr| !is_link_local(cidr.addr()));
                found.add("address", &wanted.to_string(), &list(others.map(IpNet::to_string)));
            }
        }
        _ => {}
    }
}

fn is_same_family(a: IpAddr, b: IpAddr) -> bool {
    a.is_ipv4() == b.is_ipv4()
}

fn is_link_local(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(_) => false,
        IpAddr::V6(address) => address.is_unicast_link_local(),
    }
}

fn list(items: impl Iterator<Item = String>) -> String {
    let items: Vec<String> = items.collect();
    if items.is_empty() { "none".into() } else { items.join(", ") }
}

/// What the kernel calls a link of that kind; `None` if it can be any.
fn kernel_kind(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::Bond => Some("bond"),
        Kind::Bridge => Some("bridge"),
        Kind::Dummy => Some("dummy"),
        Kind::OvsBridge | Kind::OvsIntPort => Some("openvswitch"),
        Kind::Vlan => Some("vlan"),
        Kind::Vxlan => Some("vxlan"),
        Kind::Alias | Kind::Eth | Kind::Loopback | Kind::OvsPort => None,
        Kind::OvsBond | Kind::Unknown | Kind::Other => None,
    }
}

/// The interfaces that come up at boot: by `auto`, or because one that does is made of them.
fn started(config: &Config) -> BTreeSet<String> {
    const PARTS: [Key; 5] =
        [Key::BridgePorts, Key::Slaves, Key::OvsPorts, Key::OvsBonds, Key::VlanRawDevice];

    let is_auto = |iface: &Iface| iface.is_true(Key::Autostart);
    let auto = config.ifaces.iter().filter(|(_, iface)| is_auto(iface));
    let mut todo: Vec<String> = auto.map(|(name, _)| name.to_string()).collect();
    let mut started = BTreeSet::new();
    while let Some(name) = todo.pop() {
        if let Some(iface) = config.ifaces.get(name.as_str()) {
            let parts = PARTS.map(|key| iface.text(key));
            let parts = parts.iter().flat_map(|part| Charset::Latin1.split(part));
            todo.extend(parts.filter(|part| !started.contains(*part)).map(str::to_owned));
        }
        started.insert(name);
    }
    started
}

#[derive(Default)]
struct Differences(Vec<Difference>);

impl Differences {
    fn add(&mut self, what: &str, configured: &str, running: &str) {
        self.0.push(Difference {
            what: what.into(),
            configured: configured.into(),
            running: running.into(),
        });
    }

    /// Adds a difference if the two are not the same; true if they are.
    fn expect(&mut self, what: &str, configured: &str, running: &str) -> bool {
        let is_same = configured == running;
        if !is_same {
            self.add(what, configured, running);
        }
        is_same
    }
}
