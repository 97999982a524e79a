//! FRR: `frr.conf` and `/etc/frr/daemons`.

use super::{PveNetworkStatus, call, value};
use crate::error::{Error, Result};
use crate::frr::{self, Profile, set_daemons, to_text};
use crate::notes::Notes;
use crate::perl::{Hash, Text, Value};
use crate::sdn::controller::{self, Document, Input, documents, parts};
use crate::sdn::fabric::Fabrics;
use crate::sdn::zone::{Facts, Probe};
use crate::sdn::{RunningConfig, Section};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::c_char;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Frr<'a> {
    /// The running config; its vnets and subnets may be left out here.
    #[serde(borrow)]
    config: Hash<'a>,
    /// The name of this node.
    #[serde(borrow)]
    node: Text<'a>,
    /// The release of pve-network.
    profile: Profile,
    /// Probes with their answers.
    #[serde(borrow, default)]
    facts: Facts<'a>,
    /// `{"vnets", "subnets"}`, those in force.
    #[serde(borrow, default)]
    vnets: Hash<'a>,
    /// The subnets as they are configured.
    #[serde(borrow, default)]
    pending: Value<'a>,
    /// The sections of the fabrics, by id.
    #[serde(borrow, default)]
    fabrics: Hash<'a>,
    /// The text of frr.conf.local.
    #[serde(borrow, default)]
    local: Option<Text<'a>>,
}

#[derive(Serialize)]
struct Missing<'m, 'a> {
    probes: &'m [Probe<'a>],
    documents: &'m [Document],
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Lines<'a> {
    #[serde(borrow)]
    lines: Vec<Text<'a>>,
    #[serde(borrow)]
    node: Text<'a>,
    profile: Profile,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Daemons<'a> {
    /// The text of the file; null if there is none.
    #[serde(borrow)]
    text: Option<Text<'a>>,
    /// Whether they run, by name.
    #[serde(borrow)]
    daemons: Hash<'a>,
    /// True to Perl if other daemons of ours are switched off.
    #[serde(borrow, default)]
    resets_others: Value<'a>,
}

#[derive(Serialize)]
struct NewDaemons<'d> {
    text: &'d str,
    is_changed: u8,
    switched_off: &'d [&'static str],
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RouterId<'a> {
    /// Address of the node; null if it has none.
    #[serde(borrow)]
    ip: Option<Text<'a>>,
    /// The interface that has it; null if none has.
    #[serde(borrow)]
    iface: Option<Text<'a>>,
    profile: Profile,
    #[serde(borrow, default)]
    facts: Facts<'a>,
}

/// Says what has to be known to generate frr.conf.
///
/// Request: as for [`pve_network_frr_generate`], with the facts that are known so far. Value:
/// `{"probes", "documents"}`: probes to answer before the next call, and the names of the keys
/// `vnets` and `pending` if they are needed.
///
/// # Safety
///
/// `request` is null or a NUL-terminated string; `reply` is null or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pve_network_frr_probes(
    request: *const c_char,
    reply: *mut *mut c_char,
) -> PveNetworkStatus {
    let answer = |request: Frr, _: &mut Notes| {
        let config = RunningConfig::from_document(request.config)?;
        let (node, mut facts) = (request.node.0.as_ref(), request.facts);
        let input = Input { config: &config, pending: None, node, profile: request.profile };
        // What goes wrong here goes wrong again when all is known.
        let _ = parts(input, &mut facts, &mut Notes::default());
        let probes = facts.take_missing();
        value(&Missing { probes: &probes, documents: &documents(&config, node) })
    };
    unsafe { call(request, reply, answer) }
}

/// Generates the lines of frr.conf between its header and its footer.
///
/// Request: `{"config", "node", "profile": "1.3" | "1.2", "facts": [{"probe", …, "value" |
/// "error", "warnings"}…], "vnets": {"vnets", "subnets"}, "pending", "fabrics", "local"}`. Value:
/// the lines.
///
/// # Safety
///
/// As for [`pve_network_frr_probes`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pve_network_frr_generate(
    request: *const c_char,
    reply: *mut *mut c_char,
) -> PveNetworkStatus {
    unsafe { call(request, reply, |request: Frr, notes| value(&generate(request, notes)?)) }
}

fn generate(request: Frr, notes: &mut Notes) -> Result<Vec<String>> {
    // The original reads the fabrics first.
    let fabrics = Fabrics::from_running(&request.fabrics)?;
    let mut document = request.config;
    document.0.extend(request.vnets.0);
    let config = RunningConfig::from_document(document)?;
    let pending = Section::subnets(request.pending)?;
    let (node, mut facts) = (request.node.0.as_ref(), request.facts);
    let profile = request.profile;

    let input = Input { config: &config, pending: pending.as_ref(), node, profile };
    let parts = controller::parts(input, &mut facts, notes);
    match facts.take_missing().first() {
        Some(probe) => Err(Error::Request(format!("no answer to {probe:?}"))),
        None => {
            let local = request.local.as_ref().map(|text| text.0.as_ref());
            frr::lines(&parts?, local, &fabrics, node, profile)
        }
    }
}

