//! Ids of routers, which have the form of an IPv4 address.

use crate::addr::netip;
use crate::error::{Error, Result};
use crate::frr::Profile;
use crate::notes::Notes;
use crate::perl::is_true;
use crate::sdn::zone::{Facts, Probe};

/// Returns the id of a router: its address if that is IPv4, else the last four bytes of a MAC;
/// `None` if that is not known yet.
///
/// The MAC is that of the interface with the address.
///
/// # Errors
///
/// [`Error::Die`] if there is no MAC, or one of zeros where the release refuses that.
///
/// Source: `PVE::Network::SDN::Controllers::Plugin::get_router_id`.
pub fn router_id(
    ip: &str,
    iface: Option<&str>,
    profile: Profile,
    facts: &mut Facts,
    notes: &mut Notes,
) -> Result<Option<String>> {
    if netip::is_ipv4(ip) {
        return Ok(Some(ip.to_owned()));
    }
    let probe = Probe::Mac { iface: iface.map(|iface| iface.to_owned().into()) };
    let Some(mac) = facts.ask(&probe, notes)? else {
        return Ok(None);
    };
    let Some(mac) = mac.to_text().filter(|mac| is_true(mac)) else {
        return Err(Error::die_at("can't autofind a router-id value from ip or mac"));
    };
    if mac == "00:00:00:00:00:00" && profile == Profile::V1_3 {
        let iface = iface.unwrap_or_default();
        return Err(Error::die(format_args!(
            "Interface {iface} has a zero MAC address. Cannot derive a BGP router-id. Please use \
             a dummy interface or assign an IPv4 address to {iface}."
        )));
    }
    let bytes = mac.split(':').skip(2).chain([""; 4]).take(4);
    let bytes: Vec<String> = bytes.map(|byte| hex(byte).to_string()).collect();
    Ok(Some(bytes.join(".")))
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
    use crate::perl::Value;
    use crate::sdn::zone::Answer;

    #[test]
    fn ids() {
        const ZERO: &str = "00:00:00:00:00:00";
        let id = |ip: &str, mac: Option<&'static str>, profile| {
            let mut facts = Facts::default();
            let mac = mac.map_or(Value::Undef, Value::text);
            let answer = Answer { outcome: Ok(mac), warnings: Vec::new() };
            facts.set(Probe::Mac { iface: Some("eth0".into()) }, answer);
            router_id(ip, Some("eth0"), profile, &mut facts, &mut Notes::default())
                .map(Option::unwrap)
                .map_err(|error| error.to_string())
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

    #[test]
    fn a_mac_that_is_not_known_yet() {
        let (mut facts, mut notes) = (Facts::default(), Notes::default());
        let id = router_id("fd00::1", None, Profile::V1_3, &mut facts, &mut notes);
        assert_eq!(id, Ok(None));
        assert_eq!(facts.take_missing(), [Probe::Mac { iface: None }]);
    }
}
