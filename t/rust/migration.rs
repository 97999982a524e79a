//! `migration.toml`, from text to decision, through the C ABI.
//!
//! Every folder of `fixtures/migration` is one case: `migration.toml` (none: there is no file) and
//! either `error`, the whole text of the error, or `decided.json`, the answer by name of the node.
//! Seams that `decided.json` does not name are not compared, so that a new seam changes no case.
//! `BLESS=1` rewrites `error`.
#![allow(unsafe_code, clippy::unwrap_used)]

use proptest::prelude::*;
use pve_network_rs::ffi::{
    PveNetworkStatus, pve_network_migration_decide, pve_network_string_free,
};
use pve_network_rs::migration::{
    Choice, Config, Edit, Engine, Feature, Migration, Origin, Phase, Problems, SEAMS, edit,
};
use serde_json::{Value, json};
use std::ffi::{CStr, CString};
use std::path::{Path, PathBuf};
use std::{env, fs, ptr};

const FIXTURES: &str = "fixtures/migration";

fn cases() -> Vec<PathBuf> {
    let entries = fs::read_dir(FIXTURES).unwrap().map(|entry| entry.unwrap().path());
    let mut cases: Vec<_> = entries.filter(|path| path.is_dir()).collect();
    cases.sort();
    assert!(!cases.is_empty());
    cases
}

/// The bytes of a case, if it has a file.
fn bytes(case: &Path) -> Option<Vec<u8>> {
    fs::read(case.join("migration.toml")).ok()
}

/// The texts that are valid.
fn valid_texts() -> Vec<String> {
    let valid = cases().into_iter().filter(|case| case.join("decided.json").exists());
    let texts = valid.filter_map(|case| bytes(&case));
    texts.map(|bytes| String::from_utf8(bytes).unwrap()).collect()
}

fn decide(request: &str) -> (PveNetworkStatus, Value) {
    let request = CString::new(request).unwrap();
    let mut reply = ptr::null_mut();
    unsafe {
        let status = pve_network_migration_decide(request.as_ptr(), &mut reply);
        let value = serde_json::from_slice(CStr::from_ptr(reply).to_bytes()).unwrap();
        pve_network_string_free(reply);
        (status, value)
    }
}

#[test]
fn every_case() {
    for case in cases() {
        let name = case.display();
        let bytes = bytes(&case);
        let text = match bytes.as_deref().map(|b| Problems::utf8("migration.toml", b)) {
            Some(Err(problems)) => {
                check(&case.join("error"), &format!("{problems}\n"));
                continue;
            }
            Some(Ok(text)) => Some(text),
            None => None,
        };
        let ask = |node: &str| {
            decide(&json!({"text": text, "file": "migration.toml", "node": node}).to_string())
        };
        if case.join("error").exists() {
            let (status, reply) = ask("pve1");
            assert_eq!(status, PveNetworkStatus::Error, "{name}: {reply}");
            assert_eq!(reply["error"]["kind"], "die", "{name}");
            check(&case.join("error"), reply["error"]["message"].as_str().unwrap());
            continue;
        }
        let expected = fs::read_to_string(case.join("decided.json")).unwrap();
        let expected: serde_json::Map<String, Value> = serde_json::from_str(&expected).unwrap();
        for (node, expected) in expected {
            let (status, mut reply) = ask(&node);
            assert_eq!(status, PveNetworkStatus::Ok, "{name}: {reply}");
            let decided = reply["value"].take();
            assert_eq!(only_named(decided, &expected), expected, "{name}, node {node}");
            assert_eq!(reply["warnings"], json!([]), "{name}");
        }
    }
}

/// The answer without the seams that are not expected.
fn only_named(mut decided: Value, expected: &Value) -> Value {
    let seams = decided["seams"].as_object_mut().unwrap();
    assert_eq!(seams.len(), SEAMS.len());
    seams.retain(|name, _| expected["seams"].get(name).is_some());
    decided
}

fn check(expected: &Path, got: &str) {
    if env::var_os("BLESS").is_some() {
        fs::write(expected, got).unwrap();
    }
    let want = fs::read_to_string(expected).unwrap();
    assert!(want == got, "{}\n--- want\n{want}\n--- got\n{got}", expected.display());
}

#[test]
fn requests_that_are_none() {
    for request in [
        "",
        "{}",
        "[]",
        r#"{"file": "f", "node": "n"}"#, // a missing text is not the same as no file
        r#"{"text": 1, "file": "f", "node": "n"}"#,
        r#"{"text": null, "file": "f"}"#,
        r#"{"text": null, "file": "f", "node": "n", "phase": "rust-full"}"#,
    ] {
        let (status, reply) = decide(request);
        assert_eq!(status, PveNetworkStatus::Error, "{request}");
        assert_eq!(reply["error"]["kind"], "request", "{request}");
    }
}

