//! What a rewrite by the original would lose from a file.
//!
//! No list of its faults is kept here: the file is read and written as the original does it, and
//! what it said before and no longer says is lost. The rest is to tell people why.

use super::key::{Store, store_of};
use super::meaning::{Fact, Reading, Said, canonical};
use super::model::Family;
use super::render::render_unchecked;
use super::statement::{Document, Role, Statement};
use super::{Config, Dialect, parse};
use crate::error::Result;
use crate::host::Facts;
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
/// What only moves, such as a comment to the end of its stanza, is not lost. Where the relations
/// between interfaces keep the file from being written, it is what is lost once they are mended.
///
/// # Errors
///
/// [`Error::Die`](crate::error::Error::Die) with the text of the original where it cannot read the
/// file or print a stanza: then it loses nothing. [`Error::Unsupported`](crate::error::Error::Unsupported)
/// where [`parse()`] or [`render()`](super::render()) cannot tell what it would do.
pub fn loss(
    text: ByteText,
    facts: &Facts,
    dialect: Dialect,
    charset: Charset,
) -> Result<Vec<Loss>> {
    losses_of(text, parse(text, facts, charset)?, dialect, charset)
}

/// The same for a file that has been read.
pub(super) fn losses_of(
    text: ByteText,
    config: Config,
    dialect: Dialect,
    charset: Charset,
) -> Result<Vec<Loss>> {
    let written = render_unchecked(config, dialect, charset)?;
    let written = ByteText::decode(written.as_bytes());
    Ok(losses(&Document::read(text.as_str()), &Document::read(&written)))
}

/// What `before` says and `after` does not.
fn losses(before: &Document, after: &Document) -> Vec<Loss> {
    let (before, after) = (Reading::new(before), Reading::new(after));
    let lost = lost(&before, &after);
    let explanation = Explanation::new(&before, &after);
    lost.into_iter().filter_map(|(at, fact)| explanation.loss(at, fact)).collect()
}

/// The statements that say what is not written, each with one such fact.
fn lost<'s, 'd>(before: &'s Reading<'d>, after: &Reading) -> Vec<(usize, &'s Fact<'d>)> {
    let mut kept: HashMap<&Fact, usize> = HashMap::new();
    for said in &after.said {
        *kept.entry(&said.fact).or_default() += 1;
    }
    // Of two equal comments it is the one outside of stanzas that is lost.
    let is_outside = |said: &Said| {
        let is_comment = before.document.statements[said.statement].role == Role::Comment;
        is_comment && !before.document.is_inside(said.statement)
    };
    let (outside, inside): (Vec<_>, Vec<_>) = before.said.iter().partition(|said| is_outside(said));

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
    stanzas: HashMap<(&'d str, Family), usize>,
    /// Where an option is written.
    written: HashMap<OptionOf<'d>, usize>,
    /// Where an interface is written to be started.
    started: HashMap<&'d str, usize>,
    /// The lines that are written, whatever for.
    texts: HashSet<&'d str>,
    /// The interfaces that are written without any of their options.
    emptied: HashSet<&'d str>,
}

/// An option of an interface; those of addresses count once for each family.
type OptionOf<'d> = (&'d str, Cow<'d, str>, Family);

fn option_of<'d>(fact: &Fact<'d>) -> OptionOf<'d> {
    let is_inet6 = matches!(fact.name.as_ref(), "address" | "gateway") && fact.value.contains(':');
    (fact.iface, fact.name.clone(), if is_inet6 { Family::Inet6 } else { Family::Inet })
}

impl<'d> Explanation<'d> {
    fn new(before: &Reading<'d>, after: &Reading<'d>) -> Self {
        let (said, written) = (&before.said, &after.said);
        let (before, after) = (before.document, after.document);
        let role = |said: &Said| after.statements[said.statement].role;
        let facts: HashSet<_> =
            written.iter().map(|said| (said.fact.iface, &said.fact.name)).collect();
        // An OVS port that no bridge has is written as a plain card.
        let emptied = said
            .iter()
            .filter(|said| matches!(said.fact.name.as_ref(), "iface" | "ovs-type"))
            .filter(|said| before.is_inside(said.statement))
            .filter(|said| !facts.contains(&(said.fact.iface, &said.fact.name)))
            .map(|said| said.fact.iface);
        let options = written.iter().filter(|said| role(said) != Role::Names);
        let started = written.iter().filter(|said| role(said) == Role::Names);
        let statements = 0..before.statements.len();
        let stanzas = 0..before.stanzas.len();
        Explanation {
            before,
            after,
            winners: statements.filter_map(|at| Some((single(before, at)?, at))).collect(),
            stanzas: stanzas.filter_map(|at| Some((family(before, at)?, at))).collect(),
            written: options.map(|said| (option_of(&said.fact), said.statement)).collect(),
            started: started.map(|said| (said.fact.iface, said.statement)).collect(),
            texts: after.statements.iter().map(|statement| statement.text.as_ref()).collect(),
            emptied: emptied.collect(),
        }
    }

