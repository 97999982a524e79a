//! `migration-ctl`, run as a process on a root folder of its own.
//!
//! Every folder of `fixtures/migration-ctl` is one case: `command` (the arguments), `before.toml`
//! (none: there is no file), `after.toml` (none: the file is not touched), `stdout` (none: not
//! compared), `stderr` (none: empty) and `code` (none: 0). `BLESS=1` rewrites `stdout` and `stderr`
//! where they are.
#![allow(clippy::unwrap_used)]

use pve_network_rs::migration::{Phase, SEAMS};
use serde_json::Value;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::{env, fs};
use tempfile::TempDir;

/// A node with nothing on it but a place for the file.
struct Node(TempDir);

impl Node {
    fn new(text: Option<&[u8]>) -> Self {
        let node = Node(tempfile::tempdir().unwrap());
        fs::create_dir_all(node.0.path().join("etc/pve/priv")).unwrap();
        if let Some(text) = text {
            fs::create_dir(node.folder()).unwrap();
            fs::write(node.file(), text).unwrap();
        }
        node
    }

    fn folder(&self) -> PathBuf {
        self.0.path().join("etc/pve/network")
    }

    fn file(&self) -> PathBuf {
        self.folder().join("migration.toml")
    }

    fn text(&self) -> Option<String> {
        let bytes = fs::read(self.file()).ok()?;
        Some(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// The program, in the root folder so that messages are the same everywhere.
    fn command(&self, args: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_migration-ctl"));
        command.current_dir(self.0.path()).args(["--root", "."]).args(args.split_whitespace());
        command
    }

    fn run(&self, args: &str) -> Output {
        self.command(args).output().unwrap()
    }

    /// What is in the folder of the file.
    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.folder()).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }
}

fn stdout(output: &Output) -> &str {
    std::str::from_utf8(&output.stdout).unwrap()
}

fn stderr(output: &Output) -> &str {
    std::str::from_utf8(&output.stderr).unwrap()
}

fn fits(text: &str, what: &str) {
    for line in text.lines() {
        assert!(line.chars().count() <= 80, "{what}: too long: {line}");
        assert!(!line.contains('\u{1b}'), "{what}: colours without a terminal: {line}");
    }
}

#[test]
fn every_case() {
    let bless = env::var_os("BLESS").is_some();
    let cases = fs::read_dir("fixtures/migration-ctl").unwrap().map(|entry| entry.unwrap().path());
    let mut number = 0;
    for case in cases.filter(|path| path.is_dir()) {
        number += 1;
        let name = case.display().to_string();
        let before = fs::read(case.join("before.toml")).ok();
        let node = Node::new(before.as_deref());
        let output = node.run(&fs::read_to_string(case.join("command")).unwrap());

        for (file, text) in [("stdout", stdout(&output)), ("stderr", stderr(&output))] {
            fits(text, &name);
            let path = case.join(file);
            if bless && path.exists() {
                fs::write(&path, text).unwrap();
            }
            if path.exists() || file == "stderr" {
                let expected = fs::read_to_string(path).unwrap_or_default();
                assert_eq!(text, expected, "{name}: {file}");
            }
        }
        let code = fs::read_to_string(case.join("code")).unwrap_or("0".into());
        assert_eq!(output.status.code(), code.trim().parse().ok(), "{name}");
        let after = fs::read(case.join("after.toml")).ok().or(before);
        let after = after.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        assert_eq!(node.text(), after, "{name}");
        if after.is_some() {
            assert_eq!(node.names(), ["migration.toml"], "{name}");
        }
    }
    assert!(number > 0);
}

#[test]
fn phase_set_names_every_function_that_changes() {
    for phase in Phase::ALL {
        let node = Node::new(Some(b"phase = \"perl-only\"\n"));
        let output = node.run(&format!("phase set {phase}"));
        fits(stdout(&output), phase.name());
        let text = stdout(&output).replace("\n    ", " ");
        let line = text.lines().find_map(|line| line.strip_prefix("  perl -> rust: "));
        let told: Vec<_> = line.into_iter().flat_map(|line| line.split(", ")).collect();
        let changed = SEAMS.iter().filter(|seam| seam.phase <= phase);
        let changed = changed.filter(|seam| seam.limited_until.is_none_or(|until| phase >= until));
        assert_eq!(told, changed.map(|seam| seam.name).collect::<Vec<_>>(), "{phase}");
        for seam in SEAMS.iter().filter(|seam| seam.phase <= phase) {
            assert!(text.contains(seam.name), "{phase} {}", seam.name);
        }
        assert_eq!(stdout(&node.run("phase get")), format!("{phase}\n"));
    }
}

