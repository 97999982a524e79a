//! What a command has to say.

use clap::ValueEnum;
use serde::Serialize;

/// How to say it.
#[derive(Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    #[default]
    Text,
    /// For programs
    Json,
}

/// The answer of a command.
pub(crate) struct Report {
    /// For standard output.
    pub(crate) text: Vec<u8>,
    /// False if problems or differences were found.
    pub(crate) is_clean: bool,
}

impl Report {
    /// An answer without problems.
    pub(crate) fn clean(text: impl Into<Vec<u8>>) -> Self {
        Report { text: text.into(), is_clean: true }
    }

    /// An answer as JSON.
    pub(crate) fn json(document: &impl Serialize, is_clean: bool) -> serde_json::Result<Self> {
        let mut text = serde_json::to_vec_pretty(document)?;
        text.push(b'\n');
        Ok(Report { text, is_clean })
    }
}
