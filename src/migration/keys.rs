//! Every key of `migration.toml`, and the walk from its text to [`Config`].

use super::config::{Choice, Config, Feature, Fidelity, Migration, Origin, is_node_name};
use super::decide::Engine;
use super::problem::{choices, is_long, shown};
use super::value::{self, Wrong};
use super::{Phase, Problems, SEAMS, find};
use std::ops::{Range, RangeInclusive};
use toml_edit::{Document, Item, TableLike};

/// What a key leads to.
enum Shape {
    /// A value, and how it gets into the settings.
    Value(fn(&mut Config, &Item) -> Result<(), Wrong>),
    /// A table of keys.
    Table(&'static [(&'static str, Shape)]),
    /// A table of features and whether they are on.
    Features,
    /// A table of seams and their engines.
    Functions,
}

use Shape::{Features, Functions, Table, Value};

/// The keys of the part for all nodes, and of `[nodes.NAME]`.
const KEYS: &[(&str, Shape)] = &[
    ("phase", Value(|c, v| value::one_of(v, &Phase::ALL, Phase::name).map(|v| c.phase = v))),
    ("fallback_enabled", Value(|c, v| value::flag(v).map(|v| c.fallback_enabled = v))),
    ("perl_api_base_url", Value(|c, v| value::base_url(v).map(|v| c.perl_api_base_url = Some(v)))),
    (
        "perl_api_timeout",
        Value(|c, v| value::whole(v, 1..=3600, "seconds").map(|v| c.perl_api_timeout = v)),
    ),
    (
        "perl_api_token_file",
        Value(|c, v| value::secret_file(v).map(|v| c.perl_api_token_file = Some(v))),
    ),
    (
        "log_migration_decisions",
        Value(|c, v| value::flag(v).map(|v| c.log_migration_decisions = v)),
    ),
    (
        "fidelity",
        Value(|c, v| value::one_of(v, &Fidelity::ALL, Fidelity::name).map(|v| c.fidelity = v)),
    ),
    ("features", Features),
    ("functions", Functions),
    ("shadow", Table(SHADOW)),
    ("breaker", Table(BREAKER)),
    ("evidence", Table(EVIDENCE)),
    ("metrics", Table(&[("listen", Value(|c, v| value::listen(v).map(|v| c.listen = Some(v))))])),
];

const SHADOW: &[(&str, Shape)] = &[
    ("sample", Value(|c, v| value::share(v).map(|v| c.sample = v))),
    ("strict_types", Value(|c, v| value::flag(v).map(|v| c.strict_types = v))),
];

const BREAKER: &[(&str, Shape)] = &[
    ("errors", Value(|c, v| value::whole(v, 1..=1000, "errors").map(|v| c.breaker.errors = v))),
    (
        "window_seconds",
        Value(|c, v| value::whole(v, 1..=86400, "seconds").map(|v| c.breaker.window_seconds = v)),
    ),
    (
        "cooldown_seconds",
        Value(|c, v| value::whole(v, 1..=3600, "seconds").map(|v| c.breaker.cooldown_seconds = v)),
    ),
];

const EVIDENCE: &[(&str, Shape)] = &[
    ("required", Value(|c, v| value::flag(v).map(|v| c.demand.required = v))),
    ("reads", Value(|c, v| value::whole(v, CALLS, "calls").map(|v| c.demand.reads = v))),
    ("writes", Value(|c, v| value::whole(v, CALLS, "calls").map(|v| c.demand.writes = v))),
    (
        "window_days",
        Value(|c, v| value::whole(v, 1..=90, "days").map(|v| c.demand.window_days = v)),
    ),
    ("p99_ratio", Value(|c, v| value::ratio(v).map(|v| c.demand.p99_ratio = v))),
];

const CALLS: RangeInclusive<u32> = 0..=1_000_000_000;

/// The key that only the part for all nodes has.
const NODES: &str = "nodes";

/// Reads a whole file.
pub(super) fn read(file: &str, text: &str) -> Result<Migration, Problems> {
    let mut problems = Problems::new(file);
    let document = match Document::parse(text) {
        Ok(document) => document,
        Err(error) => {
            let found = format!("not TOML: {}", error.message());
            problems.add(text, error.span(), String::new(), found, String::new());
            return Err(problems);
        }
    };
    let mut walk = Walk { text, origin: Origin::Everywhere, problems };
    let mut migration = Migration { everywhere: Config::default(), nodes: [].into() };
    let root = document.as_table();

    walk.table(&mut migration.everywhere, root, KEYS, "");
    if !root.contains_key("phase") {
        let wrong = Wrong {
            found: "missing".into(),
            expected: choices("", Phase::ALL.map(Phase::name).into_iter()),
        };
        walk.add(None, "phase".into(), wrong);
    }
    // Only now, as a node begins with the settings of all nodes.
    if let Some(nodes) = root.get(NODES) {
        walk.nodes(&mut migration, nodes);
    }
    walk.problems.or(migration)
}

