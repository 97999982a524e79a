//! What needs no escape in a string of JSON, eight bytes at once.

/// The length of the start of a text that stands for itself in a string.
pub(super) fn plain_len(text: &[u8]) -> usize {
    let len = text.len();
    let mut at = 0;
    while let Some(bytes) = text[at..].first_chunk() {
        if let Some(place) = special(u64::from_le_bytes(*bytes)) {
            return at + place;
        }
        at += 8;
    }
    if at == len {
        return len;
    }
    // Less than eight bytes are left; with some before them, which are plain, it is a word again.
    if let Some(bytes) = text.last_chunk() {
        return special(u64::from_le_bytes(*bytes)).map_or(len, |place| len + place - 8);
    }
    // Four to seven bytes: the first four and the last four, some of which are in both.
    if let (Some(start), Some(end)) = (text.first_chunk(), text.last_chunk()) {
        let (start, end) = (u32::from_le_bytes(*start), u32::from_le_bytes(*end));
        return match special(u64::from(start) | u64::from(end) << 32) {
            Some(place @ 4..) => len + place - 8,
            place => place.unwrap_or(len),
        };
    }
    text.iter().position(|byte| is_special(*byte)).unwrap_or(len)
}

fn is_special(byte: u8) -> bool {
    byte < b' ' || matches!(byte, b'"' | b'\\')
}

/// The place of the first of eight bytes that is special, from the lowest one on.
fn special(word: u64) -> Option<usize> {
    const ONES: u64 = u64::MAX / 255;
    const TOPS: u64 = ONES << 7;

    // What is less than 0 after a subtraction has its top bit set, unless it was before; a borrow
    // may set that of the next byte, so that only the first one counts.
    let below = |word: u64, limit: u64| word.wrapping_sub(ONES.wrapping_mul(limit)) & !word;
    let is = |byte: u8| below(word ^ ONES.wrapping_mul(byte.into()), 1);
    let found = (below(word, b' '.into()) | is(b'"') | is(b'\\')) & TOPS;
    (found != 0).then(|| found.trailing_zeros() as usize / 8)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    #[test]
    fn finds_each_at_each_place() {
        for (len, at) in (0..=24).flat_map(|len| (0..len).map(move |at| (len, at))) {
            let mut text = vec![b'a'; len];
            assert_eq!(plain_len(&text), len);
            for special in [0, 0x1f, b'"', b'\\'] {
                text[at] = special;
                assert_eq!(plain_len(&text), at, "{text:?}");
            }
        }
    }

    proptest! {
        #[test]
        fn as_a_loop_does(text in vec(prop_oneof![0x1f_u8..0x24, b'['..b'^', any::<u8>()], 0..40)) {
            let len = text.iter().position(|byte| is_special(*byte)).unwrap_or(text.len());
            prop_assert_eq!(plain_len(&text), len);
        }
    }
}
