//! What shows in one option: names that look like others, and values that cannot be.

use super::spelling::meant;
use super::{Problems, shown};
use crate::addr::netmask_bits;
use crate::interfaces::key::{option_names, store_of};
use crate::interfaces::meaning::canonical;
use crate::interfaces::model::Family;
use crate::interfaces::parse::BOND_MODES;
use crate::interfaces::statement::{Document, Role};
use std::collections::HashMap;
use std::net::IpAddr;
use std::ops::RangeInclusive;

/// Options that PVE carries along as they are, of ifupdown, ifupdown2 and Open vSwitch.
const CARRIED_ALONG: [&str; 66] = [
    "accept-ra",
    "address-virtual",
    "alias",
    "arp-accept",
    "autoconf",
    "bond-ad-sys-priority",
    "bond-downdelay",
    "bond-lacp-bypass-allow",
    "bond-lacp-rate",
    "bond-master",
    "bond-min-links",
    "bond-num-grat-arp",
    "bond-num-unsol-na",
    "bond-updelay",
    "bond-use-carrier",
    "bridge-ageing",
    "bridge-allow-untagged",
    "bridge-bridgeprio",
    "bridge-gcint",
    "bridge-hello",
    "bridge-hw",
    "bridge-igmp-version",
    "bridge-maxage",
    "bridge-maxwait",
    "bridge-mcquerier",
    "bridge-mcsnoop",
    "bridge-pathcosts",
    "bridge-portprios",
    "bridge-pvid",
    "bridge-vlan-protocol",
    "bridge-vlan-stats",
    "bridge-waitport",
    "client",
    "dad-attempts",
    "description",
    "dns-domain",
    "dns-nameserver",
    "dns-nameservers",
    "dns-search",
    "down",
    "endpoint",
    "gro-offload",
    "gso-offload",
    "hostname",
    "hwaddress",
    "ip-forward",
    "ip6-forward",
    "leasetime",
    "link-autoneg",
    "link-down",
    "link-duplex",
    "link-speed",
    "local",
    "metric",
    "mode",
    "ovs-extra",
    "pointopoint",
    "post-down",
    "post-up",
    "pre-down",
    "pre-up",
    "scope",
    "tso-offload",
    "up",
    "vrf",
    "vrf-table",
];

/// What the value of an option has to be.
#[derive(Clone, Copy)]
enum Form {
    /// An address of the stanza's family, perhaps with a prefix length.
    Cidr,
    /// An address of the stanza's family.
    Host,
    /// An address.
    Peer,
    /// A prefix length or a dotted netmask.
    Netmask,
    Number(u32, u32),
    /// VLAN ids and ranges of them.
    Vids,
    BondMode,
    /// `on` or `off`; PVE reads anything else as off.
    OnOff,
    /// `yes`; PVE reads anything else as that.
    Yes,
}

/// The options whose values are looked at, by their canonical names.
const FORMS: [(&str, Form); 19] = [
    ("address", Form::Cidr),
    ("bond-miimon", Form::Number(0, u32::MAX)),
    ("bond-mode", Form::BondMode),
    ("bridge-access", Form::Number(1, 4094)),
    ("bridge-ageing", Form::Number(0, u32::MAX)),
    ("bridge-fd", Form::Number(0, 255)),
    ("bridge-pvid", Form::Number(1, 4094)),
    ("bridge-stp", Form::OnOff),
    ("bridge-vids", Form::Vids),
    ("bridge-vlan-aware", Form::Yes),
    ("gateway", Form::Host),
    ("metric", Form::Number(0, u32::MAX)),
    ("mtu", Form::Number(68, 65536)),
    ("netmask", Form::Netmask),
    ("vlan-id", Form::Number(1, 4094)),
    ("vxlan-id", Form::Number(1, 0xff_ffff)),
    ("vxlan-local-tunnelip", Form::Peer),
    ("vxlan-remoteip", Form::Peer),
    ("vxlan-svcnodeip", Form::Peer),
];

/// Looks at every option of every stanza.
pub(super) fn check(document: &Document, problems: &mut Problems) {
    let mut names: HashMap<&str, Option<String>> = HashMap::new();
    for (at, statement) in document.statements.iter().enumerate() {
        if statement.role != Role::Option {
            continue;
        }
        let (word, value) = statement.split();
        let (line, iface) = (statement.line, document.iface(at));
        if let Some(text) = names.entry(word).or_insert_with(|| fault_of_name(word)) {
            problems.warning(line, iface, text.clone());
        }
        let family = statement.stanza.and_then(|stanza| document.family(stanza));
        match fault_of_value(word, value, family) {
            None => {}
            Some(Fault::Impossible(text)) => problems.error(line, iface, text),
            Some(Fault::ReadAs(text)) if document.is_inside(at) => {
                problems.warning(line, iface, text);
            }
            Some(Fault::ReadAs(_)) => {} // PVE does not read it at all
        }
    }
}

