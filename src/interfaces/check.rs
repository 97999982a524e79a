//! The relations between interfaces that must hold before a file is written.

use super::kind::{bond, bridge, ovs, vlan, vxlan};
use super::render::render_iface;
use super::{Config, Dialect, Family, Iface, Key, Kind};
use crate::error::{Error, Result};
use crate::notes::Notes;
use crate::perl::{Charset, Value, is_true, number};
use rustc_hash::FxHashMap;
use std::borrow::Cow;

/// The attributes whose values are ports or slaves of an interface.
const MEMBERS: [Key; 4] = [Key::BridgePorts, Key::OvsPorts, Key::Slaves, Key::OvsBonds];

/// Something that keeps a configuration from being written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The interface to look at.
    pub iface: String,
    /// The attribute of it to look at, if it is there.
    pub key: Option<Key>,
    /// What the writer says of it.
    pub error: Error,
}

/// What checks have found, in their order.
pub(super) struct Faults {
    found: Vec<Fault>,
    /// So many are kept: each has a text, and there may be a great many.
    most: usize,
}

impl Faults {
    pub(super) fn add(&mut self, iface: &str, key: impl Into<Option<Key>>, error: Error) {
        if self.found.len() < self.most {
            self.found.push(Fault { iface: iface.to_owned(), key: key.into(), error });
        }
    }

    /// Keeps the error, if it is one.
    pub(super) fn keep(&mut self, iface: &str, key: impl Into<Option<Key>>, result: Result<()>) {
        if let Err(error) = result {
            self.add(iface, key, error);
        }
    }
}

/// Everything that keeps a configuration from being written, where [`check`] stops at the first.
pub fn faults(mut config: Config, dialect: Dialect, charset: Charset) -> Vec<Fault> {
    let mut faults = inspect(&mut config, usize::MAX, dialect, charset);
    let mut text = String::new();
    for (name, iface) in &mut config.ifaces {
        let notes = &mut Notes::default();
        let key = match iface.kind() {
            Kind::Vlan => Some(Key::VlanProtocol),
            Kind::OvsBond => Some(Key::OvsOptions),
            _ => None,
        };
        faults.keep(name, key, render_iface(name, iface, dialect, charset, notes, &mut text));
        text.clear();
    }
    faults.found
}

/// Checks a configuration, and settles what one interface implies for another.
///
/// Where one check finds several faults, the original reports any of them, in the order of a Perl
/// hash; this reports that of the first interface by name.
///
/// # Errors
///
/// [`Error::Die`] with the text of the original.
///
/// Source: the first half of `PVE::Network::Interfaces::__write_etc_network_interfaces`.
pub fn check(config: &mut Config, dialect: Dialect, charset: Charset) -> Result<()> {
    let first = inspect(config, 1, dialect, charset).found.into_iter().next();
    first.map_or(Ok(()), |fault| Err(fault.error))
}

/// The same, but goes on when it finds a fault; returns the first ones, `most` of them.
pub(super) fn inspect(
    config: &mut Config,
    most: usize,
    dialect: Dialect,
    charset: Charset,
) -> Faults {
    let mut faults = Faults { found: Vec::new(), most };
    let users = claim_ports(config, charset, &mut faults);
    ovs::drop_unused(config, &users);
    ovs::check_bridges(config, charset, &mut faults);
    ovs::check_bonds(config, charset, &mut faults);
    bond::check(config, charset, &mut faults);
    vxlan::check(config, &mut faults);
    vlan::check(config, dialect, &mut faults);
    check_uplinks(config, &mut faults);
    bridge::check(config, charset, &mut faults);
    faults
}

/// Settles addresses; returns which interface uses a port.
fn claim_ports<'a>(
    config: &mut Config<'a>,
    charset: Charset,
    faults: &mut Faults,
) -> FxHashMap<Cow<'a, str>, Cow<'a, str>> {
    let mut users: FxHashMap<Cow<str>, Cow<str>> = FxHashMap::default();
    for (name, iface) in &mut config.ifaces {
        for keys in [Family::Inet.keys(), Family::Inet6.keys()] {
            if let Some(cidr) = iface.remove(keys.cidr).filter(|_| !iface.is_defined(keys.address))
            {
                iface.set(keys.address, cidr);
            }
        }
        let mut lists = MEMBERS.iter().filter_map(|key| iface.true_source(*key));
        let Some(mut list) = lists.next() else { continue };
        for more in lists {
            list = Cow::Owned(format!("{list} {more}"));
        }
        for port in split_list(list, charset) {
            if let Some(user) = users.get(&port).filter(|user| is_true(user) && *user != name) {
                let error = format_args!("port '{port}' is already used on interface '{user}'");
                faults.add(name, key_of(iface, &port), Error::die(error));
                continue;
            }
            users.insert(port, name.clone());
        }
    }
    users
}