#[test]
fn function_list_has_every_function() {
    for phase in Phase::ALL {
        let node = Node::new(Some(format!("phase = \"{phase}\"\n").as_bytes()));
        let text = node.run("function list --node pve1");
        fits(stdout(&text), phase.name());
        let json = node.run("function list --node pve1 --format json");
        let json: Value = serde_json::from_slice(&json.stdout).unwrap();
        assert_eq!((&json["node"], &json["phase"]), (&"pve1".into(), &phase.name().into()));

        let functions = json["functions"].as_array().unwrap();
        assert_eq!(functions.len(), SEAMS.len());
        for (seam, function) in SEAMS.iter().zip(functions) {
            assert_eq!(function["name"], seam.name);
            assert_eq!(function["why"], "phase");
            let is_limited = seam.limited_until.is_some_and(|until| phase < until);
            let is_rust = phase >= seam.phase;
            assert_eq!(function["engine"], if is_rust { "rust" } else { "perl" });
            let kinds = function["kinds"].as_array().unwrap();
            assert_eq!(!kinds.is_empty(), is_rust && is_limited, "{}", seam.name);

            let engine = match (is_rust, is_limited) {
                (false, _) => "perl",
                (true, false) => "rust",
                (true, true) => "rust*",
            };
            let mut lines = stdout(&text).lines().map(|line| line.split_whitespace());
            let row = [seam.name, engine, "phase", seam.phase.name()];
            assert!(lines.any(|line| line.eq(row)), "{phase} {row:?}\n{}", stdout(&text));
        }
    }
}

#[test]
fn the_node_is_this_one() {
    let host = fs::read_to_string("/proc/sys/kernel/hostname").unwrap();
    let host = host.trim().split('.').next().unwrap();
    let text = format!("phase = \"perl-only\"\n[nodes.{host}]\nphase = \"rust-full\"\n");
    let node = Node::new(Some(text.as_bytes()));
    assert_eq!(stdout(&node.run("phase get")), "rust-full\n");
    assert_eq!(stdout(&node.run("phase get --node other")), "perl-only\n");
}

#[test]
fn a_node_that_is_not_in_the_cluster() {
    let node = Node::new(None);
    fs::create_dir_all(node.0.path().join("etc/pve/nodes/pve2")).unwrap();
    let hint = |name| {
        let output = node.run(&format!("phase set rust-sdn --node {name}"));
        stdout(&output).contains(&format!("there is no node {name}"))
    };
    assert!(!hint("pve2"));
    assert!(hint("pve22"));
}

#[test]
fn help_of_every_command() {
    let node = Node::new(None);
    let mut commands = vec![String::new()];
    let mut number = 0;
    while let Some(command) = commands.pop() {
        number += 1;
        for help in ["--help", "-h"] {
            let output = node.run(&format!("{command} {help}"));
            assert_eq!(output.status.code(), Some(0), "{command}");
            fits(stdout(&output), &command);
        }
        let output = node.run(&format!("{command} --help"));
        let help = stdout(&output);
        if let Some((_, list)) = help.split_once("\nCommands:\n") {
            let names = list.lines().take_while(|line| line.starts_with("  "));
            // A name is indented less than the lines its text goes on in.
            let names = names.filter(|line| !line.starts_with("   "));
            let names = names.filter_map(|line| line.split_whitespace().next());
            let names = names.filter(|name| *name != "help");
            commands.extend(names.map(|name| format!("{command} {name}")));
        } else {
            assert!(help.contains("\nExample"), "{command}: no example");
        }
    }
    assert!(number >= 20, "{number} commands");
    assert!(stdout(&node.run("--help")).contains("Exit status: 0 "));
}

/// Every example of a help text works, on an empty node. Those that need the service are in
/// `watch.rs`.
#[test]
fn examples() {
    let node = Node::new(None);
    let mut number = 0;
    for command in [
        "",
        "phase get",
        "phase set",
        "feature list",
        "feature enable",
        "feature disable",
        "function list",
        "function set",
        "function unset",
    ] {
        let help = node.run(&format!("{command} --help"));
        for line in stdout(&help).lines() {
            let example = line.trim().strip_prefix("migration-ctl ");
            if let Some(example) = example.filter(|example| !needs_service(example)) {
                // What the example does stands behind two blanks.
                let example = example.split("  ").next().unwrap();
                let output = node.run(example);
                assert_eq!(output.status.code(), Some(0), "{example}: {}", stderr(&output));
                number += 1;
            }
        }
    }
    assert!(number >= 15, "{number} examples");
}

fn needs_service(example: &str) -> bool {
    example.contains("--wait") || example.starts_with("health")
}

#[test]
fn completions_know_names() {
    for shell in ["bash", "zsh"] {
        let output = Node::new(None).run(&format!("completions {shell}"));
        assert_eq!(output.status.code(), Some(0), "{shell}");
        for name in ["rust-read-only", "rust_daemon", "shadow", SEAMS[0].name] {
            assert!(stdout(&output).contains(name), "{shell}: {name}");
        }
    }
    let mut bash = Command::new("bash").arg("-n").stdin(Stdio::piped()).spawn().unwrap();
    let script = Node::new(None).run("completions bash").stdout;
    std::io::Write::write_all(&mut bash.stdin.take().unwrap(), &script).unwrap();
    assert!(bash.wait().unwrap().success());
}

