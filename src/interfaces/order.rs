//! The order of stanzas in a written file.

use super::{Config, Iface, Key, Kind};
use crate::perl::Value;
use std::cmp::Ordering;

/// Where interfaces without a place in the file go.
const LAST: f64 = 50_000.0;

/// What separates the parts of the name of an alias or VLAN.
const SEPARATORS: [char; 2] = ['.', ':'];

/// The rank of a kind: what others are built on comes first.
fn rank(kind: Kind) -> u32 {
    match kind {
        Kind::Loopback | Kind::Dummy => 100_000,
        Kind::Eth | Kind::OvsPort => 200_000,
        Kind::OvsIntPort => 300_000,
        Kind::OvsBond | Kind::Bond => 400_000,
        Kind::Bridge | Kind::OvsBridge => 500_000,
        Kind::Vlan | Kind::Vxlan => 600_000,
        Kind::Alias | Kind::Unknown | Kind::Other => 0,
    }
}

struct Place<'c> {
    name: &'c str,
    rank: Option<u32>,
    priority: f64,
}

impl<'c> Place<'c> {
    fn new(config: &Config, name: &'c str, iface: &Iface) -> Self {
        // as Perl's split: empty parts at the end do not count
        let parts = name.trim_end_matches(SEPARATORS);
        let is_separator = |byte: u8| SEPARATORS.contains(&char::from(byte));
        let root = &parts[..parts.bytes().position(is_separator).unwrap_or(parts.len())];
        let depth = parts.bytes().filter(|byte| is_separator(*byte)).count();

        let root = if root == name { Some(iface) } else { config.ifaces.get(root) };
        let root = root.and_then(|root| root.true_text(Key::Type));
        let rank = root
            .filter(|kind| kind != "unknown")
            .map(|kind| rank(Kind::find(&kind)) + u32::try_from(depth).unwrap_or(u32::MAX / 2));
        let priority = iface.get(Key::Priority).filter(|value| **value != Value::Undef);
        Place { name, rank, priority: priority.map_or(LAST, Value::to_number) }
    }

    /// As the original: a kind counts only against another known kind, so this is no total order.
    fn compare(&self, other: &Self) -> Ordering {
        let (rank, other_rank) = match (self.rank, other.rank) {
            (Some(rank), Some(other)) => (f64::from(rank), f64::from(other)),
            _ => (0.0, 0.0),
        };
        (rank + self.priority)
            .total_cmp(&(other_rank + other.priority))
            .then_with(|| self.name.cmp(other.name))
    }
}

/// The places of the interfaces in [`Config::ifaces`], in the order in which they are written.
///
/// Where unknown kinds make the comparison circular, the original's order is random: any in which
/// each stanza may follow the one before it. A merge sort yields one of these.
pub(super) fn order(config: &Config) -> Vec<usize> {
    let places: Vec<Place> =
        config.ifaces.iter().map(|(name, iface)| Place::new(config, name, iface)).collect();
    let mut order: Vec<usize> = (0..places.len()).collect();
    // The standard sorts may panic on an order that is not total.
    merge_sort(&mut order, |a, b| places[a].compare(&places[b]));
    order
}

fn merge_sort(items: &mut Vec<usize>, compare: impl Fn(usize, usize) -> Ordering) {
    let mut width = 1;
    while width < items.len() {
        let mut merged = Vec::with_capacity(items.len());
        for pair in items.chunks(2 * width) {
            let (mut left, mut right) = pair.split_at(width.min(pair.len()));
            while let ([a, left_rest @ ..], [b, right_rest @ ..]) = (left, right) {
                if compare(*a, *b) == Ordering::Greater {
                    merged.push(*b);
                    right = right_rest;
                } else {
                    merged.push(*a);
                    left = left_rest;
                }
            }
            merged.extend_from_slice(left);
            merged.extend_from_slice(right);
        }
        *items = merged;
        width *= 2;
    }
}