/// Makes the text of frr.conf of its lines.
///
/// Request: `{"lines", "node", "profile"}`. Value: the text.
///
/// # Safety
///
/// As for [`pve_network_frr_probes`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pve_network_frr_to_string(
    request: *const c_char,
    reply: *mut *mut c_char,
) -> PveNetworkStatus {
    let answer = |request: Lines, _: &mut Notes| {
        let lines: Vec<&str> = request.lines.iter().map(|line| line.0.as_ref()).collect();
        value(&to_text(&lines, &request.node.0, request.profile))
    };
    unsafe { call(request, reply, answer) }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Local<'a> {
    /// The text of frr.conf.local; null if there is none.
    #[serde(borrow)]
    local: Option<Text<'a>>,
    /// Domains of IS-IS routers.
    #[serde(borrow)]
    isis: Vec<Text<'a>>,
    /// Interfaces on which IS-IS runs.
    #[serde(borrow)]
    interfaces: Vec<Text<'a>>,
    #[serde(borrow)]
    vrfs: Vec<Text<'a>>,
    /// AS number and address families of the BGP routers, by VRF.
    #[serde(borrow)]
    routers: BTreeMap<Text<'a>, (Text<'a>, Vec<Text<'a>>)>,
    /// The number of entries, by name.
    #[serde(borrow)]
    route_maps: BTreeMap<Text<'a>, usize>,
}

/// Says what frr.conf.local changes in the tree that frr.conf is made of.
///
/// Request: `{"local", "isis": names, "interfaces": names, "vrfs": names, "routers": {vrf: [asn,
/// families]}, "route_maps": {name: number of entries}}`, what the tree holds. Value: the changes,
/// such as `{"what": "push", "path": keys, "lines"}`.
///
/// # Safety
///
/// As for [`pve_network_frr_probes`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pve_network_frr_local(
    request: *const c_char,
    reply: *mut *mut c_char,
) -> PveNetworkStatus {
    let answer = |request: Local, _: &mut Notes| {
        let mut routers = BTreeMap::new();
        for (vrf, (asn, families)) in request.routers {
            let mut known = BTreeSet::new();
            for family in families {
                let unknown = || Error::Unsupported(format!("address family '{}'", family.0));
                known.insert(frr::Family::find(&family.0).ok_or_else(unknown)?);
            }
            routers.insert(vrf.0, frr::RouterOutline { asn: asn.0, families: known });
        }
        let outline = frr::Outline {
            isis: names(request.isis),
            isis_interfaces: names(request.interfaces),
            vrfs: names(request.vrfs),
            routers,
            route_maps: request.route_maps.into_iter().map(|(name, n)| (name.0, n)).collect(),
        };
        let local = request.local.as_ref().map_or("", |text| text.0.as_ref());
        value(&frr::changes(&outline, local)?)
    };
    unsafe { call(request, reply, answer) }
}

fn names(names: Vec<Text>) -> BTreeSet<Cow<str>> {
    names.into_iter().map(|name| name.0).collect()
}

/// Switches daemons on and off in the text of `/etc/frr/daemons`.
///
/// Request: `{"text", "daemons": {name: whether it runs}, "resets_others"}`. Value: `{"text",
/// "is_changed": 0 | 1, "switched_off": names}`.
///
/// # Safety
///
/// As for [`pve_network_frr_probes`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pve_network_frr_daemons(
    request: *const c_char,
    reply: *mut *mut c_char,
) -> PveNetworkStatus {
    let answer = |request: Daemons, _: &mut Notes| {
        let Some(text) = request.text else {
            return Err(Error::die(
                "/etc/frr/daemons file does not exist; is the frr package installed?",
            ));
        };
        let new = set_daemons(&text.0, &request.daemons, request.resets_others.is_true())?;
        value(&NewDaemons {
            text: &new.text,
            is_changed: new.is_changed.into(),
            switched_off: &new.switched_off,
        })
    };
    unsafe { call(request, reply, answer) }
}

/// Says what has to be known to find the id of a router.
///
/// Request: as for [`pve_network_controller_router_id`]. Value: the list of the probes.
///
/// # Safety
///
/// As for [`pve_network_frr_probes`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pve_network_controller_probes(
    request: *const c_char,
    reply: *mut *mut c_char,
) -> PveNetworkStatus {
    let answer = |mut request: RouterId, notes: &mut Notes| {
        // What goes wrong here goes wrong again when all is known.
        let _ = router_id(&mut request, notes);
        value(&request.facts.take_missing())
    };
    unsafe { call(request, reply, answer) }
}

/// Finds the id of a router: its address if that is IPv4, else the last bytes of a MAC.
///
/// Request: `{"ip", "iface", "profile", "facts"}`. Value: the id.
///
/// # Safety
///
/// As for [`pve_network_frr_probes`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pve_network_controller_router_id(
    request: *const c_char,
    reply: *mut *mut c_char,
) -> PveNetworkStatus {
    let answer = |mut request: RouterId, notes: &mut Notes| match router_id(&mut request, notes)? {
        Some(id) => value(&id),
        None => Err(Error::Request("no answer to the probe of the MAC".into())),
    };
    unsafe { call(request, reply, answer) }
}

fn router_id(request: &mut RouterId, notes: &mut Notes) -> Result<Option<String>> {
    let ip = request.ip.as_ref().map_or("", |text| text.0.as_ref());
    let iface = request.iface.as_ref().map(|text| text.0.as_ref());
    controller::router_id(ip, iface, request.profile, &mut request.facts, notes)
}
