mod corpus;
use pve_network_rs::interfaces::{Dialect, loss};
use pve_network_rs::perl::{ByteText, Charset};
#[test]
fn show() {
    for f in ["fixtures/golden/interfaces.ndjson"] {
        for case in corpus::cases(f) {
            let text = ByteText::decode(case["in"]["text"].as_str().unwrap().as_bytes());
            let r = loss(
                ByteText::new(&text).unwrap(),
                &corpus::facts(&case["in"]),
                Dialect::Ifupdown2,
                Charset::Latin1,
            );
            println!("== {} {}", case["id"], case["about"]);
            match r {
                Ok(l) => {
                    for l in l {
                        println!("   {l}   [{:?}]", l.kind)
                    }
                }
                Err(e) => println!("  {e:?}"),
            }
        }
    }
}
