//! Text to model.

use super::check::{check_config, check_value};
use super::format::is_config_id;
use super::model::{Config, Fault};
use super::schema::{File, Kind, Type};
use crate::notes::Notes;
use crate::perl::{ByteText, Charset, Hash, Value, is_true};
use std::borrow::Cow;

/// The properties that a section of a type requires, in the order in which they are looked for.
pub type Required<'r> = dyn Fn(&Type) -> Vec<&'r str> + 'r;

/// Reads the text of a section config; `name` is what warnings call the file.
///
/// What is wrong in it is left out with a warning. A section that lacks a required property stays
/// as undef. With `allow_unknown`, sections of unknown types are kept without any check.
///
/// Source: `PVE::SectionConfig::parse_config`.
pub fn parse<'a>(
    file: File,
    name: &str,
    text: ByteText<'a>,
    allow_unknown: bool,
    notes: &mut Notes,
) -> Config<'a> {
    parse_requiring(file, name, text, allow_unknown, &|kind| kind.required.to_vec(), notes)
}

/// As [`parse`]; of several properties that a section lacks, the first of `required` is named.
pub fn parse_requiring<'a, 'n>(
    file: File,
    name: &'n str,
    text: ByteText<'a>,
    allow_unknown: bool,
    required: &'n Required<'n>,
    notes: &'n mut Notes,
) -> Config<'a> {
    let mut parser = Parser {
        file,
        name,
        allow_unknown,
        required,
        config: Config { digest: digest(text), ..Config::default() },
        sections: 0,
        notes,
    };
    parser.read(text.as_str());
    parser.config
}

fn digest(text: ByteText) -> String {
    sha1_smol::Sha1::from(text.to_bytes()).digest().to_string()
}

struct Parser<'a, 'n> {
    file: File,
    name: &'n str,
    allow_unknown: bool,
    required: &'n Required<'n>,
    config: Config<'a>,
    /// The number of sections so far; one with the id of an earlier one counts too.
    sections: i64,
    notes: &'n mut Notes,
}

/// The header of a section.
struct Header<'a> {
    /// The word before the colon, in lower case where the file wants that.
    kind: Cow<'a, str>,
    id: &'a str,
}

/// What becomes of a section.
enum Section<'a> {
    /// Its lines are skipped.
    Skip,
    /// Its lines are kept as they are.
    Unknown(Hash<'a>),
    /// Its lines are checked.
    Known(&'static Type, Hash<'a>),
}

impl<'a> Parser<'a, '_> {
    fn read(&mut self, text: &'a str) {
        let mut lines = Lines::new(text);
        while let Some((number, line)) = lines.next_line() {
            if !is_true(line) {
                continue;
            }
            match self.header(line) {
                Some(header) => self.read_section(header, number, &mut lines),
                None => {
                    let place = self.place(number);
                    self.notes.warn(format_args!("{place} - ignore config line: {line}"));
                }
            }
        }
    }

    /// Reads a line such as `type: id`.
    fn header(&self, line: &'a str) -> Option<Header<'a>> {
        let is_space = |c| Charset::Ascii.is_space(c);
        let (word, rest) = Charset::Ascii.split_word(line);
        let rest = rest.trim_matches(is_space);
        // The last colon that leaves an id behind it, in the same word or alone in the next.
        let (kind, id) = match word.strip_suffix(':') {
            Some(kind) if !rest.is_empty() => (kind, rest),
            _ if rest.is_empty() => {
                let at = word.strip_suffix(':').unwrap_or(word).rfind(':')?;
                (&word[..at], &word[at + 1..])
            }
            _ => return None,
        };
        if kind.is_empty() || id.contains(is_space) {
            return None;
        }
        let kind =
            if self.file.schema().has_plugins && kind.contains(|c: char| c.is_ascii_uppercase()) {
                Cow::Owned(kind.to_ascii_lowercase())
            } else {
                Cow::Borrowed(kind)
            };
        Some(Header { kind, id })
    }

    fn read_section(&mut self, header: Header<'a>, number: usize, lines: &mut Lines<'a>) {
        let mut number = number;
        let mut section = match self.open(&header) {
            Ok(section) => section,
            Err(fault) => {
                self.warn_skipped(number, header.id, &fault);
                Section::Skip
            }
        };
        // A false line ends the section; as the original: also the line `0`.
        while let Some((next, line)) = lines.next_line().filter(|(_, line)| is_true(line)) {
            match &mut section {
                Section::Skip => continue,
                Section::Unknown(_) | Section::Known(..) => number = next,
            }
            let Some((key, value)) = option(line) else {
                let place = self.place(number);
                let id = header.id;
                self.notes
                    .warn(format_args!("{place} (section '{id}') - ignore config line: {line}"));
                continue;
            };
            let outcome = match &mut section {
                Section::Skip => Ok(()),
                Section::Unknown(values) => {
                    keep(values, key, value);
                    Ok(())
                }
                Section::Known(kind, values) => self.add(kind, values, key, value),
            };
            if let Err(err) = outcome {
                self.fault(number, header.id, key, err);
            }
        }
        self.close(header, number, section);
    }

    /// What becomes of the section with that header; the error says why it is skipped.
    fn open(&self, header: &Header) -> Result<Section<'a>, String> {
        let schema = self.file.schema();
        let kind = &header.kind;
        if schema.has_plugins && !is_config_id(kind) {
            return Err(format!("invalid configuration ID '{kind}'"));
        }
        if !is_true(kind) {
            return Err("missing type - internal error".into());
        }
        match schema.find(kind) {
            Some(kind) => Ok(Section::Known(kind, Hash::default())),
            None if self.allow_unknown => Ok(Section::Unknown(Hash::default())),
            None => Err(format!("unsupported type '{kind}'")),
        }
    }

    /// Adds a value to a section; the error says why it is left out.
    fn add(
        &self,
        kind: &Type,
        values: &mut Hash<'a>,
        key: &'a str,
        value: Value<'a>,
    ) -> Result<(), String> {
        let Some(property) = self.file.schema().property(key) else {
            return Err("unknown property type\n".into());
        };
        if property.kind == Kind::List {
            let value = check_value(self.file, kind, key, value, true)?;
            push(values, key, value);
            return Ok(());
        }
        if values.is_defined(key) {
            return Err("duplicate attribute\n".into());
        }
        let value = check_value(self.file, kind, key, value, true)?;
        values.set(key, value);
        Ok(())
    }

    fn close(&mut self, header: Header<'a>, number: usize, section: Section<'a>) {
        let value = match section {
            Section::Skip => return,
            Section::Unknown(mut values) => {
                values.set("type", Value::Text(header.kind));
                Value::Hash(values)
            }
            Section::Known(kind, mut values) => {
                values.set("type", Value::text(kind.name));
                match check_config(self.file, kind, values, &(self.required)(kind), false) {
                    Ok(values) => Value::Hash(values),
                    Err(error) => {
                        self.warn_skipped(number, header.id, &error.to_string());
                        Value::Undef
                    }
                }
            }
        };
        self.config.ids.set(header.id, value);
        self.sections += 1;
        self.config.order.set(header.id, Value::Integer(self.sections));
    }

    fn fault(&mut self, number: usize, section: &'a str, key: &'a str, err: String) {
        let context = self.place(number);
        let text = err.strip_suffix('\n').unwrap_or(&err);
        self.notes.warn(format_args!(
            "{context} (section '{section}') - unable to parse value of '{key}': {text}"
        ));
        self.config.errors.push(Fault { context, section, key, err });
    }

    fn warn_skipped(&mut self, number: usize, id: &str, why: &str) {
        let place = self.place(number);
        let why = why.strip_suffix('\n').unwrap_or(why);
        self.notes.warn(format_args!("{place} (skip section '{id}'): {why}"));
    }

    fn place(&self, number: usize) -> String {
        format!("file {} line {number}", self.name)
    }
}

