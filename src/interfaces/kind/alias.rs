//! Aliases: further addresses of an interface, `eth0:1`.

use crate::perl::split_number;

/// The interface that the alias of that name is on; `None` if it is not the name of an alias.
pub(in crate::interfaces) fn parent(name: &str) -> Option<&str> {
    let (parent, _) = split_number(name, ':')?;
    (!parent.is_empty()).then_some(parent)
}
