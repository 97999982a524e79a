//! The endpoints of the API that can be compared, and what Rust answers in their place.

use crate::dry_run::without_names;
use crate::node::{Gap, Node};
use pve_network_rs::perl::ByteText;
use pve_network_rs::sdn::index::{View, key_of};
use pve_network_rs::section_config::File;
use serde_json::Value as Json;

/// An endpoint; all of them are asked with GET.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Endpoint {
    /// The interfaces of the node.
    Network,
    /// One interface.
    Iface(String),
    /// The objects of a section config, but subnets.
    Sdn(File, View),
    /// The subnets of a vnet.
    Subnets(String, View),
    /// The zones of the node with their state.
    Zones,
    /// The vnets of a zone with their state.
    ZoneContent(String),
    /// What the next apply would change in the files that SDN generates.
    DryRun,
}

const DRY_RUN: &str = "/cluster/sdn/dry-run";

const VIEWS: [View; 3] = [View::Config, View::Pending, View::Running];

/// The kinds of objects with a list of their own, and where it is.
const LISTS: [(&str, File); 5] = [
    ("zones", File::Zones),
    ("vnets", File::Vnets),
    ("controllers", File::Controllers),
    ("ipams", File::Ipams),
    ("dns", File::Dns),
];

/// The functions whose texts the dry run compares.
const DRY_RUN_SEAMS: [&str; 4] =
    ["sdn.zones", "fabric.interfaces", "frr.generate", "frr.to_string"];

impl Endpoint {
    /// All that there is to compare on a node, those of SDN if wanted.
    ///
    /// What cannot be listed because a fact is missing has at least one endpoint that says so.
    pub(crate) fn all(node: &Node, with_sdn: bool) -> Vec<Self> {
        let mut all = vec![Endpoint::Network];
        all.extend(node.iface_names().unwrap_or_default().into_iter().map(Endpoint::Iface));
        if !with_sdn {
            return all;
        }
        for (_, file) in LISTS {
            let views = if has_views(file) { &VIEWS[..] } else { &VIEWS[..1] };
            all.extend(views.iter().map(|view| Endpoint::Sdn(file, *view)));
        }
        for vnet in node.vnets().unwrap_or_default().into_keys() {
            all.extend(VIEWS.map(|view| Endpoint::Subnets(vnet.clone(), view)));
        }
        all.push(Endpoint::Zones);
        let zones = node.zone_ids().unwrap_or_default();
        all.extend(zones.into_iter().map(Endpoint::ZoneContent));
        all.push(Endpoint::DryRun);
        all
    }

    /// The endpoint of a path as the API has it; `None` if none of that path can be compared.
    pub(crate) fn parse(path: &str, node: &str) -> Option<Self> {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        if path == DRY_RUN {
            return (query.strip_prefix("node=") == Some(node)).then_some(Endpoint::DryRun);
        }
        let view = match query {
            "" => View::Config,
            "pending=1" => View::Pending,
            "running=1" => View::Running,
            _ => return None,
        };
        let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
        let endpoint = match parts[..] {
            ["nodes", name, "network"] if name == node => Endpoint::Network,
            ["nodes", name, "network", iface] if name == node => Endpoint::Iface(iface.into()),
            ["nodes", name, "sdn", "zones"] if name == node => Endpoint::Zones,
            ["nodes", name, "sdn", "zones", zone, "content"] if name == node => {
                Endpoint::ZoneContent(zone.into())
            }
            ["cluster", "sdn", "vnets", vnet, "subnets"] => Endpoint::Subnets(vnet.into(), view),
            ["cluster", "sdn", list] => {
                let (_, file) = LISTS.into_iter().find(|(name, _)| *name == list)?;
                Endpoint::Sdn(file, view)
            }
            _ => return None,
        };
        let has_view = matches!(endpoint, Endpoint::Sdn(file, _) if has_views(file))
            || matches!(endpoint, Endpoint::Subnets(..));
        (has_view || query.is_empty()).then_some(endpoint)
    }

    /// Its path, below `/api2/json`.
    pub(crate) fn path(&self, node: &str) -> String {
        let query = |view: &View| match view {
            View::Config => "",
            View::Pending => "?pending=1",
            View::Running => "?running=1",
        };
        match self {
            Endpoint::Network => format!("/nodes/{node}/network"),
            Endpoint::Iface(name) => format!("/nodes/{node}/network/{}", encode(name)),
            Endpoint::Zones => format!("/nodes/{node}/sdn/zones"),
            Endpoint::DryRun => format!("{DRY_RUN}?node={node}"),
            Endpoint::ZoneContent(zone) => {
                format!("/nodes/{node}/sdn/zones/{}/content", encode(zone))
            }
            Endpoint::Subnets(vnet, view) => {
                format!("/cluster/sdn/vnets/{}/subnets{}", encode(vnet), query(view))
            }
            Endpoint::Sdn(file, view) => {
                let list = LISTS.iter().find(|(_, known)| known == file);
                format!("/cluster/sdn/{}{}", list.map_or("subnets", |(name, _)| name), query(view))
            }
        }
    }

    /// The functions of the original whose answers are in this one.
    pub(crate) fn seams(&self) -> Vec<String> {
        match self {
            Endpoint::Network | Endpoint::Iface(_) => vec!["interfaces.parse".into()],
            Endpoint::Zones | Endpoint::ZoneContent(_) => {
                vec!["status.zones".into(), "status.messages".into()]
            }
            Endpoint::DryRun => DRY_RUN_SEAMS.map(String::from).into(),
            Endpoint::Sdn(file, view) => seams_of(*file, *view),
            Endpoint::Subnets(_, view) => {
                let mut seams = seams_of(File::Subnets, *view);
                seams.push("subnets.ranges".into());
                seams
            }
        }
    }

