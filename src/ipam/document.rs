//! The text of a JSON document, read for one place in it and changed only there.
//!
//! What surrounds the place stays as it is, byte for byte: keys that nobody here knows, the order
//! of the keys, and numbers that no type of ours could hold.

use crate::error::{Error, Result};
use serde::Serialize;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::ops::Range;

/// A change of a text: `length` bytes from the byte `at` on are replaced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Splice {
    /// Where it starts, in bytes of UTF-8.
    pub at: usize,
    /// How many bytes it replaces.
    pub length: usize,
    /// What it puts there.
    pub text: String,
}

impl Splice {
    /// The changed text.
    pub fn apply(&self, text: &str) -> String {
        let (head, rest) = text.split_at(self.at);
        [head, &self.text, &rest[self.length..]].concat()
    }
}

/// The way to a place: the objects on it, from the document itself downwards.
#[derive(Debug)]
pub(super) struct Trail<'a> {
    text: &'a str,
    path: Vec<&'a str>,
    steps: Vec<Step>,
}

/// One object on the way.
#[derive(Debug, Clone, Copy, Default)]
struct Step {
    /// Behind the brace that opens it.
    open: usize,
    /// Behind its last member; as `open`, if it has none.
    end: usize,
    /// The member that the path names.
    member: Option<Place>,
}

/// Where a member of an object is.
#[derive(Debug, Clone, Copy)]
struct Place {
    /// Behind the member before it, or behind the opening brace.
    before: usize,
    /// Its value.
    start: usize,
    end: usize,
}

