//! Text for people: colours, tables, and values that a terminal can be trusted with.

use crate::When;
use anstream::{AutoStream, ColorChoice};
use pve_network_rs::perl::{Value, decode_utf8};
use std::borrow::Cow;

/// How wide a line may be, in characters.
const WIDTH: usize = 80;
const GAP: &str = "  ";
/// A blank at which a line is not wrapped: one of those that Unicode has for private use.
const UNBREAKABLE: char = '\u{e000}';

/// What a text means, which is its colour.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Tone {
    /// Nothing special.
    #[default]
    Plain,
    /// A heading.
    Bold,
    /// As it should be; added.
    Good,
    /// Worth a look.
    Odd,
    /// Not as it should be; removed.
    Bad,
}

/// Whether there are colours.
#[derive(Clone, Copy)]
pub(crate) struct Paint {
    is_on: bool,
}

impl Paint {
    /// Decides by the wish of the user, the environment and what standard output is.
    pub(crate) fn new(when: When) -> Self {
        let is_on = match when {
            When::Always => true,
            When::Never => false,
            // knows of terminals, TERM and NO_COLOR
            When::Auto => AutoStream::choice(&std::io::stdout()) != ColorChoice::Never,
        };
        Paint { is_on }
    }

    /// `text` in the colour of `tone`.
    pub(crate) fn text(self, tone: Tone, text: &str) -> String {
        let code = match tone {
            Tone::Bold => "1",
            Tone::Good => "32",
            Tone::Odd => "33",
            Tone::Bad => "31",
            Tone::Plain => return text.into(),
        };
        if self.is_on && !text.is_empty() {
            format!("\x1b[{code}m{text}\x1b[0m")
        } else {
            text.into()
        }
    }
}

/// A cell of a table.
#[derive(Clone, Default)]
pub(crate) struct Cell {
    text: String,
    tone: Tone,
}

impl Cell {
    /// A cell of that tone; each line of the text is one in the table.
    pub(crate) fn new(tone: Tone, text: impl Into<String>) -> Self {
        Cell { text: text.into(), tone }
    }
}

impl<T: Into<String>> From<T> for Cell {
    fn from(text: T) -> Self {
        Cell::new(Tone::Plain, text)
    }
}

/// Rows under headings, made to fit the line.
pub(crate) struct Table {
    rows: Vec<Vec<Cell>>,
}

impl Table {
    /// A table with these headings.
    pub(crate) fn new<const N: usize>(headings: [&str; N]) -> Self {
        Table { rows: vec![headings.map(|heading| Cell::new(Tone::Bold, heading)).into()] }
    }

    /// Adds a row.
    pub(crate) fn row<const N: usize>(&mut self, cells: [Cell; N]) {
        self.rows.push(cells.into());
    }

    /// The text of the table.
    pub(crate) fn render(&self, paint: Paint) -> String {
        let widths = self.widths();
        self.rows.iter().map(|row| render_row(row, &widths, paint)).collect()
    }

    /// As wide as is needed; where that is too much, the widest columns have to give.
    fn widths(&self) -> Vec<usize> {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let lines = |column: usize| {
            let cells = self.rows.iter().filter_map(move |row| row.get(column));
            cells.flat_map(|cell| cell.text.lines())
        };
        let widest = |parts: &mut dyn Iterator<Item = &str>| parts.map(width).max().unwrap_or(0);
        let mut widths: Vec<(usize, usize)> = (0..columns)
            .map(|column| {
                let words = &mut lines(column).flat_map(|line| line.split(' '));
                (widest(&mut lines(column)), widest(words))
            })
            .collect();

        let room = WIDTH.saturating_sub(GAP.len() * columns.saturating_sub(1));
        while widths.iter().map(|(width, _)| width).sum::<usize>() > room {
            let can_give = widths.iter_mut().filter(|(width, word)| width > word);
            match can_give.max() {
                Some((width, _)) => *width -= 1,
                None => break,
            }
        }
        widths.into_iter().map(|(width, _)| width).collect()
    }
}

fn render_row(row: &[Cell], widths: &[usize], paint: Paint) -> String {
    let wrapped = |(cell, width): (&Cell, &usize)| -> Vec<String> {
        cell.text.lines().flat_map(|line| wrap(line, *width)).collect()
    };
    let columns: Vec<Vec<String>> = row.iter().zip(widths).map(wrapped).collect();
    let height = columns.iter().map(Vec::len).max().unwrap_or(0).max(1);
    let mut text = String::new();
    for at in 0..height {
        let mut blanks = 0;
        for ((lines, cell), column) in columns.iter().zip(row).zip(widths) {
            let line = lines.get(at).map(String::as_str).unwrap_or_default();
            if !line.is_empty() {
                text.push_str(&" ".repeat(blanks));
                text.push_str(&paint.text(cell.tone, line));
                blanks = 0;
            }
            blanks += column.saturating_sub(width(line)) + GAP.len();
        }
        text.push('\n');
    }
    text
}

