//! Names on the command line.

use crate::report::wrap;
use crate::store::Store;
use clap::builder::{PossibleValue, TypedValueParser};
use clap::error::ErrorKind;
use clap::{Arg, Args, Command, Error, ValueEnum};
use pve_network_rs::migration::{Engine, Feature, Phase, SEAMS, Seam, choices, is_node_name};
use std::ffi::OsStr;

/// How a list is printed.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Format {
    /// For people
    Text,
    /// For programs
    Json,
}

/// How the outcome of a command is printed.
#[derive(Clone, Copy, Args)]
pub(crate) struct Printed {
    /// How it is printed
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: Format,
}

/// The node that is meant.
#[derive(Args)]
pub(crate) struct Node {
    /// Name of the node, without its domain
    #[arg(long = "node", value_name = "NODE", value_parser = node)]
    pub(crate) name: Option<String>,
}

impl Node {
    /// The node that is asked about: this one, unless another was named.
    pub(crate) fn or_this(self, store: &Store) -> String {
        self.name.unwrap_or_else(|| store.this_node())
    }
}

fn node(name: &str) -> Result<String, &'static str> {
    is_node_name(name).then(|| name.into()).ok_or("not a node's name")
}

/// One name of a set; completions know all of them.
#[derive(Clone)]
pub(crate) struct OneOf<T>(Vec<(&'static str, T)>);

/// A phase.
pub(crate) fn phase() -> OneOf<Phase> {
    OneOf(Phase::ALL.map(|phase| (phase.name(), phase)).into())
}

/// A feature.
pub(crate) fn feature() -> OneOf<Feature> {
    OneOf(Feature::ALL.map(|feature| (feature.name(), feature)).into())
}

/// An engine.
pub(crate) fn engine() -> OneOf<Engine> {
    OneOf(Engine::ALL.map(|engine| (engine.name(), engine)).into())
}

/// A function.
pub(crate) fn seam() -> OneOf<&'static Seam> {
    OneOf(SEAMS.iter().map(|seam| (seam.name, seam)).collect())
}

impl<T: Clone + Send + Sync + 'static> TypedValueParser for OneOf<T> {
    type Value = T;

    fn parse_ref(&self, command: &Command, arg: Option<&Arg>, value: &OsStr) -> Result<T, Error> {
        let found = self.0.iter().find(|(name, _)| *name == value);
        found.map(|(_, one)| one.clone()).ok_or_else(|| {
            let value = value.to_string_lossy();
            let what = arg.map_or("argument", |arg| arg.get_id().as_str());
            let all = choices(&value, self.0.iter().map(|(name, _)| *name));
            let text = format!("unknown {what} '{}', expected {all}\n", value.escape_debug());
            let start = "error: ".len();
            Error::raw(ErrorKind::InvalidValue, wrap(&text, start, 2)).with_cmd(command)
        })
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(self.0.iter().map(|(name, _)| PossibleValue::new(name))))
    }
}
