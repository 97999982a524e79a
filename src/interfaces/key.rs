//! The names of attributes of an interface, and how an option of the file becomes one.

use std::borrow::Cow;

macro_rules! keys {
    ($($key:ident = $text:literal,)*) => {
        /// An attribute of an interface that this library knows, in the order of their names.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        #[allow(missing_docs)] // each is the attribute of that name
        pub enum Key { $($key,)* }

        const KEYS: &[(&str, Key)] = &[$(($text, Key::$key),)*];
    };
}

// Sorted by text: found by binary search, and printed in this order.
keys! {
    Active = "active",
    Address = "address",
    Address6 = "address6",
    Autostart = "autostart",
    BondPrimary = "bond-primary",
    BondMiimon = "bond_miimon",
    BondMode = "bond_mode",
    BondXmitHashPolicy = "bond_xmit_hash_policy",
    BridgeAccess = "bridge-access",
    BridgeArpNdSuppress = "bridge-arp-nd-suppress",
    BridgeDisableMacLearning = "bridge-disable-mac-learning",
    BridgeLearning = "bridge-learning",
    BridgeMulticastFlood = "bridge-multicast-flood",
    BridgeUnicastFlood = "bridge-unicast-flood",
    BridgeFd = "bridge_fd",
    BridgePorts = "bridge_ports",
    BridgeStp = "bridge_stp",
    BridgeVids = "bridge_vids",
    BridgeVlanAware = "bridge_vlan_aware",
    Broadcast = "broadcast",
    Broadcast6 = "broadcast6",
    Cidr = "cidr",
    Cidr6 = "cidr6",
    Comments = "comments",
    Comments6 = "comments6",
    Exists = "exists",
    Families = "families",
    Gateway = "gateway",
    Gateway6 = "gateway6",
    LinkType = "link-type",
    Method = "method",
    Method6 = "method6",
    Mtu = "mtu",
    Netmask = "netmask",
    Netmask6 = "netmask6",
    Options = "options",
    Options6 = "options6",
    OvsBonds = "ovs_bonds",
    OvsBridge = "ovs_bridge",
    OvsOptions = "ovs_options",
    OvsPorts = "ovs_ports",
    OvsTag = "ovs_tag",
    OvsType = "ovs_type",
    Priority = "priority",
    Slaves = "slaves",
    Type = "type",
    UplinkId = "uplink-id",
    VlanId = "vlan-id",
    VlanProtocol = "vlan-protocol",
    VlanRawDevice = "vlan-raw-device",
    VxlanId = "vxlan-id",
    VxlanLocalTunnelip = "vxlan-local-tunnelip",
    VxlanPhysdev = "vxlan-physdev",
    VxlanRemoteip = "vxlan-remoteip",
    VxlanSvcnodeip = "vxlan-svcnodeip",
}

impl Key {
    /// The key of that name.
    pub fn find(name: &str) -> Option<Self> {
        let at = KEYS.binary_search_by_key(&name, |(text, _)| text).ok()?;
        Some(KEYS[at].1)
    }

    /// Its name, as in the Perl hash.
    pub fn as_str(self) -> &'static str {
        KEYS[self as usize].0
    }
}

/// A set of [`Key`]s.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct KeySet(u64);

impl KeySet {
    /// The set of these keys.
    pub const fn of(keys: &[Key]) -> Self {
        let mut set = 0;
        let mut at = 0;
        while at < keys.len() {
            set |= 1 << keys[at] as u64;
            at += 1;
        }
        KeySet(set)
    }

    /// The keys that are in either.
    pub const fn and(self, other: KeySet) -> Self {
        KeySet(self.0 | other.0)
    }

    /// True if `key` is in it.
    pub fn has(self, key: Key) -> bool {
        self.0 & 1 << key as u64 != 0
    }
}

/// The name of an attribute: one that is known, or any other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Name<'a> {
    /// A known one.
    Known(Key),
    /// Another one, that a caller put into the hash.
    Other(Cow<'a, str>),
}

impl<'a> Name<'a> {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        match self {
            Name::Known(key) => key.as_str(),
            Name::Other(text) => text,
        }
    }
}

impl<'a> From<Cow<'a, str>> for Name<'a> {
    fn from(text: Cow<'a, str>) -> Self {
        Key::find(&text).map_or(Name::Other(text), Name::Known)
    }
}

/// How the reader stores the value of an option.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Store {
    /// As it is, by family: the second key is that of `inet6`.
    Family(Key, Key),
    /// As it is, the last one wins.
    Text(Key),
    /// As a sorted list of ports or slaves; repeated lines add up.
    Members(Key),
    /// As `on` or `off`.
    OnOff(Key),
    /// As 1, whatever it is.
    Flag(Key),
    /// As the name of a bonding mode that may be given as a number.
    BondMode(Key),
    /// As one more element of a list.
    Append(Key),
}

