//! Takes secrets out of texts.
//!
//! A secret is known by the name before it, as in `token abc`, `"key": "abc"` or `password=abc`. It
//! is replaced there, and wherever else it stands.

use serde_json::Value;
use std::collections::BTreeSet;

/// What stands in the place of a secret.
const WORD: &str = "REDACTED";

/// THE table: a name that ends so is that of a secret, whatever stands before and a number behind.
const NAMES: &[&str] = &[
    "authorization",
    "cookie",
    "credentials",
    "key",
    "key-string", // FRR
    "passphrase",
    "passwd",
    "password",
    "psk",
    "secret",
    "ticket",
    "token",
];

/// Shorter ones are parts of all kinds of words, and replaced only behind their name.
const SHORTEST: usize = 5;

/// Shorter parts of a secret are not one by themselves.
const LEAST: usize = 8;

/// The secrets that were found so far.
#[derive(Debug, Default)]
pub(super) struct Secrets(BTreeSet<String>);

impl Secrets {
    /// Adds a secret, and what of it may stand alone: `md5 SECRET`, `NAME=SECRET`.
    pub(super) fn add(&mut self, secret: &str) {
        let secret = secret.trim();
        let is_word = |part: &str| part.bytes().all(|b| b.is_ascii_lowercase());
        let parts = secret.split([' ', '\t', '\n', ':', '=', '"', '\'']);
        let parts = parts.filter(|part| part.len() >= LEAST && !is_word(part));
        let whole = Some(secret).filter(|secret| secret.len() >= SHORTEST);
        let all = parts.chain(whole).filter(|secret| *secret != WORD);
        self.0.extend(all.map(String::from));
    }

    /// Adds those of a configuration file.
    pub(super) fn learn(&mut self, text: &str) {
        match serde_json::from_str(text) {
            Ok(mut value) => self.walk(&mut value, "", true),
            Err(_) => _ = self.lines(text, true),
        }
    }

    /// The text of a file without secrets.
    pub(super) fn redact(&mut self, text: &str) -> String {
        let text = match serde_json::from_str(text) {
            Ok(mut value @ (Value::Object(_) | Value::Array(_))) => {
                self.walk(&mut value, "", false);
                format!("{value:#}\n")
            }
            _ => self.lines(text, false),
        };
        self.known(text)
    }

    /// Replaces what was learnt. The longest ones first: one may be a part of another.
    fn known(&self, mut text: String) -> String {
        let mut secrets: Vec<_> = self.0.iter().collect();
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        for secret in secrets {
            if text.contains(secret.as_str()) {
                text = text.replace(secret.as_str(), WORD);
            }
        }
        text
    }

    /// The values of a document, and the texts in them.
    fn walk(&mut self, value: &mut Value, name: &str, is_learning: bool) {
        match value {
            Value::Object(map) => {
                // Some documents tell a name and its value.
                let pair = map.get("value").and(map.get("key")).and_then(Value::as_str);
                let pair = pair.map(String::from);
                for (key, value) in map.iter_mut() {
                    let name = match (&pair, key.as_str()) {
                        _ if is_secret(name) => name,
                        (Some(pair), "value") => pair,
                        (Some(_), "key") => "",
                        (_, key) => key,
                    };
                    self.walk(value, name, is_learning);
                }
            }
            Value::Array(list) => {
                list.iter_mut().for_each(|value| self.walk(value, name, is_learning));
            }
            Value::String(text) if is_secret(name) => {
                if is_learning {
                    self.add(text);
                }
                *text = WORD.into();
            }
            Value::Number(_) if is_secret(name) => *value = WORD.into(),
            Value::String(text) => *text = self.lines(text, is_learning),
            Value::Number(_) | Value::Bool(_) | Value::Null => {}
        }
    }

