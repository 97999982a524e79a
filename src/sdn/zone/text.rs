//! `interfaces.d/sdn`: interfaces and their lines.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt::{self, Display, Write};

/// The interfaces of the file, by name.
///
/// # Design
///
/// Whoever comes first defines an interface: what belongs to a whole zone is defined by each of
/// its vnets, in the same words. Only OVS bridges are added to.
#[derive(Debug, Default)]
pub(super) struct Interfaces(BTreeMap<String, Lines>);

/// Bytes that the lines of most interfaces fit into.
const USUAL_LENGTH: usize = 160;

/// The lines of one interface.
#[derive(Debug, Default)]
pub(super) struct Lines {
    text: String,
    /// Where the first line ends, without its newline.
    first: usize,
}

impl Interfaces {
    /// True if somebody has defined it.
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// Defines an interface, if nobody has.
    pub(super) fn define(&mut self, name: &str, lines: impl FnOnce(&mut Lines)) {
        if let Entry::Vacant(place) = self.0.entry(name.to_owned()) {
            lines(place.insert(Lines::default()));
        }
    }

    /// Defines an interface by lines that are there already, if nobody has.
    pub(super) fn insert(&mut self, name: &str, lines: Lines) {
        self.0.entry(name.to_owned()).or_insert(lines);
    }

    /// The whole file, below its header.
    pub(super) fn into_text(self, header: &str) -> String {
        const WORDS: usize = "\nauto \niface \n".len();
        let length = |(name, lines): (&String, &Lines)| WORDS + 2 * name.len() + lines.text.len();
        let mut text =
            String::with_capacity(header.len() + self.0.iter().map(length).sum::<usize>());
        text.push_str(header);
        for (name, lines) in &self.0 {
            for part in ["\nauto ", name, "\niface ", name, "\n", &lines.text] {
                text.push_str(part);
            }
        }
        text
    }

    /// The lines of an interface, to be added to.
    pub(super) fn lines(&mut self, name: &str) -> &mut Lines {
        self.0.entry(name.to_owned()).or_default()
    }
}

impl Lines {
    /// Adds a line.
    pub(super) fn add(&mut self, line: &str) {
        self.begin();
        self.text.push_str(line);
        self.end();
    }

    /// Adds a line that is put together.
    pub(super) fn write(&mut self, line: fmt::Arguments) {
        self.begin();
        // Writing into a string does not fail.
        let _ = self.text.write_fmt(line);
        self.end();
    }

    fn begin(&mut self) {
        // Most interfaces need no more, and to grow step by step takes time.
        if self.text.is_empty() {
            self.text.reserve(USUAL_LENGTH);
        }
        self.text.push('\t');
    }

    fn end(&mut self) {
        if self.first == 0 {
            self.first = self.text.len();
        }
        self.text.push('\n');
    }

    /// Adds a line for an option that has a value.
    pub(super) fn add_option(&mut self, name: &str, value: Option<impl Display>) {
        if let Some(value) = value {
            self.write(format_args!("{name} {value}"));
        }
    }

    /// The first line; empty if there is none.
    pub(super) fn first(&self) -> &str {
        self.text.get(1..self.first).unwrap_or_default()
    }

    /// Makes the first line longer.
    pub(super) fn extend_first(&mut self, text: &str) {
        self.text.insert_str(self.first, text);
        self.first += text.len();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_one_defines() {
        let mut ifaces = Interfaces::default();
        ifaces.define("b", |lines| lines.add("mtu 1"));
        ifaces.define("b", |lines| lines.add("mtu 2"));
        ifaces.define("a", |_| ());
        ifaces.lines("b").add("x");
        ifaces.lines("b").extend_first("400");
        assert_eq!(ifaces.lines("b").first(), "mtu 1400");
        assert_eq!(ifaces.lines("c").first(), "");
        assert_eq!(
            ifaces.into_text("#version:1\n"),
            "#version:1\n\nauto a\niface a\n\nauto b\niface b\n\tmtu 1400\n\tx\n\nauto c\niface c\n"
        );
    }
}
