//! What is in the answer of a server, with Perl's rules and Perl's errors.
//!
//! Null is an empty hash or array where one is expected; anything else but one is an error.

use super::{Value, number};
use crate::error::{Error, Result};
use serde::Deserialize;
use serde_json::Value as Json;
use std::borrow::Cow;

/// `$value->{key}`; null if there is none.
///
/// # Errors
///
/// [`Error::Die`] with Perl's own text.
pub fn member<'a>(value: &'a Json, key: &str) -> Result<&'a Json> {
    match value {
        Json::Object(hash) => Ok(hash.get(key).unwrap_or(&Json::Null)),
        Json::Null => Ok(&Json::Null),
        Json::Array(_) | Json::Bool(_) => Err(Error::die_at("Not a HASH reference")),
        scalar => Err(no_reference(scalar, "a HASH")),
    }
}

/// `@{ $value }`, where it may be written to.
///
/// # Errors
///
/// As for [`member`].
pub fn elements(value: &Json) -> Result<&[Json]> {
    match value {
        Json::Array(array) => Ok(array),
        Json::Null => Ok(&[]),
        Json::Object(_) | Json::Bool(_) => Err(Error::die_at("Not an ARRAY reference")),
        scalar => Err(no_reference(scalar, "an ARRAY")),
    }
}

/// `scalar(@{ $value })`: there, null is an error.
///
/// # Errors
///
/// As for [`member`].
pub fn count(value: &Json) -> Result<usize> {
    if value.is_null() {
        let text = "Can't use an undefined value as an ARRAY reference";
        return Err(Error::die_at(text));
    }
    elements(value).map(<[Json]>::len)
}

/// `@{ $value->{key} }[0]->{id}`: a member of the first element of a list.
///
/// # Errors
///
/// As for [`member`].
pub fn first<'a>(value: &'a Json, list: &str, key: &str) -> Result<&'a Json> {
    let list = elements(member(value, list)?)?;
    list.first().map_or(Ok(&Json::Null), |first| member(first, key))
}

/// `"$value"`.
///
/// # Errors
///
/// [`Error::Unsupported`] for a reference, of which Perl makes its address in memory.
pub fn text(value: &Json) -> Result<Cow<'_, str>> {
    match value {
        Json::String(text) => Ok(Cow::Borrowed(text)),
        Json::Array(_) | Json::Object(_) => {
            Err(Error::Unsupported("a reference where a text is expected".into()))
        }
        scalar => Ok(Cow::Owned(scalar_of(scalar)?.to_text().unwrap_or_default().into_owned())),
    }
}

/// Perl's number of a value; 0 of a reference, whose number is its address.
pub fn to_number(value: &Json) -> f64 {
    match value {
        Json::String(text) => number(text),
        scalar => scalar_of(scalar).map_or(0.0, |value| value.to_number()),
    }
}

/// Perl's truth.
pub fn is_true(value: &Json) -> bool {
    match value {
        Json::Array(_) | Json::Object(_) => true,
        Json::String(text) => super::is_true(text),
        scalar => scalar_of(scalar).is_ok_and(|value| value.is_true()),
    }
}

/// `(split(/\//, $value))[0]`: what is before the first slash.
///
/// # Errors
///
/// As for [`text`].
pub fn before_slash(value: &Json) -> Result<Option<String>> {
    let text = text(value)?;
    // A field that is empty is none, if nothing follows it.
    let is_empty = text.trim_end_matches('/').is_empty();
    let field = text.split('/').next().unwrap_or_default();
    Ok((!is_empty).then(|| field.to_owned()))
}

fn scalar_of(value: &Json) -> Result<Value<'_>> {
    Value::deserialize(value).map_err(|e| Error::Bug(e.to_string()))
}

fn no_reference(scalar: &Json, what: &str) -> Error {
    let text = text(scalar).unwrap_or_default();
    let shown: String = text.chars().take(32).collect();
    let dots = if shown.len() < text.len() { "..." } else { "" };
    Error::die_at(format_args!(
        "Can't use string (\"{shown}\"{dots}) as {what} ref while \"strict refs\" in use"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn members_of_lists() {
        let string = |text: &str, what: &str| {
            format!("Can't use string ({text}) as {what} ref while \"strict refs\" in use")
        };
        for (answer, expected) in [
            (json!({"results": [{"id": 0}]}), Ok(json!(0))),
            (json!({"results": []}), Ok(json!(null))),
            (json!({"results": [null]}), Ok(json!(null))),
            (json!({}), Ok(json!(null))),
            (json!(null), Ok(json!(null))),
            (json!([]), Err("Not a HASH reference".into())),
            (json!(true), Err("Not a HASH reference".into())),
            (json!({"results": {}}), Err("Not an ARRAY reference".into())),
            (json!(5), Err(string("\"5\"", "a HASH"))),
            (json!({"results": ""}), Err(string("\"\"", "an ARRAY"))),
            (json!("x".repeat(40)), Err(string(&format!("\"{}\"...", "x".repeat(32)), "a HASH"))),
        ] {
            let got = first(&answer, "results", "id").cloned();
            assert_eq!(got.map_err(|e| e.to_string()), expected, "{answer}");
        }
        assert!(count(&json!(null)).is_err());
        assert_eq!(count(&json!([1, 2])), Ok(2));
    }

    #[test]
    fn fields() {
        for (value, expected) in [
            (json!("10.0.0.1/24"), Some("10.0.0.1")),
            (json!("::1"), Some("::1")),
            (json!(5), Some("5")),
            (json!("/24"), Some("")),
            (json!("/"), None),
            (json!(""), None),
            (json!(null), None),
        ] {
            assert_eq!(before_slash(&value).unwrap().as_deref(), expected, "{value}");
        }
    }
}
