//! What is wrong with a text, and where.

use std::fmt;
use std::ops::Range;

/// How many problems of one text are told; the rest would only hide the first ones.
const TOLD: usize = 10;

/// Names longer than this are compared with no other name and shown cut.
const LONG: usize = 60;

/// A place in a text, as editors count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

impl Place {
    /// The place of a byte offset; one behind the end is the end.
    pub fn of(text: &str, offset: usize) -> Self {
        let before = &text.as_bytes()[..offset.min(text.len())];
        let start = before.iter().rposition(|&b| b == b'\n').map_or(0, |n| n + 1);
        // A character is counted at its first byte.
        let is_first = |b: &&u8| **b & 0xc0 != 0x80;
        Place {
            line: 1 + before.iter().filter(|&&b| b == b'\n').count(),
            column: 1 + before[start..].iter().filter(is_first).count(),
        }
    }
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where it begins.
    pub place: Place,
    /// The bytes that are at fault.
    pub span: Range<usize>,
    /// The key, as one would write it in full; empty if the fault is not with one key.
    pub key: String,
    /// What was found.
    pub found: String,
    /// What is expected, and perhaps the name that was meant.
    pub expected: String,
}

impl Problem {
    /// What is wrong, without the place.
    pub fn text(&self) -> String {
        let [key, expected] = [(&self.key, ": "), (&self.expected, "")].map(|(part, end)| {
            if part.is_empty() { String::new() } else { format!("{part}{end}") }
        });
        let comma = if expected.is_empty() { "" } else { ", expected " };
        format!("{key}{}{comma}{expected}", self.found)
    }
}

/// Everything that is wrong with one file, in the order of its lines; at least one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problems {
    /// The file, as its reader calls it.
    pub file: String,
    /// The first of them.
    pub list: Vec<Problem>,
    /// How many there are besides.
    pub more: usize,
}

impl Problems {
    pub(super) fn new(file: &str) -> Self {
        Problems { file: file.into(), list: Vec::new(), more: 0 }
    }

    /// True if what is added now is only counted.
    pub(super) fn is_full(&self) -> bool {
        self.list.len() == TOLD
    }

    pub(super) fn add(
        &mut self,
        text: &str,
        span: Option<Range<usize>>,
        key: String,
        found: String,
        expected: String,
    ) {
        if self.is_full() {
            self.more += 1;
            return;
        }
        let span = span.unwrap_or(0..0);
        let place = Place::of(text, span.start);
        self.list.push(Problem { place, span, key, found, expected });
    }

    /// `value` if nothing was found.
    pub(super) fn or<T>(mut self, value: T) -> Result<T, Self> {
        if self.list.is_empty() {
            return Ok(value);
        }
        self.list.sort_by_key(|problem| problem.place);
        Err(self)
    }

    /// The text that the bytes of a file are.
    ///
    /// # Errors
    ///
    /// If they are not UTF-8, with the place of the first byte that is not.
    pub fn utf8<'a>(file: &str, bytes: &'a [u8]) -> Result<&'a str, Self> {
        std::str::from_utf8(bytes).map_err(|error| {
            let at = error.valid_up_to();
            let valid = String::from_utf8_lossy(&bytes[..at]);
            let found = format!("byte 0x{:02x} is not UTF-8", bytes[at]);
            let mut problems = Problems::new(file);
            problems.add(&valid, Some(at..at + 1), String::new(), found, String::new());
            problems
        })
    }
}

impl fmt::Display for Problems {
    /// A line for each: `FILE:LINE:COLUMN: KEY: what was found, expected WHAT`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.list.iter().enumerate() {
            let (file, Place { line, column }) = (&self.file, problem.place);
            let newline = if index == 0 { "" } else { "\n" };
            write!(f, "{newline}{file}:{line}:{column}: {}", problem.text())?;
        }
        match self.more {
            0 => Ok(()),
            more => write!(f, "\n{}: {more} more", self.file),
        }
    }
}

impl std::error::Error for Problems {}

impl From<Problems> for crate::error::Error {
    fn from(problems: Problems) -> Self {
        Self::die(problems)
    }
}

/// True if a name is too long to be one of ours.
pub(super) fn is_long(name: &str) -> bool {
    name.len() > LONG
}

/// A piece of the text for a message: quoted, without control characters, not too long.
pub(super) fn shown(text: &str) -> String {
    match text.char_indices().nth(LONG) {
        None => format!("'{}'", text.escape_debug()),
        Some((end, _)) => format!("'{}...'", text[..end].escape_debug()),
    }
}

/// The most names that a message lists.
const MOST_NAMES: usize = 16;

/// The names to choose from, and the one that was probably meant by `name`.
pub fn choices<'a>(name: &str, all: impl Iterator<Item = &'a str> + Clone) -> String {
    let names: Vec<_> = all.clone().collect();
    let names = match names[..] {
        [name] => name.to_string(),
        // only functions are that many
        _ if names.len() > MOST_NAMES => {
            format!("one of {} names, see migration-ctl function list", names.len())
        }
        _ => format!("one of {}", names.join(", ")),
    };
    let near = (!is_long(name))
        .then(|| all.map(|other| (strsim::osa_distance(name, other), other)).min())
        .flatten()
        .filter(|(distance, other)| distance * 3 <= other.len());
    match near {
        Some((_, near)) => format!("{names} (did you mean {near}?)"),
        None => names,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places() {
        let text = "a\nbäc\r\n\nd";
        for (offset, line, column) in [
            (0, 1, 1),
            (1, 1, 2), // the newline itself belongs to its line
            (2, 2, 1),
            (5, 2, 3), // ä is two bytes and one column
            (8, 3, 1),
            (9, 4, 1),
            (10, 4, 2),
            (99, 4, 2),
        ] {
            assert_eq!(Place::of(text, offset), Place { line, column }, "{offset}");
        }
    }

    #[test]
    fn nearest_name() {
        let choices = |name| choices(name, ["perl", "shadow", "rust"].into_iter());
        assert_eq!(choices("shdow"), "one of perl, shadow, rust (did you mean shadow?)");
        assert_eq!(choices("go"), "one of perl, shadow, rust");
        assert_eq!(super::choices("a", ["sample"].into_iter()), "sample");
        assert_eq!(choices(&"x".repeat(1 << 20)), "one of perl, shadow, rust");
    }

    #[test]
    fn shown_is_short_and_printable() {
        assert_eq!(shown("a\u{1b}[1m\n"), r"'a\u{1b}[1m\n'");
        assert_eq!(shown(&"ä".repeat(100)).chars().count(), LONG + 5);
    }
}
