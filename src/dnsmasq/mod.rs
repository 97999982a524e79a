//! The files of dnsmasq, which serves DHCP in zones that ask for it: one instance a zone.

pub mod ethers;
mod render;

pub use render::{ZoneFiles, subnet_lines, vnet_text, zone_files};
