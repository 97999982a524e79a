//! Where two answers differ.

use pve_network_rs::perl::number_text;
use serde_json::Value as Json;
use std::borrow::Cow;

/// The properties whose values are not shown.
const SECRETS: [&str; 3] = ["key", "password", "token"];

/// What stands for a value that is not shown.
const HIDDEN: &str = "(hidden)";

/// A place at which two answers differ; a side that has nothing there is `None`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Difference {
    /// Where, as a JSON pointer.
    pub(crate) pointer: String,
    /// What Perl says.
    pub(crate) perl: Option<Json>,
    /// What Rust says.
    pub(crate) rust: Option<Json>,
}

/// All differences, in the order of the keys.
///
/// A number and its text are the same, unless `is_strict`: Perl may make either of either.
pub(crate) fn differences(perl: &Json, rust: &Json, is_strict: bool) -> Vec<Difference> {
    let mut found = Vec::new();
    walk("", Some(perl), Some(rust), is_strict, &mut found);
    found
}

fn walk(
    pointer: &str,
    perl: Option<&Json>,
    rust: Option<&Json>,
    is_strict: bool,
    found: &mut Vec<Difference>,
) {
    match (perl, rust) {
        (Some(Json::Object(a)), Some(Json::Object(b))) => {
            for key in a.keys().chain(b.keys().filter(|key| !a.contains_key(*key))) {
                let step = key.replace('~', "~0").replace('/', "~1");
                walk(&format!("{pointer}/{step}"), a.get(key), b.get(key), is_strict, found);
            }
        }
        (Some(Json::Array(a)), Some(Json::Array(b))) => {
            for at in 0..a.len().max(b.len()) {
                walk(&format!("{pointer}/{at}"), a.get(at), b.get(at), is_strict, found);
            }
        }
        (Some(a), Some(b)) if is_same(a, b, is_strict) => {}
        _ => {
            let pointer = pointer.to_owned();
            found.push(Difference { pointer, perl: perl.cloned(), rust: rust.cloned() });
        }
    }
}

fn is_same(a: &Json, b: &Json, is_strict: bool) -> bool {
    let is_text = |text: Option<Cow<str>>, other: Option<Cow<str>>| text.is_some() && text == other;
    a == b || !is_strict && is_text(scalar_text(a), scalar_text(b))
}

/// The text that Perl makes of a number or has as a text.
fn scalar_text(value: &Json) -> Option<Cow<'_, str>> {
    match value {
        Json::String(text) => Some(text.into()),
        Json::Number(number) if number.is_f64() => number.as_f64().map(|n| number_text(n).into()),
        Json::Number(number) => Some(number.to_string().into()),
        _ => None,
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

impl Difference {
    /// The same without secrets.
    pub(crate) fn hidden(mut self) -> Self {
        let name = self.pointer.rsplit('/').next().unwrap_or_default();
        for side in [&mut self.perl, &mut self.rust].into_iter().flatten() {
            hide(name, side);
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn first_differences() {
        for (perl, rust, pointer, count) in [
            (json!({"a": 1}), json!({"a": "1"}), None, 0),
            (json!({"a": 1.5}), json!({"a": "1.5"}), None, 0),
            (json!({"a": 1e20}), json!({"a": "1e+20"}), None, 0),
            (json!({"a": null}), json!({}), Some("/a"), 1), // undef is not missing
            (json!([1, 2, 3]), json!([1, 4]), Some("/1"), 2),
            (json!({"a/b": {"~": 1}}), json!({"a/b": {"~": 2}}), Some("/a~1b/~0"), 1),
            (json!({"a": []}), json!({"a": {}}), Some("/a"), 1),
            (json!({"a": true}), json!({"a": 1}), Some("/a"), 1),
            (json!("01"), json!(1), Some(""), 1),
            (json!({"z": 1, "a": 1}), json!({"b": 1, "a": 2, "z": 1}), Some("/a"), 2),
        ] {
            let found = differences(&perl, &rust, false);
            assert_eq!(found.first().map(|first| first.pointer.as_str()), pointer, "{perl} {rust}");
            assert_eq!(found.len(), count, "{perl} {rust}");
        }
        assert_eq!(differences(&json!(1), &json!("1"), true).len(), 1);
    }

    #[test]
    fn secrets() {
        let mut value = json!([{"token": "x", "pending": {"key": ["y"], "url": "z"}}]);
        hide("", &mut value);
        let hidden = json!([{"token": HIDDEN, "pending": {"key": [HIDDEN], "url": "z"}}]);
        assert_eq!(value, hidden);
        let found = differences(&json!({"token": "x"}), &json!({"token": "y"}), false);
        let first = found[0].clone().hidden();
        assert_eq!((first.perl, first.rust), (Some(json!(HIDDEN)), Some(json!(HIDDEN))));
        let found = differences(&json!({}), &json!({"token": "y"}), false);
        assert_eq!(found[0].clone().hidden().perl, None);
    }
}