    fn lines(&mut self, text: &str, is_learning: bool) -> String {
        let mut redacted = String::with_capacity(text.len());
        let mut is_private_key = false;
        for line in text.split_inclusive('\n') {
            let (line, end) = line.split_at(line.trim_end_matches(['\r', '\n']).len());
            let starts = line.contains("-----BEGIN") && line.contains("PRIVATE KEY");
            is_private_key |= starts;
            match is_private_key {
                true if starts => redacted.push_str(WORD),
                true => {}
                false => redacted.push_str(&self.line(line, is_learning)),
            }
            if is_private_key && line.contains("-----END") {
                is_private_key = false;
                redacted.push_str(end);
            } else if !is_private_key {
                redacted.push_str(end);
            }
        }
        redacted
    }

    fn line(&mut self, line: &str, is_learning: bool) -> String {
        let mut redacted = String::new();
        let mut rest = line;
        let mut is_first = true;
        while let Some(found) = find(rest, is_first) {
            if is_learning {
                self.add(&rest[found.start..found.end]);
            }
            redacted.push_str(&rest[..found.start]);
            redacted.push_str(WORD);
            rest = &rest[found.end..];
            is_first = false;
        }
        redacted.push_str(rest);
        redacted
    }
}

/// True if a name is that of a secret.
fn is_secret(name: &str) -> bool {
    let name = name.trim_end_matches(|c: char| c.is_ascii_digit()).to_ascii_lowercase();
    NAMES.iter().any(|end| name.ends_with(end))
}

/// Where the next secret of a line is; the line may begin within an earlier one.
fn find(line: &str, is_start: bool) -> Option<std::ops::Range<usize>> {
    let named = names(line).find_map(|name| {
        let word = &line[name.clone()];
        let is_option = is_start && line[..name.start].trim().is_empty();
        is_secret(word).then(|| value_behind(line, word, name.end, is_option)).flatten()
    });
    let in_url = in_url(line);
    match (named, in_url) {
        (Some(named), Some(in_url)) => {
            Some(if in_url.start < named.start { in_url } else { named })
        }
        (named, in_url) => named.or(in_url),
    }
}

/// The words of a line that may be names.
fn names(line: &str) -> impl Iterator<Item = std::ops::Range<usize>> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = at + line[at..].find(is_name)?;
        let length = line[start..].find(|c| !is_name(c)).unwrap_or(line.len() - start);
        at = start + length;
        Some(start..at)
    })
}

/// The value behind a name that ends at `end`: in quotes, or up to the end of the line; behind `=`
/// without quotes up to a blank. Behind a blank alone, `key` is a word of a sentence, unless it is an
/// option, at the start of the line.
fn value_behind(
    line: &str,
    word: &str,
    end: usize,
    is_option: bool,
) -> Option<std::ops::Range<usize>> {
    let after = line[end..].trim_start_matches(['\\', '"', '\'', ']', ')']);
    let blanks = after.trim_start_matches([' ', '\t']);
    let separator = blanks.chars().next().filter(|c| ":=".contains(*c));
    let value = match separator {
        Some(_) => blanks.trim_start_matches([':', '=', '>']).trim_start_matches([' ', '\t']),
        None if blanks.len() == after.len() => return None,
        None if word.eq_ignore_ascii_case("key") && !is_option => return None,
        None => blanks,
    };
    let start = line.len() - value.len();
    // A quote that is inside of another text has a backslash before it.
    let quote = ["\\\"", "\"", "'"].into_iter().find(|quote| value.starts_with(quote));
    let (start, length) = match quote {
        Some(quote) => {
            let inner = &value[quote.len()..];
            (start + quote.len(), closing(inner, quote).unwrap_or(inner.len()))
        }
        None if separator == Some('=') => {
            let length = value.find([' ', '\t', '"', '\'', '&', ';', ',']);
            (start, length.unwrap_or(value.len()))
        }
        None => (start, closing(value, "\"").unwrap_or(value.trim_end().len())),
    };
    (length > 0 && line[start..start + length] != *WORD).then_some(start..start + length)
}

/// Where a text in quotes ends.
fn closing(text: &str, quote: &str) -> Option<usize> {
    let mut from = 0;
    loop {
        let at = from + text[from..].find(quote)?;
        let is_escaped = quote == "\"" && text[..at].ends_with('\\');
        if !is_escaped {
            return Some(at);
        }
        from = at + quote.len();
    }
}

