//! What the value of a key may be.

use super::problem::{choices, shown};
use std::net::{Ipv6Addr, SocketAddr};
use std::ops::RangeInclusive;
use std::path::PathBuf;
use toml_edit::Item;

/// What was found in place of what is expected.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Wrong {
    pub(super) found: String,
    pub(super) expected: String,
}

impl Wrong {
    /// A value of another type, or of the right type and out of bounds.
    fn value(item: &Item, expected: impl Into<String>) -> Self {
        let found = match item.as_value() {
            Some(toml_edit::Value::String(text)) => shown(text.value()),
            Some(toml_edit::Value::Integer(number)) => number.value().to_string(),
            Some(toml_edit::Value::Float(number)) => number.value().to_string(),
            Some(toml_edit::Value::Boolean(flag)) => flag.value().to_string(),
            _ => item.type_name().to_string(),
        };
        Wrong::hidden(&found, expected)
    }

    /// A value that is not shown, only what it is.
    fn hidden(found: &str, expected: impl Into<String>) -> Self {
        Wrong { found: format!("found {found}"), expected: expected.into() }
    }
}

/// `true` or `false`.
pub(super) fn flag(item: &Item) -> Result<bool, Wrong> {
    item.as_bool().ok_or_else(|| Wrong::value(item, "true or false, without quotes"))
}

/// One of the names of `all`.
pub(super) fn one_of<T: Copy>(
    item: &Item,
    all: &[T],
    name: fn(T) -> &'static str,
) -> Result<T, Wrong> {
    let text = item.as_str();
    let found = all.iter().find(|&&one| text == Some(name(one)));
    found.copied().ok_or_else(|| {
        let all = all.iter().map(|&one| name(one));
        Wrong::value(item, choices(text.unwrap_or_default(), all))
    })
}

/// A whole number.
pub(super) fn whole(item: &Item, range: RangeInclusive<u32>, unit: &str) -> Result<u32, Wrong> {
    let number = item.as_integer().and_then(|number| u32::try_from(number).ok());
    number.filter(|number| range.contains(number)).ok_or_else(|| {
        let (start, end) = range.into_inner();
        Wrong::value(item, format!("a whole number of {unit}, {start} to {end}"))
    })
}

/// A share of a whole, 0 to 1.
pub(super) fn share(item: &Item) -> Result<f64, Wrong> {
    // 0 and 1 are written as integers.
    let whole = item.as_integer().and_then(|number| u8::try_from(number).ok());
    let share = item.as_float().or(whole.map(f64::from));
    share
        .filter(|share| (0.0..=1.0).contains(share))
        .ok_or_else(|| Wrong::value(item, "a share, 0 to 1"))
}

/// How many times something may be as large as something else, 1 to 100.
pub(super) fn ratio(item: &Item) -> Result<f64, Wrong> {
    let whole = item.as_integer().and_then(|number| u8::try_from(number).ok());
    let ratio = item.as_float().or(whole.map(f64::from));
    ratio
        .filter(|ratio| (1.0..=100.0).contains(ratio))
        .ok_or_else(|| Wrong::value(item, "a ratio, 1 to 100"))
}

/// The absolute path of a file with a secret.
pub(super) fn secret_file(item: &Item) -> Result<PathBuf, Wrong> {
    let expected = "an absolute path, as in /etc/pve/priv/NAME";
    let Some(path) = item.as_str() else {
        return Err(Wrong::value(item, expected));
    };
    if !path.starts_with('/') || path.contains('\0') {
        // It may be the secret itself, and messages go into logs.
        return Err(Wrong::hidden("another text", expected));
    }
    Ok(path.into())
}

/// An address to listen on.
pub(super) fn listen(item: &Item) -> Result<SocketAddr, Wrong> {
    let address = item.as_str().and_then(|text| text.parse().ok());
    address.ok_or_else(|| Wrong::value(item, "ADDRESS:PORT, as in 127.0.0.1:9187 or [::1]:9187"))
}

/// The address of a web server: `http://HOST[:PORT]`, or `https`, without the slash at its end.
pub(super) fn base_url(item: &Item) -> Result<String, Wrong> {
    let text = item.as_str().map(|text| text.strip_suffix('/').unwrap_or(text));
    let url = text.filter(|text| is_base_url(text)).map(String::from);
    url.ok_or_else(|| {
        let expected = "http://HOST[:PORT] or https://HOST[:PORT]";
        match text {
            // There may be a password, and messages go into logs.
            Some(text) if text.contains('@') => Wrong::hidden("a user", expected),
            _ => Wrong::value(item, expected),
        }
    })
}

fn is_base_url(text: &str) -> bool {
    let scheme = ["https://", "http://"];
    let Some(authority) = scheme.iter().find_map(|scheme| text.strip_prefix(scheme)) else {
        return false;
    };
    // The colons of an IPv6 address are inside its brackets.
    let colon = authority.rfind(':').filter(|colon| !authority[*colon..].contains(']'));
    let (host, port) = colon
        .map_or((authority, None), |colon| (&authority[..colon], Some(&authority[colon + 1..])));
    is_host(host) && port.is_none_or(is_port)
}

fn is_host(host: &str) -> bool {
    if let Some(address) = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        return address.parse::<Ipv6Addr>().is_ok();
    }
    let is_label = |label: &str| {
        !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
    };
    host.split('.').all(is_label)
}

fn is_port(port: &str) -> bool {
    // "+80" would parse as a number.
    port.bytes().all(|b| b.is_ascii_digit()) && port.parse::<u16>().is_ok_and(|port| port > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base_urls() {
        for (text, expected) in [
            ("https://pve1.example:8006", true),
            ("http://192.0.2.1", true),
            ("https://[2001:db8::1]:8006", true),
            ("https://[2001:db8::1]", true),
            ("https://2001:db8::1", false), // an address without brackets has no port
            ("https://", false),
            ("https://:8006", false),
            ("https://pve1:", false),
            ("https://pve1:0", false),
            ("https://pve1:+80", false),
            ("https://pve1:65536", false),
            ("https://root:secret@pve1", false), // a secret does not belong here
            ("https://pve1/api2/json", false),
            ("https://pve1#x", false),
            ("https://pve 1", false),
            ("ftp://pve1", false),
            ("pve1:8006", false),
        ] {
            assert_eq!(is_base_url(text), expected, "{text}");
        }
    }

    #[test]
    fn shares() {
        for (text, expected) in [
            ("0", Some(0.0)),
            ("1", Some(1.0)),
            ("0.01", Some(0.01)),
            ("1.0", Some(1.0)),
            ("1.01", None),
            ("-0.5", None),
            ("2", None),
            ("nan", None),
            ("inf", None),
            ("'0.5'", None),
        ] {
            let item = Item::Value(text.parse().unwrap());
            assert_eq!(share(&item).ok(), expected, "{text}");
        }
    }
}
