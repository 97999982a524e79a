//! Files that are replaced as a whole: a reader sees the old text or the new one, never a part.
//!
//! The new text is written to a temporary file in the same folder, which then is renamed over the
//! old file. Local file systems get everything that makes this last: owner and mode are kept, file
//! and folder are flushed. The cluster's file system, pmxcfs on `/etc/pve`, knows no fsync and
//! gives every path its own owner and mode; what it refuses there is not needed.
//!
//! # Two writers
//!
//! [`replace`] is told which text the new one was made from and refuses if the file holds another
//! one by now; the caller then starts over. From this comparison to the rename, a lock on the
//! folder keeps out every other [`replace`] on this node, so of those no change is lost. The lock
//! ends with its process, and leaves no file behind.
//!
//! The lock is the kernel's: it does not reach another node, nor a program that does not take it.
//! Who writes what several nodes write takes a [`pmxcfs::Lock`](super::pmxcfs::Lock) first. The
//! comparison is what is left against an editor: what it saves is lost only if it comes in the
//! instant between the comparison and the rename.

use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg, OFlag};
use nix::unistd::Group;
use std::ffi::OsStr;
use std::fs::{self, File, Metadata, OpenOptions, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

/// The largest file of the cluster, in bytes.
pub const CLUSTER_LIMIT: usize = 1 << 20;

/// The largest file that is read, in bytes.
pub const READ_LIMIT: u64 = 8 << 20;

/// How long another writer is waited for. It needs milliseconds, unless it was stopped.
const PATIENCE: Duration = Duration::from_secs(5);

/// Mode of a file that is new; the umask takes its part.
const NEW: u32 = 0o644;

/// Why a file was not replaced.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// pmxcfs would refuse it half-way.
    #[error("{0} bytes are too many: a file of the cluster holds at most {CLUSTER_LIMIT}")]
    TooLarge(usize),
    /// It does not hold the text any more that the new one was made from.
    #[error("somebody else has just changed it")]
    Changed,
    /// Another program holds the lock on its folder.
    #[error("another program keeps its folder locked")]
    Locked,
    /// A program of the cluster holds the lock of the file.
    #[error(
        "another program of the cluster keeps it locked: {} (what a killed one leaves behind is \
         free after two minutes)",
        .0.display()
    )]
    LockedElsewhere(PathBuf),
    /// `/etc/pve` refuses root.
    #[error("/etc/pve is read-only, the cluster has no quorum? (see pvecm status)")]
    NoQuorum,
    /// Another failure.
    #[error("cannot {step}: {}", super::reason(source))]
    Io {
        /// What failed.
        step: &'static str,
        /// How it failed.
        source: io::Error,
    },
}

/// Reads a whole file; `None` if there is none.
///
/// # Errors
///
/// If it cannot be read, is no regular file, or is larger than [`READ_LIMIT`].
pub fn read(path: &Path) -> super::Result<Option<Vec<u8>>> {
    load(path).map_err(super::Error::file(path))
}

fn load(path: &Path) -> io::Result<Option<Vec<u8>>> {
    // A pipe would wait for its writer.
    let mut options = OpenOptions::new();
    let file = match options.read(true).custom_flags(OFlag::O_NONBLOCK.bits()).open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        file => file?,
    };
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("not a regular file"));
    }
    let mut text = Vec::new();
    file.take(READ_LIMIT + 1).read_to_end(&mut text)?;
    if text.len() as u64 > READ_LIMIT {
        return Err(io::Error::other(format!("larger than {READ_LIMIT} bytes")));
    }
    Ok(Some(text))
}

/// Replaces a file with a new text, made from its text `base`; `None` if there was no file.
///
/// Owner and mode stay as they are. A symbolic link becomes a file, as with the original.
///
/// # Errors
///
/// See [`Error`]. The file is as it was then, and no temporary file is left; only if its folder
/// could not be flushed, the new text is in place and may not outlive a loss of power.
/// [`Error::Changed`] invites to try again with the text that is there now.
pub fn replace(path: &Path, base: Option<&[u8]>, text: &[u8]) -> Result<(), Error> {
    put(path, base, text, NEW)
}

/// Creates a file that only its owner may read.
///
/// # Errors
///
/// See [`Error`]; [`Error::Changed`] if there is a file already.
pub fn create_private(path: &Path, text: &[u8]) -> Result<(), Error> {
    put(path, None, text, 0o600)
}