/// The password in an address: `https://user:password@host`.
fn in_url(line: &str) -> Option<std::ops::Range<usize>> {
    let mut from = 0;
    loop {
        let start = from + line[from..].find("://")? + 3;
        let length = line[start..].find([' ', '\t', '/', '"', '\'']);
        let authority = &line[start..length.map_or(line.len(), |length| start + length)];
        if let Some((user, _)) = authority.rsplit_once('@') {
            let password = start + user.find(':').map_or(0, |colon| colon + 1);
            let found = password..start + user.len();
            if !found.is_empty() && line[found.clone()] != *WORD {
                return Some(found);
            }
        }
        from = start;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_all_kinds() {
        for (text, expected) in [
            ("\ttoken abc def\n", "\ttoken REDACTED\n"),
            ("        key abc", "        key REDACTED"),
            ("token = \"abc\" # why", "token = \"REDACTED\" # why"),
            ("a token=abc b=c", "a token=REDACTED b=c"),
            ("Authorization: Token abc\r\n", "Authorization: REDACTED\r\n"),
            (
                "PVEAPIToken=root@pam!a=1234-5678 PVEAuthCookie=PVE%3Aroot",
                "PVEAPIToken=REDACTED PVEAuthCookie=REDACTED",
            ),
            ("  neighbor 192.0.2.1 password abc", "  neighbor 192.0.2.1 password REDACTED"),
            ("  ip ospf message-digest-key 1 md5 abc", "  ip ospf message-digest-key REDACTED"),
            ("    wpa-psk abc", "    wpa-psk REDACTED"),
            ("    api_key2: abc", "    api_key2: REDACTED"),
            ("# password: abc", "# password: REDACTED"),
            (
                r#"detail="with \"token\": \"abc\" and""#,
                r#"detail="with \"token\": \"REDACTED\" and""#,
            ),
            (r#"detail="token abc" outcome=perl"#, r#"detail="token REDACTED" outcome=perl"#),
            ("url https://root:a@b@pve1/x", "url https://root:REDACTED@pve1/x"),
            ("url https://abc@pve1/x", "url https://REDACTED@pve1/x"),
            (
                "-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----\nx\n",
                "REDACTED\nx\n",
            ),
            // What is no secret stays.
            (
                "migration.toml:2:1: phrase: unknown key, expected phase",
                "migration.toml:2:1: phrase: unknown key, expected phase",
            ),
            (
                "perl_api_token_file = \"/etc/pve/priv/x\"",
                "perl_api_token_file = \"/etc/pve/priv/x\"",
            ),
            (
                "iface vmbr0 inet static\n\taddress 192.0.2.1/24\n",
                "iface vmbr0 inet static\n\taddress 192.0.2.1/24\n",
            ),
            ("url https://pve1:8006", "url https://pve1:8006"),
            ("token", "token"),
            ("", ""),
        ] {
            assert_eq!(Secrets::default().redact(text), expected);
        }
    }

    #[test]
    fn documents() {
        let mut secrets = Secrets::default();
        let text = secrets.redact(
            r#"{"ids": {"a": {"token": "abc", "n": 1, "text": "key: abc\nx"}}, "password": [1, {"x": "abc"}],
            "list": [{"key": "mtu", "value": "abd"}, {"key": "psk", "value": "abc"}]}"#,
        );
        assert!(!text.contains("abc"), "{text}");
        assert!(text.contains("\"abd\"") && text.contains("\"mtu\"") && text.contains("\"n\": 1"));
        let _: Value = serde_json::from_str(&text).unwrap();
    }

    #[test]
    fn a_secret_is_replaced_everywhere() {
        let mut secrets = Secrets::default();
        secrets.learn("netbox: a\n\ttoken 0123456789\n\turl http://x\n");
        secrets.learn(r#"{"dns": {"key": "0123456789abc"}}"#);
        let text = secrets.redact("it said 0123456789abc, not 0123456789 or 01234\n");
        assert_eq!(text, "it said REDACTED, not REDACTED or 01234\n");
    }
}
