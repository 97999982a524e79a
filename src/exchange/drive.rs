//! Runs operations to their end, for programs without Perl: it plays the part of the plugin's module.

use super::{Args, Operation, Progress, State};
use crate::dns::powerdns;
use crate::error::{Error, Result};
use crate::ipam::{netbox, phpipam};
use crate::notes::Notes;
use crate::perl::{Hash, deref};
use crate::sdn::dhcp_range;
use serde_json::{Map, Value as Json, json};
use std::borrow::Cow;

/// A plugin that talks to a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plugin {
    /// An IPAM.
    Netbox,
    /// An IPAM.
    PhpIpam,
    /// A DNS server.
    PowerDns,
}

impl Plugin {
    /// The plugin for sections of that type.
    pub fn of_type(name: &str) -> Option<Self> {
        match name {
            "netbox" => Some(Plugin::Netbox),
            "phpipam" => Some(Plugin::PhpIpam),
            "powerdns" => Some(Plugin::PowerDns),
            _ => None,
        }
    }

    fn step(self) -> fn(Operation, State, &mut Notes) -> Result<Progress> {
        match self {
            Plugin::Netbox => netbox::step,
            Plugin::PhpIpam => phpipam::step,
            Plugin::PowerDns => powerdns::step,
        }
    }
}

/// What is sent to a server.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// `GET`, `POST`, …
    pub method: String,
    /// The whole address.
    pub url: String,
    /// Names and values; a token is among them.
    pub headers: Vec<(String, String)>,
    /// The body, as JSON.
    pub body: Option<Json>,
    /// The SHA-256 of the certificate that the server must have.
    pub fingerprint: Option<String>,
}

/// An operation on its way.
pub struct Driver<'a, F> {
    plugin: Plugin,
    config: &'a Json,
    send: F,
    /// The arguments of the operation that the caller has asked for.
    args: Json,
    /// Perl's `$@`.
    error: String,
    /// The warnings so far.
    pub notes: Notes,
    /// What the original prints.
    pub printed: String,
}

