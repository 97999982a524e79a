//! `migration-ctl feature`

use crate::name::{self, Format, Node};
use crate::report::columns;
use crate::store::Store;
use crate::{Output, change};
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
        /// How it is printed
        #[arg(long, value_enum, default_value = "text")]
        format: Format,
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
    },
}

impl Command {
    /// Runs the command.
    pub(crate) fn run(self, store: &Store) -> Output {
        let (feature, on, node) = match self {
            Command::List { node, format } => {
                let node = node.or_this();
                return Ok(list(store.read()?.of(&node), &node, format));
            }
            Command::Enable { feature, node } => (feature, true, node),
            Command::Disable { feature, node } => (feature, false, node),
        };
        change::run(store, node.name.as_deref(), &Edit::Feature(feature, on))
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
