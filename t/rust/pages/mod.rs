//! A node's shared pages, and other processes that use them: the test program, run again.
#![allow(clippy::unwrap_used)] // a test that cannot go on fails

use pve_network_rs::control::{self, Ended, Outcome, Pages, Publisher, Reason, Row, Settings};
use pve_network_rs::migration::{Engine, Migration, Phase};
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};
use std::{env, fs};
use tempfile::TempDir;

pub(crate) const SEAM: usize = 0;

/// A node with nothing on it.
pub(crate) fn node() -> (TempDir, Pages) {
    let root = tempfile::tempdir().unwrap();
    // Processes of another user have to get in.
    fs::set_permissions(root.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let pages = Pages::of(root.path());
    (root, pages)
}

pub(crate) fn settings(text: &str) -> Settings {
    (&Migration::parse("migration.toml", Some(text)).unwrap().everywhere).into()
}

pub(crate) fn start(pages: &Pages, text: &str) -> Publisher {
    Publisher::start(pages.clone(), settings(text)).unwrap()
}

pub(crate) fn open(folder: &Path) {
    control::open(Some(folder.into()));
}

/// Looks at the pages anew, which a process does by itself once a second.
pub(crate) fn engine(pages: &Pages) -> Option<(Engine, Option<Reason>)> {
    open(pages.folder());
    control::begin(SEAM).map(|verdict| (verdict.engine, verdict.reason))
}

pub(crate) fn ended(engine: Engine, outcome: Outcome, reason: Option<Reason>) -> Ended<'static> {
    Ended { engine, outcome, reason, rust: None, original: None, detail: None }
}

pub(crate) fn row(publisher: &Publisher) -> &Row {
    &publisher.counters().rows[SEAM]
}

pub(crate) fn calls(publisher: &Publisher) -> u64 {
    row(publisher).calls.iter().flatten().map(|count| count.load(Relaxed)).sum()
}

/// Another process, which does as `job` says.
pub(crate) struct Worker(Child);

impl Worker {
    pub(crate) fn start(pages: &Pages, job: &str, user: Option<u32>) -> Self {
        let mut command = Command::new(env::current_exe().unwrap());
        command.args(["--exact", "worker", "--nocapture"]).env("JOB", job);
        command.env("FOLDER", pages.folder()).stdin(Stdio::piped()).stdout(Stdio::piped());
        if let Some(user) = user {
            command.uid(user).gid(user);
        }
        Worker(command.spawn().unwrap())
    }

    /// The next line that it says.
    pub(crate) fn hear(&mut self) -> String {
        let mut reader = BufReader::with_capacity(1, self.0.stdout.as_mut().unwrap());
        loop {
            let mut line = String::new();
            assert_ne!(reader.read_line(&mut line).unwrap(), 0, "it ended");
            // The harness says something, too.
            if let Some(word) = line.trim().strip_prefix("worker: ") {
                return word.into();
            }
        }
    }

    pub(crate) fn end(mut self) -> bool {
        drop(self.0.stdin.take());
        let mut rest = String::new();
        self.0.stdout.take().unwrap().read_to_string(&mut rest).unwrap();
        self.0.wait().unwrap().success()
    }

    pub(crate) fn kill(mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

/// What another process does; nothing, where it is run as a test.
pub(crate) fn work() {
    let Ok(job) = env::var("JOB") else { return };
    let say = |word: &str| {
        println!("worker: {word}");
        std::io::stdout().flush().unwrap();
    };
    open(Path::new(&env::var_os("FOLDER").unwrap()));
    match job.as_str() {
        "count 10000" => {
            for _ in 0..10_000 {
                assert_eq!(control::begin(SEAM).unwrap().engine, Engine::Perl);
            }
        }
        "count" => loop {
            control::begin(SEAM);
            say("counted");
        },
        "engine" => {
            let verdict = control::begin(SEAM);
            say(&format!("{:?}", verdict.map(|verdict| verdict.engine)));
            let _ = std::io::stdin().read(&mut [0]);
        }
        "die inside" => {
            control::begin(SEAM);
            control::enter(SEAM);
            let _mark = control::inside();
            std::process::abort();
        }
        "wait inside" => {
            control::begin(SEAM);
            control::enter(SEAM);
            let _mark = control::inside();
            say("inside");
            let _ = std::io::stdin().read(&mut [0]);
        }
        "fork" => {
            control::begin(SEAM);
            control::enter(SEAM);
            drop(control::inside());
            // SAFETY: the child does nothing but what follows.
            #[allow(unsafe_code)]
            let child = unsafe { nix::libc::fork() };
            if child == 0 {
                control::enter(SEAM);
                let _mark = control::inside();
                std::process::abort();
            }
            control::enter(SEAM);
            let _mark = control::inside();
            // SAFETY: it is our child.
            #[allow(unsafe_code)]
            unsafe {
                nix::libc::waitpid(child, std::ptr::null_mut(), 0)
            };
            say("forked");
            let _ = std::io::stdin().read(&mut [0]);
        }
        "read settings" => {
            let until = Instant::now() + Duration::from_secs(2);
            let mut seen = 0;
            while Instant::now() < until {
                control::begin(SEAM);
                // None, as long as every look so far fell into the middle of a change.
                let Some((_, settings)) = control::settings() else { continue };
                seen += 1;
                // Either of what is published, never a mix.
                let is_full = settings.phase == Phase::RustFull;
                assert_eq!(settings.breaker.errors, if is_full { 7 } else { 3 });
                assert_eq!(settings.sample, if is_full { 0.5 } else { 0.0 });
            }
            assert!(seen > 100, "{seen}");
        }
        job => panic!("{job}"),
    }
}
