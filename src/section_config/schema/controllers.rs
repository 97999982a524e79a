//! `controllers.cfg`
//!
//! Source: `PVE::Network::SDN::Controllers::*Plugin`.

use super::{Format, Pattern, Property, Schema, Type, type_property};

pub(super) static SCHEMA: Schema = Schema {
    has_plugins: true,
    properties: &[
        type_property(&["bgp", "evpn", "faucet", "isis"]),
        Property::text("controller")
            .mandatory()
            .pattern(Pattern::ControllerId)
            .shortest(2)
            .longest(64),
        Property::integer("asn").from(0).to(u32::MAX),
        Property::text("fabric").format(Format::Fabric),
        Property::text("peers").list_of(Format::Ip),
        Property::boolean("bgp-multipath-as-path-relax"),
        Property::boolean("ebgp"),
        Property::integer("ebgp-multihop"),
        Property::text("loopback"),
        Property::text("node").format(Format::Node),
        Property::text("isis-domain"),
        Property::text("isis-ifaces").list_of(Format::Iface),
        Property::text("isis-net")
            .format(Format::IsisNet)
            .pattern(Pattern::IsisNet)
            .shortest(20)
            .longest(50),
    ],
    types: &[
        Type {
            name: "bgp",
            required: &["asn", "node", "peers"],
            optional: &["bgp-multipath-as-path-relax", "ebgp", "ebgp-multihop", "loopback"],
        },
        Type { name: "evpn", required: &["asn"], optional: &["fabric", "peers"] },
        Type { name: "faucet", required: &[], optional: &[] },
        Type {
            name: "isis",
            required: &["isis-domain", "isis-ifaces", "isis-net", "node"],
            optional: &["loopback"],
        },
    ],
};
