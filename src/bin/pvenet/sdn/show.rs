//! `pvenet sdn show`: the objects of SDN, in force and pending.

use super::files::{Files, KINDS};
use super::make::texts;
use crate::failure::Failure;
use crate::node::{Node, warn};
use crate::page::{self, Cell, Paint, Table, Tone, unbroken};
use crate::report::{Format, Report};
use clap::Args;
use pve_network_rs::error::Error;
use pve_network_rs::notes::Notes;
use pve_network_rs::perl::{Hash, Value};
use pve_network_rs::sdn::pending::{encode_value, pending_config};
use serde_json::{Map, Value as Json, json};

/// Shows zones, vnets, subnets, controllers and fabrics
///
/// What the last apply put into force, and beside it what the next one would change.
#[derive(Args)]
pub(super) struct Show {
    /// How to print it
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

impl Show {
    /// Runs it.
    pub(super) fn run(&self, node: &Node, paint: Paint) -> Result<Report, Failure> {
        let files = Files::read(node)?;
        let running = files.running()?.unwrap_or_default();
        let mut notes = Notes::default();
        let document = files.committed(&running, &mut notes)?;
        let warnings: Vec<String> = texts(&notes).collect();
        warnings.iter().for_each(|text| warn(text));

        let objects = Object::all(&running, &document)
            .map_err(|error| Failure::Config { path: files.running_path().to_owned(), error })?;
        let is_clean = warnings.is_empty();
        if self.format == Format::Json {
            let mut document = json!({ "version": running.get("version") });
            for kind in kinds() {
                let of_kind = objects.iter().filter(|object| object.kind == kind);
                document[kind] = of_kind.map(Object::json).collect();
            }
            return Ok(Report::json(&document, is_clean)?);
        }
        let mut tables = Vec::new();
        for kind in kinds() {
            let mut of_kind = objects.iter().filter(|object| object.kind == kind).peekable();
            if let Some(first) = of_kind.peek() {
                let headings = [first.what(), first.of()].map(str::to_uppercase);
                let mut table = Table::new([&headings[0], &headings[1], "STATE", "DETAILS"]);
                of_kind.for_each(|object| table.row(object.row()));
                tables.push(table.render(paint));
            }
        }
        if tables.is_empty() {
            tables.push("nothing is configured\n".into());
        }
        Ok(Report { text: tables.join("\n").into(), is_clean })
    }
}

/// The kinds of objects, as the sections of a running config.
fn kinds() -> impl Iterator<Item = &'static str> {
    KINDS.iter().map(|(kind, _)| *kind).chain(["fabrics"])
}

/// What the next apply does to an object.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    InForce,
    New,
    Changed,
    Deleted,
}

/// An object as it is in force, with what changes.
pub(super) struct Object<'d> {
    kind: &'static str,
    /// Its id.
    pub(super) id: String,
    /// What the next apply does to it.
    pub(super) state: State,
    /// In force; of a new one, nothing.
    running: Hash<'d>,
    /// What changes, by key; `deleted` for a key that goes.
    pending: Hash<'d>,
}

impl<'d> Object<'d> {
    /// Every object of two configs, by kind and id.
    pub(super) fn all(running: &Hash<'d>, committed: &Hash<'d>) -> Result<Vec<Self>, Error> {
        let mut objects = Vec::new();
        for kind in kinds() {
            let none = Hash::default();
            let config = committed.hash(kind).unwrap_or(&none);
            for (id, object) in pending_config(running, config, kind)?.0 {
                let Value::Hash(mut object) = object else { continue };
                let state = match object.0.remove("state").as_ref().and_then(Value::to_text) {
                    None => State::InForce,
                    Some(state) if state == "new" => State::New,
                    Some(state) if state == "changed" => State::Changed,
                    Some(_) => State::Deleted,
                };
                let pending = match object.0.remove("pending") {
                    Some(Value::Hash(pending)) => pending,
                    _ => Hash::default(),
                };
                objects.push(Object { kind, id: id.into_owned(), state, running: object, pending });
            }
        }
        Ok(objects)
    }

