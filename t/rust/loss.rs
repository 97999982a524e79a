mod corpus;
use pve_network_rs::interfaces::{self, Config, Dialect, Fidelity};
use pve_network_rs::notes::Notes;
use pve_network_rs::perl::{ByteText, Charset};
#[test]
fn show() {
    for f in ["fixtures/golden/interfaces.ndjson", "fixtures/golden/interfaces-edit.ndjson"] {
        for case in corpus::cases(f) {
            let raw = case["in"]["text"].as_str().unwrap();
            let text = ByteText::decode(raw.as_bytes());
            let base = ByteText::new(&text).unwrap();
            let config =
                interfaces::parse(base, &corpus::facts(&case["in"]), Charset::Latin1).unwrap();
            let mut config = serde_json::to_value(&config).unwrap();
            corpus::edit(&mut config, &case["in"]["edits"]);
            let doc = config.to_string();
            let config: Config = serde_json::from_str(&doc).unwrap();
            let config2: Config = serde_json::from_str(&doc).unwrap();
            println!("== {} {}", case["id"], case["about"]);
            let exact = interfaces::render(
                config2,
                Dialect::Ifupdown2,
                Charset::Latin1,
                &mut Notes::default(),
            );
            match interfaces::rewrite(
                base,
                config,
                Fidelity::Preserve,
                Dialect::Ifupdown2,
                Charset::Latin1,
                &mut Notes::default(),
            ) {
                Ok(text) if text == raw => println!("  same"),
                Ok(text) => println!(
                    "{}",
                    similar::TextDiff::from_lines(raw, text.as_str())
                        .unified_diff()
                        .context_radius(3)
                ),
                Err(e) => println!("  {} {e}", if exact.is_ok() { "REFUSED" } else { "died" }),
            }
        }
    }
}
