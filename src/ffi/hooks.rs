//! Whether an object may be changed.

use super::{PveNetworkStatus, call, value};
use crate::perl::{Hash, Text};
use crate::sdn::hooks::{controller, vnet, zone};
use serde::Deserialize;
use std::ffi::c_char;

/// A change that is to be checked; `type` is that of the object, or of the zone of a vnet.
#[derive(Deserialize)]
#[serde(tag = "hook", rename_all = "snake_case", deny_unknown_fields)]
#[serde(bound(deserialize = "'de: 'a"))]
enum Hook<'a> {
    ZoneUpdate { r#type: Text<'a>, id: Text<'a>, zones: Hash<'a>, controllers: Hash<'a> },
    ZoneDelete { id: Text<'a>, vnets: Hash<'a> },
    VnetInZone { r#type: Text<'a>, id: Text<'a>, vnets: Hash<'a>, zones: Hash<'a> },
    VnetUpdate { vnet: Option<Hash<'a>>, has_subnets: u8 },
    VnetDelete { has_subnets: u8 },
    ControllerUpdate { r#type: Text<'a>, id: Text<'a>, controllers: Hash<'a>, node: Text<'a> },
    ControllerDelete { r#type: Text<'a>, id: Text<'a>, zones: Hash<'a> },
}

/// Checks whether an object may be changed.
///
/// Request: `{"hook": "zone_update"|"zone_delete"|"vnet_in_zone"|"vnet_update"|"vnet_delete"|
/// "controller_update"|"controller_delete", …}`. Value: 1 if the object needs a MAC address made
/// up, else 0.
///
/// # Safety
///
/// `request` is null or a NUL-terminated string; `reply` is null or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pve_network_hooks_check(
    request: *const c_char,
    reply: *mut *mut c_char,
) -> PveNetworkStatus {
    let answer = |hook: Hook, _: &mut _| {
        let done = |()| false;
        let needs_mac = match hook {
            Hook::ZoneUpdate { r#type, id, zones, controllers } => {
                zone::on_update(&r#type.0, &id.0, &zones, &controllers)
            }
            Hook::ZoneDelete { id, vnets } => zone::on_delete(&id.0, &vnets).map(done),
            Hook::VnetInZone { r#type, id, vnets, zones } => {
                zone::on_vnet_update(&r#type.0, &id.0, &vnets, &zones)
            }
            Hook::VnetUpdate { vnet, has_subnets } => {
                vnet::on_update(&vnet.unwrap_or_default(), has_subnets != 0).map(done)
            }
            Hook::VnetDelete { has_subnets } => vnet::on_delete(has_subnets != 0).map(done),
            Hook::ControllerUpdate { r#type, id, controllers, node } => {
                controller::on_update(&r#type.0, &id.0, &controllers, &node.0).map(done)
            }
            Hook::ControllerDelete { r#type, id, zones } => {
                controller::on_delete(&r#type.0, &id.0, &zones).map(done)
            }
        };
        value(&u8::from(needs_mac?))
    };
    unsafe { call(request, reply, answer) }
}
