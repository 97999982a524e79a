//! Zones through the ABI's two steps: what is asked, what is refused, and how long it takes.

#![allow(clippy::unwrap_used, unsafe_code)]

use pve_network_rs::ffi;
use pve_network_rs::ffi::PveNetworkStatus;
use serde_json::{Value, json};
use std::ffi::{CStr, CString, c_char};

type Function = unsafe extern "C" fn(*const c_char, *mut *mut c_char) -> PveNetworkStatus;

fn call(function: Function, request: &Value) -> Value {
    let request = CString::new(request.to_string()).unwrap();
    let mut reply = std::ptr::null_mut();
    unsafe { function(request.as_ptr(), &mut reply) };
    let text = unsafe { CStr::from_ptr(reply) }.to_str().unwrap().to_owned();
    unsafe { ffi::pve_network_string_free(reply) };
    serde_json::from_str(&text).unwrap()
}

fn probes(config: &Value) -> Vec<Value> {
    let request = json!({"config": config, "node": "n1"});
    let mut reply = call(ffi::pve_network_sdn_zones_probes, &request);
    assert_eq!(reply["warnings"], json!([]));
    reply["value"].as_array_mut().map(std::mem::take).unwrap()
}

fn generate(config: &Value, facts: &[Value]) -> Value {
    let request = json!({"config": config, "node": "n1", "facts": facts});
    call(ffi::pve_network_sdn_zones_generate, &request)
}

/// A running config in which `zones` have one vnet each, named as the zone with a `v`.
fn config(zones: &Value) -> Value {
    let vnet = |zone: &String| (format!("v{zone}"), json!({"zone": zone, "tag": 7}));
    let vnets: serde_json::Map<_, _> = zones.as_object().unwrap().keys().map(vnet).collect();
    json!({"version": 1, "zones": {"ids": zones}, "vnets": {"ids": vnets}})
}

fn answered(mut probe: Value, key: &str, value: Value) -> Value {
    probe[key] = value;
    probe
}

#[test]
fn every_question_is_asked_once() {
    let mut config = config(&json!({
        "a": {"type": "vlan", "bridge": "vmbr1"},
        "b": {"type": "qinq", "bridge": "vmbr1", "tag": 5},
        "c": {"type": "vxlan", "peers": "10.0.0.1,10.0.0.2"},
        "d": {"type": "vxlan", "fabric": "f"},
        "e": {"type": "evpn", "controller": "core"},
        "f": {"type": "simple"},
        "g": {"type": "simple"},
        "h": {"type": "vlan", "bridge": "vmbr9", "nodes": {"n2": 1}},
    }));
    config["controllers"]["ids"] = json!({
        "core": {"type": "evpn", "peers": "10.0.0.1"},
        "near": {"type": "isis", "node": "n1", "loopback": "lo1"},
    });
    config["subnets"]["ids"] = json!({
        "f-10.1.0.0-24": {"vnet": "vf", "snat": 1, "gateway": "10.1.0.1"},
        "f-10.2.0.0-24": {"vnet": "vf", "snat": 0, "gateway": "10.2.0.1"},
        "g-fd00::-64": {"vnet": "vg", "snat": "1", "gateway": "fd00::1"},
    });
    let expected = json!([
        {"probe": "interfaces"},
        {"probe": "bridge", "name": "vmbr1"},
        {"probe": "local_ip", "peers": "10.0.0.1,10.0.0.2", "iface": null},
        {"probe": "fabrics"},
        {"probe": "local_ip", "peers": "10.0.0.1", "iface": "lo1"},
        {"probe": "route", "target": "8.8.8.8"},
        {"probe": "route", "target": "2001:4860:4860::8888"},
    ]);
    assert_eq!(json!(probes(&config)), expected);
}

#[test]
fn nothing_is_asked_for_nothing() {
    for config in [json!(null), json!({}), json!({"version": 3, "subnets": {}})] {
        assert_eq!(probes(&config), Vec::<Value>::new());
        assert_eq!(generate(&config, &[]), json!({"value": null, "warnings": []}));
    }
}

#[test]
fn without_an_answer_there_is_no_text() {
    let config = config(&json!({"a": {"type": "vlan", "bridge": "vmbr1"}}));
    for probe in probes(&config) {
        let others = probes(&config).into_iter().filter(|other| *other != probe);
        let others: Vec<Value> = others.map(|probe| answered(probe, "value", json!({}))).collect();
        assert_eq!(generate(&config, &others)["error"]["kind"], "request");
    }
    for wrong in [json!(1), json!({"ports": 1}), json!({}), json!([])] {
        let facts: Vec<Value> = probes(&config)
            .into_iter()
            .map(|probe| answered(probe, "value", wrong.clone()))
            .collect();
        assert_eq!(generate(&config, &facts)["error"]["kind"], "request", "{wrong}");
    }
}

