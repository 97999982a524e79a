//! NetBox: prefixes, ranges and addresses of a server with a REST API.
//!
//! A guest is known by the description of its address, `mac:MAC`; a gateway by `gateway`.
//!
//! Source: `PVE::Network::SDN::Ipams::NetboxPlugin`.

use crate::error::{Error, Result};
use crate::exchange::{
    self, Args, Call, Exchange, Operation, Progress, State, Step, ignore, keep, unless,
};
use crate::notes::Notes;
use crate::perl::deref::{before_slash, count, elements, first, is_true, member, text, to_number};
use serde_json::{Value as Json, json};
use std::collections::HashSet;

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
    let Operation { name, args, .. } = operation;
    match name {
        "add_subnet" => add_subnet(x, args),
        "update_subnet" => update_subnet(x, args),
        "del_subnet" => del_subnet(x, args),
        "add_ip" => add_ip(x, args),
        "update_ip" => update_ip(x, args),
        "add_next_freeip" => add_next_freeip(x, args),
        "add_range_next_freeip" => add_range_next_freeip(x, args),
        "del_ip" => del_ip(x, args),
        "get_ips_from_mac" => get_ips_from_mac(x, args),
        "verify_api" | "on_update_hook" => verify_api(x),
        "add_dhcp_range" => add_dhcp_range(x, args),
        "del_dhcp_range" => del_dhcp_range(x, args),
        "get_prefix_id" => get_prefix_id(x, args),
        "get_iprange_id" => get_iprange_id(x, args),
        "get_ip_id" => get_ip_id(x, args),
        "is_ip_gateway" => is_ip_gateway(x, args),
        "is_prefix_empty" => is_prefix_empty(x, args),
        _ => Err(Error::Request(format!("NetBox has no operation '{name}'")).into()),
    }
}

fn get(path: &str) -> Call {
    Call::read("netbox_api_request", vec![json!("GET"), json!(path)])
}

fn send(method: &str, path: &str, data: Json) -> Call {
    Call::change("netbox_api_request", vec![json!(method), json!(path), data])
}

fn delete(path: &str) -> Call {
    Call::change("netbox_api_request", vec![json!("DELETE"), json!(path)])
}

/// A helper of the plugin, which looks something up.
fn look_up(helper: &'static str, what: &Json, args: Args) -> Call {
    Call::read(helper, vec![what.clone(), args.value("noerr").clone()])
}

fn add_subnet(x: &mut Exchange, args: Args) -> Step<Json> {
    let cidr = args.within("subnet").value("cidr");
    let noerr = args.is_true("noerr");
    let id: Json = x.call(look_up("get_prefix_id", cidr, args), keep)?;
    if is_true(&id) {
        let cidr = text(cidr)?;
        return unless(
            noerr,
            Error::die_at(format_args!("prefix {cidr} already exists in netbox")),
        );
    }

    let create = send("POST", "/ipam/prefixes/", json!({ "prefix": cidr }));
    if x.attempt(create, ignore)?.is_none() {
        return unless(noerr, x.raised("error adding subnet to ipam: "));
    }
    for range in dhcp_ranges(x, args)? {
        add_range(x, &range, args)?;
    }
    Ok(Json::Null)
}

fn update_subnet(x: &mut Exchange, args: Args) -> Step<Json> {
    // Parsed already, other than those of the new subnet.
    let old = elements(args.within("old_subnet").value("dhcp-range"))?;
    let new = dhcp_ranges(x, args)?;
    let texts = |ranges: &[Json]| ranges.iter().map(range_text).collect::<Result<HashSet<_>>>();
    let (old_texts, new_texts) = (texts(old)?, texts(&new)?);

    // First what goes: ranges must not overlap.
    for range in old {
        if !new_texts.contains(&range_text(range)?) {
            remove_range(x, range, args)?;
        }
    }
    for range in &new {
        if !old_texts.contains(&range_text(range)?) {
            add_range(x, range, args)?;
        }
    }
    Ok(Json::Null)
}

