//! VLANs: `eth0.5`, `vlan5`, or any name with `vlan-raw-device` and `vlan-id`.

use crate::error::{Error, Result};
use crate::interfaces::check::{Faults, MtuOf, check_mtu};
use crate::interfaces::{Config, Dialect, Iface, Key, Kind};
use crate::perl::{Value, is_digits, is_true, number, slice, split_number};
use std::borrow::Cow;

/// Splits a name such as `eth0.5` into raw device and VID.
pub(in crate::interfaces) fn split_name(name: &str) -> Option<(&str, &str)> {
    split_number(name, '.').filter(|(device, _)| !device.is_empty())
}

/// The VID in a name such as `vlan5`.
pub(in crate::interfaces) fn numbered(name: &str) -> Option<&str> {
    name.strip_prefix("vlan").filter(|vid| is_digits(vid))
}

/// Sets raw device and VID from the name.
#[allow(clippy::ptr_arg)] // parts of a borrowed name live as long as what it borrows from
pub(in crate::interfaces) fn complete<'a>(name: &Cow<'a, str>, iface: &mut Iface<'a>) {
    let device = split_name(name).map(|(device, _)| device.len());
    if let Some(device) = device.filter(|_| !iface.is_true(Key::VlanRawDevice)) {
        iface.set(Key::VlanRawDevice, Value::Text(slice(name, ..device)));
    }
    let vid = device.map(|device| device + 1).or_else(|| Some(name.len() - numbered(name)?.len()));
    if let Some(vid) = vid.filter(|vid| is_true(&name[*vid..])) {
        iface.set(Key::VlanId, Value::Text(slice(name, vid..)));
    }
}

/// Checks VID and raw device, and drops what the name says already.
pub(in crate::interfaces) fn check(config: &mut Config, dialect: Dialect, faults: &mut Faults) {
    let mut vlans = Vec::new();
    for (name, iface) in &mut config.ifaces {
        if iface.kind() == Kind::Vlan {
            vlans.push((name.clone(), identify(name, iface, dialect)));
        }
    }
    for (name, identity) in &vlans {
        let (parent, vid) = match identity {
            Ok(identity) => identity,
            Err(error) => {
                faults.add(name, Key::VlanRawDevice, error.clone());
                continue;
            }
        };
        if number(vid) > 4094.0 {
            let error = format_args!("vlan '{name}' - vlan-id {vid} should be <= 4094");
            faults.add(name, Key::VlanId, Error::die(error));
        }
        let Some(raw_device) = config.ifaces.get(parent) else {
            let error = format_args!("vlan '{name}' - unable to find parent '{parent}'");
            faults.add(name, Key::VlanRawDevice, Error::die(error));
            continue;
        };
        if !matches!(raw_device.kind(), Kind::Eth | Kind::Bridge | Kind::Bond | Kind::Vlan) {
            let error = format!(
                "vlan '{name}' - wrong interface type on parent '{parent}' ('{}' != \
                 'eth|bond|bridge|vlan' )",
                raw_device.text(Key::Type)
            );
            faults.add(name, Key::VlanRawDevice, Error::die(error));
            continue;
        }
        let (parent, child) = (MtuOf::new(parent, raw_device), MtuOf::find(config, name));
        faults.keep(name, Key::Mtu, check_mtu(&parent, &child));
    }
}

/// The raw device and the VID; takes attributes out that the name repeats.
#[allow(clippy::ptr_arg)] // parts of a borrowed name live as long as what it borrows from
fn identify<'a>(
    name: &Cow<'a, str>,
    iface: &mut Iface<'a>,
    dialect: Dialect,
) -> Result<(Cow<'a, str>, Cow<'a, str>)> {
    if let Some((device, _)) = split_name(name) {
        iface.remove(Key::VlanRawDevice);
        iface.remove(Key::VlanId);
        return Ok((slice(name, ..device.len()), slice(name, device.len() + 1..)));
    }
    let device = iface
        .true_source(Key::VlanRawDevice)
        .ok_or_else(|| Error::die_at("missing vlan-raw-device option"))?;
    if let Some(vid) = numbered(name) {
        iface.remove(Key::VlanId);
        return Ok((device, slice(name, name.len() - vid.len()..)));
    }
    if dialect == Dialect::Ifupdown {
        return Err(Error::die_at("custom vlan interface name need ifupdown2"));
    }
    let vid =
        iface.true_source(Key::VlanId).ok_or_else(|| Error::die_at("missing vlan-id option"))?;
    Ok((device, vid))
}

/// Checks the protocol; its options are printed as they are.
pub(in crate::interfaces) fn render(name: &str, iface: &Iface) -> Result<()> {
    match iface.true_text(Key::VlanProtocol).as_deref() {
        None | Some("802.1ad" | "802.1q") => Ok(()),
        Some(protocol) => Err(Error::die(format_args!("{name}: wrong vlan-protocol {protocol}"))),
    }
}
