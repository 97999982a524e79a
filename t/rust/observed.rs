//! What the cases of the golden corpus of SDN say about the node.

use pve_network_rs::host;
use pve_network_rs::interfaces::{self, Config, Key};
use pve_network_rs::perl::{self, ByteText, Charset};
use pve_network_rs::sdn::zone::{Answer, Facts, Probe};
use pve_network_rs::sdn::{LocalIp, local_ip};
use serde::Deserialize;
use serde_json::{Value, json};

/// The node of one case.
pub(crate) struct Observed<'a> {
    input: &'a Value,
    interfaces: Config<'a>,
}

/// An answer, or the text that the probe died with.
type Outcome = Result<Value, String>;

impl<'a> Observed<'a> {
    /// Reads the input of a case.
    pub(crate) fn new(input: &'a Value) -> Self {
        let text = ByteText::new(input["interfaces"].as_str().unwrap()).unwrap();
        let facts = host::Facts::default();
        Observed { input, interfaces: interfaces::parse(text, &facts, Charset::Latin1).unwrap() }
    }

    /// Answers the probes that were asked in vain; false if there were none.
    pub(crate) fn answer(&self, facts: &mut Facts<'a>) -> bool {
        let probes = facts.take_missing();
        let is_any = !probes.is_empty();
        for probe in probes {
            let outcome =
                self.observe(&probe).map(|value| perl::Value::deserialize(value).unwrap());
            facts.set(probe, Answer { outcome, warnings: Vec::new() });
        }
        is_any
    }

    fn observe(&self, probe: &Probe) -> Outcome {
        let facts = &self.input["facts"];
        Ok(match probe {
            Probe::Interfaces => Value::Null,
            Probe::Bridge { name } => {
                let name = name.as_deref().unwrap_or_default();
                let bridge = facts["bridges"].get(name).cloned();
                bridge.ok_or_else(|| format!("can't find bridge {name}"))?
            }
            Probe::Route { target } => self.route(target)?,
            Probe::LocalIp { peers, iface } => {
                match local_ip(&self.interfaces, peers, iface.as_deref()) {
                    LocalIp::Own { ip, iface } => json!([ip, iface]),
                    LocalIp::RouteTo(target) => self.route(target)?,
                    LocalIp::Unknown => json!([]),
                }
            }
            Probe::Fabrics => match &self.input["config"]["fabrics"]["ids"] {
                Value::Null => json!({}),
                sections => sections.clone(),
            },
            Probe::Uplinks => {
                let ifaces = self.interfaces.ifaces.iter();
                ifaces.map(|(name, iface)| json!([name, iface.text(Key::UplinkId)])).collect()
            }
            Probe::Altnames => facts["altnames"].clone(),
            Probe::Mac { iface } => facts["mac"][iface.as_deref().unwrap_or_default()].clone(),
        })
    }

    fn route(&self, target: &str) -> Outcome {
        match &self.input["facts"]["routes"][target] {
            Value::Null => Ok(json!([])),
            Value::Object(failed) => Err(failed["error"].as_str().unwrap().to_owned()),
            pair => Ok(pair.clone()),
        }
    }
}
