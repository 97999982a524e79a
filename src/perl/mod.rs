//! Perl's data rules, for the edge where Perl values come in and go out.

mod bytes;
mod charset;
pub mod deref;
pub mod json;
mod map;
mod number;
pub mod sereal;
mod text;
mod utf8;
mod value;

pub use bytes::{ByteText, decode_utf8};
pub use charset::Charset;
pub use map::Map;
pub use number::{is_digits, number, number_text, split_number};
pub use text::{Text, is_true, slice};
pub use value::{Hash, List, Value};