fn put(path: &Path, base: Option<&[u8]>, text: &[u8], new: u32) -> Result<(), Error> {
    let is_cluster = is_of_cluster(path);
    if is_cluster && text.len() > CLUSTER_LIMIT {
        return Err(Error::TooLarge(text.len()));
    }
    let at = |step| move |source| failure(step, source, is_cluster);
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(at("write")(io::ErrorKind::InvalidInput.into()));
    };
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let lock = Folder::lock(folder, is_cluster)?;
    let existing = match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        metadata => Some(metadata.map_err(at("read it"))?),
    };

    let mode = if existing.is_some() { 0o600 } else { new };
    let (temporary, mut file) =
        Temporary::create(folder, name, mode).map_err(at("create a file in its folder"))?;
    if let Some(existing) = &existing {
        keep_owner_and_mode(&file, existing, is_cluster).map_err(at("keep its owner and mode"))?;
    }
    file.write_all(text).map_err(at("write"))?;
    sync(&file).map_err(at("flush"))?;
    drop(file);

    // The last thing before the rename, as it is all there is between nodes.
    if load(path).map_err(at("read it"))?.as_deref() != base {
        return Err(Error::Changed);
    }
    temporary.rename(path).map_err(at("put it in place"))?;
    sync(lock.file()).map_err(at("flush its folder"))
}

/// Makes a folder in which the processes of a group may write besides root's, if it is not there.
///
/// # Errors
///
/// If it cannot be made, or not be theirs.
pub fn create_shared_folder(path: &Path, group: &str) -> super::Result<()> {
    let create = || -> io::Result<()> {
        if path.is_dir() {
            return Ok(());
        }
        fs::create_dir_all(path)?;
        std::os::unix::fs::chown(path, None, gid_for(group)?)?;
        fs::set_permissions(path, Permissions::from_mode(0o770))
    };
    create().map_err(super::Error::file(path))
}

/// Makes an empty file that the processes of a group may write besides root's, and its folder, if it
/// is not there.
///
/// # Errors
///
/// If it cannot be made, or not be theirs.
pub fn create_shared_file(path: &Path, group: &str) -> super::Result<()> {
    let create = || -> io::Result<()> {
        fs::create_dir_all(path.parent().unwrap_or(path))?;
        let file = match OpenOptions::new().write(true).create_new(true).mode(0o640).open(path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Ok(()),
            file => file?,
        };
        fchown(&file, None, gid_for(group)?)?;
        file.set_permissions(Permissions::from_mode(0o660))
    };
    create().map_err(super::Error::file(path))
}

/// The number of a group that root gives a file to; none if this is not root or there is none.
fn gid_for(group: &str) -> io::Result<Option<u32>> {
    let group = Group::from_name(group)?.filter(|_| nix::unistd::geteuid().is_root());
    Ok(group.map(|group| group.gid.as_raw()))
}

/// True for a file below an `etc/pve`, be it the one of this node or of a tree somewhere else.
fn is_of_cluster(path: &Path) -> bool {
    let mut names = path.iter();
    while let Some(name) = names.next() {
        if name == "etc" && names.as_path().starts_with("pve") {
            return names.as_path() != Path::new("pve");
        }
    }
    false
}

/// What a failure means. Tells a cluster without quorum from a user without permission: root is
/// refused nothing else.
pub fn failure(step: &'static str, source: io::Error, is_cluster: bool) -> Error {
    let is_refused = source.raw_os_error() == Some(Errno::EACCES as i32);
    if is_cluster && is_refused && nix::unistd::geteuid().is_root() {
        return Error::NoQuorum;
    }
    Error::Io { step, source }
}

/// An operation that a file system may lack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operation {
    Sync,
    Owner,
    Mode,
    Lock,
}

/// True if an error says that the file system lacks the operation, not that it failed.
fn is_lacking(operation: Operation, errno: Errno, is_cluster: bool) -> bool {
    match (operation, errno) {
        (_, Errno::ENOSYS | Errno::EOPNOTSUPP) => true,
        // Of a descriptor that cannot be flushed or locked. For an owner it would say that the
        // id does not exist here.
        (Operation::Sync | Operation::Lock, Errno::EINVAL) => true,
        (Operation::Lock, Errno::ENOLCK) => true,
        // On pmxcfs, owner and mode follow from the path. Elsewhere the new file would be
        // somebody else's.
        (Operation::Owner | Operation::Mode, Errno::EPERM | Errno::EINVAL) => is_cluster,
        _ => false,
    }
}

fn tolerate(operation: Operation, is_cluster: bool, result: io::Result<()>) -> io::Result<()> {
    let errno = |error: &io::Error| error.raw_os_error().map(Errno::from_raw);
    match result {
        Err(error) if errno(&error).is_some_and(|e| is_lacking(operation, e, is_cluster)) => Ok(()),
        result => result,
    }
}

fn sync(file: &File) -> io::Result<()> {
    tolerate(Operation::Sync, false, file.sync_all())
}

fn keep_owner_and_mode(file: &File, existing: &Metadata, is_cluster: bool) -> io::Result<()> {
    let now = file.metadata()?;
    let (user, group, mode) = (existing.uid(), existing.gid(), existing.mode() & 0o7777);
    if (now.uid(), now.gid()) != (user, group) {
        let changed = fchown(file, Some(user), Some(group));
        tolerate(Operation::Owner, is_cluster, changed)?;
    }
    // After the owner, as a new owner takes set-id bits away.
    if now.mode() & 0o7777 != mode {
        let changed = file.set_permissions(Permissions::from_mode(mode));
        tolerate(Operation::Mode, is_cluster, changed)?;
    }
    Ok(())
}

