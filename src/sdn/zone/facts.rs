//! What the generators have to know of the node.

use crate::error::{Error, Result};
use crate::notes::Notes;
use crate::perl::{Hash, Text, Value};
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// A question about the node. The words behind the variants are those of the ABI.
#[derive(Debug, Clone, PartialEq, Eq, std::hash::Hash, Serialize, Deserialize)]
#[serde(tag = "probe", rename_all = "snake_case")]
pub enum Probe<'c> {
    /// Can `/etc/network/interfaces` be read? Answer: nothing, or an error.
    Interfaces,
    /// What is this bridge? Answer: `{"vlan_aware", "ovs", "ports"}`; the ports, in order, only of
    /// a bridge that is neither. An error if there is no such interface.
    Bridge {
        /// Its name.
        name: Option<Cow<'c, str>>,
    },
    /// How does the node reach an address? Answer: `[own address, interface]`, each may be null.
    Route {
        /// The address.
        target: Cow<'c, str>,
    },
    /// By which of its addresses do the peers know the node? Answer: `[own address, interface]`.
    LocalIp {
        /// The list of their addresses, see [`split_list`](crate::sdn::split_list); the node's own
        /// one may be in it.
        peers: Cow<'c, str>,
        /// The interface to look at first.
        iface: Option<Cow<'c, str>>,
    },
    /// What are the fabrics? Answer: the sections of `fabrics.cfg` that are in force, by id.
    Fabrics,
    /// Which interfaces have an `uplink-id`? Answer: `[[interface, id]…]`.
    Uplinks,
    /// What other names do interfaces have? Answer: the name, by the other name.
    Altnames,
    /// What is the MAC address of an interface, or of the bridge it is in? Answer: it, or nothing.
    Mac {
        /// The interface.
        iface: Option<Cow<'c, str>>,
    },
}

/// The answer to a probe.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer<'a> {
    /// What is known now, or the text that the probe died with.
    pub outcome: std::result::Result<Value<'a>, String>,
    /// What it warned of, each time that the original asks.
    pub warnings: Vec<Cow<'a, str>>,
}

/// What is known of the node, and what was asked in vain.
#[derive(Debug, Clone, Default)]
pub struct Facts<'c> {
    /// `None` stands for a probe that was asked in vain.
    answers: FxHashMap<Probe<'c>, Option<Answer<'c>>>,
    missing: Vec<Probe<'c>>,
}

/// What a bridge is.
#[derive(Debug, Clone, Copy)]
pub(super) enum Bridge<'f> {
    /// Of Open vSwitch.
    Ovs,
    /// Of the kernel, and it knows VLANs.
    VlanAware,
    /// Of the kernel, with these ports.
    Plain(&'f [Value<'f>]),
}

/// How the node reaches an address, or is reached: by one of its own, through an interface.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::sdn) struct Local<'f> {
    /// Its own address.
    pub(in crate::sdn) ip: Option<&'f str>,
    /// The interface.
    pub(in crate::sdn) iface: Option<&'f str>,
}

impl<'c> Facts<'c> {
    /// The probes that were asked in vain since the last call, in the order of asking.
    pub fn take_missing(&mut self) -> Vec<Probe<'c>> {
        self.answers.retain(|_, answer| answer.is_some());
        std::mem::take(&mut self.missing)
    }

    /// Makes the answer to a probe known.
    pub fn set(&mut self, probe: Probe<'c>, answer: Answer<'c>) {
        self.answers.insert(probe, Some(answer));
    }

    /// The answer to a probe; `None` if it is not known, then all that follows is in vain, too.
    pub(in crate::sdn) fn ask(
        &mut self,
        probe: &Probe<'c>,
        notes: &mut Notes,
    ) -> Result<Option<&Value<'c>>> {
        if !self.answers.contains_key(probe) {
            self.missing.push(probe.clone());
            self.answers.insert(probe.clone(), None);
        }
        let Some(Some(answer)) = self.answers.get(probe) else {
            return Ok(None);
        };
        answer.warnings.iter().for_each(|text| notes.warn_at(text));
        answer.outcome.as_ref().map(Some).map_err(Error::die_at)
    }

    pub(super) fn interfaces(&mut self, notes: &mut Notes) -> Result<()> {
        self.ask(&Probe::Interfaces, notes).map(drop)
    }

    pub(super) fn bridge(
        &mut self,
        name: Option<Cow<'c, str>>,
        notes: &mut Notes,
    ) -> Result<Option<Bridge<'_>>> {
        let bridge = match self.ask(&Probe::Bridge { name }, notes)? {
            None => return Ok(None),
            Some(Value::Hash(bridge)) => bridge,
            Some(_) => return Err(wrong("bridge", "an object")),
        };
        if bridge.is_true("ovs") {
            return Ok(Some(Bridge::Ovs));
        }
        if bridge.is_true("vlan_aware") {
            return Ok(Some(Bridge::VlanAware));
        }
        let ports = bridge.list("ports").ok_or_else(|| wrong("ports of a bridge", "a list"))?;
        Ok(Some(Bridge::Plain(ports)))
    }

    pub(super) fn route(&mut self, target: &'static str, notes: &mut Notes) -> Result<Local<'_>> {
        let target = target.into();
        Local::new(self.ask(&Probe::Route { target }, notes)?)
    }

    pub(super) fn local_ip(
        &mut self,
        peers: Cow<'c, str>,
        iface: Option<Cow<'c, str>>,
        notes: &mut Notes,
    ) -> Result<Local<'_>> {
        Local::new(self.ask(&Probe::LocalIp { peers, iface }, notes)?)
    }

    pub(super) fn fabrics(&mut self, notes: &mut Notes) -> Result<Option<&Hash<'c>>> {
        match self.ask(&Probe::Fabrics, notes)? {
            None => Ok(None),
            Some(Value::Hash(sections)) => Ok(Some(sections)),
            Some(_) => Err(wrong("fabrics", "an object")),
        }
    }
}

impl<'f> Local<'f> {
    /// Reads `[own address, interface]`; what is missing or false to Perl is `None`.
    pub(in crate::sdn) fn new(answer: Option<&'f Value<'f>>) -> Result<Self> {
        let pair = match answer {
            None => return Ok(Local::default()),
            Some(Value::List(pair)) => pair,
            Some(_) => return Err(wrong("address and interface", "a list")),
        };
        let text = |index: usize| match pair.get(index) {
            Some(Value::Text(text)) if crate::perl::is_true(text) => Some(text.as_ref()),
            _ => None,
        };
        Ok(Local { ip: text(0), iface: text(1) })
    }
}

fn wrong(answer: &str, expected: &str) -> Error {
    Error::Request(format!("{answer}: expected {expected}"))
}

/// A probe with its answer: the object of the probe, with a `value` or an `error`.
impl<'de: 'a, 'a> Deserialize<'de> for Facts<'a> {
    fn deserialize<D: serde::Deserializer<'de>>(
        deserializer: D,
    ) -> std::result::Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Row<'a> {
            #[serde(flatten, borrow)]
            probe: Probe<'a>,
            #[serde(default, borrow)]
            value: Value<'a>,
            error: Option<String>,
            #[serde(default, borrow)]
            warnings: Vec<Text<'a>>,
        }

        let mut facts = Facts::default();
        for row in Vec::<Row>::deserialize(deserializer)? {
            let answer = Answer {
                outcome: row.error.map_or(Ok(row.value), Err),
                warnings: row.warnings.into_iter().map(|text| text.0).collect(),
            };
            facts.set(row.probe, answer);
        }
        Ok(facts)
    }
}
