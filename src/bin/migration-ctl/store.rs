//! `migration.toml` on the disk.

use crate::report::Failure;
use pve_network_rs::control::Pages;
use pve_network_rs::migration::{Edit, Migration, Problems, edit, is_node_name};
use pve_network_rs::sys::pmxcfs::{Lock, Members};
use pve_network_rs::sys::{self, file};
use std::fmt::Display;
use std::fs;
use std::path::{Path, PathBuf};

/// How often a change is made again because somebody else was faster.
const ATTEMPTS: u32 = 20;

/// The file with the settings.
pub(crate) struct Store {
    root: PathBuf,
    path: PathBuf,
    debug: bool,
}

/// The settings before and after a change.
pub(crate) struct Changed {
    /// As they were.
    pub(crate) before: Migration,
    /// As they are now.
    pub(crate) after: Migration,
    /// True if the file was written: the same change made twice writes it once.
    pub(crate) is_written: bool,
}

impl Store {
    /// The settings of the node whose root is `root`.
    pub(crate) fn new(root: &Path, debug: bool) -> Self {
        Store { root: root.into(), path: root.join("etc/pve/network/migration.toml"), debug }
    }

    /// The pages that the processes of the node share.
    pub(crate) fn pages(&self) -> Pages {
        Pages::of(&self.root)
    }

    /// The root folder of the node.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// The file system of the cluster.
    pub(crate) fn pve(&self) -> PathBuf {
        self.root.join("etc/pve")
    }

    /// The folder with what was answered differently on this node.
    pub(crate) fn mismatches_folder(&self) -> PathBuf {
        self.state_folder().join("mismatches")
    }

    /// The folder with what this node keeps over its boots.
    pub(crate) fn state_folder(&self) -> PathBuf {
        self.root.join("var/lib/pve-network-rs")
    }

    /// The name of this node, as `PVE::INotify::nodename` has it; of a tree that is the root of
    /// another node, what its `etc/hostname` says.
    pub(crate) fn this_node(&self) -> String {
        let of_tree = || fs::read_to_string(self.root.join("etc/hostname")).ok();
        let host = (self.root != Path::new("/")).then(of_tree).flatten().unwrap_or_else(|| {
            let host = nix::sys::utsname::uname().map(|uname| uname.nodename().to_owned());
            host.unwrap_or_default().to_string_lossy().into_owned()
        });
        host.trim().split('.').next().unwrap_or_default().to_owned()
    }

    /// The folder with a folder for each node of the cluster.
    pub(crate) fn nodes_folder(&self) -> PathBuf {
        self.pve().join("nodes")
    }

    /// What pmxcfs says of the cluster, if it does.
    pub(crate) fn members(&self) -> Option<Members> {
        Members::read(&self.pve())
    }

    /// The nodes of the cluster, by name. A node that left it may still have its folder.
    pub(crate) fn nodes(&self) -> Vec<String> {
        let members = self.members().map(|members| members.nodes).filter(|all| !all.is_empty());
        if let Some(members) = members {
            return members.into_keys().filter(|name| is_node_name(name)).collect();
        }
        let entries = fs::read_dir(self.nodes_folder()).into_iter().flatten().flatten();
        let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
        let mut names: Vec<_> = names.filter(|name| is_node_name(name)).collect();
        names.sort_unstable();
        names
    }

    /// The bytes of the file; `None` if there is none.
    pub(crate) fn bytes(&self) -> Result<Option<Vec<u8>>, String> {
        file::read(&self.path).map_err(|error| error.to_string())
    }

    /// Reads the settings.
    pub(crate) fn read(&self) -> Result<Migration, Failure> {
        let bytes = self.load()?;
        self.parse(self.text(bytes.as_deref())?)
    }

    /// True unless the cluster is known to have no node of that name.
    pub(crate) fn may_be_node(&self, node: &str) -> bool {
        let nodes = self.nodes_folder();
        !nodes.exists() || nodes.join(node).exists()
    }

