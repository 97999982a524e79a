//! PowerDNS: records of an authoritative server with a REST API.
//!
//! Source: `PVE::Network::SDN::Dns::PowerdnsPlugin`.

use super::reverse;
use crate::addr::netip;
use crate::error::{Error, Result};
use crate::exchange::{
    self, Args, Call, Exchange, Operation, Progress, State, Step, ignore, keep, unless,
};
use crate::notes::Notes;
use crate::perl::deref::{elements, member, text};
use serde_json::{Value as Json, json};

/// How long a record may be kept, in seconds, where the config says nothing.
const TTL: u32 = 14400;

/// One step of a method or a helper of the plugin.
///
/// # Errors
///
/// [`Error::Die`] where the original dies, with its text; [`Error::Unsupported`] where it would make
/// a text of a reference; [`Error::Request`] for an operation that is none of the plugin's.
pub fn step(operation: Operation, state: State, notes: &mut Notes) -> Result<Progress> {
    exchange::step(state, notes, |x| run(x, operation))
}

fn run(x: &mut Exchange, operation: Operation) -> Step<Json> {
    let Operation { name, config, args } = operation;
    let server = Server { config };
    match name {
        "add_a_record" => server.add_a_record(x, args),
        "add_ptr_record" => server.add_ptr_record(x, args),
        "del_a_record" => server.del_a_record(x, args),
        "del_ptr_record" => server.del_ptr_record(x, args),
        "verify_zone" => server.verify_zone(x, args),
        "on_update_hook" => server.on_update_hook(x),
        "zone_rrset" => server.zone_rrset(x, args),
        _ => Err(Error::Request(format!("PowerDNS has no operation '{name}'")).into()),
    }
}

/// The server that a plugin's config names.
#[derive(Clone, Copy)]
struct Server<'a> {
    config: Args<'a>,
}

/// The records of one name and type.
struct Name {
    zone: String,
    name: String,
    kind: &'static str,
}

