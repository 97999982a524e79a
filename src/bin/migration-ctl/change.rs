//! Changes a setting and tells what that changes.

use crate::name::Format;
use crate::report::{Failure, wrap};
use crate::store::{Changed, Store};
use pve_network_rs::migration::{Config, Decision, Edit, Feature, Migration, SEAMS, Seam, decide};
use serde_json::{Value, json};

/// Whom a change is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Whom {
    /// One node.
    Node(String),
    /// All nodes but those that have a setting of their own.
    Others,
    /// All nodes; what they have of their own is taken out.
    All,
}

impl Whom {
    /// The node that was named, or all others.
    pub(crate) fn named(node: Option<String>) -> Self {
        node.map_or(Whom::Others, Whom::Node)
    }
}

/// What a change did.
pub(crate) struct Made {
    /// For all nodes, and for each that differs from them; or for the one that was named.
    parts: Vec<Part>,
    /// True if the file was written.
    pub(crate) is_written: bool,
    /// The node that was named, if there is none of that name.
    stranger: Option<String>,
}

struct Part {
    node: Option<String>,
    differences: Vec<Difference>,
    /// What is in force now of that which was to be set.
    value: String,
}

/// Something that is answered or done differently than before.
#[derive(PartialEq)]
struct Difference {
    name: &'static str,
    before: String,
    after: String,
}

/// Makes a change. `permit` is asked with the settings before and after it.
pub(crate) fn make(
    store: &Store,
    whom: &Whom,
    change: Edit,
    permit: impl Fn(&Changed) -> Result<(), Failure>,
) -> Result<Made, Failure> {
    let steps = |before: &Migration| match whom {
        Whom::Node(node) => vec![(Some(node.clone()), change)],
        Whom::Others => vec![(None, change)],
        Whom::All => {
            let own = before.nodes.keys().map(|node| (Some(node.clone()), Edit::NoPhase));
            [(None, change)].into_iter().chain(own).collect()
        }
    };
    let Changed { before, after, is_written } = store.change(steps, permit)?;
    if let Whom::Node(node) = whom {
        let part = Part::new(Some(node), before.of(node), after.of(node), change);
        let stranger = (!store.may_be_node(node)).then(|| node.clone());
        return Ok(Made { parts: vec![part], is_written, stranger });
    }
    let all = Part::new(None, &before.everywhere, &after.everywhere, change);
    // What is set for all nodes is not so on a node that has its own.
    let own = after.nodes.iter();
    let own = own.map(|(node, own)| Part::new(Some(node), before.of(node), own, change));
    let own = own.filter(|own| (&own.differences, &own.value) != (&all.differences, &all.value));
    let own: Vec<_> = own.collect();
    Ok(Made { parts: [all].into_iter().chain(own).collect(), is_written, stranger: None })
}

impl Made {
    /// The change as it is printed.
    pub(crate) fn print(&self, format: Format) -> String {
        match format {
            Format::Text => self.text(),
            Format::Json => format!("{:#}\n", self.json()),
        }
    }

    /// The change for people.
    pub(crate) fn text(&self) -> String {
        let is_of_one = self.parts.first().is_some_and(|part| part.node.is_some());
        let mut text = String::new();
        for part in &self.parts {
            text += &match &part.node {
                None => "all nodes:\n".into(),
                Some(node) if is_of_one => format!("node {node}:\n"),
                Some(node) => format!("but node {node}:\n"),
            };
            text += &part.text(match (self.is_written, is_of_one || part.node.is_none()) {
                (true, true) => "written, but it changes no answer",
                _ => "as it was",
            });
        }
        if let Some(node) = &self.stranger {
            text += &format!("there is no node {node} in this cluster (see /etc/pve/nodes)\n");
        }
        text
    }

    /// The change for programs.
    pub(crate) fn json(&self) -> Value {
        let changes = self.parts.iter().flat_map(|part| {
            part.differences.iter().map(|difference| {
                json!({
                    "node": part.node,
                    "name": difference.name,
                    "before": difference.before,
                    "after": difference.after,
                })
            })
        });
        let changes: Vec<_> = changes.collect();
        json!({ "written": self.is_written, "changes": changes })
    }
}

impl Part {
    fn new(node: Option<&String>, before: &Config, after: &Config, change: Edit) -> Self {
        let named = said(before).into_iter().zip(said(after));
        let differences = named.filter(|((_, before), (_, after))| before != after);
        let differences =
            differences.map(|((name, before), (_, after))| Difference { name, before, after });
        let (differences, value) = (differences.collect(), value(after, change));
        Part { node: node.cloned(), differences, value }
    }

    /// What differs; else what was set, and `otherwise`.
    fn text(&self, otherwise: &str) -> String {
        if self.differences.is_empty() {
            return format!("  {}: {otherwise}\n", self.value);
        }
        // A phase changes dozens of functions in the same way: these are told at once.
        let mut groups: Vec<(String, Vec<&str>)> = Vec::new();
        for Difference { name, before, after } in &self.differences {
            let change = format!("{before} -> {after}");
            match groups.iter_mut().find(|(other, _)| *other == change) {
                Some((_, names)) => names.push(name),
                None => groups.push((change, vec![name])),
            }
        }
        let lines = groups.iter().map(|(change, names)| match names[..] {
            [name] => format!("{name}: {change}"),
            _ => format!("{change}: {}", names.join(", ")),
        });
        lines.map(|line| format!("  {}\n", wrap(&line, 2, 4))).collect()
    }
}

/// Everything a change can touch, by name.
fn said(config: &Config) -> Vec<(&'static str, String)> {
    let phase = ("phase", config.phase.to_string());
    let sample = ("shadow.sample", config.sample.to_string());
    let features = Feature::ALL.map(|feature| (feature.name(), on_or_off(config, feature).into()));
    let functions = SEAMS.iter().map(|seam| (seam.name, engine(config, seam)));
    [phase, sample].into_iter().chain(features).chain(functions).collect()
}

/// What is in force of that which a change sets.
fn value(config: &Config, change: Edit) -> String {
    match change {
        Edit::Phase(_) | Edit::NoPhase => format!("phase {}", config.phase),
        Edit::Function(seam, _) => format!("{} {}", seam.name, engine(config, seam)),
        Edit::Feature(feature, _) => format!("{} {}", feature.name(), on_or_off(config, feature)),
    }
}

fn engine(config: &Config, seam: &Seam) -> String {
    let Decision { engine, kinds, .. } = decide(config, seam);
    match kinds {
        [] => engine.name().into(),
        kinds => format!("{} (only {})", engine.name(), kinds.join(", ")),
    }
}

fn on_or_off(config: &Config, feature: Feature) -> &'static str {
    if config.features.contains(&feature) { "on" } else { "off" }
}
