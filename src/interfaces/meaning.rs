//! What statements mean, in a form in which equal meaning is equal text.

use super::key::store_of;
use super::kind::vlan;
use super::parse::BOND_MODES;
use super::statement::{Document, Role};
use crate::addr::{netmask_bits, split_prefix};
use crate::perl::{Charset, is_digits};
use std::borrow::Cow;
use std::collections::HashMap;

/// One thing that a statement says.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Fact<'a> {
    /// The interface it is about; empty for a comment, or a line of no stanza.
    pub(super) iface: &'a str,
    /// The option, else the keyword.
    pub(super) name: Cow<'a, str>,
    pub(super) value: Cow<'a, str>,
}

/// A fact, and who says it.
#[derive(Debug)]
pub(super) struct Said<'a> {
    pub(super) statement: usize,
    pub(super) fact: Fact<'a>,
    /// True if saying it twice is more than saying it once: a command runs twice.
    pub(super) counts: bool,
}

/// A document and all that it says, in its order.
pub(super) struct Reading<'d> {
    pub(super) document: &'d Document<'d>,
    pub(super) said: Vec<Said<'d>>,
}

impl<'d> Reading<'d> {
    pub(super) fn new(document: &'d Document<'d>) -> Self {
        Reading { document, said: facts(document) }
    }

    /// What a statement says.
    pub(super) fn of(&self, statement: usize) -> &[Said<'d>] {
        let start = self.said.partition_point(|said| said.statement < statement);
        let count = self.said[start..].partition_point(|said| said.statement == statement);
        &self.said[start..start + count]
    }
}

/// How the value of an option is compared.
#[derive(Debug, Clone, Copy)]
enum Form {
    /// As an address with the prefix that its netmask stands for.
    Address,
    /// As a bonding mode that may be given as a number.
    BondMode,
    /// As yes or no.
    Flag,
    /// As names in any order, whatever separates them.
    List,
    /// As a netmask that the address may have, too.
    Netmask,
    /// As it is, but for runs of blanks.
    Text,
    /// As words in any order.
    Words,
}

/// The options that are not compared as texts.
const FORMS: [(&str, Form); 11] = [
    ("address", Form::Address),
    ("bond-mode", Form::BondMode),
    ("bond-slaves", Form::List),
    ("bridge-ports", Form::List),
    ("bridge-stp", Form::Flag),
    ("bridge-vids", Form::List),
    ("bridge-vlan-aware", Form::Flag),
    ("netmask", Form::Netmask),
    ("ovs-bonds", Form::List),
    ("ovs-options", Form::Words),
    ("ovs-ports", Form::List),
];

/// Other names of options, beside those with `_` for `-`.
const ALIASES: [(&str, &str); 2] = [("ovs-mtu", "mtu"), ("slaves", "bond-slaves")];

/// The one name of an option that may be spelled in several ways.
pub(super) fn canonical(option: &str) -> Cow<'_, str> {
    let dashed = || option.replace('_', "-");
    let option = if option.contains('_') { dashed().into() } else { Cow::Borrowed(option) };
    match ALIASES.iter().find(|(alias, _)| *alias == option) {
        Some((_, name)) => Cow::Borrowed(name),
        None => option,
    }
}

fn facts<'d>(document: &'d Document) -> Vec<Said<'d>> {
    let netmasks = pair_netmasks(document);
    let mut said = Vec::with_capacity(document.statements.len());
    for (at, statement) in document.statements.iter().enumerate() {
        let mut say = |iface: &'d str, name: Cow<'d, str>, value: Cow<'d, str>, counts: bool| {
            said.push(Said { statement: at, fact: Fact { iface, name, value }, counts });
        };
        let (word, rest) = statement.split();
        match statement.role {
            Role::Blank => {}
            Role::Comment => say("", "#".into(), statement.text[1..].into(), true),
            Role::Names => {
                let class = if word == "allow-auto" { "auto" } else { word };
                for name in rest.split_ascii_whitespace() {
                    say(name, class.into(), "".into(), false);
                }
            }
            Role::Header => {
                let (name, method) = Charset::Ascii.split_word(rest);
                say(name, word.into(), single_spaced(method), false);
                for (option, value) in implied(name) {
                    say(name, option.into(), value.into(), false);
                }
            }
            Role::Option => {
                let iface = document.iface(at).unwrap_or_default();
                let (name, values) = option(document, &netmasks, at);
                for value in values {
                    say(iface, name.clone(), value, store_of(word).is_none());
                }
            }
            Role::Other => say("", "".into(), single_spaced(&statement.text), true),
        }
    }
    said
}

