//! `ipams.cfg`
//!
//! Source: `PVE::Network::SDN::Ipams::*Plugin`.

use super::{FINGERPRINT, Pattern, Property, Schema, Type, type_property};

pub(super) static SCHEMA: Schema = Schema {
    has_plugins: true,
    properties: &[
        type_property(&["netbox", "phpipam", "pve"]),
        Property::text("ipam").mandatory().pattern(Pattern::ObjectId).shortest(2),
        FINGERPRINT,
        Property::text("url"),
        Property::text("token"),
        Property::integer("section"),
    ],
    types: &[
        Type { name: "netbox", required: &["token", "url"], optional: &["fingerprint"] },
        Type {
            name: "phpipam",
            required: &["section", "token", "url"],
            optional: &["fingerprint"],
        },
        Type { name: "pve", required: &[], optional: &[] },
    ],
};
