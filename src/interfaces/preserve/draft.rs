//! The stanzas of one interface while they are edited in place.
//!
//! An edit is what two texts of the writer differ in: one of the file as it was, and one of what it
//! shall be. All that the writer changes or loses by itself is the same in both. The edit is done to
//! the lines that the file has.

use super::change::{Arity, Change, Key, Line, changes, key};
use super::{check_line, refuse};
use crate::error::Result;
use crate::interfaces::Family;
use crate::interfaces::meaning::Reading;
use crate::interfaces::parse::Header;
use crate::interfaces::statement::{Document, Role};
use crate::perl::Charset;
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

/// The stanzas of one interface.
pub(super) struct Draft<'d> {
    base: &'d Reading<'d>,
    /// Those that it has in the document.
    stanzas: Vec<usize>,
    parts: Vec<Part<'d>>,
}

/// One stanza.
struct Part<'d> {
    is_new: bool,
    header: Cow<'d, str>,
    family: Option<Family>,
    body: Vec<Entry<'d>>,
    /// New options, and new comments behind them.
    added: String,
    comments: String,
}

/// A statement of a stanza; its text is empty once it is removed.
struct Entry<'d> {
    text: Cow<'d, str>,
    /// Its place in the document.
    statement: usize,
}

/// Where an entry is: its part, and its place in that.
type At = (usize, usize);

impl<'d> Draft<'d> {
    /// Takes stanzas out of a document.
    pub(super) fn new(base: &'d Reading<'d>, stanzas: Vec<usize>) -> Self {
        let raw = |at: usize| Cow::Borrowed(base.document.statements[at].raw);
        let entry = |statement: usize| Entry { text: raw(statement), statement };
        let part = |&stanza: &usize| {
            let place = &base.document.stanzas[stanza];
            Part {
                is_new: false,
                header: raw(place.header),
                family: base.document.family(stanza),
                body: (place.header + 1..place.end).map(entry).collect(),
                added: String::new(),
                comments: String::new(),
            }
        };
        let parts = stanzas.iter().map(part).collect();
        Draft { base, stanzas, parts }
    }

