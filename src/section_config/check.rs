//! Are the values of a section right?

use super::format::{chomp, is_label};
use super::schema::{File, Kind, Property, Type};
use crate::error::{Error, Result};
use crate::perl::{Charset, Hash, Value, is_digits};
use crate::sdn::split_list;
use std::borrow::Cow;

/// Checks the properties of one section and decodes them.
///
/// What is `required` must be there; of several that are not, the first is named. Without
/// `check_values`, values are taken as they are, but numbers are still made of them.
///
/// # Errors
///
/// [`Error::Die`] with the first fault, by name.
///
/// Source: `PVE::SectionConfig::check_config`.
pub fn check_config<'a>(
    file: File,
    kind: &Type,
    section: Hash<'a>,
    required: &[&str],
    check_values: bool,
) -> Result<Hash<'a>> {
    let missing = required.iter().find(|name| !section.is_defined(name));
    let mut settings = Hash::default();
    for (key, value) in section.0 {
        if value == Value::Undef {
            return Err(Error::die(format!("got undefined value for option '{key}'")));
        }
        let value = check_value(file, kind, &key, value, check_values).map_err(Error::Die)?;
        let value = decode(file, &key, value)?;
        settings.set(key, value);
    }
    if let Some(name) = missing {
        return Err(Error::die(format!("missing value for required option '{name}'")));
    }
    settings.set("type", Value::text(kind.name));
    Ok(settings)
}

/// Checks one value; returns it with the type that Perl gives it.
///
/// The error is the text of the original, with a newline at its end.
///
/// Source: `PVE::SectionConfig::check_value`.
pub(super) fn check_value<'a>(
    file: File,
    kind: &Type,
    key: &str,
    value: Value<'a>,
    check_values: bool,
) -> std::result::Result<Value<'a>, String> {
    if key == "type" && value.to_text().is_some_and(|text| text == kind.name) {
        return Ok(value);
    }
    if !kind.has(key) {
        return Err(format!("unexpected property '{key}'\n"));
    }
    let Some(property) = file.schema().property(key) else {
        return Err("unknown property type\n".into());
    };
    let value = match value {
        Value::Undef if property.kind == Kind::Boolean => Value::Integer(1),
        Value::Undef => return Err("got undefined value\n".into()),
        value => value,
    };
    if value.to_text().is_some_and(|text| text.contains(['\n', '\r'])) {
        return Err("property contains a line feed\n".into());
    }
    if check_values {
        if let Some(fault) = fault(&value, property, "", Charset::Ascii) {
            return Err(fault + "\n");
        }
    }
    Ok(match property.kind {
        Kind::Integer | Kind::Boolean => number(&value),
        Kind::Text | Kind::List | Kind::Nodes => value,
    })
}

/// What is wrong with a scalar, or with one element of a list.
///
/// Source: `PVE::JSONSchema::check_prop`.
pub(super) fn fault(
    value: &Value,
    property: &Property,
    path: &str,
    charset: Charset,
) -> Option<String> {
    let (kind, is_right): (_, fn(&str) -> bool) = match property.kind {
        Kind::Text | Kind::List | Kind::Nodes => ("string", |_| true),
        Kind::Integer => ("integer", is_integer),
        Kind::Boolean => ("boolean", |text| matches!(text, "0" | "1")),
    };
    let got = match value {
        Value::List(_) => return Some(format!("type check ('{kind}') failed - got ARRAY")),
        Value::Hash(_) => return Some(format!("type check ('{kind}') failed - got HASH")),
        scalar => scalar.to_text().unwrap_or_default(),
    };
    if !is_right(&got) {
        return Some(format!("type check ('{kind}') failed - got '{got}'"));
    }
    if let Some(format) = property.format {
        let fault = if property.is_list {
            split_list(&got).find_map(|item| format.fault(item, path))
        } else {
            format.fault(&got, path)
        };
        if let Some(fault) = fault {
            return Some(format!("invalid format - {fault}"));
        }
    }
    if property.pattern.is_some_and(|pattern| !pattern.matches(&got, charset)) {
        return Some("value does not match the regex pattern".into());
    }
    let length = got.chars().count();
    if let Some(max) = property.max_length.filter(|&max| length > max) {
        return Some(format!("value may only be {max} characters long"));
    }
    if let Some(min) = property.min_length.filter(|&min| length < min) {
        return Some(format!("value must be at least {min} characters long"));
    }
    let number = value.to_number();
    if let Some(max) = property.maximum.filter(|&max| number > max.into()) {
        return Some(format!("value must have a maximum value of {max}"));
    }
    if let Some(min) = property.minimum.filter(|&min| number < min.into()) {
        return Some(format!("value must have a minimum value of {min}"));
    }
    if !property.values.is_empty() && !property.values.contains(&&*got) {
        return Some(format!(
            "value '{got}' does not have a value in the enumeration '{}'",
            property.values.join(", ")
        ));
    }
    None
}

