//! The sections of pve-network 1.2, to text, and the fabrics' own text.

use super::{Lines, Lists, Sections};
use crate::error::{Error, Result};
use crate::frr::Profile;
use crate::frr::line::LIST_RULES;
use crate::frr::model::{Config, OpenfabricInterface, OspfInterface};
use crate::frr::render::{Text, openfabric_interface, ospf_interface, route_map_entry};
use crate::sdn::fabric::Fabrics;
use std::collections::BTreeMap;

/// Returns the text of the sections.
///
/// # Errors
///
/// [`Error::Die`] for an interface without lines, of which the original dies by accident.
///
/// Source: `PVE::Network::SDN::Frr::to_raw_config`.
pub(super) fn sections(sections: &Sections) -> Result<Vec<String>> {
    let mut text = Text::default();
    for (name, lines) in &sections.vrfs {
        text.line("!");
        text.line(format_args!("vrf {name}"));
        indented(" ", lines, &mut text);
        text.line("exit-vrf");
    }
    for (name, lines) in &sections.interfaces {
        if lines.is_empty() {
            return Err(Error::die_at("Can't use an undefined value as an ARRAY reference"));
        }
        text.line("!");
        text.line(format_args!("interface {name}"));
        indented(" ", sorted(lines), &mut text);
    }
    for (name, router) in &sections.routers {
        text.line("!");
        text.line(format_args!("router {name}"));
        indented(" ", &router.lines, &mut text);
        for (name, lines) in &router.families {
            text.line(" !");
            text.line(format_args!(" address-family {name}"));
            indented("  ", lines, &mut text);
            text.line(" exit-address-family");
        }
        text.line("exit");
    }
    for (words, lists) in LIST_RULES.iter().zip(&sections.lists) {
        rules(words, lists, &mut text);
    }
    if !sections.community_lists.is_empty() {
        text.line("!");
        indented("", sorted(&sections.community_lists), &mut text);
    }
    for (name, entries) in &sections.route_maps {
        for (entry, number) in entries.iter().zip(1..) {
            text.line("!");
            text.line(format_args!("route-map {name} {} {number}", entry.action));
            indented(" ", &entry.lines, &mut text);
            text.line("exit");
        }
    }
    if let Some(lines) = &sections.protocols {
        text.line("!");
        indented("", sorted(lines), &mut text);
    }
    Ok(text.into_lines())
}

fn indented<L: AsRef<str>>(indent: &str, lines: impl IntoIterator<Item = L>, text: &mut Text) {
    for line in lines {
        text.line(format_args!("{indent}{}", line.as_ref()));
    }
}

fn sorted<'l>(lines: &'l Lines) -> Vec<&'l str> {
    let mut lines: Vec<&str> = lines.iter().map(AsRef::as_ref).collect();
    lines.sort_unstable();
    lines
}

fn rules(words: &str, lists: &Lists, text: &mut Text) {
    if !lists.is_empty() {
        text.line("!");
    }
    for (name, rules) in lists {
        for (number, rest) in rules {
            text.line(format_args!("{words}{name} seq {number} {rest}"));
        }
    }
}

/// Returns the text of the fabrics: each block ends with a line that the next one has no need of.
///
/// Source: `PVE::RS::SDN::Fabrics::get_frr_raw_config`.
pub(super) fn fabrics(fabrics: &Fabrics, node: &str) -> Vec<String> {
    let mut config = Config::default();
    fabrics.add_to(node, &mut config);
    let mut text = Text::default();
    for (name, net) in &config.openfabric {
        text.line(format_args!("router openfabric {name}"));
        text.line(format_args!(" net {net}"));
        end(&mut text);
    }
    if let Some(router_id) = config.ospf {
        text.line("router ospf");
        text.line(format_args!(" ospf router-id {router_id}"));
        end(&mut text);
    }
    interfaces(&config, &mut text);
    for (name, network) in fabrics.access_lists(node) {
        let word = if network.is_ipv6() { "ipv6 " } else { "" };
        text.line(format_args!("{word}access-list {name} permit {network}"));
        text.line("!");
    }
    // In the order of the fabrics, which the numbers follow.
    let entries = config.route_maps.iter();
    let entries = entries.flat_map(|(name, entries)| entries.iter().map(move |e| (name, e)));
    let by_number: BTreeMap<u32, _> = entries.map(|entry| (entry.1.seq, entry)).collect();
    for (name, entry) in by_number.into_values() {
        route_map_entry(name, entry, &mut text);
        text.line("!");
    }
    for is_ipv6 in [false, true] {
        for (protocol, maps) in &config.protocol_maps {
            let (word, map) = if is_ipv6 { ("ipv6", maps.ipv6) } else { ("ip", maps.ipv4) };
            if let Some(map) = map {
                text.line(format_args!("{word} protocol {protocol} route-map {map}"));
                text.line("!");
            }
        }
    }
    text.into_lines()
}

/// Prints the interfaces: those of OSPF come last, except for the dummies that stand for a node.
fn interfaces(config: &Config, text: &mut Text) {
    enum Interface<'c> {
        Openfabric(&'c OpenfabricInterface<'c>),
        Ospf(&'c OspfInterface),
    }

    let openfabric = config
        .openfabric_interfaces
        .iter()
        .map(|(name, interface)| ((false, name), Interface::Openfabric(interface)));
    let ospf = config
        .ospf_interfaces
        .iter()
        .map(|(name, interface)| ((!interface.is_passive, name), Interface::Ospf(interface)));
    let interfaces: BTreeMap<_, _> = openfabric.chain(ospf).collect();
    for ((_, name), interface) in interfaces {
        text.line(format_args!("interface {name}"));
        match interface {
            Interface::Openfabric(interface) => {
                openfabric_interface(interface, Profile::V1_2, text);
            }
            Interface::Ospf(interface) => ospf_interface(interface, text),
        }
        end(text);
    }
}

fn end(text: &mut Text) {
    text.line("exit");
    text.line("!");
}
