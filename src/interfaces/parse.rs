//! Text to model.

use super::classify;
use super::iface::Iface;
use super::key::{Key, Store, store_of};
use super::model::{Config, Family, Ifaces, Line, room_for, sort};
use crate::error::Result;
use crate::host::Facts;
use crate::perl::{ByteText, Charset, List, Value, decode_utf8};
use std::borrow::Cow;

/// Bonding modes by their number.
pub(super) const BOND_MODES: [&str; 7] = [
    "balance-rr",
    "active-backup",
    "balance-xor",
    "broadcast",
    "802.3ad",
    "balance-tlb",
    "balance-alb",
];

/// Words that end a stanza when they start a line and a blank follows; so does `allow-…`.
const KEYWORDS: [&str; 5] = ["iface", "mapping", "auto", "source", "source-directory"];

/// Reads the text of `/etc/network/interfaces`.
///
/// Files that are included by `source` are not read. Values are bytes, one character each; only
/// comments are decoded from UTF-8.
///
/// # Errors
///
/// [`Error::Unsupported`](crate::error::Error::Unsupported) for an address such as `/24`, of which
/// the original makes something that depends on its caller.
///
/// Source: `PVE::Network::Interfaces::__read_etc_network_interfaces`.
pub fn parse<'a>(text: ByteText<'a>, facts: &Facts<'a>, charset: Charset) -> Result<Config<'a>> {
    let mut config = parse_unsorted(text, facts, charset)?;
    sort(&mut config.ifaces);
    Ok(config)
}

/// As [`parse`], but leaves the interfaces in the order in which they are found.
pub(crate) fn parse_unsorted<'a>(
    text: ByteText<'a>,
    facts: &Facts<'a>,
    charset: Charset,
) -> Result<Config<'a>> {
    let mut parser = Parser {
        charset,
        ifaces: room_for(text.as_str().len() / 96),
        options: Vec::new(),
        priority: 2,
    };
    parser.read(text.as_str());
    let mut config = Config { ifaces: parser.ifaces, options: parser.options };
    classify::classify(&mut config, facts, charset)?;
    Ok(config)
}

struct Parser<'a> {
    charset: Charset,
    /// In the order of the file.
    ifaces: Ifaces<'a>,
    options: Vec<Line<'a>>,
    /// The next place in the file; 1 is that of an `lo` which is not in it.
    priority: i64,
}

impl<'a> Parser<'a> {
    fn read(&mut self, text: &'a str) {
        let mut lines = lines(text);
        let mut next = lines.next();
        while let Some(line) = next {
            next = match self.header(line) {
                Some(header) => self.read_stanza(&header, &mut lines),
                None => lines.next(),
            };
        }
    }

    /// Takes a line outside of stanzas; the header of one if it is that.
    fn header(&mut self, line: &'a str) -> Option<Header<'a>> {
        let trimmed = self.charset.trim_start(line);
        if trimmed.starts_with('#') {
            return None; // as the original: such comments are lost
        }
        let (word, rest) = self.charset.split_word(trimmed);
        match word {
            "auto" | "allow-auto" | "allow-ovs" | "allow-hotplug" if !rest.is_empty() => {
                for name in self.charset.split(self.charset.trim_start(rest)) {
                    self.iface(name).set(Key::Autostart, Value::Integer(1));
                }
                None
            }
            _ => {
                let header = if word == "iface" { Header::new(self.charset, rest) } else { None };
                if header.is_none() && line.chars().any(|c| self.charset.is_word(c)) {
                    let priority = Value::Integer(self.priority);
                    self.priority += 1;
                    self.options.push(Line { priority, text: Cow::Borrowed(line) });
                }
                header
            }
        }
    }

    /// Reads the lines of a stanza; returns the first one that is not of it.
    fn read_stanza(
        &mut self,
        header: &Header<'a>,
        lines: &mut impl Iterator<Item = &'a str>,
    ) -> Option<&'a str> {
        let charset = self.charset;
        let iface = self.ifaces.entry(Cow::Borrowed(header.name)).or_default();
        if !iface.is_true(Key::Priority) {
            iface.set(Key::Priority, Value::Integer(self.priority));
            self.priority += 1;
        }
        append(
            iface.slot(Key::Families),
            match header.family {
                Some((family, _)) => Value::text(family.as_str()),
                None => Value::Undef,
            },
        );

        // Of these, a second stanza of the same family replaces those of the first.
        let mut comments = String::new();
        let mut options = List::new();

        let end = loop {
            let Some(line) = lines.next() else { break None };
            let line = charset.trim_end(line);
            let trimmed = charset.trim_start(line);
            if let Some(comment) = trimmed.strip_prefix('#') {
                comments.reserve(comment.len() + 1);
                comments.push_str(&decode_utf8(comment));
                comments.push('\n');
                continue;
            }
            let (word, rest) = charset.split_word(trimmed);
            match store_of(word) {
                Some(store) if !rest.is_empty() => {
                    let value = charset.trim_start(rest);
                    keep(iface, store, header.family.map(|(family, _)| family), value, charset);
                }
                _ if ends_stanza(word, rest) => break Some(line),
                _ => options.push(Value::text(trimmed)),
            }
        };

        let keys = match header.family {
            Some((family, method)) => {
                iface.set(family.keys().method, Value::text(method));
                family.keys()
            }
            None => Family::Inet.keys(),
        };
        if !comments.is_empty() {
            if header.family.is_none() {
                comments.insert_str(0, &iface.text(keys.comments));
            }
            iface.set(keys.comments, Value::Text(comments.into()));
        }
        if !options.is_empty() {
            match (header.family, iface.slot(keys.options)) {
                (None, Value::List(list)) => list.append(&mut options),
                (_, slot) => *slot = Value::List(options),
            }
        }
        end
    }

