//! The node that a command looks at: its files and its running state, below one root.

use crate::failure::Failure;
use crate::page;
use nix::errno::Errno;
use pve_network_rs::apply::verify::Verifier;
use pve_network_rs::error::Error;
use pve_network_rs::interfaces::problem::{Problem, Severity, binary, problems};
use pve_network_rs::interfaces::{Config, Dialect, parse};
use pve_network_rs::perl::{ByteText, Charset};
use pve_network_rs::sys::{self, Running, facts, file};
use std::fmt;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

const INTERFACES: &str = "etc/network/interfaces";
const PENDING: &str = "etc/network/interfaces.new";

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

impl Text {
    /// Its bytes for the library.
    pub(crate) fn bytes(&self) -> Result<ByteText<'_>, Failure> {
        ByteText::new(&self.bytes).ok_or_else(|| self.bug("a character is no byte".into()))
    }

    fn failure(&self, problem: Problem) -> Failure {
        let Problem { line, text, .. } = problem;
        Failure::Node(sys::Error::Content { path: self.path.clone(), line, reason: text })
    }

    /// A failure that the core found.
    pub(crate) fn refused(&self, error: Error) -> Failure {
        Failure::Config { path: self.path.clone(), error }
    }

    /// A failure without a line: a defect in this program.
    fn bug(&self, error: String) -> Failure {
        self.refused(Error::Bug(error))
    }
}

impl Node {
    /// Looks at the node below `root`.
    pub(crate) fn open(root: &Path, is_debug: bool) -> Result<Self, Failure> {
        let node = Node { root: root.into(), is_debug, running: facts::running(root)? };
        match &node.running {
            Some(running) => node.debug(format_args!("{} links", running.links().len())),
            None => node.debug(format_args!("no links")),
        }
        Ok(node)
    }

    /// `/etc/network/interfaces`; as if it were empty where only a pending file is there.
    pub(crate) fn current(&self) -> Result<Text, Failure> {
        let path = self.path(INTERFACES);
        match self.read(INTERFACES)? {
            Some(text) => Ok(text),
            None if self.path(PENDING).exists() => Ok(self.text(path, b"")),
            None => Err(sys::Error::file(&path)(Errno::ENOENT.into()).into()),
        }
    }

    /// `/etc/network/interfaces.new`, if there is one: what the next apply puts in place.
    pub(crate) fn pending(&self) -> Result<Option<Text>, Failure> {
        self.read(PENDING)
    }

    /// What the API shows: the pending file if there is one, else the current one.
    ///
    /// Source: `PVE::INotify::read_file`.
    pub(crate) fn shown(&self) -> Result<Text, Failure> {
        let Some(pending) = self.pending()? else { return self.current() };
        note(format_args!("{} is shown, it is not applied yet", pending.path.display()));
        Ok(pending)
    }

    /// A file by its path below the root; `None` if there is none.
    pub(crate) fn read(&self, name: &str) -> Result<Option<Text>, Failure> {
        let path = self.path(name);
        Ok(file::read(&path)?.map(|bytes| self.text(path, &bytes)))
    }

    /// Where a path below the root is.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// True if it is this machine.
    pub(crate) fn is_machine(&self) -> bool {
        facts::is_machine(&self.root)
    }

    /// The root.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// Any other file, also a pipe; `-` is standard input.
    pub(crate) fn other(&self, path: &Path) -> Result<Text, Failure> {
        let (path, bytes) = if path == Path::new("-") {
            ("<stdin>".into(), read_all(io::stdin()))
        } else {
            (path.to_owned(), File::open(path).and_then(read_all))
        };
        let bytes = bytes.map_err(sys::Error::file(&path))?;
        Ok(self.text(path, &bytes))
    }

    fn text(&self, path: PathBuf, bytes: &[u8]) -> Text {
        self.debug(format_args!("{}: {} bytes", path.display(), bytes.len()));
        Text { path, bytes: ByteText::decode(bytes) }
    }

    /// Parses a file with what is known of this node; any file, as PVE does.
    pub(crate) fn parse<'a>(&'a self, text: &'a Text) -> Result<Config<'a>, Failure> {
        let facts = self.running.as_ref().map(Running::facts).unwrap_or_default();
        let bytes = text.bytes()?;
        if let Some(problem) = binary(bytes) {
            note(format_args!("{}", text.failure(problem)));
        }
        parse(bytes, &facts, CHARSET).map_err(|error| {
            // Why it cannot be read is one of the problems of the file, which know their lines.
            let problems = problems(bytes, Some(&facts), Dialect::Ifupdown2, CHARSET);
            let problem = problems.into_iter().find(|problem| problem.severity == Severity::Error);
            problem.map_or_else(|| text.bug(error.to_string()), |problem| text.failure(problem))
        })
    }

    /// Compares a configuration with what runs, if that is known.
    pub(crate) fn verifier<'a>(&'a self, config: &'a Config<'a>) -> Option<Verifier<'a>> {
        self.running.as_ref().map(|running| Verifier::new(config, running))
    }

    /// Says so if it is not known what runs.
    pub(crate) fn note_unknown(&self) {
        if self.running.is_none() {
            let path = self.root.join(facts::LINKS);
            note(format_args!("it is not known what runs: there is no {}", path.display()));
        }
    }

    fn debug(&self, text: fmt::Arguments) {
        if self.is_debug {
            let _ = writeln!(io::stderr(), "pvenet: debug: {text}");
        }
    }
}

/// Says on standard error what is not as it should be; that makes a command exit with 1.
pub(crate) fn warn(text: &str) {
    let _ = writeln!(io::stderr(), "pvenet: warning: {}", page::bytes(text));
}

/// Says something that is not an error on standard error.
pub(crate) fn note(text: fmt::Arguments) {
    let _ = writeln!(io::stderr(), "pvenet: note: {text}");
}

fn read_all(file: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.take(file::READ_LIMIT + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > file::READ_LIMIT {
        return Err(io::Error::other("larger than 8 MiB, expected a text of interfaces"));
    }
    Ok(bytes)
}
