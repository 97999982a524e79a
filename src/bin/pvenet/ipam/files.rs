//! The files of the IPAM, below one root.

use crate::failure::Failure;
use crate::page;
use pve_network_rs::ipam::database::{Cache, Database, Fault};
use pve_network_rs::ipam::plan::Plan;
use pve_network_rs::notes::Notes;
use pve_network_rs::perl::ByteText;
use pve_network_rs::section_config::{self, File};
use pve_network_rs::sys::pmxcfs::Lock;
use pve_network_rs::sys::remote::Remote;
use pve_network_rs::sys::{self, file};
use serde_json::{Map, Value as Json};
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The database, below `/etc/pve`.
pub(super) const DATABASE: &str = "sdn/pve-ipam-state.json";
/// The cache of MAC addresses, below `/etc/pve`.
pub(super) const CACHE: &str = "sdn/mac-cache.json";

/// Where the files are.
pub(super) struct Files {
    root: PathBuf,
    is_debug: bool,
}

/// The files that only one at a time changes, as they were read.
pub(super) struct Texts {
    /// The database; `None` if there is none.
    pub(super) database: Option<Vec<u8>>,
    /// The cache; `None` if there is none.
    pub(super) cache: Option<Vec<u8>>,
}

impl Files {
    /// Those below `root`.
    pub(super) fn new(root: &Path, is_debug: bool) -> Self {
        Files { root: root.into(), is_debug }
    }

    /// The path of a file below `/etc/pve`.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.root.join("etc/pve").join(name)
    }

    fn read(&self, name: &str) -> Result<Option<Vec<u8>>, Failure> {
        let path = self.path(name);
        let text = file::read(&path)?;
        if self.is_debug {
            let what = match &text {
                Some(text) => format!("{} bytes", text.len()),
                None => "there is no such file".into(),
            };
            let _ = writeln!(io::stderr(), "pvenet: debug: {}: {what}", path.display());
        }
        Ok(text)
    }

    /// Reads the database and the cache.
    pub(super) fn texts(&self) -> Result<Texts, Failure> {
        let sdn = self.path("sdn");
        if !sdn.is_dir() {
            let reason =
                "there is no such folder; is pve-cluster.service running, and is there SDN?";
            return Err(sys::Error::file(&sdn)(io::Error::other(reason)).into());
        }
        Ok(Texts { database: self.read(DATABASE)?, cache: self.read(CACHE)? })
    }

    /// Parses the database.
    pub(super) fn database(&self, texts: &Texts) -> Result<Database, Failure> {
        let text = texts.database.as_deref().unwrap_or_default();
        Database::parse(text).map_err(|fault| self.fault(DATABASE, &fault))
    }

    /// Parses the cache.
    pub(super) fn cache(&self, texts: &Texts) -> Result<Cache, Failure> {
        let text = texts.cache.as_deref().unwrap_or_default();
        Cache::parse(text).map_err(|fault| self.fault(CACHE, &fault))
    }

    /// Reads what the config of SDN says.
    pub(super) fn plan(&self) -> Result<Plan, Failure> {
        const RUNNING: &str = "sdn/.running-config";

        let mut plan = Plan::default();
        for file in [File::Zones, File::Vnets, File::Subnets] {
            let bytes = self.read(file.path())?.unwrap_or_default();
            let text = ByteText::decode(&bytes);
            if let Some(text) = ByteText::new(&text) {
                plan.add_sections(file, &self.path(file.path()).display().to_string(), text);
            }
        }
        let running = self.read(RUNNING)?.unwrap_or_default();
        plan.add_running(&running).map_err(|fault| self.fault(RUNNING, &fault))?;
        plan.faults = plan.faults.iter().map(|fault| page::bytes(fault)).collect();
        plan.guests = self.guests()?;
        Ok(plan)
    }

    /// The numbers of all guests of the cluster; `None` where no node is known, as in a copy of the
    /// files of SDN alone.
    fn guests(&self) -> Result<Option<BTreeSet<String>>, Failure> {
        let mut guests = BTreeSet::new();
        let Some(nodes) = entries(&self.path("nodes"))? else { return Ok(None) };
        for folder in nodes.iter().flat_map(|node| [node.join("qemu-server"), node.join("lxc")]) {
            for config in entries(&folder)?.unwrap_or_default() {
                let is_config = config.extension().is_some_and(|extension| extension == "conf");
                let number = config.file_stem().and_then(OsStr::to_str).filter(|_| is_config);
                guests.extend(number.map(str::to_owned));
            }
        }
        Ok(Some(guests))
    }

    /// The sections of a file as JSON, by id; null stands for one that lacks a property. What is
    /// wrong in the file is added to `faults`.
    pub(super) fn sections(
        &self,
        file: File,
        faults: &mut Vec<String>,
    ) -> Result<Map<String, Json>, Failure> {
        let bytes = self.read(file.path())?.unwrap_or_default();
        let text = ByteText::decode(&bytes);
        let Some(text) = ByteText::new(&text) else { return Ok(Map::new()) };
        let mut notes = Notes::default();
        let name = self.path(file.path()).display().to_string();
        let config = section_config::parse(file, &name, text, true, &mut notes);
        faults.extend(notes.iter().map(|note| page::bytes(note.text.trim_end())));
        match serde_json::to_value(&config.ids)? {
            Json::Object(sections) => Ok(sections),
            _ => Ok(Map::new()),
        }
    }

    /// How servers are reached from this node.
    pub(super) fn remote(&self, deadline: Duration) -> Result<Remote, Failure> {
        Ok(Remote::of_node(&self.root, deadline)?)
    }

    /// Takes the lock by which the nodes keep apart who changes the file.
    pub(super) fn lock(&self, name: &str) -> Result<Lock, Failure> {
        Lock::of_file(&self.root.join("etc/pve"), name)
            .map_err(|source| Failure::NotWritten { path: self.path(name), source })
    }

    /// Replaces a file that held `base`.
    pub(super) fn replace(
        &self,
        name: &str,
        base: Option<&[u8]>,
        text: &str,
    ) -> Result<(), Failure> {
        let path = self.path(name);
        file::replace(&path, base, text.as_bytes())
            .map_err(|source| Failure::NotWritten { path, source })
    }

    fn fault(&self, name: &str, fault: &Fault) -> Failure {
        let (line, reason) = (fault.line, fault.to_string());
        Failure::Node(sys::Error::Content { path: self.path(name), line, reason })
    }
}

/// What is in a folder; `None` if there is no such folder.
fn entries(folder: &Path) -> Result<Option<Vec<PathBuf>>, Failure> {
    let read = || -> io::Result<Vec<PathBuf>> {
        fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect()
    };
    match read() {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        entries => Ok(Some(entries.map_err(sys::Error::file(folder))?)),
    }
}
