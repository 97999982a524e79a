//! Changes a setting and tells what that changes.

use crate::Output;
use crate::report::wrap;
use crate::store::{Changed, Store};
use pve_network_rs::migration::{Config, Decision, Edit, Feature, SEAMS, Seam, decide};

/// Makes a change, for all nodes or for one.
pub(crate) fn run(store: &Store, node: Option<&str>, edit: &Edit) -> Output {
    let Changed { before, after, is_written } = store.change(node, edit)?;
    let otherwise = if is_written { "written, but it changes no answer" } else { "as it was" };
    if let Some(node) = node {
        let effect = effect(before.of(node), after.of(node), edit, otherwise);
        let mut text = format!("node {node}:\n{effect}");
        if !store.may_be_node(node) {
            text += &format!("there is no node {node} in this cluster (see /etc/pve/nodes)\n");
        }
        return Ok(text);
    }
    let all = effect(&before.everywhere, &after.everywhere, edit, otherwise);
    let mut text = format!("all nodes:\n{all}");
    // What is set for all nodes is not so on a node that has its own.
    for (node, own) in &after.nodes {
        let own = effect(before.of(node), own, edit, "as it was");
        if own != all {
            text += &format!("but node {node}:\n{own}");
        }
    }
    Ok(text)
}

/// What is answered differently than before, a line each; else what was set.
fn effect(before: &Config, after: &Config, edit: &Edit, otherwise: &str) -> String {
    let (old, new) = (said(before), said(after));
    let differing = old.iter().zip(&new).filter(|(old, new)| old != new);
    let lines = differing.map(|((name, old), (_, new))| {
        let line = format!("{name}: {old} -> {new}");
        format!("  {}\n", wrap(&line, 2, 4))
    });
    let lines: String = lines.collect();
    if lines.is_empty() {
        return format!("  {}: {otherwise}\n", value(after, edit));
    }
    lines
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
fn value(config: &Config, edit: &Edit) -> String {
    match *edit {
        Edit::Phase(_) => format!("phase {}", config.phase),
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
