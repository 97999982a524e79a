//! `pvenet ipam` as a user runs it: what it prints, what it exits with, and what it writes.
//!
//! Every folder of `fixtures/ipam` is what a cluster shares, with one kind of problem; what is
//! expected is beside it. `BLESS=1` rewrites the expectations.

#![allow(clippy::unwrap_used)] // a test that cannot go on fails

mod run;
mod server;

use run::{assert_none, check, folders, pvenet, transcript};
use serde_json::{Value, json};
use server::{Server, answer, json as reply};
use std::fs;
use std::net::TcpListener;
use std::path::Path;

/// What is run in every folder, and the file that has the expected output.
const COMMANDS: &[(&str, &[&str])] = &[
    ("list.txt", &["ipam", "list"]),
    ("check.txt", &["ipam", "check"]),
    ("check.json", &["ipam", "check", "--format", "json"]),
    ("dry-run.txt", &["ipam", "check", "--repair", "--dry-run"]),
];

/// What is run in one of them.
const SPECIAL: &[(&str, &str, &[&str])] = &[
    ("clean", "list.json", &["ipam", "list", "--format", "json"]),
    ("outside-and-twice", "list-zone.txt", &["ipam", "list", "--zone", "dmz"]),
    ("outside-and-twice", "list-unknown-zone.txt", &["ipam", "list", "--zone", "dmx"]),
    ("clean", "repair-alone.txt", &["ipam", "check", "--repair"]),
    ("clean", "yes-alone.txt", &["ipam", "check", "--yes"]),
    ("clean", "yes-and-dry-run.txt", &["ipam", "check", "--repair", "--yes", "--dry-run"]),
];

const FILES: [&str; 2] = ["pve-ipam-state.json", "mac-cache.json"];

#[test]
fn clusters() {
    let all = folders("fixtures/ipam");
    let cases = all.iter().flat_map(|folder| COMMANDS.iter().map(move |case| (folder, case)));
    assert_none(cases.filter_map(|(folder, (file, args))| check(folder, file, args)));
    let parent = Path::new("fixtures/ipam");
    assert_none(
        SPECIAL.iter().filter_map(|(case, file, args)| check(&parent.join(case), file, args)),
    );
}

/// A copy of what a cluster shares.
fn copy(folder: &Path) -> tempfile::TempDir {
    let copy = tempfile::tempdir().unwrap();
    copy_all(&folder.join("etc"), &copy.path().join("etc"));
    copy
}

fn copy_all(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let (path, to) = (entry.as_ref().unwrap().path(), to.join(entry.unwrap().file_name()));
        if path.is_dir() {
            copy_all(&path, &to);
        } else {
            fs::copy(path, to).unwrap();
        }
    }
}

fn read(root: &Path, name: &str) -> Option<String> {
    fs::read_to_string(root.join("etc/pve/sdn").join(name)).ok()
}

/// What is mended is right afterwards, and nothing else has changed.
#[test]
fn repairs() {
    const REPAIR: [&str; 4] = ["ipam", "check", "--repair", "--yes"];

    assert_none(folders("fixtures/ipam").iter().filter_map(|folder| {
        let copy = copy(folder);
        let output = pvenet(copy.path(), &REPAIR).output().unwrap();
        let mut got = transcript(&output, false);
        for name in FILES {
            let (before, after) = (read(folder, name), read(copy.path(), name));
            if before != after {
                got += &format!("== {name}\n{}\n", after.unwrap());
            }
        }
        assert_eq!(fs::read_dir(copy.path().join("etc/pve/sdn")).unwrap().count(), {
            let new = usize::from(read(folder, FILES[0]).is_none() && got.contains(FILES[0]));
            fs::read_dir(folder.join("etc/pve/sdn")).unwrap().count() + new
        });
        let again = pvenet(copy.path(), &["ipam", "check", "--format", "json"]).output().unwrap();
        if let Ok(again) = serde_json::from_slice::<Value>(&again.stdout) {
            let findings = again["findings"].as_array().unwrap();
            let left = findings.iter().filter(|finding| finding.get("repair").is_some());
            assert_eq!(left.count(), 0, "{}: {again:#}", folder.display());
        }
        let locks = copy.path().join("etc/pve/priv/lock");
        assert!(!locks.exists() || fs::read_dir(locks).unwrap().count() == 0);

        let path = folder.join("expected/repaired.txt");
        if std::env::var_os("BLESS").is_some() {
            fs::write(&path, &got).unwrap();
        }
        let want = fs::read_to_string(&path).unwrap_or_default();
        (want != got).then(|| format!("{}\n--- want\n{want}--- got\n{got}", path.display()))
    }));
}

