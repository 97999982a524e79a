//! Changes to the text of `migration.toml`.
//!
//! A change replaces one range of the text: every byte outside of it stays as the administrator
//! wrote it, and so do line ends, comments and the order of things.

use super::keys::is_bare;
use super::{Engine, Feature, Migration, Phase, Problems, Seam};
use std::ops::Range;
use toml_edit::{Document, Item, Key, Table, TableLike, Value};

/// One change.
#[derive(Debug, Clone, Copy)]
pub enum Edit {
    /// Sets the phase.
    Phase(Phase),
    /// Lets a node have the phase of all nodes again.
    NoPhase,
    /// Sets the engine of a seam, or leaves it to the phase again.
    Function(&'static Seam, Option<Engine>),
    /// Turns a feature on or off.
    Feature(Feature, bool),
}

impl Edit {
    /// The table its key is in, the key, and its new value as TOML; no value takes the key out.
    fn parts(&self) -> (Option<&'static str>, &'static str, Option<String>) {
        match *self {
            Edit::Phase(phase) => (None, "phase", Some(format!("\"{phase}\""))),
            Edit::NoPhase => (None, "phase", None),
            Edit::Function(seam, engine) => {
                let value = engine.map(|engine| format!("\"{}\"", engine.name()));
                (Some("functions"), seam.name, value)
            }
            Edit::Feature(feature, on) => (Some("features"), feature.name(), Some(on.to_string())),
        }
    }
}

/// Changes the text for all nodes, or for one; returns the new text.
///
/// `file` is its name in messages. If there is no text yet, it begins as the shortest one that
/// is valid.
///
/// # Errors
///
/// What is wrong with the text: one that is not valid is not changed.
pub fn edit(
    file: &str,
    text: Option<&str>,
    node: Option<&str>,
    edit: &Edit,
) -> Result<String, Problems> {
    let text = text.map_or_else(|| format!("phase = \"{}\"\n", Phase::PerlOnly), String::from);
    match edit {
        Edit::Phase(_) => Migration::parse_to_edit(file, Some(&text))?,
        _ => Migration::parse(file, Some(&text))?,
    };

    let (section, name, value) = edit.parts();
    let node = node.map(|node| ["nodes", node]);
    let mut path: Vec<&str> = node.into_iter().flatten().chain(section).collect();
    path.push(name);

    // The text is valid, so it parses.
    let splice = Document::parse(text.as_str()).ok().and_then(|document| {
        let entry = Entry::find(&document, &path);
        match value {
            Some(value) => entry.set(&text, &path, &value),
            None => entry.unset(&text),
        }
    });
    let mut edited = text;
    if let Some(Splice { range, text }) = splice {
        edited.replace_range(range, &text);
    }
    Migration::parse(&format!("{file} as changed"), Some(&edited))?;
    Ok(edited)
}

/// Replaces a range of the text.
struct Splice {
    range: Range<usize>,
    text: String,
}

/// A key of the file and its value, written already or not.
struct Entry<'a> {
    /// The key and its value, if they are there.
    written: Option<(&'a Key, &'a Item)>,
    /// The innermost table around it that has a header or braces.
    home: Home<'a>,
    /// How many names of the path lead to `home`.
    depth: usize,
    /// How many names of the path exist.
    found: usize,
}

/// A table, as it is written.
enum Home<'a> {
    /// Lines below a header, or at the start of the file.
    Lines(&'a Table),
    /// `{ ... }`
    Braces(Range<usize>, bool),
    /// Only the headers of its sub-tables name it.
    Implied,
}

impl<'a> Entry<'a> {
    fn find(document: &'a Document<&str>, path: &[&str]) -> Self {
        let root = document.as_table();
        let mut entry = Entry { written: None, home: Home::Lines(root), depth: 0, found: 0 };
        let mut table: &dyn TableLike = root;
        for (index, name) in path.iter().enumerate() {
            let Some((key, item)) = table.get_key_value(name) else {
                break;
            };
            entry.found = index + 1;
            entry.written = (entry.found == path.len()).then_some((key, item));
            let Some(inner) = item.as_table_like() else {
                break;
            };
            table = inner;
            entry.home = match item {
                // `a.b = 1` is a line of the table around it.
                _ if table.is_dotted() => continue,
                Item::Value(value) => {
                    Home::Braces(value.span().unwrap_or_default(), table.is_empty())
                }
                Item::Table(table) if !table.is_implicit() => Home::Lines(table),
                _ => Home::Implied,
            };
            entry.depth = entry.found;
        }
        entry
    }