/// Options by their name in the file, sorted; all others are kept as lines.
const OPTIONS: &[(&str, Store)] = &[
    ("address", Store::Family(Key::Address, Key::Address6)),
    ("bond-miimon", Store::Text(Key::BondMiimon)),
    ("bond-mode", Store::BondMode(Key::BondMode)),
    ("bond-primary", Store::Text(Key::BondPrimary)),
    ("bond-slaves", Store::Members(Key::Slaves)),
    (
        "bond-xmit-hash-policy",
        Store::Text(Key::BondXmitHashPolicy),
    ),
    ("bond_miimon", Store::Text(Key::BondMiimon)),
    ("bond_mode", Store::BondMode(Key::BondMode)),
    ("bond_slaves", Store::Members(Key::Slaves)),
    (
        "bond_xmit_hash_policy",
        Store::Text(Key::BondXmitHashPolicy),
    ),
    ("bridge-access", Store::Text(Key::BridgeAccess)),
    (
        "bridge-arp-nd-suppress",
        Store::Text(Key::BridgeArpNdSuppress),
    ),
    (
        "bridge-disable-mac-learning",
        Store::Text(Key::BridgeDisableMacLearning),
    ),
    ("bridge-fd", Store::Text(Key::BridgeFd)),
    ("bridge-learning", Store::Text(Key::BridgeLearning)),
    (
        "bridge-multicast-flood",
        Store::Text(Key::BridgeMulticastFlood),
    ),
    ("bridge-ports", Store::Members(Key::BridgePorts)),
    ("bridge-stp", Store::OnOff(Key::BridgeStp)),
    ("bridge-unicast-flood", Store::Text(Key::BridgeUnicastFlood)),
    ("bridge-vids", Store::Text(Key::BridgeVids)),
    ("bridge-vlan-aware", Store::Flag(Key::BridgeVlanAware)),
    ("bridge_fd", Store::Text(Key::BridgeFd)),
    ("bridge_ports", Store::Members(Key::BridgePorts)),
    ("bridge_stp", Store::OnOff(Key::BridgeStp)),
    ("bridge_vids", Store::Text(Key::BridgeVids)),
    ("bridge_vlan_aware", Store::Flag(Key::BridgeVlanAware)),
    ("broadcast", Store::Family(Key::Broadcast, Key::Broadcast6)),
    ("gateway", Store::Family(Key::Gateway, Key::Gateway6)),
    ("link-type", Store::Text(Key::LinkType)),
    ("mtu", Store::Text(Key::Mtu)),
    ("netmask", Store::Family(Key::Netmask, Key::Netmask6)),
    ("ovs_bonds", Store::Text(Key::OvsBonds)),
    ("ovs_bridge", Store::Text(Key::OvsBridge)),
    ("ovs_mtu", Store::Text(Key::Mtu)),
    ("ovs_options", Store::Text(Key::OvsOptions)),
    ("ovs_ports", Store::Text(Key::OvsPorts)),
    ("ovs_type", Store::Text(Key::OvsType)),
    ("slaves", Store::Members(Key::Slaves)),
    ("uplink-id", Store::Text(Key::UplinkId)),
    ("vlan-id", Store::Text(Key::VlanId)),
    ("vlan-protocol", Store::Text(Key::VlanProtocol)),
    ("vlan-raw-device", Store::Text(Key::VlanRawDevice)),
    ("vxlan-id", Store::Text(Key::VxlanId)),
    ("vxlan-local-tunnelip", Store::Text(Key::VxlanLocalTunnelip)),
    ("vxlan-physdev", Store::Text(Key::VxlanPhysdev)),
    ("vxlan-remoteip", Store::Append(Key::VxlanRemoteip)),
    ("vxlan-svcnodeip", Store::Text(Key::VxlanSvcnodeip)),
];

/// How the option of that name is stored; `None` if it is kept as a line.
pub(super) fn store_of(option: &str) -> Option<Store> {
    let at = OPTIONS
        .binary_search_by_key(&option, |(name, _)| name)
        .ok()?;
    Some(OPTIONS[at].1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_sorted() {
        assert!(KEYS.is_sorted_by_key(|(text, _)| text));
        assert!(OPTIONS.is_sorted_by_key(|(name, _)| name));
        assert!(KEYS.len() <= u64::BITS as usize, "a KeySet holds them all");
    }
}
