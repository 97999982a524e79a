//! A file while the stanzas of its interfaces are edited in place.

use super::draft::{Draft, push_line};
use super::{check_line, refuse};
use crate::error::Result;
use crate::interfaces::meaning::Reading;
use crate::interfaces::statement::{Role, Statement};
use crate::interfaces::{Config, Key, Kind};
use std::collections::{BTreeMap, HashMap, HashSet};

/// A file that is edited.
pub(super) struct Editor<'d> {
    base: &'d Reading<'d>,
    /// The configuration of the file.
    was: &'d Config<'d>,
    /// The stanzas of an interface.
    stanzas: HashMap<&'d str, Vec<usize>>,
    /// The `auto` and `allow-…` lines that name an interface.
    names: HashMap<&'d str, Vec<usize>>,
    /// The first words of such lines that the original writes by itself.
    starters: Vec<String>,
    /// What replaces a name in such a line; nothing where it is taken out.
    replaced: BTreeMap<usize, HashMap<String, Option<String>>>,
    /// New texts of other statements; empty where one is removed.
    changed: BTreeMap<usize, String>,
    /// What follows a statement.
    behind: BTreeMap<usize, String>,
}

impl<'d> Editor<'d> {
    /// Starts to edit a document, of which `was` is the configuration.
    pub(super) fn new(base: &'d Reading<'d>, was: &'d Config<'d>) -> Self {
        let document = base.document;
        let mut stanzas: HashMap<_, Vec<_>> = HashMap::new();
        for (stanza, place) in document.stanzas.iter().enumerate() {
            let name = document.iface(place.header).unwrap_or_default();
            stanzas.entry(name).or_default().push(stanza);
        }
        let mut names: HashMap<_, Vec<_>> = HashMap::new();
        for said in &base.said {
            if document.statements[said.statement].role == Role::Names {
                names.entry(said.fact.iface).or_default().push(said.statement);
            }
        }
        let starters = ["auto", "allow-auto", "allow-hotplug", "allow-ovs"].map(str::to_owned);
        let bridges = was.ifaces.iter().filter(|(_, iface)| iface.kind() == Kind::OvsBridge);
        let starters = starters.into_iter().chain(bridges.map(|(name, _)| format!("allow-{name}")));
        Editor {
            base,
            was,
            stanzas,
            names,
            starters: starters.collect(),
            replaced: BTreeMap::new(),
            changed: BTreeMap::new(),
            behind: BTreeMap::new(),
        }
    }

    /// Removes an interface.
    ///
    /// # Errors
    ///
    /// As [`Self::edit`].
    pub(super) fn remove(&mut self, name: &str) -> Result<()> {
        for stanza in self.stanzas_of(name)? {
            let place = &self.base.document.stanzas[stanza];
            self.changed.extend((place.header..place.end).map(|at| (at, String::new())));
        }
        self.replace_name(name, None)
    }

