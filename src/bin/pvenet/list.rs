//! `pvenet list`: the interfaces, as the API lists them.

use crate::failure::Failure;
use crate::node::Node;
use crate::page::{self, Cell, Paint, Table, unbroken};
use crate::properties::{state, state_cell};
use crate::report::{Format, Report};
use clap::Args;
use pve_network_rs::apply::verify::Verifier;
use pve_network_rs::interfaces::{self, Family, Iface, Key, Kind};
use pve_network_rs::sys::Running;
use serde_json::{Map, Value as Json};
use std::collections::BTreeSet;

/// What `--type` takes: the types, and groups of them.
const TYPES: [&str; 14] = [
    "alias",
    "any_bridge",
    "any_local_bridge",
    "bond",
    "bridge",
    "dummy",
    "eth",
    "OVSBond",
    "OVSBridge",
    "OVSIntPort",
    "OVSPort",
    "unknown",
    "vlan",
    "vxlan",
];

/// Lists the interfaces of the node
///
/// Shows the configuration as the API does: the pending one if there is one, without the loopback
/// interface. As JSON it is what GET /nodes/NODE/network returns, sorted by name. VNets of SDN are
/// not part of it.
#[derive(Args)]
pub(crate) struct List {
    /// How to print it
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Only interfaces of this type
    #[arg(long = "type", value_name = "TYPE", value_parser = TYPES)]
    kind: Option<String>,
}

impl List {
    /// Runs it.
    pub(crate) fn run(&self, node: &Node, paint: Paint) -> Result<Report, Failure> {
        let text = node.shown()?;
        node.note_unknown();
        let config = node.parse(&text)?;
        let running = node.running.as_ref();
        let is_listed = |name: &str, iface| name != "lo" && self.is_wanted(iface);
        let ifaces = config.ifaces.iter().filter(|(name, iface)| is_listed(name, iface));

        if self.format == Format::Json {
            let documents = ifaces.map(|(name, iface)| document(name, iface, running));
            return Ok(Report::json(&documents.collect::<Result<Vec<_>, _>>()?, true)?);
        }
        let verifier = node.verifier(&config);
        let mut table = Table::new(["NAME", "TYPE", "STATE", "AUTO", "ADDRESS", "DETAILS"]);
        for (name, iface) in ifaces {
            table.row(row(name, iface, running, verifier.as_ref()));
        }
        Ok(Report::clean(table.render(paint)))
    }

    fn is_wanted(&self, iface: &Iface) -> bool {
        match self.kind.as_deref() {
            None => true,
            Some("any_bridge" | "any_local_bridge") => {
                matches!(iface.kind(), Kind::Bridge | Kind::OvsBridge)
            }
            Some(kind) => iface.text(Key::Type) == kind,
        }
    }
}

/// An interface as the API shows it.
pub(crate) fn document(
    name: &str,
    iface: &Iface,
    running: Option<&Running>,
) -> serde_json::Result<Map<String, Json>> {
    interfaces::document(Some(name), iface, other_names(name, running))
}

fn other_names<'r>(name: &str, running: Option<&'r Running>) -> BTreeSet<&'r str> {
    running.map(|running| running.other_names_of(name)).unwrap_or_default()
}

fn row(
    name: &str,
    iface: &Iface,
    running: Option<&Running>,
    verifier: Option<&Verifier>,
) -> [Cell; 6] {
    [
        page::bytes(name).into(),
        page::bytes(&iface.true_text(Key::Type).unwrap_or("-".into())).into(),
        state_cell(verifier.map(|verifier| state(verifier, name))),
        if iface.is_true(Key::Autostart) { "yes" } else { "-" }.into(),
        addresses(iface).into(),
        details(name, iface, running).into(),
    ]
}

/// One line a family: its address, or how it gets one.
fn addresses(iface: &Iface) -> String {
    let address = |family: Family| {
        let keys = family.keys();
        let method = page::bytes(&iface.text(keys.method));
        match iface.true_text(keys.cidr) {
            Some(cidr) => Some(page::bytes(&cidr)),
            None if matches!(method.as_str(), "manual" | "") => None,
            None => Some(unbroken(&format!("{method} ({})", family.as_str()))),
        }
    };
    let addresses: Vec<_> = [Family::Inet, Family::Inet6].into_iter().filter_map(address).collect();
    if addresses.is_empty() { "-".into() } else { addresses.join("\n") }
}

/// What is particular to the interface, then its comments.
fn details(name: &str, iface: &Iface, running: Option<&Running>) -> String {
    const VALUES: [(Key, &str); 3] =
        [(Key::Mtu, "mtu"), (Key::Gateway, "gateway"), (Key::Gateway6, "gateway")];

    let mut details = kind_details(name, iface);
    details.extend(VALUES.iter().filter_map(|(key, what)| {
        let value = page::bytes(&iface.true_text(*key)?);
        Some(unbroken(&format!("{what} {value}")))
    }));
    let altnames: Vec<_> = other_names(name, running).into_iter().collect();
    if !altnames.is_empty() {
        details.push(format!("also {}", page::plain(&altnames.join(" "))));
    }
    if iface.get(Key::Type).is_none() {
        details.push("not configured, but others are built on it".into());
    }

    let mut lines = vec![details.join(", ")];
    let comments = iface.text(Key::Comments);
    lines.extend(comments.lines().map(|comment| format!("#{}", page::plain(comment))));
    lines.retain(|line| !line.is_empty());
    lines.join("\n")
}

fn kind_details(name: &str, iface: &Iface) -> Vec<String> {
    let text = |key| iface.true_text(key).map(|value| page::bytes(&value));
    let or_none = |key| text(key).unwrap_or_else(|| "nothing".into());
    let parts = match iface.kind() {
        Kind::Alias => vec![name.rsplit_once(':').map(|(parent, _)| format!("on {parent}"))],
        Kind::Bond => vec![Some(format!("of {}", or_none(Key::Slaves))), text(Key::BondMode)],
        Kind::Bridge => vec![
            Some(format!("of {}", or_none(Key::BridgePorts))),
            iface.is_defined(Key::BridgeVlanAware).then(|| "VLAN-aware".into()),
        ],
        Kind::Vlan => {
            let on = |device| unbroken(&format!("VLAN {} on {device}", or_none(Key::VlanId)));
            vec![text(Key::VlanRawDevice).map(on)]
        }
        Kind::Vxlan => vec![text(Key::VxlanId).map(|id| unbroken(&format!("VNI {id}")))],
        Kind::OvsBridge => vec![Some(format!("of {}", or_none(Key::OvsPorts)))],
        Kind::OvsBond | Kind::OvsIntPort | Kind::OvsPort => vec![
            text(Key::OvsBonds).map(|slaves| format!("of {slaves}")),
            text(Key::BondMode),
            text(Key::OvsBridge).map(|bridge| unbroken(&format!("in {bridge}"))),
            text(Key::OvsTag).map(|tag| unbroken(&format!("VLAN {tag}"))),
        ],
        Kind::Dummy | Kind::Eth | Kind::Loopback | Kind::Unknown | Kind::Other => vec![],
    };
    parts.into_iter().flatten().collect()
}
