//! What the configuration of SDN says about addresses: the zones, vnets and subnets that there are.
//!
//! The IPAM follows the section configs at once, while addresses are given away by what the last
//! apply put into force. So an object is one as long as it is in either.

use super::database::{Fault, read};
use crate::notes::Notes;
use crate::perl::{ByteText, Hash, Value, deref};
use crate::section_config::{self, File};
use serde_json::{Map, Value as Json};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// Zones, vnets and subnets.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Plan {
    /// The zones: each by the section config first, then by what runs.
    zones: BTreeMap<String, Vec<Zone>>,
    /// The vnets.
    pub vnets: BTreeSet<String>,
    /// The subnets, by zone and `NETWORK/LENGTH`.
    pub subnets: BTreeMap<(String, String), Subnet>,
    /// The numbers of the guests; `None` if they are not known.
    pub guests: Option<BTreeSet<String>>,
    /// What could not be read: then nobody knows what there is not.
    pub faults: Vec<String>,
}

/// The servers that a zone uses; empty where it uses none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Zone {
    /// The IPAM.
    pub ipam: String,
    /// The DNS server for names.
    pub dns: String,
    /// The domain of the names.
    pub dns_zone: String,
    /// The DNS server for reverse names.
    pub reverse_dns: String,
}

/// A subnet of a vnet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Subnet {
    /// The vnet.
    pub vnet: String,
    /// Its gateways: that of the section config first, then that of what runs.
    pub gateways: Vec<String>,
    /// Its DHCP ranges, as the config has them.
    pub ranges: Vec<String>,
}

impl Plan {
    /// Adds what a section config has; `name` is what faults call it. The running config comes last.
    pub fn add_sections(&mut self, file: File, name: &str, text: ByteText) {
        let mut notes = Notes::default();
        // A type of another version is one all the same.
        let config = section_config::parse(file, name, text, true, &mut notes);
        self.faults.extend(notes.iter().map(|note| note.text.trim_end().to_owned()));
        for (id, options) in config.ids.iter() {
            match options {
                Value::Hash(options) => self.add(file, id, options),
                // What a required property is missing from is there, but nothing is known of it.
                _ => self.add(file, id, &Hash::default()),
            }
        }
    }

    /// Adds what the running config has; an empty text is none.
    ///
    /// # Errors
    ///
    /// Where the text is not JSON.
    pub fn add_running(&mut self, text: &[u8]) -> Result<(), Fault> {
        let document: Map<String, Json> = read(text)?;
        for (kind, file) in
            [("zones", File::Zones), ("vnets", File::Vnets), ("subnets", File::Subnets)]
        {
            let ids = document.get(kind).and_then(|section| section.get("ids"));
            for (id, options) in ids.and_then(Json::as_object).into_iter().flatten() {
                let mut hash = Hash::default();
                for (key, value) in options.as_object().into_iter().flatten() {
                    hash.set(key.as_str(), perl(value));
                }
                self.add(file, id, &hash);
            }
        }
        Ok(())
    }

    fn add(&mut self, file: File, id: &str, options: &Hash) {
        match file {
            File::Zones => {
                let text = |name| options.text(name).into_owned();
                self.zones.entry(id.into()).or_default().push(Zone {
                    ipam: text("ipam"),
                    dns: text("dns"),
                    dns_zone: text("dnszone"),
                    reverse_dns: text("reversedns"),
                });
            }
            File::Vnets => {
                self.vnets.insert(id.into());
            }
            File::Subnets => self.add_subnet(id, options),
            File::Controllers | File::Ipams | File::Dns => {}
        }
    }

    fn add_subnet(&mut self, id: &str, options: &Hash) {
        let mut parts = id.splitn(3, '-');
        let mut part = || parts.next().unwrap_or_default();
        let (zone, network, mask) = (part(), part(), part());
        let key = (zone.to_owned(), format!("{network}/{mask}"));
        let is_new = !self.subnets.contains_key(&key);
        let subnet = self.subnets.entry(key).or_default();
        let gateway = options.true_text("gateway").map(Cow::into_owned);
        let gateway = gateway.filter(|gateway| !subnet.gateways.contains(gateway));
        subnet.gateways.extend(gateway);
        if is_new {
            let ranges = options.list("dhcp-range").unwrap_or_default();
            subnet.vnet = options.text("vnet").into_owned();
            subnet.ranges = ranges.iter().filter_map(Value::to_text).map(Into::into).collect();
        }
    }

    /// The zones by id, each as the section config has it, or what runs where that has it alone.
    pub fn zones(&self) -> impl Iterator<Item = (&str, &Zone)> {
        self.zones.iter().filter_map(|(id, zones)| Some((id.as_str(), zones.first()?)))
    }

    /// The IPAM of a zone, empty if it has none; `None` if there is no such zone.
    pub fn ipam(&self, zone: &str) -> Option<&str> {
        self.zones.get(zone)?.first().map(|zone| zone.ipam.as_str())
    }

    /// True if addresses of a zone are, or are still, in the built-in IPAM.
    pub fn uses_pve(&self, zone: &str) -> bool {
        self.zones.get(zone).is_some_and(|zones| zones.iter().any(|zone| zone.ipam == "pve"))
    }

    /// The subnets of a zone, by `NETWORK/LENGTH`.
    pub fn subnets_of(&self, zone: &str) -> impl Iterator<Item = (&str, &Subnet)> {
        let own = self.subnets.iter().filter(move |((of, _), _)| of == zone);
        own.map(|((_, cidr), subnet)| (cidr.as_str(), subnet))
    }

    /// The subnet of that network.
    pub fn subnet(&self, zone: &str, cidr: &str) -> Option<&Subnet> {
        self.subnets.get(&(zone.to_owned(), cidr.to_owned()))
    }
}

/// A value as the section configs have it.
fn perl(value: &Json) -> Value<'_> {
    match value {
        Json::Array(items) => Value::List(items.iter().map(perl).collect()),
        value => deref::text(value).map(Value::Text).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sections(file: File, text: &str) -> Plan {
        let mut plan = Plan::default();
        plan.add_sections(file, "x.cfg", ByteText::new(text).unwrap());
        plan
    }

    #[test]
    fn both_configs_count() {
        let text = "subnet: z-fd00::-64\n\tvnet v\n\tgateway fd00::2\n";
        let mut plan = sections(File::Subnets, text);
        let running = r#"{"zones":{"ids":{"z":{"ipam":"pve"}}},"subnets":{"ids":{
            "z-fd00::-64":{"vnet":"w","gateway":"fd00::1"},"z-10.0.0.0-8":{"vnet":"w"}}}}"#;
        plan.add_running(running.as_bytes()).unwrap();
        let subnet = plan.subnet("z", "fd00::/64").unwrap();
        assert_eq!(subnet.gateways, ["fd00::2", "fd00::1"]);
        assert_eq!(subnet.vnet, "v");
        assert!(plan.subnet("z", "10.0.0.0/8").is_some());
        assert!(plan.uses_pve("z") && !plan.uses_pve("y"));
    }

    #[test]
    fn faults() {
        let plan = sections(File::Zones, "wormhole: z\n\tipam pve\n");
        assert!(plan.uses_pve("z") && plan.faults.is_empty(), "{:?}", plan.faults);
        let plan = sections(File::Zones, "vlan: z\n");
        assert_eq!(plan.ipam("z"), Some(""));
        assert_eq!(plan.faults.len(), 1, "{:?}", plan.faults);
        assert!(Plan::default().add_running(b"{").is_err());
    }
}
