//! JSON as JSON::XS reads it, written.

use super::plain::plain_len;
use crate::perl::Value;

/// What follows the `\` of an escape of one letter, by the character that it stands for; 0 for a
/// character that is none (see [`plain_len`]), `u` for one that has no letter.
const ESCAPES: [u8; 256] = {
    let mut escapes = [0; 256];
    let mut control = 0;
    while control < 0x20 {
        escapes[control] = b'u';
        control += 1;
    }
    escapes[0x08] = b'b';
    escapes[b'\t' as usize] = b't';
    escapes[b'\n' as usize] = b'n';
    escapes[0x0c] = b'f';
    escapes[b'\r' as usize] = b'r';
    escapes[b'"' as usize] = b'"';
    escapes[b'\\' as usize] = b'\\';
    escapes
};

/// Appends a text.
pub fn write_text(json: &mut Vec<u8>, text: &str) {
    let text = text.as_bytes();
    json.reserve(text.len() + 2);
    json.push(b'"');
    let (plain, rest) = text.split_at(plain_len(text));
    json.extend_from_slice(plain);
    if !rest.is_empty() {
        write_escaped(json, rest);
    }
    json.push(b'"');
}

/// Appends the rest of a text, from its first special character on.
fn write_escaped(json: &mut Vec<u8>, mut rest: &[u8]) {
    while let [byte, after @ ..] = rest {
        match ESCAPES[usize::from(*byte)] {
            b'u' => json.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
            letter => json.extend_from_slice(&[b'\\', letter]),
        }
        let (plain, special) = after.split_at(plain_len(after));
        json.extend_from_slice(plain);
        rest = special;
    }
}

/// Appends a value.
///
/// # Errors
///
/// As [`serde_json::to_writer`].
#[inline]
pub fn write_value(json: &mut Vec<u8>, value: &Value) -> serde_json::Result<()> {
    match value {
        Value::Text(text) => write_text(json, text), // as most are
        value => write_other(json, value)?,
    }
    Ok(())
}

fn write_other(json: &mut Vec<u8>, value: &Value) -> serde_json::Result<()> {
    match value {
        Value::Integer(number) => {
            json.extend_from_slice(itoa::Buffer::new().format(*number).as_bytes());
        }
        Value::List(values) => {
            let mut separator = b'[';
            for value in values {
                json.push(separator);
                write_value(json, value)?;
                separator = b',';
            }
            json.extend_from_slice(if values.is_empty() { b"[]" } else { b"]" });
        }
        value => serde_json::to_writer(json, value)?,
    }
    Ok(())
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in super::super) fn written(value: &Value) -> String {
        let mut json = Vec::new();
        write_value(&mut json, value).unwrap();
        String::from_utf8(json).unwrap()
    }

    #[test]
    fn every_character_is_written_as_by_serde_json() {
        for text in (0..0x300).filter_map(char::from_u32).map(String::from) {
            for text in [text.clone(), format!("1234567{text}"), format!("{text}\u{e9}1234567")] {
                let value = Value::text(&text);
                assert_eq!(written(&value), serde_json::to_string(&value).unwrap());
            }
        }
    }
}