/// What the name of a VLAN says already.
fn implied(name: &str) -> impl Iterator<Item = (&'static str, &str)> {
    let (device, vid) = match vlan::split_name(name) {
        Some((device, vid)) => (Some(device), Some(vid)),
        None => (None, vlan::numbered(name)),
    };
    let device = device.map(|device| ("vlan-raw-device", device));
    device.into_iter().chain(vid.map(|vid| ("vlan-id", vid)))
}

/// The name of an option, and what it says.
fn option<'d>(
    document: &'d Document,
    partners: &HashMap<usize, usize>,
    at: usize,
) -> (Cow<'d, str>, Vec<Cow<'d, str>>) {
    let (word, rest) = document.statements[at].split();
    let name = canonical(word);
    let partner = partners.get(&at).map(|&partner| document.statements[partner].split().1);
    let form = FORMS.iter().find(|(option, _)| *option == name);

    let value = match form.map_or(Form::Text, |(_, form)| *form) {
        Form::Address => {
            partner.and_then(|netmask| join(rest, netmask)).unwrap_or_else(|| single_spaced(rest))
        }
        Form::Netmask => match partner.and_then(|address| join(address, rest)) {
            Some(address) => return ("address".into(), vec![address]),
            None => single_spaced(rest),
        },
        Form::BondMode => bond_mode(rest).into(),
        Form::Flag => flag(rest).into(),
        Form::List => {
            return (name, elements(rest, |c| c.is_ascii_whitespace() || ",;".contains(c)));
        }
        Form::Words => return (name, elements(rest, |c| c.is_ascii_whitespace())),
        Form::Text => single_spaced(rest),
    };
    (name, vec![value])
}

/// Which netmask goes with which address, both ways.
///
/// It is that of the address before it, or else of the one behind it, as classic ifupdown has it.
fn pair_netmasks(document: &Document) -> HashMap<usize, usize> {
    let mut partners = HashMap::new();
    let (mut address, mut netmask) = (None, None);
    for (at, statement) in document.statements.iter().enumerate() {
        let (here, other) = match (statement.role, statement.split().0) {
            (Role::Header, _) => {
                (address, netmask) = (None, None);
                continue;
            }
            (Role::Option, "address") => (&mut address, &mut netmask),
            (Role::Option, "netmask") => (&mut netmask, &mut address),
            _ => continue,
        };
        match other.take() {
            Some(other) => {
                partners.insert(at, other);
                partners.insert(other, at);
            }
            None => *here = Some(at),
        }
    }
    partners
}

/// An address with the prefix of its netmask; `None` where that is none, or another one.
fn join<'a>(address: &'a str, netmask: &str) -> Option<Cow<'a, str>> {
    let prefix = match netmask_bits(netmask) {
        Some(bits) => bits.to_string(),
        None => netmask.to_owned(),
    };
    match split_prefix(address) {
        Some((_, other)) if other == prefix => Some(address.into()),
        Some(_) => None,
        None => is_digits(&prefix).then(|| format!("{address}/{prefix}").into()),
    }
}

fn bond_mode(value: &str) -> &str {
    let number = value.parse().unwrap_or(BOND_MODES.len());
    BOND_MODES.get(number).unwrap_or(&value)
}

