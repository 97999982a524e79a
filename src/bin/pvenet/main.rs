//! `pvenet`: looks at the network configuration of a node, without Perl.
//!
//! One file a command. A command reads through [`node::Node`] and returns a [`report::Report`]; it
//! prints nothing itself, so that its verdict does not depend on who reads the output.

mod diff;
mod failure;
mod ipam;
mod list;
mod node;
mod page;
mod properties;
mod report;
mod sdn;
mod show;
mod status;
mod validate;

use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use failure::Failure;
use node::Node;
use page::Paint;
use report::Report;
use std::io::{self, ErrorKind, Write};
use std::path::PathBuf;
use std::process::ExitCode;

const EXIT_CODES: &str = "\
Exit codes:
  0  all is well
  1  problems or differences were found, or it failed
  2  wrong usage";

const EXAMPLES: &str = "\
Examples:
  pvenet list --type bridge
  pvenet status --verbose
  pvenet validate --config /etc/network/interfaces.new
  pvenet diff | less
  pvenet --root /srv/case-4711 show vmbr0

Below a root other than / the running state is what was recorded there:
  ip -details -json address > DIR/run/pve-network-rs/links.json
  (ip -json route; ip -6 -json route) > DIR/run/pve-network-rs/routes.json
";

/// Looks at the network configuration of a Proxmox VE node
#[derive(Parser)]
#[command(name = "pvenet", version, max_term_width = 80, after_help = format!("{EXAMPLES}\n{EXIT_CODES}"))]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

/// What every command takes.
#[derive(Args)]
struct Global {
    /// Look at the node whose files are below DIR
    #[arg(long, global = true, value_name = "DIR", default_value = "/")]
    root: PathBuf,
    /// Say on standard error what is read
    #[arg(long, global = true)]
    debug: bool,
    /// Whether to use colours; the environment variable NO_COLOR is honoured
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    color: When,
}

/// When to use colours.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum When {
    /// On a terminal
    Auto,
    /// Also into files and pipes
    Always,
    /// Not at all
    Never,
}

#[derive(Subcommand)]
enum Command {
    List(list::List),
    Show(show::Show),
    Status(status::Status),
    Diff(diff::Diff),
    Validate(validate::Validate),
    Sdn(sdn::Sdn),
    Ipam(ipam::Ipam),
    /// Prints a script that completes commands in a shell
    Completions {
        /// The shell
        shell: Shell,
    },
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(&cli) {
        Ok(report) => {
            let is_printed = print(&report.text);
            if is_printed && report.is_clean { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(failure) => {
            // Nobody may be listening, which changes nothing.
            let _ = writeln!(io::stderr(), "pvenet: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: &Cli) -> Result<Report, Failure> {
    let node = || Node::open(&cli.global.root, cli.global.debug);
    let paint = Paint::new(cli.global.color);
    match &cli.command {
        Command::List(list) => list.run(&node()?, paint),
        Command::Show(show) => show.run(&node()?, paint),
        Command::Status(status) => status.run(&node()?, paint),
        Command::Diff(diff) => diff.run(&node()?, paint),
        Command::Validate(validate) => validate.run(&node()?, paint),
        Command::Sdn(sdn) => sdn.run(&node()?, paint),
        Command::Ipam(ipam) => ipam.run(&cli.global.root, cli.global.debug, paint),
        Command::Completions { shell } => Ok(completions(*shell)),
    }
}

fn completions(shell: Shell) -> Report {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "pvenet", &mut script);
    Report::clean(script)
}

/// Prints, and does not mind a reader that has seen enough; false if it cannot.
fn print(text: &[u8]) -> bool {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            let _ = writeln!(io::stderr(), "pvenet: cannot write the output: {error}");
            false
        }
        _ => true,
    }
}
