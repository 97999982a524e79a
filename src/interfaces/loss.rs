//! What a rewrite by the original would lose from a file.
//!
//! No list of its faults is kept here: the file is read and written as the original does it, and
//! what it said before and no longer says is lost. The rest is to tell people why.

use super::key::{Store, store_of};
use super::meaning::{Fact, Said, canonical, facts};
use super::model::Family;
use super::statement::{Document, Role, Statement};
use super::{Dialect, parse, render};
use crate::error::Result;
use crate::host::Facts;
use crate::notes::Notes;
use crate::perl::{ByteText, Charset, decode_utf8};
use serde::Serialize;
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::fmt;

/// Why the original loses a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum LossKind {
    /// A comment that is in no stanza.
    Comment,
    /// A later line gives the same option of the interface.
    Overwritten,
    /// A later stanza is of the same interface and address family.
    RepeatedStanza,
    /// It goes on in the next line.
    Continuation,
    /// It has no value, or stands behind a line that has none: this ends its stanza.
    Detached,
    /// It comes back as something else.
    Changed,
    /// All options of its interface are lost.
    Stanza,
    /// It is never written, or not for this kind of interface.
    Dropped,
}

/// A line that the original would lose or change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Loss {
    /// Its number, counted from 1.
    pub line: usize,
    /// The interface that it is about.
    pub iface: Option<String>,
    /// Why it is lost.
    pub kind: LossKind,
    /// What becomes of it, for people.
    pub reason: String,
    /// The line without blanks at its ends, joined with those that continue it.
    pub text: String,
}

/// `line NUMBER[, INTERFACE]: REASON: TEXT`
impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}", self.line)?;
        if let Some(iface) = &self.iface {
            write!(f, ", {iface}")?;
        }
        write!(f, ": {}: {}", self.reason, self.text)
    }
}

/// Lists what the original would lose from a file by reading and writing it, in the order of lines.
///
/// What only moves, such as a comment to the end of its stanza, is not lost.
///
/// # Errors
///
/// [`Error::Die`](crate::error::Error::Die) with the text of the original where it refuses to write
/// what it read: then it loses nothing. [`Error::Unsupported`](crate::error::Error::Unsupported)
/// where [`parse`] or [`render`] cannot tell what it would do.
pub fn loss(
    text: ByteText,
    facts: &Facts,
    dialect: Dialect,
    charset: Charset,
) -> Result<Vec<Loss>> {
    let config = parse(text, facts, charset)?;
    let written = render(config, dialect, charset, &mut Notes::default())?;
    let written = ByteText::decode(written.as_bytes());
    Ok(losses(&Document::read(text.as_str()), &Document::read(&written)))
}

/// What `before` says and `after` does not.
fn losses(before: &Document, after: &Document) -> Vec<Loss> {
    let (said, written) = (facts(before), facts(after));
    let lost = lost(before, &said, &written);
    let explanation = Explanation::new(before, after, &said, &written);
    lost.into_iter().map(|(at, fact)| explanation.loss(at, fact)).collect()
}

/// The statements that say what is not written, each with one such fact.
fn lost<'s, 'd>(
    before: &Document,
    said: &'s [Said<'d>],
    written: &[Said],
) -> Vec<(usize, &'s Fact<'d>)> {
    let mut kept: HashMap<&Fact, usize> = HashMap::new();
    for said in written {
        *kept.entry(&said.fact).or_default() += 1;
    }
    // Of two equal comments it is the one outside of stanzas that is lost.
    let is_outside = |said: &Said| {
        before.statements[said.statement].role == Role::Comment && !before.is_inside(said.statement)
    };
    let (outside, inside): (Vec<_>, Vec<_>) = said.iter().partition(|said| is_outside(said));

    let mut lost: Vec<(usize, &Fact)> = Vec::new();
    for said in inside.into_iter().chain(outside) {
        match kept.get_mut(&said.fact) {
            Some(count) if *count > 0 => *count -= usize::from(said.counts),
            _ => lost.push((said.statement, &said.fact)),
        }
    }
    lost.sort_by_key(|(at, _)| *at);
    lost.dedup_by_key(|(at, _)| *at);
    lost
}

/// What is needed to tell why a statement is lost.
struct Explanation<'d> {
    before: &'d Document<'d>,
    after: &'d Document<'d>,
    /// The last statement that the original reads for an option.
    winners: HashMap<OptionOf<'d>, usize>,
    /// The last stanza of an interface and family.
    stanzas: HashMap<(&'d str, Option<Family>), usize>,
    /// Where an option is written, by interface.
    written: HashMap<(&'d str, Cow<'d, str>), usize>,
    /// Where an interface is written to be started.
    started: HashMap<&'d str, usize>,
    /// The interfaces that are written without any of their options.
    emptied: HashSet<&'d str>,
}

/// An option of an interface; those of addresses count once for each family.
type OptionOf<'d> = (&'d str, Cow<'d, str>, Family);

