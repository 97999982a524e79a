//! Aliases: further addresses of an interface, `eth0:1`.

use crate::perl::is_digits;

/// The interface that the alias of that name is on; `None` if it is not the name of an alias.
pub(in crate::interfaces) fn parent(name: &str) -> Option<&str> {
    let (parent, number) = name.rsplit_once(':')?;
    (!parent.is_empty() && is_digits(number)).then_some(parent)
}
