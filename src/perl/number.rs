//! Numbers from strings and back.

use super::Charset;

/// True if `text` is not empty and all ASCII digits, Perl's `^\d+$` on bytes.
pub fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

/// Splits at the last `separator`, if all behind it are ASCII digits, and there are some.
pub fn split_number(text: &str, separator: char) -> Option<(&str, &str)> {
    let start = text.trim_end_matches(|c: char| c.is_ascii_digit());
    let number = &text[start.len()..];
    let start = start.strip_suffix(separator)?;
    (!number.is_empty()).then_some((start, number))
}

/// Perl's number of a string: the longest numeric prefix behind blanks, else 0.
pub fn number(text: &str) -> f64 {
    let text = text.trim_start_matches(|c| Charset::Ascii.is_space(c));
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let sign = if text.starts_with('-') { -1.0 } else { 1.0 };

    let word = unsigned.get(..3).unwrap_or_default();
    if word.eq_ignore_ascii_case("inf") {
        return sign * f64::INFINITY;
    }
    if word.eq_ignore_ascii_case("nan") {
        return f64::NAN;
    }

    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let mut end = digits(unsigned);
    if unsigned[end..].starts_with('.') {
        let fraction = digits(&unsigned[end + 1..]);
        if end + fraction == 0 {
            return 0.0;
        }
        end += 1 + fraction;
    }
    if end > 0 && unsigned[end..].starts_with(['e', 'E']) {
        let exponent = &unsigned[end + 1..];
        let signed = usize::from(exponent.starts_with(['+', '-']));
        let count = digits(&exponent[signed..]);
        if count > 0 {
            end += 1 + signed + count;
        }
    }
    sign * unsigned[..end].parse().unwrap_or(0.0)
}

/// Perl's text of a number (`%.15g`).
pub fn number_text(number: f64) -> String {
    if !number.is_finite() {
        return match number {
            n if n.is_nan() => "NaN".into(),
            n if n > 0.0 => "Inf".into(),
            _ => "-Inf".into(),
        };
    }
    if number == 0.0 {
        return "0".into();
    }
    let scientific = format!("{number:.14e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let strip = |text: &str| -> String {
        if text.contains('.') {
            text.trim_end_matches('0').trim_end_matches('.').into()
        } else {
            text.into()
        }
    };
    if (-4..15).contains(&exponent) {
        let decimals = usize::try_from(14 - exponent).unwrap_or(0);
        return strip(&format!("{number:.decimals$}"));
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{}e{sign}{:02}", strip(digits), exponent.abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn split_at_a_number() {
        for (text, expected) in [
            ("a/1", Some(("a", "1"))),
            ("a/1/24", Some(("a/1", "24"))),
            ("/24", Some(("", "24"))),
            ("a/", None),
            ("a/1b", None),
            ("a1", None),
            ("12", None),
            ("", None),
            ("a/\u{661}", None),
        ] {
            assert_eq!(split_number(text, '/'), expected, "{text}");
        }
    }

    #[test]
    fn numbers_of_strings() {
        for (text, expected) in [
            ("1500", 1500.0),
            (" 12abc", 12.0),
            ("-3", -3.0),
            ("+4", 4.0),
            ("1.5e3", 1500.0),
            ("1e", 1.0),
            (".5", 0.5),
            ("5.", 5.0),
            (".", 0.0),
            ("0x10", 0.0),
            ("abc", 0.0),
            ("", 0.0),
            ("Infinity", f64::INFINITY),
            ("\u{e9}1", 0.0),
        ] {
            assert_eq!(number(text), expected, "{text}");
        }
        assert!(number("nan").is_nan());
    }

    #[test]
    fn strings_of_numbers() {
        for (number, expected) in [
            (0.1, "0.1"),
            (1500.0, "1500"),
            (-2.5, "-2.5"),
            (1e15, "1e+15"),
            (123456789012345.0, "123456789012345"),
            (1e-5, "1e-05"),
            (0.0001, "0.0001"),
            (1.0 / 3.0, "0.333333333333333"),
            (0.0, "0"),
            (f64::NEG_INFINITY, "-Inf"),
        ] {
            assert_eq!(number_text(number), expected);
        }
    }
}
