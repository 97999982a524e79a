//! The kind of every interface, and the attributes that follow from it.

use super::Key;
use super::iface::Iface;
use super::kind::{alias, bond, bridge, dummy, eth, ovs, vlan, vxlan};
use super::model::{Config, Family, Kind, Line};
use crate::addr;
use crate::error::{Error, Result};
use crate::host::Facts;
use crate::perl::{Charset, Value, is_digits, is_true, slice};
use rustc_hash::{FxHashMap, FxHashSet};
use std::borrow::Cow;

/// Completes what was read from the file with what the node and the names tell.
pub(super) fn classify<'a>(
    config: &mut Config<'a>,
    facts: &Facts<'a>,
    charset: Charset,
) -> Result<()> {
    mark_physical(config, facts);
    for name in &facts.active {
        if let Some(iface) = config.ifaces.get_mut(name) {
            iface.set(Key::Active, Value::Integer(1));
        }
    }
    config.ifaces.entry("lo".into()).or_insert_with(|| {
        Iface::from_iter([
            (Key::Priority, Value::Integer(1)),
            (Key::Method, Value::text("loopback")),
            (Key::Autostart, Value::Integer(1)),
        ])
    });

    let physical = physical_names(facts);
    let mut children = Vec::new();
    for (name, iface) in &mut config.ifaces {
        let kind = kind_of(name, iface, physical.contains(name.as_ref()));
        iface.set(Key::Type, Value::text(kind.as_str()));
        match kind {
            Kind::Bridge => bridge::complete(iface),
            Kind::OvsBond => ovs::complete_bond(iface, charset),
            Kind::OvsPort | Kind::OvsIntPort => ovs::complete_port(iface, charset),
            Kind::Vlan => vlan::complete(name, iface),
            _ => {}
        }
        complete_families(name, iface)?;
        if let Some(parent) = parent_of(name, kind, iface) {
            children.push((name.clone(), parent));
        }
    }
    // A parent that gets its entry only now is never visited: it stays without a type. The order matters
    // where a parent is a child itself: the original visits them by name.
    children.sort_unstable();
    for (name, parent) in children {
        inherit_exists(config, &name, parent);
    }
    let lines = std::mem::take(&mut config.options).into_iter();
    let mut ports_of = FxHashMap::default();
    let lines = lines.filter_map(|line| without_bridge_ports(config, &mut ports_of, line, charset));
    config.options = lines.collect();
    Ok(())
}

/// Marks the network cards of the node, under the altname that is configured, else their own.
fn mark_physical<'a>(config: &mut Config<'a>, facts: &Facts<'a>) {
    for link in facts.links.iter().filter(|link| link.is_physical()) {
        let configured = link.altnames.iter().find(|name| config.ifaces.contains_key(*name));
        let name = configured.unwrap_or(&link.name);
        let iface = config.ifaces.entry(name.clone()).or_default();
        iface.set(Key::Exists, Value::Integer(1));
    }
}

/// The names and altnames of the network cards of the node.
fn physical_names<'f>(facts: &'f Facts) -> FxHashSet<&'f str> {
    let physical = || facts.links.iter().filter(|link| link.is_physical());
    let mut names: FxHashSet<&str> = physical().map(|link| link.name.as_ref()).collect();
    // as the original: an altname hides a link that has it for its name
    for link in &facts.links {
        for altname in &link.altnames {
            names.remove(altname.as_ref());
        }
    }
    names.extend(physical().flat_map(|link| link.altnames.iter()).map(Cow::as_ref));
    names
}

