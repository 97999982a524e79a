//! The HTTP client against servers on the loopback.

mod server;

use pve_network_rs::sys::http::{
    Client, Error, Fingerprint, Options, Proxy, Reply, Request, Trust,
};
use server::{Answer, Asked, Server, answer, file, fingerprint, json};
use std::fs;
use std::net::TcpListener;
use std::time::Duration;

fn options(server: &Server) -> Options {
    Options {
        base: server.url(),
        deadline: Duration::from_secs(10),
        trust: Trust::Authorities(vec![file("authority.pem")]),
        proxy: Proxy::None,
        ..Options::default()
    }
}

fn get(options: Options) -> Result<Reply, Error> {
    Client::new(options)?.get("/x")
}

fn plain(_: &Asked) -> Answer {
    json(r#"{"data":1}"#)
}

#[test]
fn request_and_reply() {
    let server = Server::https(|asked| {
        let header = |name| asked.header(name).unwrap_or_default();
        let body = String::from_utf8_lossy(&asked.body);
        let (a, b) = (header("authorization"), header("x-more"));
        json(&serde_json::json!([asked.method, asked.path, a, b, body]).to_string())
    });
    let headers = vec![("Authorization".into(), "PVEAPIToken=a@pam!b=c".into())];
    let client = Client::new(Options { headers, ..options(&server) }).unwrap();

    let reply = client.get("/api2/json/nodes?x=1").unwrap().success().unwrap();
    let got: Vec<String> = reply.json().unwrap();
    assert_eq!(got, ["GET", "/api2/json/nodes?x=1", "PVEAPIToken=a@pam!b=c", "", ""]);
    assert_eq!(reply.header("content-type"), Some("application/json;charset=UTF-8"));
    assert_eq!((reply.status, reply.reason.as_str()), (200, "OK"));

    let more = [("X-More".to_string(), "1".into())];
    for (method, body) in [("POST", Some("{}")), ("PATCH", Some("{\"a\":1}")), ("DELETE", None)] {
        let body_bytes = body.map(str::as_bytes);
        let request = Request { method, path: "/x", headers: &more, body: body_bytes };
        let got: Vec<String> = client.request(&request).unwrap().json().unwrap();
        let body = body.unwrap_or_default();
        assert_eq!(got, [method, "/x", "PVEAPIToken=a@pam!b=c", "1", body]);
    }
}

#[test]
fn trust() {
    let server = Server::https(plain);
    let with = |trust| get(Options { trust, ..options(&server) });
    let seen = fingerprint("server.pem");
    assert!(with(Trust::Authorities(vec![file("authority.pem")])).is_ok());
    assert!(with(Trust::Pinned(seen)).is_ok());
    assert!(with(Trust::Anyone).is_ok());

    // The server's own certificate is that of no authority.
    let error = with(Trust::Authorities(vec![file("expired.pem")])).unwrap_err();
    assert!(matches!(error, Error::Untrusted { seen: s, .. } if s == seen), "{error}");
    assert_eq!(
        error.to_string(),
        format!(
            "the certificate of {} is not trusted: no authority that is trusted has signed it; \
             its SHA-256 fingerprint is {seen}",
            server.address()
        )
    );

    let expected = Fingerprint::of(b"another");
    let error = with(Trust::Pinned(expected)).unwrap_err();
    assert!(
        matches!(error, Error::Fingerprint { seen: s, expected: e, .. } if (s, e) == (seen, expected)),
        "{error}"
    );

    for (host, certificate, reason) in [
        ("127.0.0.1", "expired.pem", "it has expired"),
        ("127.0.0.2", "server.pem", "it was made for another name"),
    ] {
        let server = Server::https_at(host, certificate, plain);
        let error = get(options(&server)).unwrap_err();
        assert!(matches!(&error, Error::Untrusted { reason: r, .. } if r == reason), "{error}");
        let trust = Trust::Pinned(fingerprint(certificate));
        assert!(get(Options { trust, ..options(&server) }).is_ok(), "{certificate} at {host}");
    }
}

#[test]
fn authorities_that_cannot_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let with = |text: Option<&str>| {
        let path = folder.path().join("ca.pem");
        if let Some(text) = text {
            fs::write(&path, text).unwrap();
        }
        let trust = Trust::Authorities(vec![path]);
        Client::new(Options { trust, ..Options::default() }).unwrap_err().to_string()
    };
    assert!(with(None).contains("ca.pem: "), "{}", with(None));
    assert!(with(Some("")).ends_with("no certificate of an authority in it"));
    let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    assert!(with(Some(broken)).ends_with("no certificate of an authority in it"));
}

