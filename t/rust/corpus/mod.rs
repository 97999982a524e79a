//! Inputs of recorded cases, for the tests that replay them.

use pve_network_rs::host::{Facts, Link};
use serde_json::{Value, json};
use std::fs;

/// The cases of a file of the golden corpus, one a line.
pub(crate) fn cases(file: &str) -> Vec<Value> {
    let cases = fs::read_to_string(file).unwrap();
    cases.lines().map(|case| serde_json::from_str(case).unwrap()).collect()
}

/// The facts of a case: `ip_links` and `active` as the original gets them.
pub(crate) fn facts(input: &Value) -> Facts<'static> {
    let text = |value: &Value| value.as_str().map(|text| text.to_owned().into());
    let list = |value: &Value| value.as_array().into_iter().flatten().filter_map(text).collect();
    let links = input["ip_links"].as_object().into_iter().flatten();
    Facts {
        links: links
            .map(|(name, link)| Link {
                name: name.clone().into(),
                link_type: text(&link["link_type"]),
                info_kind: text(&link["linkinfo"]["info_kind"]),
                altnames: list(&link["altnames"]),
            })
            .collect(),
        active: list(&input["active"]),
    }
}

/// Edits a configuration as callers of the original do between reading and writing it.
pub(crate) fn edit(config: &mut Value, edits: &Value) {
    let ifaces = config["ifaces"].as_object_mut().unwrap();
    for edit in edits.as_array().into_iter().flatten() {
        let name = edit["iface"].as_str().unwrap();
        let key = edit["key"].as_str().unwrap_or_default();
        let iface = ifaces.entry(name).or_insert_with(|| json!({}));
        match edit["op"].as_str().unwrap() {
            "set" => *iface = edit["value"].clone(),
            "delete" => drop(ifaces.remove(name)),
            "rename" => {
                let iface = ifaces.remove(name).unwrap();
                ifaces.insert(edit["value"].as_str().unwrap().into(), iface);
            }
            "set-key" => iface[key] = edit["value"].clone(),
            "delete-key" => drop(iface.as_object_mut().unwrap().remove(key)),
            op => panic!("unknown edit {op}"),
        }
    }
}
