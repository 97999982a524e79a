//! Finding a free place among numbers in use.

/// The lowest number that is not in `used`.
///
/// Of as many numbers as are used and one more, one must be free: no more are looked at, however
/// large the numbers may be.
pub(super) fn first_free(used: &[u128]) -> u128 {
    let mut is_used = vec![false; used.len()];
    for &number in used {
        let slot = usize::try_from(number).ok().and_then(|at| is_used.get_mut(at));
        if let Some(slot) = slot {
            *slot = true;
        }
    }
    let free = is_used.iter().position(|is_used| !is_used);
    free.unwrap_or(used.len()) as u128
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lowest() {
        for (used, expected) in
            [(&[][..], 0), (&[0], 1), (&[1], 0), (&[2, 0, 1], 3), (&[u128::MAX, 0, 0, 7], 1)]
        {
            assert_eq!(first_free(used), expected, "{used:?}");
        }
    }
}
