//! What shows in the bytes: files that are no text, or not one of this system.

use super::{Problem, Problems, Severity};

/// Why a file is not even a text; what is in it says nothing then.
///
/// A text in another encoding is one: its bytes are odd, but it has no control characters.
pub(super) fn binary(text: &str) -> Option<Problem> {
    let (mut lines, mut controlled, mut undecodable) = (0, 0, 0);
    for line in text.split('\n') {
        lines += 1;
        if line.contains(is_control) {
            controlled += 1;
        } else if !is_utf8(line) {
            undecodable += 1;
        }
    }
    let is_binary = controlled > 0 && controlled + undecodable > lines / 2;
    let text = "most lines are no text, expected a text file".into();
    is_binary.then_some(Problem { line: 1, severity: Severity::Error, iface: None, text })
}

/// Looks at the bytes.
pub(super) fn check(text: &str, problems: &mut Problems) {
    let mut carriage_returns = Lines::default();
    let mut undecodable = Lines::default();
    for (at, line) in text.split('\n').enumerate() {
        if let Some(nul) = line.find('\0') {
            let column = line[..nul].chars().count() + 1;
            let text = format!("a NUL byte in column {column}, expected text");
            problems.error(at + 1, None, text);
        }
        if line.ends_with('\r') {
            carriage_returns.add(at + 1);
        }
        if !is_utf8(line) {
            undecodable.add(at + 1);
        }
    }
    carriage_returns.report("ends with CR LF, expected LF", problems);
    undecodable.report("has bytes that are not UTF-8: a comment would lose them", problems);
}

fn is_control(c: char) -> bool {
    c.is_ascii_control() && !c.is_ascii_whitespace()
}

/// True if the bytes that the characters stand for are UTF-8.
fn is_utf8(line: &str) -> bool {
    if line.is_ascii() {
        return true;
    }
    let bytes: Vec<u8> = line.chars().filter_map(|c| u8::try_from(c).ok()).collect();
    std::str::from_utf8(&bytes).is_ok()
}

/// Lines with the same fault, which is told once.
#[derive(Default)]
struct Lines {
    first: usize,
    count: usize,
}

impl Lines {
    fn add(&mut self, line: usize) {
        if self.count == 0 {
            self.first = line;
        }
        self.count += 1;
    }

    fn report(&self, fault: &str, problems: &mut Problems) {
        let others = match self.count {
            0 => return,
            1 => String::new(),
            2 => " (so does 1 more line)".into(),
            count => format!(" (so do {} more lines)", count - 1),
        };
        problems.warning(self.first, None, format!("{fault}{others}"));
    }
}