#[test]
fn a_node_trusts_its_cluster() {
    let root = tempfile::tempdir().unwrap();
    let server = Server::https(plain);
    let cluster = root.path().join("etc/pve/pve-root-ca.pem");
    fs::create_dir_all(cluster.parent().unwrap()).unwrap();
    fs::copy(file("authority.pem"), cluster).unwrap();
    assert!(get(Options { trust: Trust::of_node(root.path()), ..options(&server) }).is_ok());
}

#[test]
fn errors_are_answers() {
    let server = Server::https(|asked| match asked.path.as_str() {
        "/x" => answer("403 Permission check failed (/, Sys.Audit)", "text/plain", ""),
        _ => answer("502 Bad Gateway", "text/html", "<html>no</html>"),
    });
    let place = server.address();
    let reply = get(options(&server)).unwrap();
    assert_eq!(reply.status, 403);
    let error = reply.success().unwrap_err().to_string();
    assert_eq!(error, format!("{place} answers 403 Permission check failed (/, Sys.Audit)"));

    let reply = Client::new(options(&server)).unwrap().get("/y").unwrap();
    let error = reply.json::<serde_json::Value>().unwrap_err().to_string();
    let expected =
        format!("{place} answers with text/html, expected JSON: expected value at line 1");
    assert!(error.starts_with(&expected), "{error}");
    assert_eq!(
        reply.success().unwrap_err().to_string(),
        format!("{place} answers 502 Bad Gateway")
    );
}

#[test]
fn large_replies() {
    let length = 10 << 20;
    let server = Server::https(move |_| answer("200 OK", "text/plain", &"x".repeat(length)));
    assert_eq!(get(options(&server)).unwrap().body.len(), length);
    let limit = 10 << 20;
    assert!(get(Options { limit, ..options(&server) }).is_ok());
    let error = get(Options { limit: limit - 1, ..options(&server) }).unwrap_err();
    assert!(matches!(error, Error::TooLarge { limit, .. } if limit == (10 << 20) - 1), "{error}");
}

#[test]
fn broken_replies() {
    for (bytes, reason) in [
        ("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nshort", "it ends too early"),
        ("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nab", "it ends too early"),
        ("HTTP/1.1 200 OK\r\nconte", "it ends too early"),
        ("", "it ends too early"),
        ("SSH-2.0-OpenSSH\r\n", ""),
    ] {
        for server in [
            Server::https(move |_| Answer::Bytes(bytes.into())),
            Server::http(move |_| Answer::Bytes(bytes.into())),
        ] {
            let error = get(options(&server)).unwrap_err();
            let is_broken = matches!(&error, Error::Broken { reason: r, .. } if r.contains(reason));
            assert!(is_broken, "{bytes:?}: {error:?}");
        }
    }
}

#[test]
fn deadlines() {
    let deadline = Duration::from_millis(300);
    let silent = Server::https(|_| Answer::Silence);
    let error = get(Options { deadline, ..options(&silent) }).unwrap_err();
    assert!(matches!(error, Error::Timeout { .. }), "{error}");
    assert_eq!(error.to_string(), format!("{} has not answered within 0.3 s", silent.address()));

    // It is accepted by the kernel and answered by nobody, not even in TLS.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("https://{}", listener.local_addr().unwrap());
    let error = get(Options { base, deadline, ..options(&silent) }).unwrap_err();
    assert!(matches!(error, Error::Timeout { .. }), "{error}");
}

