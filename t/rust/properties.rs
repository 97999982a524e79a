//! What holds for every file, recorded, mutated or made of noise.

#![allow(clippy::unwrap_used)] // a test that cannot go on fails

mod corpus;

use proptest::prelude::*;
use proptest::sample::Index;
use pve_network_rs::error::{Error, Result};
use pve_network_rs::host::Facts;
use pve_network_rs::interfaces::{self, Config, Dialect, Fidelity, Loss, LossKind};
use pve_network_rs::notes::Notes;
use pve_network_rs::perl::{ByteText, Charset};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::sync::LazyLock;

const CHARSET: Charset = Charset::Latin1;

/// A file and its node.
#[derive(Debug, Clone)]
struct File {
    /// Its bytes as characters.
    bytes: String,
    facts: Facts<'static>,
    dialect: Dialect,
}

impl File {
    fn new(bytes: &[u8], facts: Facts<'static>) -> Self {
        File { bytes: ByteText::decode(bytes), facts, dialect: Dialect::Ifupdown2 }
    }

    fn with(&self, text: &str) -> Self {
        File { bytes: ByteText::decode(text.as_bytes()), ..self.clone() }
    }

    fn text(&self) -> ByteText<'_> {
        ByteText::new(&self.bytes).unwrap()
    }

    fn losses(&self) -> Result<Vec<Loss>> {
        interfaces::loss(self.text(), &self.facts, self.dialect, CHARSET)
    }

    /// The configuration of the file, as a caller gets it.
    fn config(&self) -> Result<Value> {
        let config = interfaces::parse(self.text(), &self.facts, CHARSET)?;
        Ok(serde_json::to_value(&config).unwrap())
    }

    fn write(&self, config: &Value, fidelity: Fidelity) -> Result<String> {
        let config = config.to_string();
        let config: Config = serde_json::from_str(&config).unwrap();
        let notes = &mut Notes::default();
        interfaces::rewrite(self.text(), config, fidelity, self.dialect, CHARSET, notes)
    }

    /// The file that the original would make of it.
    fn rewritten(&self) -> Result<File> {
        Ok(self.with(&self.write(&self.config()?, Fidelity::Exact)?))
    }

    /// True if the original keeps values beyond ASCII as they are: there are none but in comments.
    fn has_plain_values(&self) -> bool {
        self.bytes.lines().all(|line| line.is_ascii() || line.trim_start().starts_with('#'))
    }
}

/// Every recorded file, and those of the other fixtures.
static FILES: LazyLock<Vec<File>> = LazyLock::new(|| {
    let golden = ["fixtures/golden/interfaces.ndjson", "fixtures/golden/interfaces-edit.ndjson"];
    let recorded = golden.into_iter().flat_map(corpus::cases).map(|case| {
        File::new(case["in"]["text"].as_str().unwrap().as_bytes(), corpus::facts(&case["in"]))
    });
    let folders = fs::read_dir("fixtures/loss").unwrap();
    let others =
        folders.filter_map(|entry| fs::read(entry.unwrap().path().join("interfaces")).ok());
    recorded.chain(others.map(|bytes| File::new(&bytes, Facts::default()))).collect()
});

/// A configuration without what is only its order.
fn unordered(file: &File) -> Value {
    let mut config = file.config().unwrap();
    for (_, iface) in config["ifaces"].as_object_mut().unwrap() {
        iface.as_object_mut().unwrap().remove("priority");
    }
    config["options"].as_array_mut().unwrap().iter_mut().for_each(|line| line[0] = json!(null));
    config
}

/// True if an interface has stanzas with a family, and without one: with each rewrite such a file
/// grows.
fn mixes_families(file: &File) -> bool {
    let config = file.config().unwrap();
    let mut ifaces = config["ifaces"].as_object().unwrap().values();
    ifaces.any(|iface| {
        let families = iface["families"].as_array().map_or(&[][..], Vec::as_slice);
        families.contains(&json!(null)) && families.len() > 1
    })
}

