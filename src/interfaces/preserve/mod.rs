//! Edits a file in place: what was not edited stays as it is, byte for byte.
//!
//! What was edited is told by writing both configurations, that of the file and the new one, and
//! comparing the stanzas of each interface. A result that the original, or ifupdown2, would not read
//! as it is meant is refused.

mod change;
mod draft;
mod editor;

use self::editor::Editor;
use super::check::check;
use super::fidelity::read_base;
use super::kind::ovs;
use super::meaning::{Fact, Reading, Said, canonical};
use super::render::render_each;
use super::statement::Document;
use super::{Config, Dialect, Iface, Key, Kind, render};
use crate::error::{Error, Result};
use crate::notes::Notes;
use crate::perl::{ByteText, Charset, Value};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// Attributes that the original reads, but does not write, or not always.
const HIDDEN: [Key; 5] = [
    Key::BondPrimary,
    Key::BondXmitHashPolicy,
    Key::BridgeDisableMacLearning,
    Key::BridgeVids,
    Key::UplinkId,
];

/// Attributes that the original never writes and that no line is edited for: that of the address is.
const FIXED: [Key; 2] = [Key::Broadcast, Key::Broadcast6];

/// The error for a file that cannot be edited in place.
fn refuse(reason: impl std::fmt::Display) -> Error {
    Error::Unsupported(format!("/etc/network/interfaces cannot be edited in place: {reason}"))
}

/// Writes a configuration into the text of a file.
///
/// # Errors
///
/// As [`render()`]; [`Error::Unsupported`] where it is not clear how to edit the file.
pub(super) fn preserve(
    base: ByteText,
    config: Config,
    dialect: Dialect,
    charset: Charset,
    notes: &mut Notes,
) -> Result<String> {
    let writer = Writer { dialect, charset };
    let mut checked = config.clone();
    check(&mut checked, dialect, charset)?;
    let mut own_notes = Notes::default();
    let want = writer.stanzas(checked, &config, &mut own_notes)?;
    let text = utf8(base)?;
    let text = match text.trim() {
        "" => render(config, dialect, charset, &mut Notes::default())?,
        _ => writer.edit(base, &text, &config, &want)?,
    };
    // not before: the original gives the same if it has to answer
    notes.append(own_notes);
    Ok(text)
}

/// The stanzas of every interface by name, in their order.
type Stanzas<'a> = Vec<(Cow<'a, str>, String)>;

/// How configurations are written to be compared.
struct Writer {
    dialect: Dialect,
    charset: Charset,
}

impl Writer {
    /// Edits a text, so that it says what is wanted.
    fn edit(&self, base: ByteText, text: &str, config: &Config, want: &Stanzas) -> Result<String> {
        let config_was = read_base(base, config, self.charset)?;
        let was = self.settled(&config_was)?;
        check_unwritten(&config_was, config)?;
        check_dropped(&was, config, want)?;

        let document = Document::read(text);
        let reading = Reading::new(&document);
        let mut editor = Editor::new(&reading, &config_was);
        let was: HashMap<&str, &str> = was.iter().map(|(name, text)| (&**name, &**text)).collect();
        let old_names = renamed(&config_was, config);
        let mut edited = BTreeSet::new();
        for (name, want) in want {
            let old = old_names.get(name.as_ref()).copied();
            if let Some(old) = old {
                editor.rename(old, name)?;
                edited.insert(old);
            }
            let old = old.unwrap_or(name);
            let was = was.get(old).copied().unwrap_or_default();
            if was != want {
                let (was, want) = (Document::read_lines(was), Document::read_lines(want));
                editor.edit(old, &Reading::new(&was), &Reading::new(&want))?;
                edited.insert(name.as_ref());
            }
        }
        for name in config_was.ifaces.keys().filter(|name| !config.ifaces.contains_key(*name)) {
            if edited.insert(name) {
                editor.remove(name)?;
            }
        }
        if edited.is_empty() {
            return Ok(text.to_owned());
        }
        let new = editor.finish();
        self.check_reading(&new, config, want)?;
        check_untouched(&reading, &new, &edited)?;
        Ok(new)
    }

