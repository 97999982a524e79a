//! Subnets: the address ranges of vnets.

use super::Section;
use crate::error::{Error, Result};
use crate::perl::{Hash, is_true};
use rustc_hash::{FxBuildHasher, FxHashMap};
use std::borrow::Cow;

/// A subnet that belongs to a vnet.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Subnet<'c> {
    /// `ZONE-NETWORK-MASK`.
    pub id: &'c str,
    /// The zone, as the id says.
    pub zone: &'c str,
    /// The address of the network.
    pub network: &'c str,
    /// The length of the prefix, as text.
    pub mask: &'c str,
    /// Its options.
    pub options: &'c Hash<'c>,
}

impl<'c> Subnet<'c> {
    /// Reads an id; what it lacks is empty, what it has too much is left out.
    ///
    /// # Errors
    ///
    /// [`Error::Die`] if there is no id, or no subnet of that id.
    ///
    /// Source: `PVE::Network::SDN::Subnets::sdn_subnets_config`.
    pub fn new(id: &'c str, options: Option<&'c Hash<'c>>) -> Result<Self> {
        if !is_true(id) {
            return Err(Error::die("no sdn subnet ID specified"));
        }
        let Some(options) = options else {
            return Err(Error::die(format_args!("sdn subnet '{id}' does not exist")));
        };
        let mut parts = id.split('-');
        let mut part = || parts.next().unwrap_or_default();
        Ok(Subnet { id, zone: part(), network: part(), mask: part(), options })
    }

    /// `NETWORK/MASK`.
    pub fn cidr(&self) -> String {
        format!("{}/{}", self.network, self.mask)
    }
}

/// The subnets that belong to vnets, by id.
#[derive(Debug, Clone, Default)]
pub struct Subnets<'c> {
    all: Vec<Subnet<'c>>,
    of_vnet: FxHashMap<Cow<'c, str>, Vec<usize>>,
}

impl<'c> Subnets<'c> {
    /// Sorts the subnets of a running config by vnet.
    ///
    /// # Errors
    ///
    /// [`Error::Die`], as [`Subnet::new`] for the first id it refuses.
    pub fn new(section: Option<&'c Section<'c>>) -> Result<Self> {
        let count = section.map_or(0, Section::len);
        let mut subnets = Subnets {
            all: Vec::with_capacity(count),
            of_vnet: FxHashMap::with_capacity_and_hasher(count, FxBuildHasher),
        };
        for (id, options) in section.into_iter().flat_map(Section::iter) {
            let subnet = Subnet::new(id, options)?;
            let Some(vnet) = subnet.options.true_text("vnet") else {
                continue;
            };
            let index = subnets.all.len();
            subnets.of_vnet.entry(vnet).or_default().push(index);
            subnets.all.push(subnet);
        }
        Ok(subnets)
    }

    /// Those of every vnet.
    pub fn all(&self) -> &[Subnet<'c>] {
        &self.all
    }

    /// Those of one vnet; those of every vnet if its id is false to Perl.
    ///
    /// Source: `PVE::Network::SDN::Vnets::get_subnets`.
    pub fn of(&self, vnet: &str) -> impl Iterator<Item = &Subnet<'c>> {
        let (every, own) =
            if is_true(vnet) { (&[][..], self.of_vnet.get(vnet)) } else { (&self.all[..], None) };
        let own = own.into_iter().flatten().map(|index| &self.all[*index]);
        every.iter().chain(own)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sdn::RunningConfig;

    const SUBNETS: &str = r#"{"subnets":{"ids":{
        "z-10.1.0.0-24":{"vnet":"b"}, "z-10.0.0.0-24":{"vnet":"a"}, "z-fd00::-64":{"vnet":"a"},
        "z-10.2.0.0-24":{}, "odd":{"vnet":7}, "z-10.3.0.0-24-x":{"vnet":"c"}
    }}}"#;

    #[test]
    fn by_vnet() {
        let config = RunningConfig::parse(SUBNETS).unwrap();
        let subnets = Subnets::new(config.subnets.as_ref()).unwrap();
        for (vnet, cidrs) in [
            ("a", vec!["10.0.0.0/24", "fd00::/64"]),
            ("b", vec!["10.1.0.0/24"]),
            ("c", vec!["10.3.0.0/24"]),
            ("7", vec!["/"]),
            ("d", vec![]),
            ("0", vec!["/", "10.0.0.0/24", "10.1.0.0/24", "10.3.0.0/24", "fd00::/64"]),
        ] {
            let got: Vec<String> = subnets.of(vnet).map(Subnet::cidr).collect();
            assert_eq!(got, cidrs, "{vnet}");
        }
        assert_eq!(subnets.all().len(), 5);
    }

    #[test]
    fn ids_that_are_none() {
        for (text, message) in [
            (r#"{"a":null}"#, "sdn subnet 'a' does not exist\n"),
            (r#"{"":{}}"#, "no sdn subnet ID specified\n"),
        ] {
            let text = format!(r#"{{"subnets":{{"ids":{text}}}}}"#);
            let config = RunningConfig::parse(&text).unwrap();
            let error = Subnets::new(config.subnets.as_ref()).unwrap_err();
            assert_eq!(error, Error::Die(message.into()));
        }
    }
}
