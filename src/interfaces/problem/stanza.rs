//! What shows in the lines: keywords, headers, and where stanzas end.

use super::spelling::meant;
use super::{Problems, shown};
use crate::interfaces::statement::{Document, Role, Statement};

/// Words that start a line outside of stanzas.
const KEYWORDS: [&str; 13] = [
    "allow-auto",
    "allow-hotplug",
    "allow-ovs",
    "auto",
    "iface",
    "mapping",
    "no-auto-down",
    "no-scripts",
    "rename",
    "source",
    "source-dir",
    "source-directory",
    "vlan",
];

/// Words that start a line behind `mapping …`.
const MAPPING: [&str; 2] = ["map", "script"];

/// How an interface can get its addresses, of both families.
const METHODS: [&str; 14] = [
    "6to4", "auto", "bootp", "can", "dhcp", "ipv4ll", "loopback", "manual", "none", "ppp",
    "static", "tunnel", "v4tunnel", "wvdial",
];

/// Looks at the lines.
pub(super) fn check(document: &Document, problems: &mut Problems) {
    let mut is_mapping = false;
    for (at, statement) in document.statements.iter().enumerate() {
        let (word, rest) = statement.split();
        is_mapping = match statement.role {
            Role::Blank | Role::Comment => is_mapping,
            Role::Other => word == "mapping" || is_mapping && MAPPING.contains(&word),
            Role::Names | Role::Header | Role::Option => false,
        };
        match statement.role {
            Role::Header => check_header(statement, problems),
            Role::Names | Role::Other if rest.is_empty() => {
                let text = format!("'{}' needs a value", shown(word));
                problems.error(statement.line, None, text);
            }
            Role::Other if !is_mapping => check_keyword(statement, word, problems),
            _ => {}
        }
        if statement.is_continued() && statement.role != Role::Comment {
            let text = "goes on in the next line with '\\', which PVE does not understand";
            problems.warning(statement.line, document.iface(at), text.into());
        }
    }
    for stanza in 0..document.stanzas.len() {
        check_end(document, stanza, problems);
    }
}

fn check_keyword(statement: &Statement, word: &str, problems: &mut Problems) {
    if KEYWORDS.contains(&word) {
        return;
    }
    let word_shown = shown(word);
    let text = match meant(word, KEYWORDS) {
        Some(keyword) => format!("'{word_shown}' is no keyword, did you mean '{keyword}'?"),
        None => format!("'{word_shown}' is in no stanza, expected 'iface NAME' before it"),
    };
    problems.error(statement.line, None, text);
}

fn check_header(statement: &Statement, problems: &mut Problems) {
    const FORM: &str = "expected 'iface NAME [inet|inet6 METHOD]'";

    let (keyword, rest) = statement.split();
    let words: Vec<&str> = rest.split_ascii_whitespace().collect();
    let (line, iface) = (statement.line, words.first().copied());
    if keyword == "vlan" {
        let text = "PVE does not read 'vlan' stanzas, expected 'iface' and vlan-raw-device";
        return problems.warning(line, iface, text.into());
    }
    match words[..] {
        [] => problems.error(line, None, format!("a stanza without a name, {FORM}")),
        [_] => {}
        [_, "inherits", ..] | [_, _, _, "inherits", ..] => {
            let text = "PVE does not read stanzas that inherit, it carries their lines along";
            problems.warning(line, iface, text.into());
        }
        [_, family, ..] if !matches!(family, "inet" | "inet6") => {
            let family = shown(family);
            let text = format!("PVE does not read the address family '{family}', {FORM}");
            problems.warning(line, iface, text);
        }
        [_, family] => problems.error(line, iface, format!("no method behind '{family}', {FORM}")),
        [_, _, method] => check_method(line, iface, method, problems),
        _ => problems.error(line, iface, format!("too many words for a stanza, {FORM}")),
    }
}

fn check_method(line: usize, iface: Option<&str>, method: &str, problems: &mut Problems) {
    if METHODS.contains(&method) {
        return;
    }
    let hint = match meant(method, METHODS) {
        Some(known) => format!("did you mean '{known}'?"),
        None => "expected static, manual, dhcp, auto or loopback".into(),
    };
    let text = format!("unknown method '{}', {hint}", shown(method));
    problems.error(line, iface, text);
}

/// Reports a stanza that PVE takes to end before its last option.
fn check_end(document: &Document, stanza: usize, problems: &mut Problems) {
    if document.header(stanza).is_none() {
        return; // it has been told that PVE does not read it at all
    }
    let end = document.stanzas[stanza].end;
    let detached =
        |statement: &&Statement| statement.stanza == Some(stanza) && statement.role == Role::Option;
    let behind = document.statements[end.min(document.statements.len())..]
        .iter()
        .take_while(|statement| statement.stanza == Some(stanza))
        .filter(detached)
        .count();
    let Some(statement) = document.statements.get(end).filter(|_| behind > 0) else { return };

    let (cause, lost) = match statement.role {
        Role::Option if statement.is_continued() => return, // told with its continuation
        Role::Option => (format!("'{}' has no value", shown(&statement.text)), behind - 1),
        _ => ("an empty line".to_owned(), behind),
    };
    let lost = match lost {
        0 => String::new(),
        1 => ": the option behind it is not read".into(),
        lost => format!(": the {lost} options behind it are not read"),
    };
    let text = format!("{cause}, which ends the stanza for PVE{lost}");
    problems.error(statement.line, document.iface(end), text);
}
