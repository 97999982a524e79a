//! Are the parameters of an API call right?

use super::check::fault;
use super::format::Format;
use super::schema::{File, Kind, Property};
use crate::error::{Error, Result};
use crate::perl::{Charset, Hash, Value};
use std::collections::BTreeMap;

/// What the parameters are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// A new object.
    Create,
    /// Changes of one that is there.
    Update,
}

/// Checks the parameters of an API call against all properties of a file.
///
/// Which type has which property is not looked at, but a property that every type requires must
/// be there for a new object.
///
/// # Errors
///
/// [`Error::Param`] with every fault, by parameter.
///
/// Source: `PVE::SectionConfig::createSchema`, `updateSchema`, `PVE::JSONSchema::validate`.
pub fn validate(file: File, purpose: Purpose, parameters: &Hash) -> Result<()> {
    let mut errors = BTreeMap::new();
    for property in known(file, purpose) {
        let is_required = property.is_mandatory
            || purpose == Purpose::Create && is_required_by_all(file, property.name);
        let value = parameters.get(property.name).unwrap_or(&Value::Undef);
        check(value, property, is_required, &mut errors);
    }
    for (name, _) in parameters.iter() {
        if !known(file, purpose).any(|property| property.name == name) {
            let text = "property is not defined in schema \
                        and the schema does not allow additional properties";
            errors.insert(name.to_owned(), text.to_owned());
        }
    }
    if errors.is_empty() { Ok(()) } else { Err(Error::Param(errors)) }
}

/// The parameters of every update.
static OF_UPDATES: [Property; 2] = [
    Property::text("digest").longest(64),
    Property::text("delete").list_of(Format::ConfigId).longest(4096),
];

fn known(file: File, purpose: Purpose) -> impl Iterator<Item = &'static Property> {
    let schema = file.schema();
    let is_update = purpose == Purpose::Update;
    let own = schema.properties.iter().filter(move |property| {
        let has = |kind: &super::schema::Type| kind.has(property.name);
        !is_update
            || property.name != "type" && (property.is_mandatory || schema.types.iter().any(has))
    });
    own.chain(OF_UPDATES.iter().filter(move |_| is_update))
}

fn is_required_by_all(file: File, name: &str) -> bool {
    let types = file.schema().types;
    types.iter().all(|kind| kind.required.contains(&name))
}

fn check(
    value: &Value,
    property: &Property,
    is_required: bool,
    errors: &mut BTreeMap<String, String>,
) {
    let path = property.name;
    let fault = match value {
        Value::Undef => {
            is_required.then(|| "property is missing and it is not optional".to_owned())
        }
        Value::List(items) if property.kind == Kind::List => {
            for (index, item) in items.iter().enumerate() {
                let path = format!("{path}[{index}]");
                if let Some(fault) = fault(item, property, &path, Charset::Latin1) {
                    errors.insert(path, fault);
                }
            }
            None
        }
        _ if property.kind == Kind::List => Some("type check ('array') failed".to_owned()),
        scalar => fault(scalar, property, path, Charset::Latin1),
    };
    if let Some(fault) = fault {
        errors.insert(path.to_owned(), fault);
    }
}
