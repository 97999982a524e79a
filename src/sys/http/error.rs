//! Why a request was not answered.

use super::trust::{Fingerprint, Refusal};
use super::{Options, shown};
use std::fmt;
use std::io::{self, ErrorKind};
use std::path::PathBuf;
use ureq::http::Uri;

/// Result of the functions that talk to a server.
pub type Result<T> = std::result::Result<T, Error>;

/// The server that was asked, as `host:port`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place(String);

impl Place {
    pub(super) fn of(uri: &Uri) -> Self {
        let port =
            uri.port_u16().unwrap_or(if uri.scheme_str() == Some("http") { 80 } else { 443 });
        Place(format!("{}:{port}", uri.host().unwrap_or_default()))
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why a request was not answered; names the place, and never a secret.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The address is none that can be asked.
    #[error("{address}: {reason}")]
    Address {
        /// The address, without what may be secret in it.
        address: String,
        /// What was expected.
        reason: &'static str,
    },
    /// A header cannot be sent.
    #[error("header {0:?}: its name or its value cannot be sent")]
    Header(String),
    /// A method is none.
    #[error("{0:?} is no method of HTTP")]
    Method(String),
    /// A proxy of the configuration or the environment is none.
    #[error("{0} names no proxy, expected http://HOST:PORT")]
    ProxyAddress(String),
    /// The certificates to be trusted could not be had.
    #[error("{}: {reason}", path.display())]
    Authorities {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// No connection came about.
    #[error("cannot connect to {place}: {reason}")]
    Connect {
        /// The server.
        place: Place,
        /// What the system said.
        reason: String,
    },
    /// The proxy did not connect.
    #[error("cannot connect to {place} through the proxy: {reason}")]
    Proxy {
        /// The server.
        place: Place,
        /// What the proxy or the system said.
        reason: String,
    },
    /// The certificate is not the pinned one.
    #[error(
        "{place} has another certificate: its SHA-256 fingerprint is {seen}, expected {expected}"
    )]
    Fingerprint {
        /// The server.
        place: Place,
        /// What it has.
        seen: Fingerprint,
        /// What it should have.
        expected: Fingerprint,
    },
    /// No authority vouches for the certificate.
    #[error(
        "the certificate of {place} is not trusted: {reason}; its SHA-256 fingerprint is {seen}"
    )]
    Untrusted {
        /// The server.
        place: Place,
        /// What is wrong with the certificate.
        reason: String,
        /// What it has.
        seen: Fingerprint,
    },
    /// Encryption failed otherwise.
    #[error("no encrypted connection to {place}: {reason}")]
    Tls {
        /// The server.
        place: Place,
        /// What failed.
        reason: String,
    },
    /// The deadline is over.
    #[error("{place} has not answered within {seconds} s")]
    Timeout {
        /// The server.
        place: Place,
        /// The deadline.
        seconds: f64,
    },
    /// The answer has too many bytes.
    #[error("the answer of {place} is larger than {limit} bytes")]
    TooLarge {
        /// The server.
        place: Place,
        /// The limit.
        limit: u64,
    },
    /// The answer is cut off, or not HTTP.
    #[error("the answer of {place} is broken: {reason}")]
    Broken {
        /// The server.
        place: Place,
        /// What is wrong with it.
        reason: String,
    },
    /// Somebody else should be asked.
    #[error("{place} sends to {to}; it was not followed")]
    Redirected {
        /// The server.
        place: Place,
        /// Where it sends to.
        to: String,
    },
    /// The server refuses.
    #[error("{place} answers {status} {reason}")]
    Status {
        /// The server.
        place: Place,
        /// The status.
        status: u16,
        /// The text behind it.
        reason: String,
    },
    /// The answer is of another kind.
    #[error("{place} answers with {kind}, expected JSON: {reason}")]
    Content {
        /// The server.
        place: Place,
        /// Its `content-type`.
        kind: String,
        /// Why it is no JSON.
        reason: String,
    },
}

impl Error {
    /// True if another request to the same server would fare no better.
    pub fn is_final(&self) -> bool {
        match self {
            Error::Address { .. }
            | Error::Header(_)
            | Error::Method(_)
            | Error::ProxyAddress(_)
            | Error::Authorities { .. }
            | Error::Connect { .. }
            | Error::Proxy { .. }
            | Error::Fingerprint { .. }
            | Error::Untrusted { .. }
            | Error::Tls { .. }
            | Error::Timeout { .. } => true,
            Error::TooLarge { .. }
            | Error::Broken { .. }
            | Error::Redirected { .. }
            | Error::Status { .. }
            | Error::Content { .. } => false,
        }
    }
}

/// What an error of `ureq` or of our own part of the connection means.
pub(super) fn of(error: ureq::Error, place: Place, is_proxied: bool, options: &Options) -> Error {
    match error {
        ureq::Error::Timeout(_) => {
            Error::Timeout { place, seconds: options.deadline.as_secs_f64() }
        }
        ureq::Error::BodyExceedsLimit(limit) => Error::TooLarge { place, limit },
        ureq::Error::ConnectProxyFailed(reason) => Error::Proxy { place, reason },
        ureq::Error::HostNotFound if is_proxied => {
            Error::Proxy { place, reason: "its name cannot be resolved".into() }
        }
        ureq::Error::HostNotFound => {
            Error::Connect { place, reason: "its name cannot be resolved".into() }
        }
        ureq::Error::BadUri(address) => {
            Error::Address { address: shown(&address), reason: "it is no URL" }
        }
        ureq::Error::Tls(reason) => Error::Tls { place, reason: reason.into() },
        ureq::Error::Io(error) => of_io(&error, place, is_proxied),
        error => Error::Broken { place, reason: error.to_string() },
    }
}

fn of_io(error: &io::Error, place: Place, is_proxied: bool) -> Error {
    if let Some(error) = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        return of_tls(error, place);
    }
    let reason = super::super::reason(error);
    match error.kind() {
        ErrorKind::ConnectionRefused
        | ErrorKind::HostUnreachable
        | ErrorKind::NetworkUnreachable
        | ErrorKind::NetworkDown
        | ErrorKind::AddrNotAvailable
        | ErrorKind::PermissionDenied => {
            if is_proxied {
                Error::Proxy { place, reason }
            } else {
                Error::Connect { place, reason }
            }
        }
        ErrorKind::UnexpectedEof => Error::Broken { place, reason: "it ends too early".into() },
        _ => Error::Broken { place, reason },
    }
}

fn of_tls(error: &rustls::Error, place: Place) -> Error {
    let refusal = match error {
        rustls::Error::Other(other) => other.0.downcast_ref::<Refusal>(),
        _ => None,
    };
    match refusal {
        Some(Refusal::Other { seen, expected }) => {
            Error::Fingerprint { place, seen: *seen, expected: *expected }
        }
        Some(Refusal::Untrusted { seen, reason }) => {
            Error::Untrusted { place, seen: *seen, reason: reason.clone() }
        }
        None => Error::Tls { place, reason: error.to_string() },
    }
}
