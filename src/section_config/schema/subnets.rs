//! `subnets.cfg`
//!
//! Source: `PVE::Network::SDN::SubnetPlugin`.

use super::{Format, Kind, Property, Schema, Type};

pub(super) static SCHEMA: Schema = Schema {
    has_plugins: false,
    properties: &[
        Property::text("subnet").mandatory().format(Format::SubnetId),
        Property::text("type").mandatory().one_of(&["subnet"]),
        Property::text("vnet"),
        Property::text("gateway").format(Format::Ip),
        Property::boolean("snat"),
        Property::text("dnszoneprefix").format(Format::DnsName),
        Property::new("dhcp-range", Kind::List).format(Format::DhcpRange),
        Property::text("dhcp-dns-server").format(Format::Ip),
    ],
    types: &[Type {
        name: "subnet",
        required: &["vnet"],
        optional: &["dhcp-dns-server", "dhcp-range", "dnszoneprefix", "gateway", "snat"],
    }],
};
