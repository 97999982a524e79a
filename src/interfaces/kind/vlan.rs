//! VLANs: `eth0.5`, `vlan5`, or any name with `vlan-raw-device` and `vlan-id`.

use crate::error::{Error, Result};
use crate::interfaces::check::{Faults, MtuOf, check_mtu};
use crate::interfaces::{Config, Dialect, Iface, Key, Kind};
use crate::perl::{Value, is_digits, is_true, number, slice};
use std::borrow::Cow;

/// Splits a name such as `eth0.5` into raw device and VID.
pub(in crate::interfaces) fn split_name(name: &str) -> Option<(&str, &str)> {
    let (device, vid) = name.rsplit_once('.')?;
    (!device.is_empty() && is_digits(vid)).then_some((device, vid))
}

/// The VID in a name such as `vlan5`.
fn numbered(name: &str) -> Option<&str> {
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
    let names: Vec<String> = config
        .ifaces
        .iter()
        .filter(|(_, iface)| iface.kind() == Kind::Vlan)
        .map(|(name, _)| name.clone().into_owned())
        .collect();
    for name in &names {
        let Some(iface) = config.ifaces.get_mut(name.as_str()) else {
            continue;
        };
        let (parent, vid) = match identify(name, iface, dialect) {
            Ok(identity) => identity,
            Err(error) => {
                faults.add(name, error);
                continue;
            }
        };
        if number(&vid) > 4094.0 {
            let error = format_args!("vlan '{name}' - vlan-id {vid} should be <= 4094");
            faults.add(name, Error::die(error));
        }
        let Some(raw_device) = config.ifaces.get(parent.as_str()) else {
            let error = format_args!("vlan '{name}' - unable to find parent '{parent}'");
            faults.add(name, Error::die(error));
            continue;
        };
        if !matches!(raw_device.kind(), Kind::Eth | Kind::Bridge | Kind::Bond | Kind::Vlan) {
            let error = format!(
                "vlan '{name}' - wrong interface type on parent '{parent}' ('{}' != \
                 'eth|bond|bridge|vlan' )",
                raw_device.text(Key::Type)
            );
            faults.add(name, Error::die(error));
            continue;
        }
        let child = MtuOf::new(name, &config.ifaces[name.as_str()]);
        faults.keep(name, check_mtu(&MtuOf::new(&parent, raw_device), &child));
    }
}

/// The raw device and the VID; takes attributes out that the name repeats.
fn identify(name: &str, iface: &mut Iface, dialect: Dialect) -> Result<(String, String)> {
    if let Some((device, vid)) = split_name(name) {
        iface.remove(Key::VlanRawDevice);
        iface.remove(Key::VlanId);
        return Ok((device.to_owned(), vid.to_owned()));
    }
    let device = iface
        .true_text(Key::VlanRawDevice)
        .ok_or_else(|| Error::die_at("missing vlan-raw-device option"))?
        .into_owned();
    if let Some(vid) = numbered(name) {
        iface.remove(Key::VlanId);
        return Ok((device, vid.to_owned()));
    }
    if dialect == Dialect::Ifupdown {
        return Err(Error::die_at("custom vlan interface name need ifupdown2"));
    }
    let vid = iface
        .true_text(Key::VlanId)
        .ok_or_else(|| Error::die_at("missing vlan-id option"))?
        .into_owned();
    Ok((device, vid))
}

/// Checks the protocol; its options are printed as they are.
pub(in crate::interfaces) fn render(name: &str, iface: &Iface) -> Result<()> {
    match iface.true_text(Key::VlanProtocol).as_deref() {
        None | Some("802.1ad" | "802.1q") => Ok(()),
        Some(protocol) => Err(Error::die(format_args!("{name}: wrong vlan-protocol {protocol}"))),
    }
}