#[test]
fn a_lock_of_somebody_else_is_respected() {
    let copy = copy(Path::new("fixtures/ipam/missing"));
    let before = read(copy.path(), FILES[0]);
    let lock = copy.path().join("etc/pve/priv/lock/file-sdn_pve-ipam-state_json");
    fs::create_dir_all(&lock).unwrap();
    let output = pvenet(copy.path(), &["ipam", "check", "--repair", "--yes"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(message.contains("another program of the cluster keeps it locked"), "{message}");
    assert_eq!(read(copy.path(), FILES[0]), before);
    assert!(lock.exists());
}

#[test]
fn a_database_that_is_almost_full() {
    let root = tempfile::tempdir().unwrap();
    let sdn = root.path().join("etc/pve/sdn");
    fs::create_dir_all(&sdn).unwrap();
    let ips = (0..10_000_u32).map(|i| {
        let ip = format!("10.0.{}.{}", i >> 8, i & 255);
        (ip, json!({"hostname": format!("guest{i}.example.com"), "mac": format!("BC:24:11:00:{:02X}:{:02X}", i >> 8, i & 255), "vmid": i}))
    });
    let ips: serde_json::Map<String, Value> = ips.collect();
    let db = json!({"zones": {"z": {"subnets": {"10.0.0.0/16": {"ips": ips}}}}}).to_string();
    assert!((838_861..1 << 20).contains(&db.len()), "{}", db.len());
    fs::write(sdn.join(FILES[0]), &db).unwrap();
    fs::write(sdn.join("zones.cfg"), "simple: z\n\tipam pve\n").unwrap();
    fs::write(sdn.join("vnets.cfg"), "vnet: v\n\tzone z\n").unwrap();
    fs::write(sdn.join("subnets.cfg"), "subnet: z-10.0.0.0-16\n\tvnet v\n").unwrap();
    let output = pvenet(root.path(), &["ipam", "check"]).output().unwrap();
    let text = transcript(&output, false);
    assert!(text.contains("/etc/pve/sdn/pve-ipam-state.json has "), "{text}");
    assert!(text.ends_with("1 problem, all for you to decide\n[exit 1]\n"), "{text}");
}

#[test]
fn output_fits_80_columns() {
    for folder in folders("fixtures/ipam") {
        for (_, args) in COMMANDS.iter().filter(|(file, _)| file.ends_with(".txt")) {
            let output = pvenet(&folder, args).output().unwrap();
            let text = String::from_utf8(output.stdout).unwrap();
            assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
        }
    }
    for args in [&["ipam", "--help"][..], &["ipam", "list", "--help"], &["ipam", "check", "-h"]] {
        let output = pvenet(Path::new("."), args).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(
            output.status.success() && text.lines().all(|line| line.chars().count() <= 80),
            "{text}"
        );
    }
}

#[test]
fn without_sdn() {
    let root = tempfile::tempdir().unwrap();
    let output = pvenet(root.path(), &["ipam", "list"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(message.contains("etc/pve/sdn: there is no such folder"), "{message}");
}

/// What a cluster with servers of every kind shares; `HERE` stands for the server.
const SERVERS: &[(&str, &str)] = &[
    (
        "zones.cfg",
        "simple: lab\n\tipam nb\n\tdns pd\n\tdnszone lab.example\n\treversedns pd\n\nsimple: old\n\tipam lost\n",
    ),
    ("vnets.cfg", "vnet: office\n\tzone lab\n"),
    (
        "subnets.cfg",
        "subnet: lab-10.0.0.0-24\n\tvnet office\n\tgateway 10.0.0.1\n\nsubnet: lab-fd00::-64\n\tvnet office\n",
    ),
    (
        "mac-cache.json",
        r#"{"macs":{"AA":{"ip4":"10.0.0.7"},"BB":{"ip4":"10.0.0.8"},"CC":{"ip4":"192.0.2.1"}}}"#,
    ),
    (
        "ipams.cfg",
        "netbox: nb\n\turl HERE/api\n\ttoken hidden-nb\n\nphpipam: pi\n\turl HERE/pi\n\ttoken hidden-pi\n\tsection 3\n\n\
         netbox: down\n\turl NOWHERE\n\ttoken hidden-down\n\npve: pve\n",
    ),
    ("dns.cfg", "powerdns: pd\n\turl HERE/dns\n\tkey hidden-pd\n"),
];

#[test]
fn servers() {
    let server = Server::http(|asked| {
        let token =
            ["authorization", "token", "x-api-key"].iter().find_map(|name| asked.header(name));
        assert!(token.is_some_and(|token| token.contains("hidden-")), "{asked:?}");
        assert_eq!(asked.method, "GET", "nothing is changed");
        match asked.path.as_str() {
            "/api/ipam/aggregates/" | "/dns" | "/dns/zones/lab.example?rrsets=false" => reply("{}"),
            "/api/ipam/prefixes/?q=10.0.0.0" => reply(r#"{"results":[{"id":7}]}"#),
            "/api/ipam/ip-addresses/?description__ic=AA" => {
                reply(r#"{"results":[{"family":{"value":4},"address":"10.0.0.7/24"}]}"#)
            }
            path if path.starts_with("/api/") => reply(r#"{"results":[]}"#),
            "/pi/sections/3" => answer("200 OK", "text/html", "<html>Please log in</html>"),
            _ => answer("404 Not Found", "application/json", "{}"),
        }
    });
    let nowhere = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let root = tempfile::tempdir().unwrap();
    let sdn = root.path().join("etc/pve/sdn");
    fs::create_dir_all(&sdn).unwrap();
    for (name, text) in SERVERS {
        let text = text.replace("NOWHERE", &format!("http://{nowhere}"));
        let text = text.replace("HERE", &server.url());
        fs::write(sdn.join(name), text).unwrap();
    }
    let all = ["ipam", "servers", "--addresses"];
    for (file, args) in [
        ("servers.txt", &all[..]),
        ("servers.json", &["ipam", "servers", "--format", "json"]),
        ("servers-one.txt", &["ipam", "servers", "nb"]),
        ("servers-unknown.txt", &["ipam", "servers", "netbox"]),
        ("servers-timeout.txt", &["ipam", "servers", "--timeout", "0"]),
    ] {
        let mut command = pvenet(root.path(), args);
        for name in ["http_proxy", "https_proxy", "HTTPS_PROXY", "no_proxy"] {
            command.env_remove(name);
        }
        let got = transcript(&command.output().unwrap(), false);
        assert!(!got.contains("hidden"), "{got}");
        let got = got.replace(&nowhere.port().to_string(), "PORT");
        let path = Path::new("fixtures/ipam-servers").join(file);
        if std::env::var_os("BLESS").is_some() {
            fs::create_dir_all("fixtures/ipam-servers").unwrap();
            fs::write(&path, &got).unwrap();
        }
        assert_eq!(got, fs::read_to_string(&path).unwrap_or_default(), "{file}");
    }
}