    /// `None` where only what goes with a line is lost, as the netmask of an address.
    fn loss(&self, at: usize, fact: &Fact) -> Option<Loss> {
        let statement = &self.before.statements[at];
        let (kind, reason) = self.explain(at, fact, statement)?;
        let iface = Some(fact.iface).filter(|iface| !iface.is_empty()).or(self.before.iface(at));
        let is_about = statement.role != Role::Comment || self.before.is_inside(at);
        Some(Loss {
            line: statement.line,
            iface: iface.filter(|_| is_about).map(printable),
            kind,
            reason,
            text: printable(&statement.text),
        })
    }

    fn explain(&self, at: usize, fact: &Fact, statement: &Statement) -> Option<(LossKind, String)> {
        let is_comment = statement.role == Role::Comment;
        let is_inside = self.before.is_inside(at);
        if is_comment && !is_inside {
            return Some((LossKind::Comment, "a comment outside of stanzas is lost".into()));
        }
        if statement.is_continued() {
            let reason = "goes on in the next line, and is torn apart";
            return Some((LossKind::Continuation, reason.into()));
        }
        if !statement.text.is_ascii() && !is_comment {
            let reason = "its characters beyond ASCII are encoded once more";
            return Some((LossKind::Changed, reason.into()));
        }
        if self.before.iface(at).is_some_and(|iface| self.emptied.contains(iface)) {
            return Some((LossKind::Stanza, "lost with all options of its interface".into()));
        }
        let is_option = statement.role == Role::Option;
        if is_option && !is_inside && self.texts.contains(statement.text.as_ref()) {
            return Some((LossKind::Detached, self.why_detached(at)));
        }
        if let Some(winner) = self.winner(at) {
            let winner = &self.before.statements[winner];
            let is_same = winner.stanza == statement.stanza;
            let kind = if is_same { LossKind::Overwritten } else { LossKind::RepeatedStanza };
            return Some((kind, format!("lost, line {} replaces it", winner.line)));
        }
        if let Some(line) = self.repeated(at) {
            let reason = format!("lost, the stanza in line {line} replaces this one");
            return Some((LossKind::RepeatedStanza, reason));
        }
        if is_comment && !statement.text.is_ascii() {
            return Some((LossKind::Changed, "its bytes that are not UTF-8 are lost".into()));
        }
        match self.becomes(fact, statement) {
            Some(text) if text == statement.text => None,
            Some(text) => Some((LossKind::Changed, format!("becomes '{}'", printable(text)))),
            None => Some((LossKind::Dropped, "lost, it is not written".into())),
        }
    }

    fn why_detached(&self, at: usize) -> String {
        let stanza = self.before.statements[at].stanza;
        let end = stanza.map_or(at, |stanza| self.before.stanzas[stanza].end);
        if end == at {
            return "leaves its stanza, which it ends for want of a value".into();
        }
        let end = &self.before.statements[end];
        let what = if end.role == Role::Blank { "the empty line" } else { "line" };
        format!("leaves its stanza, which {what} {} ends", end.line)
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
    fn becomes(&self, fact: &Fact, statement: &Statement) -> Option<&str> {
        let written = match statement.role {
            Role::Names => self.started.get(fact.iface),
            Role::Header | Role::Option => self.written.get(&option_of(fact)),
            Role::Blank | Role::Comment | Role::Other => None,
        };
        let written = &self.after.statements[*written?];
        let is_same = written.role == Role::Names
            || canonical(written.split().0) == canonical(statement.split().0);
        is_same.then_some(&written.text)
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

/// The interface and the family of a stanza, as the original keeps its options.
fn family<'d>(document: &'d Document, stanza: usize) -> Option<(&'d str, Family)> {
    let header = document.header(stanza)?;
    Some((header.name, header.family.map_or(Family::Inet, |(family, _)| family)))
}

/// Text for people: UTF-8 where it is that, on one line.
fn printable(text: &str) -> String {
    decode_utf8(text).chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
