//! Bonds of the kernel.

use crate::error::{Error, Result};
use crate::interfaces::check::{Faults, MtuOf, check_mtu, start};
use crate::interfaces::key::{Key, KeySet};
use crate::interfaces::render::{Block, blank_separated};
use crate::interfaces::{Config, Iface, Kind};
use crate::perl::{Charset, is_digits};

/// True for the names that bonds have.
pub(in crate::interfaces) fn is_name(name: &str) -> bool {
    name.strip_prefix("bond").is_some_and(is_digits)
}

/// Checks the slaves of every bond, and starts them.
pub(in crate::interfaces) fn check(config: &mut Config, charset: Charset, faults: &mut Faults) {
    for (name, slaves) in config.with_members(Kind::Bond, Key::Slaves) {
        let bond = &config.ifaces[&name];
        let primary = bond.true_text(Key::BondPrimary).map(std::borrow::Cow::into_owned);

        for slave in charset.split(&slaves) {
            start(config, slave);
            let kind = config.ifaces.get(slave).map_or(Kind::Other, Iface::kind);
            if !matches!(kind, Kind::Eth | Kind::Bond) {
                let error = format!(
                    "bond '{name}' - wrong interface type on slave '{slave}' ('{}' != 'eth or \
                     bond')",
                    config.type_text(slave)
                );
                faults.add(&name, Key::Slaves, Error::die(error));
                continue;
            }
            let (bond, slave_mtu) = (MtuOf::find(config, &name), MtuOf::find(config, slave));
            faults.keep(slave, Key::Mtu, check_mtu(&bond, &slave_mtu));
        }
        if primary.is_some_and(|primary| !charset.split(&slaves).any(|slave| slave == primary)) {
            let error = format_args!("bond '{name}' - bond-primary interface is not a slave");
            faults.add(&name, Key::BondPrimary, Error::die_at(error));
        }
    }
}

/// Prints its options.
pub(in crate::interfaces) fn render(
    iface: &Iface,
    block: &mut Block,
    charset: Charset,
) -> Result<KeySet> {
    let slaves = blank_separated(&iface.text(Key::Slaves), charset);
    block.line("bond-slaves", if crate::perl::is_true(&slaves) { &slaves } else { "none" });

    let miimon = iface.defined_text(Key::BondMiimon);
    block.line("bond-miimon", miimon.as_deref().unwrap_or("100"));
    let mode = iface.defined_text(Key::BondMode);
    block.line("bond-mode", mode.as_deref().unwrap_or("balance-rr"));

    let with_policy = matches!(mode.as_deref(), Some("balance-xor" | "802.3ad"));
    if let Some(policy) = iface.true_text(Key::BondXmitHashPolicy).filter(|_| with_policy) {
        block.line("bond-xmit-hash-policy", &policy);
    }
    let with_primary = mode.as_deref() == Some("active-backup");
    if let Some(primary) = iface.true_text(Key::BondPrimary).filter(|_| with_primary) {
        block.line("bond-primary", &primary);
    }
    block.mtu("mtu", iface)?;
    Ok(KeySet::of(&[
        Key::Slaves,
        Key::BondMiimon,
        Key::BondMode,
        Key::BondXmitHashPolicy,
        Key::BondPrimary,
        Key::Mtu,
    ]))
}
