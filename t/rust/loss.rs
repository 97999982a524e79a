//! What the original would lose, and how a file is edited so that nothing is lost.
//!
//! Every folder of `fixtures/loss` is one case; `BLESS=1` rewrites what is expected. See the README
//! there.

#![allow(clippy::unwrap_used)] // a test that cannot go on fails

mod corpus;

use pve_network_rs::error::Error;
use pve_network_rs::interfaces::{self, Config, Dialect, Fidelity, Loss};
use pve_network_rs::notes::Notes;
use pve_network_rs::perl::{ByteText, Charset};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::{env, fs};

const DIALECT: Dialect = Dialect::Ifupdown2;
const CHARSET: Charset = Charset::Latin1;

/// A file, what is to be known of its node, and what is edited.
struct Case {
    folder: PathBuf,
    bytes: String,
    facts: Value,
    edits: Value,
}

impl Case {
    fn all() -> Vec<Case> {
        let folders = fs::read_dir("fixtures/loss").unwrap().map(|entry| entry.unwrap().path());
        let mut folders: Vec<_> = folders.filter(|path| path.is_dir()).collect();
        folders.sort();
        folders.into_iter().map(Case::read).collect()
    }

    /// The cases that can be written as they are, each with what the original writes.
    fn all_written() -> impl Iterator<Item = (Case, String)> {
        Case::all().into_iter().filter_map(|case| {
            let (exact, _) = case.write(&case.config(), Fidelity::Exact).ok()?;
            Some((case, exact))
        })
    }

    fn read(folder: PathBuf) -> Case {
        let json = |name| match fs::read(folder.join(name)) {
            Ok(text) => serde_json::from_slice(&text).unwrap(),
            Err(_) => json!(null),
        };
        let bytes = ByteText::decode(&fs::read(folder.join("interfaces")).unwrap());
        Case { bytes, facts: json("facts.json"), edits: json("edits.json"), folder }
    }

    fn text(&self) -> ByteText<'_> {
        ByteText::new(&self.bytes).unwrap()
    }

    fn losses(&self) -> Result<Vec<Loss>, Error> {
        interfaces::loss(self.text(), &corpus::facts(&self.facts), DIALECT, CHARSET)
    }

    /// The configuration of the file, as a caller gets it.
    fn config(&self) -> Value {
        let facts = corpus::facts(&self.facts);
        let config = interfaces::parse(self.text(), &facts, CHARSET).unwrap();
        serde_json::to_value(&config).unwrap()
    }

    fn write(&self, config: &Value, fidelity: Fidelity) -> Result<(String, Notes), Error> {
        let config = config.to_string();
        let config: Config = serde_json::from_str(&config).unwrap();
        let mut notes = Notes::default();
        interfaces::rewrite(self.text(), config, fidelity, DIALECT, CHARSET, &mut notes)
            .map(|text| (text, notes))
    }

    fn check(&self, name: &str, got: &str) {
        let path = self.folder.join(name);
        if env::var_os("BLESS").is_some() {
            fs::write(&path, got).unwrap();
        }
        let want = fs::read_to_string(&path).unwrap_or_default();
        let diff = similar::TextDiff::from_lines(&want, got);
        let diff = diff.unified_diff().header("want", "got").to_string();
        assert!(want == got, "{}\n{diff}", path.display());
    }
}

#[test]
fn losses_are_named() {
    for case in Case::all() {
        let got = match case.losses() {
            Ok(losses) => losses.iter().map(|loss| format!("{loss}\n")).collect(),
            Err(error) => format!("refused: {}\n", error.to_string().trim_end()),
        };
        case.check("losses", &got);
    }
}

#[test]
fn edits_change_nothing_else() {
    for case in Case::all().into_iter().filter(|case| !case.edits.is_null()) {
        let mut config = case.config();
        corpus::edit(&mut config, &case.edits);
        let (name, other, text) = match case.write(&config, Fidelity::Preserve) {
            Ok((text, _)) => ("preserved", "refused", text),
            Err(error) => ("refused", "preserved", format!("{}\n", error.to_string().trim_end())),
        };
        case.check(name, &text);
        assert!(!case.folder.join(other).exists(), "{}: {name}", case.folder.display());
    }
}

#[test]
fn without_an_edit_every_byte_stays() {
    for (case, _) in Case::all_written() {
        if case.bytes.is_empty() {
            continue; // the original's header is put into an empty file
        }
        match case.write(&case.config(), Fidelity::Preserve) {
            Ok((text, _)) => {
                let text = ByteText::decode(text.as_bytes());
                assert_eq!(text, case.bytes, "{}", case.folder.display());
            }
            Err(Error::Unsupported(_)) if case.folder.join("refused").exists() => {}
            Err(error) => panic!("{}: {error}", case.folder.display()),
        }
    }
}

#[test]
fn warnings_name_what_is_lost() {
    for (case, exact) in Case::all_written() {
        let (text, notes) = case.write(&case.config(), Fidelity::Warn).unwrap();
        assert_eq!(text, exact, "{}", case.folder.display());

        let losses = case.losses().unwrap();
        let want = losses.iter().map(|loss| format!("/etc/network/interfaces {loss}"));
        let want: Vec<String> = want.collect();
        let got: Vec<_> = notes.iter().map(|note| note.text.as_str()).collect();
        assert!(got.ends_with(&want.iter().map(String::as_str).collect::<Vec<_>>()), "{got:#?}");
    }
}

/// What the golden corpus edits can be done in place, but for these.
#[test]
fn recorded_edits() {
    const REFUSED: [&str; 6] = [
        "nie-alias-of-deleted", // its parent has no stanza any more: the next write would die
        "nie-families-empty",
        "nie-families-null",
        "nie-families-swapped",
        "nie-ovs-bridge-to-linux-keep", // the original drops what were its ports
        "nie-priority-set",
    ];
    let mut refused = Vec::new();
    for case in corpus::cases("fixtures/golden/interfaces-edit.ndjson") {
        let (id, input) = (case["id"].as_str().unwrap(), &case["in"]);
        let bytes = ByteText::decode(input["text"].as_str().unwrap().as_bytes());
        let (facts, edits) = (input.clone(), input["edits"].clone());
        let case = Case { folder: id.into(), bytes, facts, edits };
        let mut config = case.config();
        corpus::edit(&mut config, &case.edits);
        match (case.write(&config, Fidelity::Exact), case.write(&config, Fidelity::Preserve)) {
            (Ok(_), Err(Error::Unsupported(_))) => refused.push(id.to_owned()),
            (exact, preserved) => assert_eq!(exact.err(), preserved.err(), "{id}"),
        }
    }
    refused.sort();
    assert_eq!(refused, REFUSED);
}

#[test]
fn a_deleted_interface_is_no_loss() {
    let case = Case::read(Path::new("fixtures/loss/second-address").into());
    let mut config = case.config();
    let delete = json!([{"op": "delete", "iface": "vmbr0"}]);
    corpus::edit(&mut config, &delete);
    let (_, notes) = case.write(&config, Fidelity::Warn).unwrap();
    assert!(!notes.iter().any(|note| note.text.contains("vmbr0")), "{notes:?}");
}
