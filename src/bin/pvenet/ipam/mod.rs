//! `pvenet ipam`: the addresses that are given away, and by whom.

mod check;
mod files;
mod list;
mod servers;

use crate::failure::Failure;
use crate::page::Paint;
use crate::report::Report;
use clap::{Args, Subcommand};
use files::Files;
use std::path::Path;

/// Looks at the IPAMs, the built-in one and others
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
    Servers(servers::Servers),
}

impl Ipam {
    /// Runs it.
    pub(crate) fn run(&self, root: &Path, is_debug: bool, paint: Paint) -> Result<Report, Failure> {
        let files = Files::new(root, is_debug);
        match &self.command {
            Command::List(list) => list.run(&files, paint),
            Command::Check(check) => check.run(&files, paint),
            Command::Servers(servers) => servers.run(&files, paint),
        }
    }
}
