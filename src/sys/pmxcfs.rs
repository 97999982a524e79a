//! The file system of the cluster, `/etc/pve`: who is in the cluster, and a lock for all its nodes.

use super::file::{self, Error, failure};
use nix::sys::stat::utimes;
use nix::sys::time::TimeVal;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// How long another holder of a lock is waited for, as the original does.
const PATIENCE: Duration = Duration::from_secs(10);

/// How often it is tried.
const TURN: Duration = Duration::from_millis(50);

/// How often the cluster is asked whether the lock was left behind: each time is a message to it.
const ASKED: Duration = Duration::from_secs(1);

/// A lock that one program of the whole cluster holds at a time; free again when it is dropped.
///
/// It is a folder: pmxcfs lets only one node make it. What a killed program leaves behind, pmxcfs
/// clears away after two minutes, when somebody asks for it.
///
/// Source: `PVE::Cluster::cfs_lock`.
#[derive(Debug)]
pub struct Lock(PathBuf);

impl Lock {
    /// Takes the lock of a file below `pve`, the root of the file system, as `network/x.cfg`.
    ///
    /// # Errors
    ///
    /// [`Error::LockedElsewhere`] after ten seconds, [`Error::NoQuorum`], or another failure.
    pub fn of_file(pve: &Path, file: &str) -> Result<Self, Error> {
        let folder = pve.join("priv/lock");
        let at = |source| failure("make its lock", source, true);
        fs::create_dir_all(&folder).map_err(at)?;
        Self::take(folder.join(format!("file-{}", file.replace(['.', '/'], "_"))), PATIENCE)
    }

    fn take(path: PathBuf, patience: Duration) -> Result<Self, Error> {
        let start = Instant::now();
        let mut asked = start;
        loop {
            match fs::create_dir(&path) {
                Ok(()) => return Ok(Lock(path)),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(failure("make its lock", error, true)),
            }
            if start.elapsed() >= patience {
                return Err(Error::LockedElsewhere(path));
            }
            if asked.elapsed() >= ASKED {
                asked = Instant::now();
                // The time 0 asks pmxcfs to look how old it is. It may just have gone.
                let _ = utimes(&path, &TimeVal::new(0, 0), &TimeVal::new(0, 0));
            }
            sleep(TURN);
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Without quorum it stays, and pmxcfs clears it away.
        let _ = fs::remove_dir(&self.0);
    }
}

/// What pmxcfs knows of the cluster, as its file `.members` has it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Members {
    /// The cluster; `None` on a node that is in none.
    pub cluster: Option<Quorum>,
    /// Its nodes, by name.
    #[serde(default, rename = "nodelist")]
    pub nodes: BTreeMap<String, Member>,
}

/// Whether the nodes that see each other are more than half.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Quorum {
    /// 1 if they are.
    pub quorate: u8,
}

/// A node of the cluster.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Member {
    /// 1 if this node sees it.
    pub online: u8,
}

impl Members {
    /// Reads `.members` below `pve`; `None` if there is none, or none that can be understood.
    pub fn read(pve: &Path) -> Option<Self> {
        serde_json::from_slice(&file::read(&pve.join(".members")).ok()??).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_holder_at_a_time() {
        let pve = tempfile::tempdir().unwrap();
        let take = || Lock::of_file(pve.path(), "network/migration.toml");
        let first = take().unwrap();
        let path = pve.path().join("priv/lock/file-network_migration_toml");
        assert!(path.is_dir());
        let second = Lock::take(path.clone(), Duration::from_millis(1100));
        assert!(matches!(second, Err(Error::LockedElsewhere(_))), "{second:?}");
        let modified = fs::metadata(&path).unwrap().modified().unwrap();
        assert_eq!(modified, std::time::UNIX_EPOCH, "pmxcfs was asked");
        drop(first);
        assert!(!path.exists());
        drop(take().unwrap());
    }

    #[test]
    fn members() {
        let pve = tempfile::tempdir().unwrap();
        assert_eq!(Members::read(pve.path()), None);
        for (text, quorate, nodes) in [
            (r#"{"nodename": "pve1", "version": 2}"#, None, vec![]),
            (
                r#"{"nodename": "pve1", "version": 4, "cluster": {"name": "c", "version": 3,
                "nodes": 2, "quorate": 1}, "nodelist": {"pve2": {"id": 2, "online": 0},
                "pve1": {"id": 1, "online": 1, "ip": "192.0.2.1"}}}"#,
                Some(1),
                vec![("pve1", 1), ("pve2", 0)],
            ),
        ] {
            fs::write(pve.path().join(".members"), text).unwrap();
            let members = Members::read(pve.path()).unwrap();
            assert_eq!(members.cluster.map(|cluster| cluster.quorate), quorate, "{text}");
            let found: Vec<_> =
                members.nodes.iter().map(|(name, node)| (name.as_str(), node.online)).collect();
            assert_eq!(found, nodes, "{text}");
        }
        fs::write(pve.path().join(".members"), "{").unwrap();
        assert_eq!(Members::read(pve.path()), None);
    }
}
