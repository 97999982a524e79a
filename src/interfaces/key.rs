//! The names of attributes of an interface, and how an option of the file becomes one.

macro_rules! keys {
    ($($key:ident = $text:literal,)*) => {
        /// An attribute of an interface that this library knows.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[repr(u8)]
        #[allow(missing_docs)] // each is the attribute of that name
        pub enum Key { $($key,)* }

        const KEYS: Table<Key> = Table::new(&[$(($text, Key::$key),)*]);
    };
}

// Sorted by length, see Table.
keys! {
    Mtu = "mtu",
    Cidr = "cidr",
    Type = "type",
    Cidr6 = "cidr6",
    Active = "active",
    Exists = "exists",
    Method = "method",
    Slaves = "slaves",
    Address = "address",
    Gateway = "gateway",
    Method6 = "method6",
    Netmask = "netmask",
    Options = "options",
    OvsTag = "ovs_tag",
    VlanId = "vlan-id",
    Address6 = "address6",
    Comments = "comments",
    Families = "families",
    Gateway6 = "gateway6",
    Netmask6 = "netmask6",
    Options6 = "options6",
    OvsType = "ovs_type",
    Priority = "priority",
    VxlanId = "vxlan-id",
    Autostart = "autostart",
    BondMode = "bond_mode",
    BridgeFd = "bridge_fd",
    Broadcast = "broadcast",
    Comments6 = "comments6",
    LinkType = "link-type",
    OvsBonds = "ovs_bonds",
    OvsPorts = "ovs_ports",
    UplinkId = "uplink-id",
    BridgeStp = "bridge_stp",
    Broadcast6 = "broadcast6",
    OvsBridge = "ovs_bridge",
    BondMiimon = "bond_miimon",
    BridgeVids = "bridge_vids",
    OvsOptions = "ovs_options",
    BondPrimary = "bond-primary",
    BridgePorts = "bridge_ports",
    BridgeAccess = "bridge-access",
    VlanProtocol = "vlan-protocol",
    VxlanPhysdev = "vxlan-physdev",
    VxlanRemoteip = "vxlan-remoteip",
    BridgeLearning = "bridge-learning",
    VlanRawDevice = "vlan-raw-device",
    VxlanSvcnodeip = "vxlan-svcnodeip",
    BridgeVlanAware = "bridge_vlan_aware",
    BridgeUnicastFlood = "bridge-unicast-flood",
    VxlanLocalTunnelip = "vxlan-local-tunnelip",
    BondXmitHashPolicy = "bond_xmit_hash_policy",
    BridgeArpNdSuppress = "bridge-arp-nd-suppress",
    BridgeMulticastFlood = "bridge-multicast-flood",
    BridgeDisableMacLearning = "bridge-disable-mac-learning",
}

impl Key {
    /// The key of that name.
    pub fn find(name: &str) -> Option<Self> {
        KEYS.find(name)
    }

    /// Its name, as in the Perl hash.
    pub fn as_str(self) -> &'static str {
        KEYS.rows[self as usize].0
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

    /// Puts a key in.
    pub fn insert(&mut self, key: Key) {
        self.0 |= 1 << key as u64;
    }

    /// Takes a key out.
    pub fn remove(&mut self, key: Key) {
        self.0 &= !(1 << key as u64);
    }