/// The first rule that fits decides.
fn kind_of(name: &str, iface: &Iface, is_physical: bool) -> Kind {
    let ovs_type = iface.text(Key::OvsType);
    let has_ovs_type = is_true(&ovs_type);

    if bridge::is_bridge(iface) {
        Kind::Bridge
    } else if ovs_type == "OVSBridge" {
        Kind::OvsBridge
    } else if bond::is_name(name) {
        match ovs_type.as_ref() {
            _ if !has_ovs_type => Kind::Bond,
            "OVSBond" => Kind::OvsBond,
            _ => Kind::Unknown,
        }
    } else if alias::parent(name).is_some() {
        Kind::Alias
    } else if vlan::split_name(name).is_some() || iface.is_true(Key::VlanRawDevice) {
        Kind::Vlan
    } else if is_physical || eth::is_name(name) {
        match ovs_type.as_ref() {
            _ if !has_ovs_type => Kind::Eth,
            "OVSPort" => Kind::OvsPort,
            _ => Kind::Unknown,
        }
    } else if name == "lo" {
        Kind::Loopback
    } else if vxlan::is_vxlan(iface) {
        Kind::Vxlan
    } else if iface.is_defined(Key::OvsType) {
        if ovs_type == "OVSIntPort" { Kind::OvsIntPort } else { Kind::Unknown }
    } else if dummy::is_dummy(iface) {
        Kind::Dummy
    } else {
        Kind::Unknown
    }
}

/// The interface that an alias or a VLAN is on.
fn parent_of<'a>(name: &Cow<'a, str>, kind: Kind, iface: &Iface<'a>) -> Option<Cow<'a, str>> {
    match (kind, iface.get(Key::VlanRawDevice)) {
        (Kind::Alias, _) => Some(slice(name, ..alias::parent(name)?.len())),
        (Kind::Vlan, Some(Value::Text(parent))) => Some(parent.clone()),
        _ => None,
    }
}

/// An alias or VLAN exists as its parent does; a parent that is not configured gets an entry.
fn inherit_exists<'a>(config: &mut Config<'a>, name: &str, parent: Cow<'a, str>) {
    let exists = match config.ifaces.get(&parent) {
        Some(parent) => parent.get(Key::Exists).cloned().unwrap_or(Value::Undef),
        None => {
            let entry = Iface::from_iter([(Key::Exists, Value::Integer(0))]);
            config.ifaces.insert(parent, entry);
            Value::Integer(0)
        }
    };
    if let Some(iface) = config.ifaces.get_mut(name) {
        iface.set(Key::Exists, exists);
    }
}

/// Settles address and netmask, methods, comments and families.
fn complete_families(name: &str, iface: &mut Iface) -> Result<()> {
    for family in [Family::Inet, Family::Inet6] {
        complete_address(name, iface, family)?;
        let method = family.keys().method;
        if !iface.is_true(method) {
            iface.set(method, Value::text("manual"));
        }
    }
    if let Some(Value::Text(comments6)) = iface.remove(Key::Comments6) {
        let comments = format!("{}{comments6}", iface.text(Key::Comments));
        iface.set(Key::Comments, Value::Text(comments.into()));
    }
    if iface.get(Key::Families).is_none() {
        iface.set(Key::Families, Value::List([Value::text("inet")].into()));
    }
    Ok(())
}

/// Brings `address` and `netmask` of one family together in `cidr`.
fn complete_address(name: &str, iface: &mut Iface, family: Family) -> Result<()> {
    let keys = family.keys();
    let address = match iface.get(keys.address) {
        Some(Value::Text(address)) if is_true(address) => address.clone(),
        _ => return Ok(()),
    };
    if let Some((host, _)) = addr::split_prefix(&address) {
        if host.is_empty() {
            return Err(Error::Unsupported(format!("{name}: address '{address}' names no host")));
        }
        let host = host.len();
        iface.set(keys.address, Value::Text(slice(&address, ..host)));
        iface.set(keys.netmask, Value::Text(slice(&address, host + 1..)));
        iface.set(keys.cidr, Value::Text(address));
        return Ok(());
    }
    let prefix = iface.true_text(keys.netmask).and_then(|mask| prefix_of_netmask(&mask));
    let default = if family == Family::Inet { "32" } else { "128" };
    let cidr = format!("{address}/{}", prefix.as_deref().unwrap_or(default));
    iface.set(keys.cidr, Value::Text(cidr.into()));
    // as the original: a netmask of inet6 stays as it was written
    if let Some(prefix) = prefix.filter(|_| family == Family::Inet) {
        iface.set(keys.netmask, Value::Text(prefix.into()));
    }
    Ok(())
}

