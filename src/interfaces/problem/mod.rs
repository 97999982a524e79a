//! What is wrong with a file: what keeps it from being written, and what is accepted in silence.
//!
//! One file for what shows in the bytes, in the lines, in one option, and between interfaces.

mod bytes;
mod option;
mod relation;
mod spelling;
mod stanza;

use super::check::{Fault, faults};
use super::key::{Key, Store, store_of};
use super::kind::alias;
use super::model::{Config, Family};
use super::statement::{Document, Role};
use super::{Dialect, parse};
use crate::host::Facts;
use crate::perl::{ByteText, Charset, decode_utf8};
use serde::Serialize;
use std::borrow::Cow;
use std::collections::HashMap;

/// How sure it is that a problem is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The file cannot be written, or is not read as it says.
    Error,
    /// It may be meant like that.
    Warning,
}

/// Something that is wrong with a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// The line, counted from 1.
    pub line: usize,
    /// How sure it is.
    pub severity: Severity,
    /// The interface that it is about.
    pub iface: Option<String>,
    /// What was found and what is expected.
    pub text: String,
}

/// Why a file is not even a text; `None` if it is one.
pub fn binary(text: ByteText) -> Option<Problem> {
    bytes::binary(text.as_str())
}

/// Finds all that is wrong with a file, in the order of its lines.
///
/// Without `facts` nothing is said about the cards that the node has.
pub fn problems(
    text: ByteText,
    facts: Option<&Facts>,
    dialect: Dialect,
    charset: Charset,
) -> Vec<Problem> {
    if let Some(problem) = binary(text) {
        return vec![problem];
    }
    let mut problems = Problems::default();
    bytes::check(text.as_str(), &mut problems);
    let document = Document::read(text.as_str());
    stanza::check(&document, &mut problems);
    option::check(&document, &mut problems);

    let nothing_known = Facts::default();
    match parse(text, facts.unwrap_or(&nothing_known), charset) {
        Ok(config) => {
            let places = Places::new(&document);
            relation::check(&config, facts, &places, charset, &mut problems);
            for fault in faults(config.clone(), dialect, charset) {
                report(&fault, &config, &places, &mut problems);
            }
        }
        // An address that is none, which has been told with its line.
        Err(_) if problems.0.iter().any(|problem| problem.severity == Severity::Error) => {}
        Err(error) => problems.error(1, None, error.to_string()),
    }
    problems.0.sort_by_key(|problem| (problem.line, problem.severity));
    problems.0
}

/// Reports what keeps the file from being written, in the words of the writer where it has some.
fn report(fault: &Fault, config: &Config, places: &Places, problems: &mut Problems) {
    let iface = config.ifaces.get(fault.iface.as_str());
    if iface.is_some_and(|iface| !iface.is_defined(Key::Families)) {
        // An alias or a VLAN made the entry; of a VLAN, its own check has told.
        let alias = config.ifaces.keys().find(|name| alias::parent(name) == Some(&fault.iface));
        if let Some(alias) = alias {
            let text = format!("alias of '{}', which has no stanza", shown(&fault.iface));
            problems.error(places.line(alias, None), Some(alias), text);
        }
        return;
    }
    let text = fault.error.to_string();
    let line = places.line(&fault.iface, fault.key);
    problems.error(line, Some(&fault.iface), decode_utf8(text.trim_end()).into_owned());
}

/// Text of the file for a message: decoded, and not too long.
fn shown(text: &str) -> Cow<'_, str> {
    const LONGEST: usize = 60;

    let text = decode_utf8(text);
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => Cow::Owned(format!("{}…", &text[..end])),
        None => text,
    }
}

/// The problems found so far.
#[derive(Default)]
struct Problems(Vec<Problem>);

impl Problems {
    fn error(&mut self, line: usize, iface: Option<&str>, text: String) {
        self.add(line, Severity::Error, iface, text);
    }

    fn warning(&mut self, line: usize, iface: Option<&str>, text: String) {
        self.add(line, Severity::Warning, iface, text);
    }

    fn add(&mut self, line: usize, severity: Severity, iface: Option<&str>, text: String) {
        let iface = iface.map(|iface| shown(iface).into_owned());
        self.0.push(Problem { line, severity, iface, text });
    }
}

/// The lines where interfaces and their attributes are.
struct Places<'d>(HashMap<(&'d str, Option<Key>), usize>);

impl<'d> Places<'d> {
    fn new(document: &'d Document) -> Self {
        let mut places = HashMap::new();
        for (at, statement) in document.statements.iter().enumerate() {
            let (word, rest) = statement.split();
            match (statement.role, document.iface(at)) {
                (Role::Names, _) => {
                    for name in rest.split_ascii_whitespace() {
                        places.entry((name, Some(Key::Autostart))).or_insert(statement.line);
                    }
                }
                (Role::Header, Some(iface)) => {
                    places.entry((iface, None)).or_insert(statement.line);
                }
                (Role::Option, Some(iface)) => {
                    let family = statement.stanza.and_then(|stanza| document.family(stanza));
                    if let Some(key) = key_of(word, rest, family) {
                        places.insert((iface, Some(key)), statement.line); // the last one counts
                    }
                }
                _ => {}
            }
        }
        Places(places)
    }

    /// The line of an attribute, else that where the stanza starts, else that which names it.
    fn line(&self, iface: &str, key: Option<Key>) -> usize {
        let tries = [key, None, Some(Key::Autostart)];
        tries.into_iter().find_map(|key| self.0.get(&(iface, key)).copied()).unwrap_or(1)
    }
}

fn key_of(option: &str, value: &str, family: Option<Family>) -> Option<Key> {
    Some(match store_of(option)? {
        Store::Family(inet, inet6) => match family {
            Some(Family::Inet) => inet,
            None if !value.contains(':') => inet,
            Some(Family::Inet6) | None => inet6,
        },
        Store::Text(key) | Store::Members(key) | Store::OnOff(key) => key,
        Store::Flag(key) | Store::BondMode(key) | Store::Append(key) => key,
    })
}
