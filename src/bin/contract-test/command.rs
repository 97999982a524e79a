//! Commands of other programs, with an end.

use std::io::{Read, Write};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

/// What a command came to.
pub(crate) struct Output {
    /// What it printed.
    pub(crate) stdout: Vec<u8>,
    /// What it complained of.
    pub(crate) stderr: Vec<u8>,
    /// How it ended.
    pub(crate) status: ExitStatus,
}

/// Runs a command that reads `input`, with `variables` in its environment; it is ended when it takes
/// longer than `patience`.
pub(crate) fn output(
    words: &[&str],
    input: &[u8],
    variables: &[(&str, &str)],
    patience: Duration,
) -> Result<Output, String> {
    let name = words.first().copied().unwrap_or_default();
    let failed = |error: std::io::Error| format!("{name} cannot be run: {error}");
    let mut child = Command::new(name)
        .args(words.iter().skip(1))
        .envs(variables.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(failed)?;
    feed(child.stdin.take(), input.to_vec());
    let stdout = collect(child.stdout.take());
    let stderr = collect(child.stderr.take());

    let end = Instant::now() + patience;
    let read = |pipe: mpsc::Receiver<Vec<u8>>| {
        pipe.recv_timeout(end.saturating_duration_since(Instant::now()))
    };
    // A pipe ends with the command, unless that left somebody behind who holds it.
    let (Ok(stdout), Ok(stderr)) = (read(stdout), read(stderr)) else {
        stop(&mut child);
        return Err(format!("{name} did not end within {} s", patience.as_secs()));
    };
    let status = child.wait().map_err(failed)?;
    Ok(Output { stdout, stderr, status })
}

fn feed(pipe: Option<impl Write + Send + 'static>, input: Vec<u8>) {
    // A command that does not read all of it has its reasons.
    thread::spawn(move || pipe.map(|mut pipe| pipe.write_all(&input)));
}

fn collect(pipe: Option<impl Read + Send + 'static>) -> mpsc::Receiver<Vec<u8>> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        // What could be read before an error is all there is.
        let _ = pipe.map(|mut pipe| pipe.read_to_end(&mut bytes));
        let _ = sender.send(bytes);
    });
    receiver
}

fn stop(child: &mut Child) {
    // One that has just ended by itself is as good.
    let _ = child.kill();
    let _ = child.wait();
}
