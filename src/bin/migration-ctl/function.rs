//! `migration-ctl function`

use crate::Output;
use crate::change::{self, Whom};
use crate::name::{self, Format, Node, Printed};
use crate::report::{columns, wrap};
use crate::store::Store;
use clap::Subcommand;
use pve_network_rs::control::State;
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
                let held = Held::of(&node, store);
                return Ok(list(store.read()?.of(&node), &node, &held, printed.format));
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

/// What keeps functions from being answered as the settings have it; known of this node only.
#[derive(Default)]
struct Held {
    is_killed: bool,
    /// The functions whose breaker is open.
    open: Vec<&'static str>,
}

impl Held {
    fn of(node: &str, store: &Store) -> Self {
        if node != store.this_node() {
            return Held::default();
        }
        let counters = store.pages().counters().ok().flatten();
        let rows = SEAMS.iter().zip(counters.iter().flat_map(|page| &page.rows));
        let open = rows.filter(|(_, row)| matches!(row.state(), State::Open { .. }));
        Held {
            is_killed: store.pages().is_killed().unwrap_or_default(),
            open: open.map(|(seam, _)| seam.name).collect(),
        }
    }
}

fn list(config: &Config, node: &str, held: &Held, format: Format) -> String {
    let decided = SEAMS.iter().map(|seam| (seam, decide(config, seam)));
    match format {
        Format::Text => table(config, node, held, decided),
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
            let list = json!({
                "node": node,
                "phase": config.phase,
                "killed": held.is_killed,
                "breakers_open": held.open,
                "functions": functions,
            });
            format!("{list:#}\n")
        }
    }
}

fn table<'a>(
    config: &Config,
    node: &str,
    held: &Held,
    decided: impl Iterator<Item = (&'a Seam, Decision)>,
) -> String {
    let mut rows = vec![["FUNCTION", "ENGINE", "WHY", "RUST FROM"].map(String::from)];
    let mut notes = String::new();
    for (seam, Decision { engine, kinds, why }) in decided {
        let mut engine = engine.name().to_string();
        if let ([_, ..], Some(until)) = (kinds, seam.limited_until) {
            engine.push('*');
            let kinds = kinds.join(", ");
            let limit = format!("* {}: until {until} only a file that is all {kinds}", seam.name);
            notes += &format!("{}\n", wrap(&limit, 0, 2));
        }
        rows.push([seam.name.into(), engine, why.name().into(), seam.phase.to_string()]);
    }
    for name in &held.open {
        notes += &format!("{name}: breaker open, Perl answers: migration-ctl breaker list\n");
    }
    if held.is_killed {
        notes += "kill switch on, Perl answers everything, until: migration-ctl kill off\n";
    }
    let gap = if notes.is_empty() { "" } else { "\n" };
    let phase = config.phase;
    format!("node {node}, phase {phase}\n\n{}{gap}{notes}", columns(&rows))
}
