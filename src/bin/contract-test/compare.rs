//! Differences as they are told: both sides, without secrets.

use pve_network_rs::migration::compare;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value as Json};

/// The properties whose values are not shown.
const SECRETS: [&str; 3] = ["key", "password", "token"];

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
        let (perl, rust) = (side(found.original), side(found.rust));
        Some(Difference { pointer: found.pointer, line: None, perl, rust })
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
        _ => {}
    }
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
    }
}