#[test]
fn a_reader_that_leaves_early_is_no_error() {
    let node = Node::new(None);
    let mut command = node.command("completions bash");
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), stderr(&output)), (Some(0), ""));
}

#[test]
fn output_that_cannot_be_written_is_an_error() {
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = Node::new(None).command("phase get").stdout(full).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("No space left"), "{}", stderr(&output));
}

#[test]
fn what_is_no_node_is_refused() {
    let root = tempfile::tempdir().unwrap();
    let node = Node(root);
    let output = node.run("phase set rust-full");
    assert_eq!(output.status.code(), Some(1));
    let hint = "is pve-cluster.service running?";
    assert!(stderr(&output).replace("\n    ", " ").contains(hint), "{}", stderr(&output));
    assert!(!node.0.path().join("etc").exists());
    // Nor is the place where pmxcfs is going to be mounted.
    let pve = node.0.path().join("etc/pve");
    fs::create_dir_all(&pve).unwrap();
    assert_eq!(node.run("phase set rust-full").status.code(), Some(1));
    assert_eq!(fs::read_dir(pve).unwrap().count(), 0);
}

#[test]
fn a_folder_in_place_of_the_file() {
    let node = Node::new(None);
    fs::create_dir_all(node.file()).unwrap();
    for command in ["phase get", "phase set rust-full"] {
        let output = node.run(command);
        assert_eq!(output.status.code(), Some(1));
        assert!(stderr(&output).contains("not a regular file"), "{}", stderr(&output));
    }
}

#[test]
fn the_file_keeps_its_mode() {
    let node = Node::new(Some(b"phase = \"perl-only\"\n"));
    fs::set_permissions(node.file(), fs::Permissions::from_mode(0o640)).unwrap();
    assert_eq!(node.run("phase set rust-full").status.code(), Some(0));
    let mode = fs::metadata(node.file()).unwrap().permissions().mode();
    assert_eq!(mode & 0o7777, 0o640);
}

#[test]
fn a_lock_that_another_node_holds() {
    let node = Node::new(Some(b"phase = \"perl-only\"\n"));
    let lock = node.0.path().join("etc/pve/priv/lock/file-network_migration_toml");
    fs::create_dir_all(&lock).unwrap();
    // What changes nothing needs no lock.
    assert_eq!(node.run("phase set perl-only").status.code(), Some(0));
    let mut waits = node.command("phase set rust-full").stdout(Stdio::null()).spawn().unwrap();
    std::thread::sleep(std::time::Duration::from_millis(300));
    assert!(waits.try_wait().unwrap().is_none());
    assert_eq!(node.text().unwrap(), "phase = \"perl-only\"\n");
    // What the other one did meanwhile is kept.
    fs::write(node.file(), "phase = \"perl-only\"\n# by another node\n").unwrap();
    fs::remove_dir(lock).unwrap();
    assert!(waits.wait().unwrap().success());
    assert_eq!(node.text().unwrap(), "phase = \"rust-full\"\n# by another node\n");
}

#[test]
fn changes_of_the_phase_are_logged() {
    let node = Node::new(Some(b"phase = \"perl-only\"\n"));
    let output = node.run("phase set rust-sdn --force");
    assert_eq!(output.status.code(), Some(0), "the way is not blocked by a log");
    assert!(stderr(&output).contains("--force is not logged: ./var/log/"), "{}", stderr(&output));
    fs::create_dir_all(node.0.path().join("var/log/pve-network")).unwrap();
    for args in ["rust-full --force", "perl-only --node pve2", "perl-only", "perl-only --force"] {
        let output = node.run(&format!("phase set {args}"));
        assert_eq!((output.status.code(), stderr(&output)), (Some(0), ""), "{args}");
    }
    let log = fs::read_to_string(node.0.path().join("var/log/pve-network/migration.log")).unwrap();
    let events = log.lines().map(|line| line.split_once(" event=").unwrap().1);
    assert_eq!(
        events.collect::<Vec<_>>(),
        [
            "phase_set phase=rust-full nodes=others forced=true",
            "phase_set phase=perl-only nodes=pve2 forced=false",
            "phase_set phase=perl-only nodes=others forced=false",
        ]
    );
}

