//! The configuration of FRR, the routing daemons.
//!
//! Controllers say what they need as [`Part`]s. A [`Profile`] puts these, frr.conf.local and the
//! fabrics together: pve-network 1.3 by a typed tree (`build`, `merge`, `render`), 1.2 by sections
//! of lines (`v12`).

mod build;
mod daemons;
mod line;
mod merge;
pub mod model;
mod net;
mod part;
mod paths;
mod render;
mod v12;

pub use daemons::{Daemons, set_daemons};
pub use merge::{Family, Outline, Place, RouterOutline, Shelf, Step, steps};
pub use net::{Net, NetError};
pub use part::{Bgp, Evpn, EvpnZone, Exit, Isis, Part, VnetRoutes};
pub use paths::{Change, Path, What, changes};

use crate::error::Result;
use crate::perl;
use crate::sdn::fabric::Fabrics;
use serde::Deserialize;
use std::borrow::Cow;

/// The release of pve-network whose text is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum Profile {
    /// 1.3: a typed tree.
    #[serde(rename = "1.3")]
    V1_3,
    /// 1.2, from 1.2.5 on: sections of lines.
    #[serde(rename = "1.2")]
    V1_2,
}

impl Profile {
    /// The number of an autonomous system as the release prints it; `None` if there is none.
    pub fn asn<'a>(self, text: Cow<'a, str>) -> Option<Cow<'a, str>> {
        let text = match self {
            Profile::V1_3 => int(&text).into(),
            Profile::V1_2 => text,
        };
        perl::is_true(&text).then_some(text)
    }
}

/// Perl's `int` of a string.
fn int(text: &str) -> String {
    perl::number_text(perl::number(text).trunc())
}

/// Returns the lines of frr.conf between its header and its footer.
///
/// # Errors
///
/// [`Error::Die`](crate::error::Error::Die) where the original dies of a value or of `local`, the
/// text of frr.conf.local.
///
/// Source: `PVE::Network::SDN::generate_frr_raw_config`.
pub fn lines(
    parts: &[Part],
    local: Option<&str>,
    fabrics: &Fabrics,
    node: &str,
    profile: Profile,
) -> Result<Vec<String>> {
    let local = local.unwrap_or_default();
    let local = if perl::is_true(local) { local } else { "" };
    match profile {
        Profile::V1_3 => {
            let mut config = build::build(parts)?;
            merge::merge(&mut config, local)?;
            fabrics.add_to(node, &mut config);
            Ok(render::render(&config))
        }
        Profile::V1_2 => v12::lines(parts, local, fabrics, node),
    }
}

/// Returns the text of frr.conf.
///
/// Source: `PVE::Network::SDN::Frr::raw_config_to_string`.
pub fn to_text<L: AsRef<str>>(lines: &[L], node: &str, profile: Profile) -> String {
    let mut text = format!(
        "frr version 10.4.1\n\
         frr defaults datacenter\n\
         hostname {node}\n\
         log syslog informational\n\
         service integrated-vtysh-config\n"
    );
    if profile == Profile::V1_2 {
        text.push_str("!\n");
    }
    for line in lines {
        text.push_str(line.as_ref());
        text.push('\n');
    }
    text.push_str("!\nline vty\n!\n");
    text
}