    /// What it is, in a word.
    pub(super) fn what(&self) -> &'static str {
        match self.kind {
            "zones" => "zone",
            "vnets" => "vnet",
            "subnets" => "subnet",
            "controllers" => "controller",
            _ => "fabric",
        }
    }

    /// The key that says most about it.
    fn of(&self) -> &'static str {
        match self.kind {
            "vnets" => "zone",
            "subnets" => "vnet",
            _ => "type",
        }
    }

    /// What becomes of each key that changes.
    pub(super) fn changes(&self) -> Vec<String> {
        self.pending
            .iter()
            .map(|(key, value)| {
                let was = self.running.get(key).map_or("none".into(), |value| text(key, value));
                let becomes = if is_deleted(value) { "none".into() } else { text(key, value) };
                format!("{key}: {was} -> {becomes}")
            })
            .collect()
    }

    fn row(&self) -> [Cell; 4] {
        let (state, tone) = match self.state {
            State::InForce => ("-", Tone::Plain),
            State::New => ("new", Tone::Good),
            State::Changed => ("changed", Tone::Odd),
            State::Deleted => ("deleted", Tone::Bad),
        };
        let of = self.running.get(self.of()).or(self.pending.get(self.of()));
        [
            page::bytes(&self.id).into(),
            of.map_or("-".into(), page::value).into(),
            Cell::new(tone, state),
            self.details().into(),
        ]
    }

    /// Its values; those that change with what they become, each in a line.
    fn details(&self) -> String {
        let is_new = self.state == State::New;
        let values = if is_new { &self.pending } else { &self.running };
        let is_shown = |key: &str| {
            let is_elsewhere = key == "type" || key == "id" || key == self.of();
            !is_elsewhere && (is_new || self.pending.get(key).is_none())
        };
        let same: Vec<String> = values
            .iter()
            .filter(|(key, value)| is_shown(key) && **value != Value::Undef)
            .map(|(key, value)| unbroken(&format!("{key} ")) + &text(key, value))
            .collect();
        let mut lines = vec![same.join(", ")];
        if !is_new {
            lines.extend(self.changes());
        }
        lines.retain(|line| !line.is_empty());
        lines.join("\n")
    }

    /// As the API shows it, with `pending=1`.
    fn json(&self) -> Json {
        let mut object = decoded(&self.running);
        object.insert(self.what().into(), page::bytes(&self.id).into());
        let state = match self.state {
            State::InForce => return Json::Object(object),
            State::New => "new",
            State::Changed => "changed",
            State::Deleted => "deleted",
        };
        object.insert("state".into(), state.into());
        object.insert("pending".into(), Json::Object(decoded(&self.pending)));
        Json::Object(object)
    }
}

fn is_deleted(value: &Value) -> bool {
    matches!(value, Value::Text(text) if text == "deleted")
}

/// A value for people: lists can be wrapped behind each comma.
fn text(key: &str, value: &Value) -> String {
    match &*encode_value(key, value) {
        Value::List(values) => {
            values.iter().map(|value| text(key, value)).collect::<Vec<_>>().join("; ")
        }
        value => page::value(value).replace(',', ", "),
    }
}

/// An object whose texts are bytes, for JSON.
fn decoded(hash: &Hash) -> Map<String, Json> {
    hash.iter()
        .map(|(key, value)| (key.to_owned(), decoded_value(&encode_value(key, value))))
        .collect()
}

fn decoded_value(value: &Value) -> Json {
    match value {
        Value::Text(text) => pve_network_rs::perl::decode_utf8(text).into(),
        Value::List(values) => values.iter().map(decoded_value).collect(),
        Value::Hash(hash) => Json::Object(decoded(hash)),
        number => json!(number),
    }
}