/// Every command that changes something says what in JSON, too.
#[test]
fn changes_as_json() {
    let node = Node::new(Some(b"phase = \"perl-only\"\n"));
    for (args, written, changes) in [
        ("phase set rust-full --node pve2", true, SEAMS.len() + 1),
        ("phase set rust-full --node pve2", false, 0),
        ("feature enable rust_cli", true, 1), // on pve2, too, and it is told once
        ("function set interfaces.parse perl --node pve2", true, 1),
        ("function unset interfaces.parse --node pve2", true, 1),
        ("phase set perl-only --all-nodes", true, SEAMS.len() + 1), // of pve2
    ] {
        let output = node.run(&format!("{args} --format json"));
        let json: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(json["written"], written, "{args}");
        assert_eq!(json["changes"].as_array().unwrap().len(), changes, "{args} {json:#}");
    }
}

/// Many writers at once: each makes its own change, none is lost. Half of them have no `flock`, as
/// on the nodes of a cluster, where only the lock of the cluster keeps them apart.
#[test]
fn writers_at_the_same_time() {
    let node = Node::new(Some(b"phase = \"perl-only\"\n"));
    let pmxcfs = Pmxcfs::new("pmxcfs-writers.so");
    std::thread::scope(|scope| {
        for writer in 0..4 {
            let (node, pmxcfs) = (&node, &pmxcfs);
            scope.spawn(move || {
                for n in 0..10 {
                    let args = format!("phase set rust-sdn --node n{writer}-{n}");
                    let output = match writer % 2 {
                        0 => node.run(&args),
                        _ => pmxcfs.run(node, "flock=ENOSYS fsync=EINVAL", &args),
                    };
                    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
                }
            });
        }
    });
    let locks = fs::read_dir(node.0.path().join("etc/pve/priv/lock")).unwrap();
    assert_eq!(locks.count(), 0, "a lock is left over");
    let text = node.text().unwrap();
    for (writer, n) in (0..4).flat_map(|writer| (0..10).map(move |n| (writer, n))) {
        assert!(text.contains(&format!("[nodes.n{writer}-{n}]\n")), "{text}");
    }
    assert_eq!(node.names(), ["migration.toml"]);
}

/// A file system as `/etc/pve` is one: `pmxcfs.c` makes calls fail as they do there.
struct Pmxcfs(PathBuf);

impl Pmxcfs {
    fn new(name: &str) -> Self {
        let library = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let mut compiler = Command::new(env::var_os("CC").unwrap_or("cc".into()));
        compiler.args(["-shared", "-fPIC", "-Wall", "-Werror", "-O1", "t/rust/pmxcfs.c", "-ldl"]);
        assert!(compiler.arg("-o").arg(&library).status().unwrap().success());
        Pmxcfs(library)
    }

    fn run(&self, node: &Node, failing: &str, args: &str) -> Output {
        let mut command = node.command(args);
        command.env("LD_PRELOAD", &self.0).env("FAILING", failing).output().unwrap()
    }
}

#[test]
fn file_systems_that_refuse() {
    let pmxcfs = Pmxcfs::new("pmxcfs.so");
    let is_root = fs::metadata("/proc/self").is_ok_and(|proc| {
        use std::os::unix::fs::MetadataExt;
        proc.uid() == 0
    });
    let no_quorum = if is_root { "no quorum" } else { "Permission denied" };
    for (failing, expected) in [
        // What pmxcfs does not know is not needed.
        ("fsync=EINVAL", None),
        ("fsync=ENOSYS fchmod=EPERM fchown=EPERM flock=ENOSYS", None),
        ("flock=ENOLCK", None),
        // What failed is an error.
        ("fsync=EIO", Some("cannot flush: ")),
        ("fchmod=EROFS", Some("cannot keep its owner and mode: ")),
        ("create=EROFS", Some("cannot create a file in its folder: ")),
        ("create=EACCES", Some(no_quorum)),
        ("write=ENOSPC", Some("cannot write: No space left")),
        ("rename=EACCES", Some(no_quorum)),
        ("rename=EIO", Some("cannot put it in place: ")),
        ("flock=EIO", Some("cannot lock its folder: ")),
        ("mkdir=EACCES", Some(no_quorum)),
        ("mkdir=EIO", Some("cannot make its lock: ")),
    ] {
        let node = Node::new(Some(b"phase = \"perl-only\"\n"));
        // A mode that a new file does not have by itself.
        fs::set_permissions(node.file(), fs::Permissions::from_mode(0o604)).unwrap();
        let output = pmxcfs.run(&node, failing, "phase set rust-full");
        let (code, phase) = if expected.is_none() { (0, "rust-full") } else { (1, "perl-only") };
        let message = stderr(&output).replace("\n    ", " ");
        assert_eq!(output.status.code(), Some(code), "{failing}: {message}");
        assert!(message.contains(expected.unwrap_or_default()), "{failing}: {message}");
        assert_eq!(node.text(), Some(format!("phase = \"{phase}\"\n")), "{failing}");
        assert_eq!(node.names(), ["migration.toml"], "{failing}: a file is left over");
    }
}
