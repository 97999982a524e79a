//! What the next apply would make of the files that SDN generates, as the API's dry run has it.
//!
//! Source: `PVE::API2::Network::SDN`, the method `dry-run`.

use crate::command;
use pve_network_rs::error::Result;
use pve_network_rs::frr::Profile;
use pve_network_rs::interfaces::Config;
use pve_network_rs::perl::{Hash, Value};
use pve_network_rs::sdn::commit::compile;
use pve_network_rs::sdn::controller;
use pve_network_rs::sdn::fabric::Fabrics;
use pve_network_rs::sdn::{RunningConfig, Section};
use pve_network_rs::sys::Running;
use pve_network_rs::sys::facts::Ways;
use pve_network_rs::sys::observer::Observer;
use serde_json::Value as Json;
use std::path::Path;
use std::time::Duration;

/// How long diff may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// The configuration of the cluster.
pub(crate) struct Input<'c> {
    /// The name of the node.
    pub(crate) node: &'c str,
    /// The running config.
    pub(crate) running: Hash<'c>,
    /// The objects of the section configs, by kind and id; subnets are the third.
    pub(crate) configs: [(&'static str, Hash<'c>); 4],
    /// The text of `fabrics.cfg`.
    pub(crate) fabrics: &'c str,
}

/// What is known of the node.
pub(crate) struct Observed<'n> {
    /// Its `/etc/network/interfaces`.
    pub(crate) interfaces: &'n Config<'n>,
    /// Its links.
    pub(crate) running: &'n Running,
    /// How it reaches others.
    pub(crate) ways: &'n Ways,
}

/// The texts that are made.
pub(crate) struct Made {
    /// Of `interfaces.d/sdn`.
    pub(crate) interfaces: String,
    /// Of `frr.conf`.
    pub(crate) frr: String,
}

/// Makes the files; `local` is the text of `frr.conf.local`, if there is one.
pub(crate) fn made(input: &Input, observed: &Observed, local: Option<&str>) -> Result<Made> {
    let subnets = input.configs[2].1.clone();
    let pending = Fabrics::parse(input.fabrics);
    let sections = pending.as_ref().map(Fabrics::to_sections).unwrap_or_default();
    let [zones, vnets, subnets_config, controllers] = input.configs.clone();
    let fabrics = ("fabrics", sections);
    let mut document =
        compile(&input.running, [zones, vnets, subnets_config, controllers, fabrics]);
    // as the original: subnets are those in force, and so are the fabrics that zones ask for
    let in_force = input.running.get("subnets").cloned().unwrap_or_default();
    document.set("subnets", in_force);
    let config = RunningConfig::from_document(document)?;
    let subnets = Hash([("ids".into(), Value::Hash(subnets))].into());
    let subnets = Section::subnets(Value::Hash(subnets))?;

    let none = Hash::default();
    let fabrics = input.running.hash("fabrics").and_then(|fabrics| fabrics.hash("ids"));
    let fabrics = Fabrics::from_running(fabrics.unwrap_or(&none));
    let observer = Observer {
        running: Some(observed.running),
        interfaces: observed.interfaces,
        ways: observed.ways,
        fabrics: &fabrics,
    };
    // The API's dry run came with this release.
    let profile = Profile::V1_3;
    let node = input.node;
    let input = controller::Input { config: &config, pending: subnets.as_ref(), node, profile };
    let (frr, _) = observer.frr_text(input, local, &pending);
    let frr = frr?;
    let (interfaces, _) = observer.interfaces_text(&config, &pending, node);
    Ok(Made { interfaces: interfaces?, frr })
}

/// How the file at a path differs from a new text, without the two lines that name them; null if it
/// does not.
pub(crate) fn changes(path: &Path, text: &[u8]) -> std::result::Result<Json, String> {
    let path = path.display().to_string();
    let output = command::output(&["diff", "-b", "-N", "-u", &path, "-"], text, &[], PATIENCE)?;
    if !matches!(output.status.code(), Some(0 | 1)) {
        let complaint = String::from_utf8_lossy(&output.stderr);
        return Err(complaint.lines().next().unwrap_or("diff does not say what fails").into());
    }
    let changes = String::from_utf8_lossy(&output.stdout);
    Ok(if changes.is_empty() { Json::Null } else { without_names(&changes).into() })
}

/// A difference without the lines that name the files, which are others every time.
pub(crate) fn without_names(changes: &str) -> String {
    let mut lines = changes.split_inclusive('\n').peekable();
    for start in ["--- ", "+++ "] {
        lines.next_if(|line| line.starts_with(start));
    }
    lines.collect()
}
