//! frr.conf.local into the tree of pve-network 1.3.
//!
//! A block whose head is in the tree gives its lines to that place; any other block is printed as
//! it is. What ends a block, and where lines between blocks go, follows the original to the letter,
//! as people have files that are written for it.

use super::line::{LIST_RULES, RouteMapHead, argument, behind, bgp_router, list_rule};
use super::model::{Config, Lines};
use crate::error::{Error, Result};
use crate::perl::Charset;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// The place that gets a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place<'l> {
    /// None: such lines are lost.
    Lost,
    /// The blocks that are printed as they are.
    Custom,
    /// An IS-IS router.
    Isis(&'l str),
    /// An interface on which IS-IS runs.
    IsisInterface(&'l str),
    /// A VRF.
    Vrf(&'l str),
    /// The BGP router of a VRF.
    Router(&'l str),
    /// An address family of that router.
    Family(&'l str, Family),
    /// A route map; its lines become ones of [`Place::Custom`] at the end.
    RouteMap(&'l str),
}

/// An address family.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Family {
    /// IPv4 routes.
    Ipv4,
    /// IPv6 routes.
    Ipv6,
    /// Routes of guests.
    Evpn,
}

impl Family {
    /// The family of that name, in the spelling of FRR or of the original's tree.
    pub fn find(name: &str) -> Option<Self> {
        match name {
            "ipv4 unicast" | "ipv4_unicast" => Some(Family::Ipv4),
            "ipv6 unicast" | "ipv6_unicast" => Some(Family::Ipv6),
            "l2vpn evpn" | "l2vpn_evpn" => Some(Family::Evpn),
            _ => None,
        }
    }
}

/// What a tree holds, as far as it decides where lines go.
#[derive(Debug, Default)]
pub struct Outline<'o> {
    /// The domains of the IS-IS routers.
    pub isis: BTreeSet<Cow<'o, str>>,
    /// The interfaces on which IS-IS runs.
    pub isis_interfaces: BTreeSet<Cow<'o, str>>,
    /// The VRFs.
    pub vrfs: BTreeSet<Cow<'o, str>>,
    /// The BGP routers, by VRF.
    pub routers: BTreeMap<Cow<'o, str>, RouterOutline<'o>>,
    /// How many entries the route maps have, by name.
    pub route_maps: BTreeMap<Cow<'o, str>, usize>,
}

/// What a BGP router holds.
#[derive(Debug, Default)]
pub struct RouterOutline<'o> {
    /// Number of its autonomous system.
    pub asn: Cow<'o, str>,
    /// Its address families.
    pub families: BTreeSet<Family>,
}

/// What the original does with its tree, one after the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step<'l> {
    /// It looks into a shelf, whether it is there or not.
    Look(Shelf<'l>),
    /// It makes ready a place that is there.
    Open(Place<'l>),
    /// It adds a line to a place.
    Add(Place<'l>, Cow<'l, str>),
}

/// Where places are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shelf<'l> {
    /// The IS-IS routers.
    Isis,
    /// The interfaces on which IS-IS runs.
    IsisInterfaces,
    /// The VRFs.
    Vrfs,
    /// The BGP routers.
    Routers,
    /// The address families of the BGP router of a VRF.
    Families(&'l str),
}

struct Merge<'o, 'l> {
    outline: &'o Outline<'o>,
    steps: Vec<Step<'l>>,
    place: Place<'l>,
    /// AS number and VRF of the BGP router that was named last, until a block ends.
    router: Option<(&'l str, &'l str)>,
    /// True if a block was begun that is printed as it is.
    is_new_block: bool,
    /// The same for an address family.
    is_new_family: bool,
    /// Lines of route maps, by name.
    route_maps: BTreeMap<&'l str, Lines<'l>>,
}

/// Puts the text of frr.conf.local in, and numbers the entries of the route maps.
///
/// # Errors
///
/// As for [`steps`].
pub(super) fn merge<'l>(config: &mut Config<'l>, local: &'l str) -> Result<()> {
    for entries in config.route_maps.values_mut() {
        for (entry, seq) in entries.iter_mut().zip(1..) {
            entry.seq = seq;
        }
    }
    for step in steps(&outline(config), local)? {
        if let Step::Add(place, line) = step {
            if let Some(lines) = lines_of(config, place) {
                lines.push(line);
            }
        }
    }
    Ok(())
}

/// Says what the lines of frr.conf.local do to a tree.
///
/// # Errors
///
/// [`Error::Die`] if an address family ends outside of any router, as the original then makes a
/// router without a number.
///
/// Source: `PVE::Network::SDN::Frr::append_local_config`.
pub fn steps<'l>(outline: &Outline, local: &'l str) -> Result<Vec<Step<'l>>> {
    let mut merge = Merge {
        outline,
        steps: Vec::new(),
        place: Place::Lost,
        router: None,
        is_new_block: false,
        is_new_family: false,
        route_maps: BTreeMap::new(),
    };
    let lines = local.split('\n').map(|line| (line, Charset::Ascii.trim_end(line)));
    // as the original: blanks before the first line are a line, those behind one belong to it
    let mut start = lines.clone().take_while(|(_, trimmed)| trimmed.is_empty());
    if start.any(|(line, _)| !line.is_empty()) {
        merge.add("");
    }
    for (_, line) in lines.filter(|(_, trimmed)| !trimmed.is_empty()) {
        merge.line(line)?;
    }
    Ok(merge.finish())
}

