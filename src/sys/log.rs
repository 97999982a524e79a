//! The migration log, `/var/log/pve-network/migration.log`: one line an event, in logfmt.
//!
//! Source: the Perl module `PVE::Network::RS::Log`, which writes most of it.

use nix::fcntl::OFlag;
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

/// The log, below the root of a node.
pub const FILE: &str = "var/log/pve-network/migration.log";

/// The log of addresses, which the Perl module `PVE::Network::RS::IpamLog` writes.
pub const ADDRESSES: &str = "var/log/pve-network/ipam.log";

/// The longest value, in characters: a line names what happened, it is no place for documents.
const LONGEST: usize = 200;

/// Appends an event to the log of the node whose root is `root`: pairs of names and values.
///
/// Many processes share the file: a line is one write, and O_APPEND keeps writes apart.
///
/// # Errors
///
/// If there is no folder for it, or it cannot be written.
pub fn event(root: &Path, node: &str, fields: &[(&str, &str)]) -> super::Result<()> {
    let path = root.join(FILE);
    let (time, pid) = (rfc3339(now()), std::process::id().to_string());
    let head = [("time", time.as_str()), ("node", node), ("pid", &pid)];
    let words = head.iter().chain(fields).map(|(name, value)| format!("{name}={}", quote(value)));
    let line = words.collect::<Vec<_>>().join(" ") + "\n";
    append(&path, &line).map_err(super::Error::file(&path))
}

fn append(path: &Path, line: &str) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.append(true).create(true).mode(0o640).custom_flags(OFlag::O_NOFOLLOW.bits());
    // A part of a line would spoil the next one, so what was not written at once is not written.
    options.open(path)?.write(line.as_bytes()).and_then(|written| match written {
        written if written == line.len() => Ok(()),
        _ => Err(io::ErrorKind::StorageFull.into()),
    })
}

fn quote(value: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_.:,+@/-".contains(c);
    let is_long = value.chars().count() > LONGEST;
    if !value.is_empty() && !is_long && value.chars().all(is_plain) {
        return value.into();
    }
    let cut: String = value.chars().take(LONGEST).collect();
    let dots = if is_long { "..." } else { "" };
    let mut quoted = String::from("\"");
    for c in cut.chars().chain(dots.chars()) {
        match c {
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            '"' | '\\' => quoted.extend(['\\', c]),
            c if c.is_control() => quoted.push_str(&format!("\\x{:02x}", u32::from(c))),
            c => quoted.push(c),
        }
    }
    quoted + "\""
}

/// Seconds since 1970, with their fractions.
fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64()
}

/// A time in seconds since 1970 as RFC 3339 has it, in UTC, with milliseconds.
pub fn rfc3339(time: f64) -> String {
    let milliseconds = (time * 1000.0) as u64;
    let (days, second) = (milliseconds / 86_400_000, milliseconds / 1000 % 86400);
    // Days are counted from 0000-03-01 in eras of 400 years: a leap day ends its year.
    let days = days + 719_468;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = era * 400 + year + u64::from(month <= 2);
    format!(
        "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}.{:03}Z",
        second / 3600,
        second / 60 % 60,
        second % 60,
        milliseconds % 1000
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times() {
        for (time, text) in [
            (0.0, "1970-01-01T00:00:00.000Z"),
            (951_782_399.5, "2000-02-28T23:59:59.500Z"),
            (951_782_400.0, "2000-02-29T00:00:00.000Z"),
            (1_709_251_200.25, "2024-03-01T00:00:00.250Z"),
            (4_107_542_399.0, "2100-02-28T23:59:59.000Z"),
            (4_107_542_400.0, "2100-03-01T00:00:00.000Z"),
        ] {
            assert_eq!(rfc3339(time), text);
        }
    }

    #[test]
    fn values() {
        for (value, quoted) in [
            ("rust-sdn", "rust-sdn"),
            ("", "\"\""),
            ("a b", "\"a b\""),
            ("a\"b\\c\n\t\u{1b}", r#""a\"b\\c\n\t\x1b""#),
            ("ä", "\"ä\""),
        ] {
            assert_eq!(quote(value), quoted);
        }
        assert_eq!(quote(&"x".repeat(201)).len(), 200 + 5);
    }

    #[test]
    fn events_are_lines() {
        let root = tempfile::tempdir().unwrap();
        assert!(event(root.path(), "pve1", &[]).is_err(), "there is no folder");
        std::fs::create_dir_all(root.path().join("var/log/pve-network")).unwrap();
        event(root.path(), "pve1", &[("event", "a"), ("text", "b c")]).unwrap();
        event(root.path(), "pve1", &[("event", "b")]).unwrap();
        let text = std::fs::read_to_string(root.path().join(FILE)).unwrap();
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines.len(), 2);
        assert!(lines[0].starts_with("time=20"), "{text}");
        assert!(lines[0].ends_with("event=a text=\"b c\""), "{text}");
        assert!(lines[1].contains(" node=pve1 pid="), "{text}");
    }
}
