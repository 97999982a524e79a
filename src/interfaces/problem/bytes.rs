//! What shows in the bytes: files that are no text, or not one of this system.

use super::{Problem, Problems, Severity};

/// Why a file is not even a text; what is in it says nothing then.
pub(super) fn binary(text: &str) -> Option<Problem> {
    let error = |line, text| Problem { line, severity: Severity::Error, iface: None, text };
    let (mut lines, mut odd) = (0, 0);
    for line in text.split('\n') {
        lines += 1;
        if let Some(at) = line.find('\0') {
            let column = line[..at].chars().count() + 1;
            return Some(error(lines, format!("a NUL byte in column {column}, expected text")));
        }
        odd += usize::from(line.contains(is_control) || !is_utf8(line));
    }
    (odd > lines / 2).then(|| error(1, "most lines are no text, expected a text file".into()))
}

/// Looks at the bytes.
pub(super) fn check(text: &str, problems: &mut Problems) {
    let mut carriage_returns = Lines::default();
    let mut undecodable = Lines::default();
    for (at, line) in text.split('\n').enumerate() {
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
