//! The exchanges with a real PowerDNS, whose API also says what came of them: run by `t/powerdns`.

#![allow(clippy::unwrap_used)] // a test that cannot go on fails

use pve_network_rs::error::Result;
use pve_network_rs::exchange::drive::{Driver, Plugin, Request};
use pve_network_rs::sys::http::Proxy;
use pve_network_rs::sys::remote::Remote;
use serde_json::{Value, json};
use std::time::Duration;

const ZONE: &str = "lab.example";
const REVERSE: &str = "0.0.10.in-addr.arpa.";
const REVERSE_V6: &str = "0.0.0.0.0.0.0.0.0.0.0.0.0.0.d.f.ip6.arpa.";

struct Server {
    config: Value,
    remote: Remote,
}

impl Server {
    /// The server that the script has started.
    fn new() -> Self {
        let url = std::env::var("PVE_NETWORK_RS_POWERDNS").unwrap();
        let config =
            json!({ "type": "powerdns", "url": url, "key": "key-of-the-test", "ttl": 600 });
        Server { config, remote: Remote { deadline: Duration::from_secs(10), proxy: Proxy::None } }
    }

    fn api(&self, method: &str, path: &str, body: Option<Value>) -> Value {
        let key = self.config["key"].as_str().unwrap().to_owned();
        let request = Request {
            method: method.into(),
            url: format!("{}{path}", self.config["url"].as_str().unwrap()),
            headers: vec![("X-API-Key".into(), key)],
            body,
            fingerprint: None,
        };
        self.remote.send(&request).unwrap().unwrap_or_default()
    }

    fn run(&self, operation: &str, args: &Value) -> Result<Value> {
        let send = |request: &Request| self.remote.send(request);
        Driver::new(Plugin::PowerDns, &self.config, send).run(operation, args)
    }

    fn refusal(&self, operation: &str, args: &Value) -> String {
        self.run(operation, args).unwrap_err().to_string()
    }

    /// The records of a zone but its own: name, type, lifetime, and contents in order.
    fn records(&self, zone: &str) -> Vec<(String, String, u64, Vec<String>)> {
        let content = self.api("GET", &format!("/zones/{zone}"), None);
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let rrsets = content["rrsets"].as_array().unwrap().iter();
        let mut records: Vec<_> = rrsets
            .filter(|rrset| rrset["type"] != "SOA" && rrset["type"] != "NS")
            .map(|rrset| {
                let all = rrset["records"].as_array().unwrap().iter();
                let mut contents: Vec<String> = all.map(|one| text(&one["content"])).collect();
                contents.sort();
                let ttl = rrset["ttl"].as_u64().unwrap();
                (text(&rrset["name"]), text(&rrset["type"]), ttl, contents)
            })
            .collect();
        records.sort();
        records
    }
}

fn record(name: &str, kind: &str, contents: &[&str]) -> (String, String, u64, Vec<String>) {
    let contents = contents.iter().map(|content| (*content).to_owned()).collect();
    (name.into(), kind.into(), 600, contents)
}

#[test]
#[ignore = "needs a PowerDNS: run t/powerdns"]
fn records() {
    let server = Server::new();
    for zone in ["lab.example.", REVERSE, REVERSE_V6] {
        let zone = json!({ "name": zone, "kind": "Native", "nameservers": ["ns1.lab.example."] });
        server.api("POST", "/zones", Some(zone));
    }
    server.run("on_update_hook", &json!({})).unwrap();
    for zone in [ZONE, REVERSE, REVERSE_V6] {
        server.run("verify_zone", &json!({ "zone": zone })).unwrap();
    }
    assert_eq!(
        server.refusal("verify_zone", &json!({ "zone": "none.example" })),
        "can't read zone none.example: Invalid response from server: 404 Not Found\n"
    );

    // Addresses of both families; the second of a family joins the first, and once is enough.
    let host = |ip: &str| json!({ "zone": ZONE, "hostname": "web1", "ip": ip });
    for ip in ["10.0.0.7", "10.0.0.8", "10.0.0.7", "fd00::7"] {
        server.run("add_a_record", &host(ip)).unwrap();
    }
    let (v4, v6) = ("10.0.0.7", "fd00::7");
    let name = "web1.lab.example.";
    assert_eq!(
        server.records("lab.example."),
        [record(name, "A", &[v4, "10.0.0.8"]), record(name, "AAAA", &[v6])]
    );
    assert_eq!(
        server.refusal("add_a_record", &host("fd00:0::7")),
        "error add web1.lab.example. to zone lab.example: \
         Invalid response from server: 422 Unprocessable Entity\n",
        "another spelling of one that is there"
    );

    let pointer =
        |zone: &str, ip: &str| json!({ "zone": zone, "hostname": "web1.lab.example", "ip": ip });
    server.run("add_ptr_record", &pointer(REVERSE, v4)).unwrap();
    server.run("add_ptr_record", &pointer(REVERSE_V6, v6)).unwrap();
    let reverse = "7.0.0.10.in-addr.arpa.";
    let reverse_v6 = format!("7{}.{REVERSE_V6}", ".0".repeat(15));
    assert_eq!(server.records(REVERSE), [record(reverse, "PTR", &[name])]);
    assert_eq!(server.records(REVERSE_V6), [record(&reverse_v6, "PTR", &[name])]);

    server.run("del_a_record", &host(v4)).unwrap();
    server.run("del_a_record", &host("10.0.0.99")).unwrap(); // not there
    assert_eq!(
        server.records("lab.example."),
        [record(name, "A", &["10.0.0.8"]), record(name, "AAAA", &[v6])]
    );
    for ip in ["10.0.0.8", v6] {
        server.run("del_a_record", &host(ip)).unwrap();
    }
    server.run("del_ptr_record", &pointer(REVERSE, v4)).unwrap();
    server.run("del_ptr_record", &pointer(REVERSE_V6, v6)).unwrap();
    for zone in ["lab.example.", REVERSE, REVERSE_V6] {
        assert_eq!(server.records(zone), [], "{zone}");
    }
}

#[test]
#[ignore = "needs a PowerDNS: run t/powerdns"]
fn another_key() {
    let mut server = Server::new();
    server.config["key"] = json!("another");
    assert_eq!(
        server.refusal("on_update_hook", &json!({})),
        "dns api error: Invalid response from server: 401 Unauthorized\n"
    );
}