    /// The interface of that name; makes it if there is none.
    fn iface(&mut self, name: &'a str) -> &mut Iface<'a> {
        self.ifaces.entry(Cow::Borrowed(name)).or_default()
    }
}

/// The lines of a text, without their newlines.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let (line, more) = match memchr::memchr(b'\n', rest.as_bytes()) {
            Some(end) => (&rest[..end], &rest[end + 1..]),
            None => (rest, ""),
        };
        rest = more;
        Some(line)
    })
}

/// True if a line of that first word, with all that follows it, is not of the stanza before it.
///
/// A line without a value ends a stanza, too.
pub(super) fn ends_stanza(word: &str, rest: &str) -> bool {
    word.starts_with("allow-") || rest.is_empty() || KEYWORDS.contains(&word)
}

/// The header of a stanza: `iface NAME [FAMILY METHOD]`.
pub(super) struct Header<'a> {
    pub(super) name: &'a str,
    /// The address family, and its method.
    pub(super) family: Option<(Family, &'a str)>,
}

impl<'a> Header<'a> {
    /// Takes the words behind `iface`; `None` if they are no header to the original.
    pub(super) fn new(charset: Charset, words: &'a str) -> Option<Self> {
        let next_word = |text| charset.split_word(charset.trim_start(text));
        let (name, rest) = next_word(charset.trim_end(words));
        let (family, rest) = next_word(rest);
        let (method, rest) = next_word(rest);
        let family = match (name, family, method, rest) {
            ("", ..) => return None,
            (_, "", ..) => None,
            (_, _, "", _) => return None,
            (_, family, method, "") => Some((Family::find(family)?, method)),
            _ => return None,
        };
        Some(Header { name, family })
    }
}

/// Keeps the value of an option.
fn keep<'a>(
    iface: &mut Iface<'a>,
    store: Store,
    family: Option<Family>,
    value: &'a str,
    charset: Charset,
) {
    match store {
        Store::Family(inet, inet6) => {
            let is_inet6 = match family {
                Some(family) => family == Family::Inet6,
                None => inet != Key::Netmask && value.contains(':'),
            };
            iface.set(if is_inet6 { inet6 } else { inet }, Value::text(value));
        }
        Store::Text(key) => iface.set(key, Value::text(value)),
        Store::Members(key) => {
            let members = members(value, charset);
            let members = match iface.true_text(key) {
                Some(earlier) if members.is_empty() => Cow::Owned(earlier.into_owned()),
                Some(earlier) => Cow::Owned(format!("{earlier} {members}")),
                None => members,
            };
            iface.set(key, Value::Text(members));
        }
        Store::OnOff(key) => {
            let is_on = ["on", "yes"].iter().any(|on| value.eq_ignore_ascii_case(on));
            iface.set(key, Value::text(if is_on { "on" } else { "off" }));
        }
        Store::Flag(key) => iface.set(key, Value::Integer(1)),
        Store::BondMode(key) => {
            let number = match value.as_bytes() {
                [digit @ b'0'..=b'6'] => usize::from(digit - b'0'),
                _ => BOND_MODES.len(),
            };
            iface.set(key, Value::text(BOND_MODES.get(number).unwrap_or(&value)));
        }
        Store::Append(key) => append(iface.slot(key), Value::text(value)),
    }
}

/// The words of a line, sorted, each once, without `none`.
fn members(line: &str, charset: Charset) -> Cow<'_, str> {
    let mut words: Vec<&str> = charset.split(line).filter(|word| *word != "none").collect();
    words.sort_unstable();
    words.dedup();
    match words[..] {
        [] | ["0"] => Cow::Borrowed(""), // as the original: a lone `0` counts as nothing
        [word] => Cow::Borrowed(word),
        _ => Cow::Owned(words.join(" ")),
    }
}

fn append<'a>(list: &mut Value<'a>, value: Value<'a>) {
    match list {
        Value::List(values) => values.push(value),
        slot => *slot = Value::List([value].into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers() {
        let inet = Some((Family::Inet, "static"));
        for (words, expected) in [
            ("", None),
            (" \t", None),
            (" a", Some(("a", None))),
            ("\u{a0}a\u{85} \u{a0}", Some(("a", None))),
            (" a inet", None),
            (" a  inet\tstatic ", Some(("a", inet))),
            (" a inet other static", None),
            (" a ipx static", None),
        ] {
            let header = Header::new(Charset::Latin1, words);
            assert_eq!(header.map(|header| (header.name, header.family)), expected, "{words:?}");
        }
        let name = Header::new(Charset::Ascii, " a\u{a0}").map(|header| header.name);
        assert_eq!(name, Some("a\u{a0}"));
    }
}