/// The attribute that has that port among its values.
fn key_of(iface: &Iface, port: &str) -> Option<Key> {
    MEMBERS.into_iter().find(|key| iface.text(*key).contains(port))
}

/// Splits at blanks, commas and semicolons; at NULs instead, where there is one.
///
/// Source: `PVE::Tools::split_list`.
fn split_list(list: Cow<str>, charset: Charset) -> Vec<Cow<str>> {
    if list.contains('\0') {
        // as the original, which has a blank in front
        let mut fields: Vec<Cow<str>> =
            format!(" {list}").split('\0').map(|field| Cow::Owned(field.to_owned())).collect();
        let last = fields.iter().rposition(|field| !field.is_empty());
        fields.truncate(last.map_or(0, |last| last + 1));
        return fields;
    }
    let list = match list.contains([',', ';']) {
        true => Cow::Owned(list.replace([',', ';'], " ")),
        false => list,
    };
    match list {
        Cow::Borrowed(list) => charset.split(charset.trim_start(list)).map(Cow::Borrowed).collect(),
        Cow::Owned(list) => {
            let fields = charset.split(charset.trim_start(&list));
            fields.map(|field| Cow::Owned(field.to_owned())).collect()
        }
    }
}

/// Checks that an uplink id is on one card or bond only.
fn check_uplinks(config: &Config, faults: &mut Faults) {
    let mut users = FxHashMap::default();
    for (name, iface) in &config.ifaces {
        let Some(id) = iface.true_text(Key::UplinkId) else {
            continue;
        };
        if !matches!(iface.kind(), Kind::Eth | Kind::Bond) {
            let error = format_args!(
                "iface '{name}' - uplink-id {id} is only allowed on physical and linux bond \
                 interfaces"
            );
            faults.add(name, Key::UplinkId, Error::die(error));
            continue;
        }
        // as the original: an interface named 0 does not count
        if let Some(user) = users.insert(id.clone(), name).filter(|user| is_true(user)) {
            let error =
                format_args!("iface '{name}' - uplink-id {id} is already assigned on '{user}'");
            faults.add(name, Key::UplinkId, Error::die(error));
        }
    }
}

/// Starts a slave at boot.
pub(super) fn start(config: &mut Config, slave: &str) {
    if let Some(iface) = config.ifaces.get_mut(slave) {
        iface.set(Key::Autostart, Value::Integer(1));
    }
}

/// What [`check_mtu`] needs of an interface.
pub(super) struct MtuOf<'i> {
    name: &'i str,
    mtu: Option<Cow<'i, str>>,
    is_bond: bool,
}

impl<'i> MtuOf<'i> {
    pub(super) fn new(name: &'i str, iface: &'i Iface) -> Self {
        MtuOf { name, mtu: iface.true_text(Key::Mtu), is_bond: iface.kind() == Kind::Bond }
    }

    pub(super) fn find(config: &'i Config, name: &'i str) -> Self {
        match config.ifaces.get(name) {
            Some(iface) => MtuOf::new(name, iface),
            None => MtuOf { name, mtu: None, is_bond: false },
        }
    }
}

/// Checks that frames of `child` fit through `parent`: 1500 bytes where its MTU is not set, for a
/// bond as much as is asked.
pub(super) fn check_mtu(parent: &MtuOf, child: &MtuOf) -> Result<()> {
    for (end, role) in [(parent, "parent"), (child, "child")] {
        if !is_true(end.name) {
            return Err(Error::die(format_args!("check mtu - missing {role} interface")));
        }
    }
    let Some(child_mtu) = &child.mtu else {
        return Ok(());
    };
    let parent_mtu = match &parent.mtu {
        Some(mtu) => mtu,
        None if parent.is_bond => child_mtu,
        None => "1500",
    };
    if number(parent_mtu) < number(child_mtu) {
        return Err(Error::die(format_args!(
            "interface '{}' - mtu {parent_mtu} is lower than '{}' - mtu {child_mtu}",
            parent.name, child.name
        )));
    }
    Ok(())
}

