//! `contract-test`: does Rust say the same as Perl, on this node, with its own files?
//!
//! One file a task: [`endpoint`] knows what there is to compare, [`perl`] asks the API, [`node`]
//! computes the same in Rust, [`check`] compares, [`report`] tells.

mod check;
mod command;
mod compare;
mod dry_run;
mod endpoint;
mod in_process;
mod node;
mod perl;
mod progress;
mod report;
mod settings;

use check::Checker;
use clap::{CommandFactory, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use endpoint::Endpoint;
use node::Node;
use perl::Api;
use progress::Progress;
use pve_network_rs::sys::file;
use pve_network_rs::sys::http::Fingerprint;
use pve_network_rs::sys::log::rfc3339;
use report::{Report, Run};
use ring::digest;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

const AFTER_HELP: &str = "\
Examples:
  contract-test                     Perl's address is in migration.toml
  contract-test --sdn --output /var/lib/pve-network-rs/contract.json
  contract-test --perl-url https://pve1:8006 --token-file /root/token \\
    --endpoint /nodes/pve1/network --endpoint '/cluster/sdn/zones?pending=1'
  contract-test --sdn --perl-only --format json > before-the-upgrade.json
  contract-test --in-process        without the API, function by function

The token needs Sys.Audit on /nodes/NODE, and SDN.Audit on /sdn:
  pveum user token add root@pam contract --privsep 0

Below a root other than / the running state is what was recorded there:
  ip -details -json address > DIR/run/pve-network-rs/links.json
  (ip -json route; ip -6 -json route) > DIR/run/pve-network-rs/routes.json
  ifquery -a -c -o json > DIR/run/pve-network-rs/ifquery.json

Exit codes:
  0  everything was compared, and is equal
  1  something differs
  2  nothing differs, but something could not be compared; or wrong usage";

/// Compares what Perl and Rust say of a node's network
///
/// Perl is asked by the REST API; Rust computes the same from the node's own files. Nothing is
/// changed. What cannot be compared, for want of a permission or a file, is said to be so.
#[derive(Parser)]
#[command(name = "contract-test", version, max_term_width = 80, after_help = AFTER_HELP)]
#[command(args_conflicts_with_subcommands = true)]
struct Cli {
    /// The node; this machine if not given
    #[arg(long, value_name = "NAME")]
    node: Option<String>,
    /// Where Perl answers, as https://HOST:8006
    #[arg(long, value_name = "URL")]
    perl_url: Option<String>,
    /// A file with an API token, USER@REALM!TOKENID=SECRET
    #[arg(long, value_name = "FILE", conflicts_with = "ticket")]
    token_file: Option<PathBuf>,
    /// A file with a ticket, or with what POST /access/ticket answers; - for standard input
    #[arg(long, value_name = "FILE")]
    ticket: Option<PathBuf>,
    /// Trust the server with this SHA-256 fingerprint, whatever its certificate says
    #[arg(long, value_name = "FP", conflicts_with = "insecure")]
    fingerprint: Option<Fingerprint>,
    /// Trust any server
    #[arg(long)]
    insecure: bool,
    /// How long an answer may take
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..))]
    timeout: Option<u32>,
    /// Compare this path alone, below /api2/json; may be repeated
    #[arg(long = "endpoint", value_name = "PATH", conflicts_with = "sdn")]
    endpoints: Vec<String>,
    /// Compare SDN too: its configuration, what is pending, what runs, its state, and the dry run
    #[arg(long)]
    sdn: bool,
    /// Only record what Perl says, without secrets
    #[arg(long)]
    perl_only: bool,
    /// Run what only reads through both engines, with this node's own files, in Perl
    #[arg(long, conflicts_with_all = [
        "node", "perl_url", "token_file", "ticket", "fingerprint", "insecure", "timeout", "endpoints", "sdn",
        "perl_only", "root",
    ])]
    in_process: bool,
    /// A number is not the same as its text
    #[arg(long)]
    strict_types: bool,
    /// Write the report as JSON to this file
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// How to print the report
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Look at the node whose files are below DIR
    #[arg(long, value_name = "DIR", default_value = "/")]
    root: PathBuf,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Print a script that completes commands in a shell
    Completions {
        /// The shell
        shell: Shell,
    },
}

