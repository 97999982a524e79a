//! Pages as files that are mapped into memory.
//!
//! A page is made under another name, written in full, so that its memory is there (a write to a
//! page for which the file system finds no room kills the process), and put in place as a whole.
//! Its size never changes. It is replaced by another file, never in place.
#![allow(unsafe_code)]

use super::layout::{Control, Counters, Head, Kind};
use nix::fcntl::OFlag;
use nix::sys::mman::{MapFlags, ProtFlags, mmap, munmap};
use nix::unistd::{Gid, Group, Uid, fchown};
use std::fs::{self, File, Metadata, OpenOptions, Permissions};
use std::io::{self, Write};
use std::num::NonZeroUsize;
use std::ops::Deref;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::ptr::NonNull;

/// The group whose processes count calls, besides root's: pveproxy is of it.
pub const GROUP: &str = "www-data";

/// What a page holds.
///
/// # Safety
///
/// Every pattern of bits is a value of the type, and all of it may change at any time: it consists
/// of atomic numbers.
pub(crate) unsafe trait Page {
    /// The kind that its head tells.
    const KIND: Kind;
    /// Its name in the folder.
    const NAME: &'static str;
    /// Who may read and write it.
    const MODE: u32;
    /// Its head.
    fn head(&self) -> &Head;
}

// SAFETY: `layout` has nothing but atomic numbers.
unsafe impl Page for Control {
    const KIND: Kind = Kind::Control;
    const NAME: &'static str = "control";
    const MODE: u32 = 0o644;
    fn head(&self) -> &Head {
        &self.head
    }
}

// SAFETY: as above.
unsafe impl Page for Counters {
    const KIND: Kind = Kind::Counters;
    const NAME: &'static str = "counters";
    const MODE: u32 = 0o660;
    fn head(&self) -> &Head {
        &self.head
    }
}

/// The head of a control page whose layout we do not know.
#[repr(transparent)]
pub(crate) struct Foreign(pub(crate) Head);

// SAFETY: as above.
unsafe impl Page for Foreign {
    const KIND: Kind = Kind::Control;
    const NAME: &'static str = "control";
    const MODE: u32 = 0o644;
    fn head(&self) -> &Head {
        &self.0
    }
}

/// Which file a page is: another one has another identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Identity {
    device: u64,
    inode: u64,
    size: u64,
}

impl Identity {
    /// The file that is there now, if there is one.
    pub(crate) fn of(path: &Path) -> Option<Self> {
        fs::symlink_metadata(path).ok().map(|metadata| Identity::from(&metadata))
    }
}

impl From<&Metadata> for Identity {
    fn from(metadata: &Metadata) -> Self {
        Identity { device: metadata.dev(), inode: metadata.ino(), size: metadata.size() }
    }
}

/// A page in memory.
pub(crate) struct Mapping<T: Page> {
    page: NonNull<T>,
    /// Its file.
    pub(crate) identity: Identity,
}

/// What a page is mapped for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// To be read: a write kills the process.
    Read,
    /// To be read and written.
    Write,
}

impl<T: Page> Mapping<T> {
    /// Maps the page of a folder.
    ///
    /// # Errors
    ///
    /// If there is none, it may not be opened, or it is too short.
    pub(crate) fn open(folder: &Path, access: Access) -> io::Result<Self> {
        // Nobody is waited for, and no link is followed.
        let flags = OFlag::O_NONBLOCK | OFlag::O_NOFOLLOW;
        let mut options = OpenOptions::new();
        options.read(true).write(access == Access::Write).custom_flags(flags.bits());
        Self::map(&options.open(folder.join(T::NAME))?, access)
    }

    /// Makes a page that is all zero but for its head, which `prepare` completes. It replaces the
    /// one that is there, or (`is_new`) refuses to.
    ///
    /// # Errors
    ///
    /// If it cannot be written, or there is one already.
    pub(crate) fn create(
        folder: &Path,
        is_new: bool,
        prepare: impl FnOnce(&T),
    ) -> io::Result<Self> {
        let path = folder.join(T::NAME);
        let temporary = folder.join(format!(".{}.tmp.{}", T::NAME, std::process::id()));
        let made = Self::write(&temporary).and_then(|page| {
            prepare(&page);
            match is_new {
                true => fs::hard_link(&temporary, path)?,
                false => fs::rename(&temporary, path)?,
            }
            Ok(page)
        });
        if made.is_err() || is_new {
            // The error that brought us here is the one to tell.
            let _ = fs::remove_file(&temporary);
        }
        made
    }

    fn write(path: &Path) -> io::Result<Self> {
        // What is left of a process that was killed here and had our number.
        let _ = fs::remove_file(path);
        let mut options = OpenOptions::new();
        options.read(true).write(true).create_new(true).mode(0o600);
        let mut file = options.open(path)?;
        file.write_all(&vec![0; size_of::<T>()])?;
        if Uid::effective().is_root() {
            if let Some(group) = Group::from_name(GROUP)? {
                fchown(&file, None, Some(Gid::from_raw(group.gid.as_raw())))?;
            }
        }
        file.set_permissions(Permissions::from_mode(T::MODE))?;
        let page = Self::map(&file, Access::Write)?;
        page.head().begin(T::KIND, Self::size());
        Ok(page)
    }

    fn map(file: &File, access: Access) -> io::Result<Self> {
        let metadata = file.metadata()?;
        if !metadata.is_file() || metadata.len() < size_of::<T>() as u64 {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "not a page"));
        }
        let length = NonZeroUsize::new(size_of::<T>()).ok_or(io::ErrorKind::InvalidData)?;
        let protection = match access {
            Access::Read => ProtFlags::PROT_READ,
            Access::Write => ProtFlags::PROT_READ | ProtFlags::PROT_WRITE,
        };
        // SAFETY: the kernel chooses the place, so no memory of ours is touched.
        let page = unsafe { mmap(None, length, protection, MapFlags::MAP_SHARED, file, 0) }?;
        Ok(Mapping { page: page.cast(), identity: Identity::from(&metadata) })
    }

    /// True if its head is one of ours.
    pub(crate) fn is_ours(&self) -> bool {
        self.head().is_ours(T::KIND, Self::size())
    }

    /// True if it is still the page of the folder.
    pub(crate) fn is_in_place(&self, folder: &Path) -> bool {
        Identity::of(&folder.join(T::NAME)) == Some(self.identity)
    }

    fn size() -> u32 {
        size_of::<T>() as u32
    }
}

impl<T: Page> Deref for Mapping<T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: the mapping is as long as a T, begins at a page of memory and so is aligned, and
        // lives as long as `self`. What it holds is a T, whatever it is (see `Page`). Only who may
        // write to the folder could shorten the file; the pages' owners do not.
        unsafe { self.page.as_ref() }
    }
}

impl<T: Page> Drop for Mapping<T> {
    fn drop(&mut self) {
        // SAFETY: it is what `map` has mapped, and no reference outlives `self`. It cannot fail.
        let _ = unsafe { munmap(self.page.cast(), size_of::<T>()) };
    }
}
