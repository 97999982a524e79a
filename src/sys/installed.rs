//! What answers the seams of a node, by its digests.

use super::{Error, Result};
use crate::migration::evidence::Bound;
use crate::migration::{SEAMS, Seam};
use ring::digest::{Context, SHA256};
use std::collections::BTreeMap;
use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Where Debian has the Perl modules of packages, below the root.
const MODULES: &str = "usr/share/perl5";
/// Our own module, and the shared object that belongs to it.
const SHIM: &str = "PVE/Network/RS.pm";
const SHIM_FOLDER: &str = "PVE/Network/RS";
const LIBRARY: &str = "auto/PVE/Network/RS/RS.so";

/// Which file it was: another one differs in one of these.
type Stamp = [u64; 4];

/// The files that answer on a node, with their digests as long as they stay what they are.
#[derive(Debug)]
pub struct Installed {
    root: PathBuf,
    known: BTreeMap<PathBuf, (Stamp, String)>,
    /// The digests of sets of files, by the names of their first ones.
    bound: BTreeMap<&'static str, Option<String>>,
    library: Option<String>,
    shim: Option<String>,
}

impl Installed {
    /// What is installed below a root.
    ///
    /// # Errors
    ///
    /// If a file is there and cannot be read.
    pub fn of(root: &Path) -> Result<Self> {
        let mut installed = Installed {
            root: root.into(),
            known: BTreeMap::new(),
            bound: BTreeMap::new(),
            library: None,
            shim: None,
        };
        installed.tend()?;
        Ok(installed)
    }

    /// Looks again; only what has changed is read.
    ///
    /// # Errors
    ///
    /// As [`Installed::of`].
    pub fn tend(&mut self) -> Result<()> {
        let own = own_folder(&self.root);
        self.library = match &own {
            Some(own) => self.digest(&own.join(LIBRARY))?,
            None => None,
        };
        self.shim = match &own {
            Some(own) => self.digest_of(own, &[SHIM, SHIM_FOLDER])?,
            None => None,
        };
        let modules = self.root.join(MODULES);
        let mut bound = BTreeMap::new();
        for seam in SEAMS {
            if !bound.contains_key(key(seam)) {
                bound.insert(key(seam), self.digest_of(&modules, seam.originals())?);
            }
        }
        self.bound = bound;
        Ok(())
    }

    /// What answers a seam.
    pub fn bound(&self, seam: &Seam) -> Bound {
        Bound {
            library: self.library.clone(),
            shim: self.shim.clone(),
            original: self.bound.get(key(seam)).cloned().flatten(),
        }
    }

    /// True if a file that answers here has that digest.
    pub fn has(&self, digest: &str) -> bool {
        self.known.values().any(|(_, known)| known == digest)
    }

    /// SHA-256 of the list of files that `sha256sum` would print for these names below a folder, of
    /// folders for all modules in them; `None` if there is none.
    fn digest_of(&mut self, folder: &Path, names: &[&str]) -> Result<Option<String>> {
        let mut files = Vec::new();
        for name in names {
            collect(folder, Path::new(name), &mut files)?;
        }
        // By their bytes, as everybody sorts: paths would be compared name by name.
        files.sort_by(|a, b| a.as_os_str().cmp(b.as_os_str()));
        let mut list = String::new();
        for file in files {
            if let Some(digest) = self.digest(&folder.join(&file))? {
                list += &format!("{digest}  {}\n", file.display());
            }
        }
        Ok((!list.is_empty()).then(|| sha256(list.as_bytes())))
    }

    /// SHA-256 of a file; `None` if there is none.
    fn digest(&mut self, path: &Path) -> Result<Option<String>> {
        let read = |known: Option<&(Stamp, String)>| -> io::Result<(Stamp, String)> {
            let stamp = stamp(&fs::metadata(path)?);
            match known {
                Some((before, digest)) if *before == stamp => Ok((stamp, digest.clone())),
                _ => Ok((stamp, sha256_of(File::open(path)?)?)),
            }
        };
        match read(self.known.get(path)) {
            Ok((stamp, digest)) => {
                self.known.insert(path.into(), (stamp, digest.clone()));
                Ok(Some(digest))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Error::file(path)(error)),
        }
    }
}

/// Seams whose original is in the same modules share their digest.
fn key(seam: &Seam) -> &'static str {
    seam.originals().first().copied().unwrap_or_default()
}

fn stamp(file: &Metadata) -> Stamp {
    let changed = file.mtime().unsigned_abs() ^ file.mtime_nsec().unsigned_abs() << 32;
    [file.dev(), file.ino(), file.size(), changed]
}

/// SHA-256 of bytes, in hexadecimal digits.
pub fn sha256(bytes: &[u8]) -> String {
    // Reading from memory does not fail.
    sha256_of(bytes).unwrap_or_default()
}

/// The same of a file, of which only a piece is in memory at a time: the library is large.
fn sha256_of(mut file: impl Read) -> io::Result<String> {
    let mut context = Context::new(&SHA256);
    let mut piece = [0; 1 << 14];
    loop {
        match file.read(&mut piece) {
            Ok(0) => break,
            Ok(length) => context.update(&piece[..length]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(context.finish().as_ref().iter().map(|byte| format!("{byte:02x}")).collect())
}

/// The folder of Perl modules that ours are in: Debian's `vendorarch`, of whichever Perl.
fn own_folder(root: &Path) -> Option<PathBuf> {
    let entries = |folder: PathBuf| fs::read_dir(folder).into_iter().flatten().flatten();
    let architectures = entries(root.join("usr/lib"));
    let perls = architectures.flat_map(|folder| entries(folder.path().join("perl5")));
    perls.map(|perl| perl.path()).filter(|perl| perl.join(SHIM).is_file()).max()
}

/// The names below `folder` of a module, or of all modules in a folder.
fn collect(folder: &Path, name: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    let path = folder.join(name);
    if !path.is_dir() {
        if path.extension().is_some_and(|extension| extension == "pm") {
            files.push(name.into());
        }
        return Ok(());
    }
    for entry in fs::read_dir(&path).map_err(Error::file(&path))? {
        let entry = entry.map_err(Error::file(&path))?;
        collect(folder, &name.join(entry.file_name()), files)?;
    }
    Ok(())
}
