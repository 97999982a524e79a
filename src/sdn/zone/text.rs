//! `interfaces.d/sdn`: interfaces and their lines.

use std::collections::BTreeMap;
use std::fmt::{self, Display, Write};

/// The interfaces of the file, by name.
///
/// # Design
///
/// Whoever comes first defines an interface: what belongs to a whole zone is defined by each of
/// its vnets, in the same words. Only OVS bridges are added to.
#[derive(Debug, Default)]
pub(super) struct Interfaces(BTreeMap<String, Lines>);

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
        if !self.has(name) {
            let mut own = Lines::default();
            lines(&mut own);
            self.0.insert(name.to_owned(), own);
        }
    }

    /// Defines an interface by lines that are there already, if nobody has.
    pub(super) fn insert(&mut self, name: &str, lines: Lines) {
        if !self.has(name) {
            self.0.insert(name.to_owned(), lines);
        }
    }

    /// The lines of an interface, to be added to.
    pub(super) fn lines(&mut self, name: &str) -> &mut Lines {
        self.0.entry(name.to_owned()).or_default()
    }
}

impl Lines {
    /// Adds a line.
    pub(super) fn add(&mut self, line: impl Display) {
        // Writing into a string does not fail.
        let _ = writeln!(self.text, "\t{line}");
        if self.first == 0 {
            self.first = self.text.len() - 1;
        }
    }

    /// Adds a line for an option that has a value.
    pub(super) fn add_option(&mut self, name: &str, value: Option<impl Display>) {
        if let Some(value) = value {
            self.add(format_args!("{name} {value}"));
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

/// The whole file but its header.
impl Display for Interfaces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
            .iter()
            .try_for_each(|(name, lines)| write!(f, "\nauto {name}\niface {name}\n{}", lines.text))
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
            ifaces.to_string(),
            "\nauto a\niface a\n\nauto b\niface b\n\tmtu 1400\n\tx\n\nauto c\niface c\n"
        );
    }
}
