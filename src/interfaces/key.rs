//! The names of attributes of an interface, and how an option of the file becomes one.

use crate::perl::sereal;

macro_rules! keys {
    ($($key:ident = $text:literal,)*) => {
        /// An attribute of an interface that this library knows.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[repr(u8)]
        #[allow(missing_docs)] // each is the attribute of that name
        pub enum Key { $($key,)* }

        pub(super) const KEYS: &[(&str, Key)] = &[$(($text, Key::$key),)*];
        const JSON_NAMES: &[Name] = &[$(Name::json($text)),*];
        const SEREAL_NAMES: &[Name] = &[$(Name::sereal($text)),*];
    };
}

// Sorted by name, so that a KeySet is, too.
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
        static TABLE: Table<Key> = Table::new(KEYS);
        TABLE.find(name)
    }

    /// Its name, as in the Perl hash.
    pub fn as_str(self) -> &'static str {
        KEYS[self as usize].0
    }

    /// Appends a comma, its name as that of a member of a JSON object, and a colon.
    pub(super) fn write_json(self, json: &mut Vec<u8>) {
        JSON_NAMES[self as usize].write(json);
    }

    /// Appends its name as [`sereal::write_text`] does.
    pub(super) fn write_sereal(self, out: &mut Vec<u8>) {
        SEREAL_NAMES[self as usize].write(out);
    }
}

/// A name as it is written, of at most 32 bytes (a longer one does not compile), in a piece of memory
/// of a constant length: to copy that takes no call and no loop.
struct Name {
    bytes: [u8; 32],
    len: usize,
}

impl Name {
    const fn json(name: &str) -> Self {
        Name { bytes: [0; 32], len: 0 }.and(b",\"").and(name.as_bytes()).and(b"\":")
    }

    const fn sereal(name: &str) -> Self {
        Name { bytes: [0; 32], len: 0 }.and(&[sereal::short_text(name)]).and(name.as_bytes())
    }

    const fn and(mut self, bytes: &[u8]) -> Self {
        let mut at = 0;
        while at < bytes.len() {
            self.bytes[self.len] = bytes[at];
            self.len += 1;
            at += 1;
        }
        self
    }

    fn write(&self, out: &mut Vec<u8>) {
        let end = out.len() + self.len;
        out.extend_from_slice(&self.bytes);
        out.truncate(end);
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

    /// The keys that are in this one only.
    pub(super) const fn without(self, other: KeySet) -> Self {
        KeySet(self.0 & !other.0)
    }

    /// How many keys are in it.
    pub(super) fn len(self) -> usize {
        self.0.count_ones() as usize
    }

    /// Its keys, by name.
    pub(super) fn iter(self) -> impl Iterator<Item = Key> {
        let mut left = self.0;
        std::iter::from_fn(move || {
            let (_, key) = KEYS.get(left.trailing_zeros() as usize)?;
            left &= left - 1;
            Some(*key)
        })
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

/// Options by their name in the file; all others are kept as lines.
const OPTIONS: &[(&str, Store)] = &[
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
];

/// How the option of that name is stored; `None` if it is kept as a line.
pub(super) fn store_of(option: &str) -> Option<Store> {
    static TABLE: Table<Store> = Table::new(OPTIONS);
    TABLE.find(option)
}

/// The names of all options that are not kept as lines.
pub(super) fn option_names() -> impl Iterator<Item = &'static str> {
    OPTIONS.iter().map(|(name, _)| *name)
}

/// Room for the hashes of names: four times as much as there are, so that few share a place.
const SLOTS: usize = 256;

/// Names with what they stand for, found by a hash.
struct Table<T: 'static> {
    rows: &'static [(&'static str, T)],
    /// Where the name of each hash is in `rows`, counted from 1: there, or in the next slots up to
    /// one that is 0.
    slots: [u8; SLOTS],
}

impl<T: Copy> Table<T> {
    const fn new(rows: &'static [(&'static str, T)]) -> Self {
        let mut slots = [0; SLOTS];
        let mut row = 0;
        while row < rows.len() {
            let mut slot = slot_of(rows[row].0);
            while slots[slot] != 0 {
                slot = (slot + 1) % SLOTS;
            }
            row += 1;
            slots[slot] = row as u8;
        }
        Table { rows, slots }
    }

    fn find(&self, name: &str) -> Option<T> {
        let mut slot = slot_of(name);
        loop {
            let row = usize::from(self.slots[slot]).checked_sub(1)?;
            let (known, value) = &self.rows[row];
            if *known == name {
                return Some(*value);
            }
            slot = (slot + 1) % SLOTS;
        }
    }
}

/// The slot of a name, by its length and four bytes each of its start and its end: two spellings such
/// as `bond-mode` and `bond_mode` share one. How far to rotate is chosen so that nearly no others do.
const fn slot_of(name: &str) -> usize {
    let bytes = name.as_bytes();
    let ends = match (bytes.first_chunk(), bytes.last_chunk()) {
        (Some(start), Some(end)) => {
            u32::from_le_bytes(*start) ^ u32::from_le_bytes(*end).rotate_left(7)
        }
        _ => 0,
    };
    let hash = ends ^ (name.len() as u32).rotate_left(3);
    (hash.wrapping_mul(0x9e37_79b1) >> 24) as usize % SLOTS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_found() {
        assert!(KEYS.iter().all(|(name, key)| Key::find(name) == Some(*key)));
        assert!(OPTIONS.iter().all(|(name, store)| store_of(name) == Some(*store)));
        assert!(["", "mt", "mtu6", "xmtu"].iter().all(|name| Key::find(name).is_none()));
    }

    #[test]
    fn a_set_holds_all_keys_by_name() {
        assert!(KEYS.is_sorted_by_key(|(name, _)| *name));
        let mut all = KeySet::default();
        KEYS.iter().for_each(|(_, key)| all.insert(*key));
        assert!(all.iter().eq(KEYS.iter().map(|(_, key)| *key)));
    }
}