fn prefix_of_netmask(mask: &str) -> Option<String> {
    if is_digits(mask) {
        return Some(mask.to_owned());
    }
    addr::netmask_bits(mask).filter(|bits| *bits > 0).map(|bits| bits.to_string())
}

/// Takes the ports of an OVS bridge out of its `allow-BRIDGE PORTS` line: the writer adds them.
///
/// `ports_of` keeps the ports of each bridge for its next line.
fn without_bridge_ports<'a, 'c>(
    config: &'c Config<'a>,
    ports_of: &mut FxHashMap<usize, FxHashSet<&'c str>>,
    line: Line<'a>,
    charset: Charset,
) -> Option<Line<'a>> {
    let Some((bridge, ports)) = line
        .text
        .strip_prefix("allow-")
        .map(|rest| charset.split_word(rest))
        .filter(|(bridge, ports)| !bridge.is_empty() && !ports.is_empty())
    else {
        return Some(line);
    };
    let taken = config.ifaces.get_full(bridge).map(|(at, _, bridge)| {
        &*ports_of.entry(at).or_insert_with(|| match bridge.get(Key::OvsPorts) {
            Some(Value::Text(ports)) => charset.split(ports).collect(),
            _ => FxHashSet::default(),
        })
    });
    let is_left = |port: &&str| taken.is_none_or(|taken| !taken.contains(port));
    let ports: Vec<&str> = charset.split(charset.trim_start(ports)).filter(is_left).collect();
    if ports.is_empty() {
        return None;
    }
    let text = format!("allow-{bridge} {}", ports.join(" "));
    Some(Line { priority: line.priority, text: text.into() })
}

#[cfg(test)]
mod tests {
    use crate::host::Facts;
    use crate::interfaces::{Dialect, Key, parse, render};
    use crate::notes::Notes;
    use crate::perl::{ByteText, Charset, Value};

    /// Where a parent is a child itself, it counts which of them comes first by name.
    #[test]
    fn whether_a_parent_exists_is_asked_by_name() {
        let text = "auto eth0\niface eth0 inet manual\n\
             iface vmbr0.5:1 inet manual\niface vmbr0.5 inet manual\n\
             iface zvlan inet manual\n\tvlan-raw-device gone\n\
             iface custom inet manual\n\tvlan-raw-device zvlan\n";
        let text = ByteText::new(text).unwrap();
        let config = parse(text, &Facts::default(), Charset::Latin1).unwrap();
        let exists = |name: &str| config.ifaces[name].get(Key::Exists).cloned();
        assert_eq!(exists("vmbr0.5"), Some(Value::Integer(0)));
        assert_eq!(exists("vmbr0.5:1"), Some(Value::Integer(0)));
        assert_eq!(exists("zvlan"), Some(Value::Integer(0)));
        assert_eq!(exists("custom"), Some(Value::Undef));
    }

    /// What is behind a blank in the tag of a bond is lost when its mode is set, as in the original.
    #[test]
    fn the_tag_of_a_bond_is_one_word() {
        let text = "iface eth0 inet manual\niface bond0 inet manual\n\tovs_type OVSBond\n\
             \tovs_bonds eth0\n\tovs_options bond_mode=active-backup\n\
             iface vmbr0 inet manual\n\tovs_type OVSBridge\n\tovs_ports bond0\n";
        let text = ByteText::new(text).unwrap();
        let mut config = parse(text, &Facts::default(), Charset::Latin1).unwrap();
        config.ifaces["bond0"].set(Key::OvsTag, Value::text("5 6"));
        let written =
            render(config, Dialect::Ifupdown2, Charset::Latin1, &mut Notes::default()).unwrap();
        assert!(written.contains("\tovs_options tag=5 bond_mode=active-backup\n"), "{written}");
    }
}
