//! The relations between interfaces that must hold before a file is written.

use super::kind::{bond, bridge, ovs, vlan, vxlan};
use super::{Config, Dialect, Family, Iface, Key, Kind};
use crate::error::{Error, Result};
use crate::perl::{Charset, Value, is_true, number};
use std::collections::HashMap;

/// The attributes whose values are ports or slaves of an interface.
const MEMBERS: [Key; 4] = [Key::BridgePorts, Key::OvsPorts, Key::Slaves, Key::OvsBonds];

/// Checks a configuration, and settles what one interface implies for another.
///
/// Where one check finds several faults, the original reports any of them, in the order of a Perl
/// hash; this reports that of the first interface by name.
///
/// # Errors
///
/// [`Error::Die`] with the text of the original.
///
/// Source: the first half of `PVE::Network::Interfaces::__write_etc_network_interfaces`.
pub fn check(config: &mut Config, dialect: Dialect, charset: Charset) -> Result<()> {
    let users = claim_ports(config, charset)?;
    ovs::drop_unused(config, &users);
    ovs::check_bridges(config, charset)?;
    ovs::check_bonds(config, charset)?;
    bond::check(config, charset)?;
    vxlan::check(config)?;
    vlan::check(config, dialect)?;
    check_uplinks(config)?;
    bridge::check(config, charset)
}

/// Settles addresses; returns which interface uses a port.
fn claim_ports(config: &mut Config, charset: Charset) -> Result<HashMap<String, String>> {
    let mut users: HashMap<String, String> = HashMap::new();
    for (name, iface) in &mut config.ifaces {
        for keys in [Family::Inet.keys(), Family::Inet6.keys()] {
            let cidr = iface.remove(keys.cidr);
            if !iface.is_defined(keys.address) {
                iface.set(keys.address, cidr.unwrap_or(Value::Undef));
            }
        }
        let members: Vec<_> = MEMBERS.iter().filter_map(|key| iface.true_text(*key)).collect();
        if members.is_empty() {
            continue;
        }
        // A leading blank as in the original, which splits the joined text.
        for port in split_list(&format!(" {}", members.join(" ")), charset) {
            if let Some(user) = users.get(&port).filter(|user| is_true(user) && *user != name) {
                return Err(Error::die(format_args!(
                    "port '{port}' is already used on interface '{user}'"
                )));
            }
            users.insert(port, name.clone().into_owned());
        }
    }
    Ok(users)
}

/// Source: `PVE::Tools::split_list`.
fn split_list(text: &str, charset: Charset) -> Vec<String> {
    if text.contains('\0') {
        let mut fields: Vec<String> = text.split('\0').map(str::to_owned).collect();
        while fields.last().is_some_and(String::is_empty) {
            fields.pop();
        }
        return fields;
    }
    let text = text.replace([',', ';'], " ");
    charset.split(charset.trim_start(&text)).map(str::to_owned).collect()
}

/// Checks that an uplink id is on one card or bond only.
fn check_uplinks(config: &Config) -> Result<()> {
    let mut users = HashMap::new();
    for (name, iface) in &config.ifaces {
        let Some(id) = iface.true_text(Key::UplinkId) else {
            continue;
        };
        if !matches!(iface.kind(), Kind::Eth | Kind::Bond) {
            return Err(Error::die(format_args!(
                "iface '{name}' - uplink-id {id} is only allowed on physical and linux bond \
                 interfaces"
            )));
        }
        if let Some(user) = users.insert(id.clone(), name) {
            return Err(Error::die(format_args!(
                "iface '{name}' - uplink-id {id} is already assigned on '{user}'"
            )));
        }
    }
    Ok(())
}

/// Starts a slave at boot.
pub(super) fn start(config: &mut Config, slave: &str) {
    if let Some(iface) = config.ifaces.get_mut(slave) {
        iface.set(Key::Autostart, Value::Integer(1));
    }
}

/// What [`check_mtu`] needs of an interface.
pub(super) struct MtuOf<'i> {
    name: &'i str,
    mtu: Option<String>,
    is_bond: bool,
}

impl<'i> MtuOf<'i> {
    pub(super) fn new(name: &'i str, iface: &Iface) -> Self {
        let mtu = iface.true_text(Key::Mtu).map(std::borrow::Cow::into_owned);
        MtuOf { name, mtu, is_bond: iface.kind() == Kind::Bond }
    }

    pub(super) fn find(config: &Config, name: &'i str) -> Self {
        match config.ifaces.get(name) {
            Some(iface) => MtuOf::new(name, iface),
            None => MtuOf { name, mtu: None, is_bond: false },
        }
    }
}

/// Checks that frames of `child` fit through `parent`: 1500 bytes where its MTU is not set, for a
/// bond as much as is asked.
pub(super) fn check_mtu(parent: &MtuOf, child: &MtuOf) -> Result<()> {
    for (end, role) in [(parent, "parent"), (child, "child")] {
        if !is_true(end.name) {
            return Err(Error::die(format_args!("check mtu - missing {role} interface")));
        }
    }
    let Some(child_mtu) = &child.mtu else {
        return Ok(());
    };
    let parent_mtu = match &parent.mtu {
        Some(mtu) => mtu,
        None if parent.is_bond => child_mtu,
        None => "1500",
    };
    if number(parent_mtu) < number(child_mtu) {
        return Err(Error::die(format_args!(
            "interface '{}' - mtu {parent_mtu} is lower than '{}' - mtu {child_mtu}",
            parent.name, child.name
        )));
    }
    Ok(())
}

impl Config<'_> {
    /// The interfaces of a kind that have members, with the members' text.
    pub(super) fn with_members(&self, kind: Kind, members: Key) -> Vec<(String, String)> {
        self.ifaces
            .iter()
            .filter_map(|(name, iface)| Some((name, iface, iface.true_text(members)?)))
            .filter(|(_, iface, _)| iface.kind() == kind)
            .map(|(name, _, members)| (name.clone().into_owned(), members.into_owned()))
            .collect()
    }

    /// The type of an interface as text, empty if it is not there.
    pub(super) fn type_text(&self, name: &str) -> String {
        self.ifaces.get(name).map(|iface| iface.text(Key::Type).into_owned()).unwrap_or_default()
    }
}