    /// The stanzas of a file that need not be valid: perhaps the edit mends it.
    fn settled<'a>(&self, config: &Config<'a>) -> Result<Stanzas<'a>> {
        let mut settled = config.clone();
        // what is wrong with it is found, but settled nevertheless
        let _ = check(&mut settled, self.dialect, self.charset);
        self.stanzas(settled, config, &mut Notes::default()).map_err(|error| match error {
            Error::Die(text) => refuse(format_args!("it is not valid: {}", text.trim_end())),
            other => other,
        })
    }

    /// What the original writes for a checked configuration, and what it leaves out.
    fn stanzas<'a>(
        &self,
        mut checked: Config<'a>,
        config: &Config<'a>,
        notes: &mut Notes,
    ) -> Result<Stanzas<'a>> {
        let ports = config.ifaces.iter().filter(|(_, iface)| iface.kind() == Kind::OvsPort);
        for (name, port) in ports {
            match checked.ifaces.get_mut(name) {
                Some(card) if card.kind() == Kind::Eth => *card = ovs::release(port),
                _ => {}
            }
        }
        let mut stanzas = render_each(checked, self.dialect, self.charset, notes)?;
        for (name, text) in &mut stanzas {
            *text = once(text);
            if let Some(iface) = config.ifaces.get(name) {
                show_hidden(text, iface);
            }
        }
        Ok(stanzas)
    }

    /// Checks that the original would read an edited file as what was to be written.
    fn check_reading(&self, text: &str, config: &Config, want: &Stanzas) -> Result<()> {
        let bytes = ByteText::decode(text.as_bytes());
        let bytes =
            ByteText::new(&bytes).ok_or_else(|| Error::Bug("bytes are not bytes".into()))?;
        let read = read_base(bytes, config, self.charset)?;
        let got = self.settled(&read)?;
        let got: HashMap<_, _> = got.iter().map(|(name, text)| (name, text)).collect();

        let is_new = |name: &&Cow<str>| *name != "lo" && !config.ifaces.contains_key(*name);
        let differs = |(name, want): &&(Cow<str>, String)| {
            let got = got.get(name).map_or("", |text| text.as_str());
            got != want && says(got) != says(want)
        };
        let wrong = read.ifaces.keys().find(is_new);
        let wrong = wrong.or_else(|| want.iter().find(differs).map(|(name, _)| name));
        match wrong {
            Some(name) => Err(refuse(format_args!("{name} would be read in another way"))),
            None => check_lines(&read, config),
        }
    }
}

/// Stanzas without those that a repeated family makes the writer write once more.
fn once(text: &str) -> String {
    let mut seen = HashSet::new();
    let header =
        |stanza: &str| stanza.lines().find(|line| line.starts_with("iface ")).map(str::to_owned);
    text.split_inclusive("\n\n").filter(|stanza| seen.insert(header(stanza))).collect()
}

/// Adds the options that the writer leaves out to the first stanza.
fn show_hidden(text: &mut String, iface: &Iface) {
    let mut hidden = String::new();
    for key in HIDDEN {
        let option = canonical(key.as_str());
        let is_it =
            |line: &str| canonical(Charset::Ascii.split_word(line.trim_start()).0) == option;
        match iface.true_text(key) {
            Some(value) if !text.lines().any(is_it) => {
                hidden.push_str(&format!("\t{} {value}\n", key.as_str()));
            }
            _ => {}
        }
    }
    let header = text.find("iface ");
    if let Some(end) = header.and_then(|at| Some(at + text[at..].find('\n')? + 1)) {
        text.insert_str(end, &hidden);
    }
}

/// What stanzas say: settings in any order, commands and comments in theirs.
fn says(text: &str) -> (BTreeSet<String>, Vec<String>) {
    let document = Document::read_lines(text);
    let said = Reading::new(&document).said;
    let (counted, settings): (Vec<_>, Vec<_>) = said.into_iter().partition(|said| said.counts);
    let text = |said: &Said| format!("{} {}", said.fact.name, said.fact.value);
    (settings.iter().map(text).collect(), counted.iter().map(text).collect())
}

/// The old name of each interface that has a new one but is at its old place.
fn renamed<'c>(was: &'c Config, config: &'c Config) -> HashMap<&'c str, &'c str> {
    let place = |iface: &Iface| iface.get(Key::Priority).map(|place| place.to_number().to_bits());
    let only = |one: &'c Config, other: &'c Config| {
        let only = one.ifaces.iter().filter(|(name, _)| !other.ifaces.contains_key(*name));
        only.filter_map(move |(name, iface)| Some((place(iface)?, name.as_ref())))
    };
    let gone: HashMap<u64, &str> = only(was, config).collect();
    let new = only(config, was);
    new.filter_map(|(place, name)| Some((name, *gone.get(&place)?))).collect()
}