#[test]
fn any_seam_can_be_set_by_hand() {
    for seam in SEAMS {
        for engine in Engine::all_for(seam) {
            let text = format!(
                "phase = 'perl-only'\nfunctions = {{ '{}' = '{}' }}\n",
                seam.name,
                engine.name()
            );
            let request = json!({"text": text, "file": "f", "node": "n"});
            let (_, reply) = decide(&request.to_string());
            assert_eq!(
                reply["value"]["seams"][seam.name]["engine"],
                engine.name(),
                "{}",
                seam.name
            );
        }
    }
}

/// A reader can meet any prefix of a file that is being written: it is an error with a place
/// inside of the text, or says what its complete lines say.
#[test]
fn half_written() {
    for text in valid_texts() {
        for end in (0..text.len()).filter(|end| text.is_char_boundary(*end)) {
            let part = &text[..end];
            if let Err(problems) = Migration::parse("f", Some(part)) {
                let lines = part.split('\n').count();
                assert!(!problems.list.is_empty(), "{part}");
                for problem in problems.list {
                    assert!((1..=lines).contains(&problem.place.line), "{part}");
                    let line = part.split('\n').nth(problem.place.line - 1).unwrap();
                    let columns = line.chars().count() + 1;
                    assert!((1..=columns).contains(&problem.place.column), "{part}");
                }
            }
        }
    }
}

/// Texts that look like TOML often enough to get far into the parser.
fn any_text() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        Just("phase"),
        Just("nodes"),
        Just("pve2"),
        Just("functions"),
        Just("features"),
        Just("rust_cli"),
        Just("\"interfaces.parse\""),
        Just("shadow"),
        Just("sample"),
        Just("breaker"),
        Just("errors"),
        Just("metrics"),
        Just("listen"),
        Just("\"rust-full\""),
        Just("'perl'"),
        Just("true"),
        Just("-1"),
        Just("0.5"),
        Just("1e999"),
        Just("="),
        Just("."),
        Just("["),
        Just("]"),
        Just("{"),
        Just("}"),
        Just(","),
        Just("\n"),
        Just("\r\n"),
        Just("\""),
        Just("'''"),
        Just("# ü\n"),
        Just(" "),
        Just("\0"),
        Just("\u{feff}"),
        Just("1979-05-27"),
    ];
    let words = prop::collection::vec(word, 0..40).prop_map(|words| words.concat());
    let mutated = (0..valid_texts().len(), any::<prop::sample::Index>(), any::<char>());
    let mutated = mutated.prop_map(|(which, at, new)| {
        let mut text: Vec<char> = valid_texts()[which].chars().collect();
        let at = at.index(text.len());
        text[at] = new;
        text.into_iter().collect()
    });
    prop_oneof!["\\PC{0,60}", words, mutated]
}

/// Valid texts in every way that TOML has to write them.
fn valid_text() -> impl Strategy<Value = String> {
    let phase = prop_oneof![
        Just("phase = \"perl-only\" # far\n"),
        Just("  phase='rust-sdn'\n"),
        Just("\"phase\" = \"\"\"rust-basic-write\"\"\"\n"),
    ];
    let features = |path: &'static str| {
        prop_oneof![
            Just(String::new()),
            Just(format!("{path}features.rust_cli = true # on\n")),
            Just(format!("{path}features = {{ rust_daemon = true , }}\n")),
            Just(format!("{path}features={{}}\n")),
            Just(format!("{path}features . 'rust_cli' = false\n")),
        ]
    };
    let functions = |path: &'static str| {
        prop_oneof![
            Just(String::new()),
            Just(format!("[{path}functions]\n")),
            Just(format!(
                "[ {path}functions ] # by hand\n\n  # both\n  'interfaces.parse'='perl'\n"
            )),
            Just(format!(
                "[{path}functions]\n\"interfaces.parse\" = \"perl\" # why\n# more\n\"interfaces.render\" = \"rust\"\n"
            )),
        ]
    };
    let nodes = prop_oneof![
        Just(String::new()),
        Just("[nodes.pve3]\nfidelity = \"warn\"\n".into()),
        Just("[nodes.pve2.shadow]\nsample = 0.5\n".into()),
        Just("[nodes]\npve2.phase = \"rust-full\"\n".into()),
        Just("[nodes]\npve2 = { phase = 'perl-only', functions = {\"interfaces.parse\"=\"rust\",\"interfaces.render\"=\"perl\"} }\n".into()),
        (features(""), functions("nodes.pve2.")).prop_map(|(features, functions)| format!(
            "[nodes.pve2]\n{features}{functions}"
        )),
        functions("nodes.pve2."),
    ];
    let parts = (phase, features(""), functions(""), nodes, any::<bool>(), any::<[bool; 2]>());
    parts.prop_map(|(phase, features, functions, nodes, is_crlf, [comment, is_cut])| {
        let comment = if comment { "# the last line\n" } else { "" };
        let mut text = format!("# ünïcode\n\n{features}{phase}{functions}{nodes}{comment}");
        if is_cut {
            text.pop();
        }
        if is_crlf { text.replace('\n', "\r\n") } else { text }
    })
}

