//! phpIPAM: subnets and addresses of a server with a REST API.
//!
//! The ids of subnets and addresses are looked up without the server's fingerprint, so that a
//! server with a certificate of its own is not found; this is the original's way.
//!
//! Source: `PVE::Network::SDN::Ipams::PhpIpamPlugin`.

use crate::error::{Error, Result};
use crate::exchange::{
    self, Args, Call, Exchange, Operation, Progress, State, Step, ignore, keep, unless,
};
use crate::notes::Notes;
use crate::perl::deref::{first, is_true, member, text};
use serde_json::{Value as Json, json};

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
        "add_subnet" => server.add_subnet(x, args),
        "update_subnet" => Ok(Json::Null),
        "del_subnet" => server.del_subnet(x, args),
        "add_ip" => server.add_ip(x, args),
        "update_ip" => server.update_ip(x, args),
        "add_next_freeip" => server.add_next_freeip(x, args),
        "add_range_next_freeip" => add_range_next_freeip(x, args),
        "del_ip" => server.del_ip(x, args),
        "get_ips_from_mac" => server.get_ips_from_mac(x, args),
        "verify_api" | "on_update_hook" => server.verify_api(x),
        "get_prefix_id" => find(x, "subnets/cidr", "cidr", "id", args),
        "get_ip_id" => find(x, "addresses/search", "ip", "id", args),
        "is_ip_gateway" => find(x, "addresses/search", "ip", "is_gateway", args),
        _ => Err(Error::Request(format!("phpIPAM has no operation '{name}'")).into()),
    }
}

/// The server that a plugin's config names.
#[derive(Clone, Copy)]
struct Server<'a> {
    config: Args<'a>,
}

