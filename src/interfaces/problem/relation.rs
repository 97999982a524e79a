//! What shows between interfaces: addresses, gateways, ports.

use super::{Places, Problems};
use crate::host::Facts;
use crate::interfaces::Key;
use crate::interfaces::kind::vlan;
use crate::interfaces::{Config, Family, Iface, Kind};
use crate::perl::{Charset, Value};
use ipnet::IpNet;
use std::collections::{HashMap, HashSet};
use std::net::IpAddr;

/// Longer names are refused by the kernel; bytes.
const LONGEST_NAME: usize = 15;

/// The attributes that name other interfaces.
const PARTS: [Key; 5] =
    [Key::BridgePorts, Key::OvsPorts, Key::Slaves, Key::OvsBonds, Key::VlanRawDevice];

/// Everything to look at, and where to report.
struct View<'v> {
    config: &'v Config<'v>,
    /// Every name that a link of this node has, if they are known.
    links: Option<HashSet<&'v str>>,
    places: &'v Places<'v>,
    charset: Charset,
    /// Which interface uses another one.
    users: HashMap<String, &'v str>,
}

/// Looks at the interfaces.
pub(super) fn check(
    config: &Config,
    facts: Option<&Facts>,
    places: &Places,
    charset: Charset,
    problems: &mut Problems,
) {
    let users = users(config, charset);
    let links = facts.map(|facts| {
        let names = facts.links.iter().flat_map(|link| link.altnames.iter().chain([&link.name]));
        names.map(AsRef::as_ref).collect()
    });
    let view = View { config, links, places, charset, users };
    for (name, iface) in &config.ifaces {
        view.check_stanza(name, iface, problems);
        view.check_name(name, iface, problems);
        view.check_card(name, iface, problems);
        view.check_assumed_ports(name, iface, problems);
        for family in [Family::Inet, Family::Inet6] {
            view.check_address(name, iface, family, problems);
        }
    }
    view.check_duplicates(problems);
    for family in [Family::Inet, Family::Inet6] {
        view.check_gateways(family, problems);
    }
}

fn users<'v>(config: &'v Config, charset: Charset) -> HashMap<String, &'v str> {
    let mut users = HashMap::new();
    for (name, iface) in &config.ifaces {
        for key in PARTS {
            let parts = iface.text(key);
            users.extend(charset.split(&parts).map(|part| (part.to_owned(), name.as_ref())));
        }
    }
    users
}

fn has_stanza(iface: &Iface) -> bool {
    iface.is_defined(Key::Priority)
}

fn cidr(iface: &Iface, family: Family) -> Option<IpNet> {
    iface.true_text(family.keys().cidr)?.parse().ok()
}

