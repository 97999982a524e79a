//! What is special about each kind of interface: its names, defaults, checks and output.

pub(super) mod alias;
pub(super) mod bond;
pub(super) mod bridge;
pub(super) mod dummy;
pub(super) mod eth;
pub(super) mod ovs;
pub(super) mod vlan;
pub(super) mod vxlan;
