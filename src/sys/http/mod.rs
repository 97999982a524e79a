//! Requests to a server by HTTP or HTTPS, one at a time, each with a deadline.
//!
//! The protocol is `ureq`'s. What is our own: which certificates are trusted ([`Trust`]), which
//! proxy is asked ([`Proxy`]), errors that name the place, and the text behind the status, in which
//! Proxmox VE says what was wrong.
//!
//! A redirection is followed if the request only reads and the same server is meant; anywhere else
//! the secrets in the headers would be shown to somebody they were not meant for.
//!
//! Through a proxy, requests go by `CONNECT`, those of plain HTTP too.

mod connection;
mod error;
mod proxy;
mod secret;
mod trust;

pub use error::{Error, Place, Result};
pub use proxy::Proxy;
pub use secret::Secret;
pub use trust::{Fingerprint, Trust};

use connection::{Connection, Names};
use rustls::ClientConfig;
use serde::de::DeserializeOwned;
use std::sync::Arc;
use std::time::{Duration, Instant};
use ureq::http::{HeaderName, HeaderValue, Method, Uri};

/// How many redirections in a row are followed.
const REDIRECTIONS: usize = 5;

/// How a client works.
#[derive(Debug, Clone)]
pub struct Options {
    /// What every path is appended to, as in `https://pve1.example:8006`. May be empty: then the
    /// paths are whole addresses.
    pub base: String,
    /// How long one request may take, from the name's resolution to the last byte.
    pub deadline: Duration,
    /// The longest body of an answer, in bytes.
    pub limit: u64,
    /// Which servers are believed to be who they say.
    pub trust: Trust,
    /// Through which proxy the requests go.
    pub proxy: Proxy,
    /// Headers of every request.
    pub headers: Vec<(String, Secret)>,
}

impl Default for Options {
    /// No base, 30 seconds, 16 MiB, the system's certificate authorities, the environment's proxy.
    fn default() -> Self {
        Options {
            base: String::new(),
            deadline: Duration::from_secs(30),
            limit: 16 << 20,
            trust: Trust::default(),
            proxy: Proxy::Environment,
            headers: Vec::new(),
        }
    }
}

/// What a server is asked.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// `GET`, `POST`, `PUT`, …
    pub method: &'a str,
    /// Appended to the client's base.
    pub path: &'a str,
    /// Headers of this request.
    pub headers: &'a [(String, Secret)],
    /// The body, for methods that have one.
    pub body: Option<&'a [u8]>,
}

/// What it answers.
#[derive(Debug, Clone)]
pub struct Reply {
    /// As in `200`.
    pub status: u16,
    /// The text behind the status. Proxmox VE puts its error there.
    pub reason: String,
    /// The headers, names in small letters.
    pub headers: Vec<(String, String)>,
    /// The whole body.
    pub body: Vec<u8>,
    place: Place,
}

/// Talks to servers.
#[derive(Debug)]
pub struct Client {
    options: Options,
    headers: Vec<(HeaderName, HeaderValue)>,
    tls: Arc<ClientConfig>,
}

impl Client {
    /// A client; nothing is sent yet.
    ///
    /// # Errors
    ///
    /// [`Error::Authorities`] if the certificates to trust cannot be read, [`Error::Header`].
    pub fn new(options: Options) -> Result<Self> {
        let tls = Arc::new(options.trust.config()?);
        let headers = options.headers.iter().map(header).collect::<Result<_>>()?;
        Ok(Client { options, headers, tls })
    }

    /// Asks for what is at a path, without headers of its own.
    ///
    /// # Errors
    ///
    /// As [`Client::request`].
    pub fn get(&self, path: &str) -> Result<Reply> {
        self.request(&Request { method: "GET", path, headers: &[], body: None })
    }

    /// Sends a request and reads the answer. A status that tells of an error is an answer; see
    /// [`Reply::success`].
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub fn request(&self, request: &Request) -> Result<Reply> {
        let end = Instant::now() + self.options.deadline;
        let mut uri = address(&format!("{}{}", self.options.base, request.path))?;
        for _ in 0..=REDIRECTIONS {
            let reply = self.exchange(request, &uri, end)?;
            let Some(target) = reply.redirection() else {
                return Ok(reply);
            };
            uri = match target_of(&uri, target) {
                Some(target) if matches!(request.method, "GET" | "HEAD") => target,
                _ => {
                    let to = shown(target);
                    return Err(Error::Redirected { place: reply.place, to });
                }
            };
        }
        Err(Error::Redirected { place: Place::of(&uri), to: "itself, again and again".into() })
    }

