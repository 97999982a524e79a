//! A map that is mostly read: entries in one piece of memory, sorted by key.

use super::Text;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde::{Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use std::ops::RangeFrom;
use thin_vec::ThinVec;

/// Values by text, in the order of the keys.
///
/// # Design
///
/// A config has thousands of small hashes, which are made at once and then looked into a few times.
/// For that, a sorted list needs a third of the time and of the memory of a tree. To insert in front
/// of many others is slow; behind all others it is not.
#[derive(Debug, Clone, PartialEq)]
pub struct Map<'a, V> {
    entries: ThinVec<(Cow<'a, str>, V)>,
}

impl<'a, V> Map<'a, V> {
    /// An empty one.
    pub const fn new() -> Self {
        Map { entries: ThinVec::new() }
    }

    /// The number of entries.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// True if there is none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&V> {
        self.get_key_value(key).map(|(_, value)| value)
    }

    /// The value of a key, to be changed.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut V> {
        let at = self.find(key).ok()?;
        Some(&mut self.entries[at].1)
    }

    /// The entry of a key.
    pub fn get_key_value(&self, key: &str) -> Option<(&Cow<'a, str>, &V)> {
        let at = self.find(key).ok()?;
        let (key, value) = &self.entries[at];
        Some((key, value))
    }

    /// True if there is an entry of that key.
    pub fn contains_key(&self, key: &str) -> bool {
        self.find(key).is_ok()
    }

    /// Sets the value of a key; returns the one that it had.
    pub fn insert(&mut self, key: Cow<'a, str>, value: V) -> Option<V> {
        match self.find(&key) {
            Ok(at) => Some(std::mem::replace(&mut self.entries[at].1, value)),
            Err(at) => {
                self.entries.insert(at, (key, value));
                None
            }
        }
    }

    /// Takes an entry out.
    pub fn remove(&mut self, key: &str) -> Option<V> {
        let at = self.find(key).ok()?;
        Some(self.entries.remove(at).1)
    }

    /// Takes out all entries but those that are `wanted`.
    pub fn retain(&mut self, mut wanted: impl FnMut(&Cow<'a, str>, &mut V) -> bool) {
        self.entries.retain_mut(|(key, value)| wanted(key, value));
    }

    /// The entries, by key.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&Cow<'a, str>, &V)> {
        self.entries.iter().map(|(key, value)| (key, value))
    }

    /// The keys, sorted.
    pub fn keys(&self) -> impl Iterator<Item = &Cow<'a, str>> {
        self.iter().map(|(key, _)| key)
    }

    /// The values, by key.
    pub fn values(&self) -> impl Iterator<Item = &V> {
        self.iter().map(|(_, value)| value)
    }

    /// The entries from a key on.
    pub fn range(&self, keys: RangeFrom<&str>) -> impl Iterator<Item = (&Cow<'a, str>, &V)> {
        let start = self.find(keys.start).unwrap_or_else(|at| at);
        self.entries[start..].iter().map(|(key, value)| (key, value))
    }

    fn find(&self, key: &str) -> Result<usize, usize> {
        // Most are small, or grow at their end.
        match self.entries.last() {
            None => Err(0),
            Some((last, _)) if last.as_ref() < key => Err(self.entries.len()),
            Some(_) => self.entries.binary_search_by(|(known, _)| known.as_ref().cmp(key)),
        }
    }
}

impl<V> Default for Map<'_, V> {
    fn default() -> Self {
        Map::new()
    }
}

/// The last one of a key wins.
impl<'a, V> FromIterator<(Cow<'a, str>, V)> for Map<'a, V> {
    fn from_iter<I: IntoIterator<Item = (Cow<'a, str>, V)>>(entries: I) -> Self {
        entries.into_iter().collect::<ThinVec<_>>().into()
    }
}

/// The last one of a key wins.
impl<'a, V> From<ThinVec<(Cow<'a, str>, V)>> for Map<'a, V> {
    fn from(mut entries: ThinVec<(Cow<'a, str>, V)>) -> Self {
        if !entries.is_sorted_by(|(a, _), (b, _)| a < b) {
            entries.sort_by(|(a, _), (b, _)| a.cmp(b));
            // Of several it keeps the first.
            entries.reverse();
            entries.dedup_by(|(a, _), (b, _)| a == b);
            entries.reverse();
        }
        Map { entries }
    }
}

impl<'a, V, const N: usize> From<[(Cow<'a, str>, V); N]> for Map<'a, V> {
    fn from(entries: [(Cow<'a, str>, V); N]) -> Self {
        entries.into_iter().collect()
    }
}

impl<'a, V> Extend<(Cow<'a, str>, V)> for Map<'a, V> {
    fn extend<I: IntoIterator<Item = (Cow<'a, str>, V)>>(&mut self, entries: I) {
        for (key, value) in entries {
            self.insert(key, value);
        }
    }
}

impl<'a, V> IntoIterator for Map<'a, V> {
    type Item = (Cow<'a, str>, V);
    type IntoIter = thin_vec::IntoIter<Self::Item>;

    fn into_iter(self) -> Self::IntoIter {
        self.entries.into_iter()
    }
}

impl<V: Serialize> Serialize for Map<'_, V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl<'de: 'a, 'a, V: Deserialize<'de>> Deserialize<'de> for Map<'a, V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct MapVisitor<V>(PhantomData<V>);

        impl<'de, V: Deserialize<'de>> Visitor<'de> for MapVisitor<V> {
            type Value = Map<'de, V>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut entries = ThinVec::new();
                while let Some((key, value)) = map.next_entry::<Text, V>()? {
                    entries.push((key.0, value));
                }
                Ok(entries.into())
            }
        }

        deserializer.deserialize_map(MapVisitor(PhantomData))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;
    use std::ops::Bound;

    /// What a tree does, with the same entries in the same order.
    #[test]
    fn as_a_tree() {
        let keys = ["b", "a", "c", "", "b", "zz", "a", "\u{e4}", "z"];
        let entries = || keys.iter().enumerate().map(|(n, key)| (Cow::from(*key), n));
        let tree: BTreeMap<_, _> = entries().collect();
        let all: Map<_> = entries().collect();
        let mut one_by_one = Map::new();
        let mut of_tree = BTreeMap::new();
        for (key, n) in entries() {
            assert_eq!(one_by_one.insert(key.clone(), n), of_tree.insert(key, n));
        }
        assert_eq!(all, one_by_one);
        assert!(all.iter().eq(tree.iter()));
        for start in ["", "b", "bb", "zzz"] {
            let range = (Bound::Included(start), Bound::Unbounded);
            assert!(all.range(start..).eq(tree.range::<str, _>(range)), "{start}");
        }
        for key in keys.iter().chain(&["x", "0"]) {
            assert_eq!(all.get(key), tree.get(*key), "{key}");
            assert_eq!(all.contains_key(key), tree.contains_key(*key), "{key}");
        }
        let mut rest = all.clone();
        for key in ["b", "x", "", "zz"] {
            assert_eq!(rest.remove(key), of_tree.remove(key), "{key}");
        }
        assert!(rest.into_iter().eq(of_tree));
    }
}