    fn set(&self, text: &str, path: &[&str], value: &str) -> Option<Splice> {
        if let Some((_, item)) = self.written {
            return Some(Splice { range: item.span()?, text: value.into() });
        }
        let missing = path.len() - self.found;
        let line = format!("{} = {value}", dotted(&path[self.depth..]));
        match &self.home {
            Home::Braces(range, is_empty) => {
                let comma = if *is_empty { " " } else { "," };
                let start = range.start + 1;
                Some(Splice { range: start..start, text: format!(" {line}{comma}") })
            }
            // A new table gets its own header, unless its neighbours are dotted keys.
            Home::Lines(table) if missing == 1 || self.found > self.depth => {
                insert_line(text, table, &line)
            }
            _ => Some(append_table(text, path, value)),
        }
    }

    fn unset(&self, text: &str) -> Option<Splice> {
        let (key, item) = self.written?;
        let (key, value) = (key.span()?, item.span()?);
        let range = match self.home {
            Home::Braces(..) => without_comma(text, key.start..value.end),
            _ => line_start(text, key.start)..line_end(text, value.end),
        };
        Some(Splice { range, text: String::new() })
    }
}

/// Puts a line behind the last one of a table, indented like that one.
fn insert_line(text: &str, table: &Table, line: &str) -> Option<Splice> {
    let values = table.get_values();
    let span =
        |(keys, value): &(Vec<&Key>, &Value)| Some(keys.first()?.span()?.start..value.span()?.end);
    let last = values.iter().filter_map(span).max_by_key(|span| span.end);
    let last = last.or_else(|| table.span())?;

    let start = line_start(text, last.start);
    let end = line_end(text, last.end);
    let indent = &text[start..last.start];
    let newline = newline(text);
    let text = if text[..end].ends_with('\n') {
        format!("{indent}{line}{newline}")
    } else {
        format!("{newline}{indent}{line}{newline}")
    };
    Some(Splice { range: end..end, text })
}

/// Puts a table with one key at the end of the file, after an empty line.
fn append_table(text: &str, path: &[&str], value: &str) -> Splice {
    let newline = newline(text);
    let end = if text.ends_with('\n') { "" } else { newline };
    let (name, header) = path.split_last().unwrap_or((&"", &[]));
    let (name, header) = (dotted(&[name]), dotted(header));
    Splice {
        range: text.len()..text.len(),
        text: format!("{end}{newline}[{header}]{newline}{name} = {value}{newline}"),
    }
}

/// An entry between braces, with the comma and the blanks that follow it.
fn without_comma(text: &str, entry: Range<usize>) -> Range<usize> {
    let blank = |text: &str| text.len() - text.trim_start_matches([' ', '\t']).len();
    let after = entry.end + blank(&text[entry.end..]);
    if text[after..].starts_with(',') {
        return entry.start..after + 1 + blank(&text[after + 1..]);
    }
    // The last one: the comma before it goes, and the blank before the brace stays.
    let before = text[..entry.start].trim_end();
    let start = if before.ends_with(',') { before.len() - 1 } else { entry.start };
    start..entry.end
}

fn line_start(text: &str, at: usize) -> usize {
    text[..at].rfind('\n').map_or(0, |newline| newline + 1)
}

/// The start of the next line.
fn line_end(text: &str, at: usize) -> usize {
    text[at..].find('\n').map_or(text.len(), |newline| at + newline + 1)
}

/// How the lines of this text end.
fn newline(text: &str) -> &'static str {
    if text.contains("\r\n") { "\r\n" } else { "\n" }
}

/// Names as one key, quoted where they have to be.
fn dotted(names: &[&str]) -> String {
    let quoted = names.iter().map(|name| match is_bare(name) {
        true => name.to_string(),
        false => format!("\"{name}\""),
    });
    quoted.collect::<Vec<_>>().join(".")
}
