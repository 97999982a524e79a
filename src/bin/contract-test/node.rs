//! What Rust makes of a node: from its own files and its running state, below one root.

use crate::command;
use crate::dry_run::{self, Observed};
use pve_network_rs::error::Error;
use pve_network_rs::interfaces::{self, Config};
use pve_network_rs::notes::Notes;
use pve_network_rs::perl::{ByteText, Charset, Hash, Value};
use pve_network_rs::sdn::index::{View, index};
use pve_network_rs::sdn::status::{self, Bridge, Facts};
use pve_network_rs::section_config::{self, File};
use pve_network_rs::sys::facts::Ways;
use pve_network_rs::sys::{Running, facts, file};
use serde::Deserialize;
use serde_json::{Value as Json, json};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

const INTERFACES: &str = "etc/network/interfaces";
const PENDING: &str = "etc/network/interfaces.new";
const GENERATED: &str = "etc/network/interfaces.d/sdn";
const CLUSTER: &str = "etc/pve";
const RUNNING: &str = "etc/pve/sdn/.running-config";

/// What `ifquery -a -c -o json` printed, below a root that is not the machine's own.
const CHECKED: &str = "run/pve-network-rs/ifquery.json";

/// How long ifquery may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// The kinds of objects that an apply commits, but fabrics.
const KINDS: [(&str, File); 4] = [
    ("zones", File::Zones),
    ("vnets", File::Vnets),
    ("subnets", File::Subnets),
    ("controllers", File::Controllers),
];

/// The rules by which blanks and letters are told: those of pve-common 9.2.
const CHARSET: Charset = Charset::Latin1;

/// Why Rust has no answer.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Gap {
    /// The original dies with this text.
    Dies(String),
    /// A fact of the node is missing, or Rust leaves the answer to Perl.
    Unknown(String),
}

impl From<Error> for Gap {
    fn from(error: Error) -> Self {
        match error {
            Error::Die(text) => Gap::Dies(text.trim_end().into()),
            error => Gap::Unknown(format!("Rust leaves it to Perl: {error}")),
        }
    }
}

impl From<pve_network_rs::sys::Error> for Gap {
    fn from(error: pve_network_rs::sys::Error) -> Self {
        Gap::Unknown(error.to_string())
    }
}

impl From<serde_json::Error> for Gap {
    fn from(error: serde_json::Error) -> Self {
        Gap::Unknown(format!("Rust leaves it to Perl: {error}"))
    }
}

/// A node, looked at anew for every answer.
pub(crate) struct Node {
    /// Its name.
    pub(crate) name: String,
    root: PathBuf,
}

impl Node {
    /// The node whose files are below `root`.
    pub(crate) fn new(name: String, root: &Path) -> Self {
        Node { name, root: root.into() }
    }

    /// The files that the answers are made from, as far as they are there, below the root.
    pub(crate) fn files(&self) -> Vec<(String, Vec<u8>)> {
        let paths = [INTERFACES, PENDING, GENERATED, RUNNING].map(String::from).into_iter();
        let configs = File::ALL.map(|file| format!("{CLUSTER}/{}", file.path()));
        let read = |path: String| Some((path.clone(), file::read(&self.root.join(path)).ok()??));
        paths.chain(configs).filter_map(read).collect()
    }

    /// The interfaces, as the API lists them.
    pub(crate) fn network(&self) -> Result<Json, Gap> {
        self.with_interfaces(|config, running| {
            let listed = config.ifaces.iter().filter(|(name, _)| *name != "lo");
            let documents = listed.map(|(name, iface)| {
                let other_names = running.other_names_of(name);
                Ok(Json::Object(interfaces::document(Some(name), iface, other_names)?))
            });
            documents.collect()
        })
    }

    /// One interface, as the API shows it.
    pub(crate) fn iface(&self, name: &str) -> Result<Json, Gap> {
        self.with_interfaces(|config, running| {
            let Some(iface) = config.ifaces.get(name) else {
                return Err(Gap::Dies("Parameter verification failed.".into()));
            };
            let document = interfaces::document(None, iface, running.other_names_of(name))?;
            Ok(Json::Object(document))
        })
    }

    /// The names of the interfaces, with the loopback.
    pub(crate) fn iface_names(&self) -> Result<Vec<String>, Gap> {
        self.with_interfaces(|config, _| Ok(config.ifaces.keys().map(Cow::to_string).collect()))
    }

