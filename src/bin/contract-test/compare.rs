//! Differences as they are told: both sides, without secrets.

use pve_network_rs::migration::compare;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value as Json};

/// The properties, and words in lines, behind which something is not shown.
const SECRETS: [&str; 4] = ["authentication-key", "key", "password", "token"];

/// What stands for a value that is not shown.
const HIDDEN: &str = "(hidden)";

/// A place at which two answers differ; a side that has nothing there is `None`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(crate) struct Difference {
    /// Where, as a JSON pointer.
    pub(crate) pointer: String,
    /// The line, where both sides are texts of many lines.
    pub(crate) line: Option<u64>,
    /// What Perl says.
    #[serde(default, deserialize_with = "present")]
    pub(crate) perl: Option<Json>,
    /// What Rust says.
    #[serde(default, deserialize_with = "present")]
    pub(crate) rust: Option<Json>,
}

/// Null is something.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Json>, D::Error> {
    Json::deserialize(deserializer).map(Some)
}

impl Difference {
    /// The first difference of two answers.
    pub(crate) fn first(perl: &Json, rust: &Json, is_strict: bool) -> Option<Self> {
        let found = compare::difference(perl, rust, is_strict)?;
        let name = found.pointer.rsplit('/').next().unwrap_or_default();
        let side = |value: Option<&Json>| {
            let mut value = value.cloned()?;
            hide(name, &mut value);
            Some(value)
        };
        let (mut perl, mut rust) = (side(found.original), side(found.rust));
        let line = differing_line(perl.as_mut(), rust.as_mut());
        Some(Difference { pointer: found.pointer, line, perl, rust })
    }

    /// For programs. A side that has nothing at the place is left out.
    pub(crate) fn document(&self) -> Json {
        let mut place = Map::new();
        place.insert("pointer".into(), self.pointer.clone().into());
        let line = self.line.map(Json::from);
        for (key, value) in [("line", &line), ("perl", &self.perl), ("rust", &self.rust)] {
            if let Some(value) = value {
                place.insert(key.into(), value.clone());
            }
        }
        place.into()
    }
}

/// Cuts two texts of many lines down to the first line that differs, and tells its number.
fn differing_line(perl: Option<&mut Json>, rust: Option<&mut Json>) -> Option<u64> {
    let (Some(Json::String(a)), Some(Json::String(b))) = (perl, rust) else {
        return None;
    };
    if a.lines().count() < 2 || b.lines().count() < 2 {
        return None;
    }
    let lines = a.split('\n').map(Some).chain([None]).zip(b.split('\n').map(Some).chain([None]));
    let (at, (left, right)) = lines.enumerate().find(|(_, (left, right))| left != right)?;
    let [left, right] = [left, right].map(|line| line.unwrap_or_default().to_owned());
    (*a, *b) = (left, right);
    u64::try_from(at + 1).ok()
}

/// Sorts the items of a list by a key.
pub(crate) fn sort(list: &mut Json, key: &str) {
    if let Json::Array(items) = list {
        items.sort_by(|a, b| a[key].as_str().cmp(&b[key].as_str()));
    }
}

/// Hides what is secret in a value, `name` is the property whose value it is.
pub(crate) fn hide(name: &str, value: &mut Json) {
    match value {
        Json::Object(members) => members.iter_mut().for_each(|(name, value)| hide(name, value)),
        Json::Array(items) => items.iter_mut().for_each(|item| hide(name, item)),
        Json::Null => {}
        value if SECRETS.contains(&name) => *value = HIDDEN.into(),
        Json::String(text) if text.contains('\n') => *text = with_hidden_lines(text),
        _ => {}
    }
}

/// A text without the rest of the lines that say a password or the like, as FRR's files may.
fn with_hidden_lines(text: &str) -> String {
    let shown = |line: &str| {
        let mut words = line.split_inclusive(' ');
        let is_secret =
            |word: &str| SECRETS.contains(&word.trim_end().trim_start_matches(['+', '-']));
        let before: usize = words.by_ref().take_while(|word| !is_secret(word)).map(str::len).sum();
        let secret = line[before..].split_inclusive(' ').next().filter(|word| word.ends_with(' '));
        secret.map_or(line.to_owned(), |word| format!("{}{HIDDEN}", &line[..before + word.len()]))
    };
    text.split('\n').map(shown).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn secrets() {
        let mut value = json!([{"token": "x", "pending": {"key": ["y"], "url": "z"}}]);
        hide("", &mut value);
        let hidden = json!([{"token": HIDDEN, "pending": {"key": [HIDDEN], "url": "z"}}]);
        assert_eq!(value, hidden);
        let first = |perl, rust| Difference::first(&perl, &rust, false).unwrap().document();
        assert_eq!(
            first(json!({"token": "x"}), json!({"token": "y"})),
            json!({"pointer": "/token", "perl": HIDDEN, "rust": HIDDEN})
        );
        assert_eq!(
            first(json!({"a": null}), json!({"token": "y"})),
            json!({"pointer": "/a", "perl": null})
        );
        for (line, shown) in [
            (" neighbor 192.0.2.1 password x y", " neighbor 192.0.2.1 password (hidden)"),
            ("+password x", "+password (hidden)"),
            (" ip ospf authentication-key x", " ip ospf authentication-key (hidden)"),
            (" key chain", " key (hidden)"),
            ("password", "password"),
            ("", ""),
        ] {
            let mut value = json!(format!("{line}\n"));
            hide("frr-diff", &mut value);
            assert_eq!(value, format!("{shown}\n"));
        }
    }

    #[test]
    fn texts_differ_in_a_line() {
        for (perl, rust, line, sides) in [
            ("a\nb\nc\n", "a\nB\nc\n", Some(2), ("b", "B")),
            ("a\nb\n", "a\nb\nc\n", Some(3), ("", "c")),
            ("a\nb\n", "a\nb", Some(3), ("", "")),
            ("a", "b", None, ("a", "b")),
            ("a\n", "b\nc\n", None, ("a\n", "b\nc\n")),
        ] {
            let first = Difference::first(&json!({"x": perl}), &json!({"x": rust}), false).unwrap();
            assert_eq!(first.line, line, "{perl:?} {rust:?}");
            assert_eq!((first.perl, first.rust), (Some(json!(sides.0)), Some(json!(sides.1))));
        }
    }
}