/// A folder, locked if its file system can.
enum Folder {
    Locked(Flock<File>),
    Unlocked(File),
}

impl Folder {
    fn lock(path: &Path, is_cluster: bool) -> Result<Self, Error> {
        let at = |step| move |source| failure(step, source, is_cluster);
        let mut file = File::open(path).map_err(at("open its folder"))?;
        let deadline = Instant::now() + PATIENCE;
        loop {
            let errno = match Flock::lock(file, FlockArg::LockExclusiveNonblock) {
                Ok(lock) => return Ok(Folder::Locked(lock)),
                Err((unlocked, errno)) => {
                    file = unlocked;
                    errno
                }
            };
            match errno {
                Errno::EWOULDBLOCK if Instant::now() < deadline => {
                    std::thread::sleep(Duration::from_millis(5));
                }
                Errno::EWOULDBLOCK => return Err(Error::Locked),
                Errno::EINTR => {}
                errno if is_lacking(Operation::Lock, errno, is_cluster) => {
                    return Ok(Folder::Unlocked(file));
                }
                errno => return Err(at("lock its folder")(errno.into())),
            }
        }
    }

    fn file(&self) -> &File {
        match self {
            Folder::Locked(file) => file,
            Folder::Unlocked(file) => file,
        }
    }
}

/// A temporary file, removed unless it was renamed.
struct Temporary(Option<PathBuf>);

impl Temporary {
    /// Creates `.NAME.tmp.…`: a name that starts with a dot is left out by `source FOLDER/*`.
    fn create(folder: &Path, name: &OsStr, mode: u32) -> io::Result<(Self, File)> {
        let start = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let start = start.unwrap_or_default().subsec_nanos();
        // The number of the process does not tell apart two nodes that write to /etc/pve.
        for number in (start..).take(100) {
            let mut temporary = OsStr::new(".").to_owned();
            temporary.push(name);
            temporary.push(format!(".tmp.{:x}.{number:x}", std::process::id()));
            let path = folder.join(temporary);
            let mut options = OpenOptions::new();
            match options.write(true).create_new(true).mode(mode).open(&path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                file => return file.map(|file| (Temporary(Some(path)), file)),
            }
        }
        Err(io::ErrorKind::AlreadyExists.into())
    }

    fn rename(mut self, path: &Path) -> io::Result<()> {
        if let Some(temporary) = &self.0 {
            fs::rename(temporary, path)?;
        }
        self.0 = None;
        Ok(())
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if let Some(path) = &self.0 {
            // The error that brought us here is the one to tell.
            let _ = fs::remove_file(path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_the_cluster() {
        for (path, expected) in [
            ("/etc/pve/network/migration.toml", true),
            ("/tmp/tree/etc/pve/sdn/zones.cfg", true),
            ("etc/pve/x", true),
            ("/etc/etc/pve/x", true),
            ("/etc/pve", false),
            ("/etc/pvefoo/x", false),
            ("/etc/network/interfaces", false),
            ("/pve/etc/x", false),
        ] {
            assert_eq!(is_of_cluster(Path::new(path)), expected, "{path}");
        }
    }

    #[test]
    fn lacking_is_not_failing() {
        use Operation::{Lock, Mode, Owner, Sync};
        // What pmxcfs, vfat, 9p and the like answer, and what is a failure everywhere.
        for (operation, errno, local, cluster) in [
            (Sync, Errno::EINVAL, true, true),
            (Sync, Errno::ENOSYS, true, true),
            (Sync, Errno::EOPNOTSUPP, true, true),
            (Sync, Errno::EIO, false, false),
            (Sync, Errno::ENOSPC, false, false),
            (Sync, Errno::EPERM, false, false),
            (Mode, Errno::EPERM, false, true),
            (Mode, Errno::EOPNOTSUPP, true, true),
            (Mode, Errno::EROFS, false, false),
            (Owner, Errno::EPERM, false, true),
            (Owner, Errno::EINVAL, false, true),
            (Owner, Errno::ENOSYS, true, true),
            (Owner, Errno::EIO, false, false),
            (Lock, Errno::ENOLCK, true, true),
            (Lock, Errno::ENOSYS, true, true),
            (Lock, Errno::EIO, false, false),
        ] {
            for (is_cluster, expected) in [(false, local), (true, cluster)] {
                let lacking = is_lacking(operation, errno, is_cluster);
                assert_eq!(lacking, expected, "{operation:?} {errno} cluster: {is_cluster}");
            }
        }
    }

    #[test]
    fn refusals_tell_quorum_from_permission() {
        let failure = |errno: Errno, cluster| failure("write", errno.into(), cluster);
        let is_root = nix::unistd::geteuid().is_root();
        for (errno, is_cluster, no_quorum) in [
            (Errno::EACCES, true, is_root),
            (Errno::EACCES, false, false),
            (Errno::EPERM, true, false),
            (Errno::EROFS, true, false),
        ] {
            let error = failure(errno, is_cluster);
            assert_eq!(matches!(error, Error::NoQuorum), no_quorum, "{errno} {is_cluster}");
        }
    }
}
