//! Model to text.

use super::check::encode_nodes;
use super::model::Config;
use super::schema::{File, Kind, Schema, Type};
use crate::error::{Error, Result};
use crate::perl::{Hash, Value};
use std::borrow::Cow;

/// Writes the text of a section config, in the order of the sections.
///
/// Sections without a place come last, by id. What a type requires comes first, then the rest,
/// each by name; properties that a type does not have are left out. With `allow_unknown`, sections
/// of unknown types are written as they are.
///
/// # Errors
///
/// [`Error::Die`] for a section of an unknown type, or without a required property, or with a line
/// feed in a value; [`Error::Unsupported`] for what is no section config at all.
///
/// Source: `PVE::SectionConfig::write_config`.
pub fn render(file: File, config: &Config, allow_unknown: bool) -> Result<String> {
    let schema = file.schema();
    let mut out = String::new();
    for id in in_order(config) {
        let none = Hash::default();
        let section = match config.ids.get(id) {
            Some(Value::Hash(section)) => section,
            None | Some(Value::Undef) => &none,
            Some(_) => return Err(Error::Unsupported(format!("section '{id}' is not a hash"))),
        };
        let name = match section.get("type") {
            Some(kind) => scalar("type", kind)?,
            None => "".into(),
        };
        match schema.find(&name) {
            Some(kind) => known(&mut out, schema, kind, id, section)?,
            None if allow_unknown => unknown(&mut out, &name, id, section)?,
            None => return Err(Error::die(format!("unknown section type '{name}'"))),
        }
        out.push('\n');
    }
    Ok(out)
}

/// The ids of the sections, in the order in which they are written.
fn in_order<'c>(config: &'c Config) -> Vec<&'c str> {
    let place = |id: &str| {
        let place = config.order.get(id).filter(|place| **place != Value::Undef);
        place.map_or(f64::INFINITY, Value::to_number)
    };
    let mut ids: Vec<(f64, &'c str)> = config.ids.iter().map(|(id, _)| (place(id), id)).collect();
    ids.sort_by(|a, b| a.0.total_cmp(&b.0));
    ids.into_iter().map(|(_, id)| id).collect()
}

fn known(out: &mut String, schema: &Schema, kind: &Type, id: &str, section: &Hash) -> Result<()> {
    header(out, kind.name, id);
    // as the original: two properties that no type has
    if let Some(comment) = section.get("comment").filter(|comment| comment.is_true()) {
        line(out, schema, "comment", comment)?;
    }
    if section.is_true("disable") {
        out.push_str("\tdisable\n");
    }
    for name in kind.required {
        let value = section.get(name).filter(|value| **value != Value::Undef);
        let value = value.ok_or_else(|| {
            Error::die(format!("section '{id}' - missing value for required option '{name}'"))
        })?;
        line(out, schema, name, value)?;
    }
    for name in kind.optional {
        match section.get(name) {
            None | Some(Value::Undef) => {}
            Some(value) => line(out, schema, name, value)?,
        }
    }
    Ok(())
}

/// Writes the line of a property, or the lines of a list.
fn line(out: &mut String, schema: &Schema, name: &str, value: &Value) -> Result<()> {
    let kind = schema.property(name).map_or(Kind::Text, |property| property.kind);
    match (kind, value) {
        (Kind::List, Value::List(items)) => {
            for item in items {
                // as the original: elements are not searched for line feeds
                put(out, &["\t", name, " ", &scalar(name, item)?, "\n"]);
            }
            Ok(())
        }
        (Kind::List, Value::Hash(_)) => Err(not_an_array(name)),
        (Kind::Nodes, nodes) => text_line(out, name, &encode_nodes(nodes)?),
        (kind, value) => {
            if kind == Kind::Boolean && matches!(value, Value::List(_) | Value::Hash(_)) {
                return text_line(out, name, "1");
            }
            let text = scalar(name, value)?;
            if text.contains(['\n', '\r']) {
                return Err(line_feed(name));
            }
            match kind {
                Kind::List => Err(not_an_array(name)),
                Kind::Boolean => text_line(out, name, if value.is_true() { "1" } else { "0" }),
                _ => text_line(out, name, &text),
            }
        }
    }
}

fn text_line(out: &mut String, name: &str, text: &str) -> Result<()> {
    if text.contains(['\n', '\r']) {
        return Err(line_feed(name));
    }
    if !text.is_empty() {
        put(out, &["\t", name, " ", text, "\n"]);
    }
    Ok(())
}

/// Writes a section of an unknown type: a comment first, then everything by name.
fn unknown(out: &mut String, kind: &str, id: &str, section: &Hash) -> Result<()> {
    header(out, kind, id);
    let comment = section.iter().filter(|(name, _)| *name == "comment");
    let others = section.iter().filter(|(name, _)| !matches!(*name, "comment" | "type"));
    for (name, value) in comment.chain(others) {
        match value {
            Value::List(items) => {
                for item in items {
                    put(out, &["\t", name, " ", &scalar(name, item)?, "\n"]);
                }
            }
            value => put(out, &["\t", name, " ", &scalar(name, value)?, "\n"]),
        }
    }
    Ok(())
}

fn header(out: &mut String, kind: &str, id: &str) {
    put(out, &[kind, ": ", id, "\n"]);
}

fn put(out: &mut String, parts: &[&str]) {
    out.extend(parts.iter().copied());
}

/// The text of a scalar; the original writes the address of a reference.
fn scalar<'v>(name: &str, value: &'v Value) -> Result<Cow<'v, str>> {
    (value.to_text()).ok_or_else(|| Error::Unsupported(format!("'{name}' is not a scalar")))
}

fn line_feed(name: &str) -> Error {
    Error::die(format!("property '{name}' contains a line feed"))
}

fn not_an_array(name: &str) -> Error {
    Error::die_at(format!("property '{name}' is not an array"))
}