/// `line` in pieces of at most `most` characters, between words where there are any.
fn wrap(line: &str, most: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in line.split(' ') {
        let wide = width(word);
        if used > 0 && used + 1 + wide > most {
            lines.push(String::new());
            used = 0;
        }
        let Some(last) = lines.last_mut() else { break };
        if used > 0 {
            last.push(' ');
            used += 1;
        }
        last.extend(word.chars().map(|c| if c == UNBREAKABLE { ' ' } else { c }));
        used += wide;
    }
    lines
}

/// `text` in lines of its own, indented like its start and by two characters more.
pub(crate) fn paragraph(paint: Paint, tone: Tone, text: &str) -> String {
    let indent = text.len() - text.trim_start().len() + GAP.len();
    let line = |line: &String| format!("{}{}\n", " ".repeat(indent), paint.text(tone, line));
    wrap(text.trim_start(), WIDTH - indent).iter().map(line).collect()
}

/// `text` that is not wrapped.
pub(crate) fn unbroken(text: &str) -> String {
    text.replace(' ', UNBREAKABLE.encode_utf8(&mut [0; 4]))
}

fn width(text: &str) -> usize {
    text.chars().count()
}

/// `text` without what a terminal would take for a command.
pub(crate) fn plain(text: &str) -> String {
    if !text.contains(char::is_control) {
        return text.into();
    }
    let escape =
        |c: char| if c.is_control() { c.escape_default().collect() } else { c.to_string() };
    text.chars().map(escape).collect()
}

/// `text`, cut where it is too long for anybody to read.
pub(crate) fn short(text: &str) -> Cow<'_, str> {
    const LONGEST: usize = 200;

    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]).into(),
        None => text.into(),
    }
}

/// The bytes of a text whose characters stand for them.
pub(crate) fn encode(text: &str) -> Vec<u8> {
    // Any other character can only come from an escape in JSON.
    let mut utf8 = [0; 4];
    let mut bytes = Vec::with_capacity(text.len());
    for c in text.chars() {
        match u8::try_from(c) {
            Ok(byte) => bytes.push(byte),
            Err(_) => bytes.extend(c.encode_utf8(&mut utf8).as_bytes()),
        }
    }
    bytes
}

/// A value of a file, whose characters are bytes, as text.
pub(crate) fn bytes(text: &str) -> String {
    plain(&decode_utf8(text))
}

/// A value of an attribute as text.
pub(crate) fn value(value: &Value) -> String {
    bytes(&value.to_text().unwrap_or_default())
}

/// The lines of an attribute's value: a list and comments have several.
pub(crate) fn attribute(name: &str, value: &Value) -> Vec<String> {
    match value {
        Value::List(values) => values.iter().map(self::value).collect(),
        // of all texts, the reader has decoded this one
        Value::Text(text) if name == "comments" => text.lines().map(plain).collect(),
        value => vec![self::value(value)],
    }
}

/// `1 interface`, `2 interfaces`, `2 addresses`.
pub(crate) fn count(number: usize, what: &str) -> String {
    let end = match number {
        1 => "",
        _ if what.ends_with('s') => "es",
        _ => "s",
    };
    format!("{number} {what}{end}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_fit_the_line() {
        let mut table = Table::new(["NAME", "TYPE", "DETAILS"]);
        table.row(["vmbr0".into(), Cell::new(Tone::Good, "bridge\nup"), "a b\nc".into()]);
        table.row(["lo".into(), "".into(), "word ".repeat(20).trim_end().into()]);
        let expected = "\
NAME   TYPE    DETAILS
vmbr0  bridge  a b
       up      c
lo             word word word word word word word word word word word word word
               word word word word word word word
";
        let off = Paint { is_on: false };
        assert_eq!(table.render(off), expected);
        assert!(table.render(Paint { is_on: true }).contains("  \x1b[32mbridge\x1b[0m  a b"));
    }

    #[test]
    fn wraps_between_words() {
        for (line, expected) in [
            ("", vec![""]),
            ("abc", vec!["abc"]),
            ("abc de", vec!["abc", "de"]),
            ("a b c d", vec!["a b", "c d"]),
            ("toolong a", vec!["toolong", "a"]),
        ] {
            assert_eq!(wrap(line, 4), expected, "{line:?}");
        }
    }

    #[test]
    fn paragraphs() {
        let off = Paint { is_on: false };
        let text = paragraph(off, Tone::Good, &format!("  {}", "word ".repeat(16).trim_end()));
        assert_eq!(text, format!("    {}\n    word\n", "word ".repeat(15).trim_end()));
    }

    #[test]
    fn terminals_get_no_commands() {
        assert_eq!(plain("caf\u{e9} \x1b[31m\t"), "caf\u{e9} \\u{1b}[31m\\t");
        assert_eq!(bytes("caf\u{c3}\u{a9}\u{ff}"), "caf\u{e9}\u{fffd}");
    }
}