fn is_integer(text: &str) -> bool {
    let text = chomp(text);
    is_digits(text.strip_prefix(['+', '-']).unwrap_or(text))
}

/// Perl's `$value + 0`.
fn number<'a>(value: &Value<'a>) -> Value<'a> {
    let Value::Text(text) = value else {
        return value.clone();
    };
    let digits = text.strip_prefix('+').unwrap_or(text);
    if let Ok(number) = digits.parse() {
        return Value::Integer(number);
    }
    if let Ok(number) = digits.parse::<u64>() {
        return Value::Text(number.to_string().into()); // of the numbers that JSON has, none fits
    }
    let number = value.to_number();
    if number.fract() == 0.0 && number.abs() < 1e15 {
        return Value::Integer(number as i64);
    }
    Value::Number(number)
}

/// The value in memory of a value in the file.
///
/// Source: `PVE::Network::SDN::Zones::Plugin::decode_value`.
fn decode<'a>(file: File, key: &str, value: Value<'a>) -> Result<Value<'a>> {
    let property = file.schema().property(key);
    if !property.is_some_and(|property| property.kind == Kind::Nodes) {
        return Ok(value);
    }
    let Some(text) = value.to_text() else {
        return Err(Error::Unsupported(format!("{key} is not a text")));
    };
    let mut nodes = Hash::default();
    for node in split_list(&text) {
        if !is_label(node) {
            return Err(Error::die("value does not look like a valid node name"));
        }
        if node != "0" {
            // as the original: the name that is false to Perl is no name
            nodes.set(node.to_owned(), Value::Integer(1));
        }
    }
    Ok(Value::Hash(nodes))
}

/// The text in the file of a value in memory; nodes come in the order of their names.
///
/// # Errors
///
/// [`Error::Die`] for nodes that are not a hash.
///
/// Source: `PVE::Network::SDN::Zones::Plugin::encode_value`.
pub fn encode_nodes(value: &Value) -> Result<String> {
    match value {
        Value::Undef => Ok(String::new()),
        Value::Hash(nodes) => Ok(nodes.iter().map(|(node, _)| node).collect::<Vec<_>>().join(",")),
        Value::List(_) => Err(Error::die_at("Not a HASH reference")),
        scalar => Err(Error::die_at(format!(
            "Can't use string (\"{}\") as a HASH ref while \"strict refs\" in use",
            scalar.to_text().unwrap_or_default()
        ))),
    }
}

/// Deletes options from a section, as an API call asks for.
///
/// # Errors
///
/// [`Error::Die`] for an option that the type does not have, or must have, or that is also set.
///
/// Source: `PVE::SectionConfig::delete_from_config`.
pub fn delete(section: &mut Hash, kind: &Type, new: &Hash, names: &[Cow<str>]) -> Result<()> {
    for name in names {
        if !kind.has(name) {
            return Err(Error::die(format!("no such option '{name}'")));
        }
        if kind.required.contains(&name.as_ref()) {
            return Err(Error::die(format!("unable to delete required option '{name}'")));
        }
        if new.is_defined(name) {
            return Err(Error::die(format!(
                "cannot set and delete property '{name}' at the same time!"
            )));
        }
        section.0.remove::<str>(name);
    }
    Ok(())
}
