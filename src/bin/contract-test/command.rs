//! Commands of other programs, with an end.

use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

/// What a command prints, however it ends; it is ended when it takes longer than `patience`.
pub(crate) fn output(words: &[&str], patience: Duration) -> Result<Vec<u8>, String> {
    let name = words.first().copied().unwrap_or_default();
    let failed = |error: std::io::Error| format!("{name} cannot be run: {error}");
    let mut child = Command::new(name)
        .args(words.iter().skip(1))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(failed)?;
    let stdout = collect(child.stdout.take());

    let end = Instant::now() + patience;
    // A pipe ends with the command, unless that left somebody behind who holds it.
    let Ok(stdout) = stdout.recv_timeout(end.saturating_duration_since(Instant::now())) else {
        stop(&mut child);
        return Err(format!("{name} did not end within {} s", patience.as_secs()));
    };
    child.wait().map_err(failed)?;
    Ok(stdout)
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
