//! Config to text.

use crate::addr::netip;
use crate::error::{Error, Result};
use crate::perl::{Hash, number};
use serde::Serialize;
use std::net::Ipv4Addr;

/// The lines of a subnet: its range, and the options that its clients get.
///
/// # Errors
///
/// [`Error::Die`] for a subnet of IPv6 without a gateway; [`Error::Unsupported`] for a mask that
/// is none.
///
/// Source: `PVE::Network::SDN::Dhcp::Dnsmasq::configure_subnet`.
pub fn subnet_lines(subnet: &Hash) -> Result<Vec<String>> {
    let tag = subnet.text("id");
    let mut parts = tag.split('-').skip(1);
    let network = parts.next().unwrap_or_default();
    let mask = parts.next().unwrap_or_default();
    let is_ipv4 = netip::is_ipv4(network);
    let gateway = subnet.true_text("gateway");
    if gateway.is_none() && !is_ipv4 {
        return Err(Error::die_at(format!("No gateway configured for subnet {tag}")));
    }
    let mask = if is_ipv4 { dotted(mask)? } else { mask.into() };
    let mut lines = vec![format!("dhcp-range=set:{tag},{network},static,{mask},infinite")];
    let option = match gateway {
        _ if netip::is_ipv6(&subnet.text("network")) => "option6",
        Some(gateway) => {
            lines.push(format!("dhcp-option=tag:{tag},option:router,{gateway}"));
            "option"
        }
        None => "", // as the original, which dnsmasq refuses
    };
    if let Some(server) = subnet.true_text("dhcp-dns-server") {
        lines.push(format!("dhcp-option=tag:{tag},{option}:dns-server,{server}"));
    }
    Ok(lines)
}

/// The text of `10-VNET.conf` with the lines of its subnets; none if there are no lines.
///
/// Source: `PVE::Network::SDN::Dhcp::Dnsmasq::configure_vnet`.
pub fn vnet_text(vnet: &str, lines: &[impl AsRef<str>]) -> Option<String> {
    if lines.is_empty() {
        return None;
    }
    let mut text = String::new();
    for line in lines {
        text.push_str(line.as_ref());
        text.push('\n');
    }
    Some(text + &format!("interface={vnet}\n"))
}

/// The files that the instance of a zone needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ZoneFiles {
    /// `/etc/dbus-1/system.d/dnsmasq.ZONE.conf`
    pub dbus: String,
    /// `/etc/default/dnsmasq.ZONE`
    pub default: String,
    /// `/etc/dnsmasq.d/ZONE/00-default.conf`
    pub config: String,
}

/// The texts of the files of a zone; `mtu` is what its clients are told.
///
/// Source: `PVE::Network::SDN::Dhcp::Dnsmasq::before_configure`.
pub fn zone_files(zone: &str, mtu: &str) -> ZoneFiles {
    let name = format!("uk.org.thekelleys.dnsmasq.{zone}");
    let policy = |of: &str, verdict: &str| {
        let line = |what: &str| format!("                <{verdict} {what}=\"{name}\"/>\n");
        let lines = line("own") + &line("send_destination");
        format!("        <policy {of}>\n{lines}        </policy>\n")
    };
    let policies = policy("user=\"root\"", "allow")
        + &policy("user=\"dnsmasq\"", "allow")
        + &policy("context=\"default\"", "deny");
    let folder = format!("/etc/dnsmasq.d/{zone}");
    ZoneFiles {
        dbus: format!("{DBUS_HEAD}<busconfig>\n{policies}</busconfig>\n"),
        default: format!(
            "CONFIG_DIR='{folder},*.conf'\n\
             DNSMASQ_OPTS=\"--conf-file=/dev/null --enable-dbus={name}\"\n"
        ),
        config: format!(
            "{COMMON}\
             dhcp-leasefile=/var/lib/misc/dnsmasq.{zone}.leases\n\
             dhcp-hostsfile={folder}/ethers\n\
             dhcp-ignore=tag:!known\n\
             \n\
             dhcp-option=26,{mtu}\n\
             ra-param=*,mtu:{mtu},0\n\
             {WINDOWS}"
        ),
    }
}

const DBUS_HEAD: &str = r#"<!DOCTYPE busconfig PUBLIC
 "-//freedesktop//DTD D-BUS Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
"#;

const COMMON: &str = "\
except-interface=lo
enable-ra
quiet-ra
bind-dynamic
no-hosts
";

const WINDOWS: &str = r#"
# Send an empty WPAD option. This may be REQUIRED to get windows 7 to behave.
dhcp-option=252,"\n"

# Send microsoft-specific option to tell windows to release the DHCP lease
# when it shuts down. Note the "i" flag, to tell dnsmasq to send the
# value as a four-byte integer - that's what microsoft wants.
dhcp-option=vendor:MSFT,2,1i

# If a DHCP client claims that its name is "wpad", ignore that.
# This fixes a security hole. see CERT Vulnerability VU#598349
dhcp-name-match=set:wpad-ignore,wpad
dhcp-ignore-names=tag:wpad-ignore
"#;

/// The dotted form of a prefix length; a missing one is 0.
fn dotted(mask: &str) -> Result<String> {
    let length = number(mask);
    if length.fract() != 0.0 || !(0.0..=32.0).contains(&length) {
        return Err(Error::Unsupported(format!("'{mask}' is no prefix length")));
    }
    let bits = u32::MAX.checked_shl(32 - length as u32).unwrap_or(0);
    Ok(Ipv4Addr::from(bits).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks() {
        for (mask, expected) in [
            ("24", Some("255.255.255.0")),
            ("32", Some("255.255.255.255")),
            ("0", Some("0.0.0.0")),
            ("", Some("0.0.0.0")),
            ("33", None),
            ("-1", None),
        ] {
            assert_eq!(dotted(mask).ok().as_deref(), expected, "{mask}");
        }
    }
}
