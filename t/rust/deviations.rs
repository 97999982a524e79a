//! Every deliberate difference from the original has a reason and a test.

#![allow(clippy::unwrap_used)] // a test that cannot go on fails

use std::fs;

#[test]
fn every_difference_has_a_reason_and_a_test() {
    let mut count = 0;
    for entry in fs::read_dir("fixtures/deviations").unwrap() {
        let path = entry.unwrap().path();
        if path.ends_with("README.md") {
            continue;
        }
        count += 1;
        let text = fs::read_to_string(&path).unwrap();
        for part in ["# ", "original: ", "here: ", "why: ", "when: ", "test: "] {
            let has_part = text.lines().any(|line| line.starts_with(part));
            assert!(has_part, "{}: no line '{part}'", path.display());
        }
        for test in text.lines().filter_map(|line| line.strip_prefix("test: ")) {
            let (file, name) = test.split_once(' ').unwrap();
            let code = fs::read_to_string(file).unwrap_or_default();
            assert!(code.contains(name), "{}: no test {test}", path.display());
        }
    }
    assert!(count > 0);
}
