//! `dns.cfg`
//!
//! Source: `PVE::Network::SDN::Dns::*Plugin`.

use super::{FINGERPRINT, Pattern, Property, Schema, Type, type_property};

pub(super) static SCHEMA: Schema = Schema {
    has_plugins: true,
    properties: &[
        type_property(&["powerdns"]),
        Property::text("dns").mandatory().pattern(Pattern::ObjectId).shortest(2),
        FINGERPRINT,
        Property::integer("ttl"),
        Property::integer("reversev6mask"),
        Property::text("url"),
        Property::text("key"),
        Property::integer("reversemaskv6"),
    ],
    types: &[Type {
        name: "powerdns",
        required: &["key", "url"],
        optional: &["fingerprint", "reversemaskv6", "ttl"],
    }],
};