fn del_subnet(x: &mut Exchange, args: Args) -> Step<Json> {
    let cidr = args.within("subnet").value("cidr");
    let noerr = args.is_true("noerr");
    let id: Json = x.call(look_up("get_prefix_id", cidr, args), keep)?;
    let shown = text(cidr)?;
    if id.is_null() {
        x.warn_at(format_args!("could not find id for ip prefix {shown}"));
        return Ok(Json::Null);
    }
    let is_empty: Json = x.call(look_up("is_prefix_empty", cidr, args), keep)?;
    if !is_true(&is_empty) {
        let text = format!("not deleting prefix {shown} because it still contains entries");
        return unless(noerr, Error::die_at(text));
    }

    // The one address that may be left is taken for the gateway.
    let gateway = args.within("subnet").value("gateway").clone();
    let is_deleted: Json = x.call(Call::change("del_ip", vec![gateway]), keep)?;
    if !is_true(&is_deleted) {
        let id = args.text("subnetid")?;
        let text = format!("could not delete gateway ip from subnet {id}");
        return unless(noerr, Error::die_at(text));
    }
    for range in dhcp_ranges(x, args)? {
        remove_range(x, &range, args)?;
    }
    let path = format!("/ipam/prefixes/{}/", text(&id)?);
    if x.attempt(delete(&path), ignore)?.is_none() {
        return unless(noerr, x.raised("error deleting subnet from ipam: "));
    }
    Ok(Json::Null)
}

fn add_ip(x: &mut Exchange, args: Args) -> Step<Json> {
    let (ip, noerr) = (args.text("ip")?, args.is_true("noerr"));
    if x.attempt(send("POST", "/ipam/ip-addresses/", address(args)?), ignore)?.is_some() {
        return Ok(Json::Null);
    }
    if !args.is_true("is_gateway") {
        return unless(noerr, x.raised("error add subnet ip to ipam: ip already exist: "));
    }
    let is_gateway: Json = x.call(look_up("is_ip_gateway", args.value("ip"), args), keep)?;
    if is_true(&is_gateway) {
        return Ok(Json::Null);
    }
    // By now, the error is that of the helper: mostly none.
    Err(x.raised(&format!("error add subnet ip to ipam: ip {ip} already exist: ")).into())
}

fn update_ip(x: &mut Exchange, args: Args) -> Step<Json> {
    let (ip, noerr) = (args.text("ip")?, args.is_true("noerr"));
    let id: Json = x.call(look_up("get_ip_id", args.value("ip"), args), keep)?;
    if id.is_null() {
        return unless(noerr, Error::die_at(format_args!("could not find id for ip address {ip}")));
    }
    let path = format!("/ipam/ip-addresses/{}/", text(&id)?);
    if x.attempt(send("PATCH", &path, address(args)?), ignore)?.is_none() {
        return unless(noerr, x.raised(&format!("error update ip {ip} : ")));
    }
    Ok(Json::Null)
}

fn add_next_freeip(x: &mut Exchange, args: Args) -> Step<Json> {
    let cidr = args.within("subnet").value("cidr");
    let noerr = args.is_true("noerr");
    let id: Json = x.call(look_up("get_prefix_id", cidr, args), keep)?;
    let shown = text(cidr)?;
    if id.is_null() {
        return unless(noerr, Error::die_at(format_args!("could not find id for prefix {shown}")));
    }
    let path = format!("/ipam/prefixes/{}/available-ips/", text(&id)?);
    match x.attempt_reading(send("POST", &path, guest(args)?), given_address)? {
        Some(ip) => Ok(json!(ip)),
        None => unless(noerr, x.raised(&format!("can't find free ip in subnet {shown}: "))),
    }
}

fn add_range_next_freeip(x: &mut Exchange, args: Args) -> Step<Json> {
    let range = args.within("range");
    let noerr = args.is_true("noerr");
    let id: Json = x.call(look_up("get_iprange_id", range.0, args), keep)?;
    let (start, end) = (range.text("start-address")?, range.text("end-address")?);
    if id.is_null() {
        let text = format!("could not find id for ip range {start}:{end}");
        return unless(noerr, Error::die_at(text));
    }
    let path = format!("/ipam/ip-ranges/{}/available-ips/", text(&id)?);
    let give = send("POST", &path, guest(args.within("data"))?);
    match x.attempt_reading(give, given_address)? {
        Some(Some(ip)) if crate::perl::is_true(&ip) => {
            let line = format!("found ip free {ip} in range {start}-{end}\n");
            x.call(Call::change("print", vec![json!(line)]), ignore)?;
            Ok(json!(ip))
        }
        Some(ip) => Ok(json!(ip)),
        None => unless(noerr, x.raised(&format!("can't find free ip in range {start}-{end}: "))),
    }
}

