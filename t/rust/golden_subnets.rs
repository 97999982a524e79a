//! The golden corpus of the helpers around subnets.

#![allow(clippy::unwrap_used)] // a test that cannot go on fails

mod replay;

use pve_network_rs::notes::Notes;
use pve_network_rs::perl::Hash;
use pve_network_rs::sdn::{dhcp_range, find_subnet, status};
use replay::outcome;
use serde::Deserialize;
use serde_json::{Value, json};

#[test]
fn subnets() {
    replay::all("fixtures/golden/subnets.ndjson", answer);
}

fn answer(input: &Value) -> Option<Value> {
    let args = &input["args"];
    let hash =
        |index: usize| -> Hash { Option::deserialize(&args[index]).unwrap().unwrap_or_default() };
    let mut notes = Notes::default();
    let result = match input["fn"].as_str().unwrap() {
        "find_ip_subnet" => {
            let address = args[0].as_str().unwrap();
            find_subnet(address, &hash(1)).map(|id| json!([id, args[1][id]]))
        }
        "get_dhcp_ranges" => {
            dhcp_range::of_subnet(&hash(0), &mut notes).map(|ranges| json!(ranges))
        }
        "generate_status_message" => {
            let needed = Option::<Vec<String>>::deserialize(&args[2]).unwrap().unwrap_or_default();
            Ok(json!(status::messages(args[0].as_str().unwrap(), &hash(1), &needed)))
        }
        _ => return None, // of other areas, or the caller's
    };
    Some(outcome(result, &notes))
}
