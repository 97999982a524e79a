//! The bytes that say what follows.

/// How a document starts; a version and a header follow.
pub(super) const MAGIC: &[u8] = b"=\xf3rl";

/// The bit of a tag which says that elsewhere there is a reference to what follows.
pub(super) const TRACK: u8 = 0x80;
/// What has no meaning.
pub(super) const PAD: u8 = 0x3f;

/// The tags that hold an integer from 0 to 15, and one from -16 to -1.
pub(super) const POSITIVE: u8 = 0x00;
pub(super) const POSITIVE_END: u8 = 0x0f;
pub(super) const NEGATIVE: u8 = 0x10;
pub(super) const NEGATIVE_END: u8 = 0x1f;
pub(super) const VARINT: u8 = 0x20;
pub(super) const ZIGZAG: u8 = 0x21;
pub(super) const FLOAT: u8 = 0x22;
pub(super) const DOUBLE: u8 = 0x23;

pub(super) const UNDEF: u8 = 0x25;
/// The `undef` that is the same everywhere.
pub(super) const CANONICAL_UNDEF: u8 = 0x39;

/// A string of bytes, each a character; one of UTF-8; and the tags that hold the length of one of bytes.
pub(super) const BINARY: u8 = 0x26;
pub(super) const UTF8: u8 = 0x27;
pub(super) const SHORT_BINARY: u8 = 0x60;
pub(super) const SHORT_BINARY_END: u8 = 0x7f;

/// A reference, to the hash or the array that follows; and the tags that hold the size of one, too.
pub(super) const REFERENCE: u8 = 0x28;
pub(super) const HASH: u8 = 0x2a;
pub(super) const ARRAY: u8 = 0x2b;
pub(super) const SHORT_ARRAY: u8 = 0x40;
pub(super) const SHORT_ARRAY_END: u8 = 0x4f;
pub(super) const SHORT_HASH: u8 = 0x50;
pub(super) const SHORT_HASH_END: u8 = 0x5f;
