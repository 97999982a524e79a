//! What two texts of the writer differ in, option by option.

use crate::interfaces::Family;
use crate::interfaces::key::{Store, store_of};
use crate::interfaces::meaning::{Fact, Reading};
use crate::interfaces::statement::Role;
use crate::perl::Charset;
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

/// What tells options apart: the name, and for an address its family.
pub(super) type Key<'a> = (Cow<'a, str>, Family);

/// What tells the option of a fact from others.
pub(super) fn key<'a>(fact: &Fact<'a>) -> Key<'a> {
    let is_address = matches!(fact.name.as_ref(), "address" | "gateway");
    let is_inet6 = is_address && fact.value.contains(':');
    (fact.name.clone(), if is_inet6 { Family::Inet6 } else { Family::Inet })
}

/// How several lines of an option go together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Arity {
    /// There is but one.
    One,
    /// They are one list.
    List,
    /// Each is for itself.
    Many,
}

/// A line of a text of the writer, with one of the facts that it says.
pub(super) struct Line<'a> {
    statement: usize,
    pub(super) text: &'a str,
    pub(super) value: &'a str,
    /// The family of its stanza.
    pub(super) family: Option<Family>,
}

/// An option with its lines before and after, which differ.
pub(super) struct Change<'a> {
    pub(super) key: Key<'a>,
    pub(super) old: Vec<Line<'a>>,
    pub(super) new: Vec<Line<'a>>,
}

/// The options that differ, in the order in which the writer has them.
pub(super) fn changes<'a>(was: &'a Reading, want: &'a Reading) -> Vec<Change<'a>> {
    let mut lines: BTreeMap<Key, (Vec<Line>, Vec<Line>)> = BTreeMap::new();
    for (key, line) in options(was) {
        lines.entry(key).or_default().0.push(line);
    }
    for (key, line) in options(want) {
        lines.entry(key).or_default().1.push(line);
    }
    let changes = lines.into_iter().map(|(key, (old, new))| Change { key, old, new });
    let mut changes: Vec<_> =
        changes.filter(|change| values(&change.old) != values(&change.new)).collect();
    changes.sort_by_key(|change| change.new.first().map(|line| line.statement));
    changes
}

impl<'a> Change<'a> {
    /// How several lines of the option go together.
    pub(super) fn arity(&self) -> Arity {
        let line = self.new.first().or(self.old.first());
        let option = line.map_or("", |line| Charset::Ascii.split_word(line.text).0);
        match store_of(option) {
            None | Some(Store::Append(_)) => Arity::Many,
            Some(Store::Members(_)) => Arity::List,
            Some(
                Store::Family(..)
                | Store::Text(_)
                | Store::OnOff(_)
                | Store::Flag(_)
                | Store::BondMode(_),
            ) => Arity::One,
        }
    }

    /// The lines that are there only before, and those that are there only after.
    pub(super) fn difference(&self) -> (Vec<&Line<'a>>, Vec<&Line<'a>>) {
        (beyond(&self.old, &self.new), beyond(&self.new, &self.old))
    }
}

fn options<'a>(reading: &'a Reading) -> impl Iterator<Item = (Key<'a>, Line<'a>)> {
    reading.said.iter().filter_map(|said| {
        let statement = &reading.document.statements[said.statement];
        let line = Line {
            statement: said.statement,
            text: &statement.text,
            value: &said.fact.value,
            family: reading.document.family(statement.stanza?),
        };
        (statement.role == Role::Option).then(|| (key(&said.fact), line))
    })
}

fn values<'a>(lines: &[Line<'a>]) -> Vec<&'a str> {
    let mut values: Vec<_> = lines.iter().map(|line| line.value).collect();
    values.sort_unstable();
    values
}

/// The lines whose values are not among those of others, as often as they are.
fn beyond<'l, 'a>(lines: &'l [Line<'a>], others: &[Line]) -> Vec<&'l Line<'a>> {
    let mut count: HashMap<&str, usize> = HashMap::new();
    others.iter().for_each(|line| *count.entry(line.value).or_default() += 1);
    let is_beyond = |line: &&Line| match count.get_mut(line.value) {
        Some(count) if *count > 0 => {
            *count -= 1;
            false
        }
        _ => true,
    };
    lines.iter().filter(is_beyond).collect()
}
