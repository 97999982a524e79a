//! `migration-ctl phase`

use crate::Output;
use crate::change::{self, Whom};
use crate::cluster::{self, Report};
use crate::evidence;
use crate::name::{self, Format, Node, Printed};
use crate::report::{Failure, wrap};
use crate::store::Store;
use clap::Subcommand;
use pve_network_rs::migration::{Edit, Phase};
use pve_network_rs::sys::log;
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
        #[command(flatten)]
        printed: Printed,
    },
    /// Set the phase of all nodes, or of one, and print what that changes
    ///
    /// Each phase includes the ones before it. A node that has a phase of its own keeps it, unless
    /// it is named or --all-nodes is given.
    #[command(after_help = "\
Examples:
  migration-ctl phase set rust-read-only
  migration-ctl phase set rust-sdn --node pve2
  migration-ctl phase set perl-only --all-nodes --wait")]
    Set(Set),
}

#[derive(clap::Args)]
pub(crate) struct Set {
    /// Phase to go to, forth or back
    #[arg(value_parser = name::phase())]
    phase: Phase,
    #[command(flatten)]
    node: Node,
    /// All nodes, also those that have a phase of their own: it is taken out
    #[arg(long, conflicts_with = "name")]
    all_nodes: bool,
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
    /// Go forth without the evidence that migration.toml asks for; it is logged
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    printed: Printed,
}

impl Command {
    /// Runs the command.
    pub(crate) fn run(self, store: &Store) -> Output {
        match self {
            Command::Get { all_nodes: true, printed, .. } => {
                Report::of(store, &store.nodes()).map(|report| report.print(printed.format))
            }
            Command::Get { node, printed, .. } => {
                let node = node.or_this(store);
                let phase = store.read()?.of(&node).phase;
                Ok(match printed.format {
                    Format::Text => format!("{phase}\n"),
                    Format::Json => format!("{:#}\n", json!({ "node": node, "phase": phase })),
                })
            }
            Command::Set(set) => set.run(store),
        }
    }
}

impl Set {
    fn run(self, store: &Store) -> Output {
        let whom = match self.all_nodes {
            true => Whom::All,
            false => Whom::named(self.node.name.clone()),
        };
        let made = change::make(store, &whom, Edit::Phase(self.phase), |changed| {
            if self.force { Ok(()) } else { evidence::permit(store, changed) }
        })?;
        if made.is_written {
            self.log(store, &whom);
        }
        let format = self.printed.format;
        if !self.wait {
            return Ok(made.print(format));
        }
        if matches!(format, Format::Text) {
            crate::print(&format!("{}\n", made.text()))?;
        }
        let nodes = self.node.name.map_or_else(|| store.nodes(), |node| vec![node]);
        let report = cluster::wait(store, &nodes, Duration::from_secs(self.timeout))?;
        let text = match format {
            Format::Text => report.print(format),
            Format::Json => {
                let mut all = made.json();
                all["nodes"] = report.json().into();
                format!("{all:#}\n")
            }
        };
        let missing = report.missing();
        if missing.is_empty() {
            return Ok(text);
        }
        crate::print(&text)?;
        let (seconds, missing) = (self.timeout, missing.join(", "));
        let text = format!("it is written, but after {seconds} s not in force on {missing}");
        Err(Failure::Refused(text))
    }

    /// Who moved what is asked later on. That it cannot be logged is no reason not to go back.
    fn log(&self, store: &Store, whom: &Whom) {
        let whom = match whom {
            Whom::Node(node) => node,
            Whom::Others => "others",
            Whom::All => "all",
        };
        let forced = if self.force { "true" } else { "false" };
        let phase = self.phase.name();
        let fields =
            [("event", "phase_set"), ("phase", phase), ("nodes", whom), ("forced", forced)];
        let logged = log::event(store.root(), &store.this_node(), &fields);
        if let (Err(error), true) = (logged, self.force) {
            eprintln!("migration-ctl: {}", wrap(&format!("--force is not logged: {error}"), 15, 4));
        }
    }
}
