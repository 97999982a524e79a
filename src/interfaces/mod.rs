//! `/etc/network/interfaces`: text to model and back, as ifupdown2 and classic ifupdown read it.

pub mod check;
pub mod classify;
mod document;
pub mod fidelity;
mod iface;
pub mod key;
mod kind;
pub mod loss;
mod meaning;
pub mod model;
mod order;
pub mod parse;
mod preserve;
pub mod problem;
pub mod render;
mod sereal;
mod statement;

pub use document::document;
pub use fidelity::{Fidelity, rewrite};
pub use iface::Iface;
pub use key::Key;
pub use loss::{Loss, LossKind, loss};
pub use model::{Config, Family, Kind};
pub use parse::parse;
pub(crate) use parse::parse_unsorted;
pub use render::{Dialect, render};
