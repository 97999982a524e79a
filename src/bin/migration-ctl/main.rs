//! `migration-ctl` moves a cluster from Perl to Rust, phase by phase, and back.

mod api;
mod breaker;
mod change;
mod cluster;
mod diagnostics;
mod evidence;
mod feature;
mod function;
mod health;
mod kill;
mod ledger;
mod name;
mod phase;
mod recent;
mod replay;
mod report;
mod state;
mod stats;
mod store;
mod watch;

use clap::{CommandFactory, Parser, Subcommand};
use clap_complete::Shell;
use report::Failure;
use std::io::{ErrorKind, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use store::Store;

/// What a command prints, if it worked.
type Output = Result<String, Failure>;

/// Moves the network stack of Proxmox VE from Perl to Rust, phase by phase, and back.
///
/// All settings are in /etc/pve/network/migration.toml. A change keeps everything else in this
/// file as it is, comments included, and reaches every running process of the node.
#[derive(Parser)]
#[command(version, max_term_width = 80, after_help = AFTER_HELP)]
struct Cli {
    /// Folder that is taken for the root of the node
    #[arg(long, global = true, value_name = "DIR", default_value = "/")]
    root: PathBuf,
    /// Tell on standard error what is read and written
    #[arg(long, global = true)]
    debug: bool,
    #[command(subcommand)]
    command: Command,
}

const AFTER_HELP: &str = "\
Examples:
  migration-ctl phase set rust-read-only             every node reads with Rust
  migration-ctl phase set rust-advanced --node pve2  pve2 is ahead of the others
  migration-ctl function set interfaces.render perl  one function goes back
  migration-ctl function list                        who answers what, and why
  migration-ctl phase get --all-nodes                what is in force where
  migration-ctl health                               is all well?
  migration-ctl phase set perl-only --all-nodes      back to Perl
  migration-ctl kill on                              this node, at once

Exit status: 0 done, 1 refused or failed, 2 usage; of health see its help.";

#[derive(Subcommand)]
enum Command {
    /// How far the migration has come
    #[command(subcommand)]
    Phase(phase::Command),
    /// What is off until it is enabled
    #[command(subcommand)]
    Feature(feature::Command),
    /// Who answers a single function
    #[command(subcommand)]
    Function(function::Command),
    /// Let Perl answer everything on this node, at once
    #[command(subcommand)]
    Kill(kill::Command),
    /// What takes a function that fails out of Rust's hands
    #[command(subcommand)]
    Breaker(breaker::Command),
    Stats(stats::Command),
    Replay(replay::Command),
    /// What is known of the functions before Rust answers them
    #[command(subcommand)]
    Evidence(evidence::Command),
    Health(health::Command),
    Diagnostics(diagnostics::Command),
    Watch(watch::Command),
    /// Print the completions for a shell
    #[command(after_help = "\
Example:
  migration-ctl completions bash > \\
    /usr/share/bash-completion/completions/migration-ctl")]
    Completions {
        /// Shell that reads them
        shell: Shell,
    },
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let store = Store::new(&cli.root, cli.debug);
    let output = match cli.command {
        Command::Phase(command) => command.run(&store),
        Command::Feature(command) => command.run(&store),
        Command::Function(command) => command.run(&store),
        Command::Kill(command) => command.run(&store),
        Command::Breaker(command) => command.run(&store),
        Command::Stats(command) => command.run(&store),
        Command::Replay(command) => command.run(&store),
        Command::Evidence(command) => command.run(&store),
        Command::Health(command) => command.run(&store),
        Command::Diagnostics(command) => command.run(&store),
        Command::Watch(command) => command.run(&store),
        Command::Completions { shell } => Ok(completions(shell)),
    };
    match output.and_then(|text| print(&text)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Found { text, code }) => match print(&text) {
            Ok(()) => ExitCode::from(code),
            Err(failure) => failed(&failure),
        },
        Err(failure) => failed(&failure),
    }
}

fn failed(failure: &Failure) -> ExitCode {
    // There is nobody left to tell that standard error is closed.
    let _ = write!(anstream::stderr(), "{failure}");
    ExitCode::FAILURE
}

fn completions(shell: Shell) -> String {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "migration-ctl", &mut script);
    String::from_utf8_lossy(&script).into_owned()
}

/// Prints to standard output, in colour on a terminal.
fn print(text: &str) -> Result<(), Failure> {
    let mut stdout = anstream::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        // A reader such as head(1) has seen enough.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        Err(error) => Err(Failure::Refused(format!("cannot write the output: {error}"))),
        Ok(()) => Ok(()),
    }
}