/// Checks that no change is asked for that would show nowhere.
fn check_unwritten(was: &Config, config: &Config) -> Result<()> {
    for (name, iface) in &config.ifaces {
        let Some(was) = was.ifaces.get(name) else { continue };
        if let Some(key) = FIXED.iter().find(|key| was.text(**key) != iface.text(**key)) {
            return Err(refuse(format_args!("{name}: {} is changed", key.as_str())));
        }
        let (was, is) = (was.get(Key::Priority), iface.get(Key::Priority));
        if is.is_some_and(|is| was.map(Value::to_number) != Some(is.to_number())) {
            return Err(refuse(format_args!("{name}: its place is changed")));
        }
    }
    check_lines(was, config)
}

/// Checks that the writer drops no interface that is still in the configuration.
fn check_dropped(was: &Stanzas, config: &Config, want: &Stanzas) -> Result<()> {
    let written: HashSet<_> = want.iter().map(|(name, _)| name).collect();
    let is_dropped =
        |name: &&Cow<str>| config.ifaces.contains_key(*name) && !written.contains(name);
    match was.iter().map(|(name, _)| name).find(is_dropped) {
        Some(name) => Err(refuse(format_args!("{name} would not be written any more"))),
        None => Ok(()),
    }
}

/// Checks that the lines between the stanzas are the same.
fn check_lines(was: &Config, config: &Config) -> Result<()> {
    let (was, is) = (was.options.iter(), config.options.iter());
    match was.map(|line| &line.text).eq(is.map(|line| &line.text)) {
        true => Ok(()),
        false => Err(refuse("a line between stanzas is changed")),
    }
}

/// Checks that ifupdown2 would read what was not edited as before.
fn check_untouched(before: &Reading, text: &str, edited: &BTreeSet<&str>) -> Result<()> {
    let document = Document::read(text);
    let after = Reading::new(&document);

    let continued = |document: &Document| -> BTreeSet<_> {
        let statements = document.statements.iter().filter(|statement| statement.is_continued());
        statements.map(|statement| statement.raw.trim_end().to_owned()).collect()
    };
    if let Some(lines) = continued(&document).difference(&continued(before.document)).next() {
        let line = lines.lines().next().unwrap_or(lines);
        return Err(refuse(format_args!("'{line}' would go on in another line")));
    }
    let (before, after) = (facts_of_others(before, edited), facts_of_others(&after, edited));
    let wrong = before.iter().find(|(name, facts)| after.get(*name) != Some(facts));
    let wrong = wrong.or_else(|| after.iter().find(|(name, _)| !before.contains_key(*name)));
    match wrong {
        Some((name, _)) => Err(refuse(format_args!("{name} would be changed, too"))),
        None => Ok(()),
    }
}

/// What is said of every interface that was not edited, and of none.
fn facts_of_others<'r, 'd>(
    reading: &'r Reading<'d>,
    edited: &BTreeSet<&str>,
) -> BTreeMap<&'d str, Vec<&'r Fact<'d>>> {
    let mut facts: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for fact in reading.said.iter().map(|said| &said.fact) {
        if fact.name != "#" && !edited.contains(fact.iface) {
            facts.entry(fact.iface).or_default().push(fact);
        }
    }
    facts
}

/// The text of a file as characters.
fn utf8(text: ByteText) -> Result<String> {
    let bytes = text.as_str().chars().map(|c| c as u8).collect();
    let text = String::from_utf8(bytes).map_err(|error| {
        let good = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = 1 + good.iter().filter(|byte| **byte == b'\n').count();
        refuse(format_args!("line {line} is not UTF-8"))
    })?;
    let mut lines = text.split('\n').enumerate();
    // ifupdown2 takes it for the end of a line
    match lines.find(|(_, line)| line.trim_end_matches('\r').contains('\r')) {
        Some((at, _)) => Err(refuse(format_args!("line {} has a carriage return in it", at + 1))),
        None => Ok(text),
    }
}

/// Refuses what ifupdown2 would read in another way than the writer means it.
fn check_line(line: &str, is_comment: bool) -> Result<()> {
    if line.contains('\\') || line.contains(|c: char| c.is_control() && c != '\t') {
        return Err(refuse(format_args!("'{line}' has a backslash or a control character")));
    }
    if !is_comment && !line.is_ascii() {
        return Err(refuse(format_args!("'{line}' is not ASCII")));
    }
    Ok(())
}
