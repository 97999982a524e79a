//! `contract-test` as an administrator runs it, against a server that answers as a node does.
//!
//! Every folder of `fixtures/contract` is a node: its files below `root`, and in `perl.json` what
//! the original's API answers with these files.

#![allow(clippy::unwrap_used)] // a test that cannot go on fails

mod report;
mod server;

use report::{Run, check, contract_test};
use serde_json::{Value, json};
use server::{Answer, Asked, Server, answer, file, fingerprint};
use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use tempfile::TempDir;

const TOKEN: &str = "root@pam!contract=01234567-89ab-cdef-0123-456789abcdef";

/// What the API of a node answers, by path.
type Answers = BTreeMap<String, Value>;

/// A node of `fixtures/contract` and the API in front of it.
struct Node {
    root: PathBuf,
    answers: Answers,
    scratch: TempDir,
}

impl Node {
    fn new(case: &str) -> Self {
        let folder = PathBuf::from("fixtures/contract").join(case);
        let answers = fs::read_to_string(folder.join("perl.json")).unwrap();
        let mut answers: Answers = serde_json::from_str(&answers).unwrap();
        let version = json!({"version": "9.1.4", "release": "9.1", "repoid": "0123456789"});
        answers.insert("/version".into(), json!({"status": 200, "body": {"data": version}}));
        let scratch = tempfile::tempdir().unwrap();
        fs::write(scratch.path().join("token"), format!("{TOKEN}\n")).unwrap();
        Node { root: folder.join("root"), answers, scratch }
    }

    /// The data of an answer, to be changed.
    fn data(&mut self, path: &str) -> &mut Value {
        &mut self.answers.get_mut(path).unwrap()["body"]["data"]
    }

    fn serve(&self) -> Server {
        let answers = self.answers.clone();
        Server::https(move |asked| reply(&answers, asked))
    }

    fn token_file(&self) -> String {
        self.scratch.path().join("token").display().to_string()
    }

    /// Runs the program on the node, as its only administrator.
    fn run(&self, server: &Server, more: &[&str]) -> Run {
        let (url, fingerprint) = (server.url(), fingerprint("server.pem").to_string());
        let token_file = self.token_file();
        let mut words = vec!["--node", "pve1", "--root", self.root.to_str().unwrap()];
        words.extend(["--perl-url", &url, "--fingerprint", &fingerprint]);
        words.extend(["--token-file", &token_file]);
        words.extend(more);
        run(&words)
    }

    fn report(&self, more: &[&str]) -> (Option<i32>, Value) {
        let run = self.run(&self.serve(), &[&["--format", "json"], more].concat());
        assert_eq!(run.stderr, "");
        (run.code, serde_json::from_str(&run.stdout).unwrap())
    }
}

