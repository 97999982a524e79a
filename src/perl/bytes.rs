//! Texts of files: bytes that pass as characters.

use super::utf8;
use std::borrow::Cow;

/// The text of a file: every character stands for the byte of that number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ByteText<'a>(&'a str);

impl<'a> ByteText<'a> {
    /// Takes a text whose characters are all below U+0100; `None` if one is not.
    pub fn new(text: &'a str) -> Option<Self> {
        // The UTF-8 form of U+0100 and above starts with 0xC4 or more.
        // The greatest byte is found many bytes at a time, the first one that is too great is not.
        let greatest = text.bytes().fold(0, u8::max);
        (greatest < 0xc4).then_some(ByteText(text))
    }

    /// The bytes of a file as characters, for [`ByteText::new`].
    pub fn decode(bytes: &[u8]) -> String {
        bytes.iter().map(|&byte| char::from(byte)).collect()
    }

    /// The bytes.
    pub fn to_bytes(self) -> Cow<'a, [u8]> {
        if self.0.is_ascii() {
            return Cow::Borrowed(self.0.as_bytes());
        }
        // Every character is below U+0100.
        Cow::Owned(self.0.chars().map(|c| c as u8).collect())
    }

    /// The characters.
    pub fn as_str(self) -> &'a str {
        self.0
    }
}

/// Perl's `decode('UTF-8', $bytes)` of a text whose characters stand for bytes.
///
/// Bytes that are not UTF-8 become U+FFFD, one for each malformed sequence.
pub fn decode_utf8(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    // A character above U+00FF is none of a byte; the reader refuses such texts before.
    let bytes: Vec<u8> = text.chars().map(|c| u8::try_from(c).unwrap_or(b'?')).collect();
    Cow::Owned(utf8::decode(&bytes))
}
