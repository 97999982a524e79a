//! The node that a command looks at: its files and its running state, below one root.

use crate::failure::Failure;
use pve_network_rs::apply::verify::Verifier;
use pve_network_rs::error::Error;
use pve_network_rs::interfaces::problem::{Problem, Severity, binary, problems};
use pve_network_rs::interfaces::{Config, Dialect, parse};
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

impl Text {
    /// Its bytes for the library.
    pub(crate) fn bytes(&self) -> Result<ByteText<'_>, Failure> {
        ByteText::new(&self.bytes).ok_or_else(|| self.bug("a character is no byte".into()))
    }

    fn failure(&self, problem: Problem) -> Failure {
        let Problem { line, text, .. } = problem;
        Failure::Node(sys::Error::Content { path: self.path.clone(), line, reason: text })
    }

    /// A failure without a line: a defect in this program.
    fn bug(&self, error: String) -> Failure {
        Failure::Config { path: self.path.clone(), error: Error::Bug(error) }
    }
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

    /// Any other file; `-` is standard input.
    pub(crate) fn other(&self, path: &Path) -> Result<Text, Failure> {
        if path == Path::new("-") {
            return self.read("<stdin>".into(), io::stdin());
        }
        let file = File::open(path).map_err(sys::Error::file(path))?;
        self.read(path.into(), file)
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
        let bytes = text.bytes()?;
        if let Some(problem) = binary(bytes) {
            return Err(text.failure(problem));
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