fn del_ip(x: &mut Exchange, args: Args) -> Step<Json> {
    if !args.is_true("ip") {
        return Ok(Json::Null);
    }
    let ip = args.text("ip")?;
    let id: Json = x.call(look_up("get_ip_id", args.value("ip"), args), keep)?;
    if id.is_null() {
        x.warn_at(format_args!("could not find id for ip {ip}"));
        return Ok(Json::Null);
    }
    let path = format!("/ipam/ip-addresses/{}/", text(&id)?);
    if x.attempt(delete(&path), ignore)?.is_none() && !args.is_true("noerr") {
        return Err(x.raised(&format!("error delete ip {ip} : ")).into());
    }
    Ok(json!(1))
}

/// The result is a list: the IPv4 and the IPv6 address, or nothing.
fn get_ips_from_mac(x: &mut Exchange, args: Args) -> Step<Json> {
    let mac = args.text("mac")?;
    let query = get(&format!("/ipam/ip-addresses/?description__ic={mac}"));
    let found: Option<[Option<String>; 2]> = x.attempt(query, |answer| {
        let mut found = [None, None];
        for ip in elements(member(answer, "results")?)? {
            let family = to_number(member(member(ip, "family")?, "value")?);
            for (slot, number) in found.iter_mut().zip([4.0, 6.0]) {
                let is_found = slot.as_deref().is_some_and(crate::perl::is_true);
                if family == number && !is_found {
                    *slot = before_slash(member(ip, "address")?)?;
                }
            }
        }
        Ok(found)
    })?;
    match found {
        Some(found) => Ok(json!(found)),
        None if args.is_true("noerr") => Ok(json!([])),
        None => {
            let text = format!("could not query ip address entry for mac {mac}: ");
            Err(x.raised(&text).into())
        }
    }
}

fn verify_api(x: &mut Exchange) -> Step<Json> {
    match x.attempt(get("/ipam/aggregates/"), ignore)? {
        Some(()) => Ok(Json::Null),
        None => Err(x.raised("Can't connect to netbox api: ").into()),
    }
}

fn add_dhcp_range(x: &mut Exchange, args: Args) -> Step<Json> {
    let range = args.within("range");
    let data = json!({
        "start_address": range.value("start-address"),
        "end_address": range.value("end-address"),
    });
    let create = send("POST", "/ipam/ip-ranges/", data);
    let id: Option<Json> = x.attempt(create, |answer| member(answer, "id").cloned())?;
    match id {
        Some(id) => Ok(id),
        None => {
            let (start, end) = (range.text("start-address")?, range.text("end-address")?);
            let error = x.raised(&format!("could not create ip range {start}:{end}: "));
            unless(args.is_true("noerr"), error)
        }
    }
}

fn del_dhcp_range(x: &mut Exchange, args: Args) -> Step<Json> {
    let path = format!("/ipam/ip-ranges/{}/", args.text("id")?);
    match x.attempt(delete(&path), ignore)? {
        Some(()) => Ok(Json::Null),
        // sic: create
        None => unless(args.is_true("noerr"), x.raised("could not create dhcp range: ")),
    }
}

fn get_prefix_id(x: &mut Exchange, args: Args) -> Step<Json> {
    let cidr = args.text("cidr")?;
    // The search takes an address, not a prefix.
    let ip = before_slash(args.value("cidr"))?.unwrap_or_default();
    let failure = format!("could not obtain ID for prefix {cidr}: ");
    find_id(x, &format!("/ipam/prefixes/?q={ip}"), &failure, args)
}

fn get_iprange_id(x: &mut Exchange, args: Args) -> Step<Json> {
    let range = args.within("range");
    let (start, end) = (range.text("start-address")?, range.text("end-address")?);
    let path = format!("/ipam/ip-ranges/?start_address={start}&end_address={end}");
    let failure = format!("could not obtain ID for IP range {start}:{end}: ");
    find_id(x, &path, &failure, args)
}