    /// The objects of a section config, as the API lists them.
    pub(crate) fn sdn(&self, file: File, view: View) -> Result<Json, Gap> {
        let (config, running) = (self.cluster_text(file.path())?, self.running_text()?);
        let running = parse_running(&running);
        let text = bytes(&config)?;
        // Warnings go to the log of the original's process: the API does not show them.
        let mut notes = Notes::default();
        let name = format!("/etc/pve/{}", file.path());
        let config = section_config::parse(file, &name, text, false, &mut notes);
        Ok(serde_json::to_value(index(file, view, &config, &running, &mut notes)?)?)
    }

    /// The vnets that are configured, and whether they can be read.
    pub(crate) fn vnets(&self) -> Result<BTreeMap<String, bool>, Gap> {
        let text = self.cluster_text(File::Vnets.path())?;
        let text = bytes(&text)?;
        let vnets = section_config::parse(File::Vnets, "", text, false, &mut Notes::default());
        let vnets = vnets.ids.iter();
        Ok(vnets.map(|(id, vnet)| (id.to_owned(), *vnet != Value::Undef)).collect())
    }

    /// The zones that run.
    pub(crate) fn zone_ids(&self) -> Result<Vec<String>, Gap> {
        let running = self.running_text()?;
        let running = parse_running(&running);
        let zones = running.hash("zones").and_then(|zones| zones.hash("ids"));
        Ok(zones.into_iter().flat_map(Hash::iter).map(|(id, _)| id.to_owned()).collect())
    }

    /// What the next apply would change in the files that SDN generates.
    pub(crate) fn dry_run(&self) -> Result<Json, Gap> {
        let running = self.running_text()?;
        let running = parse_running(&running);
        let texts = KINDS.map(|(_, file)| self.cluster_text(file.path()));
        let [zones, vnets, subnets, controllers] = texts;
        let texts = [zones?, vnets?, subnets?, controllers?];
        let mut configs = KINDS.map(|(kind, _)| (kind, Hash::default()));
        for ((kind, file), (text, config)) in KINDS.iter().zip(texts.iter().zip(&mut configs)) {
            config.1 =
                section_config::parse(*file, kind, bytes(text)?, false, &mut Notes::default()).ids;
        }
        let fabrics = self.cluster_text("sdn/fabrics.cfg")?;
        let input = dry_run::Input { node: &self.name, running, configs, fabrics: &fabrics };
        let local = self.text("etc/frr/frr.conf.local")?;
        let ways = Ways::of(&self.root)?;
        let made = self.with_interfaces(|interfaces, running| {
            let observed = Observed { interfaces, running, ways: &ways };
            Ok(dry_run::made(&input, &observed, local.as_deref())?)
        })?;
        Ok(json!({
            "frr-diff": self.changes("etc/frr/frr.conf", &made.frr)?,
            "interfaces-diff": self.changes(GENERATED, &made.interfaces)?,
        }))
    }

    /// The zones of this node with their state, as the API lists them.
    pub(crate) fn zones(&self) -> Result<Json, Gap> {
        self.with_status(|status| {
            let zones = status.zones.iter().map(|(id, zone)| {
                let state = as_hash(zone).and_then(|zone| zone.get("status"));
                json!({ "zone": id, "status": state })
            });
            Ok(zones.collect())
        })
    }

    /// The vnets of a zone with their state, as the API lists them.
    pub(crate) fn zone_content(&self, zone: &str) -> Result<Json, Gap> {
        self.with_status(|status| {
            let vnets = status.vnets.iter().filter_map(|(id, vnet)| {
                let vnet = as_hash(vnet).filter(|vnet| vnet.text("zone") == zone)?;
                let get = |key| vnet.get(key);
                Some(json!({ "vnet": id, "status": get("status"), "statusmsg": get("statusmsg") }))
            });
            Ok(vnets.collect())
        })
    }

    fn with_interfaces<T>(
        &self,
        answer: impl FnOnce(&Config, &Running) -> Result<T, Gap>,
    ) -> Result<T, Gap> {
        let Some(running) = facts::running(&self.root)? else {
            let path = self.root.join(facts::LINKS);
            return Err(Gap::Unknown(format!(
                "the links are not known without {}",
                path.display()
            )));
        };
        let text = match self.text(PENDING)? {
            None => self.text(INTERFACES)?,
            pending => pending,
        };
        let Some(text) = text else {
            let path = self.root.join(INTERFACES);
            return Err(Gap::Unknown(format!("there is no {}", path.display())));
        };
        let config = interfaces::parse(bytes(&text)?, &running.facts(), CHARSET)?;
        answer(&config, &running)
    }

