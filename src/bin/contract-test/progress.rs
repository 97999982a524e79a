//! A bar on a terminal, while somebody waits.

use std::io::{self, IsTerminal, Write};

/// Characters of the bar.
const WIDTH: usize = 20;
/// Characters of what is shown beside it.
const LABEL: usize = 45;

/// How far the work has come; says nothing where nobody looks.
pub(crate) struct Progress {
    is_shown: bool,
    done: usize,
    all: usize,
}

impl Progress {
    /// The progress of so many pieces of work, shown on standard error if that is a terminal.
    pub(crate) fn new(all: usize) -> Self {
        Progress { is_shown: io::stderr().is_terminal(), done: 0, all }
    }

    /// Shows that a piece begins.
    pub(crate) fn begin(&mut self, label: &str) {
        if self.is_shown {
            // Nobody may be looking any more, which changes nothing.
            let _ = write!(io::stderr(), "\r{}\x1b[K", bar(self.done, self.all, label));
        }
        self.done += 1;
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.is_shown {
            let _ = write!(io::stderr(), "\r\x1b[K");
        }
    }
}

fn bar(done: usize, all: usize, label: &str) -> String {
    let full = WIDTH * done / all.max(1);
    let label: String = label.chars().filter(|c| !c.is_control()).take(LABEL).collect();
    format!("[{}{}] {done}/{all} {label}", "#".repeat(full), ".".repeat(WIDTH - full))
}

#[cfg(test)]
mod tests {
    use super::bar;

    #[test]
    fn bars() {
        assert_eq!(bar(0, 3, "a\x1b[m"), "[....................] 0/3 a[m");
        assert_eq!(bar(1, 3, "b"), "[######..............] 1/3 b");
        assert_eq!(bar(3, 3, ""), "[####################] 3/3 ");
        assert_eq!(bar(0, 0, ""), "[....................] 0/0 ");
    }
}
