//! The node that a command looks at: its files and its running state, below one root.

use crate::failure::Failure;
use pve_network_rs::apply::verify::Verifier;
use pve_network_rs::error::Error;
use pve_network_rs::interfaces::{Config, parse};
use pve_network_rs::perl::{ByteText, Charset};
use pve_network_rs::sys::{self, Running, facts};
use std::fmt;
use std::fs::File;
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

const INTERFACES: &str = "etc/network/interfaces";
const PENDING: &str = "etc/network/interfaces.new";

/// Longer files are refused, as by the library; bytes.
const LONGEST: u64 = 8 << 20;

/// The rules by which blanks and letters are told: those of pve-common 9.2.
pub(crate) const CHARSET: Charset = Charset::Latin1;

/// A node, with its running state if that is known.
pub(crate) struct Node {
    root: PathBuf,
    is_debug: bool,
    /// The links of the node; `None` if nothing was recorded below this root.
    pub(crate) running: Option<Running>,
}

/// A file of a node.
pub(crate) struct Text {
    /// Where it is, as messages name it.
    pub(crate) path: PathBuf,
    /// Its bytes, one character each.
    pub(crate) bytes: String,
}

impl Node {
    /// Looks at the node below `root`.
    pub(crate) fn open(root: &Path, is_debug: bool) -> Result<Self, Failure> {
        let running = facts::running(root)?;
        let node = Node { root: root.into(), is_debug, running };
        match &node.running {
            Some(running) => node.debug(format_args!("{} links", running.links.len())),
            None => node.note(format_args!(
                "{}: missing, so it is not known what runs",
                root.join(facts::LINKS).display()
            )),
        }
        Ok(node)
    }

    /// `/etc/network/interfaces`.
    pub(crate) fn current(&self) -> Result<Text, Failure> {
        let path = self.root.join(INTERFACES);
        let file = File::open(&path).map_err(sys::Error::file(&path))?;
        self.read(path, file)
    }

    /// `/etc/network/interfaces.new`, if there is one: what the next apply puts in place.
    pub(crate) fn pending(&self) -> Result<Option<Text>, Failure> {
        let path = self.root.join(PENDING);
        match File::open(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            file => self.read(path.clone(), file.map_err(sys::Error::file(&path))?).map(Some),
        }
    }

    /// What the API shows: the pending file if there is one, else the current one.
    ///
    /// Source: `PVE::INotify::read_file`.
    pub(crate) fn shown(&self) -> Result<Text, Failure> {
        let Some(pending) = self.pending()? else { return self.current() };
        self.note(format_args!(
            "{} is shown, which is not applied yet; see `pvenet diff`",
            pending.path.display()
        ));
        Ok(pending)
    }

    fn read(&self, path: PathBuf, file: impl Read) -> Result<Text, Failure> {
        let mut bytes = Vec::new();
        let read = file.take(LONGEST + 1).read_to_end(&mut bytes);
        let read = read.and_then(|length| match length as u64 {
            0..=LONGEST => Ok(()),
            _ => Err(io::Error::other("longer than 8 MiB, expected a text of interfaces")),
        });
        read.map_err(sys::Error::file(&path))?;
        self.debug(format_args!("{}: {} bytes", path.display(), bytes.len()));
        Ok(Text { path, bytes: ByteText::decode(&bytes) })
    }

    /// Parses a file with what is known of this node.
    pub(crate) fn parse<'a>(&'a self, text: &'a Text) -> Result<Config<'a>, Failure> {
        let facts = self.running.as_ref().map(Running::facts).unwrap_or_default();
        ByteText::new(&text.bytes)
            .ok_or_else(|| Error::Bug("a character that is no byte".into()))
            .and_then(|bytes| parse(bytes, &facts, CHARSET))
            .map_err(|error| Failure::Config { path: text.path.clone(), error })
    }

    /// Compares a configuration with what runs, if that is known.
    pub(crate) fn verifier<'a>(&'a self, config: &'a Config<'a>) -> Option<Verifier<'a>> {
        self.running.as_ref().map(|running| Verifier::new(config, running))
    }

    /// Says something that is not an error on standard error.
    fn note(&self, text: fmt::Arguments) {
        let _ = writeln!(io::stderr(), "pvenet: note: {text}");
    }

    fn debug(&self, text: fmt::Arguments) {
        if self.is_debug {
            let _ = writeln!(io::stderr(), "pvenet: debug: {text}");
        }
    }
}
