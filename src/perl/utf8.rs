//! Perl's `decode('UTF-8', …)`: what becomes of bytes that are not UTF-8.

use std::char::REPLACEMENT_CHARACTER;

/// Decodes bytes; every malformed sequence becomes one U+FFFD.
///
/// Noncharacters, which UTF-8 for interchange excludes, are malformed, too.
///
/// Source: `Encode::decode`, as of Perl 5.30 to 5.40.
pub(super) fn decode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((&lead, tail)) = rest.split_first() {
        let (c, length) = match character(lead, tail) {
            Some(c) => (c, c.len_utf8()),
            None => (REPLACEMENT_CHARACTER, malformed(lead, tail)),
        };
        text.push(c);
        rest = &rest[length..];
    }
    text
}

/// The character of `lead` and the bytes behind it; `None` if they are malformed.
fn character(lead: u8, tail: &[u8]) -> Option<char> {
    let length = match lead.leading_ones() {
        0 => return Some(char::from(lead)),
        n @ 2..=4 => n as usize,
        _ => return None,
    };
    let mut bytes = [lead, 0, 0, 0];
    bytes[1..length].copy_from_slice(tail.get(..length - 1)?);
    let c = std::str::from_utf8(&bytes[..length]).ok()?.chars().next()?;
    (!is_noncharacter(c)).then_some(c)
}

fn is_noncharacter(c: char) -> bool {
    matches!(c, '\u{fdd0}'..='\u{fdef}') || u32::from(c) & 0xfffe == 0xfffe
}

/// The length of the malformed sequence that starts with `lead`.
fn malformed(lead: u8, tail: &[u8]) -> usize {
    // As the original: Perl's state machine does not stop at a byte that starts no character (nor at
    // 0xED, which it checks elsewhere). It takes the next byte for another one than it is, and where
    // that makes a character, it is swallowed.
    if matches!(lead, 0x80..=0xc1 | 0xed | 0xf5..) {
        let swallowed =
            tail.split_first().and_then(|(&next, tail)| character(mistaken(next)?, tail));
        if let Some(c) = swallowed {
            return 1 + c.len_utf8();
        }
    }
    // The bytes that would continue it: Perl's own UTF-8 goes up to 13 bytes.
    let most = match lead.leading_ones() {
        1 => 0,
        8 => 12,
        n => n as usize - 1,
    };
    let is_continuation = |byte: &&u8| matches!(byte, 0x80..=0xbf);
    1 + tail.iter().take(most).take_while(is_continuation).count()
}

/// What Perl takes a byte for behind one that starts no character: its state machine is one class
/// off. Each class is named by one of its bytes.
fn mistaken(byte: u8) -> Option<u8> {
    match byte {
        0xc0 | 0xc1 | 0xed | 0xf5.. => Some(0xc2),
        0xc2..=0xdf => Some(0xe1),
        0xe1..=0xec | 0xee => Some(0xef),
        0xef => Some(0xf4),
        0xf4 => Some(0xf1),
        0xf1..=0xf3 => Some(0xe0),
        0xe0 => Some(0xf0),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn malformed() {
        for (bytes, text) in [
            (&b"a\xc3\xa9b"[..], "a\u{e9}b"),
            (b"\xf0\x9f\x98\x80", "\u{1f600}"),
            (b"B\xfcro", "B\u{fffd}ro"),
            (b"\x80\x80", "\u{fffd}\u{fffd}"),
            (b"\xe2\x82", "\u{fffd}"),
            (b"\xe2\x82x", "\u{fffd}x"),
            (b"\xc0\x80", "\u{fffd}"),           // overlong
            (b"\xed\xa0\x80", "\u{fffd}"),       // surrogate
            (b"\xf4\x90\x80\x80", "\u{fffd}"),   // above U+10FFFF
            (b"\xef\xbf\xbe", "\u{fffd}"),       // noncharacter
            (b"\xff\x80\x80", "\u{fffd}"),       // Perl's own, cut off
            (b"\x80\xc3\xa9", "\u{fffd}\u{e9}"), // mistaken for an incomplete one
            (b"\x80\xc3\xa9\xa9", "\u{fffd}"),   // mistaken for one of three bytes
            (b"\x80\xc0\x80", "\u{fffd}"),
            (b"\xed\xc0\x80", "\u{fffd}"),
            (b"\x80\xf4\x80\x80\x80", "\u{fffd}"),
            (b"\x80\xe0\x80\x80", "\u{fffd}\u{fffd}"),
        ] {
            assert_eq!(decode(bytes), text, "{bytes:x?}");
        }
    }
}