fn outline<'o>(config: &Config<'o>) -> Outline<'o> {
    let routers = config.bgp.iter().map(|(vrf, router)| {
        let families = [
            (router.ipv4.is_some(), Family::Ipv4),
            (router.ipv6.is_some(), Family::Ipv6),
            (router.evpn.is_some(), Family::Evpn),
        ];
        let families = families.into_iter().filter(|(is_there, _)| *is_there);
        let asn = router.asn.to_string().into();
        (vrf.clone(), RouterOutline { asn, families: families.map(|(_, family)| family).collect() })
    });
    let route_maps = config.route_maps.iter().map(|(name, entries)| (name.clone(), entries.len()));
    Outline {
        isis: config.isis.keys().cloned().collect(),
        isis_interfaces: config.isis_interfaces.keys().cloned().collect(),
        vrfs: config.vrfs.keys().cloned().collect(),
        routers: routers.collect(),
        route_maps: route_maps.collect(),
    }
}

/// The lines of a place; `None` if they are lost.
fn lines_of<'c, 'l>(config: &'c mut Config<'l>, place: Place) -> Option<&'c mut Lines<'l>> {
    match place {
        Place::Lost | Place::RouteMap(_) => None,
        Place::Custom => Some(&mut config.custom),
        Place::Isis(name) => config.isis.get_mut(name).map(|router| &mut router.custom),
        Place::IsisInterface(name) => {
            config.isis_interfaces.get_mut(name).map(|interface| &mut interface.custom)
        }
        Place::Vrf(name) => config.vrfs.get_mut(name).map(|vrf| &mut vrf.custom),
        Place::Router(vrf) => config.bgp.get_mut(vrf).map(|router| &mut router.custom),
        Place::Family(vrf, family) => {
            let router = config.bgp.get_mut(vrf)?;
            match family {
                Family::Ipv4 => router.ipv4.as_mut().map(|family| &mut family.custom),
                Family::Ipv6 => router.ipv6.as_mut().map(|family| &mut family.custom),
                Family::Evpn => router.evpn.as_mut().map(|family| &mut family.custom),
            }
        }
    }
}

