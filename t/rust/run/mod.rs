//! Runs `pvenet` in a folder and compares what it prints with a file there.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

pub(crate) fn pvenet(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pvenet"));
    command.current_dir(folder).args(["--root", "."]).args(args);
    command.env_remove("NO_COLOR").stdin(Stdio::null());
    command
}

/// All that a run shows: output, messages marked by `!`, and the exit code; of JSON only the output.
pub(crate) fn transcript(output: &Output, is_json: bool) -> String {
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    if is_json {
        return stdout;
    }
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    let messages: String = stderr.lines().map(|line| format!("! {line}\n")).collect();
    format!("{stdout}{messages}[exit {}]\n", output.status.code().unwrap())
}

/// Runs a command and compares with the file, or rewrites that; says what differs.
pub(crate) fn check(folder: &Path, file: &str, args: &[&str]) -> Option<String> {
    let output = pvenet(folder, args).output().unwrap();
    let got = transcript(&output, file.ends_with(".json"));
    let path = folder.join("expected").join(file);
    if std::env::var_os("BLESS").is_some() {
        fs::create_dir_all(folder.join("expected")).unwrap();
        fs::write(&path, &got).unwrap();
    }
    let want = fs::read_to_string(&path).unwrap_or_default();
    (want != got).then(|| format!("{}\n--- want\n{want}--- got\n{got}", path.display()))
}

pub(crate) fn folders(parent: &str) -> Vec<PathBuf> {
    let mut folders: Vec<_> = fs::read_dir(parent)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    folders.sort();
    assert!(!folders.is_empty(), "{parent} is empty");
    folders
}

pub(crate) fn assert_none(differences: impl Iterator<Item = String>) {
    let differences: Vec<String> = differences.collect();
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}
