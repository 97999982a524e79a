//! Where two outcomes of the same call differ, one of them the original's.
//!
//! Source: the Perl module `PVE::Network::RS::Compare`, which compares on a node.

use crate::perl::number_text;
use serde_json::{Value, json};
use std::borrow::Cow;

/// The first place at which two outcomes differ; a side that has nothing there is `None`.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference<'a> {
    /// Where, as a JSON pointer.
    pub pointer: String,
    /// What the original has there.
    pub original: Option<&'a Value>,
    /// What Rust has there.
    pub rust: Option<&'a Value>,
}

/// The first difference of two outcomes, in the order of the keys; `None` if there is none.
///
/// A number and its text are the same unless `is_strict`: Perl may make either of either.
pub fn difference<'a>(
    original: &'a Value,
    rust: &'a Value,
    is_strict: bool,
) -> Option<Difference<'a>> {
    walk("", Some(original), Some(rust), is_strict)
}

fn walk<'a>(
    pointer: &str,
    original: Option<&'a Value>,
    rust: Option<&'a Value>,
    is_strict: bool,
) -> Option<Difference<'a>> {
    match (original, rust) {
        (Some(Value::Object(a)), Some(Value::Object(b))) => {
            let mut keys: Vec<_> = a.keys().chain(b.keys()).collect();
            keys.sort_unstable();
            keys.dedup();
            keys.into_iter().find_map(|key| {
                let step = key.replace('~', "~0").replace('/', "~1");
                walk(&format!("{pointer}/{step}"), a.get(key), b.get(key), is_strict)
            })
        }
        (Some(Value::Array(a)), Some(Value::Array(b))) => (0..a.len().max(b.len()))
            .find_map(|n| walk(&format!("{pointer}/{n}"), a.get(n), b.get(n), is_strict)),
        (Some(a), Some(b)) if is_same(a, b, is_strict) => None,
        _ => Some(Difference { pointer: pointer.into(), original, rust }),
    }
}

fn is_same(a: &Value, b: &Value, is_strict: bool) -> bool {
    let texts = || text(a).zip(text(b));
    a == b || !is_strict && texts().is_some_and(|(a, b)| a == b)
}

/// The text that Perl makes of a value.
fn text(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::String(text) => Some(text.into()),
        Value::Bool(flag) => Some(if *flag { "1" } else { "0" }.into()),
        Value::Number(number) => Some(match number.as_f64().filter(|_| number.is_f64()) {
            Some(float) => number_text(float).into(),
            None => number.to_string().into(),
        }),
        _ => None,
    }
}

/// What the caller of a function makes of its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// Nothing.
    Void,
    /// It is a value.
    Scalar,
    /// It is a list of this one value.
    List,
    /// It is a list, as which the function tells the value.
    Spread,
}

/// The outcome that a reply of the library is to a caller: value, list or error, and warnings.
pub fn outcome(reply: &Value, used: Use) -> Value {
    let warnings = reply["warnings"].as_array().map(Vec::as_slice).unwrap_or_default();
    let texts = warnings.iter().filter_map(|warning| warning["text"].as_str());
    let mut outcome = json!({ "warnings": texts.map(without_place).collect::<Vec<_>>() });
    if let Some(error) = reply.get("error") {
        let errors = error.get("errors").unwrap_or(&error["message"]);
        let is_param = error["kind"] == "param";
        outcome["error"] = errors.clone();
        outcome["exception"] = if is_param { "PVE::Exception" } else { "" }.into();
        return outcome;
    }
    let value = &reply["value"];
    match used {
        Use::Void => {}
        Use::Scalar => outcome["value"] = value.clone(),
        Use::List => outcome["list"] = json!([value]),
        Use::Spread => outcome["list"] = value.clone(),
    }
    outcome
}