    /// What Rust answers.
    pub(crate) fn answer(&self, node: &Node) -> Result<Json, Gap> {
        match self {
            Endpoint::Network => node.network(),
            Endpoint::Iface(name) => node.iface(name),
            Endpoint::Zones => node.zones(),
            Endpoint::ZoneContent(zone) => node.zone_content(zone),
            Endpoint::DryRun => node.dry_run(),
            Endpoint::Sdn(file, view) => node.sdn(*file, *view),
            Endpoint::Subnets(vnet, view) => {
                if node.vnets()?.get(vnet) != Some(&true) {
                    return Err(Gap::Dies(format!("sdn vnet '{vnet}' does not exist")));
                }
                let mut subnets = node.sdn(File::Subnets, *view)?;
                if let Json::Array(subnets) = &mut subnets {
                    subnets.retain(|subnet| subnet["vnet"] == **vnet);
                }
                Ok(subnets)
            }
        }
    }

    /// The key by which the items of the list are told apart; `None` if it is no list.
    pub(crate) fn key(&self) -> Option<&'static str> {
        match self {
            Endpoint::Network => Some("iface"),
            Endpoint::Iface(_) | Endpoint::DryRun => None,
            Endpoint::Zones => Some("zone"),
            Endpoint::ZoneContent(_) => Some("vnet"),
            Endpoint::Sdn(file, _) => Some(key_of(*file)),
            Endpoint::Subnets(..) => Some(key_of(File::Subnets)),
        }
    }

    /// True if the API lists the items in any order.
    pub(crate) fn is_unordered(&self) -> bool {
        matches!(
            self,
            Endpoint::Network
                | Endpoint::ZoneContent(_)
                | Endpoint::Sdn(File::Ipams | File::Dns, _)
        )
    }

    /// Takes out of Perl's answer what is another one every time.
    pub(crate) fn settle(&self, answer: &mut Json) {
        if let (Endpoint::DryRun, Json::Object(answer)) = (self, answer) {
            for changes in answer.values_mut() {
                if let Json::String(text) = changes {
                    *text = without_names(text);
                }
            }
        }
    }

    /// What it takes to see an item of the list: one of these privileges on that path; `None` if
    /// everybody who may ask sees all of them.
    pub(crate) fn access(&self, item: &Json) -> Option<(String, &'static [&'static str])> {
        let text = |key: &str| item[key].as_str().unwrap_or_default().to_owned();
        let id = text(self.key()?);
        let path = match self {
            Endpoint::Network => {
                let is_bridge = matches!(item["type"].as_str(), Some("bridge" | "OVSBridge"));
                let path = format!("/sdn/zones/localnetwork/{id}");
                return is_bridge.then_some((path, &["SDN.Audit", "SDN.Use"]));
            }
            Endpoint::Sdn(File::Vnets, _) => {
                let pending = || item["pending"]["zone"].as_str().unwrap_or_default().to_owned();
                let zone = item["zone"].as_str().map_or_else(pending, String::from);
                format!("/sdn/zones/{zone}/{id}")
            }
            Endpoint::Sdn(file, _) => {
                let (list, _) = LISTS.iter().find(|(_, known)| known == file)?;
                format!("/sdn/{list}/{id}")
            }
            _ => return None,
        };
        Some((path, &["SDN.Audit", "SDN.Allocate"]))
    }
}

/// True if the API shows what is pending and what runs of these objects.
fn has_views(file: File) -> bool {
    !matches!(file, File::Ipams | File::Dns)
}

fn seams_of(file: File, view: View) -> Vec<String> {
    let area = file.path().trim_start_matches("sdn/").trim_end_matches(".cfg");
    let parse = format!("{area}.parse");
    match view {
        View::Config => vec![parse],
        View::Pending => vec![parse, "pending.config".into(), "pending.encode".into()],
        View::Running => vec!["pending.encode".into()],
    }
}

/// A part of a path, with what has a meaning in it encoded.
fn encode(part: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:~".contains(&byte);
    // One character is one byte of a file.
    let bytes = ByteText::new(part).map(ByteText::to_bytes);
    let bytes = bytes.unwrap_or_else(|| part.as_bytes().into());
    let encoded = bytes.iter().map(|byte| match byte {
        byte if is_plain(*byte) => char::from(*byte).to_string(),
        byte => format!("%{byte:02X}"),
    });
    encoded.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths() {
        for path in [
            "/nodes/pve1/network",
            "/nodes/pve1/network/vmbr0.5",
            "/nodes/pve1/network/eth0:1",
            "/nodes/pve1/sdn/zones",
            "/nodes/pve1/sdn/zones/z/content",
            "/cluster/sdn/zones",
            "/cluster/sdn/zones?pending=1",
            "/cluster/sdn/controllers?running=1",
            "/cluster/sdn/dns",
            "/cluster/sdn/vnets/v/subnets?running=1",
            "/cluster/sdn/dry-run?node=pve1",
        ] {
            let endpoint = Endpoint::parse(path, "pve1").unwrap();
            assert_eq!(endpoint.path("pve1"), path);
        }
        for path in [
            "",
            "/nodes/pve2/network",
            "/nodes/pve1/network?pending=1",
            "/nodes/pve1/qemu",
            "/cluster/sdn/subnets",
            "/cluster/sdn/ipams?running=1",
            "/cluster/sdn/zones?pending=0",
            "/cluster/sdn/dry-run",
            "/cluster/sdn/dry-run?node=pve2",
            "/cluster/sdn/zones/z",
        ] {
            assert_eq!(Endpoint::parse(path, "pve1"), None, "{path}");
        }
        assert_eq!(encode("a/b?c \u{e9}"), "a%2Fb%3Fc%20%E9");
    }
}
