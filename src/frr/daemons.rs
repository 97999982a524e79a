//! `/etc/frr/daemons`: which daemons of FRR run.

use crate::error::{Error, Result};
use crate::perl::Hash;

/// The daemons whose lines are ours; without a reason to run, they do not.
const MANAGED: [&str; 2] = ["fabricd", "ospfd"];

/// The outcome of [`set_daemons`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Daemons {
    /// The new text of the file.
    pub text: String,
    /// True if a daemon has to be started or stopped.
    pub is_changed: bool,
    /// The daemons that were switched off because nobody named them.
    pub switched_off: Vec<&'static str>,
}

/// Returns the text of `/etc/frr/daemons` with the wanted daemons switched on, others off.
///
/// `wanted` says by name which run; a managed daemon that it does not name is left as it is, or
/// switched off if `resets_others`. Only lines that are there are changed.
///
/// # Errors
///
/// [`Error::Die`] if a daemon is not one of ours.
///
/// Source: `PVE::Network::SDN::Frr::set_daemon_status`.
pub fn set_daemons(text: &str, wanted: &Hash, resets_others: bool) -> Result<Daemons> {
    if let Some((name, _)) = wanted.iter().find(|(name, _)| !MANAGED.contains(name)) {
        return Err(Error::die_at(format_args!("{name} is not SDN managed")));
    }

    let is_reset = |name: &&str| resets_others && !wanted.is_defined(name);
    let mut daemons = Daemons {
        text: String::with_capacity(text.len()),
        is_changed: false,
        switched_off: MANAGED.into_iter().filter(is_reset).collect(),
    };
    // As Perl's split: empty lines at the end are none.
    let text = text.trim_end_matches('\n');
    let lines = text.split('\n').filter(|_| !text.is_empty());
    for line in lines {
        let is_set = line
            .split_once('=')
            .map(|(name, _)| name)
            .filter(|name| MANAGED.contains(name))
            .filter(|name| resets_others || wanted.is_defined(name));
        match is_set {
            Some(name) => {
                let value = if wanted.is_true(name) { "yes" } else { "no" };
                let new = format!("{name}={value}");
                daemons.is_changed |= new != line;
                daemons.text.push_str(&new);
            }
            None => daemons.text.push_str(line),
        }
        daemons.text.push('\n');
    }
    Ok(daemons)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines() {
        const TEXT: &str = "# comment\n\nbgpd=no\nospfd=no\n ospfd=no\nfabricd=yes # on\nx\n\n\n";
        for (wanted, resets, expected, is_changed, off) in [
            (
                r#"{"ospfd":1}"#,
                true,
                "# comment\n\nbgpd=no\nospfd=yes\n ospfd=no\nfabricd=no\nx\n",
                true,
                vec!["fabricd"],
            ),
            (
                r#"{"ospfd":0,"fabricd":null}"#,
                false,
                "# comment\n\nbgpd=no\nospfd=no\n ospfd=no\nfabricd=yes # on\nx\n",
                false,
                vec![],
            ),
            (
                r#"{"fabricd":"1"}"#,
                false,
                "# comment\n\nbgpd=no\nospfd=no\n ospfd=no\nfabricd=yes\nx\n",
                true,
                vec![],
            ),
        ] {
            let wanted: Hash = serde_json::from_str(wanted).unwrap();
            let expected = Daemons { text: expected.into(), is_changed, switched_off: off };
            assert_eq!(set_daemons(TEXT, &wanted, resets), Ok(expected));
        }
        let none = Hash::default();
        assert_eq!(set_daemons("\n\n", &none, true).unwrap().text, "");
    }

    #[test]
    fn a_daemon_of_others() {
        let wanted: Hash = serde_json::from_str(r#"{"bgpd":1,"ospfd":1}"#).unwrap();
        let error = Error::die_at("bgpd is not SDN managed");
        assert_eq!(set_daemons("", &wanted, true), Err(error));
    }
}
