//! Whom to ask and how: the command line, and migration.toml for what it leaves out.

use crate::Cli;
use pve_network_rs::migration::{Config, Migration, is_node_name};
use pve_network_rs::sys::file;
use pve_network_rs::sys::http::{Options, Secret, Trust};
use serde::Deserialize;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

const MIGRATION: &str = "etc/pve/network/migration.toml";

/// Tickets and tokens are short.
const LONGEST: u64 = 64 << 10;

/// The settings of a node.
pub(crate) fn config(root: &Path, node: &str) -> Result<Config, String> {
    let path = root.join(MIGRATION);
    let text = file::read(&path).map_err(|error| error.to_string())?;
    let text = text.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    let name = path.display().to_string();
    let migration = Migration::parse(&name, text.as_deref()).map_err(|e| e.to_string())?;
    Ok(migration.of(node).clone())
}

/// The name of the node: as told, or that of this machine.
pub(crate) fn node(told: Option<&str>) -> Result<String, String> {
    let name = match told {
        Some(name) => name.to_owned(),
        // Source: PVE::INotify::nodename
        None => {
            let host = nix::sys::utsname::uname().map(|uname| uname.nodename().to_owned());
            let host = host.unwrap_or_default().to_string_lossy().into_owned();
            host.split('.').next().unwrap_or_default().to_owned()
        }
    };
    if is_node_name(&name) {
        return Ok(name);
    }
    Err(format!("{name:?} is not the name of a node; name it with --node"))
}

/// How to talk to the server.
pub(crate) fn options(cli: &Cli, config: &Config) -> Result<Options, String> {
    let url = cli.perl_url.clone().or_else(|| config.perl_api_base_url.clone()).ok_or(
        "it is not known where Perl answers: give --perl-url, or set perl_api_base_url in \
         migration.toml",
    )?;
    let trust = match cli.fingerprint {
        Some(fingerprint) => Trust::Pinned(fingerprint),
        None if cli.insecure => Trust::Anyone,
        None => Trust::of_node(&cli.root),
    };
    let seconds = cli.timeout.unwrap_or(config.perl_api_timeout);
    Ok(Options {
        base: url,
        deadline: Duration::from_secs(seconds.into()),
        trust,
        headers: vec![credentials(cli, config)?],
        ..Options::default()
    })
}

/// The header that says who asks.
fn credentials(cli: &Cli, config: &Config) -> Result<(String, Secret), String> {
    if let Some(path) = &cli.ticket {
        let ticket = ticket(&read(path)?);
        return Ok(("Cookie".into(), format!("PVEAuthCookie={ticket}").into()));
    }
    let configured = || config.perl_api_token_file.as_ref().map(|path| below(&cli.root, path));
    let path = cli.token_file.clone().or_else(configured).ok_or(
        "it is not known who asks: give --token-file or --ticket, or set perl_api_token_file in \
         migration.toml",
    )?;
    let text = read(&path)?;
    let token = text.trim().trim_start_matches("PVEAPIToken=");
    if !is_token(token) {
        let path = path.display();
        return Err(format!("{path}: expected one line, USER@REALM!TOKENID=SECRET"));
    }
    Ok(("Authorization".into(), format!("PVEAPIToken={token}").into()))
}

/// An absolute path as a node sees it, below its root.
fn below(root: &Path, path: &Path) -> PathBuf {
    root.join(path.strip_prefix("/").unwrap_or(path))
}

fn read(path: &Path) -> Result<String, String> {
    let mut text = String::new();
    let result = if path == Path::new("-") {
        io::stdin().take(LONGEST).read_to_string(&mut text).map(drop)
    } else {
        std::fs::File::open(path)
            .and_then(|file| file.take(LONGEST).read_to_string(&mut text))
            .map(drop)
    };
    result.map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(text)
}

/// The ticket in a text: that itself, or what POST /access/ticket answers.
fn ticket(text: &str) -> String {
    #[derive(Deserialize)]
    struct Data {
        ticket: String,
    }
    #[derive(Deserialize)]
    struct Reply {
        data: Data,
    }
    let reply: Result<Reply, _> = serde_json::from_str(text);
    reply.map_or_else(|_| text.trim().to_owned(), |reply| reply.data.ticket)
}

fn is_token(token: &str) -> bool {
    let Some((id, secret)) = token.split_once('=') else {
        return false;
    };
    let has_parts =
        id.split_once('!').is_some_and(|(user, name)| user.contains('@') && !name.is_empty());
    has_parts && !secret.is_empty() && token.chars().all(|c| c.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens() {
        for (token, expected) in [
            ("root@pam!contract=01234567-89ab-cdef-0123-456789abcdef", true),
            ("root@pam=x", false),
            ("root!contract=x", false),
            ("root@pam!=x", false),
            ("root@pam!contract=", false),
            ("root@pam!contract=x\nroot@pam!other=y", false),
            ("", false),
        ] {
            assert_eq!(is_token(token), expected, "{token}");
        }
    }

    #[test]
    fn tickets() {
        let reply = r#"{"data":{"username":"root@pam","ticket":"PVE:root@pam:x"}}"#;
        assert_eq!(ticket(reply), "PVE:root@pam:x");
        assert_eq!(ticket("PVE:root@pam:x\n"), "PVE:root@pam:x");
    }
}