    /// Does to the stanzas what makes `want` of `was`.
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`](crate::error::Error::Unsupported) where it is not clear how.
    pub(super) fn edit(&mut self, was: &Reading, want: &Reading) -> Result<()> {
        self.edit_headers(was.document, want.document)?;
        self.edit_options(was, want)?;
        self.edit_comments(was.document, want.document)
    }

    /// Puts lines in front of the first stanza.
    pub(super) fn prepend(&mut self, lines: &str) {
        if let Some(first) = self.parts.first_mut() {
            first.header = format!("{lines}{}", first.header).into();
        }
    }

    /// The texts that replace statements, and the new stanzas.
    pub(super) fn into_changes(self) -> (BTreeMap<usize, String>, String) {
        let place = |stanza: usize| &self.base.document.stanzas[stanza];
        let statements = |stanza: &usize| place(*stanza).header..place(*stanza).end;
        let statements = self.stanzas.iter().flat_map(statements);
        let mut changed: BTreeMap<_, _> = statements.map(|at| (at, String::new())).collect();
        let mut new = String::new();
        // A stanza whose place is free moves up, to the lines that start the interface.
        let mut places = self.stanzas.iter().map(|stanza| place(*stanza).header);
        for part in &self.parts {
            let place = if part.is_new { None } else { places.next() };
            match place {
                Some(place) => part.write(changed.entry(place).or_default()),
                None => {
                    push_line(&mut new, "\n");
                    part.write(&mut new);
                }
            }
        }
        (changed, new)
    }

    /// Gives the stanzas the families and methods that are wanted.
    fn edit_headers(&mut self, was: &Document, want: &Document) -> Result<()> {
        let (was, want) = (headers(was), headers(want));
        let same = |(a, b): (&Header, &Header)| a.name == b.name && a.family == b.family;
        if was.len() == want.len() && was.iter().zip(&want).all(same) {
            return Ok(());
        }
        let present: Vec<_> = self.parts.iter().map(|part| part.family).collect();
        let is_wanted = |part: &Part| want.iter().any(|header| family(header) == part.family);
        let mut added = want.iter().filter(|header| !present.contains(&family(header)));

        // A stanza whose family is gone becomes one of a family that is new.
        for part in self.parts.iter_mut().filter(|part| !is_wanted(part)) {
            if let Some(header) = added.next() {
                part.family = family(header);
            }
        }
        added.for_each(|header| self.add_part(family(header)));
        for part in &mut self.parts {
            if let Some(header) = want.iter().find(|header| family(header) == part.family) {
                part.rewrite_header(header);
            }
        }

        // What is left of a stanza that goes moves to the next one that stays, else to the last.
        let mut moved = Vec::new();
        let mut kept: Vec<Part> = Vec::new();
        for mut part in self.parts.drain(..) {
            if is_wanted(&part) {
                moved.append(&mut part.body);
                part.body = std::mem::take(&mut moved);
                kept.push(part);
            } else {
                moved.append(&mut part.body);
            }
        }
        let last = kept.last_mut().ok_or_else(|| refuse("no stanza would be left"))?;
        last.body.append(&mut moved);
        self.parts = kept;
        Ok(())
    }

    /// Adds a stanza; the addresses of its family move to it from one that is of both families.
    fn add_part(&mut self, family: Option<Family>) {
        let base = self.base;
        let is_moved = |entry: &Entry| {
            let mut keys = base.of(entry.statement).iter().map(|said| key(&said.fact));
            keys.any(|(name, of)| {
                matches!(name.as_ref(), "address" | "gateway") && Some(of) == family
            })
        };
        let mut body = Vec::new();
        for part in &mut self.parts {
            let (moved, kept): (Vec<_>, Vec<_>) = part.body.drain(..).partition(is_moved);
            body.extend(moved);
            part.body = kept;
        }
        let (added, comments) = (String::new(), String::new());
        self.parts.push(Part { is_new: true, header: "".into(), family, body, added, comments });
    }

    fn edit_options(&mut self, was: &Reading, want: &Reading) -> Result<()> {
        let entries = self.entries();
        changes(was, want).iter().try_for_each(|change| {
            let entries = entries.get(&change.key).map_or(&[][..], Vec::as_slice);
            match (change.arity(), entries) {
                (Arity::Many, _) => self.edit_many(change, entries),
                (Arity::One, _) if change.key.0 == "address" => self.edit_address(change, entries),
                (Arity::One, [_, again, ..]) => {
                    let (name, _) = &change.key;
                    Err(refuse(format_args!("line {}: {name} is given again", self.line(*again))))
                }
                _ => self.edit_one(change, entries),
            }
        })
    }

    /// Edits an option of which there is one line, or all are one list.
    fn edit_one(&mut self, change: &Change, entries: &[At]) -> Result<()> {
        match (change.new.first(), entries.split_first()) {
            (Some(line), None) => self.insert(line)?,
            (Some(line), Some((first, _))) => self.replace(*first, line)?,
            (None, _) => {}
        }
        let kept = usize::from(!change.new.is_empty());
        entries.iter().skip(kept).for_each(|at| self.remove(*at));
        Ok(())
    }

    /// Edits the address that the original reads: of several, the last one.
    fn edit_address(&mut self, change: &Change, entries: &[At]) -> Result<()> {
        let Some(old) = change.old.first() else { return self.edit_one(change, &[]) };
        let is_old = |at: &&At| {
            let statement = self.parts[at.0].body[at.1].statement;
            let is_address = self.base.document.statements[statement].split().0 == "address";
            is_address && self.base.of(statement).iter().any(|said| said.fact.value == old.value)
        };
        let Some(at) = entries.iter().rev().find(is_old).copied() else {
            return Err(refuse(format_args!("there is no line 'address {}'", old.value)));
        };
        // What goes with an address alone.
        let body = &self.parts[at.0].body;
        let word = |entry: &Entry| self.base.document.statements[entry.statement].split().0;
        let is_other = |entry: &Entry| word(entry) == "address";
        let start = body[..at.1].iter().rposition(is_other).map_or(0, |_| at.1);
        let count = body[at.1 + 1..].iter().position(is_other).unwrap_or(body.len() - at.1 - 1);
        let companions: Vec<_> = (start..=at.1 + count)
            .filter(|at| matches!(word(&body[*at]), "netmask" | "broadcast"))
            .collect();
        companions.into_iter().for_each(|companion| self.remove((at.0, companion)));
        self.edit_one(change, &[at])
    }

    /// Edits an option each of whose lines is for itself.
    fn edit_many(&mut self, change: &Change, entries: &[At]) -> Result<()> {
        let mut places: HashMap<&str, Vec<At>> = HashMap::new();
        for at in entries {
            let statement = self.parts[at.0].body[at.1].statement;
            for said in self.base.of(statement) {
                places.entry(&said.fact.value).or_default().push(*at);
            }
        }
        let (removed, added) = change.difference();
        let mut removed = removed.into_iter().map(|line| {
            let at = places.get_mut(line.value).and_then(Vec::pop);
            at.ok_or_else(|| refuse(format_args!("there is no line '{}'", line.text)))
        });
        for line in added {
            match removed.next().transpose()? {
                Some(at) => self.replace(at, line)?,
                None => self.insert(line)?,
            }
        }
        let rest: Vec<_> = removed.collect::<Result<_>>()?;
        rest.into_iter().for_each(|at| self.remove(at));
        Ok(())
    }

    /// Puts the new comment lines in place of those that differ.
    fn edit_comments(&mut self, was: &Document, want: &Document) -> Result<()> {
        let (was, want) = (comments(was), comments(want));
        if was == want {
            return Ok(());
        }
        let places = self.parts.iter().enumerate().flat_map(|(part, stanza)| {
            let entries = stanza.body.iter().enumerate();
            entries.filter(|(_, entry)| entry.is_comment()).map(move |(at, _)| (part, at))
        });
        let places: Vec<At> = places.collect();
        let here = places.iter().map(|at| self.parts[at.0].body[at.1].text.trim());
        if !here.eq(was.iter().copied()) {
            return Err(refuse("its comments are not all that the original reads"));
        }

        let same = was.iter().zip(&want).take_while(|(was, want)| was == want).count();
        let (was, want) = (&was[same..], &want[same..]);
        let same_end = was.iter().rev().zip(want.iter().rev()).take_while(|(a, b)| a == b).count();
        let new = &want[..want.len() - same_end];
        let gone = &places[same..same + was.len() - same_end];

        let mut text = String::new();
        for line in new {
            check_line(line, true)?;
            push_line(&mut text, &format!("{line}\n"));
        }
        gone.iter().for_each(|at| self.remove(*at));
        // where the first one was, else behind the one before, else before the one behind
        let before = same.checked_sub(1).map(|at| places[at]);
        match (gone.first(), before, places.get(same)) {
            (Some(at), ..) => self.parts[at.0].body[at.1].text = text.into(),
            (None, Some(at), _) => push_line(self.parts[at.0].body[at.1].text.to_mut(), &text),
            (None, None, Some(at)) => {
                self.parts[at.0].body[at.1].text.to_mut().insert_str(0, &text);
            }
            (None, None, None) => self.parts[0].comments = text,
        }
        Ok(())
    }

    /// The entries that say something of an option.
    fn entries(&self) -> BTreeMap<Key<'d>, Vec<At>> {
        let mut entries: BTreeMap<_, Vec<At>> = BTreeMap::new();
        for (part, stanza) in self.parts.iter().enumerate() {
            for (at, entry) in stanza.body.iter().enumerate() {
                for said in self.base.of(entry.statement) {
                    let entries = entries.entry(key(&said.fact)).or_default();
                    if entries.last() != Some(&(part, at)) {
                        entries.push((part, at));
                    }
                }
            }
        }
        entries
    }

    fn line(&self, at: At) -> usize {
        self.base.document.statements[self.parts[at.0].body[at.1].statement].line
    }

    fn remove(&mut self, at: At) {
        self.parts[at.0].body[at.1].text = "".into();
    }

    /// Gives an option another value; its spelling and place stay.
    fn replace(&mut self, at: At, line: &Line) -> Result<()> {
        check_line(line.text, false)?;
        let entry = &mut self.parts[at.0].body[at.1];
        let (indent, rest) = split_indent(&entry.text);
        let (word, rest) = Charset::Ascii.split_word(rest);
        let (gap, _) = split_indent(rest);
        let (_, value) = split_indent(Charset::Ascii.split_word(line.text).1);
        entry.text = [indent, word, gap, value, newline(&entry.text)].concat().into();
        Ok(())
    }

    /// Adds an option to the last stanza of its family, else to the first.
    fn insert(&mut self, line: &Line) -> Result<()> {
        check_line(line.text, false)?;
        let part = self.parts.iter().rposition(|part| part.family == line.family);
        let part = &mut self.parts[part.unwrap_or(0)];
        let like = part.body.iter().rfind(|entry| entry.is_option());
        let like = like.map_or("\toption\n", |entry| &entry.text);
        part.added.push_str(&[split_indent(like).0, line.text, newline(like)].concat());
        Ok(())
    }
}

impl Part<'_> {
    fn rewrite_header(&mut self, header: &Header) {
        let mut words = vec!["iface", header.name];
        if let Some((family, method)) = header.family {
            words.extend([family.as_str(), method]);
        }
        let text = words.join(" ");
        if Charset::Ascii.split(self.header.trim()).ne(words) {
            let (indent, _) = split_indent(&self.header);
            self.header = [indent, &text, newline(&self.header)].concat().into();
        }
    }

    /// Writes the stanza; new options follow the last one.
    fn write(&self, text: &mut String) {
        push_line(text, &self.header);
        let options = self.body.iter().rposition(Entry::is_option).map_or(0, |last| last + 1);
        let (options, rest) = self.body.split_at(options);
        options.iter().for_each(|entry| push_line(text, &entry.text));
        push_line(text, &self.added);
        rest.iter().for_each(|entry| push_line(text, &entry.text));
        push_line(text, &self.comments);
    }
}

impl Entry<'_> {
    fn is_comment(&self) -> bool {
        self.text.trim_start().starts_with('#')
    }

    fn is_option(&self) -> bool {
        !self.text.is_empty() && !self.is_comment()
    }
}

/// Appends lines; what stands before them may lack its newline at the end of a file.
pub(super) fn push_line(text: &mut String, line: &str) {
    if !line.is_empty() && !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    text.push_str(line);
}

fn split_indent(line: &str) -> (&str, &str) {
    line.split_at(line.len() - Charset::Ascii.trim_start(line).len())
}

/// The end of a line like this one.
fn newline(like: &str) -> &'static str {
    if like.ends_with("\r\n") { "\r\n" } else { "\n" }
}

fn headers<'a>(document: &'a Document) -> Vec<Header<'a>> {
    (0..document.stanzas.len()).filter_map(|stanza| document.header(stanza)).collect()
}

fn family(header: &Header) -> Option<Family> {
    header.family.map(|(family, _)| family)
}

fn comments<'a>(document: &'a Document) -> Vec<&'a str> {
    let comments = document.statements.iter().filter(|statement| statement.role == Role::Comment);
    comments.map(|statement| statement.text.as_ref()).collect()
}