impl<'d> Explanation<'d> {
    fn new(
        before: &'d Document<'d>,
        after: &'d Document<'d>,
        said: &[Said<'d>],
        written: &[Said<'d>],
    ) -> Self {
        let statements = 0..before.statements.len();
        let stanzas = 0..before.stanzas.len();
        let facts: HashMap<_, _> = written
            .iter()
            .map(|said| ((said.fact.iface, said.fact.name.clone()), said.statement))
            .collect();
        let started = written
            .iter()
            .filter(|said| after.statements[said.statement].role == Role::Names)
            .map(|said| (said.fact.iface, said.statement));
        // An OVS port that no bridge has is written as a plain card.
        let emptied = said
            .iter()
            .filter(|said| matches!(said.fact.name.as_ref(), "iface" | "ovs-type"))
            .filter(|said| !facts.contains_key(&(said.fact.iface, said.fact.name.clone())))
            .map(|said| said.fact.iface);
        Explanation {
            before,
            after,
            winners: statements.filter_map(|at| Some((single(before, at)?, at))).collect(),
            stanzas: stanzas.filter_map(|at| Some((family(before, at)?, at))).collect(),
            started: started.collect(),
            emptied: emptied.collect(),
            written: facts,
        }
    }

    fn loss(&self, at: usize, fact: &Fact) -> Loss {
        let statement = &self.before.statements[at];
        let (kind, reason) = self.explain(at, fact, statement);
        let iface = Some(fact.iface).filter(|iface| !iface.is_empty()).or(self.before.iface(at));
        let is_about = statement.role != Role::Comment || self.before.is_inside(at);
        Loss {
            line: statement.line,
            iface: iface.filter(|_| is_about).map(printable),
            kind,
            reason,
            text: printable(&statement.text),
        }
    }

    fn explain(&self, at: usize, fact: &Fact, statement: &Statement) -> (LossKind, String) {
        let is_inside = self.before.is_inside(at);
        if statement.role == Role::Comment && !is_inside {
            return (LossKind::Comment, "a comment outside of stanzas is lost".into());
        }
        if statement.is_continued() {
            return (
                LossKind::Continuation,
                "it goes on in the next line and is torn apart".into(),
            );
        }
        if self.before.iface(at).is_some_and(|iface| self.emptied.contains(iface)) {
            return (LossKind::Stanza, "lost with all options of its interface".into());
        }
        if statement.role == Role::Option && !is_inside {
            return (LossKind::Detached, self.why_detached(at));
        }
        if let Some(winner) = self.winner(at) {
            let line = self.before.statements[winner].line;
            return match self.before.statements[winner].stanza == statement.stanza {
                true => (LossKind::Overwritten, format!("lost, line {line} replaces it")),
                false => (LossKind::RepeatedStanza, format!("lost, line {line} replaces it")),
            };
        }
        if let Some(line) = self.repeated(at) {
            let reason = format!("lost, the stanza in line {line} replaces this one");
            return (LossKind::RepeatedStanza, reason);
        }
        match self.becomes(fact, statement.role) {
            Some(text) => (LossKind::Changed, format!("becomes '{}'", printable(text))),
            None if statement.role == Role::Comment => {
                (LossKind::Changed, "its bytes that are not UTF-8 are lost".into())
            }
            None => (LossKind::Dropped, "lost, it is not written".into()),
        }
    }

    fn why_detached(&self, at: usize) -> String {
        let stanza = self.before.statements[at].stanza.map(|stanza| &self.before.stanzas[stanza]);
        let end = stanza.map_or(at, |stanza| stanza.end);
        match self.before.statements.get(end) {
            Some(end) if end.role == Role::Blank => {
                format!("leaves its stanza, which the empty line {} ends", end.line)
            }
            Some(_) if end == at => "leaves its stanza, which it ends without a value".into(),
            end => {
                let line = end.map_or(0, |end| end.line);
                format!("leaves its stanza, which line {line} ends")
            }
        }
    }

    /// The statement that the original reads instead of this one.
    fn winner(&self, at: usize) -> Option<usize> {
        let winner = *self.winners.get(&single(self.before, at)?)?;
        (winner > at).then_some(winner)
    }

    /// The line of a later stanza of the same interface and family.
    fn repeated(&self, at: usize) -> Option<usize> {
        let stanza = self.before.statements[at].stanza?;
        let last = *self.stanzas.get(&family(self.before, stanza)?)?;
        let header = self.before.stanzas[last].header;
        (last > stanza).then(|| self.before.statements[header].line)
    }

    /// What is written in place of a statement.
    fn becomes(&self, fact: &Fact, role: Role) -> Option<&str> {
        let written = match role {
            Role::Names => self.started.get(fact.iface),
            Role::Header | Role::Option => self.written.get(&(fact.iface, fact.name.clone())),
            Role::Blank | Role::Comment | Role::Other => None,
        };
        let written = &self.after.statements[*written?];
        (written.role == role).then_some(&written.text)
    }
}

/// The option that a statement gives, if another one of it would replace this.
fn single<'d>(document: &'d Document, at: usize) -> Option<OptionOf<'d>> {
    let statement = &document.statements[at];
    let (word, value) = statement.split();
    let family = match store_of(word)? {
        _ if statement.role != Role::Option || !document.is_inside(at) => return None,
        Store::Members(_) | Store::Append(_) => return None,
        Store::Family(..) if value.contains(':') => Family::Inet6,
        Store::Family(..) => document.family(statement.stanza?).unwrap_or(Family::Inet),
        Store::Text(_) | Store::OnOff(_) | Store::Flag(_) | Store::BondMode(_) => Family::Inet,
    };
    Some((document.iface(at)?, canonical(word), family))
}

/// The interface and the family of a stanza.
fn family<'d>(document: &'d Document, stanza: usize) -> Option<(&'d str, Option<Family>)> {
    let header = document.header(stanza)?;
    Some((header.name, header.family.map(|(family, _)| family)))
}

/// Text for people: UTF-8 where it is that, on one line.
fn printable(text: &str) -> String {
    decode_utf8(text).chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