fn get_ip_id(x: &mut Exchange, args: Args) -> Step<Json> {
    let ip = args.text("ip")?;
    let failure = format!("could not obtain ID for IP {ip}: ");
    find_id(x, &format!("/ipam/ip-addresses/?q={ip}"), &failure, args)
}

/// The id of the first result, whatever it is: the search is not an exact one.
fn find_id(x: &mut Exchange, path: &str, failure: &str, args: Args) -> Step<Json> {
    let id = x.attempt(get(path), |answer| first(answer, "results", "id").cloned())?;
    match id {
        Some(id) => Ok(id),
        None => unless(args.is_true("noerr"), x.raised(failure)),
    }
}

/// Never true of what a NetBox answers: it has `results`, not `data`.
fn is_ip_gateway(x: &mut Exchange, args: Args) -> Step<Json> {
    let ip = args.text("ip")?;
    let query = get(&format!("/ipam/ip-addresses/?q={ip}"));
    let description: Option<String> =
        x.attempt(query, |answer| Ok(text(first(answer, "data", "description")?)?.into_owned()))?;
    match description {
        Some(description) => Ok(truth(description == "gateway")),
        None => {
            let error = x.raised(&format!("could not obtain ipam entry for address {ip}: "));
            unless(args.is_true("noerr"), error)
        }
    }
}

/// True if there is no address but one, which is taken for the gateway.
fn is_prefix_empty(x: &mut Exchange, args: Args) -> Step<Json> {
    let cidr = args.text("cidr")?;
    let query = get(&format!("/ipam/ip-addresses/?parent={cidr}"));
    let addresses = x.attempt(query, |answer| count(member(answer, "results")?))?;
    match addresses {
        Some(count) => Ok(truth(count <= 1)),
        None => {
            let error = x.raised(&format!("could not query children for prefix {cidr}: "));
            unless(args.is_true("noerr"), error)
        }
    }
}

fn add_range(x: &mut Exchange, range: &Json, args: Args) -> Step<()> {
    let args = vec![range.clone(), args.value("noerr").clone()];
    x.call(Call::change("add_dhcp_range", args), ignore)
}

fn remove_range(x: &mut Exchange, range: &Json, args: Args) -> Step<()> {
    let id: Json = x.call(look_up("get_iprange_id", range, args), keep)?;
    if id.is_null() {
        let range = Args(range);
        let (start, end) = (range.text("start-address")?, range.text("end-address")?);
        x.warn_at(format_args!("could not find id for ip range {start}:{end}"));
        return Ok(());
    }
    x.call(Call::change("del_dhcp_range", vec![id, args.value("noerr").clone()]), ignore)
}

fn dhcp_ranges(x: &mut Exchange, args: Args) -> Step<Vec<Json>> {
    let subnet = args.value("subnet").clone();
    let call = Call::read("get_dhcp_ranges", vec![subnet]);
    x.call(call, |ranges| Ok(elements(ranges)?.to_vec()))
}

fn range_text(range: &Json) -> Result<String> {
    let range = Args(range);
    Ok(format!("{} - {}", range.text("start-address")?, range.text("end-address")?))
}

/// What NetBox is to know of an address.
fn address(args: Args) -> Result<Json> {
    let mask = args.within("subnet").text("mask")?;
    let mut data = guest(args)?;
    data["address"] = json!(format!("{}/{mask}", args.text("ip")?));
    if args.is_true("is_gateway") {
        data["description"] = json!("gateway");
    }
    Ok(data)
}

/// What NetBox is to know of a guest.
fn guest(args: Args) -> Result<Json> {
    let description = match args.true_value("mac") {
        Some(mac) => json!(format!("mac:{}", text(mac)?)),
        None => Json::Null,
    };
    let mut data = json!({ "description": description });
    if let Some(hostname) = args.true_value("hostname") {
        data["dns_name"] = hostname.clone();
    }
    Ok(data)
}

fn given_address(answer: &Json) -> Result<Option<String>> {
    before_slash(member(answer, "address")?)
}

/// What Perl's comparisons return.
fn truth(is_true: bool) -> Json {
    if is_true { json!(1) } else { json!("") }
}
