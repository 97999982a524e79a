//! `migration-ctl feature`

use crate::Output;
use crate::change::{self, Whom};
use crate::name::{self, Format, Node, Printed};
use crate::report::columns;
use crate::store::Store;
use clap::Subcommand;
use pve_network_rs::migration::{Config, Edit, Feature};
use serde_json::{Map, Value, json};

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Print every feature and whether it is on, on this node or on another one
    #[command(after_help = "\
Example:
  migration-ctl feature list --node pve2")]
    List {
        #[command(flatten)]
        node: Node,
        #[command(flatten)]
        printed: Printed,
    },
    /// Turn a feature on, on all nodes or on one
    #[command(after_help = "\
Example:
  migration-ctl feature enable rust_cli")]
    Enable {
        /// Feature to turn on
        #[arg(value_parser = name::feature())]
        feature: Feature,
        #[command(flatten)]
        node: Node,
        #[command(flatten)]
        printed: Printed,
    },
    /// Turn a feature off, on all nodes or on one
    #[command(after_help = "\
Example:
  migration-ctl feature disable rust_daemon --node pve2")]
    Disable {
        /// Feature to turn off
        #[arg(value_parser = name::feature())]
        feature: Feature,
        #[command(flatten)]
        node: Node,
        #[command(flatten)]
        printed: Printed,
    },
}

impl Command {
    /// Runs the command.
    pub(crate) fn run(self, store: &Store) -> Output {
        let (feature, on, node, printed) = match self {
            Command::List { node, printed } => {
                let node = node.or_this(store);
                return Ok(list(store.read()?.of(&node), &node, printed.format));
            }
            Command::Enable { feature, node, printed } => (feature, true, node, printed),
            Command::Disable { feature, node, printed } => (feature, false, node, printed),
        };
        let edit = Edit::Feature(feature, on);
        let made = change::make(store, &Whom::named(node.name), edit, |_| Ok(()))?;
        let note = match printed.format {
            Format::Text => format!("{} turns on {}\n", feature.name(), feature.about()),
            Format::Json => String::new(),
        };
        Ok(made.print(printed.format) + &note)
    }
}

fn list(config: &Config, node: &str, format: Format) -> String {
    let is_on = |feature| config.features.contains(&feature);
    match format {
        Format::Text => {
            let mut rows = vec![["FEATURE", "STATE", "TURNS ON"].map(String::from)];
            rows.extend(Feature::ALL.map(|feature| {
                let state = if is_on(feature) { "on" } else { "off" };
                [feature.name(), state, feature.about()].map(String::from)
            }));
            format!("node {node}\n\n{}", columns(&rows))
        }
        Format::Json => {
            let features = Feature::ALL.map(|one| (one.name().into(), is_on(one).into()));
            let features: Map<String, Value> = features.into_iter().collect();
            format!("{:#}\n", json!({ "node": node, "features": features }))
        }
    }
}
