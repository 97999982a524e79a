//! What holds for every section config, and for every text that stands for an address or a range.

#![allow(clippy::unwrap_used)] // a test that cannot go on fails

use proptest::prelude::*;
use pve_network_rs::addr::{Matcher, Span};
use pve_network_rs::dnsmasq::ethers;
use pve_network_rs::notes::Notes;
use pve_network_rs::perl::{ByteText, Hash, Value};
use pve_network_rs::sdn::dhcp_range;
use pve_network_rs::section_config::{Config, File, parse, render};

fn any_file() -> impl Strategy<Value = File> {
    prop::sample::select(&File::ALL[..])
}

/// Lines of headers, properties and noise.
fn any_text(file: File) -> impl Strategy<Value = String> {
    let types: Vec<&str> = file.schema().types.iter().map(|kind| kind.name).collect();
    let properties: Vec<&str> = file.schema().properties.iter().map(|p| p.name).collect();
    let value = prop_oneof![
        prop::sample::select(vec![
            "1",
            "0",
            "5",
            "65000",
            "n1,n2",
            "10.0.0.1",
            "::1",
            "eth0",
            "vmbr0",
            "a.b",
            "",
            "49.0001.0002.0003.00",
            "BC:24:11:00:00:01",
            "65000:1",
            "http://x",
            "802.1ad",
            "start-address=10.0.0.1,end-address=10.0.0.9",
        ])
        .prop_map(str::to_owned),
        "[ -~é]{0,12}",
    ];
    let line = prop_oneof![
        4 => (prop::sample::select(properties), value).prop_map(|(key, value)| format!("\t{key} {value}\n")),
        2 => (prop::sample::select(types), "[a-z0-9:é-]{1,9}").prop_map(|(kind, id)| format!("\n{kind}: {id}\n")),
        1 => "[ \t#:é0-9a-z\r-]{0,12}\n",
    ];
    prop::collection::vec(line, 0..24).prop_map(|lines| lines.concat())
}

fn read(file: File, bytes: &str) -> Config<'_> {
    parse(file, "file", ByteText::new(bytes).unwrap(), false, &mut Notes::default())
}

/// Takes out a list of nodes in which there is none: as in the original, it is not written.
fn without_empty_nodes(section: &mut Value) {
    if let Value::Hash(properties) = section {
        properties.0.retain(|_, value| *value != Value::Hash(Hash::default()));
    }
}

/// The original takes no name of a node for one that is false to Perl, and writes no empty list.
#[test]
fn a_list_without_a_node_is_not_written() {
    for (nodes, expected) in [("0", ""), ("0,n1", "\tnodes n1\n")] {
        let text = format!("vxlan: z\n\tnodes {nodes}\n\tpeers 10.0.0.1\n\n");
        let mut config = read(File::Zones, &text);
        let written = render(File::Zones, &config, false).unwrap();
        assert_eq!(written, format!("vxlan: z\n{expected}\tpeers 10.0.0.1\n\n"));
        config.ids.0.retain(|_, section| {
            without_empty_nodes(section);
            true
        });
        assert_eq!(read(File::Zones, &written).ids, config.ids);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn properties_of_what_was_written(
        (file, text) in any_file().prop_flat_map(|file| (Just(file), any_text(file))),
    ) {
        let bytes = ByteText::decode(text.as_bytes());
        let mut config = read(file, &bytes);
        // A section without a required property makes every write fail, as in the original.
        config.ids.0.retain(|_, section| *section != Value::Undef);
        let written = render(file, &config, false).unwrap();
        config.ids.0.retain(|_, section| {
            without_empty_nodes(section);
            true
        });
        let again = read(file, &written);
        prop_assert!(again.errors.is_empty(), "{:?}\n{}", again.errors, written);
        prop_assert_eq!(&again.ids, &config.ids, "{}", written);
        let once_more = render(file, &again, false).unwrap();
        prop_assert_eq!(&once_more, &written);
    }

    #[test]
    fn properties_of_noise(text in "[ -~\n\té\u{80}-\u{ff}]{0,60}", other in "[0-9a-f.:/, +\\-=]{0,30}") {
        let bytes = ByteText::decode(text.as_bytes());
        for file in File::ALL {
            read(file, &bytes);
        }
        let span = Span::parse(&other);
        prop_assert!(span.is_none_or(|span| span.first <= span.last), "{other}");
        let is_in = Matcher::new(&other).contains(&text);
        prop_assert!(is_in.is_ok() || text.bytes().any(|b| b.is_ascii_alphabetic()));
        let _ = dhcp_range::parse(&other);
        let new = ethers::Mapping { mac: "m", ip4: Some("10.0.0.1"), ip6: None };
        let ethers = ByteText::new(&bytes).unwrap();
        let merged = ethers::merge("z", ethers, &Hash::default(), &new, &mut Notes::default());
        prop_assert_eq!(merged.text, "m,10.0.0.1\n");
    }
}
