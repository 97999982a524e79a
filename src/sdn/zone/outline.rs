//! What of a running config decides which questions are asked.

use crate::addr::netip::is_ipv6;
use crate::perl::json::Reader;
use crate::perl::{Hash, Value};
use rustc_hash::FxHashMap;
use std::borrow::Cow;
use std::collections::hash_map::Entry;

/// What is read of a vnet and of a subnet.
const VNET: [&str; 2] = ["zone", "tag"];
const SUBNET: [&str; 3] = ["vnet", "gateway", "snat"];

/// Reads a running config, but no more of it than a config whose generation asks the same questions;
/// `None` leaves that to whoever reads the whole.
///
/// # Design
///
/// The questions of a zone are the same for all its vnets, but for the way out of source NAT. So
/// it is enough to go through one vnet of each sort with the generator itself; and to find these is
/// much faster than to keep the config.
pub fn outline<'a>(json: &mut Reader<'a>) -> Option<Hash<'a>> {
    let mut document = Hash::default();
    let (mut vnets, mut subnets) = (None, None);
    json.object(|json, name| {
        match name.as_ref() {
            "vnets" => vnets = Some(section(json, VNET)?),
            "subnets" => subnets = Some(section(json, SUBNET)?),
            "zones" | "controllers" => document.set(name, json.any()?),
            _ => json.skip()?,
        }
        Some(())
    })?;

    let mut has_snat: FxHashMap<String, [bool; 2]> = FxHashMap::default();
    let subnets = subnets.unwrap_or_default().into_iter().filter(|(_, [vnet, gateway, snat])| {
        if !snat.is_true() {
            return false;
        }
        let family = usize::from(is_ipv6(&gateway.to_text().unwrap_or_default()));
        let of_vnet = has_snat.entry(text_of(vnet)).or_default();
        !std::mem::replace(&mut of_vnet[family], true)
    });
    let subnets = ids(subnets, SUBNET);

    let vnets = vnets.map(|vnets| {
        // The first one of each sort, by id, so that the questions come in their order.
        let mut sorts: FxHashMap<_, Object<2>> = FxHashMap::default();
        for (id, [zone, tag]) in vnets {
            let snat = has_snat.get(id.as_ref()).copied().unwrap_or_default();
            match sorts.entry((text_of(&zone), tag.is_true(), snat)) {
                Entry::Occupied(first) if first.get().0 <= id => {}
                place => drop(place.insert_entry((id, [zone, tag]))),
            }
        }
        ids(sorts.into_values(), VNET)
    });
    document.set("subnets", subnets);
    if let Some(vnets) = vnets {
        document.set("vnets", vnets);
    }
    Some(document)
}

fn text_of(value: &Value) -> String {
    value.to_text().unwrap_or_default().into_owned()
}

type Object<'a, const N: usize> = (Cow<'a, str>, [Value<'a>; N]);

/// The objects of a section, with some of their fields.
fn section<'a, const N: usize>(
    json: &mut Reader<'a>,
    fields: [&str; N],
) -> Option<Vec<Object<'a, N>>> {
    let mut objects = Vec::new();
    json.object(|json, name| {
        if name != "ids" {
            return json.skip();
        }
        json.object(|json, id| {
            let mut object = [const { Value::Undef }; N];
            json.object(|json, name| {
                match fields.iter().position(|field| *field == name) {
                    Some(at) => object[at] = json.scalar()?,
                    None => json.skip()?,
                }
                Some(())
            })?;
            objects.push((id, object));
            Some(())
        })
    })?;
    Some(objects)
}

/// A section of these objects.
fn ids<'a, const N: usize>(
    objects: impl Iterator<Item = Object<'a, N>>,
    fields: [&'static str; N],
) -> Value<'a> {
    let objects = objects.map(|(id, object)| {
        let object = fields.into_iter().map(Cow::Borrowed).zip(object).collect();
        (id, Value::Hash(Hash(object)))
    });
    let ids = Value::Hash(Hash(objects.collect()));
    Value::Hash(Hash([(Cow::Borrowed("ids"), ids)].into()))
}