impl<'l> Merge<'_, 'l> {
    fn line(&mut self, line: &'l str) -> Result<()> {
        if let Some(place) = self.head(line) {
            self.place = place;
            if matches!(place, Place::Custom | Place::RouteMap(_)) {
                self.is_new_block = true;
                self.add(line);
            } else {
                self.steps.push(Step::Open(place));
            }
        } else if argument(line, "bgp community-list ").is_some() {
            self.steps.push(Step::Add(Place::Custom, line.into()));
        } else if let Some(name) = behind(line, "address-family ") {
            self.family(name);
        } else if let Some(entry) = RouteMapHead::parse(line) {
            self.is_new_block = true;
            self.place = Place::RouteMap(entry.name);
            self.add(entry.to_line(entry.seq));
        } else if LIST_RULES.iter().any(|words| list_rule(line, words).is_some()) {
            self.steps.push(Step::Add(Place::Custom, line.into()));
        } else if line.ends_with("exit-address-family") {
            self.end_family(line)?;
        } else if line.starts_with("exit") {
            if self.is_new_block {
                self.add(line);
                self.add("!");
            }
            self.place = Place::Lost;
            self.router = None;
            self.is_new_block = false;
        } else if !line.contains('!') {
            self.add(line);
        }
        Ok(())
    }

    /// The place of a block other than a route map, if the line is the head of one.
    fn head(&mut self, line: &'l str) -> Option<Place<'l>> {
        let (word, name) = line.split_once(' ')?;
        if name.is_empty() {
            return None;
        }
        let outline = self.outline;
        Some(match word {
            "router" => {
                if let Some(name) = argument(name, "isis ") {
                    self.steps.push(Step::Look(Shelf::Isis));
                    known(Place::Isis(name), outline.isis.contains(name))
                } else if let Some((asn, vrf)) = bgp_router(name) {
                    self.router = Some((asn, vrf));
                    known(Place::Router(vrf), self.is_generated())
                } else {
                    Place::Custom
                }
            }
            "vrf" => {
                self.steps.push(Step::Look(Shelf::Vrfs));
                known(Place::Vrf(name), outline.vrfs.contains(name))
            }
            "interface" => {
                self.steps.push(Step::Look(Shelf::IsisInterfaces));
                known(Place::IsisInterface(name), outline.isis_interfaces.contains(name))
            }
            _ => return None,
        })
    }

    /// True if the BGP router that was named last is in the tree.
    fn is_generated(&mut self) -> bool {
        self.steps.push(Step::Look(Shelf::Routers));
        self.router.is_some_and(|(asn, vrf)| {
            self.outline.routers.get(vrf).is_some_and(|router| router.asn == asn)
        })
    }

    fn family(&mut self, name: &'l str) {
        let is_generated = self.is_generated();
        let vrf = self.router.filter(|_| is_generated).map(|(_, vrf)| vrf);
        let family = vrf.and_then(|vrf| {
            self.steps.push(Step::Look(Shelf::Families(vrf)));
            let family = Family::find(name)?;
            let is_there = self.outline.routers.get(vrf)?.families.contains(&family);
            is_there.then_some(Place::Family(vrf, family))
        });
        self.place = family.unwrap_or_else(|| vrf.map_or(Place::Custom, Place::Router));
        if family.is_some() {
            self.steps.push(Step::Open(self.place));
        } else {
            self.is_new_family = true;
            self.add(format!(" address-family {name}"));
        }
    }

    fn end_family(&mut self, line: &'l str) -> Result<()> {
        if self.is_new_family {
            self.add(line);
            self.place = Place::Custom;
        } else {
            let vrf = self.router.map_or("", |(_, vrf)| vrf);
            if !self.outline.routers.contains_key(vrf) {
                return Err(Error::die("error: missing field `asn`"));
            }
            self.place = Place::Router(vrf);
            self.steps.push(Step::Open(self.place));
        }
        self.is_new_family = false;
        Ok(())
    }

    fn add(&mut self, line: impl Into<Cow<'l, str>>) {
        match self.place {
            Place::RouteMap(name) => self.route_maps.entry(name).or_default().push(line.into()),
            place => self.steps.push(Step::Add(place, line.into())),
        }
    }

    /// Adds the entries of route maps, numbered after the ones in the tree.
    fn finish(mut self) -> Vec<Step<'l>> {
        for (name, lines) in self.route_maps {
            let mut seq = self.outline.route_maps.get(name).copied().unwrap_or(0);
            for line in lines {
                let head = RouteMapHead::parse(&line).map(|head| {
                    seq += 1;
                    head.to_line(seq)
                });
                self.steps.push(Step::Add(Place::Custom, head.map_or(line, Cow::Owned)));
            }
        }
        self.steps
    }
}

fn known(place: Place, is_known: bool) -> Place {
    if is_known { place } else { Place::Custom }
}
