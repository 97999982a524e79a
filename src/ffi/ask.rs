//! The functions of all seams by their names: what a process of Perl asks, asked from Rust.

use super::*;
use crate::error::{Error, Result};
use std::ffi::{CStr, CString, c_char};

type Function = unsafe extern "C" fn(*const c_char, *mut *mut c_char) -> PveNetworkStatus;

/// Functions with their names.
macro_rules! named {
    ($($function:ident),+ $(,)?) => { &[$((stringify!($function), $function as Function)),+] };
}

const FUNCTIONS: &[(&str, Function)] = named![
    pve_network_controller_router_id,
    pve_network_dns_powerdns,
    pve_network_dns_reverse_zone,
    pve_network_dnsmasq_ethers,
    pve_network_dnsmasq_subnet,
    pve_network_dnsmasq_vnet,
    pve_network_dnsmasq_zone,
    pve_network_fabric_interfaces,
    pve_network_frr_daemons,
    pve_network_frr_generate,
    pve_network_frr_local,
    pve_network_frr_to_string,
    pve_network_hooks_check,
    pve_network_interfaces_parse,
    pve_network_interfaces_render,
    pve_network_ipam_macs,
    pve_network_ipam_netbox,
    pve_network_ipam_phpipam,
    pve_network_ipam_pve,
    pve_network_pending_changes,
    pve_network_pending_config,
    pve_network_pending_encode,
    pve_network_sdn_zones_generate,
    pve_network_section_config_parse,
    pve_network_section_config_render,
    pve_network_status_messages,
    pve_network_status_zones,
    pve_network_subnets_find,
    pve_network_subnets_ranges,
    pve_network_subnets_update,
    pve_network_subnets_validate,
];

/// Sends a request, as JSON text, to the function of that name; returns its reply.
///
/// # Errors
///
/// [`Error::Request`] if there is no such function, or the text holds a NUL; [`Error::Bug`] if there
/// is no reply.
pub fn ask(symbol: &str, request: &str) -> Result<serde_json::Value> {
    let function = FUNCTIONS.iter().find(|(name, _)| *name == symbol);
    let (_, function) =
        function.ok_or_else(|| Error::Request(format!("there is no function {symbol}")))?;
    let request = CString::new(request).map_err(|error| Error::Request(error.to_string()))?;
    let mut reply = std::ptr::null_mut();
    // SAFETY: both pointers are valid; the reply is NUL-terminated, ours, and freed once.
    let decoded = unsafe {
        function(request.as_ptr(), &mut reply);
        if reply.is_null() {
            return Err(Error::Bug(format!("{symbol}: no reply")));
        }
        let decoded = serde_json::from_slice(CStr::from_ptr(reply).to_bytes());
        pve_network_string_free(reply);
        decoded
    };
    decoded.map_err(|error| Error::Bug(format!("{symbol}: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::migration::SEAMS;

    #[test]
    fn every_seam_can_be_asked() {
        for seam in SEAMS {
            assert!(FUNCTIONS.iter().any(|(name, _)| *name == seam.symbol), "{}", seam.name);
        }
        for (name, _) in FUNCTIONS {
            assert!(SEAMS.iter().any(|seam| seam.symbol == *name), "{name}");
        }
    }

    #[test]
    fn replies() {
        let reply = ask("pve_network_interfaces_parse", "{").unwrap();
        assert_eq!(reply["error"]["kind"], "request");
        for (symbol, request) in [("pve_network_none", "{}"), ("pve_network_frr_to_string", "\0")] {
            assert!(matches!(ask(symbol, request), Err(Error::Request(_))), "{symbol}");
        }
    }
}
