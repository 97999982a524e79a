//! Text to statements, losing nothing: every line as ifupdown2 reads it, with its place.
//!
//! [`parse`](super::parse::parse) reads a file as the original does, which is less than what is in it. Here
//! a stanza ends at the next keyword only, and a line goes on behind a `\`.

use super::model::Family;
use super::parse::{Header, ends_stanza};
use crate::perl::Charset;
use std::borrow::Cow;

/// The text of a file as statements, one behind the other.
pub(super) struct Document<'a> {
    pub(super) statements: Vec<Statement<'a>>,
    pub(super) stanzas: Vec<Stanza>,
}

/// One line, with those that continue it.
pub(super) struct Statement<'a> {
    /// The number of its first line, counted from 1.
    pub(super) line: usize,
    /// All of it, with newlines.
    pub(super) raw: &'a str,
    /// Without blanks at its ends; continued lines are one.
    pub(super) text: Cow<'a, str>,
    pub(super) role: Role,
    /// The stanza that it is in, or that it starts.
    pub(super) stanza: Option<usize>,
}

/// What a statement is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Blank,
    Comment,
    /// `auto NAME…`, `allow-CLASS NAME…`
    Names,
    /// `iface NAME…`, `vlan NAME…`
    Header,
    /// Any other line of a stanza.
    Option,
    /// Any other line: `source …`, `mapping …`, or one that means nothing.
    Other,
}

/// A stanza: from its header up to the next keyword.
pub(super) struct Stanza {
    /// The statement that is its header.
    pub(super) header: usize,
    /// The first statement behind its header that is not of it to the original.
    pub(super) end: usize,
}

/// Words that end a stanza, beside `iface`, `vlan`, `auto` and `allow-…`.
const KEYWORDS: [&str; 3] = ["mapping", "source", "source-directory"];

/// Words of lines for classic ifupdown alone, that are of no stanza: ifupdown2 reads on.
const IGNORED: [&str; 3] = ["no-auto-down", "no-scripts", "rename"];

/// A line that ends with it goes on in the next.
const CONTINUATION: char = '\\';

impl<'a> Document<'a> {
    /// Reads the text of a file.
    pub(super) fn read(text: &'a str) -> Self {
        Self::of(split(text))
    }

    /// Reads a text in which no line goes on in the next: a `\\` at its end is but a character.
    pub(super) fn read_lines(text: &'a str) -> Self {
        Self::of(text.split_inclusive('\n').collect())
    }

    fn of(statements: Vec<&'a str>) -> Self {
        let mut reader = Reader {
            document: Document { statements: Vec::new(), stanzas: Vec::new() },
            line: 1,
            stanza: None,
            open: None,
        };
        for raw in statements {
            reader.take(raw);
        }
        let mut document = reader.document;
        if let Some(open) = reader.open {
            document.stanzas[open].end = document.statements.len();
        }
        document
    }

    /// The header of a stanza; `None` if it is none to the original.
    pub(super) fn header(&self, stanza: usize) -> Option<Header<'_>> {
        let (keyword, rest) = self.statements[self.stanzas[stanza].header].split();
        if keyword == "iface" { Header::new(Charset::Ascii, rest) } else { None }
    }

    /// The name of the interface that a statement is of.
    pub(super) fn iface(&self, statement: usize) -> Option<&str> {
        let stanza = self.statements[statement].stanza?;
        let (_, rest) = self.statements[self.stanzas[stanza].header].split();
        rest.split_ascii_whitespace().next()
    }

    /// The address family of a stanza, where its header names one.
    pub(super) fn family(&self, stanza: usize) -> Option<Family> {
        self.header(stanza)?.family.map(|(family, _)| family)
    }

    /// True if a statement is of its stanza to the original, too.
    pub(super) fn is_inside(&self, statement: usize) -> bool {
        let stanza = self.statements[statement].stanza;
        stanza.is_some_and(|stanza| statement < self.stanzas[stanza].end)
    }
}

impl Statement<'_> {
    /// The first word, and what follows it.
    pub(super) fn split(&self) -> (&str, &str) {
        let (word, rest) = Charset::Ascii.split_word(&self.text);
        (word, Charset::Ascii.trim_start(rest))
    }

    /// True if it is more than one line.
    pub(super) fn is_continued(&self) -> bool {
        self.raw.trim_end_matches('\n').contains('\n')
    }
}

/// Splits a text into statements.
///
/// As ifupdown2, which joins lines around a `\` whatever blanks there are: also with the line before
/// it, over empty lines, and in a comment.
fn split(text: &str) -> Vec<&str> {
    let mut ends: Vec<usize> = Vec::new();
    let mut last_text = None; // the last statement that is not empty
    let mut end = 0;
    let mut goes_on = false;
    for line in text.split_inclusive('\n') {
        end += line.len();
        let line = Charset::Ascii.trim_start(Charset::Ascii.trim_end(line));
        match last_text {
            Some(last) if goes_on || line.starts_with(CONTINUATION) => {
                ends.truncate(last);
                ends.push(end);
            }
            _ => ends.push(end),
        }
        if !line.is_empty() {
            last_text = Some(ends.len() - 1);
            goes_on = line.ends_with(CONTINUATION);
        }
    }
    let starts = [0].into_iter().chain(ends.iter().copied());
    starts.zip(&ends).map(|(start, end)| &text[start..*end]).collect()
}