    fn with_status(
        &self,
        answer: impl FnOnce(&status::Status) -> Result<Json, Gap>,
    ) -> Result<Json, Gap> {
        let running = self.running_text()?;
        let running = parse_running(&running);
        let undef = Value::Undef;
        let version = running.get("version").unwrap_or(&undef);
        if !version.is_true() {
            return answer(&status::Status::default());
        }
        let generated = self.text(GENERATED)?.unwrap_or_default();
        let local_version = status::version(&generated).map_or(Value::Undef, Value::text);
        let reload = status::reload_message(&local_version, version);
        let bridges = match reload {
            Some(_) => BTreeMap::new(),
            None => self.bridges(status::probes(&running, &self.name)?)?,
        };
        let checked = self.checked()?;
        let ifaces = ifaces_of(&checked)?;
        let facts = Facts { node: &self.name, reload, ifaces: &ifaces, bridges: &bridges };
        answer(&status::status(&running, &facts)?)
    }

    fn bridges<'c>(
        &self,
        probes: Vec<status::Probe<'c>>,
    ) -> Result<BTreeMap<Cow<'c, str>, Bridge>, Gap> {
        if probes.is_empty() {
            return Ok(BTreeMap::new());
        }
        let Some(running) = facts::running(&self.root)? else {
            return Err(Gap::Unknown("it is not known which bridges there are".into()));
        };
        let bridges = probes.into_iter().map(|probe| {
            let link = running.find(&probe.bridge);
            let is_ovs = link.is_some_and(|link| link.kind.as_deref() == Some("openvswitch"));
            let is_aware = link.and_then(|link| link.is_vlan_aware).unwrap_or(false);
            let bridge = Bridge {
                exists: link.is_some().into(),
                vlan_aware: is_aware.into(),
                ovs: is_ovs.into(),
            };
            (probe.bridge, bridge)
        });
        Ok(bridges.collect())
    }

    /// How a file would change, as diff(1) has it.
    fn changes(&self, path: &str, text: &str) -> Result<Json, Gap> {
        let path = self.root.join(path);
        dry_run::changes(&path, &bytes(text)?.to_bytes()).map_err(Gap::Unknown)
    }

    /// What ifupdown2 says of the interfaces.
    fn checked(&self) -> Result<Vec<u8>, Gap> {
        if self.root != Path::new("/") {
            let path = self.root.join(CHECKED);
            return file::read(&path)?.ok_or_else(|| {
                Gap::Unknown(format!("what ifquery says is not known without {}", path.display()))
            });
        }
        let command = ["ifquery", "-a", "-c", "-o", "json"];
        // as the original: its exit code says that something is not as configured
        command::output(&command, &[], &[], PATIENCE)
            .map(|output| output.stdout)
            .map_err(Gap::Unknown)
    }

    /// The text of a file of the cluster, one character for each byte; empty if there is none.
    fn cluster_text(&self, path: &str) -> Result<String, Gap> {
        if !self.root.join(CLUSTER).is_dir() {
            let path = self.root.join(CLUSTER);
            return Err(Gap::Unknown(format!("there is no {}", path.display())));
        }
        Ok(self.text(&format!("{CLUSTER}/{path}"))?.unwrap_or_default())
    }

    fn running_text(&self) -> Result<String, Gap> {
        self.cluster_text("sdn/.running-config")
    }

    fn text(&self, path: &str) -> Result<Option<String>, Gap> {
        let bytes = file::read(&self.root.join(path))?;
        Ok(bytes.map(|bytes| ByteText::decode(&bytes)))
    }
}

/// The running config; empty if the text is none.
///
/// Source: the parser of `sdn/.running-config` in `PVE::Network::SDN`.
fn parse_running(text: &str) -> Hash<'_> {
    serde_json::from_str(text).unwrap_or_default()
}

fn bytes(text: &str) -> Result<ByteText<'_>, Gap> {
    ByteText::new(text).ok_or_else(|| Gap::Unknown("a character is no byte".into()))
}

fn as_hash<'v, 'a>(value: &'v Value<'a>) -> Option<&'v Hash<'a>> {
    match value {
        Value::Hash(hash) => Some(hash),
        _ => None,
    }
}

/// The state of each interface, by name.
///
/// Source: `PVE::Network::SDN::Zones::ifquery_check`.
fn ifaces_of(checked: &[u8]) -> Result<Hash<'_>, Gap> {
    #[derive(Deserialize)]
    struct Checked<'a> {
        name: Cow<'a, str>,
        #[serde(borrow)]
        status: Value<'a>,
    }

    let checked: Vec<Checked> = serde_json::from_slice(checked)
        .map_err(|error| Gap::Unknown(format!("ifquery did not print what it should: {error}")))?;
    let mut ifaces = Hash::default();
    for Checked { name, status } in checked {
        let mut iface = Hash::default();
        iface.set("status", status);
        ifaces.set(name, Value::Hash(iface));
    }
    Ok(ifaces)
}
