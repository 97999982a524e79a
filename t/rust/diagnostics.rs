//! `migration-ctl diagnostics`: what is in the archive, and what is not.
#![allow(clippy::unwrap_used)]

mod cluster;

use cluster::Cluster;
use flate2::read::GzDecoder;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// A file of the node, and what it holds; each `SECRET` in it becomes one that is nowhere else.
const PLANTED: &[(&str, &str)] = &[
    (
        "etc/pve/network/migration.toml",
        "phase = \"perl-only\"\nperl_api_token_file = \"/etc/pve/priv/api.secret\"\n# password: SECRET\n",
    ),
    ("etc/pve/priv/api.secret", "root@pam!x=SECRET\n"),
    ("etc/pve/priv/pve-network-rs.token", "SECRET\n"),
    (
        "etc/network/interfaces",
        "auto wlan0\niface wlan0 inet dhcp\n\twpa-psk SECRET\n\twpa-ssid hall\n#token=SECRET\n",
    ),
    ("etc/network/interfaces.new", "iface wg0 inet manual\n\tprivate-key SECRET\n"),
    ("etc/network/interfaces.d/more", "iface x inet manual\n\twireless-key s:SECRET\n"),
    (
        "etc/pve/sdn/ipams.cfg",
        "netbox: n\n\ttoken SECRET\n\turl https://u:SECRET@netbox/api\n\nphpipam: p\n\ttoken SECRET with blanks\n",
    ),
    ("etc/pve/sdn/dns.cfg", "powerdns: d\n\tkey SECRET\n\tttl 300\n"),
    (
        "etc/pve/sdn/.running-config",
        r#"{"ipams":{"ids":{"n":{"token":"SECRET","type":"netbox"}}},"dns":{"ids":{"d":{"key":"SECRET"}}}}"#,
    ),
    ("etc/pve/sdn/pve-ipam-state.json", r#"{"zones":{"z":{"password":["SECRET"]}}}"#),
    (
        "etc/frr/frr.conf",
        "router bgp 65000\n neighbor 192.0.2.1 password SECRET\n!\ninterface eth0\n \
         ip ospf message-digest-key 1 md5 SECRET\n isis password md5 SECRET\n!\nkey chain a\n \
         key 1\n  key-string SECRET\n",
    ),
    ("etc/frr/frr.conf.local", "router isis a\n area-password clear SECRET\n"),
    ("etc/dnsmasq.d/zone/00.conf", "dhcp-option=1\n# api_key: 'SECRET'\n"),
    ("etc/pve/nodes/pve2/network-migration.json", r#"{"node":"pve2","ticket":"SECRET"}"#),
    (
        "var/log/pve-network/migration.log",
        "time=1 detail=\"PVEAPIToken=root@pam!x=SECRET failed\"\n\
         time=2 detail=\"Authorization: Token SECRET\" outcome=perl\n\
         time=3 detail=\"{\\\"token\\\": \\\"SECRET\\\", \\\"n\\\": 1}\"\n\
         time=4 detail=\"GET https://root:SECRET@dns/x\" cookie=PVEAuthCookie=SECRET\n",
    ),
    ("var/log/pve-network/migration.log.1", "time=0 detail=\"password SECRET\"\n"),
    (
        "var/lib/pve-network-rs/mismatches/a.json",
        r#"{"request":{"files":{"ipams.cfg":"netbox: n\n\ttoken SECRET\n"},"pairs":[{"key":"api-key","value":"SECRET"}]}}"#,
    ),
    ("var/lib/pve-network-rs/evidence.json", "not JSON, token: SECRET\n"),
    (
        "etc/pve/sdn/key.pem",
        "-----BEGIN PRIVATE KEY-----\nSECRET\nSECRET\n-----END PRIVATE KEY-----\nafter\n",
    ),
];

/// Puts the files in place; returns the secrets.
fn plant(root: &Path) -> Vec<String> {
    let mut secrets = Vec::new();
    for (path, text) in PLANTED {
        let mut parts = text.split("SECRET");
        let mut planted = parts.next().unwrap().to_string();
        for part in parts {
            secrets.push(format!("hunter-{:03}-sesame", secrets.len()));
            planted += &(secrets.last().unwrap().clone() + part);
        }
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, planted).unwrap();
    }
    secrets
}

/// The files of an archive, without its folder.
fn unpack(archive: &Path) -> BTreeMap<String, String> {
    let mut archive = tar::Archive::new(GzDecoder::new(fs::File::open(archive).unwrap()));
    let files = archive.entries().unwrap().map(|entry| {
        let mut entry = entry.unwrap();
        let path = entry.path().unwrap().to_str().unwrap().to_string();
        let mut text = String::new();
        entry.read_to_string(&mut text).unwrap();
        (path.split_once('/').unwrap().1.to_string(), text)
    });
    files.collect()
}

#[test]
fn no_secret_is_in_the_archive() {
    let cluster = Cluster::new(&["pve1", "pve2"]);
    let root = cluster.root("pve1");
    let secrets = plant(&root);
    assert!(secrets.len() >= 30, "{}", secrets.len());
    // Where a secret stands without its name, and what is not to be read at all.
    let log = root.join("var/log/pve-network/migration.log");
    let echoed = format!("time=5 detail=\"{} {} are wrong\"\n", secrets[1], secrets[6]);
    fs::write(&log, fs::read_to_string(&log).unwrap() + &echoed).unwrap();
    fs::write(root.join("etc/pve/priv/authkey.key"), "private\n").unwrap();

    let archive = root.join("a.tar.gz");
    let text = cluster.ok("pve1", &format!("diagnostics -o {}", archive.display()));
    let files = unpack(&archive);
    for (path, text) in &files {
        for secret in &secrets {
            assert!(!text.contains(secret.as_str()), "{secret} in {path}:\n{text}");
        }
        assert!(!text.contains('\u{1b}'), "{path}: {text}");
    }
    // All the rest is there.
    for (path, _) in PLANTED.iter().filter(|(path, _)| !path.contains("/priv/")) {
        assert!(files.contains_key(&format!("files/{path}")), "{path}");
        assert!(text.contains(path), "{path}: {text}");
    }
    assert!(!files.keys().any(|path| path.contains("priv")), "{:?}", files.keys());
    for (path, part) in [
        ("files/etc/network/interfaces", "\twpa-ssid hall\n"),
        (
            "files/etc/pve/sdn/ipams.cfg",
            "netbox: n\n\ttoken REDACTED\n\turl https://u:REDACTED@netbox/api\n",
        ),
        ("files/etc/pve/sdn/dns.cfg", "\tttl 300\n"),
        ("files/etc/pve/sdn/key.pem", "REDACTED\nafter\n"),
        (
            "files/var/log/pve-network/migration.log",
            "time=5 detail=\"REDACTED REDACTED are wrong\"\n",
        ),
        ("files/etc/frr/frr.conf", " neighbor 192.0.2.1 password REDACTED\n"),
        ("versions.txt", "libpve-common-perl 9.2.0\n"),
        ("health.txt", "node pve1: "),
    ] {
        assert!(files[path].contains(part), "{path}: {}", files[path]);
    }
}

#[test]
fn the_archive_is_private_and_replaces_nothing() {
    let cluster = Cluster::new(&["pve1"]);
    let _watch = cluster.watch("pve1");
    let mut command = cluster.command("pve1", "diagnostics --format json");
    let output = command.current_dir(cluster.root("pve1")).output().unwrap();
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    let name = json["archive"].as_str().unwrap();
    assert!(name.starts_with("pve-network-diagnostics-pve1-20"), "{name}");
    let archive = cluster.root("pve1").join(name);
    let metadata = fs::metadata(&archive).unwrap();
    assert_eq!(metadata.permissions().mode() & 0o7777, 0o600);
    assert_eq!(json["bytes"], metadata.len());
    let files = unpack(&archive);
    assert_eq!(json["files"].as_array().unwrap().len(), files.len());
    let counters: Value = serde_json::from_str(&files["counters.json"]).unwrap();
    assert_eq!(counters["kill_switch"], false);

    let before = fs::read(&archive).unwrap();
    let output = cluster.run("pve1", &format!("diagnostics -o {}", archive.display()));
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stderr).unwrap().replace("\n    ", " ");
    assert!(text.contains("it is there already"), "{text}");
    assert_eq!(fs::read(&archive).unwrap(), before);
    // A place that is none leaves nothing behind.
    let output = cluster.run("pve1", "diagnostics -o /nonexistent/a.tar.gz");
    assert_eq!(output.status.code(), Some(1));
}