#[test]
fn what_probes_say_comes_where_the_original_asks() {
    let mut config = config(&json!({"a": {"type": "vlan", "bridge": "b1"}}));
    config["vnets"]["ids"]["w"] = json!({"zone": "a", "tag": 8});
    let facts: Vec<Value> = probes(&config)
        .into_iter()
        .map(|probe| match probe["probe"].as_str() {
            Some("bridge") => {
                let failed = answered(probe, "error", json!("can't find bridge b1 at X line 1.\n"));
                answered(failed, "warnings", json!(["odd\n"]))
            }
            _ => probe,
        })
        .collect();
    let text = |vnet| format!("zone a : vnet {vnet} : can't find bridge b1 at X line 1.\n\n");
    let warn = |text: &str| json!({"kind": "warn", "text": text});
    let warnings = ["odd\n", &text("va"), "odd\n", &text("w")].map(warn);
    assert_eq!(generate(&config, &facts), json!({"value": "#version:1\n", "warnings": warnings}));
    let facts = [json!({"probe": "interfaces", "error": "no such file\n"})];
    let error = json!({"kind": "die", "message": "no such file\n"});
    assert_eq!(generate(&config, &facts)["error"], error);
}

#[test]
fn what_is_not_known_is_left_to_the_original() {
    let unknown = [
        json!({"type": "faucet", "dp-id": 1}),
        json!({"type": "wormhole"}),
        json!({"mtu": 1400}),
        json!({"type": "simple", "color": "red"}),
        json!({"type": "vxlan", "fabric": "a name too long"}),
    ];
    for zone in unknown {
        let config = config(&json!({ "a": zone }));
        let facts = [json!({"probe": "interfaces"}), json!({"probe": "fabrics", "value": {}})];
        assert_eq!(generate(&config, &facts)["error"]["kind"], "unsupported", "{zone}");
    }
}

#[test]
fn running_configs_that_are_none() {
    let facts = [json!({"probe": "interfaces"})];
    // What the original makes of a file that is not JSON, and of one that lacks all sections.
    for nothing in [json!(null), json!({}), json!({"version": 3}), json!({"subnets": {"ids": {}}})]
    {
        assert_eq!(generate(&nothing, &facts), json!({"value": null, "warnings": []}), "{nothing}");
    }
    for (config, kind) in [
        (json!([]), "request"),
        (json!("zones"), "request"),
        (json!({"zones": []}), "unsupported"),
        (json!({"zones": {"ids": 1}}), "unsupported"),
        (json!({"zones": {"ids": {"z": []}}}), "unsupported"),
        (json!({"vnets": {"ids": {"v": {"zone": ["z"]}}}}), "unsupported"),
        (json!({"version": {"a": 1}}), "unsupported"),
    ] {
        assert_eq!(generate(&config, &facts)["error"]["kind"], kind, "{config}");
    }
}

/// The largest file that a cluster holds: 1 MiB of it.
#[test]
fn a_mebibyte() {
    let mut config = large(2_500);
    let size = config.to_string().len();
    assert!(size < 1 << 20, "{size}");
    config["vnets"]["ids"]["w00000"]["alias"] =
        "a".repeat((1 << 20) - size + "a name".len()).into();
    assert!(config.to_string().len() >= 1 << 20);
    let facts: Vec<Value> = probes(&config)
        .into_iter()
        .map(|probe| match probe["probe"].as_str() {
            Some("bridge") => answered(probe, "value", json!({"ports": ["eno1"]})),
            _ => answered(probe, "value", json!(["10.0.0.1", "vmbr0"])),
        })
        .collect();
    let text = generate(&config, &facts)["value"].as_str().unwrap().to_owned();
    assert_eq!(text.lines().filter(|line| line.starts_with("iface w")).count(), 2_500);
}

/// A config of `count` vnets in zones of every type, with two subnets for each vnet.
fn large(count: usize) -> Value {
    let zones = json!({
        "s": {"type": "simple"},
        "l": {"type": "vlan", "bridge": "vmbr0"},
        "q": {"type": "qinq", "bridge": "vmbr0", "tag": 77},
        "x": {"type": "vxlan", "peers": "10.0.0.1,10.0.0.2,10.0.0.3,10.0.0.4"},
        "e": {"type": "evpn", "controller": "core", "vrf-vxlan": 16, "exitnodes": {"n1": 1}},
    });
    let mut vnets = serde_json::Map::new();
    let mut subnets = serde_json::Map::new();
    for (index, zone) in ["s", "l", "q", "x", "e"].iter().cycle().take(count).enumerate() {
        let vnet = format!("w{index:05}");
        let (high, low) = (index >> 8, index & 0xff);
        let ipv4 = json!({"vnet": vnet, "gateway": format!("10.{high}.{low}.1"), "snat": 1});
        let ipv6 = json!({"vnet": vnet, "gateway": format!("fd00:{index:x}::1")});
        subnets.insert(format!("{zone}-10.{high}.{low}.0-24"), ipv4);
        subnets.insert(format!("{zone}-fd00:{index:x}::-64"), ipv6);
        vnets.insert(vnet, json!({"zone": zone, "tag": index + 1, "alias": "a name"}));
    }
    json!({
        "version": 1,
        "zones": {"ids": zones},
        "vnets": {"ids": vnets},
        "subnets": {"ids": subnets},
        "controllers": {"ids": {"core": {"type": "evpn", "peers": "10.0.0.1,10.0.0.2"}}},
    })
}