fn flag(value: &str) -> &str {
    let is = |words: [&str; 4]| words.iter().any(|word| value.eq_ignore_ascii_case(word));
    if is(["on", "yes", "1", "true"]) {
        "on"
    } else if is(["off", "no", "0", "false"]) {
        "off"
    } else {
        value
    }
}

/// The elements of a list, and an empty one for the list itself.
fn elements(list: &str, is_separator: impl Fn(char) -> bool) -> Vec<Cow<'_, str>> {
    let words = list.split(is_separator).filter(|word| !word.is_empty() && *word != "none");
    [""].into_iter().chain(words).map(Cow::Borrowed).collect()
}

/// A text with one blank between words; newlines stay, they stand for an empty line.
fn single_spaced(text: &str) -> Cow<'_, str> {
    let is_blank = |c| c != '\n' && Charset::Ascii.is_space(c);
    let text = text.trim_matches(is_blank);
    let is_single = !text.contains("  ") && !text.contains(|c| c != ' ' && is_blank(c));
    if is_single {
        return Cow::Borrowed(text);
    }
    let words: Vec<&str> = text.split(is_blank).filter(|word| !word.is_empty()).collect();
    Cow::Owned(words.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<String> {
        let document = Document::read(text);
        let facts = facts(&document);
        facts
            .iter()
            .map(|said| &said.fact)
            .map(|f| format!("{} {} {}", f.iface, f.name, f.value))
            .collect()
    }

    #[test]
    fn equal_meaning_is_equal_text() {
        for (one, other) in [
            ("auto a b", "auto a\nallow-auto b"),
            ("iface a  inet\tstatic", "iface a inet static"),
            ("iface a\nbridge_ports  y x", "iface a\n bridge-ports y,x"),
            ("iface a\nslaves x y none", "iface a\nbond_slaves x y"),
            ("iface a\nbond-mode 4", "iface a\nbond_mode 802.3ad"),
            ("iface a\nbridge-stp YES", "iface a\nbridge_stp on"),
            ("iface a\novs_mtu 9", "iface a\nmtu 9"),
            ("iface a\nup  x\t y", "iface a\nup x y"),
            ("iface a\nup x \\\n  y", "iface a\nup x y"),
            ("source  x", "source x"),
            ("# x", " # x"),
            ("iface a.5\n", "iface a.5"),
        ] {
            assert_eq!(read(one), read(other), "{one:?}");
        }
        for (one, other) in [
            ("allow-hotplug a", "auto a"),
            ("iface a inet static", "iface a inet manual"),
            ("iface a\nbond-mode 7", "iface a\nbond-mode 802.3ad"),
            ("iface a\nup x \\\n\n  y", "iface a\nup x y"),
            ("iface a\nmtu 9", "iface b\nmtu 9"),
        ] {
            assert_ne!(read(one), read(other), "{one:?}");
        }
    }

    #[test]
    fn netmasks() {
        for (options, expected) in [
            ("address 10.0.0.1\nnetmask 255.255.255.0", &["address 10.0.0.1/24"; 2][..]),
            ("netmask 24\naddress 10.0.0.1", &["address 10.0.0.1/24"; 2]),
            ("address 10.0.0.1/24\nnetmask 24", &["address 10.0.0.1/24"; 2]),
            ("address 10.0.0.1/24\nnetmask 25", &["address 10.0.0.1/24", "netmask 25"]),
            ("address 10.0.0.1\nnetmask 255.0.255.0", &["address 10.0.0.1", "netmask 255.0.255.0"]),
            (
                "address 10.0.0.1/24\naddress 10.0.1.1\nnetmask 25\nnetmask 26",
                &[
                    "address 10.0.0.1/24",
                    "address 10.0.1.1/25",
                    "address 10.0.1.1/25",
                    "netmask 26",
                ],
            ),
        ] {
            let read = read(&format!("iface a\n{options}"));
            let expected: Vec<String> = expected.iter().map(|fact| format!("a {fact}")).collect();
            assert_eq!(read[1..], expected, "{options:?}");
        }
    }
}