    /// Does to an interface what makes `want` of `was`; one that has no stanza gets those of `want`.
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`](crate::error::Error::Unsupported) where it is not clear how.
    pub(super) fn edit(&mut self, name: &str, was: &Reading, want: &Reading) -> Result<()> {
        let stanzas = self.stanzas_of(name)?;
        let Some(last) = stanzas.last().map(|stanza| self.base.document.stanzas[*stanza].end - 1)
        else {
            let starters = self.start(name, &BTreeMap::new(), &starters(want))?;
            return self.append(&starters, want);
        };
        let starters = self.start(name, &starters(was), &starters(want))?;
        let mut draft = Draft::new(self.base, stanzas);
        draft.edit(was, want)?;
        draft.prepend(&starters);
        let (changed, new) = draft.into_changes();
        self.changed.extend(changed);
        self.put_behind(last, &new);
        Ok(())
    }

    /// Gives an interface another name in the lines that start it; [`Self::edit`] does the rest.
    ///
    /// # Errors
    ///
    /// As [`Self::edit`].
    pub(super) fn rename(&mut self, name: &str, new: &str) -> Result<()> {
        self.replace_name(name, Some(new))
    }

    /// The text with all edits.
    pub(super) fn finish(mut self) -> String {
        for (at, names) in &self.replaced {
            let line = self.base.document.statements[*at].raw;
            self.changed.insert(*at, with_names(line, names));
        }
        let mut text = String::new();
        // Of the empty lines around what is removed one is enough.
        let (mut follows_blank, mut follows_removed) = (true, false);
        for (at, statement) in self.base.document.statements.iter().enumerate() {
            let raw = self.changed.get(&at).map_or(statement.raw, String::as_str);
            let is_blank = statement.role == Role::Blank;
            if raw.is_empty() {
                follows_removed = true;
            } else if !(is_blank && follows_blank && follows_removed) {
                push_line(&mut text, raw);
                (follows_blank, follows_removed) = (is_blank, false);
            }
            if let Some(new) = self.behind.get(&at) {
                push_line(&mut text, new);
                (follows_blank, follows_removed) = (false, false);
            }
        }
        if follows_blank && follows_removed {
            let end = text.trim_end_matches(['\r', '\n']).len();
            text.truncate(text[end..].find('\n').map_or(text.len(), |newline| end + newline + 1));
        }
        text
    }

    /// The stanzas of an interface, if the original and ifupdown2 agree on what is in them.
    fn stanzas_of(&self, name: &str) -> Result<Vec<usize>> {
        let document = self.base.document;
        let stanzas = self.stanzas.get(name).cloned().unwrap_or_default();
        let place = self.was.ifaces.get(name).and_then(|iface| iface.get(Key::Priority));
        // the place of an `lo` that is not in the file is 1
        if stanzas.is_empty() && place.is_some_and(|place| place.to_number() > 1.0) {
            return Err(refuse(format_args!("ifupdown2 reads no stanza of {name}")));
        }
        for stanza in &stanzas {
            let place = &document.stanzas[*stanza];
            let header = &document.statements[place.header];
            if document.header(*stanza).is_none() {
                let Statement { line, text, .. } = header;
                return Err(refuse(format_args!("line {line}: the original knows no '{text}'")));
            }
            let is_of_it = |statement: &&Statement| statement.stanza == Some(*stanza);
            let rest = document.statements[place.end..].iter().take_while(is_of_it);
            if let Some(stray) = rest.into_iter().find(|stray| stray.role == Role::Option) {
                return Err(refuse(format_args!(
                    "line {}: '{}' is an option of {name} to ifupdown2 only",
                    stray.line, stray.text
                )));
            }
        }
        Ok(stanzas)
    }

    /// The lines that shall start an interface and are missing.
    fn start(&mut self, name: &str, was: &Starters, want: &Starters) -> Result<String> {
        let here = if was.iter().any(|line| !want.contains_key(line.0)) {
            self.replace_name(name, None)?;
            HashSet::new()
        } else {
            let here = self.names.get(name).into_iter().flatten();
            let here = here.map(|at| self.base.document.statements[*at].split().0);
            here.chain(was.keys().copied()).collect()
        };
        let missing = want.iter().filter(|(word, _)| !here.contains(*word));
        Ok(missing.map(|(_, line)| format!("{line}\n")).collect())
    }

    /// Replaces an interface in the lines that start it, or takes it out of them.
    fn replace_name(&mut self, name: &str, new: Option<&str>) -> Result<()> {
        for at in self.names.get(name).into_iter().flatten() {
            let statement = &self.base.document.statements[*at];
            if !self.starters.iter().any(|starter| starter == statement.split().0) {
                continue;
            }
            if statement.is_continued() {
                return Err(refuse(format_args!(
                    "line {}: it goes on in the next line",
                    statement.line
                )));
            }
            let replaced = self.replaced.entry(*at).or_default();
            replaced.insert(name.to_owned(), new.map(str::to_owned));
        }
        Ok(())
    }

    /// Puts new stanzas behind all others.
    fn append(&mut self, starters: &str, want: &Reading) -> Result<()> {
        let mut text = starters.to_owned();
        for statement in &want.document.statements {
            check_line(&statement.text, statement.role == Role::Comment)?;
            if statement.role != Role::Names {
                push_line(&mut text, statement.raw);
            }
        }
        let document = self.base.document;
        let is_of_stanza = |at: &usize| match document.statements[*at].role {
            Role::Header | Role::Option => true,
            _ => document.is_inside(*at),
        };
        let count = document.statements.len();
        let last = (0..count).rev().find(is_of_stanza).unwrap_or(count.saturating_sub(1));
        self.put_behind(last, &format!("\n{}\n", text.trim_end()));
        Ok(())
    }

    fn put_behind(&mut self, statement: usize, text: &str) {
        if !text.is_empty() {
            push_line(self.behind.entry(statement).or_default(), text);
        }
    }
}

/// The lines that start an interface, by their first word.
type Starters<'a> = BTreeMap<&'a str, &'a str>;

fn starters<'a>(reading: &'a Reading) -> Starters<'a> {
    let names = reading.document.statements.iter().filter(|line| line.role == Role::Names);
    names.map(|line| (line.split().0, line.text.as_ref())).collect()
}

/// A line with other names for some, or without them; empty where none is left.
fn with_names(line: &str, names: &HashMap<String, Option<String>>) -> String {
    let mut text = String::with_capacity(line.len());
    let mut words = 0;
    let mut rest = line;
    while !rest.is_empty() {
        let (gap, word) = rest.split_at(rest.len() - rest.trim_start().len());
        let (word, tail) = word.split_at(word.find(char::is_whitespace).unwrap_or(word.len()));
        rest = tail;
        let word = match names.get(word) {
            _ if words == 0 => word, // the first word is no name
            Some(None) => continue,
            Some(Some(new)) => new,
            None => word,
        };
        text.push_str(gap);
        text.push_str(word);
        words += usize::from(!word.is_empty());
    }
    if words > 1 { text } else { String::new() }
}
