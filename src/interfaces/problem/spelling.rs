//! Words that look like a slip of the pen.

/// The word of `known` that `word` was probably meant to be; `None` if it is one, or like none.
pub(super) fn meant<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let slips = match word.len() {
        0..=2 => return None,
        3..=5 => 1,
        _ => 2,
    };
    let distance = |known: &str| strsim::damerau_levenshtein(word, known);
    let near = known
        .into_iter()
        .filter(|known| known.len().abs_diff(word.len()) <= slips)
        .map(|known| (distance(known), known))
        .filter(|(distance, _)| *distance <= slips);
    let (distance, known) = near.min()?;
    (distance > 0).then_some(known)
}

#[cfg(test)]
mod tests {
    #[test]
    fn finds_what_was_meant() {
        let known = ["address", "gateway", "up", "auto", "iface", "bridge-fd"];
        for (word, expected) in [
            ("adress", Some("address")),
            ("adresss", Some("address")),
            ("gatewya", Some("gateway")),
            ("atuo", Some("auto")),
            ("address", None),
            ("metric", None),
            ("u", None),
            ("", None),
        ] {
            assert_eq!(super::meant(word, known), expected, "{word}");
        }
    }
}
