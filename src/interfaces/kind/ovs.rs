//! Open vSwitch: bridges, their ports and bonds.

use crate::error::{Error, Result};
use crate::interfaces::check::{Faults, MtuOf, check_mtu, start};
use crate::interfaces::key::{Key, KeySet};
use crate::interfaces::render::Block;
use crate::interfaces::{Config, Dialect, Family, Iface, Kind};
use crate::perl::{Charset, Value, is_true};
use indexmap::IndexMap;
use rustc_hash::{FxBuildHasher, FxHashMap, FxHashSet};
use std::borrow::Cow;

/// Modes of a bond as the configuration names them, with `lacp` and `bond_mode` of the switch.
const BOND_MODES: [(&str, Option<&str>, &str); 4] = [
    ("active-backup", None, "active-backup"),
    ("balance-slb", None, "balance-slb"),
    ("lacp-balance-slb", Some("active"), "balance-slb"),
    ("lacp-balance-tcp", Some("active"), "balance-tcp"),
];

/// The `KEY=VALUE` words of `ovs_options`, in their order.
///
/// Words without `=` are lost, as in the original; its order is that of a Perl hash.
struct Options(IndexMap<String, String, FxBuildHasher>);

impl Options {
    fn of(iface: &Iface, charset: Charset) -> Self {
        let mut options = Options(IndexMap::default());
        let words = iface.true_text(Key::OvsOptions).unwrap_or_default();
        for (key, value) in charset.split(&words).filter_map(|word| word.split_once('=')) {
            if is_true(key) {
                options.set(key, value);
            }
        }
        options
    }

    fn set(&mut self, key: &str, value: &str) {
        self.0.insert(key.to_owned(), value.to_owned());
    }

    fn take(&mut self, key: &str) -> Option<String> {
        self.0.shift_remove(key)
    }

    fn text(&self) -> String {
        let words: Vec<String> =
            self.0.iter().map(|(key, value)| format!("{key}={value}")).collect();
        words.join(" ")
    }

    fn store(&self, iface: &mut Iface) {
        if self.0.is_empty() {
            iface.remove(Key::OvsOptions);
        } else {
            iface.set(Key::OvsOptions, Value::Text(self.text().into()));
        }
    }
}

/// Moves the VLAN tag out of the options.
pub(in crate::interfaces) fn complete_port(iface: &mut Iface, charset: Charset) {
    let mut options = Options::of(iface, charset);
    let tag = options.take("tag");
    options.store(iface);
    if let Some(tag) = tag {
        iface.set(Key::OvsTag, Value::Text(tag.into()));
    }
}

/// Moves mode and VLAN tag of a bond out of the options.
pub(in crate::interfaces) fn complete_bond(iface: &mut Iface, charset: Charset) {
    let mut options = Options::of(iface, charset);
    let mode = options.take("bond_mode");
    let lacp = options.take("lacp");
    options.store(iface);

    let mode = mode.map(|mode| match mode.as_str() {
        "balance-slb" if lacp.as_deref() == Some("active") => "lacp-balance-slb".to_owned(),
        "balance-tcp" => "lacp-balance-tcp".to_owned(), // it cannot do without
        _ => mode,
    });
    iface.set(Key::BondMode, mode.map_or(Value::Undef, |mode| Value::Text(mode.into())));
    complete_port(iface, charset);
}

/// A card that is no port any more, with all that it has beside that.
///
/// The original drops all of it, see [`drop_unused`].
pub(in crate::interfaces) fn release<'a>(port: &Iface<'a>) -> Iface<'a> {
    const OF_PORTS: [Key; 5] =
        [Key::OvsType, Key::OvsBridge, Key::OvsTag, Key::OvsOptions, Key::Autostart];

    let mut card = port.clone();
    for key in OF_PORTS {
        card.remove(key);
    }
    for keys in [Family::Inet.keys(), Family::Inet6.keys()] {
        let cidr = card.remove(keys.cidr);
        if !card.is_defined(keys.address) {
            card.set(keys.address, cidr.unwrap_or_default());
        }
    }
    card.set(Key::Type, Value::text(Kind::Eth.as_str()));
    card
}

/// Turns ports that no bridge has into plain cards, and takes out those of other interfaces.
pub(in crate::interfaces) fn drop_unused(
    config: &mut Config,
    users: &FxHashMap<Cow<str>, Cow<str>>,
) {
    let ports: Vec<String> = config
        .ifaces
        .iter()
        .filter(|(_, iface)| is_port(iface.kind()))
        .map(|(name, _)| name.clone().into_owned())
        .collect();
    let mut dropped = FxHashSet::default();
    for port in ports {
        let user =
            users.get(port.as_str()).filter(|user| is_true(user) && !dropped.contains(&***user));
        match user.and_then(|user| config.ifaces.get(user)) {
            None => {
                let iface = Iface::from_iter([
                    (Key::Type, Value::text("eth")),
                    (Key::Exists, Value::Integer(1)),
                    (Key::Method, Value::text("manual")),
                    (Key::Families, Value::List([Value::text("inet")].into())),
                ]);
                config.ifaces.insert(port.into(), iface);
            }
            Some(user) if user.kind() != Kind::OvsBridge => {
                dropped.insert(port);
            }
            Some(_) => {}
        }
    }
    config.ifaces.retain(|name, _| !dropped.contains(name.as_ref()));
}

