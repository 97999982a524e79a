//! What touches the node: files and the kernel. For the programs only, never behind the C ABI.

mod links;
mod netlink;
mod recorded;
mod routes;
mod running;

pub mod clock;
pub mod facts;
pub mod file;
pub mod http;
pub mod installed;
pub mod log;
pub mod observer;
pub mod packages;
pub mod pmxcfs;
pub mod process;
pub mod remote;
pub mod systemd;
pub mod way;

pub use running::{Gateway, Link, Running, Vlan};

use nix::errno::Errno;
use std::io;
use std::path::{Path, PathBuf};

/// Result of the functions that touch the node.
pub type Result<T> = std::result::Result<T, Error>;

/// Why the node could not be read or changed; names the place.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The system refused something about a file.
    #[error("{}: {}", path.display(), reason(source))]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },

    /// A file holds something else than it should.
    #[error("{}:{line}: {reason}", path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// What was found and what was expected.
        reason: String,
    },

    /// The kernel did not tell its links.
    #[error("cannot ask the kernel for its links: {}", reason(.0))]
    Kernel(io::Error),
}

impl Error {
    /// An [`Error::File`] for `path`, to be given to `map_err`.
    pub fn file(path: &Path) -> impl FnOnce(io::Error) -> Error {
        move |source| Error::File { path: path.into(), source }
    }
}

/// The reason alone: Rust would add `(os error 2)`.
fn reason(error: &io::Error) -> String {
    error
        .raw_os_error()
        .map_or_else(|| error.to_string(), |code| Errno::from_raw(code).desc().into())
}
