//! What Perl's regular expressions take for blanks and letters.

/// What `\s` and `\w` mean for characters from U+0080 to U+00FF.
///
/// A module that says `use v5.36` has the feature `unicode_strings`: there a byte of a file is a
/// Latin-1 character, so that 0xA0 is a blank and 0xE9 is a letter. Without it they are neither.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Charset {
    /// Rules of a module without `unicode_strings`: `PVE::INotify` up to pve-common 9.1.
    Ascii,
    /// Rules of a module with it: `PVE::Network::Interfaces` from pve-common 9.2 on.
    Latin1,
}

impl Charset {
    /// Perl's `\s`.
    pub fn is_space(self, c: char) -> bool {
        matches!(c, '\t'..='\r' | ' ')
            || self == Charset::Latin1 && matches!(c, '\u{85}' | '\u{a0}')
            || c > '\u{ff}' && c.is_whitespace()
    }

    /// Perl's `\w`.
    pub fn is_word(self, c: char) -> bool {
        c.is_ascii_alphanumeric()
            || c == '_'
            || self == Charset::Latin1 && !c.is_ascii() && c.is_alphabetic()
    }

    /// The length in bytes of the blank at the start of `text`; 0 if there is none.
    ///
    /// Blanks beyond ASCII are `C2 85` and `C2 A0`, so that no character needs to be decoded; and, in a
    /// text of characters that are no bytes, those beyond Latin-1.
    fn blank_len(self, text: &[u8]) -> usize {
        match *text {
            [b'\t'..=b'\r' | b' ', ..] => 1,
            [0xc2, 0x85 | 0xa0, ..] if self == Charset::Latin1 => 2,
            [a @ 0xe1..=0xe3, b, c, ..] if is_wide_blank([a, b, c]) => 3,
            _ => 0,
        }
    }

    /// `text` without blanks at its start.
    #[inline]
    pub fn trim_start(self, text: &str) -> &str {
        let bytes = text.as_bytes();
        let mut at = 0;
        while bytes.get(at).is_some_and(|byte| may_be_blank(*byte)) {
            match self.blank_len(&bytes[at..]) {
                0 => break,
                len => at += len,
            }
        }
        &text[at..]
    }

    /// `text` without blanks at its end.
    pub fn trim_end(self, text: &str) -> &str {
        let mut text = text;
        loop {
            let last = match text.as_bytes() {
                [.., b'\t'..=b'\r' | b' '] => 1,
                [.., 0xc2, 0x85 | 0xa0] if self == Charset::Latin1 => 2,
                [.., a @ 0xe1..=0xe3, b, c] if is_wide_blank([*a, *b, *c]) => 3,
                _ => return text,
            };
            text = &text[..text.len() - last];
        }
    }

    /// The first word of `text`, and everything from the blank behind it on.
    pub fn split_word(self, text: &str) -> (&str, &str) {
        let bytes = text.as_bytes();
        let mut at = 0;
        while let Some(byte) = bytes.get(at) {
            if may_be_blank(*byte) && self.blank_len(&bytes[at..]) > 0 {
                break;
            }
            at += 1;
        }
        text.split_at(at)
    }

    /// Perl's `split(/\s+/, $text)`: a blank at the start yields an empty first field.
    pub fn split(self, text: &str) -> impl Iterator<Item = &str> + use<'_> {
        let mut rest = self.trim_end(text);
        let mut is_over = rest.is_empty();
        std::iter::from_fn(move || {
            if is_over {
                return None;
            }
            let (word, more) = self.split_word(rest);
            rest = self.trim_start(more);
            is_over = rest.is_empty();
            Some(word)
        })
    }
}

/// True for a byte that a blank may start with: most are seen at once to be none of a blank.
#[inline]
fn may_be_blank(byte: u8) -> bool {
    byte <= b' ' || matches!(byte, 0xc2 | 0xe1..=0xe3)
}

/// True for three bytes of UTF-8 that are a blank beyond Latin-1.
fn is_wide_blank(bytes: [u8; 3]) -> bool {
    std::str::from_utf8(&bytes).is_ok_and(|text| text.chars().all(char::is_whitespace))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn split_as_perl_does() {
        for (text, expected) in [
            ("a  b\t", vec!["a", "b"]),
            (" a", vec!["", "a"]),
            ("  ", vec![]),
            ("", vec![]),
            ("a\u{a0}b", vec!["a", "b"]),
        ] {
            assert_eq!(Charset::Latin1.split(text).collect::<Vec<_>>(), expected, "{text:?}");
        }
        assert_eq!(Charset::Ascii.split("a\u{a0}b").count(), 1);
        for blank in ('\u{100}'..=char::MAX).filter(|c| c.is_whitespace()) {
            let text = format!("{blank}a{blank}{blank}b{blank}\u{3001}{blank}");
            assert!(Charset::Ascii.is_space(blank) && !Charset::Ascii.is_space('\u{3001}'));
            assert_eq!(Charset::Ascii.split(&text).collect::<Vec<_>>(), ["", "a", "b", "\u{3001}"]);
        }
    }

    #[test]
    fn words() {
        for (c, ascii, latin1) in [
            ('a', true, true),
            ('_', true, true),
            ('é', false, true),
            ('²', false, false),
            ('-', false, false),
        ] {
            assert_eq!(
                (Charset::Ascii.is_word(c), Charset::Latin1.is_word(c)),
                (ascii, latin1),
                "{c}"
            );
        }
    }
}
