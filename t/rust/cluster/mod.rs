//! A cluster on one machine: root folders that share one `/etc/pve`, and the service of each.
#![allow(dead_code)] // each test uses what it needs
#![allow(clippy::unwrap_used)] // a test that cannot go on fails

use serde_json::{Value, json};
use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixDatagram;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// The longest time until a change is in force: it is a second or two, but on a machine that has
/// other things to do, too.
pub(crate) const SOON: Duration = Duration::from_secs(15);

/// The longest time that anything else takes there.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// The packages of each node.
const PACKAGES: &str = "\
Package: libpve-common-perl\nStatus: install ok installed\nVersion: 9.2.0\n
Package: libpve-network-perl\nStatus: install ok installed\nVersion: 1.3.0\n";

/// Nodes with their roots, which share one `/etc/pve` as the nodes of a cluster do.
pub(crate) struct Cluster(TempDir);

impl Cluster {
    pub(crate) fn new(nodes: &[&str]) -> Self {
        let cluster = Cluster(tempfile::tempdir().unwrap());
        for node in nodes {
            let root = cluster.root(node);
            fs::create_dir_all(cluster.pve().join("nodes").join(node)).unwrap();
            for folder in [
                "etc",
                "run/pveproxy",
                "var/lib/dpkg",
                "var/lib/pve-network-rs",
                "var/log/pve-network",
            ] {
                fs::create_dir_all(root.join(folder)).unwrap();
            }
            symlink(cluster.pve(), root.join("etc/pve")).unwrap();
            fs::write(root.join("etc/hostname"), format!("{node}\n")).unwrap();
            // As if the daemons ran and the original were installed.
            let pid = format!("{}\n", std::process::id());
            for file in ["run/pvedaemon.pid", "run/pveproxy/pveproxy.pid", "run/pvestatd.pid"] {
                fs::write(root.join(file), &pid).unwrap();
            }
            fs::write(root.join("var/lib/dpkg/status"), PACKAGES).unwrap();
        }
        fs::create_dir_all(cluster.pve().join("network")).unwrap();
        fs::create_dir_all(cluster.pve().join("priv")).unwrap();
        cluster.members(true, &nodes.iter().map(|node| (*node, true)).collect::<Vec<_>>());
        cluster
    }

    /// What pmxcfs says of the cluster: whether it has quorum, and which nodes are online.
    pub(crate) fn members(&self, is_quorate: bool, nodes: &[(&str, bool)]) {
        let list = nodes.iter().enumerate().map(|(n, (node, is_online))| {
            let member = json!({ "id": n + 1, "online": u8::from(*is_online) });
            (node.to_string(), member)
        });
        let list: serde_json::Map<_, _> = list.collect();
        let members = json!({
            "nodename": nodes.first().map(|(node, _)| node),
            "version": 4,
            "cluster": {
                "name": "test", "version": 3, "nodes": nodes.len(), "quorate": u8::from(is_quorate),
            },
            "nodelist": list,
        });
        fs::write(self.pve().join(".members"), members.to_string()).unwrap();
    }

    pub(crate) fn pve(&self) -> PathBuf {
        self.0.path().join("pve")
    }

    pub(crate) fn root(&self, node: &str) -> PathBuf {
        self.0.path().join(node)
    }

    pub(crate) fn file(&self) -> PathBuf {
        self.pve().join("network/migration.toml")
    }

    /// Replaces the file as a whole, as every editor of the cluster's files does.
    pub(crate) fn configure(&self, text: &str) {
        let file = self.pve().join("network/new");
        fs::write(&file, text).unwrap();
        fs::rename(file, self.file()).unwrap();
    }

    pub(crate) fn state(&self, node: &str) -> Option<Value> {
        let file = self.pve().join("nodes").join(node).join("network-migration.json");
        serde_json::from_slice(&fs::read(file).ok()?).unwrap()
    }

    pub(crate) fn command(&self, node: &str, args: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_migration-ctl"));
        command.arg("--root").arg(self.root(node)).args(args.split_whitespace());
        // Perl finds our files and the library as if they were installed.
        let library = std::env::current_exe().unwrap();
        let library = library.ancestors().nth(2).unwrap().join("libpve_network_rs.so");
        let perl = concat!(env!("CARGO_MANIFEST_DIR"), "/perl");
        command.env("PERL5LIB", perl).env("PVE_NETWORK_RS_LIB", library);
        command
    }

    pub(crate) fn run(&self, node: &str, args: &str) -> Output {
        self.command(node, args).output().unwrap()
    }

    pub(crate) fn ok(&self, node: &str, args: &str) -> String {
        let output = self.run(node, args);
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{args}: {}", String::from_utf8_lossy(&output.stderr));
        for line in text.lines() {
            assert!(line.chars().count() <= 80, "{args}: too long: {line}");
        }
        text
    }

    pub(crate) fn watch(&self, node: &str) -> Watch {
        self.watch_with(node, |command| command)
    }

    /// Runs the service of a node, and waits until it is ready.
    pub(crate) fn watch_with(
        &self,
        node: &str,
        with: impl FnOnce(&mut Command) -> &mut Command,
    ) -> Watch {
        let path = self.root(node).join("notify");
        let _ = fs::remove_file(&path);
        let socket = UnixDatagram::bind(&path).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut command = self.command(node, "watch");
        command.env("NOTIFY_SOCKET", path).stderr(Stdio::null());
        let watch = Watch { child: with(&mut command).spawn().unwrap(), socket };
        watch.hear(|word| word == "READY=1");
        watch
    }
}

/// The service of a node; killed, when it goes out of scope.
pub(crate) struct Watch {
    child: Child,
    socket: UnixDatagram,
}

impl Watch {
    /// What it tells systemd, up to the first thing that is wanted.
    pub(crate) fn hear(&self, is_wanted: impl Fn(&str) -> bool) -> String {
        let mut buffer = [0; 4096];
        let until = Instant::now() + PATIENCE;
        loop {
            assert!(Instant::now() < until);
            let length = match self.socket.recv(&mut buffer) {
                // A process that was stopped for a while goes on.
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                length => length.unwrap(),
            };
            let word = String::from_utf8_lossy(&buffer[..length]).into_owned();
            if is_wanted(&word) {
                return word;
            }
        }
    }

    pub(crate) fn status(&self, part: &str) -> String {
        self.hear(|word| word.starts_with("STATUS=") && word.contains(part))
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// Waits until something is so, and fails if it takes longer.
pub(crate) fn within(time: Duration, what: &str, is_so: impl Fn() -> bool) {
    let until = Instant::now() + time;
    while !is_so() {
        assert!(Instant::now() < until, "{what}");
        sleep(Duration::from_millis(20));
    }
}
