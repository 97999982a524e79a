//! Zones, vnets, subnets, controllers, ipams and dns servers, as the API lists them.

use super::document::{as_hash, hash};
use super::pending::{encode_value, pending_config};
use super::{Subnet, dhcp_range};
use crate::error::{Error, Result};
use crate::notes::Notes;
use crate::perl::{Hash, Value};
use crate::section_config::{Config, File};
use std::borrow::Cow;

/// Which configuration is listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum View {
    /// What the next apply takes.
    Config,
    /// What runs, with what the next apply changes.
    Pending,
    /// What runs.
    Running,
}

/// The objects of one kind, sorted by id; the API gives them in this order, but for ipams and dns
/// servers, which it gives in any.
///
/// `running` is the running config. Of what cannot be read, warnings are given.
///
/// # Errors
///
/// [`Error::Die`] for an object that lacks a required property, or of an unknown type;
/// [`Error::Unsupported`] for documents that are no configs.
///
/// Source: the methods `index` of `PVE::API2::Network::SDN::{Zones,Vnets,Subnets,Controllers,Ipams,
/// Dns}`.
pub fn index<'a>(
    file: File,
    view: View,
    config: &Config<'a>,
    running: &Hash<'a>,
    notes: &mut Notes,
) -> Result<Vec<Hash<'a>>> {
    let kind = name_of(file);
    let (ids, digest) = match view {
        View::Config => (config.ids.clone(), Value::Text(config.digest.clone().into())),
        View::Running => (hash(hash(running, kind)?, "ids")?.clone(), Value::Undef),
        View::Pending => {
            let mut document = Hash::default();
            document.set("ids", Value::Hash(config.ids.clone()));
            (pending_config(running, &document, kind)?, Value::Undef)
        }
    };
    let ids = if file == File::Ipams { with_built_in(ids)? } else { ids };

    let mut objects = Vec::new();
    for (id, object) in ids.0 {
        let Value::Hash(mut object) = object else {
            return Err(missing(file, &id, &object));
        };
        if file != File::Vnets && file != File::Subnets {
            check_type(file, &object)?;
        }
        match file {
            File::Zones => encode_nodes(&mut object),
            File::Vnets => as_looked_up(&mut object),
            File::Subnets => complete_subnet(&id, &mut object, notes)?,
            File::Controllers | File::Ipams | File::Dns => {}
        }
        object.set(key_of(file), Value::Text(id));
        object.set("digest", digest.clone());
        objects.push(object);
    }
    Ok(objects)
}

/// The name of a kind in the running config.
fn name_of(file: File) -> &'static str {
    match file {
        File::Zones => "zones",
        File::Vnets => "vnets",
        File::Subnets => "subnets",
        File::Controllers => "controllers",
        File::Ipams => "ipams",
        File::Dns => "dns",
    }
}

/// Where an object of that kind has its id.
pub fn key_of(file: File) -> &'static str {
    match file {
        File::Zones => "zone",
        File::Vnets => "vnet",
        File::Subnets => "subnet",
        File::Controllers => "controller",
        File::Ipams => "ipam",
        File::Dns => "dns",
    }
}

fn missing(file: File, id: &str, object: &Value) -> Error {
    let name = match file {
        File::Vnets => "sdn vnet",
        File::Subnets => "sdn subnet",
        _ => "sdn",
    };
    match object {
        Value::Undef => Error::die(format_args!("{name} '{id}' does not exist")),
        _ => Error::Unsupported(format!("'{id}' is not a hash")),
    }
}

/// Source: `PVE::Network::SDN::Ipams::config`.
fn with_built_in(mut ids: Hash) -> Result<Hash> {
    let built_in = ids.get("pve").map_or(Ok(Hash::default()), |pve| as_hash("pve", pve).cloned());
    let mut built_in = built_in?;
    built_in.set("type", Value::text("pve"));
    ids.set("pve", Value::Hash(built_in));
    Ok(ids)
}

/// Source: `PVE::SectionConfig::lookup`.
fn check_type(file: File, object: &Hash) -> Result<()> {
    match object.defined_text("type") {
        None => Err(Error::die_at("cannot lookup undefined type!")),
        Some(kind) if file.schema().find(&kind).is_none() => {
            Err(Error::die(format_args!("unknown section type '{kind}'")))
        }
        Some(_) => Ok(()),
    }
}

fn encode_nodes(zone: &mut Hash) {
    let encode = |object: &mut Hash| {
        for key in ["nodes", "exitnodes"] {
            let Some(value) = object.get(key).filter(|value| value.is_true()) else {
                continue;
            };
            let encoded = encode_value(key, value);
            if let Cow::Owned(encoded) = encoded {
                object.set(key, encoded);
            }
        }
    };
    encode(zone);
    if let Some(Value::Hash(pending)) = zone.0.get_mut("pending") {
        encode(pending);
    }
}

/// As the original: a look for the zone of a vnet that has none makes one for what is pending.
fn as_looked_up(vnet: &mut Hash) {
    if !vnet.is_defined("zone") && !vnet.is_defined("pending") {
        vnet.set("pending", Value::Hash(Hash::default()));
    }
}