impl Server<'_> {
    fn add_subnet(self, x: &mut Exchange, args: Args) -> Step<Json> {
        let subnet = args.within("subnet");
        // Whatever goes wrong, it is not known.
        let id = x.attempt(self.look_up("get_prefix_id", subnet.value("cidr"))?, keep)?;
        if id.is_some_and(|id| is_true(&id)) {
            return Ok(Json::Null);
        }
        let data = json!({
            "subnet": subnet.value("network"),
            "mask": subnet.value("mask"),
            "sectionId": self.config.value("section"),
        });
        match x.attempt(self.send("POST", "/subnets/", data)?, ignore)? {
            Some(()) => Ok(Json::Null),
            None => unless(args.is_true("noerr"), x.raised("error add subnet to ipam: ")),
        }
    }

    /// Deletes nothing: the original does not look whether the subnet is in use.
    fn del_subnet(self, x: &mut Exchange, args: Args) -> Step<Json> {
        let cidr = args.within("subnet").value("cidr");
        x.call(self.look_up("get_prefix_id", cidr)?, ignore)?;
        Ok(Json::Null)
    }

    fn add_ip(self, x: &mut Exchange, args: Args) -> Step<Json> {
        let cidr = args.within("subnet").value("cidr");
        let id = x.call(self.look_up("get_prefix_id", cidr)?, keep)?;
        let mut data = entry(args);
        data["ip"] = args.value("ip").clone();
        data["subnetId"] = id;
        if x.attempt(self.send("POST", "/addresses/", data)?, ignore)?.is_some() {
            return Ok(Json::Null);
        }
        if args.is_true("is_gateway") {
            let is_gateway = x.call(self.look_up("is_ip_gateway", args.value("ip"))?, keep)?;
            if is_true(&is_gateway) {
                return Ok(Json::Null);
            }
        }
        let ip = args.text("ip")?;
        let failure = format!("error add subnet ip to ipam: ip {ip} already exist: ");
        unless(args.is_true("noerr"), x.raised(&failure))
    }

    fn update_ip(self, x: &mut Exchange, args: Args) -> Step<Json> {
        let id = x.call(self.look_up("get_ip_id", args.value("ip"))?, keep)?;
        if !is_true(&id) {
            return Err(Error::die("can't find ip address in ipam").into());
        }
        let path = format!("/addresses/{}", text(&id)?);
        match x.attempt(self.send("PATCH", &path, entry(args))?, ignore)? {
            Some(()) => Ok(Json::Null),
            None => {
                let failure = format!("ipam: error update subnet ip {}: ", args.text("ip")?);
                unless(args.is_true("noerr"), x.raised(&failure))
            }
        }
    }

    fn add_next_freeip(self, x: &mut Exchange, args: Args) -> Step<Json> {
        let cidr = args.within("subnet").value("cidr");
        let id = x.call(self.look_up("get_prefix_id", cidr)?, keep)?;
        let path = format!("/addresses/first_free/{}/", text(&id)?);
        let give = self.send("POST", &path, guest(args))?;
        match x.attempt_reading(give, |answer| member(answer, "data").cloned())? {
            Some(ip) => Ok(ip),
            None => {
                let failure = format!("can't find free ip in subnet {}: ", text(cidr)?);
                unless(args.is_true("noerr"), x.raised(&failure))
            }
        }
    }

    fn del_ip(self, x: &mut Exchange, args: Args) -> Step<Json> {
        if !args.is_true("ip") {
            return Ok(Json::Null);
        }
        let id = x.call(self.look_up("get_ip_id", args.value("ip"))?, keep)?;
        if !is_true(&id) {
            return Ok(Json::Null);
        }
        let path = format!("/addresses/{}", text(&id)?);
        match x.attempt(self.send("DELETE", &path, Json::Null)?, ignore)? {
            Some(()) => Ok(Json::Null),
            None => {
                let failure = format!("error delete ip {}: ", args.text("ip")?);
                unless(args.is_true("noerr"), x.raised(&failure))
            }
        }
    }

    /// The result is a list, and it is always empty: answers are not read.
    fn get_ips_from_mac(self, x: &mut Exchange, args: Args) -> Step<Json> {
        let path = format!("/addresses/search_mac/{}", args.text("mac")?);
        match x.attempt(self.get(&path)?, ignore)? {
            Some(()) => Err(Error::die_at("parsing of result not yet implemented").into()),
            None => Ok(json!([])),
        }
    }

    fn verify_api(self, x: &mut Exchange) -> Step<Json> {
        let path = format!("/sections/{}", self.config.text("section")?);
        match x.attempt(self.get(&path)?, ignore)? {
            Some(()) => Ok(Json::Null),
            None => Err(x.raised("Can't connect to phpipam api: ").into()),
        }
    }

    fn get(self, path: &str) -> Result<Call> {
        Ok(Call::read("api_request", self.request("GET", path, Json::Null)?))
    }

    fn send(self, method: &str, path: &str, data: Json) -> Result<Call> {
        Ok(Call::change("api_request", self.request(method, path, data)?))
    }

    fn request(self, method: &str, path: &str, data: Json) -> Result<Vec<Json>> {
        let url = format!("{}{path}", self.config.text("url")?);
        let fingerprint = self.config.value("fingerprint").clone();
        Ok(vec![json!(method), json!(url), self.headers(), data, fingerprint])
    }

    fn headers(self) -> Json {
        let token = self.config.value("token");
        json!(["Content-Type", "application/json; charset=UTF-8", "Token", token])
    }

    /// A helper of the plugin, which looks something up.
    fn look_up(self, helper: &'static str, what: &Json) -> Result<Call> {
        let url = self.config.value("url").clone();
        Ok(Call::read(helper, vec![url, what.clone(), self.headers()]))
    }
}

/// Ranges are not known to phpIPAM: any address of the subnet is taken, and an error is one also
/// for a caller who wants none.
fn add_range_next_freeip(x: &mut Exchange, args: Args) -> Step<Json> {
    let (subnet, data) = (args.value("subnet"), args.within("data"));
    let guest = ["hostname", "mac", "vmid"].map(|name| data.value(name).clone());
    let args = [Json::Null, subnet.clone()].into_iter().chain(guest).collect();
    x.call(Call::change("add_next_freeip", args), keep)
}

fn find(x: &mut Exchange, path: &str, what: &str, key: &str, args: Args) -> Step<Json> {
    let url = format!("{}/{path}/{}", args.text("url")?, args.text(what)?);
    let request = vec![json!("GET"), json!(url), args.value("headers").clone()];
    x.call(Call::read("api_request", request), |answer| first(answer, "data", key).cloned())
}

/// What phpIPAM is to know of an address.
fn entry(args: Args) -> Json {
    let mut data = guest(args);
    if args.is_true("is_gateway") {
        data["is_gateway"] = json!(1);
    }
    data
}

/// What phpIPAM is to know of a guest; its number goes where the description is.
fn guest(args: Args) -> Json {
    let mut data = json!({
        "hostname": args.value("hostname"),
        "description": args.value("vmid"),
    });
    if let Some(mac) = args.true_value("mac") {
        data["mac"] = mac.clone();
    }
    data
}
