//! frr.conf.local in any shape: blocks in blocks, blocks that do not end, a mebibyte of it.

#![allow(clippy::unwrap_used)] // a test that cannot go on fails

use pve_network_rs::frr::{self, Bgp, Part, Profile};
use pve_network_rs::sdn::fabric::Fabrics;

const PROFILES: [Profile; 2] = [Profile::V1_3, Profile::V1_2];

/// Lines that begin or end something, and some that do neither.
const LINES: [&str; 20] = [
    "router bgp 65000",
    "router bgp 65000 vrf vrf_z",
    "router bgp 65001",
    "router isis one",
    "router ospf",
    "vrf red",
    "interface eth0",
    " address-family ipv4 unicast",
    " address-family l2vpn evpn",
    " exit-address-family",
    "exit-vrf",
    "exit",
    "route-map A permit 10",
    "route-map B deny 5",
    "ip prefix-list L seq 5 permit any",
    " neighbor 192.0.2.9 bfd",
    "!",
    "   ",
    "",
    "\u{e9}\t# odd",
];

fn lines(local: &str, profile: Profile) -> pve_network_rs::error::Result<Vec<String>> {
    let router = Bgp {
        asn: "65000".into(),
        router_id: "192.0.2.1".into(),
        address: "192.0.2.1".into(),
        is_ebgp: false,
        ebgp_multihop: None,
        loopback: None,
        has_relaxed_multipath: false,
        peers: vec!["192.0.2.2".into()],
    };
    frr::lines(&[Part::Bgp(router)], Some(local), &Fabrics::default(), "n1", profile)
}

/// A block within a block ends it, or not, as in the original; none goes around in circles.
#[test]
fn blocks_in_blocks() {
    let text = |local| lines(local, Profile::V1_3).unwrap().join("\n");
    let nested = text(
        "router bgp 65000\n address-family ipv4 unicast\n  one\n address-family ipv4 unicast\n  \
         two\nrouter bgp 65000\n three\nexit\nexit\nexit\n",
    );
    assert_eq!(nested.matches("address-family ipv4 unicast").count(), 1, "{nested}");
    for line in ["  one", "  two", " three"] {
        assert_eq!(nested.lines().filter(|text| *text == line).count(), 1, "{line}: {nested}");
    }
    let in_others = text("vrf red\n router bgp 65000\n router isis a\nvrf red\n x\nexit-vrf\n");
    assert_eq!(in_others.matches("vrf red").count(), 2, "{in_others}");
    assert!(in_others.ends_with(" x\nexit-vrf\n!"), "{in_others}");
}

#[test]
fn a_mebibyte_of_blocks() {
    let block = LINES.join("\n") + "\n";
    let local = block.repeat((1 << 20) / block.len());
    for profile in PROFILES {
        match lines(&local, profile) {
            Ok(lines) => assert!(lines.len() > 50_000, "{}", lines.len()),
            Err(error) => assert_eq!(error.kind(), "die", "{error}"),
        }
    }
}

proptest::proptest! {
    /// Any lines in any order are lines of frr.conf, or an error that says why not.
    #[test]
    fn no_file_is_too_odd(picked in proptest::collection::vec(0..LINES.len(), 0..60)) {
        let local: Vec<&str> = picked.iter().map(|at| LINES[*at]).collect();
        for profile in PROFILES {
            match lines(&local.join("\n"), profile) {
                Ok(lines) => assert!(lines.contains(&"router bgp 65000".to_owned())),
                Err(error) => assert!(!error.to_string().is_empty()),
            }
        }
    }
}
