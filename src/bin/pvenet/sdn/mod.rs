//! `pvenet sdn`: what a node makes of the SDN configuration of its cluster.

mod diff;
mod files;
mod generate;
mod make;
mod show;

use crate::failure::Failure;
use crate::node::Node;
use crate::page::Paint;
use crate::report::Report;
use clap::{Args, Subcommand, ValueEnum};
use pve_network_rs::frr::Profile;
use pve_network_rs::migration::is_node_name;

/// Shows what SDN makes of this node, and what the next apply would change
///
/// Reads /etc/pve/sdn below the root: .running-config, which the last apply put into force, and
/// zones.cfg, vnets.cfg, subnets.cfg, controllers.cfg and fabrics.cfg, which the next one will.
#[derive(Args)]
pub(crate) struct Sdn {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Show(show::Show),
    Generate(generate::Generate),
    Diff(diff::Diff),
}

impl Sdn {
    /// Runs it.
    pub(crate) fn run(&self, node: &Node, paint: Paint) -> Result<Report, Failure> {
        match &self.command {
            Command::Show(show) => show.run(node, paint),
            Command::Generate(generate) => generate.run(node),
            Command::Diff(diff) => diff.run(node, paint),
        }
    }
}

/// For which node, and as which release, files are made.
#[derive(Args)]
struct Target {
    /// Name of the node, without its domain; that of this machine, or in etc/hostname of the root
    #[arg(long, value_name = "NAME", value_parser = node_name)]
    node: Option<String>,
    /// The release of pve-network whose frr.conf is written; found in the root, else 1.3
    #[arg(long, value_name = "VERSION")]
    release: Option<Release>,
}

/// A release of pve-network.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Release {
    /// From 1.2.5 on
    #[value(name = "1.2")]
    V1_2,
    /// From 1.3.0 on
    #[value(name = "1.3")]
    V1_3,
}

fn node_name(name: &str) -> Result<String, &'static str> {
    is_node_name(name).then(|| name.into()).ok_or("not a node's name")
}

impl Target {
    /// The node, and the profile of its release.
    fn resolve(&self, node: &Node) -> Result<(String, Profile), Failure> {
        let own = files::own_name(node)?;
        if let (Some(named), Some(own)) = (&self.node, &own) {
            if named != own {
                crate::node::note(format_args!(
                    "for {named}, but with interfaces, links and routes of {own}"
                ));
            }
        }
        let name = match (&self.node, own) {
            (Some(name), _) => name.clone(),
            (None, Some(own)) => own,
            (None, None) => return Err(Failure::Unnamed { path: node.path(files::HOSTNAME) }),
        };
        let profile = match self.release {
            Some(Release::V1_2) => Profile::V1_2,
            Some(Release::V1_3) => Profile::V1_3,
            None => files::profile(node)?,
        };
        Ok((name, profile))
    }
}
