//! What the generators of SDN ask of the node, answered without Perl.

use super::facts::Ways;
use super::running::{Link, Running};
use crate::error::{Error, Result};
use crate::frr;
use crate::interfaces::{Config, Iface, Key, Kind};
use crate::notes::Notes;
use crate::perl::{Hash, List, Value};
use crate::sdn::controller::{self, Input};
use crate::sdn::fabric::Fabrics;
use crate::sdn::zone::{self, Answer, Facts, Probe};
use crate::sdn::{LocalIp, RunningConfig, local_ip};
use std::borrow::Cow;

/// What is known of a node.
#[derive(Debug)]
pub struct Observer<'n> {
    /// Its links; `None` if it is not known what runs, then bridges are taken as configured.
    pub running: Option<&'n Running>,
    /// Its `/etc/network/interfaces`.
    pub interfaces: &'n Config<'n>,
    /// How it reaches others.
    pub ways: &'n Ways,
    /// The fabrics that it is part of.
    pub fabrics: &'n Result<Fabrics>,
}

type Outcome = std::result::Result<Value<'static>, String>;

impl Observer<'_> {
    /// Calls a generator until it knows all that it asks for; returns the last outcome.
    pub fn inform<'c, T>(
        &self,
        mut generate: impl FnMut(&mut Facts<'c>, &mut Notes) -> Result<T>,
    ) -> (Result<T>, Notes) {
        let mut facts = Facts::default();
        loop {
            let mut notes = Notes::default();
            let outcome = generate(&mut facts, &mut notes);
            let missing = facts.take_missing();
            if missing.is_empty() {
                return (outcome, notes);
            }
            for probe in missing {
                let mut warnings = Vec::new();
                let outcome = self.observe(&probe, &mut warnings);
                let warnings = warnings.into_iter().map(Into::into).collect();
                facts.set(probe, Answer { outcome, warnings });
            }
        }
    }

    /// The text of `interfaces.d/sdn` with these fabrics, and what is warned of.
    ///
    /// Source: `PVE::Network::SDN::generate_raw_etc_network_config`.
    pub fn interfaces_text(
        &self,
        config: &RunningConfig,
        fabrics: &Result<Fabrics>,
        node: &str,
    ) -> (Result<String>, Notes) {
        let (zones, notes) = self.inform(|facts, notes| zone::generate(config, node, facts, notes));
        let text = zones.and_then(|zones| {
            let fabrics = fabrics.as_ref().map_err(Error::clone)?;
            Ok(zones.unwrap_or_default() + &fabrics.interfaces_text(node))
        });
        (text, notes)
    }

    /// The text of `frr.conf` with these fabrics, and what is warned of; `local` is the text of
    /// `frr.conf.local`, if there is one.
    ///
    /// Source: `PVE::Network::SDN::{generate_frr_raw_config,Frr::raw_config_to_string}`.
    pub fn frr_text(
        &self,
        input: Input,
        local: Option<&str>,
        fabrics: &Result<Fabrics>,
    ) -> (Result<String>, Notes) {
        let (parts, notes) = self.inform(|facts, notes| controller::parts(input, facts, notes));
        let text = parts.and_then(|parts| {
            let fabrics = fabrics.as_ref().map_err(Error::clone)?;
            let lines = frr::lines(&parts, local, fabrics, input.node, input.profile)?;
            Ok(frr::to_text(&lines, input.node, input.profile))
        });
        (text, notes)
    }

    fn observe(&self, probe: &Probe, warnings: &mut Vec<String>) -> Outcome {
        Ok(match probe {
            // It was, or there were no observer.
            Probe::Interfaces => Value::Undef,
            Probe::Bridge { name } => self.bridge(name.as_deref().unwrap_or_default(), warnings)?,
            Probe::Route { target } => self.way(target)?,
            Probe::LocalIp { peers, iface } => {
                match local_ip(self.interfaces, peers, iface.as_deref()) {
                    LocalIp::Own { ip, iface } => list([Some(ip.into()), Some(iface.into())]),
                    LocalIp::RouteTo(peer) => self.way(peer)?,
                    LocalIp::Unknown => Value::List(List::new()),
                }
            }
            Probe::Fabrics => match self.fabrics {
                Ok(fabrics) => Value::Hash(owned(&fabrics.to_sections())),
                Err(error) => return Err(error.to_string()),
            },
            Probe::Uplinks => Value::List(self.uplinks()),
            Probe::Altnames => Value::Hash(self.altnames()),
            Probe::Mac { iface } => {
                let mac = self.mac(iface.as_deref().unwrap_or_default());
                mac.map_or(Value::Undef, |mac| Value::Text(mac.to_owned().into()))
            }
        })
    }

    /// Source: `PVE::Network::SDN::Zones::Plugin::{find_bridge,is_vlanaware,get_bridge_ifaces}`,
    /// `PVE::Network::is_ovs_bridge`.
    fn bridge(&self, name: &str, warnings: &mut Vec<String>) -> Outcome {
        let configured = self.interfaces.ifaces.get(name);
        let missing = || format!("can't find bridge {name}");
        let Some(running) = self.running else {
            return configured.map(bridge_as_configured).ok_or_else(missing);
        };
        // The folders of sysfs have no other names.
        let link = running.find(name).filter(|link| link.name == name).ok_or_else(missing)?;
        let kind = link.kind.as_deref();
        // The internal ports of an OVS bridge are of the same kind as the bridge.
        let is_port = configured.is_some_and(|iface| iface.kind() == Kind::OvsIntPort);
        if kind == Some("openvswitch") && !is_port {
            return Ok(flag("ovs"));
        }
        if link.is_vlan_aware == Some(true) {
            return Ok(flag("vlan_aware"));
        }
        if kind != Some("bridge") {
            warnings.push(format!("{name} is not a bridge, so it has no ports\n"));
            return Ok(ports([]));
        }
        let is_port = |link: &&Link| link.master.as_deref() == Some(name) && is_uplink(link);
        Ok(ports(running.links().iter().filter(is_port).map(|link| link.name.as_str())))
    }

    /// Source: `PVE::Network::SDN::Zones::Plugin::get_local_route_ip`.
    fn way(&self, target: &str) -> Outcome {
        let none = Running::default();
        let way = self.ways.find(self.running.unwrap_or(&none), target)?;
        Ok(list([way.source.map(|ip| ip.to_string()), way.device]))
    }

    /// Source: `PVE::Network::SDN::Controllers::generate_frr_config`.
    fn uplinks(&self) -> List<'static> {
        let uplink = |iface: &Iface| iface.true_text(Key::UplinkId).map(Cow::into_owned);
        let ifaces = self.interfaces.ifaces.iter();
        ifaces
            .filter_map(|(name, iface)| Some(list([Some(name.to_string()), Some(uplink(iface)?)])))
            .collect()
    }

    /// Source: `PVE::IPRoute2::altname_mapping`.
    fn altnames(&self) -> Hash<'static> {
        let mut names = Hash::default();
        for link in self.running.into_iter().flat_map(Running::links) {
            for altname in &link.altnames {
                names.set(altname.clone(), Value::Text(link.name.clone().into()));
            }
        }
        names
    }

    /// Source: `PVE::Network::SDN::Controllers::Plugin::read_iface_mac`.
    fn mac(&self, name: &str) -> Option<&str> {
        let link = self.running?.find(name).filter(|link| link.name == name)?;
        let master = link.master.as_deref().and_then(|master| self.running?.find(master));
        master.and_then(|master| master.mac.as_deref()).or(link.mac.as_deref())
    }
}

