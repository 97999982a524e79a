//! `migration-ctl phase`

use crate::name::{self, Format, Node};
use crate::store::Store;
use crate::{Output, change, cluster};
use clap::Subcommand;
use pve_network_rs::migration::{Edit, Phase};
use serde_json::json;
use std::time::Duration;

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Print the phase of a node, or what is in force on all of them
    ///
    /// With --all-nodes it is printed what each node of the cluster says of itself: the phase in
    /// force, and whether that is by the present migration.toml.
    #[command(after_help = "\
Examples:
  migration-ctl phase get
  migration-ctl phase get --all-nodes
  migration-ctl phase get --node pve2 --format json")]
    Get {
        #[command(flatten)]
        node: Node,
        /// All nodes of the cluster
        #[arg(long, conflicts_with = "name")]
        all_nodes: bool,
        /// How it is printed
        #[arg(long, value_enum, default_value = "text")]
        format: Format,
    },
    /// Set the phase of all nodes, or of one, and print what that changes
    ///
    /// Each phase includes the ones before it. A node that has a phase of its own keeps it when the
    /// phase of all nodes is set.
    #[command(after_help = "\
Examples:
  migration-ctl phase set rust-read-only
  migration-ctl phase set rust-sdn --node pve2
  migration-ctl phase set perl-only --wait")]
    Set {
        /// Phase to go to, forth or back
        #[arg(value_parser = name::phase())]
        phase: Phase,
        #[command(flatten)]
        node: Node,
        /// Wait until it is in force on that node, or on all of them
        #[arg(long)]
        wait: bool,
        /// How long it is waited for, in seconds
        #[arg(
            long,
            value_name = "SECONDS",
            default_value = "30",
            requires = "wait",
            value_parser = clap::value_parser!(u64).range(1..=3600)
        )]
        timeout: u64,
    },
}

impl Command {
    /// Runs the command.
    pub(crate) fn run(self, store: &Store) -> Output {
        match self {
            Command::Get { all_nodes: true, format, .. } => {
                cluster::Report::of(store, &store.nodes()).map(|report| report.print(format))
            }
            Command::Get { node, format, .. } => {
                let node = node.or_this();
                let phase = store.read()?.of(&node).phase;
                Ok(match format {
                    Format::Text => format!("{phase}\n"),
                    Format::Json => format!("{:#}\n", json!({ "node": node, "phase": phase })),
                })
            }
            Command::Set { phase, node, wait, timeout } => {
                let text = change::run(store, node.name.as_deref(), &Edit::Phase(phase))?;
                if !wait {
                    return Ok(text);
                }
                crate::print(&text)?;
                let nodes = node.name.map_or_else(|| store.nodes(), |node| vec![node]);
                cluster::wait(store, &nodes, Duration::from_secs(timeout))
            }
        }
    }
}