    /// Changes the settings: `steps` are told what they are, and say what is to be done to the part
    /// of a node or that of all nodes; `permit` may refuse the outcome.
    ///
    /// Programs of the whole cluster do this one after the other, so none of their changes is lost.
    /// If an editor was faster, it is done again with what the file holds then.
    pub(crate) fn change(
        &self,
        steps: impl Fn(&Migration) -> Vec<(Option<String>, Edit)>,
        permit: impl Fn(&Changed) -> Result<(), Failure>,
    ) -> Result<Changed, Failure> {
        let mut lock = None;
        for attempt in 1..=ATTEMPTS {
            let base = self.load()?;
            let text = self.text(base.as_deref())?;
            let before = Migration::parse_to_edit(&self.name(), text);
            let before = before.map_err(|problems| invalid(problems, text))?;
            let mut edited = text.map(String::from);
            for (node, step) in steps(&before) {
                let changed = edit(&self.name(), edited.as_deref(), node.as_deref(), &step);
                edited = Some(changed.map_err(|problems| invalid(problems, text))?);
            }
            let after = self.parse(edited.as_deref())?;
            let is_written = text != edited.as_deref();
            let changed = Changed { before, after, is_written };
            permit(&changed)?;
            if !is_written {
                return Ok(changed);
            }
            if lock.is_none() {
                self.create_folder()?;
                let taken = Lock::of_file(&self.pve(), "network/migration.toml");
                lock = Some(taken.map_err(|error| self.refused(error))?);
                // Others may have changed it until then.
                continue;
            }
            let edited = edited.unwrap_or_default();
            match file::replace(&self.path, base.as_deref(), edited.as_bytes()) {
                Err(file::Error::Changed) => {
                    self.debug(format_args!("attempt {attempt}: changed meanwhile"));
                }
                Err(error) => return Err(self.refused(error)),
                Ok(()) => {
                    self.debug(format_args!("wrote {} bytes", edited.len()));
                    return Ok(changed);
                }
            }
        }
        Err(self.refused("others change it all the time, try again"))
    }

    fn load(&self) -> Result<Option<Vec<u8>>, Failure> {
        fs::read_dir(&self.root)
            .map_err(|error| Failure::Refused(sys::Error::file(&self.root)(error).to_string()))?;
        let bytes = self.bytes().map_err(Failure::Refused)?;
        match &bytes {
            Some(bytes) => self.debug(format_args!("read {} bytes", bytes.len())),
            None => self.debug("there is no such file"),
        }
        Ok(bytes)
    }

    fn text<'a>(&self, bytes: Option<&'a [u8]>) -> Result<Option<&'a str>, Failure> {
        let Some(bytes) = bytes else { return Ok(None) };
        Problems::utf8(&self.name(), bytes).map(Some).map_err(|problems| {
            Failure::Invalid(problems, String::from_utf8_lossy(bytes).into_owned())
        })
    }

    fn parse(&self, text: Option<&str>) -> Result<Migration, Failure> {
        Migration::parse(&self.name(), text).map_err(|problems| invalid(problems, text))
    }

    /// Creates the folder of the file, not the one above: without that, this is no node. And if
    /// that is empty, pmxcfs is to be mounted there, which what we write would hinder.
    fn create_folder(&self) -> Result<(), Failure> {
        let Some(folder) = self.path.parent().filter(|folder| !folder.exists()) else {
            return Ok(());
        };
        if fs::read_dir(self.pve()).map_or(true, |mut entries| entries.next().is_none()) {
            let hint =
                "the file system of the cluster is not there; is pve-cluster.service running?";
            return Err(Failure::Refused(format!("{}: {hint}", self.pve().display())));
        }
        self.debug(format_args!("create {}", folder.display()));
        fs::create_dir(folder).map_err(|error| {
            let error = file::failure("create it", error, true);
            Failure::Refused(format!("{}: {error}", folder.display()))
        })
    }

    /// The file, as messages call it.
    pub(crate) fn name(&self) -> String {
        self.path.display().to_string()
    }

    fn refused(&self, why: impl Display) -> Failure {
        Failure::Refused(format!("{}: {why}", self.path.display()))
    }

    fn debug(&self, what: impl Display) {
        if self.debug {
            eprintln!("debug: {}: {what}", self.path.display());
        }
    }
}

fn invalid(problems: Problems, text: Option<&str>) -> Failure {
    Failure::Invalid(problems, text.unwrap_or_default().into())
}