/// How to print.
#[derive(Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    #[default]
    Text,
    /// For programs
    Json,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    if let Some(Command::Completions { shell }) = cli.command {
        let mut script = Vec::new();
        clap_complete::generate(shell, &mut Cli::command(), "contract-test", &mut script);
        return finish(print(&String::from_utf8_lossy(&script)).map(|()| ExitCode::SUCCESS));
    }
    finish(run(&cli))
}

fn finish(result: Result<ExitCode, String>) -> ExitCode {
    result.unwrap_or_else(|failure| {
        let lines = report::wrap(&format!("contract-test: {failure}"), report::WIDTH - 4);
        // Nobody may be listening, which changes nothing.
        let _ = writeln!(anstream::stderr(), "{}", lines.join("\n    "));
        ExitCode::from(2)
    })
}

fn run(cli: &Cli) -> Result<ExitCode, String> {
    let report = if cli.in_process { in_process::compare(cli)? } else { compare(cli)? };
    if let Some(path) = &cli.output {
        write(path, &json_of(&report)?)?;
    }
    let text = match cli.format {
        Format::Text => report.text(),
        Format::Json => json_of(&report)?,
    };
    print(&text)?;
    Ok(match (report.is_different(), report.is_complete()) {
        (true, _) => ExitCode::from(1),
        (false, true) => ExitCode::SUCCESS,
        (false, false) => ExitCode::from(2),
    })
}

fn compare(cli: &Cli) -> Result<Report, String> {
    let name = settings::node(cli.node.as_deref())?;
    let config = settings::config(&cli.root, &name)?;
    let options = settings::options(cli, &config)?;
    let url = options.base.clone();
    let node = Node::new(name, &cli.root);
    let endpoints = endpoints(cli, &node)?;

    let (time, started) = (now(), Instant::now());
    let api = Api::new(options).map_err(|error| error.to_string())?;
    let version = api.data("/version")?;
    let mut checker = Checker {
        api: &api,
        node: &node,
        is_strict: cli.strict_types,
        is_perl_only: cli.perl_only,
        unreachable: None,
    };
    let mut progress = Progress::new(endpoints.len());
    let checks = endpoints.iter().map(|endpoint| {
        progress.begin(&endpoint.path(&node.name));
        checker.check(endpoint)
    });
    let checks = checks.collect();
    drop(progress);

    let run = Run {
        kind: if cli.perl_only { "perl-only" } else { "api" },
        time,
        duration_ms: started.elapsed().as_millis().try_into().unwrap_or(u64::MAX),
        strict_types: cli.strict_types.into(),
        library: json!({ "version": env!("CARGO_PKG_VERSION") }),
        original: original(&version, &url),
        files: hashes(&node),
        node: node.name,
    };
    Ok(Report { run, checks })
}

fn endpoints(cli: &Cli, node: &Node) -> Result<Vec<Endpoint>, String> {
    if cli.endpoints.is_empty() {
        return Ok(Endpoint::all(node, cli.sdn));
    }
    let parse = |path: &String| {
        Endpoint::parse(path, &node.name).ok_or_else(|| {
            format!("{path:?} is no endpoint of node {} that can be compared", node.name)
        })
    };
    cli.endpoints.iter().map(parse).collect()
}

fn original(version: &Json, url: &str) -> Json {
    json!({ "version": version["version"], "release": version["release"], "url": url })
}

/// The SHA-256 of every file that the answers were made from.
fn hashes(node: &Node) -> BTreeMap<String, String> {
    let hash = |bytes: &[u8]| {
        let digest = digest::digest(&digest::SHA256, bytes);
        digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
    };
    node.files().into_iter().map(|(path, bytes)| (format!("/{path}"), hash(&bytes))).collect()
}

fn json_of(report: &Report) -> Result<String, String> {
    report.json().map_err(|error| format!("cannot write JSON: {error}"))
}

fn now() -> String {
    let time = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    rfc3339(time.as_secs_f64())
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    let base = file::read(path).map_err(|error| error.to_string())?;
    file::replace(path, base.as_deref(), text.as_bytes())
        .map_err(|error| format!("{}: {error}", path.display()))
}

/// Prints to standard output, in colour on a terminal.
fn print(text: &str) -> Result<(), String> {
    let mut stdout = anstream::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        // A reader such as head(1) has seen enough.
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(format!("cannot write the output: {error}"))
        }
        _ => Ok(()),
    }
}