fn reply(answers: &Answers, asked: &Asked) -> Answer {
    if asked.header("authorization") != Some(&format!("PVEAPIToken={TOKEN}"))
        && asked.header("cookie") != Some("PVEAuthCookie=PVE:root@pam:x")
    {
        return answer("401 No ticket", "application/json;charset=UTF-8", r#"{"data":null}"#);
    }
    let path = asked.path.strip_prefix("/api2/json").unwrap();
    let known = answers.get(path).cloned().unwrap_or_else(|| {
        json!({"status": 501, "reason": format!("Method 'GET {path}' not implemented"),
            "body": {"data": null}})
    });
    let status = format!("{} {}", known["status"], known["reason"].as_str().unwrap_or("OK"));
    answer(&status, "application/json;charset=UTF-8", &known["body"].to_string())
}

fn run(words: &[&str]) -> Run {
    let mut command = contract_test();
    command.args(words).env_remove("http_proxy").env_remove("https_proxy");
    let run = Run::of(&mut command);
    let secret = TOKEN.rsplit('=').next().unwrap();
    assert!(!format!("{}{}", run.stdout, run.stderr).contains(secret), "{}", run.stdout);
    run
}

#[test]
fn everything_is_equal() {
    let entries = fs::read_dir("fixtures/contract").unwrap().map(Result::unwrap);
    for entry in entries.filter(|entry| entry.path().is_dir()) {
        let case = entry.file_name().into_string().unwrap();
        let node = Node::new(&case);
        let (code, report) = node.report(&["--sdn"]);
        let checks = report["checks"].as_array().unwrap();
        let wrong: Vec<_> = checks.iter().filter(|check| check["outcome"] != "equal").collect();
        assert_eq!(wrong, Vec::<&Value>::new(), "{case}");
        assert_eq!(code, Some(0), "{case}");
        // Everything the API was recorded of is compared.
        let paths: Vec<_> = node.answers.keys().filter(|path| *path != "/version").collect();
        for path in &paths {
            assert_eq!(check(&report, path)["times"], 1, "{case} {path}");
        }
        assert_eq!(report["summary"]["equal"], paths.len(), "{case}");
        assert_eq!(report["summary"]["outcome"], "equal", "{case}");
    }
}

#[test]
fn differences_are_pointed_at() {
    let mut node = Node::new("sdn");
    node.data("/cluster/sdn/zones?pending=1")[1]["mtu"] = json!(1500);
    node.data("/cluster/sdn/zones?pending=1")[2]["extra"] = Value::Null;
    node.data("/cluster/sdn/ipams")[0]["token"] = json!("another");
    node.data("/nodes/pve1/network/vmbr0").as_object_mut().unwrap().remove("gateway");
    let (code, report) = node.report(&["--sdn"]);
    assert_eq!(code, Some(1));
    assert_eq!(report["summary"]["outcome"], "different");
    assert_eq!(report["summary"]["different"], 3);
    for (path, difference) in [
        ("/cluster/sdn/zones?pending=1", json!({"pointer": "/1/mtu", "perl": 1500, "rust": 1400})),
        (
            "/cluster/sdn/ipams",
            json!({"pointer": "/0/token", "perl": "(hidden)", "rust": "(hidden)"}),
        ),
        ("/nodes/pve1/network/vmbr0", json!({"pointer": "/gateway", "rust": "192.0.2.1"})),
    ] {
        let check = check(&report, path);
        assert_eq!(check["difference"], difference, "{path}");
        assert_eq!(check["times"], 2, "{path}");
    }
    assert!(!report.to_string().contains("0123456789abcdef\""));
}

#[test]
fn a_dry_run_differs_in_a_line() {
    let mut node = Node::new("sdn");
    let path = "/cluster/sdn/dry-run?node=pve1";
    let changes = &mut node.data(path)["interfaces-diff"];
    *changes = json!(changes.as_str().unwrap().replace("mtu 1450", "mtu 1400"));
    let (code, report) = node.report(&["--endpoint", path]);
    assert_eq!(code, Some(1));
    let difference = &check(&report, path)["difference"];
    assert_eq!(difference["pointer"], "/interfaces-diff");
    assert_eq!(difference["perl"], "+\tmtu 1400");
    assert_eq!(difference["rust"], "+\tmtu 1450");
    // The line with the names of the files is another every time, and is not compared.
    assert_eq!(difference["line"], 25);
}

#[test]
fn a_number_is_not_its_text_if_so_wished() {
    let mut node = Node::new("sdn");
    let path = "/cluster/sdn/controllers";
    let asn = &mut node.data(path)[0]["asn"];
    *asn = json!(asn.as_u64().unwrap().to_string());
    assert_eq!(node.report(&["--endpoint", path]).0, Some(0));
    let (code, report) = node.report(&["--endpoint", path, "--strict-types"]);
    assert_eq!(code, Some(1));
    assert_eq!(check(&report, path)["difference"]["pointer"], "/0/asn");
    assert_eq!(report["run"]["strict_types"], 1);
}

#[test]
fn what_is_gone_at_the_second_look_is_no_difference() {
    let node = Node::new("sdn");
    let answers = node.answers.clone();
    let looks = std::sync::atomic::AtomicU32::new(0);
    let server = Server::https(move |asked| {
        let is_list = asked.path.ends_with("/network");
        if is_list && looks.fetch_add(1, std::sync::atomic::Ordering::SeqCst) == 0 {
            return server::json(r#"{"data":[]}"#);
        }
        reply(&answers, asked)
    });
    let words = ["--endpoint", "/nodes/pve1/network", "--format", "json"];
    let run = node.run(&server, &words);
    let report: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!((run.code, report["checks"][0]["times"].as_u64()), (Some(0), Some(2)));
}

#[test]
fn what_the_user_may_not_see_is_not_compared() {
    let mut node = Node::new("sdn");
    for (path, at, right, grants, reason) in [
        (
            "/cluster/sdn/zones",
            1,
            "/sdn/zones/corp",
            json!({}),
            "the user may not see \"corp\": no SDN.Audit or SDN.Allocate on /sdn/zones/corp",
        ),
        (
            "/nodes/pve1/network",
            0,
            "/sdn/zones/localnetwork/vmbr0",
            json!({"VM.Audit": 1}),
            "the user may not see \"vmbr0\": no SDN.Audit or SDN.Use on \
             /sdn/zones/localnetwork/vmbr0",
        ),
    ] {
        let list = node.data(path).as_array_mut().unwrap();
        let at = list.iter().position(|item| item["iface"] == "vmbr0").unwrap_or(at);
        list.remove(at);
        let permissions = json!({"status": 200, "body": {"data": {right: grants}}});
        let asked = format!("/access/permissions?path={right}");
        node.answers.insert(asked.clone(), permissions);
        let (code, report) = node.report(&["--endpoint", path]);
        assert_eq!((code, report["summary"]["outcome"].as_str()), (Some(2), Some("incomplete")));
        assert_eq!(check(&report, path)["reason"], reason);

        // Who may see it, and does not, sees a difference.
        let grants = json!({"SDN.Audit": 1});
        let permissions = json!({"status": 200, "body": {"data": {right: grants}}});
        node.answers.insert(asked, permissions);
        assert_eq!(node.report(&["--endpoint", path]).0, Some(1), "{path}");
    }
}

#[test]
fn what_perl_does_not_tell_is_not_compared() {
    let mut node = Node::new("sdn");
    for (path, status, reason) in [
        ("/nodes/pve1/network", 403, "Permission check failed (/nodes/pve1, Sys.Audit)"),
        ("/nodes/pve1/sdn/zones", 595, "No route to host"),
        ("/cluster/sdn/dns", 501, "Method 'GET /cluster/sdn/dns' not implemented"),
    ] {
        let body = json!({"data": null});
        let refused = json!({"status": status, "reason": reason, "body": body});
        node.answers.insert(path.into(), refused);
        let (code, report) = node.report(&["--endpoint", path]);
        assert_eq!(code, Some(2));
        let expected = format!("Perl does not tell: {status} {reason}");
        assert_eq!(check(&report, path)["reason"], expected);
    }
    // A name that is none to the API, which the file may hold all the same.
    let path = "/nodes/pve1/network/vmbr0";
    let errors = json!({"iface": "invalid format - invalid network interface name 'vmbr0'\n"});
    let body =
        json!({"data": null, "message": "Parameter verification failed.\n", "errors": errors});
    let refused = json!({"status": 400, "reason": "Parameter verification failed.", "body": body});
    node.answers.insert(path.into(), refused);
    assert_eq!(node.report(&["--endpoint", path]).0, Some(2));

    // An interface that neither knows.
    let path = "/nodes/pve1/network/eth9";
    let errors = json!({"iface": "interface does not exist"});
    let body =
        json!({"data": null, "message": "Parameter verification failed.\n", "errors": errors});
    let died = json!({"status": 400, "reason": "Parameter verification failed.", "body": body});
    node.answers.insert(path.into(), died);
    assert_eq!(node.report(&["--endpoint", path]).0, Some(0));

    // The original dies, Rust does not.
    let path = "/cluster/sdn/zones";
    let died = json!({"status": 500, "reason": "no", "body": {"data": null, "message": "no\n"}});
    node.answers.insert(path.into(), died);
    let (code, report) = node.report(&["--endpoint", path]);
    let difference = json!({"pointer": "", "perl": {"error": "no"}, "rust": "an answer"});
    assert_eq!((code, &check(&report, path)["difference"]), (Some(1), &difference));
}

#[test]
fn facts_that_are_missing() {
    let node = Node::new("sdn");
    let root = node.scratch.path().join("root");
    let copy = Command::new("cp").arg("-r").arg(&node.root).arg(&root).status().unwrap();
    assert!(copy.success());
    let node = Node { root: root.clone(), ..node };
    for (path, file) in [
        ("/nodes/pve1/network", "run/pve-network-rs/links.json"),
        ("/nodes/pve1/sdn/zones", "run/pve-network-rs/ifquery.json"),
        ("/nodes/pve1/sdn/zones", "etc/pve"),
    ] {
        let missing = root.join(file);
        fs::rename(&missing, root.join("away")).unwrap();
        let (code, report) = node.report(&["--endpoint", path]);
        fs::rename(root.join("away"), &missing).unwrap();
        assert_eq!(code, Some(2));
        let reason = check(&report, path)["reason"].as_str().unwrap();
        assert!(reason.ends_with(missing.to_str().unwrap()), "{reason}");
    }
}

#[test]
fn for_people() {
    let mut node = Node::new("never-applied");
    node.data("/nodes/pve1/network/vmbr0")["gateway"] = json!("192.0.2.254");
    node.answers.remove("/nodes/pve1/network/nic0");
    let run = node.run(&node.serve(), &[]);
    let expected = "\
RESULT        COMPARED
equal         /nodes/pve1/network
equal         /nodes/pve1/network/lo
not compared  /nodes/pve1/network/nic0
              Perl does not tell: 501 Method 'GET /nodes/pve1/network/nic0' not
              implemented
equal         /nodes/pve1/network/nic1
different     /nodes/pve1/network/vmbr0
              /gateway: Perl \"192.0.2.254\", Rust \"192.0.2.1\"

5 checks: 3 equal, 1 different, 1 not compared
";
    assert_eq!((run.stdout.as_str(), run.code), (expected, Some(1)));
}

#[test]
fn reports_are_kept() {
    let node = Node::new("sdn");
    let path = node.scratch.path().join("report.json");
    let more = ["--sdn", "--output", path.to_str().unwrap()];
    let run = node.run(&node.serve(), &more);
    assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""));
    let report: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    assert_eq!(report["format"], 1);
    assert_eq!(report["run"]["node"], "pve1");
    assert_eq!(report["run"]["kind"], "api");
    assert_eq!(report["run"]["library"]["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(report["run"]["original"]["version"], "9.1.4");
    assert_eq!(report["run"]["files"]["/etc/pve/sdn/zones.cfg"].as_str().unwrap().len(), 64);
    assert!(report["run"]["time"].as_str().unwrap().ends_with('Z'));
    let seams = &check(&report, "/cluster/sdn/zones?pending=1")["seams"];
    assert_eq!(*seams, json!(["zones.parse", "pending.config", "pending.encode"]));
}

#[test]
fn what_perl_says_is_recorded_without_secrets() {
    let node = Node::new("sdn");
    let (code, report) = node.report(&["--sdn", "--perl-only"]);
    assert_eq!(code, Some(0));
    assert_eq!(report["summary"]["outcome"], "recorded");
    let ipams = &check(&report, "/cluster/sdn/ipams")["perl"];
    assert_eq!(ipams[0]["url"], "https://netbox.example/api");
    assert_eq!(ipams[0]["token"], "(hidden)");
    assert!(!report.to_string().contains("geheim"));
}

#[test]
fn settings_of_migration_toml() {
    let node = Node::new("never-applied");
    let server = node.serve();
    let root = node.scratch.path().join("root");
    assert!(Command::new("cp").arg("-r").arg(&node.root).arg(&root).status().unwrap().success());
    for folder in ["etc/pve/network", "etc/pve/priv"] {
        fs::create_dir_all(root.join(folder)).unwrap();
    }
    fs::copy(file("authority.pem"), root.join("etc/pve/pve-root-ca.pem")).unwrap();
    fs::write(root.join("etc/pve/priv/token"), format!("PVEAPIToken={TOKEN}\n")).unwrap();
    let toml = format!(
        "phase = \"rust-read-only\"\n[nodes.pve1]\nperl_api_base_url = \"{}\"\n\
         perl_api_token_file = \"/etc/pve/priv/token\"\n",
        server.url()
    );
    fs::write(root.join("etc/pve/network/migration.toml"), toml).unwrap();
    let root = root.to_str().unwrap();
    let told = run(&["--node", "pve1", "--root", root]);
    assert_eq!((told.code, told.stderr.as_str()), (Some(0), ""), "{}", told.stdout);
    let note = "
5 checks: 5 equal
Behind this API, Rust answers interfaces.parse already: that says nothing of
Perl. --in-process asks Perl itself.
";
    assert!(told.stdout.ends_with(note), "{}", told.stdout);
    let told = run(&["--node", "pve1", "--root", root, "--format", "json"]);
    let report: Value = serde_json::from_str(&told.stdout).unwrap();
    let check = check(&report, "/nodes/pve1/network");
    assert_eq!((&check["seams"], &check["rust_seams"]), (&json!([]), &json!(["interfaces.parse"])));
}

#[test]
fn tickets() {
    let node = Node::new("never-applied");
    let server = node.serve();
    let ticket = node.scratch.path().join("ticket");
    let answered = r#"{"data":{"ticket":"PVE:root@pam:x","username":"root@pam"}}"#;
    let fingerprint = fingerprint("server.pem").to_string();
    for (text, code) in [("PVE:root@pam:x\n", 0), (answered, 0), ("PVE:root@pam:y", 2)] {
        fs::write(&ticket, text).unwrap();
        let root = node.root.to_str().unwrap();
        let words = ["--node", "pve1", "--root", root, "--perl-url", &server.url()];
        let more = ["--ticket", ticket.to_str().unwrap(), "--fingerprint", &fingerprint];
        let run = run(&[&words[..], &more].concat());
        assert_eq!(run.code, Some(code), "{text} {}", run.stderr);
        assert!(!run.stderr.contains("root@pam:"), "{}", run.stderr);
    }
}

#[test]
fn what_cannot_begin() {
    let node = Node::new("never-applied");
    let server = node.serve();
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (url, closed) = (server.url(), format!("https://{closed}"));
    let (token, empty) = (node.token_file(), node.scratch.path().join("empty"));
    fs::write(&empty, "\n").unwrap();
    let empty = empty.to_str().unwrap();
    let other = "00:".repeat(31) + "00";
    let html = Server::http(|_| answer("200 OK", "text/html", "<html>"));
    let html = html.url();
    for (words, message) in [
        (vec![], "it is not known where Perl answers"),
        (vec!["--perl-url", &url], "it is not known who asks"),
        (vec!["--perl-url", &url, "--token-file", "/nowhere"], "/nowhere: No such file"),
        (vec!["--perl-url", &url, "--token-file", empty], "expected one line, USER@REALM!TOKENID="),
        (vec!["--perl-url", &closed, "--token-file", &token], "cannot connect to"),
        (
            vec!["--perl-url", &html, "--token-file", &token],
            "answers with text/html, expected JSON",
        ),
        (vec!["--perl-url", &url, "--token-file", &token], "is not trusted"),
        (
            vec!["--perl-url", &url, "--token-file", &token, "--fingerprint", &other],
            "has another certificate",
        ),
        (
            vec!["--perl-url", &url, "--token-file", &token, "--endpoint", "/nodes/pve2/network"],
            "\"/nodes/pve2/network\" is no endpoint of node pve1 that can be compared",
        ),
        (vec!["--fingerprint", "AA:BB"], "expected a SHA-256 fingerprint"),
        (vec!["--timeout", "0"], "0 is not in 1.."),
    ] {
        let mut all = vec!["--node", "pve1", "--root", node.root.to_str().unwrap()];
        all.extend(&words);
        let run = run(&all);
        assert_eq!((run.code, run.stdout.as_str()), (Some(2), ""), "{words:?}");
        assert!(run.stderr.contains(message), "{words:?}: {}", run.stderr);
    }
    let run = run(&["--node", "pve.1"]);
    assert!(run.stderr.contains("\"pve.1\" is not the name of a node"), "{}", run.stderr);
}

#[test]
fn a_server_that_falls_silent_is_asked_no_more() {
    let node = Node::new("never-applied");
    let answers = node.answers.clone();
    let server = Server::https(move |asked| match asked.path.as_str() {
        "/api2/json/version" => reply(&answers, asked),
        _ => Answer::Silence,
    });
    let run = node.run(&server, &["--timeout", "3", "--format", "json"]);
    let report: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(run.code, Some(2));
    let checks = report["checks"].as_array().unwrap().iter();
    let reasons: Vec<_> = checks.map(|check| check["reason"].as_str().unwrap()).collect();
    let first = format!("{} has not answered within 3 s", server.address());
    assert_eq!(reasons[0], first);
    assert_eq!(reasons[1], format!("not asked, as before: {first}"));
}

#[test]
fn completions() {
    for shell in ["bash", "zsh", "fish"] {
        let run = run(&["completions", shell]);
        assert_eq!(run.code, Some(0));
        assert!(run.stdout.contains("--perl-url") || run.stdout.contains("perl-url"), "{shell}");
    }
}
