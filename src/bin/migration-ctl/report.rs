//! What people read: failures that point at their place, columns, at most 80 characters a line.

use anstyle::{AnsiColor, Style};
use pve_network_rs::migration::{Engine, Problem, Problems};
use std::fmt::{self, Write};

/// Characters in a line.
const WIDTH: usize = 80;

/// Where a failure starts, behind the name of the program.
const START: usize = "migration-ctl: ".len();

const BOLD: Style = Style::new().bold();
const RED: Style = AnsiColor::Red.on_default().bold();

/// Why a command did not do what it was told.
pub(crate) enum Failure {
    /// The file is not valid; with its text, to point at the place.
    Invalid(Problems, String),
    /// Something was looked for, and found: it is told like any answer, and by the exit code.
    Found { text: String, code: u8 },
    /// Anything else.
    Refused(String),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let program = format!("{RED}migration-ctl:{RED:#}");
        match self {
            Failure::Found { text, .. } => write!(f, "{text}"),
            Failure::Refused(text) => writeln!(f, "{program} {}", wrap(text, START, 4)),
            Failure::Invalid(problems, text) => {
                for problem in &problems.list {
                    let place = problem.place;
                    let key = if problem.key.is_empty() { "" } else { ": " };
                    let fault = format!("{}{key}{}", problem.key, problem.found);
                    let (line, column) = (place.line, place.column);
                    let first = format!("{}:{line}:{column}: {fault}", problems.file);
                    writeln!(f, "{program} {}", wrap(&first, START, 4))?;
                    write!(f, "{}", excerpt(text, problem))?;
                    if !problem.expected.is_empty() {
                        let expected = format!("expected {}", problem.expected);
                        writeln!(f, "    {}", wrap(&expected, 4, 4))?;
                    }
                }
                match problems.more {
                    0 => Ok(()),
                    more => writeln!(f, "{program} {}: {more} more", problems.file),
                }
            }
        }
    }
}

/// The line a problem is in, and carets below what is at fault.
fn excerpt(text: &str, problem: &Problem) -> String {
    let Some(line) = text.split('\n').nth(problem.place.line - 1) else {
        return String::new();
    };
    let number = problem.place.line.to_string();
    let room = WIDTH - number.len() - 5;
    let column = problem.place.column - 1;
    // A long line is shown from a little before the fault.
    let length = line.trim_end().chars().count();
    let skipped = if length > room { column.saturating_sub(room / 3) } else { 0 };
    let is_plain = |c: char| if c.is_control() { ' ' } else { c };
    let shown: String = line.chars().skip(skipped).take(room).map(is_plain).collect();

    let fault = text.get(problem.span.clone()).unwrap_or_default();
    let fault = fault.lines().next().unwrap_or_default().chars().count();
    let carets = "^".repeat(fault.clamp(1, room.saturating_sub(column - skipped).max(1)));
    let blank = " ".repeat(column - skipped);
    let margin = " ".repeat(number.len());
    format!(
        "  {BOLD}{number} |{BOLD:#} {}\n  {BOLD}{margin} |{BOLD:#} {blank}{RED}{carets}{RED:#}\n",
        shown.trim_end()
    )
}

/// Breaks a text at blanks. `column` is where it starts, the following lines are indented.
pub(crate) fn wrap(text: &str, mut column: usize, indent: usize) -> String {
    let mut wrapped = String::with_capacity(text.len());
    for word in text.split_inclusive(' ') {
        let length = word.trim_end().chars().count();
        if column + length > WIDTH && column > indent {
            wrapped.truncate(wrapped.trim_end().len());
            wrapped.push('\n');
            wrapped.extend(std::iter::repeat_n(' ', indent));
            column = indent;
        }
        wrapped.push_str(word);
        column += word.chars().count();
    }
    wrapped
}

/// Rows in columns as wide as their widest cell; the first row is the head.
pub(crate) fn columns<const N: usize>(rows: &[[String; N]]) -> String {
    let width = |n: usize| rows.iter().map(|row| row[n].chars().count()).max();
    let widths: [usize; N] = std::array::from_fn(|n| width(n).unwrap_or_default());
    let mut text = String::new();
    for (index, row) in rows.iter().enumerate() {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(widths) {
            let style = if index == 0 { BOLD } else { style_of(cell) };
            let gap = width + 2 - cell.chars().count();
            // Formatting a string cannot fail.
            let _ = write!(line, "{style}{cell}{style:#}{:gap$}", "");
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// The colour of an engine's name.
fn style_of(cell: &str) -> Style {
    let name = cell.trim_end_matches('*');
    match Engine::ALL.into_iter().find(|engine| engine.name() == name) {
        Some(Engine::Rust) => AnsiColor::Green.on_default(),
        Some(Engine::Shadow) => AnsiColor::Yellow.on_default(),
        Some(Engine::Perl) | None => Style::new(),
    }
}