/// The text of a statement; an empty line that ifupdown2 skips between two parts shows as a newline.
fn join(raw: &str) -> Cow<'_, str> {
    let trim = |line| Charset::Ascii.trim_start(Charset::Ascii.trim_end(line));
    let raw = trim(raw);
    if !raw.contains('\n') {
        return Cow::Borrowed(raw);
    }
    let mut text = String::with_capacity(raw.len());
    let mut gap = "";
    for line in raw.split('\n').map(trim) {
        if line.is_empty() {
            gap = "\n";
        } else {
            text.push_str(if text.is_empty() { "" } else { gap });
            text.push_str(trim(line.trim_matches(CONTINUATION)));
            gap = " ";
        }
    }
    Cow::Owned(text)
}

struct Reader<'a> {
    document: Document<'a>,
    line: usize,
    /// The stanza that ifupdown2 is in.
    stanza: Option<usize>,
    /// The stanza that the original is in.
    open: Option<usize>,
}

impl<'a> Reader<'a> {
    fn take(&mut self, raw: &'a str) {
        let at = self.document.statements.len();
        let text = join(raw);
        let (word, _) = Charset::Ascii.split_word(&text);
        let role = self.role(word);
        match role {
            Role::Header => {
                self.stanza = Some(self.document.stanzas.len());
                self.document.stanzas.push(Stanza { header: at, end: at + 1 });
            }
            Role::Names => self.stanza = None,
            Role::Other if !IGNORED.contains(&word) => self.stanza = None,
            Role::Blank | Role::Comment | Role::Option | Role::Other => {}
        }
        let stanza = self.stanza.filter(|_| role != Role::Other);
        self.document.statements.push(Statement { line: self.line, raw, text, role, stanza });
        for line in raw.split_inclusive('\n') {
            self.follow(at, line);
            self.line += 1;
        }
    }

    fn role(&self, word: &str) -> Role {
        match word {
            "" => Role::Blank,
            _ if word.starts_with('#') => Role::Comment,
            "iface" | "vlan" => Role::Header,
            "auto" | "allow" => Role::Names,
            _ if word.starts_with("allow-") => Role::Names,
            _ if KEYWORDS.contains(&word) || IGNORED.contains(&word) => Role::Other,
            _ if self.stanza.is_none() => Role::Other,
            _ => Role::Option,
        }
    }

    /// Follows the original, which takes each line for itself.
    fn follow(&mut self, at: usize, line: &str) {
        let line = Charset::Ascii.trim_start(Charset::Ascii.trim_end(line));
        let (word, rest) = Charset::Ascii.split_word(line);
        if let Some(open) = self.open {
            if line.starts_with('#') || !ends_stanza(word, rest) {
                return;
            }
            self.document.stanzas[open].end = at;
            self.open = None;
        }
        let is_header = self.document.statements[at].role == Role::Header;
        if is_header && word == "iface" && Header::new(Charset::Ascii, rest).is_some() {
            self.open = self.stanza;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Line, role, text, and the interface where the original takes it for a part of that, too.
    fn read(text: &str) -> Vec<(usize, Role, String, Option<String>)> {
        let document = Document::read(text);
        let raw: String = document.statements.iter().map(|statement| statement.raw).collect();
        assert_eq!(raw, text, "nothing is lost");
        document
            .statements
            .iter()
            .enumerate()
            .map(|(at, statement)| {
                let iface = document.iface(at).filter(|_| document.is_inside(at));
                let iface = iface.map(str::to_owned);
                (statement.line, statement.role, statement.text.to_string(), iface)
            })
            .collect()
    }

    #[test]
    fn stanzas() {
        let text = "# top\nauto a\niface a inet manual\n\tmtu 9000\n # in\n\n\tup x\n\
                    iface b inherits a\n\tmtu 9\nsource x/*\nstray\n";
        let a = Some("a".to_owned());
        assert_eq!(
            read(text),
            [
                (1, Role::Comment, "# top".into(), None),
                (2, Role::Names, "auto a".into(), None),
                (3, Role::Header, "iface a inet manual".into(), a.clone()),
                (4, Role::Option, "mtu 9000".into(), a.clone()),
                (5, Role::Comment, "# in".into(), a),
                (6, Role::Blank, "".into(), None),
                (7, Role::Option, "up x".into(), None), // of the stanza to ifupdown2 alone
                (8, Role::Header, "iface b inherits a".into(), Some("b".into())),
                (9, Role::Option, "mtu 9".into(), None),
                (10, Role::Other, "source x/*".into(), None),
                (11, Role::Other, "stray".into(), None),
            ]
        );
    }

    #[test]
    fn continuations() {
        for (text, expected) in [
            ("a \\\n  b\nc\n", vec!["a b", "c"]),
            ("a \\  \n  b\\\nc", vec!["a b c"]),
            ("a\\\n\n\nb\n", vec!["a\nb"]),
            ("a\n\n\\ b\n", vec!["a\nb"]),
            ("\\\n\\\n", vec![""]),
            ("# a\\\nb\n", vec!["# a b"]),
            ("a\\b\n", vec!["a\\b"]),
            ("a\\", vec!["a\\"]),
            ("a\r\n\r\n", vec!["a", ""]),
            ("", vec![]),
        ] {
            let texts: Vec<_> = read(text).into_iter().map(|(_, _, text, _)| text).collect();
            assert_eq!(texts, expected, "{text:?}");
        }
    }
}