    fn exchange(&self, request: &Request, uri: &Uri, end: Instant) -> Result<Reply> {
        let place = Place::of(uri);
        let proxy = self.options.proxy.of(uri)?;
        let failed = {
            let (place, is_proxied) = (place.clone(), proxy.is_some());
            move |error| error::of(error, place, is_proxied, &self.options)
        };
        let method = Method::from_bytes(request.method.as_bytes())
            .map_err(|_| Error::Method(request.method.into()))?;
        let mut message =
            ureq::http::Request::builder().method(method).uri(uri.clone()).body(request.body);
        if let Ok(message) = &mut message {
            let own = request.headers.iter().map(header).collect::<Result<Vec<_>>>()?;
            for (name, value) in self.headers.iter().chain(&own) {
                message.headers_mut().append(name, value.clone());
            }
        }
        let message = message.map_err(|error| failed.clone()(error.into()))?;

        let connection = Connection::new(self.tls.clone());
        let line = connection.status_line();
        let left = end.saturating_duration_since(Instant::now());
        let config = ureq::config::Config::builder()
            .timeout_global(Some(left.max(Duration::from_millis(1))))
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .max_idle_connections(0)
            .proxy(proxy)
            .user_agent(concat!("pve-network-rs/", env!("CARGO_PKG_VERSION")))
            .build();
        let agent = ureq::Agent::with_parts(config, connection, Names::default());
        let (parts, body) = message.into_parts();
        let answer = match body {
            Some(body) => agent.run(ureq::http::Request::from_parts(parts, body)),
            None => agent.run(ureq::http::Request::from_parts(parts, ())),
        };
        let (parts, mut body) = answer.map_err(failed.clone())?.into_parts();
        let body = body.with_config().limit(self.options.limit).read_to_vec().map_err(failed)?;
        let status = parts.status.as_u16();
        let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        Ok(Reply {
            status,
            reason: line.reason(status),
            headers: parts.headers.iter().map(|(n, v)| (n.as_str().into(), text(v))).collect(),
            body,
            place,
        })
    }
}

impl Reply {
    /// The first header of this name, which is given in small letters.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The answer, if its status tells of success.
    ///
    /// # Errors
    ///
    /// [`Error::Status`].
    pub fn success(self) -> Result<Self> {
        if (200..300).contains(&self.status) {
            return Ok(self);
        }
        Err(Error::Status { place: self.place, status: self.status, reason: self.reason })
    }

    /// The body, read as JSON.
    ///
    /// # Errors
    ///
    /// [`Error::Content`] if it is none.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_slice(&self.body).map_err(|error| Error::Content {
            place: self.place.clone(),
            kind: self.header("content-type").unwrap_or("something without a type").into(),
            reason: error.to_string(),
        })
    }

    fn redirection(&self) -> Option<&str> {
        let location = self.header("location")?;
        matches!(self.status, 301 | 302 | 303 | 307 | 308).then_some(location)
    }
}

fn header((name, value): &(String, Secret)) -> Result<(HeaderName, HeaderValue)> {
    let wrong = || Error::Header(name.clone());
    let key = HeaderName::from_bytes(name.as_bytes()).map_err(|_| wrong())?;
    let mut value = HeaderValue::from_str(value.expose()).map_err(|_| wrong())?;
    value.set_sensitive(true);
    Ok((key, value))
}

/// Reads a whole address.
fn address(text: &str) -> Result<Uri> {
    let wrong = |reason| Error::Address { address: shown(text), reason };
    let uri: Uri = text.parse().map_err(|_| wrong("it is no URL"))?;
    if !matches!(uri.scheme_str(), Some("http" | "https")) {
        return Err(wrong("expected http:// or https://"));
    }
    if uri.authority().is_some_and(|authority| authority.as_str().contains('@')) {
        return Err(wrong("a user and a password do not belong there"));
    }
    Ok(uri)
}

/// Where a redirection leads, if it stays on the server.
fn target_of(from: &Uri, to: &str) -> Option<Uri> {
    if to.starts_with('/') && !to.starts_with("//") {
        return format!("{}://{}{to}", from.scheme()?, from.authority()?).parse().ok();
    }
    let target: Uri = to.parse().ok()?;
    let is_same = target.scheme() == from.scheme() && target.authority() == from.authority();
    is_same.then_some(target)
}

/// An address as it is shown: without what may be secret in it.
fn shown(address: &str) -> String {
    let address = address.split(['?', '#']).next().unwrap_or_default();
    let (scheme, rest) = address.split_once("://").unwrap_or(("", address));
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let host = authority.rsplit('@').next().unwrap_or_default();
    let separator = if scheme.is_empty() { "" } else { "://" };
    format!("{scheme}{separator}{host}{path}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        for (text, expected) in [
            ("https://pve1.example:8006/api2/json/version", None),
            ("http://[2001:db8::1]/x?y=z", None),
            ("ftp://pve1/x", Some("ftp://pve1/x: expected http:// or https://")),
            ("/api2/json", Some("/api2/json: expected http:// or https://")),
            ("https://pve 1/", Some("https://pve 1/: it is no URL")),
            (
                "https://root:hidden@pve1/x?token=hidden",
                Some("https://pve1/x: a user and a password do not belong there"),
            ),
        ] {
            let error = address(text).err().map(|error| error.to_string());
            assert_eq!(error.as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn redirections() {
        let from = "https://pve1:8006/a/b?c".parse().unwrap();
        for (to, expected) in [
            ("/x?y", Some("https://pve1:8006/x?y")),
            ("https://pve1:8006/x", Some("https://pve1:8006/x")),
            ("https://pve1/x", None), // another port
            ("http://pve1:8006/x", None),
            ("https://pve2:8006/x", None),
            ("//pve2/x", None),
            ("x", None),
            ("", None),
        ] {
            let target = target_of(&from, to).map(|uri| uri.to_string());
            assert_eq!(target.as_deref(), expected, "{to}");
        }
    }
}
