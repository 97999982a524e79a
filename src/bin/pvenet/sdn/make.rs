//! What a node makes of a running config.

use super::files::{self, Files, section_ids};
use crate::failure::Failure;
use crate::node::{Node, Text};
use pve_network_rs::addr::Cidr;
use pve_network_rs::error::Error;
use pve_network_rs::frr::{Profile, set_daemons};
use pve_network_rs::interfaces::Config;
use pve_network_rs::notes::Notes;
use pve_network_rs::perl::{Hash, Value};
use pve_network_rs::sdn::controller::Input;
use pve_network_rs::sdn::fabric::Fabrics;
use pve_network_rs::sdn::{RunningConfig, Section};
use pve_network_rs::sys::facts::Ways;
use pve_network_rs::sys::observer::Observer;
use std::path::{Path, PathBuf};

/// A file that an apply writes.
pub(super) struct Made {
    /// Its path below the root.
    pub(super) path: String,
    /// Its new text, characters for bytes.
    pub(super) text: String,
}

/// What is made.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    /// `interfaces.d/sdn`.
    Interfaces,
    /// FRR's files: `frr.conf` and `daemons`.
    Frr,
}

/// What files are made of.
pub(super) struct Source<'s> {
    /// The running config.
    pub(super) document: Hash<'s>,
    /// Where it comes from, for messages.
    pub(super) path: PathBuf,
    /// The name of the node.
    pub(super) name: &'s str,
    /// The release of pve-network.
    pub(super) profile: Profile,
}

/// Makes what is wanted.
///
/// What the original warns of goes into `warnings`.
pub(super) fn make(
    node: &Node,
    files: &Files,
    source: &Source,
    wanted: &[What],
    warnings: &mut Vec<String>,
) -> Result<Vec<Made>, Failure> {
    let text = node.shown()?;
    node.note_unknown();
    let interfaces = node.parse(&text)?;
    if !sources_sdn(&interfaces) {
        warnings.push(format!(
            "{}: without the line 'source /etc/network/interfaces.d/*', SDN has no effect",
            text.path.display()
        ));
    }

    odd_subnets(&section_ids(&source.document, "subnets"), warnings);

    let at = |error| refused(&source.path, error);
    let config = RunningConfig::from_document(source.document.clone()).map_err(at)?;
    let subnets = subnets_section(files.subnets(&source.document)?).map_err(at)?;
    let fabrics = Fabrics::from_running(&section_ids(&source.document, "fabrics"));
    let ways = Ways::of(node.root())?;
    let observer = Observer {
        running: node.running.as_ref(),
        interfaces: &interfaces,
        ways: &ways,
        fabrics: &fabrics,
    };

    let mut made = Vec::new();
    if wanted.contains(&What::Interfaces) {
        made.push(interfaces_d(&config, source, &observer, warnings).map_err(at)?);
    }
    if wanted.contains(&What::Frr) {
        let Source { name, profile, .. } = *source;
        let input = Input { config: &config, pending: subnets.as_ref(), node: name, profile };
        let local = node.read(&frr_file("frr.conf.local"))?;
        let local = local.as_ref().map(|text| text.bytes.as_str());
        made.push(frr_conf(input, local, &observer, warnings).map_err(at)?);
        let fabrics = fabrics.as_ref().map_err(|error| at(error.clone()))?;
        made.extend(daemons(node.read(&frr_file("daemons"))?, fabrics, name)?);
    }
    Ok(made)
}

fn interfaces_d(
    config: &RunningConfig,
    source: &Source,
    observer: &Observer,
    warnings: &mut Vec<String>,
) -> Result<Made, Error> {
    let (text, notes) = observer.interfaces_text(config, observer.fabrics, source.name);
    warnings.extend(texts(&notes));
    Ok(Made { path: files::INTERFACES.into(), text: text? })
}

fn frr_conf(
    input: Input,
    local: Option<&str>,
    observer: &Observer,
    warnings: &mut Vec<String>,
) -> Result<Made, Error> {
    let (text, notes) = observer.frr_text(input, local, observer.fabrics);
    warnings.extend(texts(&notes));
    Ok(Made { path: frr_file("frr.conf"), text: text? })
}

/// The path of a file of FRR.
pub(super) fn frr_file(name: &str) -> String {
    format!("{}/{name}", files::FRR)
}

/// The new `daemons`; it has to be there already, as only lines in it are changed.
fn daemons(text: Option<Text>, fabrics: &Fabrics, name: &str) -> Result<Option<Made>, Failure> {
    let Some(text) = text else { return Ok(None) };
    let wanted = fabrics.daemons(name).into_iter().map(|name| (name.into(), Value::Integer(1)));
    let daemons = set_daemons(&text.bytes, &Hash(wanted.collect()), true);
    let text = daemons.map_err(|error| text.refused(error))?.text;
    Ok(Some(Made { path: frr_file("daemons"), text }))
}

/// True if FRR has something to do, so that an apply writes its files.
///
/// Source: `PVE::Network::SDN::running_config_has_frr`.
pub(super) fn has_frr(node: &Node, document: &Hash) -> Result<bool, Failure> {
    let has = |kind| !section_ids(document, kind).0.is_empty();
    Ok(has("controllers") || has("fabrics") || node.read(&frr_file("frr.conf.local"))?.is_some())
}

/// Source: `PVE::Network::SDN::write_raw_etc_network_config`.
fn sources_sdn(interfaces: &Config) -> bool {
    let starts =
        |line: &str, end| line.starts_with(&format!("source /etc/network/interfaces.d/{end}"));
    interfaces
        .options
        .iter()
        .any(|line| ["sdn", ":sdn", "*"].iter().any(|end| starts(&line.text, end)))
}

fn subnets_section(ids: Hash) -> Result<Option<Section>, Error> {
    Section::subnets(Value::Hash(Hash([("ids".into(), Value::Hash(ids))].into())))
}

fn refused(path: &Path, error: Error) -> Failure {
    Failure::Config { path: path.to_owned(), error }
}

/// Subnets whose ids say no network: what they are for is lost in the text, as in the original.
fn odd_subnets(subnets: &Hash, warnings: &mut Vec<String>) {
    for (id, _) in subnets.iter() {
        let cidr = id.split_once('-').map(|(_, network)| network.replacen('-', "/", 1));
        let is_network =
            cidr.is_some_and(|cidr| cidr.contains('/') && cidr.parse::<Cidr>().is_ok());
        if !is_network {
            warnings.push(format!("subnet '{id}': expected an id like ZONE-10.0.0.0-24"));
        }
    }
}

/// Warnings of the generators, each as one line.
pub(super) fn texts(notes: &Notes) -> impl Iterator<Item = String> {
    notes.iter().map(|note| note.text.trim_end().replace('\n', " "))
}