#[test]
fn nobody_there() {
    let server = Server::http(plain);
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let base = format!("http://{address}");
    let error = get(Options { base, ..options(&server) }).unwrap_err();
    assert_eq!(error.to_string(), format!("cannot connect to {address}: Connection refused"));

    // No server is asked for a label as long as that.
    let base = format!("http://{}.invalid", "x".repeat(64));
    let error = get(Options { base, ..options(&server) }).unwrap_err();
    assert!(matches!(error, Error::Connect { .. }), "{error}");

    let base = server.url().replace("http:", "https:");
    let error = get(Options { base, ..options(&server) }).unwrap_err();
    assert!(matches!(error, Error::Tls { .. }), "{error}");
}

#[test]
fn redirections() {
    let server = Server::https(|asked| {
        let to = match asked.path.as_str() {
            "/x" => "/y?z=1",
            "/y?z=1" => return json("1"),
            "/round" => "/round",
            _ => "https://elsewhere.example/?token=hidden",
        };
        Answer::Bytes(format!("HTTP/1.1 302 Moved\r\nlocation: {to}\r\n\r\n").into_bytes())
    });
    let client = Client::new(options(&server)).unwrap();
    assert_eq!(client.get("/x").unwrap().json::<u8>().unwrap(), 1);
    let place = server.address();
    for (method, path, to) in [
        ("POST", "/x", "/y"),
        ("GET", "/away", "https://elsewhere.example/"),
        ("GET", "/round", "itself, again and again"),
    ] {
        let request = Request { method, path, headers: &[], body: None };
        let error = client.request(&request).unwrap_err().to_string();
        assert_eq!(error, format!("{place} sends to {to}; it was not followed"));
    }
}

#[test]
fn proxies() {
    let target = Server::https(|asked| {
        assert_eq!(asked.header("proxy-authorization"), None);
        answer("200 Fine", "text/plain", "")
    });
    let to = target.address();
    let proxy = Server::http(move |asked| {
        if asked.header("proxy-authorization") != Some("Basic dTpoaWRkZW4=") {
            return answer("407 Who are you", "text/plain", "");
        }
        assert_eq!((asked.method.as_str(), asked.path.as_str()), ("CONNECT", "pve1.invalid:8006"));
        Answer::Tunnel(to)
    });
    let through = |address: String| {
        get(Options {
            base: "https://pve1.invalid:8006".into(),
            trust: Trust::Pinned(fingerprint("server.pem")),
            proxy: Proxy::Address(address.into()),
            ..options(&target)
        })
    };
    let reply = through(format!("http://u:hidden@{}", proxy.address())).unwrap();
    assert_eq!((reply.status, reply.reason.as_str()), (200, "Fine"));

    let error = through(proxy.url()).unwrap_err();
    assert!(matches!(error, Error::Proxy { .. }), "{error}");
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let error = through(format!("http://u:hidden@{closed}")).unwrap_err();
    assert!(matches!(error, Error::Proxy { .. }), "{error}");
    assert!(!format!("{error} {error:?}").contains("hidden"));
}

#[test]
fn secrets_stay_secret() {
    let server = Server::http(plain);
    let headers = vec![("Authorization".into(), "PVEAPIToken=a@pam!b=hidden".into())];
    let options = Options { headers, ..options(&server) };
    let client = Client::new(options.clone()).unwrap();
    assert!(!format!("{options:?} {client:?}").contains("hidden"));
    let headers = vec![("Authorization".into(), "hidden\n".into())];
    let error = Client::new(Options { headers, ..options }).unwrap_err();
    assert!(!format!("{error} {error:?}").contains("hidden"), "{error}");
}