/// Why a name is probably wrong.
fn fault_of_name(word: &str) -> Option<String> {
    let name = canonical(word);
    if store_of(word).is_some() || CARRIED_ALONG.contains(&name.as_ref()) {
        return None;
    }
    let spelling = shown(word);
    if let Some(known) = option_names().find(|known| canonical(known) == name) {
        return Some(format!("PVE does not know the spelling '{spelling}', expected '{known}'"));
    }
    let known = option_names().chain(CARRIED_ALONG).chain(["auto", "iface", "source"]);
    let known = meant(word, known)?;
    Some(format!("unknown option '{spelling}', did you mean '{known}'?"))
}

/// Why a value is wrong.
enum Fault {
    /// It cannot be.
    Impossible(String),
    /// PVE reads it as another one.
    ReadAs(String),
}

fn fault_of_value(word: &str, value: &str, family: Option<Family>) -> Option<Fault> {
    let name = canonical(word);
    let (_, form) = FORMS.iter().find(|(option, _)| *option == name)?;
    if value.is_empty() {
        return None; // told as a line without a value
    }
    let text = |expected: &str| format!("{} '{}', expected {expected}", shown(word), shown(value));
    match form.check(value, family).err()? {
        Expected::Only(expected) => Some(Fault::Impossible(text(&expected))),
        Expected::ReadAs(expected, other) => {
            Some(Fault::ReadAs(format!("{}; PVE reads it as {other}", text(expected))))
        }
    }
}

/// What is expected in place of a value.
enum Expected {
    /// This; anything else cannot be.
    Only(String),
    /// The first; PVE reads anything else as the second.
    ReadAs(&'static str, &'static str),
}

fn is_one_of(value: &str, words: &[&str]) -> bool {
    words.iter().any(|word| value.eq_ignore_ascii_case(word))
}

impl Form {
    /// Says what is expected, if `value` is something else.
    fn check(self, value: &str, family: Option<Family>) -> Result<(), Expected> {
        let (is_so, expected) = match self {
            Form::Cidr => (is_cidr(value, family), format!("{}[/PREFIX]", address_of(family))),
            Form::Host => (is_host(value, family), address_of(family).into()),
            Form::Peer => (is_host(value, None), address_of(None).into()),
            Form::Netmask => (is_netmask(value), "a prefix length or a netmask".into()),
            Form::Number(from, u32::MAX) => (is_number(value, from..=u32::MAX), "a number".into()),
            Form::Number(from, to) => {
                (is_number(value, from..=to), format!("a number from {from} to {to}"))
            }
            Form::Vids => {
                let is_so = value.split_ascii_whitespace().all(is_vid_range);
                (is_so, "VLAN ids from 1 to 4094, such as '2-100 200', with blanks between".into())
            }
            Form::BondMode => {
                let is_so = BOND_MODES.contains(&value) || is_number(value, 0..=6);
                (is_so, format!("one of {}", BOND_MODES.join(", ")))
            }
            Form::OnOff if !is_one_of(value, &["on", "off", "yes", "no"]) => {
                return Err(Expected::ReadAs("on or off", "off"));
            }
            Form::Yes if !is_one_of(value, &["on", "yes", "1", "true"]) => {
                return Err(Expected::ReadAs("yes, or no such line", "yes"));
            }
            Form::OnOff | Form::Yes => return Ok(()),
        };
        if is_so { Ok(()) } else { Err(Expected::Only(expected)) }
    }
}

fn is_vid_range(range: &str) -> bool {
    let (from, to) = range.split_once('-').unwrap_or((range, range));
    [from, to].iter().all(|vid| is_number(vid, 1..=4094))
}

fn address_of(family: Option<Family>) -> &'static str {
    match family {
        Some(Family::Inet) => "an IPv4 address",
        Some(Family::Inet6) => "an IPv6 address",
        None => "an IP address",
    }
}

fn is_host(value: &str, family: Option<Family>) -> bool {
    value.parse().is_ok_and(|address: IpAddr| match family {
        Some(Family::Inet) => address.is_ipv4(),
        Some(Family::Inet6) => address.is_ipv6(),
        None => true,
    })
}

fn is_cidr(value: &str, family: Option<Family>) -> bool {
    match value.split_once('/') {
        None => is_host(value, family),
        Some((host, prefix)) => {
            let longest = if host.contains(':') { 128 } else { 32 };
            // ifupdown2 takes a netmask here, too
            let is_prefix = is_number(prefix, 0..=longest) || netmask_bits(prefix).is_some();
            is_host(host, family) && is_prefix
        }
    }
}

fn is_netmask(value: &str) -> bool {
    is_number(value, 0..=128) || netmask_bits(value).is_some()
}

fn is_number(value: &str, range: RangeInclusive<u32>) -> bool {
    value.bytes().all(|byte| byte.is_ascii_digit())
        && value.parse().is_ok_and(|number| range.contains(&number))
}