/// Reads an indented line: a property, and its value if there is one.
fn option(line: &str) -> Option<(&str, Value<'_>)> {
    let is_space = |c| Charset::Ascii.is_space(c);
    let trimmed = line.trim_matches(is_space);
    if trimmed.is_empty() || !line.starts_with(is_space) {
        return None;
    }
    let (key, rest) = Charset::Ascii.split_word(trimmed);
    let value = match rest.trim_start_matches(is_space) {
        "" => Value::Undef,
        text => Value::text(text),
    };
    Some((key, value))
}

/// Adds an element to the array of a key.
fn push<'a>(values: &mut Hash<'a>, key: &'a str, value: Value<'a>) {
    match values.0.get_mut(key) {
        Some(Value::List(items)) => items.push(value),
        _ => values.set(key, Value::List([value].into())),
    }
}

/// Keeps a value of an unknown property: as it is, or as one of several.
fn keep<'a>(values: &mut Hash<'a>, key: &'a str, value: Value<'a>) {
    match values.0.get_mut(key) {
        Some(Value::List(items)) => items.push(value),
        None | Some(Value::Undef) => values.set(key, value),
        Some(first) => {
            let first = std::mem::take(first);
            values.set(key, Value::List([first, value].into()));
        }
    }
}

/// The lines that are no comments, with their numbers.
struct Lines<'a> {
    lines: std::iter::Enumerate<std::str::Split<'a, char>>,
}

impl<'a> Lines<'a> {
    fn new(text: &'a str) -> Self {
        // As Perl's split: empty lines at the end are none.
        Lines { lines: text.trim_end_matches('\n').split('\n').enumerate() }
    }

    fn next_line(&mut self) -> Option<(usize, &'a str)> {
        let is_comment = |line: &str| Charset::Ascii.trim_start(line).starts_with('#');
        self.lines.find(|(_, line)| !is_comment(line)).map(|(index, line)| (index + 1, line))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers() {
        for (line, expected) in [
            ("vlan: a", "vlan a"),
            ("VLAN:a ", "vlan a"),
            ("a:b:c", "a:b c"),
            ("a:b:  c", "a:b c"),
            ("a:b:", "a b:"),
            ("a::", "a :"),
            ("vlan:\u{c3}\u{bc}", "vlan \u{c3}\u{bc}"),
            ("vlan:", "-"),
            ("vlan : a", "-"),
            ("vlan: a b", "-"),
            (": a", "-"),
            (":", "-"),
            ("vlan", "-"),
        ] {
            let parser = Parser {
                file: File::Zones,
                name: "",
                allow_unknown: false,
                required: &|kind| kind.required.to_vec(),
                config: Config::default(),
                sections: 0,
                notes: &mut Notes::default(),
            };
            let got = parser.header(line);
            let got = got.map_or("-".into(), |header| format!("{} {}", header.kind, header.id));
            assert_eq!(got, expected, "{line}");
        }
    }
}
