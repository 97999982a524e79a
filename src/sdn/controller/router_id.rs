//! Ids of routers, which have the form of an IPv4 address.

use crate::addr::netip;
use crate::error::{Error, Result};
use crate::frr::Profile;
use crate::perl::is_true;
use std::borrow::Cow;

/// Returns the id of a router: its address if that is IPv4, else the last four bytes of a MAC.
///
/// `mac` is that of the interface with the address; it is asked for only if the address does not
/// do.
///
/// # Errors
///
/// [`Error::Die`] if there is no MAC, or one of zeros where the release refuses that.
///
/// Source: `PVE::Network::SDN::Controllers::Plugin::get_router_id`.
pub fn router_id<'a>(
    ip: &'a str,
    iface: &str,
    mac: impl FnOnce() -> Result<Option<String>>,
    profile: Profile,
) -> Result<Cow<'a, str>> {
    if netip::is_ipv4(ip) {
        return Ok(ip.into());
    }
    let Some(mac) = mac()?.filter(|mac| is_true(mac)) else {
        return Err(Error::die_at("can't autofind a router-id value from ip or mac"));
    };
    if mac == "00:00:00:00:00:00" && profile == Profile::V1_3 {
        return Err(Error::die(format_args!(
            "Interface {iface} has a zero MAC address. Cannot derive a BGP router-id. Please use \
             a dummy interface or assign an IPv4 address to {iface}."
        )));
    }
    let bytes: Vec<String> =
        mac.split(':').skip(2).chain([""; 4]).take(4).map(|byte| hex(byte).to_string()).collect();
    Ok(bytes.join(".").into())
}

/// Perl's `hex`, which leaves out what is behind the last digit.
fn hex(text: &str) -> u64 {
    let text = text.strip_prefix("0x").unwrap_or(text);
    let digits = text.bytes().take_while(u8::is_ascii_hexdigit).count();
    u64::from_str_radix(&text[..digits], 16).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids() {
        const ZERO: &str = "00:00:00:00:00:00";
        let id = |ip: &str, mac: Option<&str>, profile| {
            let mac = || Ok(mac.map(str::to_owned));
            router_id(ip, "eth0", mac, profile).map(Cow::into_owned).map_err(|e| e.to_string())
        };
        let lost = Err("can't autofind a router-id value from ip or mac".to_owned());
        for (ip, mac, expected) in [
            ("10.0.0.1", None, Ok("10.0.0.1".to_owned())),
            ("10.1", None, Ok("10.1".to_owned())),
            ("fd00::1", Some("b8:a7:30:ad:2b:e4"), Ok("48.173.43.228".to_owned())),
            ("fd00::1", Some("b8:a7:30"), Ok("48.0.0.0".to_owned())),
            ("fd00::1", None, lost.clone()),
            ("", Some(""), lost),
        ] {
            assert_eq!(id(ip, mac, Profile::V1_3), expected, "{ip} {mac:?}");
            assert_eq!(id(ip, mac, Profile::V1_2), expected, "{ip} {mac:?}");
        }
        assert_eq!(id("fd00::1", Some(ZERO), Profile::V1_2), Ok("0.0.0.0".to_owned()));
        let error = id("fd00::1", Some(ZERO), Profile::V1_3).unwrap_err();
        assert!(error.starts_with("Interface eth0 has a zero MAC address."), "{error}");
    }
}
