//! From a configuration to a running network: what would change, and what is not as configured.

pub mod changes;
pub mod verify;
