//! THE table of seams: the Perl functions that Rust can answer.

use super::Phase;

/// What running a seam does besides returning a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Nothing: both engines may run, and be compared, on every call.
    Pure,
    /// The original writes files, takes locks or talks to a server.
    Writes,
}

/// One Perl function that Rust can answer.
#[derive(Debug)]
pub struct Seam {
    /// Its name in `migration.toml`, logs and metrics: area, dot, verb.
    pub name: &'static str,
    /// The C function that answers it.
    pub symbol: &'static str,
    /// The phase from which on Rust answers.
    pub phase: Phase,
    /// Until this phase, Rust answers only if the input holds no other kinds than `kinds`.
    pub limited_until: Option<Phase>,
    /// The kinds of interfaces that a limited seam answers for.
    pub kinds: &'static [&'static str],
    /// What running it does.
    pub effect: Effect,
    /// What it answers, in a few words.
    pub about: &'static str,
}

/// Every seam, by area.
pub const SEAMS: &[Seam] = &[
    Seam {
        name: "interfaces.parse",
        symbol: "pve_network_interfaces_parse",
        phase: Phase::RustReadOnly,
        limited_until: None,
        kinds: &[],
        effect: Effect::Pure,
        about: "/etc/network/interfaces, from text",
    },
    Seam {
        name: "interfaces.render",
        symbol: "pve_network_interfaces_render",
        phase: Phase::RustBasicWrite,
        limited_until: Some(Phase::RustAdvanced),
        kinds: &["eth", "loopback", "alias", "dummy"],
        effect: Effect::Pure,
        about: "/etc/network/interfaces, to text",
    },
    Seam {
        name: "sdn.zones",
        symbol: "pve_network_sdn_zones_generate",
        phase: Phase::RustSdn,
        limited_until: None,
        kinds: &[],
        effect: Effect::Pure,
        about: "interfaces.d/sdn, the part of the zones",
    },
    Seam {
        name: "frr.generate",
        symbol: "pve_network_frr_generate",
        phase: Phase::RustSdn,
        limited_until: None,
        kinds: &[],
        effect: Effect::Pure,
        about: "frr.conf, its lines",
    },
    Seam {
        name: "frr.to_string",
        symbol: "pve_network_frr_to_string",
        phase: Phase::RustSdn,
        limited_until: None,
        kinds: &[],
        effect: Effect::Pure,
        about: "frr.conf, its text",
    },
    Seam {
        name: "frr.daemons",
        symbol: "pve_network_frr_daemons",
        phase: Phase::RustSdn,
        limited_until: None,
        kinds: &[],
        effect: Effect::Writes,
        about: "/etc/frr/daemons",
    },
    Seam {
        name: "controller.router_id",
        symbol: "pve_network_controller_router_id",
        phase: Phase::RustSdn,
        limited_until: None,
        kinds: &[],
        effect: Effect::Pure,
        about: "ids of routers",
    },
    Seam {
        name: "fabric.interfaces",
        symbol: "pve_network_fabric_interfaces",
        phase: Phase::RustFull,
        limited_until: None,
        kinds: &[],
        effect: Effect::Pure,
        about: "interfaces.d/sdn, the part of the fabrics",
    },
];

/// The C functions that say which facts of the node a seam has to be given.
pub const PROBES: &[&str] =
    &["pve_network_controller_probes", "pve_network_frr_probes", "pve_network_sdn_zones_probes"];

/// The seam of that name.
pub fn find(name: &str) -> Option<&'static Seam> {
    SEAMS.iter().find(|seam| seam.name == name)
}
