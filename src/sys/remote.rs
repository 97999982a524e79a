//! The servers of the plugins, asked by HTTP.
//!
//! Source: `PVE::Network::SDN::api_request`.

use super::file;
use super::http::{Client, Options, Proxy, Reply, Request, Secret, Trust};
use crate::error::{Error, Result};
use crate::exchange::drive;
use serde_json::Value as Json;
use std::path::Path;
use std::time::Duration;

/// How servers are reached from a node.
#[derive(Debug, Clone)]
pub struct Remote {
    /// How long one request may take.
    pub deadline: Duration,
    /// Through which proxy it goes.
    pub proxy: Proxy,
}

impl Remote {
    /// As the node below `root` does it: through the proxy of `datacenter.cfg`, if that names one,
    /// else through the one of the environment.
    ///
    /// # Errors
    ///
    /// If that file cannot be read.
    pub fn of_node(root: &Path, deadline: Duration) -> super::Result<Self> {
        let text = file::read(&root.join("etc/pve/datacenter.cfg"))?.unwrap_or_default();
        let proxy = match http_proxy(&String::from_utf8_lossy(&text)) {
            Some(address) => Proxy::Address(address.into()),
            None => Proxy::Environment,
        };
        Ok(Remote { deadline, proxy })
    }

    /// Sends a request; returns the body of the answer, if it has one. What the server is believed by
    /// is its fingerprint, or else the authorities of the system.
    ///
    /// # Errors
    ///
    /// [`Error::Die`] if there is no answer, or none of success, or none in JSON; as the original's,
    /// but for what it says of a failed connection.
    pub fn send(&self, request: &drive::Request) -> Result<Option<Json>> {
        let failed = |reason: &dyn std::fmt::Display| {
            Error::die(format_args!("Invalid response from server: {reason}"))
        };
        let trust = match &request.fingerprint {
            Some(text) => Trust::Pinned(text.parse().map_err(|error| failed(&error))?),
            None => Trust::default(),
        };
        let client = Client::new(Options {
            deadline: self.deadline,
            trust,
            proxy: self.proxy.clone(),
            ..Options::default()
        });
        let headers = request.headers.iter();
        let headers: Vec<(String, Secret)> =
            headers.map(|(name, value)| (name.clone(), value.as_str().into())).collect();
        let body = request.body.as_ref().map(Json::to_string);
        let message = Request {
            method: &request.method,
            path: &request.url,
            headers: &headers,
            body: body.as_deref().map(str::as_bytes),
        };
        let reply = client.and_then(|client| client.request(&message));
        read(&reply.map_err(|error| failed(&error))?)
    }
}

fn read(reply: &Reply) -> Result<Option<Json>> {
    let status = reply.status;
    if !(200..300).contains(&status) {
        let reason = if reply.reason.is_empty() { "unknown" } else { &reply.reason };
        return Err(Error::die(format_args!("Invalid response from server: {status} {reason}")));
    }
    if reply.body.is_empty() {
        return Ok(None);
    }
    serde_json::from_slice(&reply.body).map(Some).map_err(|_| {
        let kind = reply.header("content-type").unwrap_or("of no type");
        Error::die(format_args!("api response is not a json, it is {kind}"))
    })
}

/// The proxy that `datacenter.cfg` names.
fn http_proxy(text: &str) -> Option<&str> {
    let mut options = text.lines().filter_map(|line| line.split_once(':'));
    let (_, value) = options.find(|(name, _)| name.trim() == "http_proxy")?;
    Some(value.trim()).filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proxies() {
        for (text, expected) in [
            ("", None),
            ("keyboard: de\nhttp_proxy: http://proxy:3128\n", Some("http://proxy:3128")),
            ("#http_proxy: http://proxy:3128\nhttp_proxy:\n", None),
        ] {
            assert_eq!(http_proxy(text), expected, "{text}");
        }
    }
}