struct Walk<'a> {
    text: &'a str,
    origin: Origin,
    problems: Problems,
}

impl Walk<'_> {
    fn add(&mut self, span: Option<Range<usize>>, key: String, wrong: Wrong) {
        self.problems.add(self.text, span, key, wrong.found, wrong.expected);
    }

    /// The table that `item` has to be.
    fn as_table<'i>(&mut self, item: &'i Item, path: &str) -> Option<&'i dyn TableLike> {
        let table = item.as_table_like();
        if table.is_none() {
            let found = format!("found {}", item.type_name());
            let wrong = Wrong { found, expected: "a table".into() };
            self.add(item.span(), path.into(), wrong);
        }
        table
    }

    /// A table whose keys are `keys`; `path` leads to it.
    fn table(
        &mut self,
        config: &mut Config,
        table: &dyn TableLike,
        keys: &[(&str, Shape)],
        path: &str,
    ) {
        for (name, item) in table.iter() {
            let full = join(path, name);
            match keys.iter().find(|(key, _)| *key == name) {
                Some((_, Value(set))) => {
                    if let Err(wrong) = set(config, item) {
                        self.add(item.span(), full, wrong);
                    }
                }
                Some((_, Table(keys))) => {
                    if let Some(table) = self.as_table(item, &full) {
                        self.table(config, table, keys, &full);
                    }
                }
                Some((_, Features)) => self.features(config, item, &full),
                Some((_, Functions)) => self.functions(config, item, &full),
                None if path.is_empty() && name == NODES => {}
                None => {
                    let nodes = path.is_empty().then_some(NODES);
                    let all = keys.iter().map(|(key, _)| *key).chain(nodes);
                    self.unknown(table, name, full, "unknown key", || choices(name, all));
                }
            }
        }
    }

    fn features(&mut self, config: &mut Config, item: &Item, path: &str) {
        let Some(table) = self.as_table(item, path) else {
            return;
        };
        for (name, item) in table.iter() {
            let full = join(path, name);
            let Some(feature) = Feature::ALL.into_iter().find(|one| one.name() == name) else {
                let all = Feature::ALL.map(Feature::name).into_iter();
                self.unknown(table, name, full, "unknown feature", || choices(name, all));
                continue;
            };
            match value::flag(item) {
                Ok(true) => _ = config.features.insert(feature),
                Ok(false) => _ = config.features.remove(&feature),
                Err(wrong) => self.add(item.span(), full, wrong),
            }
        }
    }

    fn functions(&mut self, config: &mut Config, item: &Item, path: &str) {
        let Some(table) = self.as_table(item, path) else {
            return;
        };
        for (name, item) in table.iter() {
            let full = join(path, name);
            let Some(seam) = find(name) else {
                // Without quotes, the dot of a seam's name makes a table.
                let quoted = || r#"a name in quotes, as in "interfaces.parse" = "shadow""#.into();
                let named = || choices(name, SEAMS.iter().map(|seam| seam.name));
                match item.is_table_like() {
                    true => self.unknown(table, name, full, "unknown function", quoted),
                    false => self.unknown(table, name, full, "unknown function", named),
                }
                continue;
            };
            match value::one_of(item, Engine::all_for(seam), Engine::name) {
                Ok(engine) => {
                    let choice = Choice { engine, origin: self.origin };
                    config.functions.insert(seam.name, choice);
                }
                Err(wrong) => self.add(item.span(), full, wrong),
            }
        }
    }

    fn nodes(&mut self, migration: &mut Migration, item: &Item) {
        let Some(table) = self.as_table(item, NODES) else {
            return;
        };
        self.origin = Origin::Node;
        for (name, item) in table.iter() {
            let full = join(NODES, name);
            if !is_node_name(name) {
                let expected = || "the name of a node, without a domain".into();
                self.unknown(table, name, full, "bad name", expected);
                continue;
            }
            let mut config = migration.everywhere.clone();
            if let Some(table) = self.as_table(item, &full) {
                self.table(&mut config, table, KEYS, &full);
            }
            migration.nodes.insert(name.into(), config);
        }
    }

    /// A key of `table` that is none; `expected` takes time.
    fn unknown(
        &mut self,
        table: &dyn TableLike,
        name: &str,
        path: String,
        found: &str,
        expected: impl FnOnce() -> String,
    ) {
        let span = table.key(name).and_then(toml_edit::Key::span);
        let is_told = !self.problems.is_full();
        let expected = if is_told { expected() } else { String::new() };
        let found = found.into();
        self.add(span, path, Wrong { found, expected });
    }
}

/// A key below `path`, quoted where it has to be.
fn join(path: &str, name: &str) -> String {
    let name = match is_bare(name) && !is_long(name) {
        true => name.to_string(),
        false => shown(name).replace('\'', "\""),
    };
    if path.is_empty() { name } else { format!("{path}.{name}") }
}

/// True if a key needs no quotes.
pub(super) fn is_bare(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
}
