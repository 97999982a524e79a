//! What an apply commits: the section configs, as one running config.

use crate::perl::{Hash, Value};

/// The running config that an apply makes, its version aside: that stays, or is the first one.
///
/// `configs` are the objects of each kind, by id.
///
/// Source: `PVE::Network::SDN::compile_running_cfg`.
pub fn compile<'a, const N: usize>(
    running: &Hash<'a>,
    configs: [(&'static str, Hash<'a>); N],
) -> Hash<'a> {
    let mut document = Hash::default();
    let version = running.get("version").filter(|version| version.is_true());
    document.set("version", version.cloned().unwrap_or(Value::Integer(1)));
    for (kind, ids) in configs {
        let mut section = Hash::default();
        section.set("ids", Value::Hash(ids));
        document.set(kind, Value::Hash(section));
    }
    document
}
