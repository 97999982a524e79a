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
use std::collections::BTreeMap;

/// The place that gets the next line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place<'l> {
    /// None: such lines are lost.
    Lost,
    /// The blocks that are printed as they are.
    Custom,
    Isis(&'l str),
    IsisInterface(&'l str),
    Vrf(&'l str),
    Router(&'l str),
    Family(&'l str, Family),
    RouteMap(&'l str),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Family {
    Ipv4,
    Ipv6,
    Evpn,
}

impl Family {
    fn find(name: &str) -> Option<Self> {
        match name {
            "ipv4 unicast" | "ipv4_unicast" => Some(Family::Ipv4),
            "ipv6 unicast" | "ipv6_unicast" => Some(Family::Ipv6),
            "l2vpn evpn" | "l2vpn_evpn" => Some(Family::Evpn),
            _ => None,
        }
    }
}

struct Merge<'c, 'l> {
    config: &'c mut Config<'l>,
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
/// [`Error::Die`] if an address family ends outside of any router, as the original then makes a
/// router without a number.
///
/// Source: `PVE::Network::SDN::Frr::append_local_config`.
pub(super) fn merge<'l>(config: &mut Config<'l>, local: &'l str) -> Result<()> {
    for entries in config.route_maps.values_mut() {
        for (entry, seq) in entries.iter_mut().zip(1..) {
            entry.seq = seq;
        }
    }
    let mut merge = Merge {
        config,
        place: Place::Lost,
        router: None,
        is_new_block: false,
        is_new_family: false,
        route_maps: BTreeMap::new(),
    };
    for line in local.split('\n') {
        let line = Charset::Ascii.trim_end(line);
        if !line.is_empty() {
            merge.line(line)?;
        }
    }
    merge.finish();
    Ok(())
}

impl<'l> Merge<'_, 'l> {
    fn line(&mut self, line: &'l str) -> Result<()> {
        if let Some((head, place)) = self.head(line) {
            self.place = place;
            if matches!(place, Place::Custom | Place::RouteMap(_)) {
                self.is_new_block = true;
                self.push(head);
            }
        } else if argument(line, "bgp community-list ").is_some() {
            self.config.custom.push(line.into());
        } else if let Some(name) = behind(line, "address-family ") {
            self.family(name);
        } else if let Some(entry) = RouteMapHead::parse(line) {
            self.is_new_block = true;
            self.place = Place::RouteMap(entry.name);
            self.push(entry.to_line(entry.seq));
        } else if LIST_RULES.iter().any(|words| list_rule(line, words).is_some()) {
            self.config.custom.push(line.into());
        } else if line.ends_with("exit-address-family") {
            self.end_family(line)?;
        } else if line.starts_with("exit") {
            if self.is_new_block {
                self.push(line);
                self.push("!");
            }
            self.place = Place::Lost;
            self.router = None;
            self.is_new_block = false;
        } else if !line.contains('!') {
            self.push(line);
        }
        Ok(())
    }

    /// The head of a block other than a route map: its line if it is a new one, and its place.
    fn head(&mut self, line: &'l str) -> Option<(Cow<'l, str>, Place<'l>)> {
        let (word, name) = line.split_once(' ')?;
        if name.is_empty() {
            return None;
        }
        let place = match word {
            "router" => {
                if let Some(name) = argument(name, "isis ") {
                    known(Place::Isis(name), self.config.isis.contains_key(name))
                } else if let Some((asn, vrf)) = bgp_router(name) {
                    self.router = Some((asn, vrf));
                    known(Place::Router(vrf), self.is_generated())
                } else {
                    Place::Custom
                }
            }
            "vrf" => known(Place::Vrf(name), self.config.vrfs.contains_key(name)),
            "interface" => {
                known(Place::IsisInterface(name), self.config.isis_interfaces.contains_key(name))
            }
            _ => return None,
        };
        Some((line.into(), place))
    }

    /// True if the BGP router that was named last is in the tree.
    fn is_generated(&self) -> bool {
        self.router.is_some_and(|(asn, vrf)| {
            let router = self.config.bgp.get(vrf);
            router.is_some_and(|router| router.asn.to_string() == asn)
        })
    }

    fn family(&mut self, name: &'l str) {
        let vrf = self.router.filter(|_| self.is_generated()).map(|(_, vrf)| vrf);
        let family = vrf.and_then(|vrf| {
            let router = self.config.bgp.get(vrf)?;
            let family = Family::find(name)?;
            let is_there = match family {
                Family::Ipv4 => router.ipv4.is_some(),
                Family::Ipv6 => router.ipv6.is_some(),
                Family::Evpn => router.evpn.is_some(),
            };
            is_there.then_some(Place::Family(vrf, family))
        });
        self.place = family.unwrap_or_else(|| vrf.map_or(Place::Custom, Place::Router));
        if family.is_none() {
            self.is_new_family = true;
            self.push(format!(" address-family {name}"));
        }
    }

    fn end_family(&mut self, line: &'l str) -> Result<()> {
        if self.is_new_family {
            self.push(line);
            self.place = Place::Custom;
        } else {
            let vrf = self.router.map_or("", |(_, vrf)| vrf);
            if !self.config.bgp.contains_key(vrf) {
                return Err(Error::die("error: missing field `asn`"));
            }
            self.place = Place::Router(vrf);
        }
        self.is_new_family = false;
        Ok(())
    }

    fn push(&mut self, line: impl Into<Cow<'l, str>>) {
        let config = &mut *self.config;
        let lines = match self.place {
            Place::Lost => None,
            Place::Custom => Some(&mut config.custom),
            Place::Isis(name) => config.isis.get_mut(name).map(|r| &mut r.custom),
            Place::IsisInterface(name) => {
                config.isis_interfaces.get_mut(name).map(|i| &mut i.custom)
            }
            Place::Vrf(name) => config.vrfs.get_mut(name).map(|v| &mut v.custom),
            Place::Router(vrf) => config.bgp.get_mut(vrf).map(|r| &mut r.custom),
            Place::Family(vrf, family) => config.bgp.get_mut(vrf).and_then(|r| match family {
                Family::Ipv4 => r.ipv4.as_mut().map(|f| &mut f.custom),
                Family::Ipv6 => r.ipv6.as_mut().map(|f| &mut f.custom),
                Family::Evpn => r.evpn.as_mut().map(|f| &mut f.custom),
            }),
            Place::RouteMap(name) => Some(self.route_maps.entry(name).or_default()),
        };
        if let Some(lines) = lines {
            lines.push(line.into());
        }
    }

    /// Adds the entries of route maps, numbered after the ones in the tree.
    fn finish(self) {
        for (name, lines) in self.route_maps {
            let generated = self.config.route_maps.get(name).map_or(0, Vec::len);
            let mut seq = generated;
            for line in lines {
                let head = RouteMapHead::parse(&line).map(|head| {
                    seq += 1;
                    head.to_line(seq)
                });
                self.config.custom.push(head.map_or(line, Cow::Owned));
            }
        }
    }
}

fn known(place: Place, is_known: bool) -> Place {
    if is_known { place } else { Place::Custom }
}