/// What a bridge will be once the configuration is in force.
fn bridge_as_configured(iface: &Iface) -> Value<'static> {
    if iface.kind() == Kind::OvsBridge {
        return flag("ovs");
    }
    if iface.is_true(Key::BridgeVlanAware) {
        return flag("vlan_aware");
    }
    ports(iface.text(Key::BridgePorts).split_whitespace())
}

/// A network card, a bond or a VLAN.
fn is_uplink(link: &Link) -> bool {
    match link.kind.as_deref() {
        None => link.link_type.as_deref() == Some("ether"),
        kind => matches!(kind, Some("bond" | "vlan")),
    }
}

fn flag(key: &'static str) -> Value<'static> {
    Value::Hash(Hash([(key.into(), Value::Integer(1))].into()))
}

fn ports<'p>(names: impl IntoIterator<Item = &'p str>) -> Value<'static> {
    let names = names.into_iter().map(|name| Value::Text(name.to_owned().into()));
    Value::Hash(Hash([("ports".into(), Value::List(names.collect()))].into()))
}

fn list<const N: usize>(values: [Option<String>; N]) -> Value<'static> {
    let values = values.into_iter();
    Value::List(
        values.map(|value| value.map_or(Value::Undef, |text| Value::Text(text.into()))).collect(),
    )
}

fn owned(hash: &Hash) -> Hash<'static> {
    let entries = hash.iter().map(|(key, value)| (key.to_owned().into(), owned_value(value)));
    Hash(entries.collect())
}

fn owned_value(value: &Value) -> Value<'static> {
    match value {
        Value::Undef => Value::Undef,
        Value::Integer(number) => Value::Integer(*number),
        Value::Number(number) => Value::Number(*number),
        Value::Text(text) => Value::Text(text.clone().into_owned().into()),
        Value::List(values) => Value::List(values.iter().map(owned_value).collect()),
        Value::Hash(hash) => Value::Hash(owned(hash)),
    }
}