impl View<'_> {
    fn check_stanza(&self, name: &str, iface: &Iface, problems: &mut Problems) {
        let is_pattern = name.contains(['/', '*', '[', '?']);
        if iface.is_true(Key::Autostart) && !has_stanza(iface) && name != "lo" && !is_pattern {
            let line = self.places.line(name, Some(Key::Autostart));
            problems.warning(
                line,
                Some(name),
                format!("'{name}' starts at boot, but there is no 'iface {name}'"),
            );
        }
    }

    fn check_name(&self, name: &str, iface: &Iface, problems: &mut Problems) {
        // A card may be configured by an altname, which may be longer; an alias is no link.
        let is_made = !matches!(iface.kind(), Kind::Eth | Kind::OvsPort | Kind::Alias);
        if is_made && has_stanza(iface) && name.chars().count() > LONGEST_NAME {
            let length = name.chars().count();
            let text = format!("the name has {length} bytes, expected at most {LONGEST_NAME}");
            problems.error(self.places.line(name, None), Some(name), text);
        }
    }

    /// A card that the node does not have.
    fn check_card(&self, name: &str, iface: &Iface, problems: &mut Problems) {
        let is_missing = self.links.as_ref().is_some_and(|links| !links.contains(name));
        if iface.kind() != Kind::Eth || !has_stanza(iface) || !is_missing {
            return;
        }
        let user = self.users.get(name).map(|user| format!(", which '{user}' uses"));
        let text = format!("this node has no network card '{name}'{}", user.unwrap_or_default());
        problems.warning(self.places.line(name, None), Some(name), text);
    }

    /// A port such as `eno1.5` needs no stanza, but the card has to be there.
    fn check_assumed_ports(&self, name: &str, iface: &Iface, problems: &mut Problems) {
        let ports = iface.text(Key::BridgePorts);
        for port in
            self.charset.split(&ports).filter(|port| !self.config.ifaces.contains_key(*port))
        {
            let Some((parent, _)) = vlan::split_name(port) else { continue };
            if !self.config.ifaces.contains_key(parent) {
                let text = format!(
                    "port '{port}' is on '{parent}', which is neither in the file nor on this node"
                );
                problems.warning(self.places.line(name, Some(Key::BridgePorts)), Some(name), text);
            }
        }
    }

    fn check_address(&self, name: &str, iface: &Iface, family: Family, problems: &mut Problems) {
        let keys = family.keys();
        let is_static = iface.text(keys.method) == "static";
        if is_static && !iface.is_true(keys.address) {
            let text = format!("method static of {} without an address", family.as_str());
            problems.warning(self.places.line(name, Some(keys.method)), Some(name), text);
        }
        if is_static
            && self.users.get(name).and_then(|user| self.config.ifaces.get(*user)).map(Iface::kind)
                == Some(Kind::Bond)
        {
            let text = "has an address, but is the slave of a bond".to_owned();
            problems.warning(self.places.line(name, Some(keys.address)), Some(name), text);
        }
        let Some(IpNet::V4(net)) = cidr(iface, family) else { return };
        if net.prefix_len() < 31 && (net.addr() == net.network() || net.addr() == net.broadcast()) {
            let text =
                format!("{net} is the address of the network or its broadcast, not of a host");
            problems.warning(self.places.line(name, Some(keys.address)), Some(name), text);
        }
    }

    /// An address that two interfaces have.
    fn check_duplicates(&self, problems: &mut Problems) {
        let mut owners: HashMap<IpAddr, (&str, usize)> = HashMap::new();
        for (name, iface) in &self.config.ifaces {
            for family in [Family::Inet, Family::Inet6] {
                let Some(net) = cidr(iface, family) else { continue };
                let line = self.places.line(name, Some(family.keys().address));
                match owners.get(&net.addr()) {
                    Some((other, at)) => {
                        let text =
                            format!("'{other}' (line {at}) has the address {} too", net.addr());
                        problems.warning(line, Some(name), text);
                    }
                    None => drop(owners.insert(net.addr(), (name, line))),
                }
            }
        }
    }

    fn check_gateways(&self, family: Family, problems: &mut Problems) {
        let keys = family.keys();
        let mut first: Option<(&str, usize)> = None;
        for (name, iface) in &self.config.ifaces {
            let Some(gateway) = iface.true_text(keys.gateway) else { continue };
            let line = self.places.line(name, Some(keys.gateway));
            match first {
                Some((other, at)) => {
                    let text =
                        format!("'{other}' (line {at}) has a default gateway too, expected one");
                    problems.warning(line, Some(name), text);
                }
                None => first = Some((name, line)),
            }
            let (Ok(gateway), Some(net)) = (gateway.parse::<IpAddr>(), cidr(iface, family)) else {
                continue;
            };
            if gateway == net.addr() {
                let text = format!("gateway {gateway} is the interface's own address");
                problems.error(line, Some(name), text);
            } else if !is_reachable(iface, gateway, net) {
                let text = format!("gateway {gateway} is outside of {}", net.trunc());
                problems.warning(line, Some(name), text);
            }
        }
    }
}

/// True if a gateway is in the network of an interface, or is reached in another way.
fn is_reachable(iface: &Iface, gateway: IpAddr, net: IpNet) -> bool {
    let is_single = net.prefix_len() == net.max_prefix_len();
    let is_link_local = matches!(gateway, IpAddr::V6(gateway) if gateway.is_unicast_link_local());
    let has_peer = [Key::Options, Key::Options6].iter().any(|key| match iface.get(*key) {
        Some(Value::List(options)) => options
            .iter()
            .any(|option| matches!(option, Value::Text(text) if text.starts_with("pointopoint"))),
        _ => false,
    });
    net.contains(&gateway) || is_single || is_link_local || has_peer
}
