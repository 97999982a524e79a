//! Looks at the node's links: the machine's own, or those recorded in another root.

use super::way::{self, Route, Way};
use super::{Error, Result, Running, links, recorded};
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// Where a root that is not the machine's own keeps its recorded links.
///
/// Made with `ip -details -json address > links.json`.
pub const LINKS: &str = "run/pve-network-rs/links.json";

/// Where it keeps the recorded routes; the file may be missing.
///
/// Made with `(ip -json route; ip -6 -json route) > routes.json`.
pub const ROUTES: &str = "run/pve-network-rs/routes.json";

/// The running state of the node whose files are below `root`.
///
/// For `/` the kernel is asked. For any other root it is what was recorded in [`LINKS`] and
/// [`ROUTES`] there, and `None` if nothing was.
///
/// # Errors
///
/// If the kernel does not answer, or a recorded file cannot be read.
pub fn running(root: &Path) -> Result<Option<Running>> {
    let canonical = root.canonicalize().map_err(Error::file(root))?;
    if canonical == Path::new("/") {
        return links::running().map(Some).map_err(Error::Kernel);
    }
    let Some(links) = read(root.join(LINKS), recorded::links)? else {
        return Ok(None);
    };
    let gateways = read(root.join(ROUTES), recorded::gateways)?;
    Ok(Some(Running::new(links, gateways)))
}

/// Where to find the way to an address.
#[derive(Debug)]
pub enum Ways {
    /// The kernel of this machine knows.
    Kernel,
    /// It is worked out from recorded routes.
    Recorded(Vec<Route>),
    /// It is not known.
    Unknown,
}

impl Ways {
    /// Those of the node whose files are below `root`.
    ///
    /// # Errors
    ///
    /// If a recorded file cannot be read.
    pub fn of(root: &Path) -> Result<Self> {
        if is_machine(root) {
            return Ok(Ways::Kernel);
        }
        let routes = read(root.join(ROUTES), recorded::routes)?;
        Ok(routes.map_or(Ways::Unknown, Ways::Recorded))
    }

    /// The way to an address; the error is a text that says why there is none.
    ///
    /// # Errors
    ///
    /// If there is none, or it is not known.
    pub fn find(&self, running: &Running, target: &str) -> std::result::Result<Way, String> {
        let no_way = |reason: &str| format!("no way to {target}: {reason}");
        let address = target.parse().map_err(|_| no_way("it is not an address"))?;
        match self {
            Ways::Kernel => links::way(address).map_err(|error| no_way(&super::reason(&error))),
            Ways::Recorded(routes) => way::find(routes, running, address)
                .ok_or_else(|| no_way("no recorded route leads there")),
            Ways::Unknown => Err(no_way(&format!("there is no {ROUTES}"))),
        }
    }
}

/// True if the root is that of this machine.
pub fn is_machine(root: &Path) -> bool {
    root.canonicalize().is_ok_and(|root| root == Path::new("/"))
}

/// What `parse` makes of a file; `None` if there is no such file.
fn read<T>(path: PathBuf, parse: fn(&[u8]) -> serde_json::Result<T>) -> Result<Option<T>> {
    let json = match fs::read(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        json => json.map_err(Error::file(&path))?,
    };
    let found = parse(&json).map_err(|error| Error::Content {
        line: error.line().max(1),
        reason: format!("{error}, expected what iproute2 prints with -json"),
        path,
    })?;
    Ok(Some(found))
}
