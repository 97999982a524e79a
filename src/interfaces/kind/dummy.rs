//! Dummies: links that go nowhere.

use crate::interfaces::{Iface, Key};

/// True if the file says that it is one.
pub(in crate::interfaces) fn is_dummy(iface: &Iface) -> bool {
    iface.text(Key::LinkType) == "dummy"
}
