//! `migration-ctl kill`

use crate::Output;
use crate::name::{Format, Printed};
use crate::report::Failure;
use crate::store::Store;
use clap::Subcommand;
use serde_json::json;

#[derive(Clone, Copy, Subcommand)]
pub(crate) enum Command {
    /// Let Perl answer everything on this node, at once and whatever is set
    ///
    /// It works in every running process, in less than a second, without the service and without
    /// quorum. It stays until it is turned off or the node is booted.
    #[command(after_help = "\
Examples:
  migration-ctl kill on
  migration-ctl kill on --format json")]
    On(Printed),
    /// Let the settings decide again
    #[command(after_help = "\
Example:
  migration-ctl kill off")]
    Off(Printed),
}

impl Command {
    /// Runs the command.
    pub(crate) fn run(self, store: &Store) -> Output {
        let (is_on, printed) = match self {
            Command::On(printed) => (true, printed),
            Command::Off(printed) => (false, printed),
        };
        let pages = store.pages();
        let was_on = pages
            .kill(is_on)
            .map_err(|error| Failure::Refused(format!("{}: {error}", pages.folder().display())))?;
        let text = match (is_on, was_on) {
            (true, false) => "Perl answers everything on this node, until: migration-ctl kill off",
            (true, true) => "the kill switch was on already",
            (false, true) => "the settings decide again",
            (false, false) => "the kill switch was off already",
        };
        Ok(match printed.format {
            Format::Text => format!("{text}\n"),
            Format::Json => format!("{:#}\n", json!({ "killed": is_on, "was": was_on })),
        })
    }
}
