//! `migration-ctl function`

use crate::Output;
use crate::change::{self, Whom};
use crate::name::{self, Format, Node, Printed};
use crate::report::{columns, wrap};
use crate::store::Store;
use clap::Subcommand;
use pve_network_rs::migration::{Config, Decision, Edit, Engine, SEAMS, Seam, decide};
use serde_json::json;

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Print who answers each function on this node, or on another one, and why
    ///
    /// A function is answered by Perl, by Rust, or by Perl with a silent comparison (shadow). What
    /// makes it so is the phase, an entry for all nodes (functions) or one for this node (node).
    #[command(after_help = "\
Examples:
  migration-ctl function list
  migration-ctl function list --node pve2 --format json")]
    List {
        #[command(flatten)]
        node: Node,
        #[command(flatten)]
        printed: Printed,
    },
    /// Set who answers a function, on all nodes or on one, whatever the phase
    #[command(after_help = "\
Examples:
  migration-ctl function set interfaces.render shadow --node pve2
  migration-ctl function set interfaces.parse perl")]
    Set {
        /// Function, as in the list
        #[arg(value_parser = name::seam(), hide_possible_values = true)]
        function: &'static Seam,
        /// Who answers it
        #[arg(value_parser = name::engine())]
        engine: Engine,
        #[command(flatten)]
        node: Node,
        #[command(flatten)]
        printed: Printed,
    },
    /// Let the phase decide again who answers a function
    #[command(after_help = "\
Example:
  migration-ctl function unset interfaces.render --node pve2")]
    Unset {
        /// Function, as in the list
        #[arg(value_parser = name::seam(), hide_possible_values = true)]
        function: &'static Seam,
        #[command(flatten)]
        node: Node,
        #[command(flatten)]
        printed: Printed,
    },
}

impl Command {
    /// Runs the command.
    pub(crate) fn run(self, store: &Store) -> Output {
        let (edit, node, printed) = match self {
            Command::List { node, printed } => {
                let node = node.or_this(store);
                return Ok(list(store.read()?.of(&node), &node, printed.format));
            }
            Command::Set { function, engine, node, printed } => {
                (Edit::Function(function, Some(engine)), node, printed)
            }
            Command::Unset { function, node, printed } => {
                (Edit::Function(function, None), node, printed)
            }
        };
        let made = change::make(store, &Whom::named(node.name), edit, |_| Ok(()))?;
        Ok(made.print(printed.format))
    }
}

fn list(config: &Config, node: &str, format: Format) -> String {
    let decided = SEAMS.iter().map(|seam| (seam, decide(config, seam)));
    match format {
        Format::Text => table(config, node, decided),
        Format::Json => {
            let functions = decided.map(|(seam, Decision { engine, kinds, why })| {
                json!({
                    "name": seam.name,
                    "engine": engine,
                    "kinds": kinds,
                    "why": why,
                    "rust_from": seam.phase,
                })
            });
            let functions: Vec<_> = functions.collect();
            let list = json!({ "node": node, "phase": config.phase, "functions": functions });
            format!("{list:#}\n")
        }
    }
}

fn table<'a>(
    config: &Config,
    node: &str,
    decided: impl Iterator<Item = (&'a Seam, Decision)>,
) -> String {
    let mut rows = vec![["FUNCTION", "ENGINE", "WHY", "RUST FROM"].map(String::from)];
    let mut limits = String::new();
    for (seam, Decision { engine, kinds, why }) in decided {
        let mut engine = engine.name().to_string();
        if let ([_, ..], Some(until)) = (kinds, seam.limited_until) {
            engine.push('*');
            let kinds = kinds.join(", ");
            let limit = format!("* {}: until {until} only a file that is all {kinds}", seam.name);
            limits += &format!("{}\n", wrap(&limit, 0, 2));
        }
        rows.push([seam.name.into(), engine, why.name().into(), seam.phase.to_string()]);
    }
    let gap = if limits.is_empty() { "" } else { "\n" };
    let phase = config.phase;
    format!("node {node}, phase {phase}\n\n{}{gap}{limits}", columns(&rows))
}
