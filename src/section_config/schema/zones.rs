//! `zones.cfg`
//!
//! Source: `PVE::Network::SDN::Zones::*Plugin`.

use super::{Format, Pattern, Property, Schema, Type, type_property};

pub(super) static SCHEMA: Schema = Schema {
    has_plugins: true,
    properties: &[
        type_property(&["evpn", "faucet", "qinq", "simple", "vlan", "vxlan"]),
        Property::text("zone").mandatory().pattern(Pattern::ObjectId).shortest(2).longest(8),
        Property::nodes("nodes"),
        Property::text("ipam"),
        Property::integer("mtu"),
        // with names and leases
        Property::text("dns"),
        Property::text("reversedns"),
        Property::text("dnszone").format(Format::DnsName),
        Property::text("dhcp").one_of(&["dnsmasq"]),
        // on a bridge
        Property::text("bridge"),
        Property::boolean("bridge-disable-mac-learning"),
        Property::integer("tag").from(0),
        Property::text("vlan-protocol").one_of(&["802.1q", "802.1ad"]),
        // in tunnels
        Property::text("peers").list_of(Format::Ip),
        Property::integer("vxlan-port").from(1).to(65536),
        Property::text("fabric").format(Format::Fabric),
        // with routing
        Property::integer("vrf-vxlan").from(1).to(16_777_215),
        Property::text("controller"),
        Property::text("mac").format(Format::Mac),
        Property::nodes("exitnodes"),
        Property::boolean("exitnodes-local-routing"),
        Property::text("exitnodes-primary").format(Format::Node),
        Property::boolean("advertise-subnets"),
        Property::boolean("disable-arp-nd-suppression"),
        Property::text("rt-import").list_of(Format::RouteTarget),
        // of an OpenFlow controller
        Property::integer("dp-id"),
    ],
    types: &[
        Type {
            name: "evpn",
            required: &["controller", "vrf-vxlan"],
            optional: &[
                "advertise-subnets",
                "bridge-disable-mac-learning",
                "disable-arp-nd-suppression",
                "dns",
                "dnszone",
                "exitnodes",
                "exitnodes-local-routing",
                "exitnodes-primary",
                "ipam",
                "mac",
                "mtu",
                "nodes",
                "reversedns",
                "rt-import",
                "vxlan-port",
            ],
        },
        Type {
            name: "faucet",
            required: &["controller", "dp-id"],
            optional: &["dns", "dnszone", "ipam", "nodes", "reversedns"],
        },
        Type {
            name: "qinq",
            required: &["bridge", "tag"],
            optional: &[
                "bridge-disable-mac-learning",
                "dns",
                "dnszone",
                "ipam",
                "mtu",
                "nodes",
                "reversedns",
                "vlan-protocol",
            ],
        },
        Type {
            name: "simple",
            required: &[],
            optional: &["dhcp", "dns", "dnszone", "ipam", "mtu", "nodes", "reversedns"],
        },
        Type {
            name: "vlan",
            required: &["bridge"],
            optional: &[
                "bridge-disable-mac-learning",
                "dns",
                "dnszone",
                "ipam",
                "mtu",
                "nodes",
                "reversedns",
            ],
        },
        Type {
            name: "vxlan",
            required: &[],
            optional: &[
                "dns",
                "dnszone",
                "fabric",
                "ipam",
                "mtu",
                "nodes",
                "peers",
                "reversedns",
                "vxlan-port",
            ],
        },
    ],
};
