//! Bridges of the kernel.

use crate::error::{Error, Result};
use crate::interfaces::check::{Faults, MtuOf, check_mtu};
use crate::interfaces::key::{Key, KeySet};
use crate::interfaces::kind::vlan;
use crate::interfaces::render::{Block, blank_separated};
use crate::interfaces::{Config, Family, Iface, Kind};
use crate::notes::Notes;
use crate::perl::{Charset, Value, is_true, number};
use rustc_hash::FxHashMap;

/// Options that only the port of a bridge may have.
const PORT_OPTIONS: [Key; 5] = [
    Key::BridgeLearning,
    Key::BridgeArpNdSuppress,
    Key::BridgeUnicastFlood,
    Key::BridgeMulticastFlood,
    Key::BridgeAccess,
];

/// The address that a port of a bridge may have: that of no host.
const NO_ADDRESS: [(Family, &str); 2] = [(Family::Inet, "0.0.0.0"), (Family::Inet6, "::")];

/// True if the file says that it is one.
pub(in crate::interfaces) fn is_bridge(iface: &Iface) -> bool {
    iface.is_defined(Key::BridgePorts)
}

/// Sets the defaults of STP and forwarding delay.
pub(in crate::interfaces) fn complete(iface: &mut Iface) {
    if !iface.is_defined(Key::BridgeStp) {
        iface.set(Key::BridgeStp, Value::text("off"));
    }
    if !iface.is_defined(Key::BridgeFd) && iface.text(Key::BridgeStp) == "off" {
        iface.set(Key::BridgeFd, Value::Integer(0));
    }
}

/// Checks the ports of every bridge, and that options of ports are on ports.
pub(in crate::interfaces) fn check(config: &Config, charset: Charset, faults: &mut Faults) {
    // A VLAN that is only named as a port is assumed to be there, with the MTU of its parent.
    let mut assumed: FxHashMap<String, Iface> = FxHashMap::default();
    let mut bridge_of: FxHashMap<&str, &str> = FxHashMap::default();

    for (name, bridge) in config.ifaces.iter().filter(|(_, iface)| iface.kind() == Kind::Bridge) {
        let ports = bridge.text(Key::BridgePorts);
        for port in charset.split(&ports) {
            assume_vlan(config, &mut assumed, port);
            let Some(iface) = config.ifaces.get(port).or_else(|| assumed.get(port)) else {
                let error = format_args!("bridge '{name}' - unable to find bridge port '{port}'");
                faults.add(name, Key::BridgePorts, Error::die(error));
                continue;
            };
            for (family, no_address) in NO_ADDRESS {
                let keys = family.keys();
                if iface.text(keys.method) == "static" && iface.text(keys.address) != no_address {
                    let error = format_args!(
                        "iface {port} - ip address can't be set on interface if bridged in {name}"
                    );
                    faults.add(port, keys.address, Error::die(error));
                }
            }
            let mtu = check_mtu(&MtuOf::new(port, iface), &MtuOf::new(name, bridge));
            faults.keep(name, Key::Mtu, mtu);
            if let Some((port, _)) = config.ifaces.get_key_value(port) {
                bridge_of.insert(port, name);
            }
        }
    }
    for (name, iface) in &config.ifaces {
        if !PORT_OPTIONS.iter().any(|key| iface.is_true(*key)) {
            continue;
        }
        let bridge = bridge_of.get(name.as_ref()).copied().filter(|bridge| is_true(bridge));
        check_port_options(config, name, iface, bridge, faults);
    }
}

fn assume_vlan(config: &Config, assumed: &mut FxHashMap<String, Iface>, port: &str) {
    let Some((parent, _)) = vlan::split_name(port) else {
        return;
    };
    if config.ifaces.contains_key(port) || assumed.contains_key(port) {
        return;
    }
    let parent_iface = config.ifaces.get(parent).or_else(|| assumed.get(parent));
    let mtu =
        parent_iface.and_then(|iface| iface.get(Key::Mtu)).filter(|mtu| **mtu != Value::Undef);
    let mtu = mtu.and_then(Value::to_text).map(std::borrow::Cow::into_owned);
    if parent_iface.is_none() {
        // as the original: looking at the parent makes an entry for it, which then is found as port
        assumed.insert(parent.to_owned(), Iface::default());
    }
    let mut iface = Iface::from_iter([
        (Key::Type, Value::text("vlan")),
        (Key::Method, Value::text("manual")),
        (Key::Method6, Value::text("manual")),
    ]);
    if let Some(mtu) = mtu {
        iface.set(Key::Mtu, Value::Text(mtu.into()));
    }
    assumed.insert(port.to_owned(), iface);
}

fn check_port_options(
    config: &Config,
    name: &str,
    iface: &Iface,
    bridge: Option<&str>,
    faults: &mut Faults,
) {
    let misplaced = PORT_OPTIONS.iter().filter(|key| bridge.is_none() && iface.is_true(**key));
    for key in misplaced {
        let error = format!(
            "iface {name} - {}: bridge port specific options can be used only on interfaces \
             attached to a bridge",
            key.as_str()
        );
        faults.add(name, *key, Error::die(error));
    }
    let is_vlan_aware = bridge
        .and_then(|bridge| config.ifaces.get(bridge))
        .is_some_and(|bridge| bridge.is_true(Key::BridgeVlanAware));
    if iface.is_true(Key::BridgeAccess) && !is_vlan_aware {
        let error = format_args!(
            "iface {name} - bridge-access option can be only used if interface is in a vlan aware \
             bridge"
        );
        faults.add(name, Key::BridgeAccess, Error::die(error));
    }
}

/// Prints its options.
pub(in crate::interfaces) fn render(
    name: &str,
    iface: &Iface,
    block: &mut Block,
    charset: Charset,
    notes: &mut Notes,
) -> Result<KeySet> {
    let ports = iface.true_text(Key::BridgePorts).unwrap_or("none".into());
    block.line("bridge-ports", &blank_separated(&ports, charset));

    let stp = iface.defined_text(Key::BridgeStp).unwrap_or("off".into());
    let has_no_stp = stp == "off";
    block.line("bridge-stp", &stp);

    match iface.defined_text(Key::BridgeFd) {
        // The delay must be from 2 to 30 where STP is on.
        Some(delay) if has_no_stp || (2.0..=30.0).contains(&number(&delay)) => {
            block.line("bridge-fd", &delay);
        }
        Some(delay) => notes.warn(format_args!(
            "'{name}': ignoring 'bridge_fd' value '{delay}', outside of allowed range 2-30"
        )),
        None if has_no_stp => block.line("bridge-fd", "0"),
        None => {}
    }
    if iface.is_defined(Key::BridgeVlanAware) {
        block.line("bridge-vlan-aware", "yes");
        block.line("bridge-vids", &iface.true_text(Key::BridgeVids).unwrap_or("2-4094".into()));
    }
    block.mtu("mtu", iface)?;
    Ok(KeySet::of(&[
        Key::BridgePorts,
        Key::BridgeStp,
        Key::BridgeFd,
        Key::BridgeVlanAware,
        Key::BridgeVids,
        Key::Mtu,
        Key::BridgeDisableMacLearning, // as the original: it is lost
    ]))
}