impl<'a, F> Driver<'a, F>
where
    F: FnMut(&Request) -> Result<Option<Json>>,
{
    /// A driver for the section `config` of `ipams.cfg` or `dns.cfg`.
    ///
    /// `send` sends a request and returns the body of the answer, if it has one; its error is
    /// [`Error::Die`] with what the original's `api_request` dies of.
    pub fn new(plugin: Plugin, config: &'a Json, send: F) -> Self {
        let (args, error) = (Json::Null, String::new());
        Driver {
            plugin,
            config,
            send,
            args,
            error,
            notes: Notes::default(),
            printed: String::new(),
        }
    }

    /// Runs a method of the plugin; `args` has its arguments by name.
    ///
    /// # Errors
    ///
    /// Those of the operation.
    pub fn run(&mut self, operation: &str, args: &Json) -> Result<Json> {
        self.args = args.clone();
        self.operate(operation, args)
    }

    fn operate(&mut self, name: &str, args: &Json) -> Result<Json> {
        let error = self.error.clone();
        let mut exchange = State { error: error.clone(), ..State::default() };
        loop {
            let operation = Operation { name, config: Args(self.config), args: Args(args) };
            let mut notes = Notes::default();
            let progress = (self.plugin.step())(operation, exchange, &mut notes);
            self.notes.append(notes);
            let (call, state) = match progress? {
                Progress::Done { result } => return Ok(result),
                Progress::Ask { call, state } => (call, state),
            };
            let value = match self.perform(call.function, &call.args) {
                Ok(value) if call.guarded == 0 => value,
                Ok(value) => {
                    self.error.clear();
                    value
                }
                Err(error) if call.guarded == 0 => return Err(error),
                Err(error) => {
                    self.error = error.to_string().trim_end_matches('\n').to_owned() + "\n";
                    Json::Null
                }
            };
            let answer = super::Answer { value, error: self.error.clone() };
            exchange = State { state, answer: Some(answer), error: error.clone() };
        }
    }

    /// Calls a function of the original; the helpers are operations themselves.
    fn perform(&mut self, function: &str, args: &[Json]) -> Result<Json> {
        let arg = |index: usize| args.get(index).unwrap_or(&Json::Null);
        let text = |index: usize| deref::text(arg(index)).map(Cow::into_owned);
        let names: &[&str] = match (function, self.plugin) {
            ("netbox_api_request", _) => {
                let (url, token) = (self.config("url")?, self.config("token")?);
                let token = format!("token {token}");
                return self.send(&Request {
                    method: text(0)?,
                    url: url + &text(1)?,
                    headers: headers(&json!([
                        "Content-Type",
                        "application/json; charset=UTF-8",
                        "Authorization",
                        token
                    ]))?,
                    body: Some(arg(2).clone()).filter(deref::is_true),
                    fingerprint: defined(&self.config["fingerprint"])?,
                });
            }
            ("api_request", _) => {
                return self.send(&Request {
                    method: text(0)?,
                    url: text(1)?,
                    headers: headers(arg(2))?,
                    body: Some(arg(3).clone()).filter(deref::is_true),
                    fingerprint: defined(arg(4))?,
                });
            }
            ("get_dhcp_ranges", _) => return self.dhcp_ranges(arg(0)),
            ("print", _) => {
                self.printed += &text(0)?;
                return Ok(json!(1));
            }
            ("del_ip", _) => {
                let mut args = self.args.clone();
                args["ip"] = arg(0).clone();
                return self.operate("del_ip", &args);
            }
            ("get_prefix_id", Plugin::Netbox) => &["cidr", "noerr"],
            ("get_ip_id" | "is_ip_gateway", Plugin::Netbox) => &["ip", "noerr"],
            ("get_prefix_id", _) => &["url", "cidr", "headers"],
            ("get_ip_id" | "is_ip_gateway", _) => &["url", "ip", "headers"],
            ("is_prefix_empty", _) => &["cidr", "noerr"],
            ("get_iprange_id" | "add_dhcp_range", _) => &["range", "noerr"],
            ("del_dhcp_range", _) => &["id", "noerr"],
            ("add_next_freeip", _) => &["subnetid", "subnet", "hostname", "mac", "vmid"],
            ("zone_rrset", _) => &["zone", "name", "type"],
            _ => return Err(Error::Bug(format!("no function '{function}'"))),
        };
        let named = names.iter().enumerate().map(|(at, name)| ((*name).into(), arg(at).clone()));
        self.operate(function, &Json::Object(named.collect::<Map<_, _>>()))
    }

    fn config(&self, name: &str) -> Result<String> {
        Args(self.config).text(name)
    }

    fn send(&mut self, request: &Request) -> Result<Json> {
        let body = (self.send)(request)?;
        if body.is_some() {
            self.error.clear(); // by the `eval` around the original's reading of JSON
        }
        Ok(body.unwrap_or_default())
    }

    fn dhcp_ranges(&mut self, subnet: &Json) -> Result<Json> {
        let subnet = subnet.to_string();
        let subnet: Hash =
            serde_json::from_str(&subnet).map_err(|e| Error::Request(e.to_string()))?;
        Ok(json!(dhcp_range::of_subnet(&subnet, &mut self.notes)?))
    }
}

/// The headers of a request, which come as one list of names and values.
fn headers(list: &Json) -> Result<Vec<(String, String)>> {
    let words = deref::elements(list)?;
    let pair = |pair: &[Json]| {
        let value = pair.get(1).map(deref::text).transpose()?.unwrap_or_default();
        Ok((deref::text(&pair[0])?.into_owned(), value.into_owned()))
    };
    words.chunks(2).map(pair).collect()
}

fn defined(value: &Json) -> Result<Option<String>> {
    if value.is_null() { Ok(None) } else { Ok(Some(deref::text(value)?.into_owned())) }
}