/// What two rewrites keep, all others keep: the first may give an interface another type.
fn check_settled(file: &File) {
    let Ok(once) = file.rewritten() else { return };
    // a continued line takes in what comes to stand behind it
    if !file.has_plain_values() || mixes_families(file) || file.bytes.contains('\\') {
        return;
    }
    // a name with a comma in it becomes two with the first rewrite
    let Ok(twice) = once.rewritten() else { return };
    let mut losses = twice.losses().unwrap();
    // an option that no stanza had moves as the order of stanzas settles
    losses.retain(|loss| loss.kind != LossKind::Detached);
    assert_eq!(losses, [], "{}", twice.bytes);
    let thrice = twice.rewritten().unwrap();
    assert_eq!(unordered(&twice), unordered(&thrice), "{}", once.bytes);
}

/// Without an edit every byte stays.
fn check_unedited(file: &File) {
    let Ok(config) = file.config() else { return };
    match file.write(&config, Fidelity::Preserve) {
        Ok(text) if !file.bytes.trim().is_empty() => {
            assert_eq!(ByteText::decode(text.as_bytes()), file.bytes);
        }
        Ok(_) | Err(Error::Die(_) | Error::Unsupported(_)) => {}
        Err(error) => panic!("{error}"),
    }
}

/// Edits an interface in one of a few ways; what the lines look like that this may add or remove.
fn edit(name: &str, iface: &Value, kind: usize) -> (Value, fn(&str) -> bool) {
    let set = |key: &str, value: Value| json!([{"op": "set-key", "iface": name, "key": key, "value": value}]);
    match kind {
        0 => (set("mtu", json!("1400")), |line| matches!(first_word(line), "mtu" | "ovs_mtu")),
        1 => (set("comments", json!(" one\n two\n")), |line| first_word(line).starts_with('#')),
        2 => (set("gateway", json!("192.0.2.1")), |line| first_word(line) == "gateway"),
        3 => {
            let is_started = iface["autostart"] == json!(1);
            // an empty line may go with a line that it followed
            let is_of_it = |line: &str| {
                let word = first_word(line);
                word.is_empty() || word == "auto" || word.starts_with("allow-")
            };
            (set("autostart", json!(u8::from(!is_started))), is_of_it)
        }
        _ => {
            let bridge = json!({
                "type": "bridge", "method": "manual", "families": ["inet"], "comments": "new\n",
            });
            let edits = json!([{"op": "set", "iface": "vmbr99", "value": bridge}]);
            (edits, |line| NEW_BRIDGE.contains(&line))
        }
    }
}

const EDITS: usize = 5;

const NEW_BRIDGE: [&str; 6] = [
    "iface vmbr99 inet manual",
    "\tbridge-ports none",
    "\tbridge-stp off",
    "\tbridge-fd 0",
    "#new",
    "",
];

fn first_word(line: &str) -> &str {
    line.split_whitespace().next().unwrap_or_default()
}

/// The lines that only one of two texts has.
fn differing_lines<'a>(one: &'a str, other: &'a str) -> Vec<&'a str> {
    let mut counts: BTreeMap<&str, i32> = BTreeMap::new();
    let lines = |text: &'a str| text.lines().map(|line| line.trim_end_matches('\r'));
    lines(one).for_each(|line| *counts.entry(line).or_default() += 1);
    lines(other).for_each(|line| *counts.entry(line).or_default() -= 1);
    counts.into_iter().filter(|(_, count)| *count != 0).map(|(line, _)| line).collect()
}

/// An edit changes its own lines only, and is read as the original's text would be. Returns whether
/// it was done.
fn check_edit(file: &File, index: usize, kind: usize) -> bool {
    let Ok(mut config) = file.config() else { return false };
    let ifaces = config["ifaces"].as_object().unwrap();
    let (name, iface) = ifaces.iter().nth(index % ifaces.len()).unwrap();
    let (edits, is_of_it) = edit(name, iface, kind);
    // one that is not in the file has no place, an `lo` the first
    let has_stanza = iface["priority"].as_i64().is_some_and(|place| place > 1);
    corpus::edit(&mut config, &edits);
    let Ok(exact) = file.write(&config, Fidelity::Exact) else { return false };
    let Ok(text) = file.write(&config, Fidelity::Preserve) else { return false };
    if file.bytes.trim().is_empty() {
        return false;
    }

    let edited = file.with(&text);
    for line in differing_lines(&file.bytes, &edited.bytes) {
        assert!(is_of_it(line) || !has_stanza, "{edits}: {line:?}\n{text}");
    }
    let is_lossless = file.losses().is_ok_and(|losses| losses.is_empty());
    if is_lossless && file.has_plain_values() && !mixes_families(file) {
        // the original adds defaults, and starts slaves, whenever it writes
        let (edited, exact) = (edited.rewritten(), file.with(&exact).rewritten());
        assert_eq!(edited.is_ok(), exact.is_ok(), "{edits}\n{text}");
        if let (Ok(edited), Ok(exact)) = (edited, exact) {
            assert_eq!(unordered(&edited), unordered(&exact), "{edits}\n{text}");
        }
    }
    true
}

