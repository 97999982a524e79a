//! Files that are replaced as a whole.
#![allow(clippy::unwrap_used)]

use nix::fcntl::{Flock, FlockArg};
use pve_network_rs::sys::file::{CLUSTER_LIMIT, Error, READ_LIMIT, read, replace};
use std::fs::{self, File, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;

/// A folder below an `etc/pve`, and one that is not.
struct Tree {
    _root: TempDir,
    cluster: PathBuf,
    local: PathBuf,
}

impl Tree {
    fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        let [cluster, local] = ["etc/pve/sdn", "etc/network"].map(|name| root.path().join(name));
        fs::create_dir_all(&cluster).unwrap();
        fs::create_dir_all(&local).unwrap();
        Tree { _root: root, cluster, local }
    }
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.collect()
}

#[test]
fn new_file() {
    let tree = Tree::new();
    let path = tree.local.join("interfaces");
    assert_eq!(read(&path).unwrap(), None);
    replace(&path, None, b"auto lo\n").unwrap();
    assert_eq!(read(&path).unwrap().as_deref(), Some(&b"auto lo\n"[..]));
    assert_eq!(names(&tree.local), ["interfaces"]);
}

#[test]
fn owner_and_mode_stay() {
    let tree = Tree::new();
    let path = tree.local.join("interfaces");
    for mode in [0o600, 0o640, 0o644, 0o664, 0o400] {
        fs::write(&path, "old").unwrap();
        fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        // Only root can give a file away.
        let is_given = std::os::unix::fs::chown(&path, Some(12345), Some(54321)).is_ok();
        let old = fs::metadata(&path).unwrap();
        replace(&path, Some(b"old"), b"new").unwrap();
        let new = fs::metadata(&path).unwrap();
        assert_eq!(new.mode() & 0o7777, mode);
        assert_eq!((new.uid(), new.gid()), (old.uid(), old.gid()));
        assert!(!is_given || new.uid() == 12345);
        assert_ne!(new.ino(), old.ino(), "it was not replaced as a whole");
        fs::remove_file(&path).unwrap();
    }
}

#[test]
fn a_file_that_changed_meanwhile_is_left_alone() {
    let tree = Tree::new();
    let path = tree.local.join("interfaces");
    for (there, base) in [
        (Some("new"), Some("old")),
        (Some("new"), None), // somebody else created it
        (None, Some("old")), // somebody else removed it
        (Some(""), None),
    ] {
        let _ = fs::remove_file(&path);
        if let Some(there) = there {
            fs::write(&path, there).unwrap();
        }
        let result = replace(&path, base.map(str::as_bytes), b"mine");
        assert!(matches!(result, Err(Error::Changed)), "{there:?} {base:?}: {result:?}");
        assert_eq!(fs::read_to_string(&path).ok().as_deref(), there);
        let left: &[&str] = if there.is_some() { &["interfaces"] } else { &[] };
        assert_eq!(names(&tree.local), left);
    }
}

#[test]
fn size_limit_of_the_cluster() {
    let tree = Tree::new();
    let [fits, large] = [CLUSTER_LIMIT, CLUSTER_LIMIT + 1].map(|size| vec![b'x'; size]);
    let path = tree.cluster.join("zones.cfg");
    let result = replace(&path, None, &large);
    assert!(matches!(result, Err(Error::TooLarge(size)) if size == large.len()), "{result:?}");
    assert_eq!(names(&tree.cluster), [""; 0]);
    replace(&path, None, &fits).unwrap();
    replace(&tree.local.join("interfaces"), None, &large).unwrap();
}

#[test]
fn what_is_no_regular_file() {
    let tree = Tree::new();
    let folder = tree.local.join("interfaces.d");
    fs::create_dir(&folder).unwrap();
    let pipe = tree.local.join("pipe");
    nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRWXU).unwrap();
    for path in [&folder, &pipe] {
        assert!(read(path).unwrap_err().to_string().contains("not a regular file"));
        assert!(replace(path, None, b"x").unwrap_err().to_string().contains("not a regular file"));
    }
    assert_eq!(names(&tree.local).len(), 2);
    for path in ["", "/", "..", "/etc/.."] {
        assert!(replace(Path::new(path), None, b"x").is_err(), "{path}");
    }
    let result = replace(&tree.local.join("missing/file"), None, b"x");
    assert!(result.unwrap_err().to_string().contains("cannot open its folder"));
}

#[test]
fn too_large_to_read() {
    let tree = Tree::new();
    let path = tree.local.join("interfaces");
    let file = File::create(&path).unwrap();
    file.set_len(READ_LIMIT).unwrap();
    assert_eq!(read(&path).unwrap().unwrap().len() as u64, READ_LIMIT);
    file.set_len(READ_LIMIT + 1).unwrap();
    assert!(read(&path).unwrap_err().to_string().contains("larger than"));
}

#[test]
fn a_symbolic_link_becomes_a_file() {
    let tree = Tree::new();
    let (target, link) = (tree.local.join("target"), tree.local.join("link"));
    fs::write(&target, "old").unwrap();
    symlink("target", &link).unwrap();
    replace(&link, Some(b"old"), b"new").unwrap();
    assert!(fs::symlink_metadata(&link).unwrap().is_file());
    assert_eq!(fs::read_to_string(&target).unwrap(), "old");
}

#[test]
fn the_lock_is_waited_for_but_not_for_ever() {
    let tree = Tree::new();
    let path = tree.local.join("interfaces");
    let lock = |_| {
        let folder = File::open(&tree.local).unwrap();
        Flock::lock(folder, FlockArg::LockExclusive).unwrap()
    };
    let held = lock(());
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| replace(&path, None, b"new"));
        std::thread::sleep(Duration::from_millis(200));
        assert!(!path.exists(), "written in spite of the lock");
        drop(held);
        writer.join().unwrap().unwrap();
    });
    let _held = lock(());
    let result = replace(&path, Some(b"new"), b"newer");
    assert!(matches!(result, Err(Error::Locked)), "{result:?}");
    assert_eq!(fs::read_to_string(&path).unwrap(), "new");
    assert_eq!(names(&tree.local), ["interfaces"]);
}

#[test]
fn readers_see_the_old_text_or_the_new_one() {
    let tree = Tree::new();
    let path = tree.local.join("interfaces");
    let texts = [vec![b'a'; 200_000], vec![b'b'; 5]];
    fs::write(&path, &texts[0]).unwrap();
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            for n in 0..50 {
                replace(&path, Some(&texts[n % 2]), &texts[(n + 1) % 2]).unwrap();
            }
        });
        while !writer.is_finished() {
            let seen = read(&path).unwrap().unwrap();
            assert!(texts.contains(&seen), "{} bytes of a mixture", seen.len());
        }
    });
}
