//! Whether the Perl API answers, asked now and then without anybody waiting for it.

use pve_network_rs::migration::Config;
use pve_network_rs::sys::http::{Client, Error, Options, Proxy, Trust};
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// Time between two questions.
const TURN: Duration = Duration::from_secs(60);

/// What answers without a ticket: that it is refused is an answer, too.
const PATH: &str = "/api2/json/version";

/// The longest answer to that.
const LIMIT: u64 = 64 << 10;

/// Whether an address answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Answer {
    /// The address, as `migration.toml` has it.
    pub(crate) url: String,
    /// Why it does not; `None` if it does.
    pub(crate) problem: Option<String>,
}

/// Asks in a thread of its own: a server that hangs holds up nothing.
#[derive(Default)]
pub(crate) struct Api {
    asked: Option<Instant>,
    thread: Option<JoinHandle<Answer>>,
    last: Option<Answer>,
}

impl Api {
    /// Asks if it is time to; returns what was answered last. `root` has the certificates.
    pub(crate) fn tend(&mut self, root: &Path, config: &Config) -> Option<Answer> {
        let url = config.perl_api_base_url.as_ref()?;
        if self.thread.as_ref().is_some_and(JoinHandle::is_finished) {
            let answer = self.thread.take().and_then(|thread| thread.join().ok());
            self.last = answer.or(self.last.take());
        }
        let is_of_url = self.last.as_ref().is_some_and(|last| last.url == *url);
        let is_due = !is_of_url || self.asked.is_none_or(|asked| asked.elapsed() >= TURN);
        if is_due && self.thread.is_none() {
            let options = Options {
                base: url.clone(),
                deadline: Duration::from_secs(config.perl_api_timeout.into()),
                limit: LIMIT,
                trust: Trust::of_node(root),
                proxy: Proxy::None,
                headers: Vec::new(),
            };
            self.asked = Some(Instant::now());
            self.thread = thread::Builder::new().spawn(|| ask(options)).ok();
        }
        self.last.clone().filter(|_| is_of_url)
    }
}

fn ask(options: Options) -> Answer {
    let url = options.base.clone();
    let reply = Client::new(options).and_then(|client| client.get(PATH));
    let problem = match reply {
        Ok(reply) if reply.status >= 500 => reply.success().err(),
        reply => reply.err(),
    };
    Answer { url, problem: problem.as_ref().map(Error::to_string) }
}
