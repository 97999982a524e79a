//! JSON as Perl's JSON::XS writes it, for requests and replies of which each call takes long.
//!
//! All other JSON is left to serde_json: it takes any data in any form, which costs as much time as
//! the work on a file of a few hundred lines.

mod plain;
mod read;
mod write;

pub use read::Reader;
pub use write::{write_text, write_value};
