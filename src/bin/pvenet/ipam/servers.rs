//! `pvenet ipam servers`: whether the servers of other IPAMs and of DNS answer.

use super::files::Files;
use crate::failure::Failure;
use crate::page::{self, Paint, Tone, count};
use crate::report::{Format, Report};
use clap::Args;
use pve_network_rs::exchange::drive::{Driver, Plugin};
use pve_network_rs::ipam::audit;
use pve_network_rs::ipam::database::Cache;
use pve_network_rs::ipam::plan::Plan;
use pve_network_rs::section_config::File;
use pve_network_rs::sys::remote::Remote;
use serde::Serialize;
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeMap;
use std::time::Duration;

/// Asks the IPAM and DNS servers whether they answer
///
/// Sends to each server of ipams.cfg and dns.cfg what PVE sends when it is configured, with the token
/// that is there. Of a NetBox it also asks whether it has the subnets and gateways of the zones that
/// use it, of a PowerDNS whether it has their DNS zones. Nothing is changed on them, and no token is
/// shown. Requests go through the proxy of datacenter.cfg, or else of the environment. Exits with 1
/// if a server does not answer or something is missing.
#[derive(Args)]
pub(super) struct Servers {
    /// Only these
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// Also ask a NetBox about the addresses of each MAC address in the cache, one by one
    #[arg(long)]
    addresses: bool,
    /// How long one request may take, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 30,
        value_parser = clap::value_parser!(u64).range(1..=300))]
    timeout: u64,
    /// How to print it
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// What a server had to say.
#[derive(Serialize)]
struct Server {
    name: String,
    /// Null if it is not configured.
    #[serde(rename = "type")]
    kind: Option<String>,
    /// Why it does not answer.
    error: Option<String>,
    /// What is missing on it.
    missing: Vec<String>,
}

/// What servers are asked about.
struct Question<'a> {
    remote: &'a Remote,
    plan: &'a Plan,
    cache: Option<&'a Cache>,
}

impl Servers {
    /// Runs it.
    pub(super) fn run(&self, files: &Files, paint: Paint) -> Result<Report, Failure> {
        let texts = files.texts()?;
        let mut plan = files.plan()?;
        let cache = if self.addresses { Some(files.cache(&texts)?) } else { None };
        let remote = files.remote(Duration::from_secs(self.timeout))?;
        let mut faults = std::mem::take(&mut plan.faults);
        let mut ipams = files.sections(File::Ipams, &mut faults)?;
        ipams.retain(|_, section| section["type"] != "pve"); // is no server
        let sections = [(File::Ipams, ipams), (File::Dns, files.sections(File::Dns, &mut faults)?)];
        self.check_names(&sections)?;

        let question = Question { remote: &remote, plan: &plan, cache: cache.as_ref() };
        let mut servers = Vec::new();
        for (file, sections) in &sections {
            let used = used(*file, &plan);
            let names =
                sections.keys().chain(used.keys().filter(|name| !sections.contains_key(*name)));
            for name in names.filter(|name| self.names.is_empty() || self.names.contains(name)) {
                servers.extend(match sections.get(name) {
                    Some(section) => Some(question.ask(*file, name, section)),
                    None => used.get(name).map(|zone| Server::unknown(name, zone, *file)),
                });
            }
        }
        let is_clean = faults.is_empty() && servers.iter().all(Server::is_clean);
        if self.format == Format::Json {
            let answer = json!({ "faults": faults, "servers": servers });
            return Ok(Report::json(&answer, is_clean)?);
        }
        let text = text(&faults, &servers, paint);
        Ok(Report { text: text.into_bytes(), is_clean })
    }

    fn check_names(&self, sections: &[(File, Map<String, Json>)]) -> Result<(), Failure> {
        let known: Vec<String> =
            sections.iter().flat_map(|(_, sections)| sections.keys().cloned()).collect();
        match self.names.iter().find(|name| !known.contains(name)) {
            Some(name) => Err(Failure::UnknownServer { name: name.clone(), known }),
            None => Ok(()),
        }
    }
}

/// The servers that zones use, each with one of the zones.
fn used(file: File, plan: &Plan) -> BTreeMap<String, String> {
    let mut used = BTreeMap::new();
    for (id, zone) in plan.zones() {
        let names = match file {
            File::Ipams => [&zone.ipam, ""],
            _ => [&zone.dns, zone.reverse_dns.as_str()],
        };
        for name in names.into_iter().filter(|name| !name.is_empty() && *name != "pve") {
            used.insert(name.to_owned(), id.to_owned());
        }
    }
    used
}

impl Question<'_> {
    fn ask(&self, file: File, name: &str, section: &Json) -> Server {
        let kind = section["type"].as_str().map(str::to_owned);
        let outcome = match kind.as_deref().map(Plugin::of_type) {
            None => Err("its section in the config is not right".to_owned()),
            Some(None) => Err("this program does not know servers of that type".to_owned()),
            Some(Some(plugin)) => {
                let mut driver = Driver::new(plugin, section, |request| self.remote.send(request));
                let missing = match file {
                    File::Ipams => audit::ipam(&mut driver, plugin, name, self.plan, self.cache),
                    _ => audit::dns(&mut driver, section, name, self.plan),
                };
                missing.map_err(|error| error.to_string().trim_end().to_owned())
            }
        };
        let (error, missing) = match outcome {
            Ok(missing) => (None, missing),
            Err(error) => (Some(error), vec![]),
        };
        Server { name: name.into(), kind, error, missing }
    }
}

impl Server {
    fn unknown(name: &str, zone: &str, file: File) -> Self {
        let path = file.path();
        let error = Some(format!("zone {zone} uses it, but it is not in {path}"));
        Server { name: name.into(), kind: None, error, missing: vec![] }
    }

    fn is_clean(&self) -> bool {
        self.error.is_none() && self.missing.is_empty()
    }
}

fn text(faults: &[String], servers: &[Server], paint: Paint) -> String {
    let mut text = String::new();
    for fault in faults {
        text.push_str(&page::paragraph(paint, Tone::Bad, &page::plain(fault)));
    }
    for server in servers {
        let kind = server.kind.as_deref().unwrap_or("not configured");
        let (tone, answers) = match server.error {
            None => (Tone::Good, "answers"),
            Some(_) => (Tone::Bad, "fails"),
        };
        let name = paint.text(Tone::Bold, &page::plain(&server.name));
        text.push_str(&format!("{name} ({}): {}\n", page::plain(kind), paint.text(tone, answers)));
        for line in server.error.iter().chain(&server.missing) {
            text.push_str(&page::paragraph(paint, Tone::Bad, &page::plain(line)));
        }
    }
    let failing = servers.iter().filter(|server| !server.is_clean()).count();
    let summary = match (servers.len(), failing) {
        (0, _) => "no servers are configured".into(),
        (all, 0) => format!("{}, all is well", count(all, "server")),
        (all, failing) => format!("{}, {failing} with problems", count(all, "server")),
    };
    text + &summary + "\n"
}
