//! `vnets.cfg`
//!
//! Source: `PVE::Network::SDN::VnetPlugin`.

use super::{Pattern, Property, Schema, Type};

pub(super) static SCHEMA: Schema = Schema {
    has_plugins: false,
    properties: &[
        Property::text("vnet").mandatory().pattern(Pattern::ObjectId).shortest(2).longest(8),
        Property::text("type").one_of(&["vnet"]),
        Property::text("zone"),
        Property::integer("tag").from(1).to(16_777_215),
        Property::boolean("vlanaware"),
        Property::text("alias").pattern(Pattern::Alias).longest(256),
        Property::boolean("isolate-ports"),
    ],
    types: &[Type {
        name: "vnet",
        required: &["zone"],
        optional: &["alias", "isolate-ports", "tag", "vlanaware"],
    }],
};
