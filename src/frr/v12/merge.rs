//! frr.conf.local into the sections of pve-network 1.2.
//!
//! Every block is merged, whether it was generated or not; blanks around a line are lost. Which
//! block a line belongs to follows the original to the letter.

use super::{Entry, Line, Lines, Sections};
use crate::error::{Error, Result};
use crate::frr::line::{LIST_RULES, RouteMapHead, argument, behind, list_rule};
use crate::perl::Charset;

/// The place that gets the next line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place<'l> {
    /// None: such lines are lost.
    Lost,
    Router(&'l str),
    Family(&'l str, &'l str),
    Vrf(&'l str),
    Interface(&'l str),
    RouteMap(&'l str),
}

struct Merge<'s, 'l> {
    sections: &'s mut Sections<'l>,
    place: Place<'l>,
    /// The router that was named last, until it ends.
    router: Option<&'l str>,
    /// The entry of a route map that was begun last, until it ends: it takes all lines.
    entry: Option<Entry<'l>>,
}

/// Puts the text of frr.conf.local in.
///
/// # Errors
///
/// [`Error::Die`] for the block of a generated IS-IS router, [`Error::Unsupported`] where the
/// original prints what is no text.
///
/// Source: `PVE::Network::SDN::Frr::append_local_config` of pve-network 1.2.
pub(super) fn merge<'l>(sections: &mut Sections<'l>, local: &'l str) -> Result<()> {
    let mut merge = Merge { sections, place: Place::Lost, router: None, entry: None };
    for line in local.split('\n') {
        let line = line.trim_matches(|c| Charset::Ascii.is_space(c));
        if !line.is_empty() {
            merge.line(line)?;
        }
    }
    Ok(())
}

impl<'l> Merge<'_, 'l> {
    fn line(&mut self, line: &'l str) -> Result<()> {
        if let Some(name) = argument(line, "router ") {
            self.router = Some(name);
            self.enter(Place::Router(name))?;
        } else if let Some(name) = argument(line, "vrf ") {
            self.enter(Place::Vrf(name))?;
        } else if let Some(name) = argument(line, "interface ") {
            self.enter(Place::Interface(name))?;
        } else if argument(line, "bgp community-list ").is_some() {
            self.sections.community_lists.push(line.into());
        } else if let Some(name) = behind(line, "address-family ") {
            self.enter(Place::Family(self.router.unwrap_or_default(), name))?;
        } else if let Some(head) = RouteMapHead::parse(line) {
            self.entry = Some(Entry { action: head.action, lines: Lines::new() });
            self.enter(Place::RouteMap(head.name))?;
        } else if self.list_rule(line) || line == "exit-address-family" {
        } else if line == "exit" {
            self.end()?;
        } else if !line.contains('!') {
            self.push(line);
        }
        Ok(())
    }

    /// Goes to a place, which then is there even if no line follows.
    fn enter(&mut self, place: Place<'l>) -> Result<()> {
        if let Place::Router(name) | Place::Family(name, _) = place {
            // The original would print these two as what they mean to it elsewhere.
            if matches!(name, "router" | "address-family" | "vrf") {
                return Err(Error::Unsupported(format!("frr.conf.local: a router named '{name}'")));
            }
            let router = self.sections.routers.entry(name.into()).or_default();
            if router.is_closed {
                return Err(Error::die_at("Not a HASH reference"));
            }
        }
        self.place = place;
        self.lines();
        Ok(())
    }

    /// The lines of the place; `None` if they are lost, or those of entries.
    fn lines(&mut self) -> Option<&mut Lines<'l>> {
        let sections = &mut *self.sections;
        Some(match self.place {
            Place::Lost => return None,
            Place::Router(name) => &mut sections.routers.entry(name.into()).or_default().lines,
            Place::Family(name, family) => {
                let router = sections.routers.entry(name.into()).or_default();
                router.families.entry(family.into()).or_default()
            }
            Place::Vrf(name) => sections.vrfs.entry(name.into()).or_default(),
            Place::Interface(name) => sections.interfaces.entry(name.into()).or_default(),
            Place::RouteMap(_) => return None,
        })
    }

    fn push(&mut self, line: &'l str) {
        let line = Line::from(line);
        match &mut self.entry {
            Some(entry) => entry.lines.push(line),
            None => {
                if let Some(lines) = self.lines() {
                    lines.push(line);
                }
            }
        }
    }

    /// Ends the router, or else the entry of a route map; nothing else.
    fn end(&mut self) -> Result<()> {
        if self.router.take().is_some_and(crate::perl::is_true) {
            self.place = Place::Lost;
        } else if let Some(entry) = self.entry.take() {
            match self.place {
                Place::RouteMap(name) => {
                    self.sections.route_maps.entry(name.into()).or_default().push(entry);
                }
                Place::Lost => {}
                _ => {
                    return Err(Error::Unsupported(
                        "frr.conf.local: an entry of a route map that ends in another block".into(),
                    ));
                }
            }
            self.place = Place::Lost;
        }
        Ok(())
    }

    /// Takes the rule of a list, if it is one.
    fn list_rule(&mut self, line: &'l str) -> bool {
        for (words, lists) in LIST_RULES.iter().zip(&mut self.sections.lists) {
            if let Some((name, number, rest)) = list_rule(line, words) {
                lists.entry(name).or_default().insert(number, rest);
                return true;
            }
        }
        false
    }
}
