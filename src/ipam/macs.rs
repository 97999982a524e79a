//! The cache of addresses by MAC address: `{"macs":{MAC:{"ip4":ADDRESS,"ip6":ADDRESS}}}`.
//!
//! Source: `PVE::Network::SDN::Ipams`.

use crate::addr::netip;
use crate::error::{Error, Result};
use crate::perl::{Hash, Value};

/// The IPv4 and the IPv6 address of an entry; `None` if there is no entry.
///
/// An entry without addresses is one all the same: nothing is known to be there.
///
/// Source: `PVE::Network::SDN::Ipams::get_ips_from_mac`.
pub fn find<'e>(entry: Option<&'e Hash>) -> Option<[Option<&'e Value<'e>>; 2]> {
    entry.map(|entry| ["ip4", "ip6"].map(|family| entry.get(family)))
}

/// The entry of a MAC address with one more address; the one of the same family is replaced.
///
/// What is not spelled like an IPv4 address is noted as the IPv6 one, also nothing at all.
///
/// # Errors
///
/// [`Error::Unsupported`] if the address is a reference.
///
/// Source: `PVE::Network::SDN::Ipams::add_cache_mac_ip`.
pub fn add<'a>(entry: Option<Hash<'a>>, ip: Value<'a>) -> Result<Hash<'a>> {
    let mut entry = entry.unwrap_or_default();
    entry.set(family(&ip)?, ip);
    Ok(entry)
}

/// The entry of a MAC address without the address of that family; `None` if nothing is left of it.
///
/// # Errors
///
/// As for [`add`].
///
/// Source: `PVE::Network::SDN::Ipams::del_cache_mac_ip`.
pub fn remove<'a>(entry: Option<Hash<'a>>, ip: &Value) -> Result<Option<Hash<'a>>> {
    let mut entry = entry.unwrap_or_default();
    entry.0.remove(family(ip)?);
    let is_used = entry.is_defined("ip4") || entry.is_defined("ip6");
    Ok(is_used.then_some(entry))
}

fn family(ip: &Value) -> Result<&'static str> {
    let ip = ip
        .to_text()
        .ok_or_else(|| Error::Unsupported("a reference where an address is expected".into()))?;
    Ok(if netip::is_ipv4(&ip) { "ip4" } else { "ip6" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        let entry = hash(r#"{"ip4":"10.0.0.1"}"#);
        assert_eq!(find(entry.as_ref()), Some([Some(&Value::text("10.0.0.1")), None]));
        assert_eq!(find(hash("{}").as_ref()), Some([None, None]));
        assert_eq!(find(None), None);
    }

    fn hash(json: &str) -> Option<Hash<'_>> {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn entries() {
        let ip = Value::text;
        for (before, address, added, removed) in [
            ("null", ip("10.0.0.1"), r#"{"ip4":"10.0.0.1"}"#, "null"),
            (
                r#"{"ip6":"::1"}"#,
                ip("10.0.0.1"),
                r#"{"ip4":"10.0.0.1","ip6":"::1"}"#,
                r#"{"ip6":"::1"}"#,
            ),
            (r#"{"ip4":"10.0.0.9"}"#, ip("10.0.0.1"), r#"{"ip4":"10.0.0.1"}"#, "null"),
            (
                r#"{"ip4":"10.0.0.9","x":1}"#,
                ip("::2"),
                r#"{"ip4":"10.0.0.9","ip6":"::2","x":1}"#,
                r#"{"ip4":"10.0.0.9","x":1}"#,
            ),
            (r#"{"ip6":null}"#, ip("10.0.0.1"), r#"{"ip4":"10.0.0.1","ip6":null}"#, "null"),
            ("{}", Value::Undef, r#"{"ip6":null}"#, "null"),
            ("{}", ip("foo"), r#"{"ip6":"foo"}"#, "null"),
        ] {
            assert_eq!(remove(hash(before), &address).unwrap(), hash(removed), "{before}");
            assert_eq!(add(hash(before), address).unwrap(), hash(added).unwrap());
        }
    }
}
