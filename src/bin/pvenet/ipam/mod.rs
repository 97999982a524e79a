//! `pvenet ipam`: the addresses that the built-in IPAM has given away.

mod check;
mod files;
mod list;

use crate::failure::Failure;
use crate::page::Paint;
use crate::report::Report;
use clap::{Args, Subcommand};
use files::Files;
use std::path::Path;

/// Looks at the built-in IPAM and its addresses
///
/// It reads what the nodes of the cluster share: etc/pve/sdn/pve-ipam-state.json and mac-cache.json,
/// and to know what there is, zones.cfg, vnets.cfg, subnets.cfg and .running-config beside them.
#[derive(Args)]
pub(crate) struct Ipam {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    List(list::List),
    Check(check::Check),
}

impl Ipam {
    /// Runs it.
    pub(crate) fn run(&self, root: &Path, is_debug: bool, paint: Paint) -> Result<Report, Failure> {
        let files = Files::new(root, is_debug);
        match &self.command {
            Command::List(list) => list.run(&files, paint),
            Command::Check(check) => check.run(&files, paint),
        }
    }
}