    /// True if `key` is in it.
    pub fn has(self, key: Key) -> bool {
        self.0 & 1 << key as u64 != 0
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

/// Options by their name in the file, sorted as the keys are; all others are kept as lines.
const OPTIONS: Table<Store> = Table::new(&[
    ("mtu", Store::Text(Key::Mtu)),
    ("slaves", Store::Members(Key::Slaves)),
    ("address", Store::Family(Key::Address, Key::Address6)),
    ("gateway", Store::Family(Key::Gateway, Key::Gateway6)),
    ("netmask", Store::Family(Key::Netmask, Key::Netmask6)),
    ("ovs_mtu", Store::Text(Key::Mtu)),
    ("vlan-id", Store::Text(Key::VlanId)),
    ("ovs_type", Store::Text(Key::OvsType)),
    ("vxlan-id", Store::Text(Key::VxlanId)),
    ("bond-mode", Store::BondMode(Key::BondMode)),
    ("bond_mode", Store::BondMode(Key::BondMode)),
    ("bridge-fd", Store::Text(Key::BridgeFd)),
    ("bridge_fd", Store::Text(Key::BridgeFd)),
    ("broadcast", Store::Family(Key::Broadcast, Key::Broadcast6)),
    ("link-type", Store::Text(Key::LinkType)),
    ("ovs_bonds", Store::Text(Key::OvsBonds)),
    ("ovs_ports", Store::Text(Key::OvsPorts)),
    ("uplink-id", Store::Text(Key::UplinkId)),
    ("bridge-stp", Store::OnOff(Key::BridgeStp)),
    ("bridge_stp", Store::OnOff(Key::BridgeStp)),
    ("ovs_bridge", Store::Text(Key::OvsBridge)),
    ("bond-miimon", Store::Text(Key::BondMiimon)),
    ("bond-slaves", Store::Members(Key::Slaves)),
    ("bond_miimon", Store::Text(Key::BondMiimon)),
    ("bond_slaves", Store::Members(Key::Slaves)),
    ("bridge-vids", Store::Text(Key::BridgeVids)),
    ("bridge_vids", Store::Text(Key::BridgeVids)),
    ("ovs_options", Store::Text(Key::OvsOptions)),
    ("bond-primary", Store::Text(Key::BondPrimary)),
    ("bridge-ports", Store::Members(Key::BridgePorts)),
    ("bridge_ports", Store::Members(Key::BridgePorts)),
    ("bridge-access", Store::Text(Key::BridgeAccess)),
    ("vlan-protocol", Store::Text(Key::VlanProtocol)),
    ("vxlan-physdev", Store::Text(Key::VxlanPhysdev)),
    ("vxlan-remoteip", Store::Append(Key::VxlanRemoteip)),
    ("bridge-learning", Store::Text(Key::BridgeLearning)),
    ("vlan-raw-device", Store::Text(Key::VlanRawDevice)),
    ("vxlan-svcnodeip", Store::Text(Key::VxlanSvcnodeip)),
    ("bridge-vlan-aware", Store::Flag(Key::BridgeVlanAware)),
    ("bridge_vlan_aware", Store::Flag(Key::BridgeVlanAware)),
    ("bridge-unicast-flood", Store::Text(Key::BridgeUnicastFlood)),
    ("vxlan-local-tunnelip", Store::Text(Key::VxlanLocalTunnelip)),
    ("bond-xmit-hash-policy", Store::Text(Key::BondXmitHashPolicy)),
    ("bond_xmit_hash_policy", Store::Text(Key::BondXmitHashPolicy)),
    ("bridge-arp-nd-suppress", Store::Text(Key::BridgeArpNdSuppress)),
    ("bridge-multicast-flood", Store::Text(Key::BridgeMulticastFlood)),
    ("bridge-disable-mac-learning", Store::Text(Key::BridgeDisableMacLearning)),
]);

/// How the option of that name is stored; `None` if it is kept as a line.
pub(super) fn store_of(option: &str) -> Option<Store> {
    OPTIONS.find(option)
}

/// The names of all options that are not kept as lines.
pub(super) fn option_names() -> impl Iterator<Item = &'static str> {
    OPTIONS.rows.iter().map(|(name, _)| *name)
}

/// The length of the longest name in a table, and one.
const LENGTHS: usize = 32;

/// Names with what they stand for, sorted by length: only names of one length are compared.
struct Table<T: 'static> {
    rows: &'static [(&'static str, T)],
    /// The first row whose name has at least that length.
    starts: [u8; LENGTHS],
}

impl<T: Copy> Table<T> {
    const fn new(rows: &'static [(&'static str, T)]) -> Self {
        let mut starts = [rows.len() as u8; LENGTHS];
        let mut row = rows.len();
        while row > 0 {
            row -= 1;
            let mut length = 0;
            while length <= rows[row].0.len() {
                starts[length] = row as u8;
                length += 1;
            }
        }
        Table { rows, starts }
    }

    fn find(&self, name: &str) -> Option<T> {
        let start = *self.starts.get(name.len())?;
        let end = *self.starts.get(name.len() + 1)?;
        let rows = &self.rows[usize::from(start)..usize::from(end)];
        rows.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_sorted() {
        assert!(KEYS.rows.is_sorted_by_key(|(name, _)| name.len()));
        assert!(OPTIONS.rows.is_sorted_by_key(|(name, _)| name.len()));
        assert!(KEYS.rows.iter().all(|(name, key)| Key::find(name) == Some(*key)));
        assert!(OPTIONS.rows.iter().all(|(name, store)| store_of(name) == Some(*store)));
        assert!(KEYS.rows.len() <= u64::BITS as usize, "a KeySet holds them all");
        assert_eq!(Key::find(&"x".repeat(LENGTHS)), None);
        assert_eq!(Key::find(""), None);
    }
}