fn any_edit() -> impl Strategy<Value = Edit> {
    let function = (0..SEAMS.len()).prop_flat_map(|n| {
        let engines = prop::option::of(prop::sample::select(Engine::all_for(&SEAMS[n])));
        engines.prop_map(move |engine| Edit::Function(&SEAMS[n], engine))
    });
    prop_oneof![
        prop::sample::select(&Phase::ALL[..]).prop_map(Edit::Phase),
        Just(Edit::NoPhase),
        function,
        (prop::sample::select(&Feature::ALL[..]), any::<bool>())
            .prop_map(|(feature, on)| Edit::Feature(feature, on)),
    ]
}

/// What an edit is meant to do, on the settings instead of the text.
fn apply(migration: &mut Migration, node: Option<&str>, edit: &Edit, text: &str) {
    let phase_of_all = migration.everywhere.phase;
    let set = |config: &mut Config, origin| match *edit {
        Edit::Phase(phase) => config.phase = phase,
        Edit::NoPhase => config.phase = phase_of_all,
        Edit::Function(seam, Some(engine)) => {
            config.functions.insert(seam.name, Choice { engine, origin });
        }
        Edit::Function(seam, None) => {
            config.functions.remove(seam.name);
        }
        Edit::Feature(feature, true) => {
            config.features.insert(feature);
        }
        Edit::Feature(feature, false) => {
            config.features.remove(&feature);
        }
    };
    match node {
        Some(node) => {
            let everywhere = migration.everywhere.clone();
            let config = migration.nodes.entry(node.into()).or_insert_with(|| everywhere.clone());
            set(config, Origin::Node);
            // Without an entry of its own, a node has the one for all nodes.
            if let Edit::Function(seam, None) = edit {
                if let Some(choice) = everywhere.functions.get(seam.name) {
                    config.functions.insert(seam.name, *choice);
                }
            }
        }
        // What nodes have of their own is not to be seen in the settings, so they are left out.
        None => {
            set(&mut migration.everywhere, Origin::Everywhere);
            migration.nodes = Migration::parse("f", Some(text)).unwrap().nodes;
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1000) })]

    #[test]
    fn no_text_panics(text in any_text()) {
        let request = json!({"text": text, "file": "f", "node": "pve2"});
        let (status, reply) = decide(&request.to_string());
        prop_assert_ne!(status, PveNetworkStatus::Bug, "{}", reply);
        // An edit of a text that is not valid is refused, with the same words; but if all that it lacks is
        // a phase, that may be set.
        let edited = edit("f", Some(&text), None, &Edit::Phase(Phase::RustFull));
        match Migration::parse_to_edit("f", Some(&text)) {
            Err(problems) => prop_assert_eq!(edited, Err(problems)),
            Ok(_) => prop_assert!(edited.is_ok(), "{:?}", edited),
        }
    }

    #[test]
    fn an_edit_does_what_it_says_and_nothing_else(
        text in valid_text(),
        edits in prop::collection::vec((any_edit(), prop::option::of("pve[23]")), 1..6),
    ) {
        let mut text = text;
        for (change, node) in edits {
            if matches!((change, &node), (Edit::NoPhase, None)) {
                prop_assert!(edit("f", Some(&text), None, &change).is_err(), "a phase there must be");
                continue;
            }
            let before = Migration::parse("f", Some(&text))
                .map_err(|problems| TestCaseError::fail(format!("{problems}\n{text}")))?;
            let edited = edit("f", Some(&text), node.as_deref(), &change)
                .map_err(|problems| TestCaseError::fail(format!("{problems}\n{change:?}\n{text}")))?;
            let after = Migration::parse("f", Some(&edited)).unwrap();

            let mut expected = before;
            apply(&mut expected, node.as_deref(), &change, &edited);
            let mut after = after;
            // To leave a node's function to the phase does not make a part for this node.
            for node in ["pve2", "pve3"] {
                let all = &after.everywhere;
                after.nodes.entry(node.into()).or_insert_with(|| all.clone());
                let all = &expected.everywhere;
                expected.nodes.entry(node.into()).or_insert_with(|| all.clone());
            }
            prop_assert_eq!(&after, &expected, "{:?} {:?}\n{}\n---\n{}", node, change, text, edited);

            let comments = |text: &str| -> Vec<String> {
                let lines = text.lines().map(str::trim).filter(|line| line.starts_with('#'));
                lines.map(String::from).collect()
            };
            prop_assert_eq!(comments(&edited), comments(&text));
            let ends = edited.matches("\r\n").count();
            let is_crlf = text.contains("\r\n");
            prop_assert_eq!(ends, if is_crlf { edited.matches('\n').count() } else { 0 });

            // The same again changes nothing.
            prop_assert_eq!(&edit("f", Some(&edited), node.as_deref(), &change).unwrap(), &edited);
            text = edited;
        }
    }
}
