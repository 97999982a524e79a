//! The locks by which the nodes of a cluster keep apart: folders below `/etc/pve/priv/lock`.
//!
//! A folder can be created by one only, which is decided by all nodes with quorum. Who holds a lock
//! that long that it must be dead, loses it: the cluster's file system removes the folder after 120
//! seconds, as soon as somebody who waits asks for it by setting its time to 0.
//!
//! Source: `PVE::Cluster::cfs_lock_file`.

use super::file;
use std::fs::{self, File, FileTimes};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

/// How long a lock is waited for.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long to wait between two attempts: each is a message to all nodes.
const PAUSE: Duration = Duration::from_secs(1);

/// A lock, given back when it is dropped.
#[derive(Debug)]
pub struct ClusterLock(PathBuf);

/// Why there is no lock.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Somebody else holds it.
    #[error(
        "{}: another node or process holds this lock; if it is dead, it loses the lock after 120 \
         seconds",
        .0.display()
    )]
    Held(PathBuf),
    /// It cannot be created.
    #[error("{}: {source}", path.display())]
    Failed {
        /// The folder that stands for the lock.
        path: PathBuf,
        /// The reason.
        source: file::Error,
    },
}

impl ClusterLock {
    /// Takes the lock of a file, whose name is the one below `/etc/pve`, of the node below `root`.
    ///
    /// # Errors
    ///
    /// If it cannot be had within 10 seconds.
    pub fn file(root: &Path, name: &str) -> Result<Self, Error> {
        let id = format!("file-{}", name.replace(['.', '/'], "_"));
        ClusterLock::take(&root.join("etc/pve/priv/lock").join(id), PATIENCE)
    }

    fn take(path: &Path, patience: Duration) -> Result<Self, Error> {
        let failed = |source| {
            let source = file::failure("create it", source, true);
            Error::Failed { path: path.into(), source }
        };
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(failed)?;
        }
        let deadline = Instant::now() + patience;
        loop {
            match fs::create_dir(path) {
                Ok(()) => return Ok(ClusterLock(path.into())),
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => return Err(failed(error)),
            }
            // It may be gone by now, or not ours to touch; then we only wait.
            let _ = ask_for(path);
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(Error::Held(path.into()));
            }
            std::thread::sleep(PAUSE.min(left));
        }
    }
}

fn ask_for(path: &Path) -> io::Result<()> {
    let zero = SystemTime::UNIX_EPOCH;
    File::open(path)?.set_times(FileTimes::new().set_accessed(zero).set_modified(zero))
}

impl Drop for ClusterLock {
    fn drop(&mut self) {
        // If it cannot be given back, it ends by itself.
        let _ = fs::remove_dir(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_holds_it() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("etc/pve/priv/lock/file-sdn_pve-ipam-state_json");
        let lock = ClusterLock::file(root.path(), "sdn/pve-ipam-state.json").unwrap();
        assert!(path.is_dir());
        let second = ClusterLock::take(&path, Duration::ZERO).unwrap_err();
        assert!(matches!(second, Error::Held(_)), "{second}");
        // Waiting asks the holder's file system for it.
        let time = fs::metadata(&path).unwrap().modified().unwrap();
        assert_eq!(time, SystemTime::UNIX_EPOCH);
        drop(lock);
        assert!(!path.exists());
        ClusterLock::take(&path, Duration::ZERO).unwrap();
        assert!(!path.exists());
    }

    #[test]
    fn it_cannot_be_created() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join("etc/pve")).unwrap();
        fs::write(root.path().join("etc/pve/priv"), "").unwrap();
        let error = ClusterLock::file(root.path(), "sdn/x").unwrap_err();
        assert!(matches!(error, Error::Failed { .. }), "{error}");
    }
}
