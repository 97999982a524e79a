//! `migration-ctl kill`

use crate::Output;
use crate::report::Failure;
use crate::store::Store;
use clap::Subcommand;

#[derive(Clone, Copy, Subcommand)]
pub(crate) enum Command {
    /// Let Perl answer everything on this node, at once and whatever is set
    ///
    /// It works in every running process, in less than a second, without the service and without
    /// quorum. It stays until it is turned off or the node is booted.
    #[command(after_help = "\
Example:
  migration-ctl kill on")]
    On,
    /// Let the settings decide again
    #[command(after_help = "\
Example:
  migration-ctl kill off")]
    Off,
}

impl Command {
    /// Runs the command.
    pub(crate) fn run(self, store: &Store) -> Output {
        let is_on = matches!(self, Command::On);
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
        Ok(format!("{text}\n"))
    }
}
