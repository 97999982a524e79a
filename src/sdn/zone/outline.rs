//! What of a running config decides which questions are asked.

use crate::addr::netip::is_ipv6;
use crate::error::Result;
use crate::perl::{Hash, Map, Value};
use crate::sdn::RunningConfig;
use serde::Deserialize;
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

/// A running config, of which only that was read.
///
/// # Design
///
/// The questions of a zone are the same for all its vnets, but for the way out of source NAT. So
/// it is enough to go through one vnet of each sort with the generator itself; and to find these is
/// much faster than to read the config.
#[derive(Debug, Default, Deserialize)]
pub struct Outline<'a> {
    #[serde(borrow)]
    vnets: Option<Section<'a, Vnet<'a>>>,
    #[serde(borrow, default)]
    zones: Value<'a>,
    #[serde(borrow, default)]
    controllers: Value<'a>,
    #[serde(borrow)]
    subnets: Option<Section<'a, Subnet<'a>>>,
}

#[derive(Debug, Deserialize)]
#[serde(bound(deserialize = "T: Deserialize<'de>"))]
struct Section<'a, T> {
    #[serde(borrow)]
    ids: Option<Map<'a, Option<T>>>,
}

#[derive(Debug, Deserialize)]
struct Vnet<'a> {
    #[serde(borrow, default)]
    zone: Value<'a>,
    #[serde(borrow, default)]
    tag: Value<'a>,
}

#[derive(Debug, Deserialize)]
struct Subnet<'a> {
    #[serde(borrow, default)]
    vnet: Value<'a>,
    #[serde(borrow, default)]
    gateway: Value<'a>,
    #[serde(borrow, default)]
    snat: Value<'a>,
}

impl<'a> Outline<'a> {
    /// A config whose generation asks the same questions as that of the whole.
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`](crate::error::Error::Unsupported), as for [`RunningConfig::parse`].
    pub fn into_config(self) -> Result<RunningConfig<'a>> {
        let mut subnets = Hash::default();
        let mut has_snat: HashMap<String, [bool; 2]> = HashMap::new();
        let mut seen = [false; 2];
        for (id, subnet) in entries(self.subnets) {
            let Some(subnet) = subnet.filter(|subnet| subnet.snat.is_true()) else {
                continue;
            };
            let vnet = subnet.vnet.to_text().unwrap_or_default().into_owned();
            let family = usize::from(is_ipv6(&subnet.gateway.to_text().unwrap_or_default()));
            let of_vnet = has_snat.entry(vnet).or_default();
            if !std::mem::replace(&mut of_vnet[family], true) || !seen[family] {
                seen[family] = true;
                let fields =
                    [("vnet", subnet.vnet), ("gateway", subnet.gateway), ("snat", subnet.snat)];
                subnets.set(id, object(fields));
            }
        }

        let mut document = Hash::default();
        if let Some(section) = self.vnets {
            let mut vnets = Hash::default();
            let mut sorts = HashSet::new();
            for (id, vnet) in section.ids.unwrap_or_default() {
                let Some(vnet) = vnet else { continue };
                let zone = vnet.zone.to_text().unwrap_or_default().into_owned();
                let snat = has_snat.get(id.as_ref()).copied().unwrap_or_default();
                if sorts.insert((zone, vnet.tag.is_true(), snat)) {
                    vnets.set(id, object([("zone", vnet.zone), ("tag", vnet.tag)]));
                }
            }
            document.set("vnets", object([("ids", Value::Hash(vnets))]));
        }
        document.set("zones", self.zones);
        document.set("controllers", self.controllers);
        document.set("subnets", object([("ids", Value::Hash(subnets))]));
        RunningConfig::from_document(document)
    }
}

fn entries<'a, T>(section: Option<Section<'a, T>>) -> Map<'a, Option<T>> {
    section.and_then(|section| section.ids).unwrap_or_default()
}

fn object<'a, const N: usize>(fields: [(&'static str, Value<'a>); N]) -> Value<'a> {
    let fields = fields.map(|(key, value)| (Cow::Borrowed(key), value));
    Value::Hash(Hash(fields.into()))
}
