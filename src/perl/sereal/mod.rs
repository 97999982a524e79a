//! Sereal, the binary form of Perl data that `Sereal::Encoder` writes and `Sereal::Decoder` reads.
//!
//! Perl takes less time for it than for JSON: nothing is quoted, and each hash and array says how
//! large it is. See <https://github.com/Sereal/Sereal/blob/master/sereal_spec.pod>. Here is as much of
//! it as plain data is made of; what else there is stays with JSON.

mod read;
mod tag;
mod write;

pub use read::Reader;
pub use write::{short_text, start, write_array_start, write_hash_start, write_text, write_value};