impl Server<'_> {
    /// Adds an address to those that the name has. All of them get the configured lifetime.
    fn add_a_record(self, x: &mut Exchange, args: Args) -> Step<Json> {
        let (name, ip) = (Name::of_host(args)?, args.text("ip")?);
        let mut records = name.records(x)?.records;
        if contains(&records, &ip)? {
            return Ok(Json::Null);
        }
        // To compare an address with others makes a text of it.
        let ip = if records.is_empty() { args.value("ip").clone() } else { json!(ip) };
        records.push(name.record(&ip));
        let rrset = self.replacement(&name, &records);
        let failure = format!("error add {} to zone {}: ", name.name, name.zone);
        self.patch(x, &name, &rrset, &failure, args)
    }

    fn add_ptr_record(self, x: &mut Exchange, args: Args) -> Step<Json> {
        let name = Name::of_address(args)?;
        let host = format!("{}.", args.text("hostname")?);
        let rrset = self.replacement(&name, &[name.record(&json!(host))]);
        let failure = format!("error add {} to zone {}: ", name.name, name.zone);
        self.patch(x, &name, &rrset, &failure, args)
    }

    /// Removes an address from those that the name has; the others keep their lifetime.
    fn del_a_record(self, x: &mut Exchange, args: Args) -> Step<Json> {
        let (name, ip) = (Name::of_host(args)?, args.text("ip")?);
        let RrSet { ttl, records } = name.records(x)?;
        if !contains(&records, &ip)? {
            return Ok(Json::Null);
        }
        let mut kept = Vec::with_capacity(records.len());
        for record in records {
            if text(member(&record, "content")?)? != ip {
                kept.push(record);
            }
        }
        let rrset = if kept.is_empty() {
            name.deletion()
        } else {
            let mut rrset = self.replacement(&name, &kept);
            rrset["ttl"] = ttl;
            rrset
        };
        let failure = format!("error delete {} from zone {}: ", name.name, name.zone);
        self.patch(x, &name, &rrset, &failure, args)
    }

    fn del_ptr_record(self, x: &mut Exchange, args: Args) -> Step<Json> {
        let name = Name::of_address(args)?;
        let failure = format!("error delete {} from zone {}: ", name.name, name.zone);
        self.patch(x, &name, &name.deletion(), &failure, args)
    }

    fn verify_zone(self, x: &mut Exchange, args: Args) -> Step<Json> {
        let zone = args.text("zone")?;
        match x.attempt(self.get(&format!("/zones/{zone}?rrsets=false"))?, ignore)? {
            Some(()) => Ok(Json::Null),
            None => {
                let failure = format!("can't read zone {zone}: ");
                unless(args.is_true("noerr"), x.raised(&failure))
            }
        }
    }

    fn on_update_hook(self, x: &mut Exchange) -> Step<Json> {
        match x.attempt(self.get("")?, ignore)? {
            Some(()) => Ok(Json::Null),
            None => Err(x.raised("dns api error: ").into()),
        }
    }

    /// The records of one name and type in a zone, null if there are none.
    ///
    /// Source: `PVE::Network::SDN::Dns::PowerdnsPlugin::get_zone_content`, `get_zone_rrset`.
    fn zone_rrset(self, x: &mut Exchange, args: Args) -> Step<Json> {
        let zone = args.text("zone")?;
        let (name, kind) = (args.text("name")?, args.text("type")?);
        let rrset = x.attempt(self.get(&format!("/zones/{zone}"))?, |content| {
            for rrset in elements(member(content, "rrsets")?)? {
                let is_named = text(member(rrset, "name")?)? == name;
                if is_named && text(member(rrset, "type")?)? == kind {
                    return Ok(rrset.clone());
                }
            }
            Ok(Json::Null)
        })?;
        rrset.ok_or_else(|| x.raised(&format!("can't read zone {zone}: ")).into())
    }

    fn patch(
        self,
        x: &mut Exchange,
        name: &Name,
        rrset: &Json,
        failure: &str,
        args: Args,
    ) -> Step<Json> {
        let path = format!("/zones/{}", name.zone);
        let request = self.request("PATCH", &path, json!({ "rrsets": [rrset] }))?;
        match x.attempt(Call::change("api_request", request), ignore)? {
            Some(()) => Ok(Json::Null),
            None => unless(args.is_true("noerr"), x.raised(failure)),
        }
    }

    fn replacement(self, name: &Name, records: &[Json]) -> Json {
        let ttl = self.config.true_value("ttl").cloned();
        json!({
            "name": name.name,
            "type": name.kind,
            "ttl": ttl.unwrap_or_else(|| json!(TTL)),
            "changetype": "REPLACE",
            "records": records,
        })
    }

    fn get(self, path: &str) -> Result<Call> {
        Ok(Call::read("api_request", self.request("GET", path, Json::Null)?))
    }

    fn request(self, method: &str, path: &str, data: Json) -> Result<Vec<Json>> {
        let url = format!("{}{path}", self.config.text("url")?);
        let key = self.config.value("key");
        let headers = json!(["Content-Type", "application/json; charset=UTF-8", "X-API-Key", key]);
        let fingerprint = self.config.value("fingerprint").clone();
        Ok(vec![json!(method), json!(url), headers, data, fingerprint])
    }
}

/// What a zone has of one name and type.
struct RrSet {
    ttl: Json,
    records: Vec<Json>,
}

impl Name {
    /// The name of a host, for addresses of the family of `ip`.
    fn of_host(args: Args) -> Result<Self> {
        let zone = args.text("zone")?;
        let kind = if netip::is_ipv6(&args.text("ip")?) { "AAAA" } else { "A" };
        let name = format!("{}.{zone}.", args.text("hostname")?);
        Ok(Name { zone, name, kind })
    }

    /// The reverse name of an address.
    fn of_address(args: Args) -> Result<Self> {
        let name = reverse::name(&args.text("ip")?)?;
        Ok(Name { zone: args.text("zone")?, name, kind: "PTR" })
    }

    /// What the zone has now.
    fn records(&self, x: &mut Exchange) -> Step<RrSet> {
        let args = vec![json!(self.zone), json!(self.name), json!(self.kind)];
        let rrset = x.call(Call::read("zone_rrset", args), keep)?;
        Ok(RrSet {
            ttl: member(&rrset, "ttl")?.clone(),
            records: elements(member(&rrset, "records")?)?.to_vec(),
        })
    }

    fn record(&self, content: &Json) -> Json {
        json!({ "content": content, "disabled": false, "name": self.name, "type": self.kind })
    }

    fn deletion(&self) -> Json {
        json!({ "name": self.name, "type": self.kind, "changetype": "DELETE", "records": [] })
    }
}

/// True if one of the records is that address, in the same spelling.
fn contains(records: &[Json], ip: &str) -> Result<bool> {
    for record in records {
        if text(member(record, "content")?)? == ip {
            return Ok(true);
        }
    }
    Ok(false)
}
