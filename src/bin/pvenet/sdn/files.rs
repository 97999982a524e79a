//! The files of SDN below a root. Characters stand for bytes in all of them.

use crate::failure::Failure;
use crate::node::{Node, Text};
use pve_network_rs::frr::Profile;
use pve_network_rs::notes::Notes;
use pve_network_rs::perl::Hash;
use pve_network_rs::sdn::commit::compile;
use pve_network_rs::sdn::fabric::Fabrics;
use pve_network_rs::section_config::{self, File};
use pve_network_rs::sys;
use std::path::{Path, PathBuf};

/// The name of the node.
pub(super) const HOSTNAME: &str = "etc/hostname";
/// Where an apply writes the interfaces of vnets and fabrics.
pub(super) const INTERFACES: &str = "etc/network/interfaces.d/sdn";
/// Where FRR has its files.
pub(super) const FRR: &str = "etc/frr";
const PVE: &str = "etc/pve";
const RUNNING: &str = "etc/pve/sdn/.running-config";
const FABRICS: &str = "etc/pve/sdn/fabrics.cfg";
/// A module that both releases have, with a function that only the old one has.
const FRR_MODULE: &str = "usr/share/perl5/PVE/Network/SDN/Frr.pm";
const OLD_FUNCTION: &str = "sub to_raw_config";

/// The kinds of objects that have a section config, in the order in which they refer to another.
pub(super) const KINDS: [(&str, File); 4] = [
    ("zones", File::Zones),
    ("vnets", File::Vnets),
    ("subnets", File::Subnets),
    ("controllers", File::Controllers),
];

/// The configuration of a cluster.
pub(super) struct Files {
    folder: PathBuf,
    /// `.running-config`; `None` if nothing was ever applied.
    running: Option<Text>,
    /// As [`KINDS`].
    configs: [Option<Text>; 4],
    fabrics: Option<Fabrics>,
}

impl Files {
    /// Reads them.
    pub(super) fn read(node: &Node) -> Result<Self, Failure> {
        let fabrics = match node.read(FABRICS)? {
            Some(text) => Some(Fabrics::parse(&text.bytes).map_err(|error| text.refused(error))?),
            None => None,
        };
        let read = |(_, file): (_, File)| node.read(&format!("{PVE}/{}", file.path()));
        let [zones, vnets, subnets, controllers] = KINDS.map(read);
        Ok(Files {
            folder: node.path(PVE),
            // As the original: an empty file is like none.
            running: node.read(RUNNING)?.filter(|text| !text.bytes.is_empty()),
            configs: [zones?, vnets?, subnets?, controllers?],
            fabrics,
        })
    }

    /// True if nothing was ever configured.
    pub(super) fn are_missing(&self) -> bool {
        self.running.is_none() && !self.has_configs()
    }

    /// True if there is a section config.
    pub(super) fn has_configs(&self) -> bool {
        self.fabrics.is_some() || self.configs.iter().any(Option::is_some)
    }

    /// Where the running config is.
    pub(super) fn running_path(&self) -> &Path {
        self.running.as_ref().map_or(&self.folder, |text| &text.path)
    }

    /// Where the section configs are.
    pub(super) fn folder(&self) -> PathBuf {
        self.folder.join("sdn")
    }

    /// The running config; `None` if nothing was ever applied.
    pub(super) fn running(&self) -> Result<Option<Hash<'_>>, Failure> {
        let Some(text) = &self.running else { return Ok(None) };
        let document = serde_json::from_str(&text.bytes).map_err(|error| sys::Error::Content {
            path: text.path.clone(),
            line: error.line().max(1),
            reason: format!("{error}, expected a running config as JSON"),
        })?;
        Ok(Some(document))
    }

    /// The subnets as they are configured; those in force if there is no such file.
    pub(super) fn subnets<'f>(&'f self, document: &Hash<'f>) -> Result<Hash<'f>, Failure> {
        match &self.configs[2] {
            // What is wrong in it is told where it is committed.
            Some(text) => ids(text, File::Subnets, &mut Notes::default()),
            None => Ok(section_ids(document, "subnets")),
        }
    }

    /// What an apply would commit, less its new version.
    pub(super) fn committed<'f>(
        &'f self,
        running: &Hash<'f>,
        notes: &mut Notes,
    ) -> Result<Hash<'f>, Failure> {
        let mut configs = KINDS.map(|(kind, _)| (kind, Hash::default()));
        for ((_, objects), ((_, file), text)) in
            configs.iter_mut().zip(KINDS.iter().zip(&self.configs))
        {
            if let Some(text) = text {
                *objects = ids(text, *file, notes)?;
            }
        }
        let fabrics = self.fabrics.as_ref().map(Fabrics::to_sections).unwrap_or_default();
        let [zones, vnets, subnets, controllers] = configs;
        Ok(compile(running, [zones, vnets, subnets, controllers, ("fabrics", fabrics)]))
    }
}

fn ids<'t>(text: &'t Text, file: File, notes: &mut Notes) -> Result<Hash<'t>, Failure> {
    let name = text.path.display().to_string();
    Ok(section_config::parse(file, &name, text.bytes()?, false, notes).ids)
}

/// The objects of one kind in a running config, by id; none if they are missing.
pub(super) fn section_ids<'d>(document: &Hash<'d>, kind: &str) -> Hash<'d> {
    document.hash(kind).and_then(|section| section.hash("ids")).cloned().unwrap_or_default()
}

/// The node whose files these are; `None` if they do not say.
///
/// Source: `PVE::INotify::nodename`.
pub(super) fn own_name(node: &Node) -> Result<Option<String>, Failure> {
    let host = if node.is_machine() {
        let host = nix::sys::utsname::uname().map(|uname| uname.nodename().to_owned());
        host.unwrap_or_default().to_string_lossy().into_owned()
    } else {
        node.read(HOSTNAME)?.map(|text| text.bytes).unwrap_or_default()
    };
    let name = host.trim().split('.').next().unwrap_or_default();
    Ok((!name.is_empty()).then(|| name.to_owned()))
}

/// The profile of the release below the root; that of 1.3 if there is none.
pub(super) fn profile(node: &Node) -> Result<Profile, Failure> {
    let is_old = node.read(FRR_MODULE)?.is_some_and(|text| text.bytes.contains(OLD_FUNCTION));
    Ok(if is_old { Profile::V1_2 } else { Profile::V1_3 })
}