impl<'a> Trail<'a> {
    /// Goes from the document to the member that the last key of `path` names, as far as there are
    /// objects.
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`] if something on the way is neither an object nor null, or if an
    /// object has a key of the path twice.
    pub(super) fn find(document: &'a RawValue, path: &[&'a str]) -> Result<Self> {
        let mut cursor = Cursor { text: document.get(), at: 0 };
        let mut steps = Vec::with_capacity(path.len());
        cursor.descend(path, &mut steps)?;
        let trail = Trail { text: cursor.text, path: path.to_vec(), steps };
        let reached = trail.steps.len();
        if reached == 0 || reached < path.len() && !trail.is_null(reached - 1) {
            let key = reached.checked_sub(1).map_or("the document", |i| path[i]);
            return Err(Error::Unsupported(format!("{key} is not an object")));
        }
        Ok(trail)
    }

    /// True if everything before the path's key `depth` is there, so that it could be a key.
    pub(super) fn reaches(&self, depth: usize) -> bool {
        self.steps.len() > depth
    }

    /// The text of the value of the path's key `depth`.
    pub(super) fn value(&self, depth: usize) -> Option<&'a str> {
        let place = self.steps.get(depth)?.member?;
        Some(&self.text[place.start..place.end])
    }

    /// True if the path's key `depth` is missing or its value is null: not defined, in Perl.
    pub(super) fn is_null(&self, depth: usize) -> bool {
        self.value(depth).is_none_or(|value| value == "null")
    }

    /// Sets the value of the path's last key, with all that is missing on the way to it.
    pub(super) fn set(&self, value: &str) -> Result<Splice> {
        let depth = self.steps.len() - 1;
        let mut text = value.to_owned();
        for key in self.path[depth + 1..].iter().rev() {
            text = format!("{{{}:{text}}}", quote(key)?);
        }
        let step = self.steps[depth];
        Ok(match step.member {
            Some(place) => Splice { at: place.start, length: place.end - place.start, text },
            None => {
                let comma = if step.end == step.open { "" } else { "," };
                Splice {
                    at: step.end,
                    length: 0,
                    text: format!("{comma}{}:{text}", quote(self.path[depth])?),
                }
            }
        })
    }

    /// Removes the path's key `depth`; nothing if it is missing.
    pub(super) fn remove(&self, depth: usize) -> Option<Splice> {
        let step = self.steps.get(depth)?;
        let place = step.member?;
        let is_first = place.before == step.open;
        let is_last = place.end == step.end;
        // The comma before it goes with it, or else the one behind it.
        let end = if is_first && !is_last {
            let rest = &self.text[place.end..];
            place.end + rest.find(',').map_or(0, |comma| comma + 1)
        } else {
            place.end
        };
        Some(Splice { at: place.before, length: end - place.before, text: String::new() })
    }
}

/// The members of an object: key, and text of the value. Nothing, if the text is of no object.
pub(super) fn members(object: &str) -> impl Iterator<Item = Result<(Cow<'_, str>, &str)>> {
    let mut cursor = Cursor { text: object, at: 0 };
    let is_object = cursor.enter();
    std::iter::from_fn(move || {
        if !is_object {
            return None;
        }
        let key = match cursor.key() {
            Ok(key) => key?,
            Err(error) => return Some(Err(error)),
        };
        let value = cursor.skip();
        Some(Ok((key, &object[value])))
    })
}

fn quote(key: &str) -> Result<String> {
    serde_json::to_string(key).map_err(|e| Error::Bug(e.to_string()))
}

/// Reads a text that is known to be JSON, see [`RawValue`]; of anything else it makes nonsense.
struct Cursor<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Cursor<'a> {
    fn descend(&mut self, path: &[&str], steps: &mut Vec<Step>) -> Result<()> {
        let Some((wanted, rest)) = path.split_first() else {
            self.skip();
            return Ok(());
        };
        if !self.enter() {
            self.skip();
            return Ok(());
        }
        let index = steps.len();
        let mut step = Step { open: self.at, end: self.at, member: None };
        steps.push(step);
        while let Some(key) = self.key()? {
            let start = self.at;
            if key == *wanted {
                if step.member.is_some() {
                    return Err(Error::Unsupported(format!("two members '{wanted}'")));
                }
                self.descend(rest, steps)?;
                step.member = Some(Place { before: step.end, start, end: self.at });
            } else {
                self.skip();
            }
            step.end = self.at;
        }
        steps[index] = step;
        Ok(())
    }

    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Steps over blanks and those of `also`.
    fn step_over(&mut self, also: u8) {
        while let Some(byte) = self.byte() {
            if byte != also && !matches!(byte, b' ' | b'\t' | b'\n' | b'\r') {
                break;
            }
            self.at += 1;
        }
    }

    /// Steps into an object, if there is one.
    fn enter(&mut self) -> bool {
        let is_object = self.byte() == Some(b'{');
        self.at += usize::from(is_object);
        is_object
    }

    /// The next key of an object; then its value comes next. At the end, steps out of the object.
    fn key(&mut self) -> Result<Option<Cow<'a, str>>> {
        self.step_over(b',');
        if self.byte() != Some(b'"') {
            self.at += 1;
            return Ok(None);
        }
        let key = &self.text[self.skip()];
        self.step_over(b':');
        let plain = &key[1..key.len() - 1];
        if !plain.contains('\\') {
            return Ok(Some(Cow::Borrowed(plain)));
        }
        let key = serde_json::from_str(key).map_err(|e| Error::Unsupported(e.to_string()))?;
        Ok(Some(Cow::Owned(key)))
    }

    /// Steps over a value.
    fn skip(&mut self) -> Range<usize> {
        let start = self.at;
        let bytes = self.text.as_bytes();
        let mut depth = 0_usize;
        while let Some(&byte) = bytes.get(self.at) {
            match byte {
                b'"' => self.skip_string(),
                b'{' | b'[' => depth += 1,
                b'}' | b']' if depth == 0 => break,
                b'}' | b']' => depth -= 1,
                b',' | b' ' | b'\t' | b'\n' | b'\r' if depth == 0 => break,
                _ => {}
            }
            self.at += 1;
            if depth == 0 && matches!(byte, b'"' | b'}' | b']') {
                break;
            }
        }
        start..self.at
    }

    /// Steps from the quote at the start of a string to the one at its end.
    fn skip_string(&mut self) {
        let bytes = self.text.as_bytes();
        self.at += 1;
        while let Some(&byte) = bytes.get(self.at) {
            match byte {
                b'"' => return,
                b'\\' => self.at += 2,
                _ => self.at += 1,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(text: &str) -> &RawValue {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn set() {
        for (document, expected) in [
            (r#"{}"#, r#"{"a":{"b":7}}"#),
            (r#"{ "a" : {} }"#, r#"{ "a" : {"b":7} }"#),
            (r#"{"a":null,"c":1}"#, r#"{"a":{"b":7},"c":1}"#),
            (r#"{"a":{"x":[1,"}"] }}"#, r#"{"a":{"x":[1,"}"],"b":7 }}"#),
            (r#"{"a":{"b":{"y":1}}}"#, r#"{"a":{"b":7}}"#),
            (r#"{"\u0061":{"b":null,"\"":0}}"#, r#"{"\u0061":{"b":7,"\"":0}}"#),
            (r#"{"é":"b","n":1e400}"#, r#"{"é":"b","n":1e400,"a":{"b":7}}"#),
        ] {
            let splice = Trail::find(raw(document), &["a", "b"]).unwrap().set("7");
            assert_eq!(splice.unwrap().apply(document), expected);
        }
        let trail = Trail::find(raw("{}"), &["\"\\"]).unwrap();
        assert_eq!(trail.set("1").unwrap().text, r#""\"\\":1"#);
    }

    #[test]
    fn remove() {
        for (document, expected) in [
            (r#"{"a":{"b":1}}"#, r#"{"a":{}}"#),
            (r#"{"a":{"b":1 , "c":2}}"#, r#"{"a":{ "c":2}}"#),
            (r#"{"a":{ "c":2, "b" : {"b":1} }}"#, r#"{"a":{ "c":2 }}"#),
            (r#"{"a":{"x":0,"b":"}","y":0}}"#, r#"{"a":{"x":0,"y":0}}"#),
        ] {
            let splice = Trail::find(raw(document), &["a", "b"]).unwrap().remove(1);
            assert_eq!(splice.unwrap().apply(document), expected);
        }
        assert_eq!(Trail::find(raw("{}"), &["a"]).unwrap().remove(0), None);
    }

    #[test]
    fn refused() {
        for document in [r#"[]"#, "null", r#"{"a":0}"#, r#"{"a":[]}"#, r#"{"a":{},"a":{}}"#] {
            assert!(Trail::find(raw(document), &["a", "b"]).is_err(), "{document}");
        }
    }

    #[test]
    fn values() {
        let trail = Trail::find(raw(r#"{"a":{"b":[{"b":2}]}}"#), &["a", "b"]).unwrap();
        assert_eq!(trail.value(1), Some(r#"[{"b":2}]"#));
        assert!(trail.reaches(1) && !trail.is_null(1));
        let all: Result<Vec<_>> = members(r#"{"a":1, "b" : "x\"" ,"\n":{}}"#).collect();
        let all = all.unwrap();
        let all: Vec<_> = all.iter().map(|(key, value)| (key.as_ref(), *value)).collect();
        assert_eq!(all, [("a", "1"), ("b", r#""x\"""#), ("\n", "{}")]);
        assert_eq!(members("[1]").count(), 0);
    }
}
