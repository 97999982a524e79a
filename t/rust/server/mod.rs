//! A server on the loopback, HTTP or HTTPS, that answers as a test says.

#![allow(dead_code)] // each test uses what it needs
#![allow(clippy::unwrap_used)] // a test that cannot go on fails

use pve_network_rs::sys::http::Fingerprint;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// A connection does not outlive this, whatever a test does.
const LIMIT: Duration = Duration::from_secs(20);

/// What a client asked.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Asked {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// What is done with a connection.
pub(crate) enum Answer {
    /// These bytes, then the end.
    Bytes(Vec<u8>),
    /// Nothing, until the client gives up.
    Silence,
    /// A tunnel to this address, as a proxy makes it.
    Tunnel(SocketAddr),
}

/// An answer with a status line and a body of this type.
pub(crate) fn answer(status: &str, kind: &str, body: &str) -> Answer {
    let head = format!("HTTP/1.1 {status}\r\ncontent-type: {kind}\r\n");
    Answer::Bytes(format!("{head}content-length: {}\r\n\r\n{body}", body.len()).into_bytes())
}

/// An answer in JSON.
pub(crate) fn json(body: &str) -> Answer {
    answer("200 OK", "application/json;charset=UTF-8", body)
}

/// The file of `fixtures/http`.
pub(crate) fn file(name: &str) -> std::path::PathBuf {
    Path::new("fixtures/http").join(name)
}

/// The fingerprint of a certificate in `fixtures/http`.
pub(crate) fn fingerprint(name: &str) -> Fingerprint {
    Fingerprint::of(&CertificateDer::from_pem_file(file(name)).unwrap())
}

type Handler = dyn Fn(&Asked) -> Answer + Send + Sync;

/// A server; it ends when it is dropped.
pub(crate) struct Server {
    address: SocketAddr,
    scheme: &'static str,
    is_over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// A server of plain HTTP.
    pub(crate) fn http(handler: impl Fn(&Asked) -> Answer + Send + Sync + 'static) -> Self {
        Server::start("127.0.0.1", None, Arc::new(handler))
    }

    /// A server of HTTPS with `server.pem`.
    pub(crate) fn https(handler: impl Fn(&Asked) -> Answer + Send + Sync + 'static) -> Self {
        Server::https_at("127.0.0.1", "server.pem", handler)
    }

    /// A server of HTTPS with this certificate of `fixtures/http`.
    pub(crate) fn https_at(
        host: &str,
        certificate: &str,
        handler: impl Fn(&Asked) -> Answer + Send + Sync + 'static,
    ) -> Self {
        let chain = vec![CertificateDer::from_pem_file(file(certificate)).unwrap()];
        let key = PrivateKeyDer::from_pem_file(file("server.key")).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .unwrap();
        Server::start(host, Some(Arc::new(config)), Arc::new(handler))
    }

    fn start(host: &str, tls: Option<Arc<ServerConfig>>, handler: Arc<Handler>) -> Self {
        let listener = TcpListener::bind((host, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let is_over = Arc::new(AtomicBool::new(false));
        let scheme = if tls.is_some() { "https" } else { "http" };
        let over = is_over.clone();
        let thread = thread::spawn(move || {
            for socket in listener.incoming() {
                if over.load(Ordering::SeqCst) {
                    break;
                }
                let (tls, handler) = (tls.clone(), handler.clone());
                // What a client breaks off is its own business.
                thread::spawn(move || serve(socket?, tls, &*handler));
            }
        });
        Server { address, scheme, is_over, thread: Some(thread) }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// As in `https://127.0.0.1:34567`.
    pub(crate) fn url(&self) -> String {
        format!("{}://{}", self.scheme, self.address)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::SeqCst);
        drop(TcpStream::connect(self.address));
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

fn serve(socket: TcpStream, tls: Option<Arc<ServerConfig>>, handler: &Handler) -> io::Result<()> {
    socket.set_read_timeout(Some(LIMIT))?;
    socket.set_write_timeout(Some(LIMIT))?;
    let raw = socket.try_clone()?;
    match tls {
        None => converse(socket, &raw, handler),
        Some(config) => {
            let connection = ServerConnection::new(config).map_err(io::Error::other)?;
            let mut stream = StreamOwned::new(connection, socket);
            converse(&mut stream, &raw, handler)?;
            stream.conn.send_close_notify();
            stream.flush()
        }
    }
}

fn converse(stream: impl Read + Write, raw: &TcpStream, handler: &Handler) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    let asked = read(&mut stream)?;
    match handler(&asked) {
        Answer::Bytes(bytes) => {
            stream.get_mut().write_all(&bytes)?;
            stream.get_mut().flush()
        }
        Answer::Silence => stream.read(&mut [0]).map(drop),
        Answer::Tunnel(target) => {
            let target = TcpStream::connect(target)?;
            stream.get_mut().write_all(b"HTTP/1.1 200 Connected by a proxy\r\n\r\n")?;
            let (mut from, mut to) = (raw.try_clone()?, target.try_clone()?);
            thread::spawn(move || io::copy(&mut from, &mut to));
            io::copy(&mut target.try_clone()?, &mut raw.try_clone()?).map(drop)
        }
    }
}

fn read(stream: &mut impl BufRead) -> io::Result<Asked> {
    let mut line = String::new();
    stream.read_line(&mut line)?;
    let mut words = line.split_whitespace().map(String::from);
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(':') else {
            break;
        };
        headers.push((name.to_ascii_lowercase(), value.trim().to_string()));
    }
    let mut asked = Asked { method, path, headers, body: Vec::new() };
    let length = asked.header("content-length").map_or(0, |length| length.parse().unwrap_or(0));
    asked.body.resize(length, 0);
    stream.read_exact(&mut asked.body)?;
    Ok(asked)
}
