//! VXLANs that are configured by hand.

use crate::error::{Error, Result};
use crate::interfaces::check::Faults;
use crate::interfaces::key::{Key, KeySet};
use crate::interfaces::render::Block;
use crate::interfaces::{Config, Iface, Kind};
use crate::perl::{Value, is_true};
use rustc_hash::FxHashMap;

/// True if the file says that it is one.
pub(in crate::interfaces) fn is_vxlan(iface: &Iface) -> bool {
    iface.is_true(Key::VxlanId)
}

/// Checks that ids are unique and that each has one way to find its peers.
pub(in crate::interfaces) fn check(config: &Config, faults: &mut Faults) {
    const PEERS: [Key; 3] = [Key::VxlanSvcnodeip, Key::VxlanRemoteip, Key::VxlanLocalTunnelip];

    let mut users = FxHashMap::default();
    for (name, iface) in &config.ifaces {
        if is_vxlan(iface) && iface.kind() == Kind::Vxlan {
            let id = iface.text(Key::VxlanId);
            if let Some(user) = users.insert(id.clone(), name).filter(|user| is_true(user)) {
                let error =
                    format!("iface {name} - duplicate vxlan-id {id} already used in {user}");
                faults.add(name, Key::VxlanId, Error::die(error));
            }
        }
        if PEERS.iter().filter(|key| iface.is_defined(**key)).count() > 1 {
            let error = format_args!(
                "iface {name} - vxlan-svcnodeip, vxlan-remoteip and vxlan-localtunnelip are \
                 mutually exclusive"
            );
            faults.add(name, Key::VxlanSvcnodeip, Error::die(error));
        }
        if iface.is_defined(Key::VxlanSvcnodeip) != iface.is_defined(Key::VxlanPhysdev) {
            let error = format_args!(
                "iface {name} - vxlan-svcnodeip and vxlan-physdev must be define together"
            );
            faults.add(name, Key::VxlanSvcnodeip, Error::die(error));
        }
    }
}

/// Prints its options.
pub(in crate::interfaces) fn render(iface: &Iface, block: &mut Block) -> Result<KeySet> {
    const SINGLE: [Key; 4] =
        [Key::VxlanId, Key::VxlanSvcnodeip, Key::VxlanPhysdev, Key::VxlanLocalTunnelip];

    for key in SINGLE {
        if let Some(value) = iface.get(key).filter(|value| **value != Value::Undef) {
            block.value(key.as_str(), value)?;
        }
    }
    match iface.get(Key::VxlanRemoteip) {
        Some(Value::List(peers)) => {
            for peer in peers {
                block.value("vxlan-remoteip", peer)?;
            }
        }
        Some(value) if value.is_true() => return Err(not_a_list(value)),
        _ => {}
    }
    block.mtu("mtu", iface)?;
    Ok(KeySet::of(&SINGLE).and(KeySet::of(&[Key::VxlanRemoteip, Key::Mtu])))
}

/// Perl's error for a scalar where it needs an array.
fn not_a_list(value: &Value) -> Error {
    match value.to_text() {
        Some(text) => {
            let shown: String = text.chars().take(32).collect();
            let more = if text.chars().count() > 32 { "\"..." } else { "\"" };
            Error::die_at(format_args!(
                "Can't use string (\"{shown}{more}) as an ARRAY ref while \"strict refs\" in use"
            ))
        }
        None => Error::die_at("Not an ARRAY reference"),
    }
}
