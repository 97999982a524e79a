//! Warnings of one call, in the order in which the original gives them.

use serde::Serialize;

/// How the original gives a warning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Perl's `warn`.
    Warn,
    /// `PVE::RESTEnvironment::log_warn`: also marks the task that runs with "WARNINGS".
    LogWarn,
}

/// One warning.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Note {
    /// How it is given.
    pub kind: Kind,
    /// Its text; without a newline at the end, Perl appends where it was given.
    pub text: String,
}

/// The warnings of one call.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Notes(Vec<Note>);

impl Notes {
    /// Adds a `warn` whose text ends with a newline.
    pub fn warn(&mut self, text: impl std::fmt::Display) {
        self.0.push(Note { kind: Kind::Warn, text: format!("{text}\n") });
    }

    /// Adds a `warn` whose text may lack a newline at its end: the giver appends where it is given.
    pub fn warn_at(&mut self, text: impl std::fmt::Display) {
        self.0.push(Note { kind: Kind::Warn, text: text.to_string() });
    }

    /// Adds a `log_warn`; it takes its text without a newline.
    pub fn log_warn(&mut self, text: impl std::fmt::Display) {
        self.0.push(Note { kind: Kind::LogWarn, text: text.to_string() });
    }

    /// Adds warnings behind those given so far.
    pub fn append(&mut self, mut later: Notes) {
        self.0.append(&mut later.0);
    }

    /// The warnings given so far, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = &Note> {
        self.0.iter()
    }

    /// Forgets them.
    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// True if there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
