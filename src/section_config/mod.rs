//! Section configs: files of `type: id` headers with indented `property value` lines.
//!
//! SDN keeps its objects in six of them. What a file may hold is data: [`schema`] has a table for
//! each. One parser and one writer serve them all.

mod check;
mod format;
mod model;
mod parse;
mod render;
pub mod schema;
mod validate;

pub use check::{check_config, delete, encode_nodes};
pub use model::{Config, Fault};
pub use parse::{Required, parse, parse_requiring};
pub use render::render;
pub use schema::{File, Schema};
pub use validate::{Purpose, validate};
