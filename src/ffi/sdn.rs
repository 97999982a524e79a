//! Zones: `/etc/network/interfaces.d/sdn`.

use super::{PveNetworkStatus, call_reading, from_json, text_value, value};
use crate::error::{Error, Result};
use crate::notes::Notes;
use crate::perl::json::Reader;
use crate::perl::{Hash, Text};
use crate::sdn::RunningConfig;
use crate::sdn::zone::{Facts, generate, outline};
use serde::Deserialize;
use std::ffi::c_char;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Generate<'a> {
    /// The running config; null where there is none.
    #[serde(borrow)]
    config: Option<Hash<'a>>,
    /// The name of this node.
    #[serde(borrow)]
    node: Text<'a>,
    /// Probes with their answers.
    #[serde(borrow)]
    facts: Option<Facts<'a>>,
    /// 1 if the value is to be attached to the reply.
    attach: Option<u8>,
}

impl<'a> Generate<'a> {
    fn read(request: &'a [u8]) -> Result<Self> {
        Self::read_usual(request, Reader::hash).map_or_else(|| from_json(request), Ok)
    }

    /// Reads as much of it as the questions about the node depend on: neither answers to these, nor
    /// how the text is wanted.
    fn read_outline(request: &'a [u8]) -> Result<Self> {
        let outline = Self::read_usual(request, outline).map_or_else(|| from_json(request), Ok)?;
        if outline.facts.is_some() || outline.attach.is_some() {
            return Err(Error::Request("expected are `config` and `node` only".into()));
        }
        Ok(outline)
    }

    /// Reads it as the shims write it, the config by `read_config`.
    fn read_usual(
        request: &'a [u8],
        read_config: impl Fn(&mut Reader<'a>) -> Option<Hash<'a>>,
    ) -> Option<Self> {
        let (mut config, mut node, mut facts, mut attach) = (None, None, None, None);
        Reader::read(request, |json| {
            json.object(|json, name| {
                match name.as_ref() {
                    "config" => config = json.optional(&read_config)?,
                    "node" => node = Some(Text(json.text()?)),
                    "facts" => facts = Some(serde_json::from_str(json.raw()?).ok()?),
                    "attach" => attach = Some(json.integer()?.try_into().ok()?),
                    _ => return None,
                }
                Some(())
            })
        })?;
        Some(Generate { config, node: node?, facts, attach })
    }
}

/// Says what has to be known of the node to generate `interfaces.d/sdn`.
///
/// Request: `{"config", "node"}`. Value: a list of probes, such as `{"probe": "bridge", "name"}`.
///
/// # Safety
///
/// `request` is null or a NUL-terminated string; `reply` is null or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pve_network_sdn_zones_probes(
    request: *const c_char,
    reply: *mut *mut c_char,
) -> PveNetworkStatus {
    let answer = |request: Generate, _: &mut Notes| {
        let config = RunningConfig::from_document(request.config.unwrap_or_default())?;
        let mut facts = Facts::default();
        // What goes wrong goes wrong because nothing is known yet; or it does again, and is told then.
        let _ = generate(&config, &request.node.0, &mut facts, &mut Notes::default());
        value(&facts.take_missing())
    };
    unsafe { call_reading(request, reply, Generate::read_outline, answer) }
}

/// Generates the text of `interfaces.d/sdn`, the zones' part.
///
/// Request: `{"config", "node", "facts": [{"probe", …, "value" | "error", "warnings"}…], "attach":
/// 0|1}`, where `facts` are the probes with their answers; without `attach`, it is 0. Value: the text,
/// attached if the request says so and it holds no NUL; or null if there is none.
///
/// # Safety
///
/// As for [`pve_network_sdn_zones_probes`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pve_network_sdn_zones_generate(
    request: *const c_char,
    reply: *mut *mut c_char,
) -> PveNetworkStatus {
    let answer = |request: Generate, notes: &mut Notes| {
        let config = RunningConfig::from_document(request.config.unwrap_or_default())?;
        let no_facts = || Error::Request("there are no `facts`".into());
        let mut facts = request.facts.ok_or_else(no_facts)?;
        let outcome = generate(&config, &request.node.0, &mut facts, notes);
        match facts.take_missing().first() {
            Some(probe) => Err(Error::Request(format!("no answer to {probe:?}"))),
            None => match outcome? {
                Some(text) => text_value(text, request.attach.unwrap_or_default()),
                None => value(&()),
            },
        }
    };
    unsafe { call_reading(request, reply, Generate::read, answer) }
}

#[cfg(test)]
#[allow(clippy::panic)]
mod tests {
    use super::super::tests::{reply, spaced};
    use super::*;
    use serde_json::json;

    const CONFIG: &str = concat!(
        r#""config":{"zones":{"ids":{"s":{"type":"simple","dhcp":"dnsmasq"},"v":{"type":"vlan","#,
        r#""bridge":"vmbr0"}}},"vnets":{"ids":{"v1":{"type":"vnet","zone":"s"},"v2":{"type":"vnet","#,
        r#""zone":"v","tag":7},"v3":{"type":"vnet","zone":"v","tag":8}}},"subnets":{"ids":{"#,
        r#""s-10.0.0.0-8":{"type":"subnet","vnet":"v1","gateway":"10.0.0.1","snat":1},"#,
        r#""s-11.0.0.0-8":{"type":"subnet","vnet":"v1","gateway":"11.0.0.1"}}}},"node":"n""#,
    );

    #[test]
    fn the_form_of_a_request_makes_no_difference() {
        let probes = format!("{{{CONFIG}}}");
        assert!(Generate::read_usual(probes.as_bytes(), outline).is_some());
        assert!(Generate::read_usual(spaced(&probes).as_bytes(), outline).is_none());
        let asked = reply(pve_network_sdn_zones_probes, &probes);
        assert_eq!(asked, reply(pve_network_sdn_zones_probes, &spaced(&probes)));

        let asked: serde_json::Value = serde_json::from_str(&asked).unwrap();
        let mut facts = asked["value"].clone();
        for fact in facts.as_array_mut().unwrap() {
            fact["value"] = match fact["probe"].as_str() {
                Some("interfaces") => json!(null),
                Some("bridge") => json!({"vlan_aware": 1, "ovs": 0, "ports": []}),
                Some("route") => json!(["10.9.0.1", "eth0"]),
                other => panic!("{other:?}"),
            };
        }
        let generate = format!("{{{CONFIG},\"facts\":{facts},\"attach\":1}}");
        assert!(Generate::read_usual(generate.as_bytes(), Reader::hash).is_some());
        assert!(Generate::read_usual(spaced(&generate).as_bytes(), Reader::hash).is_none());
        let generated = reply(pve_network_sdn_zones_generate, &generate);
        assert!(generated.contains("\nauto v3\niface v3\n"), "{generated}");
        assert_eq!(generated, reply(pve_network_sdn_zones_generate, &spaced(&generate)));
    }

    #[test]
    fn what_a_function_makes_nothing_of_is_refused() {
        for (more, error) in [
            (r#","facts":[]"#, "expected are `config` and `node` only"),
            (r#","attach":0"#, "expected are `config` and `node` only"),
            (r#","more":0"#, "unknown field `more`"),
        ] {
            let reply = reply(pve_network_sdn_zones_probes, &format!("{{{CONFIG}{more}}}"));
            assert!(reply.contains(error), "{reply}");
        }
        let reply = reply(pve_network_sdn_zones_generate, &format!("{{{CONFIG}}}"));
        assert!(reply.contains("there are no `facts`"), "{reply}");
    }
}
