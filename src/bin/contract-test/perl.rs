//! What Perl answers: the REST API of the node.

use pve_network_rs::sys::http::{Client, Error, Options, Reply};
use serde::Deserialize;
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// Where the API is, below the address of the server.
const BASE: &str = "/api2/json";

/// An answer of the API.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Answer {
    /// Its data.
    Data(Json),
    /// The original died of it, with this text.
    Died(String),
    /// The API does not tell, and why.
    Refused(String),
}

/// What the API puts around its data.
#[derive(Debug, Default, Deserialize)]
struct Envelope {
    data: Json,
    #[serde(default)]
    message: Option<String>,
    #[serde(default)]
    errors: BTreeMap<String, Json>,
}

/// The API of a server.
pub(crate) struct Api(Client);

impl Api {
    /// The API at an address such as `https://pve1.example:8006`.
    pub(crate) fn new(options: Options) -> Result<Self, Error> {
        let base = options.base.trim_end_matches('/').trim_end_matches(BASE).to_owned() + BASE;
        Client::new(Options { base, ..options }).map(Api)
    }

    /// Asks for what is at a path, and for what is wrong if there is nothing.
    pub(crate) fn get(&self, path: &str) -> Result<Answer, Error> {
        let reply = self.0.get(path)?;
        if let 200..=299 = reply.status {
            return Ok(Answer::Data(reply.json::<Envelope>()?.data));
        }
        let envelope: Envelope = serde_json::from_slice(&reply.body).unwrap_or_default();
        let mut text = text_of(&reply, &envelope);
        for (name, error) in &envelope.errors {
            text.push_str(&format!(" {name}: {}", error.as_str().unwrap_or_default().trim_end()));
        }
        // Of an original that dies, PVE::HTTPServer makes 500; and 400 if it dies of a parameter, as
        // of a name that is none to the API, which then does not even ask it.
        let is_asked = envelope.errors.values().any(is_of_original);
        match reply.status {
            400 if is_asked => Ok(Answer::Died(text)),
            400 => Ok(Answer::Refused(text)),
            500 => Ok(Answer::Died(text)),
            status => Ok(Answer::Refused(format!("{status} {text}"))),
        }
    }

    /// Asks for what has to be there.
    pub(crate) fn data(&self, path: &str) -> Result<Json, String> {
        match self.get(path).map_err(|error| error.to_string())? {
            Answer::Data(data) => Ok(data),
            Answer::Died(text) | Answer::Refused(text) => Err(format!("GET {path}: {text}")),
        }
    }

    /// True if the user has one of these privileges on a path.
    pub(crate) fn may(&self, path: &str, privileges: &[&str]) -> Result<bool, String> {
        let permissions = self.data(&format!("/access/permissions?path={path}"))?;
        let has = |privilege: &&str| permissions[path].get(*privilege).is_some();
        Ok(privileges.iter().any(has))
    }
}

/// True for an error about a parameter that the original itself finds, not the API in front of it.
fn is_of_original(error: &Json) -> bool {
    error
        .as_str()
        .is_some_and(|text| text.contains("does not exist") || text.contains("wrong vnet"))
}

/// What is wrong, in one line.
fn text_of(reply: &Reply, envelope: &Envelope) -> String {
    let text = envelope.message.as_deref().unwrap_or(&reply.reason);
    text.trim().replace('\n', " ")
}