fn complete_subnet(id: &str, object: &mut Hash, notes: &mut Notes) -> Result<()> {
    let subnet = Subnet::new(id, Some(object))?;
    let parts = [
        ("id", id.to_owned()),
        ("cidr", subnet.cidr()),
        ("zone", subnet.zone.to_owned()),
        ("network", subnet.network.to_owned()),
        ("mask", subnet.mask.to_owned()),
    ];
    let ranges = dhcp_range::of_subnet(object, notes)?.into_iter().map(|range| {
        let mut ends = Hash::default();
        ends.set("start-address", Value::Text(range.start_address.to_owned().into()));
        ends.set("end-address", Value::Text(range.end_address.to_owned().into()));
        Value::Hash(ends)
    });
    let ranges = Value::List(ranges.collect());
    for (key, text) in parts {
        object.set(key, Value::Text(text.into()));
    }
    object.set("dhcp-range", ranges);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::perl::ByteText;
    use crate::section_config;

    const RUNNING: &str = r#"{"version":3,
        "zones":{"ids":{"gone":{"type":"simple"},
            "z":{"bridge":"vmbr0","mtu":1500,"nodes":{"n2":1,"n1":1},"type":"vlan"}}},
        "vnets":{"ids":{"v":{"type":"vnet"}}},
        "subnets":{"ids":{"z-192.0.2.0-24":{"gateway":"192.0.2.1","type":"subnet","vnet":"v"}}}}"#;

    fn listed(file: File, view: View, text: &str) -> Result<serde_json::Value> {
        let mut notes = Notes::default();
        let text = ByteText::new(text).unwrap();
        let config = section_config::parse(file, file.path(), text, false, &mut notes);
        let running = serde_json::from_str(RUNNING).unwrap();
        let objects = index(file, view, &config, &running, &mut notes)?;
        let mut objects = serde_json::to_value(objects).unwrap();
        for object in objects.as_array_mut().unwrap() {
            // The digest of a file is that of its text.
            let has_digest = object["digest"].as_str().is_some_and(|text| text.len() == 40);
            assert_eq!(has_digest, view == View::Config);
            object.as_object_mut().unwrap().remove("digest");
        }
        Ok(objects)
    }

    #[test]
    fn as_the_api_has_them() {
        let zones = "vlan: z\n\tbridge vmbr0\n\tmtu 1400\n\tnodes n1\n";
        let subnets = "subnet: z-192.0.2.0-24\n\tvnet v\n\tdhcp-range start-address=192.0.2.9,end-address=192.0.2.10\n";
        let parts = serde_json::json!({"id": "z-192.0.2.0-24", "subnet": "z-192.0.2.0-24",
            "cidr": "192.0.2.0/24", "zone": "z", "network": "192.0.2.0", "mask": "24",
            "type": "subnet", "vnet": "v"});
        let subnet = |more: serde_json::Value| {
            let mut subnet = parts.clone();
            subnet.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            serde_json::json!([subnet])
        };
        let range = "start-address=192.0.2.9,end-address=192.0.2.10";
        for (file, view, text, expected) in [
            (
                File::Zones,
                View::Config,
                zones,
                serde_json::json!([
                    {"zone":"z","type":"vlan","bridge":"vmbr0","mtu":1400,"nodes":"n1"}
                ]),
            ),
            (
                File::Zones,
                View::Running,
                zones,
                serde_json::json!([
                    {"zone":"gone","type":"simple"},
                    {"zone":"z","type":"vlan","bridge":"vmbr0","mtu":1500,"nodes":"n1,n2"}
                ]),
            ),
            (
                File::Zones,
                View::Pending,
                zones,
                serde_json::json!([
                    {"zone":"gone","type":"simple","state":"deleted","pending":{}},
                    {"zone":"z","type":"vlan","bridge":"vmbr0","mtu":1500,"nodes":"n1,n2",
                        "state":"changed","pending":{"mtu":1400,"nodes":"n1"}}
                ]),
            ),
            (
                File::Vnets,
                View::Running,
                "",
                serde_json::json!([{"vnet":"v","type":"vnet","pending":{}}]),
            ),
            (
                File::Subnets,
                View::Config,
                subnets,
                subnet(serde_json::json!({"dhcp-range":[
                    {"start-address":"192.0.2.9","end-address":"192.0.2.10"}
                ]})),
            ),
            (
                File::Subnets,
                View::Pending,
                subnets,
                subnet(serde_json::json!({"gateway":"192.0.2.1","dhcp-range":[],"state":"changed",
                    "pending":{"gateway":"deleted","dhcp-range":[range]}})),
            ),
            (File::Controllers, View::Pending, "", serde_json::json!([])),
            (
                File::Ipams,
                View::Config,
                "netbox: n\n\turl http://n\n\ttoken t\n",
                serde_json::json!([
                    {"ipam":"n","type":"netbox","url":"http://n","token":"t"},
                    {"ipam":"pve","type":"pve"}
                ]),
            ),
        ] {
            let listed = listed(file, view, text).unwrap();
            assert_eq!(listed, expected, "{file:?} {view:?}");
        }
    }

    #[test]
    fn what_the_api_dies_of() {
        for (file, text, message) in [
            (File::Zones, "vlan: z\n\tmtu 1400\n", "sdn 'z' does not exist\n"),
            (File::Vnets, "vnet: v\n\ttag 1\n", "sdn vnet 'v' does not exist\n"),
        ] {
            let error = listed(file, View::Config, text).unwrap_err();
            assert_eq!(error, Error::Die(message.into()));
        }
    }
}
