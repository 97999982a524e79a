//! What the writer does about all that the original would lose.

use super::loss::losses_of;
use super::preserve::preserve;
use super::{Config, Dialect, Iface, Key, Kind, parse, render};
use crate::error::Result;
use crate::host::{Facts, Link};
use crate::notes::Notes;
use crate::perl::{ByteText, Charset, Value};
use serde::{Deserialize, Serialize};

/// What the writer does about all that the original would lose.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Fidelity {
    /// The same as the original.
    #[default]
    Exact,
    /// The same, and names each line that is lost.
    Warn,
    /// Edits the file in place, so that nothing is lost.
    Preserve,
}

impl Fidelity {
    /// Every fidelity, from the original's to the best.
    pub const ALL: [Fidelity; 3] = [Fidelity::Exact, Fidelity::Warn, Fidelity::Preserve];

    /// The name that `migration.toml` and requests use.
    pub fn name(self) -> &'static str {
        match self {
            Fidelity::Exact => "exact",
            Fidelity::Warn => "warn",
            Fidelity::Preserve => "preserve",
        }
    }
}

/// Writes the text of `/etc/network/interfaces` over a file of the text `base`.
///
/// The text is one of characters, to be encoded as UTF-8, as that of [`render()`].
///
/// # Errors
///
/// As [`render()`]; with [`Fidelity::Preserve`] also
/// [`Error::Unsupported`](crate::error::Error::Unsupported) where it is not clear how to edit the
/// file.
pub fn rewrite(
    base: ByteText,
    config: Config,
    fidelity: Fidelity,
    dialect: Dialect,
    charset: Charset,
    notes: &mut Notes,
) -> Result<String> {
    match fidelity {
        Fidelity::Exact => render(config, dialect, charset, notes),
        Fidelity::Warn => {
            let losses = losses(base, &config, dialect, charset);
            let text = render(config, dialect, charset, notes)?;
            for loss in losses {
                notes.log_warn(format_args!("/etc/network/interfaces {loss}"));
            }
            Ok(text)
        }
        Fidelity::Preserve => preserve(base, config, dialect, charset, notes),
    }
}

/// What the original loses from a file, but for interfaces that are deleted on purpose.
fn losses(base: ByteText, config: &Config, dialect: Dialect, charset: Charset) -> Vec<String> {
    let losses =
        read_base(base, config, charset).and_then(|was| losses_of(base, was, dialect, charset));
    match losses {
        Ok(mut losses) => {
            let is_there = |name: &String| config.ifaces.contains_key(name.as_str());
            losses.retain(|loss| loss.iface.as_ref().is_none_or(is_there));
            losses.iter().map(ToString::to_string).collect()
        }
        // the edit may have mended what was wrong
        Err(error) => {
            let error = error.to_string();
            vec![format!("may lose lines, but it was not valid before: {}", error.trim_end())]
        }
    }
}

/// Reads the file that is there; the new configuration tells what has to be known of the node.
///
/// The network cards are the interfaces of that type. One that is not in the configuration any more,
/// and of no type that can be told, is taken for a card as well.
pub(super) fn read_base<'a>(
    base: ByteText<'a>,
    config: &Config<'a>,
    charset: Charset,
) -> Result<Config<'a>> {
    let is_card = |kind| matches!(kind, Kind::Eth | Kind::OvsPort);
    let cards = config.ifaces.iter().filter(|(_, iface)| is_card(iface.kind()));
    let links = cards.map(|(name, _)| Link {
        name: name.clone(),
        link_type: Some("ether".into()),
        info_kind: None,
        altnames: Vec::new(),
    });
    let facts = Facts { links: links.collect(), active: Vec::new() };
    let mut was = parse(base, &facts, charset)?;
    // a card that the new configuration has from the file had another name in it
    let is_in_file = |iface: &Iface| iface.is_true(Key::Priority);
    was.ifaces.retain(|name, iface| {
        is_in_file(iface) || !config.ifaces.get(name).is_some_and(is_in_file)
    });
    for (name, iface) in &mut was.ifaces {
        if iface.kind() == Kind::Unknown && !config.ifaces.contains_key(name) {
            iface.set(Key::Type, Value::text(Kind::Eth.as_str()));
        }
    }
    Ok(was)
}