#[test]
fn recorded_files() {
    let mut done = 0;
    for file in FILES.iter() {
        for dialect in [Dialect::Ifupdown2, Dialect::Ifupdown] {
            let file = File { dialect, ..file.clone() };
            check_settled(&file);
            check_unedited(&file);
        }
        for kind in 0..EDITS {
            done += usize::from(check_edit(file, 7 * kind + 1, kind));
        }
    }
    assert!(done > 1000, "{done} edits of {} files", FILES.len());
}

/// Lines that change what the lines around them mean.
const LINES: [&str; 16] = [
    "",
    "# comment",
    "\\",
    "iface eno1 inet static",
    "iface eno1 inet6 static",
    "iface eno1",
    "auto eno1 eno2",
    "allow-hotplug eno1",
    "source /etc/network/interfaces.d/*",
    "\taddress 192.0.2.1",
    "\tnetmask 255.255.255.0",
    "\taddress 2001:db8::1/64",
    "\tmtu 9000",
    "\tflag",
    "\tpost-up echo \\",
    "\tbridge-ports none",
];

#[derive(Debug, Clone)]
enum Mutation {
    Delete(Index),
    Repeat(Index, Index),
    Insert(Index, usize),
    Byte(Index, u8),
}

fn mutation() -> impl Strategy<Value = Mutation> {
    prop_oneof![
        any::<Index>().prop_map(Mutation::Delete),
        any::<(Index, Index)>().prop_map(|(from, to)| Mutation::Repeat(from, to)),
        (any::<Index>(), 0..LINES.len()).prop_map(|(at, line)| Mutation::Insert(at, line)),
        any::<(Index, u8)>().prop_map(|(at, byte)| Mutation::Byte(at, byte)),
    ]
}

fn mutate(file: &File, mutations: &[Mutation]) -> File {
    let bytes = file.bytes.chars().map(|c| c as u8).collect::<Vec<_>>();
    let mut lines: Vec<Vec<u8>> = bytes.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
    for mutation in mutations {
        match mutation {
            Mutation::Delete(at) => drop(lines.remove(at.index(lines.len()))),
            Mutation::Repeat(from, to) => {
                let line = lines[from.index(lines.len())].clone();
                lines.insert(to.index(lines.len()), line);
            }
            Mutation::Insert(at, line) => {
                lines.insert(at.index(lines.len()), LINES[*line].into());
            }
            Mutation::Byte(at, byte) => {
                let line = at.index(lines.len());
                let column = at.index(lines[line].len() + 1);
                lines[line].splice(column..column, [*byte]);
            }
        }
        if lines.is_empty() {
            lines.push(Vec::new());
        }
    }
    File::new(&lines.join(&b'\n'), file.facts.clone())
}

proptest! {
    // PROPTEST_CASES in the environment is how many; a failure prints its shortest input
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn noise(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let file = File::new(&bytes, Facts::default());
        let _ = file.losses();
        check_unedited(&file);
    }

    #[test]
    fn mutated_files(
        at in any::<Index>(),
        mutations in proptest::collection::vec(mutation(), 1..6),
        iface in any::<usize>(),
        kind in 0..EDITS,
    ) {
        let file = mutate(&FILES[at.index(FILES.len())], &mutations);
        check_settled(&file);
        check_unedited(&file);
        check_edit(&file, iface, kind);
    }
}
