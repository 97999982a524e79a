//! Observations of the node that a caller hands to the core: the core itself looks at nothing.

use crate::perl::Text;
use serde::Deserialize;
use std::borrow::Cow;

/// One link of the kernel, as `ip -details -json link` shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link<'a> {
    /// Its name.
    pub name: Cow<'a, str>,
    /// `link_type`: `ether`, `loopback`, `none`, …
    pub link_type: Option<Cow<'a, str>>,
    /// `linkinfo.info_kind`: `bridge`, `bond`, `vlan`, …; physical links have none.
    pub info_kind: Option<Cow<'a, str>>,
    /// Its other names.
    pub altnames: Vec<Cow<'a, str>>,
}

impl Link<'_> {
    /// True for a network card: Ethernet, and not made by software.
    ///
    /// Source: `PVE::IPRoute2::ip_link_is_physical`.
    pub fn is_physical(&self) -> bool {
        self.link_type.as_deref() == Some("ether") && self.info_kind.is_none()
    }
}

/// `[name, link_type, info_kind, altnames]`, each but the name may be null.
impl<'de: 'a, 'a> Deserialize<'de> for Link<'a> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        type Row<'a> = (Text<'a>, Option<Text<'a>>, Option<Text<'a>>, Option<Vec<Text<'a>>>);
        let (name, link_type, info_kind, altnames) = Row::deserialize(deserializer)?;
        Ok(Link {
            name: name.0,
            link_type: link_type.map(|text| text.0),
            info_kind: info_kind.map(|text| text.0),
            altnames: altnames.unwrap_or_default().into_iter().map(|text| text.0).collect(),
        })
    }
}

/// What the reader of `/etc/network/interfaces` has to know of the node.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts<'a> {
    /// The links of the kernel.
    pub links: Vec<Link<'a>>,
    /// The names of the links that are up.
    pub active: Vec<Cow<'a, str>>,
}
