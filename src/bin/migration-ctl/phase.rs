//! `migration-ctl phase`

use crate::name::{self, Format, Node};
use crate::store::Store;
use crate::{Output, change};
use clap::Subcommand;
use pve_network_rs::migration::{Edit, Phase};
use serde_json::json;

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Print the phase of this node, or of another one
    #[command(after_help = "\
Examples:
  migration-ctl phase get
  migration-ctl phase get --node pve2 --format json")]
    Get {
        #[command(flatten)]
        node: Node,
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
  migration-ctl phase set perl-only")]
    Set {
        /// Phase to go to, forth or back
        #[arg(value_parser = name::phase())]
        phase: Phase,
        #[command(flatten)]
        node: Node,
    },
}

impl Command {
    /// Runs the command.
    pub(crate) fn run(self, store: &Store) -> Output {
        match self {
            Command::Get { node, format } => {
                let node = node.or_this();
                let phase = store.read()?.of(&node).phase;
                Ok(match format {
                    Format::Text => format!("{phase}\n"),
                    Format::Json => format!("{:#}\n", json!({ "node": node, "phase": phase })),
                })
            }
            Command::Set { phase, node } => {
                change::run(store, node.name.as_deref(), &Edit::Phase(phase))
            }
        }
    }
}
