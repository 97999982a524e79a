//! The configuration of FRR as pve-network 1.2 writes it: sections of lines.

mod build;
mod merge;
mod render;

use super::part::Part;
use crate::error::Result;
use crate::sdn::fabric::Fabrics;
use std::borrow::Cow;
use std::collections::BTreeMap;

type Line<'a> = Cow<'a, str>;
type Lines<'a> = Vec<Line<'a>>;

/// The configuration of FRR, less the fabrics, which have a text of their own.
#[derive(Debug, Default)]
struct Sections<'a> {
    vrfs: BTreeMap<Line<'a>, Lines<'a>>,
    /// By their name, as in `bgp 65000 vrf vrf_z`.
    routers: BTreeMap<Line<'a>, Router<'a>>,
    interfaces: BTreeMap<Line<'a>, Lines<'a>>,
    lists: [Lists<'a>; 3],
    community_lists: Lines<'a>,
    route_maps: BTreeMap<Line<'a>, Vec<Entry<'a>>>,
    /// Routes, and route maps of protocols; an empty list leaves a mark in the text.
    protocols: Option<Lines<'a>>,
}

/// Rules by list and number, which is sorted as text.
type Lists<'a> = BTreeMap<&'a str, BTreeMap<&'a str, &'a str>>;

#[derive(Debug, Default)]
struct Router<'a> {
    lines: Lines<'a>,
    families: BTreeMap<Line<'a>, Lines<'a>>,
    /// True for a generated router of IS-IS: the original cannot add lines to one.
    is_closed: bool,
}

/// One entry of a route map; its number is its place.
#[derive(Debug)]
struct Entry<'a> {
    action: &'a str,
    lines: Lines<'a>,
}

/// Returns the lines of frr.conf between its header and its footer.
///
/// # Errors
///
/// [`Error::Die`](crate::error::Error::Die) where the original dies of frr.conf.local,
/// [`Error::Unsupported`](crate::error::Error::Unsupported) where it prints Perl addresses.
pub(super) fn lines(
    parts: &[Part],
    local: &str,
    fabrics: &Fabrics,
    node: &str,
) -> Result<Vec<String>> {
    let mut sections = Sections::default();
    build::build(parts, &mut sections);
    merge::merge(&mut sections, local)?;
    let mut lines = render::sections(&sections)?;
    lines.extend(render::fabrics(fabrics, node));
    Ok(lines)
}
