//! IS-IS controllers.

use super::Node;
use crate::error::{Error, Result};
use crate::frr::Isis;
use crate::perl::{Hash, Value};
use crate::sdn::split_list;
use crate::sdn::zone::Probe;
use std::borrow::Cow;

/// What a controller needs; `None` if it is one of another node, or not complete.
///
/// Source: `PVE::Network::SDN::Controllers::IsisPlugin::generate_frr_config`.
pub(super) fn router<'c>(
    controller: &'c Hash<'c>,
    node: &mut Node<'c, '_>,
) -> Result<Option<Isis<'c>>> {
    let [interfaces, net, domain] =
        ["isis-ifaces", "isis-net", "isis-domain"].map(|key| controller.true_text(key));
    let (Some(interfaces), Some(net), Some(domain)) = (interfaces, net, domain) else {
        return Ok(None);
    };
    if controller.text("node") != node.name {
        return Ok(None);
    }
    let altnames = match node.facts.ask(&Probe::Altnames, node.notes)? {
        Some(Value::Hash(altnames)) => altnames,
        Some(_) => return Err(Error::Request("altnames: expected an object".into())),
        None => return Ok(None),
    };
    let mut interfaces: Vec<&str> = split_list(&interfaces).collect();
    interfaces.sort_unstable();
    let real_name = |name: &str| {
        let real = altnames.defined_text(name);
        real.unwrap_or(name.into()).into_owned().into()
    };
    let interfaces: Vec<Cow<str>> = interfaces.into_iter().map(real_name).collect();
    Ok(Some(Isis { domain, net, interfaces }))
}