impl<'a> Config<'a> {
    /// The interfaces of a kind that have members, with the members' text.
    pub(super) fn with_members(
        &self,
        kind: Kind,
        members: Key,
    ) -> Vec<(Cow<'a, str>, Cow<'a, str>)> {
        self.ifaces
            .iter()
            .filter_map(|(name, iface)| Some((name, iface, iface.true_source(members)?)))
            .filter(|(_, iface, _)| iface.kind() == kind)
            .map(|(name, _, members)| (name.clone(), members))
            .collect()
    }

    /// The type of an interface as text, empty if it is not there.
    pub(super) fn type_text(&self, name: &str) -> String {
        self.ifaces.get(name).map(|iface| iface.text(Key::Type).into_owned()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::Facts;
    use crate::interfaces::{parse, render};
    use crate::perl::ByteText;

    #[test]
    fn finds_every_fault_and_dies_with_the_first() {
        let text = "iface eno1 inet manual\n\tmtu 9000\n\
             iface bond0 inet manual\n\tbond-slaves eno1 vmbr9\n\tmtu 1500\n\
             iface vmbr0 inet manual\n\tbridge-ports eno1 tap0\n\
             iface eno1.5000 inet manual\n\tvlan-protocol 802.1x\n";
        let config = parse(ByteText::new(text).unwrap(), &Facts::default(), Charset::Latin1);
        let config = config.unwrap();

        let found = faults(config.clone(), Dialect::Ifupdown2, Charset::Latin1);
        let found: Vec<_> =
            found.iter().map(|fault| (&*fault.iface, fault.error.to_string())).collect();
        let expected = [
            ("vmbr0", "port 'eno1' is already used on interface 'bond0'\n"),
            ("eno1", "interface 'bond0' - mtu 1500 is lower than 'eno1' - mtu 9000\n"),
            (
                "bond0",
                "bond 'bond0' - wrong interface type on slave 'vmbr9' ('' != 'eth or bond')\n",
            ),
            ("eno1.5000", "vlan 'eno1.5000' - vlan-id 5000 should be <= 4094\n"),
            ("vmbr0", "bridge 'vmbr0' - unable to find bridge port 'tap0'\n"),
            ("eno1.5000", "eno1.5000: wrong vlan-protocol 802.1x\n"),
        ];
        assert_eq!(found, expected.map(|(iface, text)| (iface, text.to_owned())));

        let died = render(config, Dialect::Ifupdown2, Charset::Latin1, &mut Notes::default());
        assert_eq!(died.unwrap_err().to_string(), expected[0].1);
    }

    /// The answer is Perl's: the address of what is referred to, or one stanza for each family.
    #[test]
    fn what_perl_would_print_as_an_address_is_refused() {
        let families = "\"inet\",".repeat(9);
        for (attributes, refused) in [
            (r#""families":["inet"],"method":"manual","options":["a b"]"#, ""),
            (r#""families":["inet"],"method":[]"#, "a: method is not a scalar"),
            (r#""families":["inet"],"type":{"b":1}"#, "a: type is not a scalar"),
            (r#""families":["inet"],"priority":[[2]]"#, "a: priority is not a scalar"),
            (r#""families":["inet"],"method":"manual","options":[[1]]"#, "a: an option is not"),
            (&format!(r#""families":[{}]"#, families.trim_end_matches(',')), "a: families is not"),
        ] {
            let config = format!(r#"{{"ifaces":{{"a":{{{attributes}}}}},"options":[]}}"#);
            let config = serde_json::from_str(&config).unwrap();
            let written =
                render(config, Dialect::Ifupdown2, Charset::Latin1, &mut Notes::default());
            let error = written.err().map(|error| error.to_string()).unwrap_or_default();
            assert!(
                error.starts_with(refused) && error.is_empty() == refused.is_empty(),
                "{error}"
            );
        }
    }

    /// A port of what is no bridge is dropped, and what that had as a port becomes a card.
    #[test]
    fn ports_of_no_bridge_are_dropped_one_after_the_other() {
        let text = "iface a inet manual\n\tovs_type OVSIntPort\n\tovs_ports b\n\
             iface b inet manual\n\tovs_type OVSIntPort\n\
             iface c inet manual\n\tovs_ports a\n";
        let config = parse(ByteText::new(text).unwrap(), &Facts::default(), Charset::Latin1);
        let mut config = config.unwrap();
        inspect(&mut config, 0, Dialect::Ifupdown2, Charset::Latin1);
        let kinds: Vec<_> =
            config.ifaces.iter().map(|(name, iface)| (name.as_ref(), iface.kind())).collect();
        assert_eq!(kinds, [("b", Kind::Eth), ("c", Kind::Unknown), ("lo", Kind::Loopback)]);
    }
}