fn is_port(kind: Kind) -> bool {
    matches!(kind, Kind::OvsPort | Kind::OvsIntPort | Kind::OvsBond)
}

/// Makes the ports of every bridge ports, and checks them.
pub(in crate::interfaces) fn check_bridges(
    config: &mut Config,
    charset: Charset,
    faults: &mut Faults,
) {
    for (name, ports) in config.with_members(Kind::OvsBridge, Key::OvsPorts) {
        for port in charset.split(&ports) {
            let Some(iface) = config.ifaces.get_mut(port) else {
                let error = format_args!("OVS bridge '{name}' - unable to find port '{port}'");
                faults.add(&name, Key::OvsPorts, Error::die(error));
                continue;
            };
            iface.set(Key::Autostart, Value::Integer(0));
            if iface.kind() == Kind::Eth {
                iface.set(Key::Type, Value::text("OVSPort"));
            } else if !is_port(iface.kind()) {
                let error = format_args!("interface '{port}' is not defined as OVS port/bond");
                faults.add(port, Key::OvsType, Error::die(error));
                continue;
            }
            iface.set(Key::OvsBridge, Value::Text(name.clone()));
            let (bridge, port_mtu) = (MtuOf::find(config, &name), MtuOf::find(config, port));
            faults.keep(port, Key::Mtu, check_mtu(&bridge, &port_mtu));
        }
    }
}

/// Starts the slaves of every bond, and checks them.
pub(in crate::interfaces) fn check_bonds(
    config: &mut Config,
    charset: Charset,
    faults: &mut Faults,
) {
    for (name, slaves) in config.with_members(Kind::OvsBond, Key::OvsBonds) {
        for slave in charset.split(&slaves) {
            start(config, slave);
            if config.ifaces.get(slave).map(Iface::kind) != Some(Kind::Eth) {
                let error = format!(
                    "OVS bond '{name}' - wrong interface type on slave '{slave}' ('{}' != 'eth')",
                    config.type_text(slave)
                );
                faults.add(&name, Key::OvsBonds, Error::die(error));
                continue;
            }
            let (bond, slave_mtu) = (MtuOf::find(config, &name), MtuOf::find(config, slave));
            faults.keep(slave, Key::Mtu, check_mtu(&bond, &slave_mtu));
        }
    }
}

/// Prints the options of a bridge.
pub(in crate::interfaces) fn render_bridge(iface: &Iface, block: &mut Block) -> Result<KeySet> {
    block.line("ovs_type", Kind::OvsBridge.as_str());
    if let Some(ports) = iface.true_text(Key::OvsPorts) {
        block.line("ovs_ports", &ports);
    }
    block.mtu("ovs_mtu", iface)?;
    Ok(KeySet::of(&[Key::OvsType, Key::OvsPorts, Key::Mtu]))
}

/// Prints the options of a port, an internal port or a bond.
pub(in crate::interfaces) fn render_port(
    name: &str,
    iface: &mut Iface,
    block: &mut Block,
    charset: Charset,
    dialect: Dialect,
) -> Result<KeySet> {
    let kind = iface.kind();
    let mut done = KeySet::of(&[Key::OvsTag, Key::OvsType, Key::Mtu]);

    let tag = iface.defined_text(Key::OvsTag).map(std::borrow::Cow::into_owned);
    if let Some(tag) = &tag {
        set_option(iface, "tag", Some(tag), charset);
    }
    if kind == Kind::OvsBond {
        let mode = iface.true_text(Key::BondMode).unwrap_or("active-backup".into());
        let Some((_, lacp, mode)) = BOND_MODES.iter().find(|(known, ..)| *known == mode) else {
            return Err(Error::die(format_args!("OVS does not support bond mode '{mode}")));
        };
        set_option(iface, "lacp", *lacp, charset);
        set_option(iface, "bond_mode", Some(mode), charset);
        if let Some(slaves) = iface.true_text(Key::OvsBonds) {
            block.line("ovs_bonds", &slaves);
        }
        done = done.and(KeySet::of(&[Key::BondMode, Key::OvsBonds]));
    }
    block.line("ovs_type", kind.as_str());
    if let Some(bridge) = iface.true_text(Key::OvsBridge) {
        match dialect {
            Dialect::Ifupdown2 => block.prepend(format_args!("auto {name}")),
            Dialect::Ifupdown => block.prepend(format_args!("allow-{bridge} {name}")),
        }
        block.line("ovs_bridge", &bridge);
        done = done.and(KeySet::of(&[Key::OvsBridge]));
    }
    block.mtu("ovs_mtu", iface)?;
    Ok(done)
}

/// Sets an option, or takes it out where the value is none or false to Perl.
///
/// It is one of a text: what is behind a blank in a value is lost when the next one is set.
fn set_option(iface: &mut Iface, key: &str, value: Option<&str>, charset: Charset) {
    let mut options = Options::of(iface, charset);
    match value.filter(|value| is_true(value)) {
        Some(value) => options.set(key, value),
        None => drop(options.take(key)),
    }
    options.store(iface);
}
