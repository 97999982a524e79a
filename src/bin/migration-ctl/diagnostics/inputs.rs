//! What goes into the archive: files of the node, and what the programs say of it.

use crate::store::Store;
use pve_network_rs::sys::file;
use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// At most so many bytes of a file go into the archive.
const LIMIT: u64 = 1 << 20;

/// At most so many files of one row of the table do, the newest.
const MOST: usize = 50;

/// THE table: which files, `*` standing for any name that does not begin with a dot.
const FILES: &[(&str, Part)] = &[
    ("etc/pve/network/migration.toml", Part::Start),
    ("etc/network/interfaces", Part::Start),
    ("etc/network/interfaces.new", Part::Start),
    ("etc/network/interfaces.d/*", Part::Start),
    ("etc/pve/sdn/*", Part::Start),
    ("etc/pve/sdn/.running-config", Part::Start),
    ("etc/pve/.members", Part::Start),
    ("etc/pve/.version", Part::Start),
    ("etc/pve/nodes/*/network-migration.json", Part::Start),
    ("etc/frr/*", Part::Start),
    ("etc/dnsmasq.d/*/*", Part::Start),
    ("var/log/pve-network/*", Part::End),
    ("var/lib/pve-network-rs/*", Part::Start),
    ("var/lib/pve-network-rs/*/*", Part::Start),
    ("run/pve-network-rs/service/*", Part::Start),
];

/// Where secrets are that no file above has: they are looked for, and do not go into the archive.
const SECRETS: &[&str] = &["etc/pve/priv/*.token", "etc/pve/priv/pve-network-rs.*"];

/// Which part of a file goes in if it is too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Start,
    End,
}

/// One file for the archive.
pub(super) struct Input {
    /// Its path, below the root of the node.
    pub(super) path: PathBuf,
    /// What it holds, or why it could not be read.
    pub(super) text: Result<String, String>,
}

/// The files of a node.
pub(super) fn files(store: &Store) -> Vec<Input> {
    let mut inputs: Vec<Input> = Vec::new();
    for (pattern, part) in FILES {
        let mut found = matching(store.root(), pattern);
        let age = |path: &PathBuf| fs::metadata(path).and_then(|file| file.modified()).ok();
        found.sort_by_key(|path| std::cmp::Reverse(age(path)));
        found.truncate(MOST);
        found.sort();
        for path in found {
            let text = read(&path, *part).map_err(|error| error.to_string());
            let path = path.strip_prefix(store.root()).unwrap_or(&path).to_path_buf();
            inputs.push(Input { path, text });
        }
    }
    inputs
}

/// The texts of the files that hold nothing but a secret.
pub(super) fn secrets(store: &Store) -> Vec<String> {
    let named = store.read().ok().into_iter().flat_map(|migration| {
        let configs = migration.nodes.values().chain([&migration.everywhere]);
        let files = configs.filter_map(|config| config.perl_api_token_file.clone());
        files
            .map(|path| store.root().join(path.strip_prefix("/").unwrap_or(&path)))
            .collect::<Vec<_>>()
    });
    let files = SECRETS.iter().flat_map(|pattern| matching(store.root(), pattern)).chain(named);
    let texts = files.filter_map(|path| file::read(&path).ok().flatten());
    texts.map(|text| String::from_utf8_lossy(&text).into_owned()).collect()
}

/// The regular files below `root` that a pattern of the table means.
fn matching(root: &Path, pattern: &str) -> Vec<PathBuf> {
    let mut found = vec![root.to_path_buf()];
    for name in pattern.split('/') {
        found = match name.split_once('*') {
            None => found.into_iter().map(|folder| folder.join(name)).collect(),
            Some((start, end)) => {
                let entries = found.iter().flat_map(fs::read_dir).flatten().flatten();
                let is_meant = |name: &str| {
                    !name.starts_with('.') && name.starts_with(start) && name.ends_with(end)
                };
                let entries =
                    entries.filter(|entry| entry.file_name().to_str().is_some_and(is_meant));
                entries.map(|entry| entry.path()).collect()
            }
        };
    }
    found.retain(|path| path.is_file());
    found
}

/// A file, or the part of it that there is room for.
fn read(path: &Path, part: Part) -> std::io::Result<String> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    if part == Part::End && length > LIMIT {
        file.seek(SeekFrom::Start(length - LIMIT))?;
    }
    let mut bytes = Vec::new();
    file.take(LIMIT).read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let cut = "[here it was cut]\n";
    Ok(match part {
        _ if length <= LIMIT => text,
        Part::Start => format!("{text}\n{cut}"),
        // A part of a line may be a part of a secret, without its name.
        Part::End => format!("{cut}{}", text.split_once('\n').map_or("", |(_, lines)| lines)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        let root = tempfile::tempdir().unwrap();
        for path in ["a/b/x.cfg", "a/b/.hidden", "a/c/x.cfg", "a/c/y", "a/z"] {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        for (pattern, expected) in [
            ("a/*", vec!["a/z"]),
            ("a/*/*", vec!["a/b/x.cfg", "a/c/x.cfg", "a/c/y"]),
            ("a/*/x.*", vec!["a/b/x.cfg", "a/c/x.cfg"]),
            ("a/b/.hidden", vec!["a/b/.hidden"]),
            ("a/b", vec![]),
            ("none/*", vec![]),
        ] {
            let mut found = matching(root.path(), pattern);
            found.sort();
            let expected: Vec<_> = expected.iter().map(|path| root.path().join(path)).collect();
            assert_eq!(found, expected, "{pattern}");
        }
    }

    #[test]
    fn long_files_are_cut() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        fs::write(&path, format!("first\n{}last\n", "x\n".repeat(1 << 20))).unwrap();
        let [start, end] = [Part::Start, Part::End].map(|part| read(&path, part).unwrap());
        assert!(start.starts_with("first\nx") && start.ends_with("\n[here it was cut]\n"));
        assert!(end.starts_with("[here it was cut]\nx\n") && end.ends_with("x\nlast\n"));
        assert!([start, end].iter().all(|text| text.len() < (1 << 20) + 50));
    }
}