/// A text without the place that Perl appends to one that has no newline at its end.
fn without_place(text: &str) -> &str {
    let place = || {
        let line = text.trim_end_matches('\n');
        let line = line.strip_suffix('.').filter(|_| line.len() < text.len())?;
        let start = line.rfind('\n').map_or(0, |at| at + 1);
        // Behind the place there may be that of the file which is being read.
        let (line, _) = match line.rfind(", <") {
            Some(at) if is_handle(&line[at + 3..]) => line.split_at(at),
            _ => (line, ""),
        };
        let (before, number) = line.rsplit_once(" line ")?;
        let is_number = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
        let at = before.get(start..)?.find(" at ").filter(|_| is_number)? + start;
        let is_named = before[at + 4..].chars().next().is_some_and(|c| !c.is_whitespace());
        is_named.then_some(&text[..at])
    };
    place().unwrap_or(text)
}

/// True for `$fh> line 3` and `$fh> chunk 3`.
fn is_handle(text: &str) -> bool {
    let number = text
        .split_once('>')
        .and_then(|(_, rest)| rest.strip_prefix(" line ").or(rest.strip_prefix(" chunk ")));
    number.is_some_and(|number| number.bytes().all(|b| b.is_ascii_digit()) && !number.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_differences() {
        for (original, rust, pointer, strictly) in [
            (json!({"a": 1}), json!({"a": 1}), None, None),
            (json!({"a": 1}), json!({"a": "1"}), None, Some("/a")),
            (json!({"a": 1e20}), json!({"a": "1e+20"}), None, Some("/a")),
            (json!({"a": true}), json!({"a": 1}), None, Some("/a")),
            (json!({"a": true}), json!({"a": false}), Some("/a"), Some("/a")),
            (json!({"a": "1"}), json!({"a": "1.0"}), Some("/a"), Some("/a")),
            (json!({"a": null}), json!({}), Some("/a"), Some("/a")),
            (json!({"a": null}), json!({"a": ""}), Some("/a"), Some("/a")),
            (json!({"b": 2, "a": 1}), json!({"b": 3, "a": 2}), Some("/a"), Some("/a")),
            (json!([1, 2]), json!([1, 2, 3]), Some("/2"), Some("/2")),
            (json!({"a/b~": [1]}), json!({"a/b~": [2]}), Some("/a~1b~0/0"), Some("/a~1b~0/0")),
            (json!([1]), json!({"0": 1}), Some(""), Some("")),
        ] {
            for (is_strict, expected) in [(false, pointer), (true, strictly)] {
                let found = difference(&original, &rust, is_strict);
                let found = found.map(|difference| difference.pointer);
                assert_eq!(found.as_deref(), expected, "{original} {rust} {is_strict}");
            }
        }
    }

    #[test]
    fn outcomes() {
        let reply = json!({"value": [1, 2], "warnings": [{"kind": "warn", "text": "a\n"}]});
        for (used, expected) in [
            (Use::Void, json!({"warnings": ["a\n"]})),
            (Use::Scalar, json!({"value": [1, 2], "warnings": ["a\n"]})),
            (Use::List, json!({"list": [[1, 2]], "warnings": ["a\n"]})),
            (Use::Spread, json!({"list": [1, 2], "warnings": ["a\n"]})),
        ] {
            assert_eq!(outcome(&reply, used), expected, "{used:?}");
        }
        for (error, expected) in [
            (
                json!({"kind": "die", "message": "no\n"}),
                json!({"error": "no\n", "exception": "", "warnings": []}),
            ),
            (
                json!({"kind": "param", "message": "x", "errors": {"a": "bad"}}),
                json!({"error": {"a": "bad"}, "exception": "PVE::Exception", "warnings": []}),
            ),
        ] {
            assert_eq!(outcome(&json!({"error": error}), Use::List), expected);
        }
    }

    #[test]
    fn places() {
        for (text, expected) in [
            ("no at FILE line 7.\n", "no"),
            ("no at FILE line 7, <$fh> line 3.\n\n", "no"),
            ("no at FILE line 7, <STDIN> chunk 3.\n", "no"),
            ("a\nno at FILE line 7.\n", "a\nno"),
            ("no at FILE line 7.", "no at FILE line 7."),
            ("no at FILE line x.\n", "no at FILE line x.\n"),
            ("no at  FILE line 7.\n", "no at  FILE line 7.\n"),
            ("look at this at FILE line 7.\n", "look"), // as in Perl
            ("no\n", "no\n"),
            ("", ""),
        ] {
            assert_eq!(without_place(text), expected, "{text}");
        }
    }
}
