//! `migration-ctl watch`: the service that puts `migration.toml` in force on a node.

use crate::Output;
use crate::api::{Answer, Api};
use crate::ledger::Keeper;
use crate::name::Node;
use crate::recent::Recent;
use crate::report::Failure;
use crate::state::{self, State};
use crate::store::Store;
use clap::Args;
use pve_network_rs::control::{self, Publisher, Settings};
use pve_network_rs::migration::{Config, Migration, Problems, SEAMS};
use pve_network_rs::sys::systemd::Systemd;
use pve_network_rs::sys::{file, log};
use std::io;
use std::thread::sleep;
use std::time::Duration;

/// How often it is looked for changes: those of other nodes are not told.
const TURN: Duration = Duration::from_secs(1);

/// Put migration.toml in force on this node, now and whenever it changes
///
/// This is pve-network-migration.service. It shares the settings with every process through the
/// pages in /run/pve-network-rs, and tells the other nodes of the cluster about this one. Of a file
/// that is not valid nothing is put in force; what was before stays.
#[derive(Args)]
#[command(after_help = "\
Example:
  migration-ctl watch --root /tmp/node --node pve1")]
pub(crate) struct Command {
    #[command(flatten)]
    node: Node,
}

impl Command {
    /// Runs until the process is ended.
    pub(crate) fn run(self, store: &Store) -> Output {
        let node = self.node.or_this(store);
        let pages = store.pages();
        let refused = |error: &io::Error| {
            Failure::Refused(format!("{}: {error}", store.pages().folder().display()))
        };
        // Those who write there say so if they cannot.
        let folder = file::create_shared_folder(&store.mismatches_folder(), control::GROUP);
        let logs = [log::FILE, log::ADDRESSES].map(|name| store.root().join(name));
        let logs = logs.map(|path| file::create_shared_file(&path, control::GROUP));
        for error in [folder].into_iter().chain(logs).filter_map(Result::err) {
            eprintln!("{error}");
        }
        let systemd = Systemd::from_env()
            .map_err(|error| Failure::Refused(format!("NOTIFY_SOCKET: {error}")))?;
        let kept = pages.kept().map_err(|error| refused(&error))?;
        let mut found = look(store);
        let settings = match (&found, kept) {
            (Found::Valid { migration, .. }, _) => migration.of(&node).into(),
            (_, Some(kept)) => kept,
            (_, None) => (&Migration::absent().everywhere).into(),
        };
        let publisher =
            Publisher::start(pages, settings.clone()).map_err(|error| refused(&error))?;
        let mut watch = Watch {
            store,
            systemd,
            publisher,
            settings,
            mark: None,
            config: Config::default(),
            api: Api::default(),
            recent: Recent::read(store),
            keeper: Keeper::default(),
            node,
            status: String::new(),
        };
        watch.systemd.ready();
        loop {
            watch.turn(found);
            sleep(TURN);
            found = look(store);
        }
    }
}

/// What there is of `migration.toml`.
enum Found {
    /// One that can be put in force, or none.
    Valid { migration: Box<Migration>, mark: String },
    /// One that cannot, or nothing that could be read.
    Not(String),
}

fn look(store: &Store) -> Found {
    // Without its file system there is no file, either: that is no wish of anybody. It may come or
    // go while the file is read.
    let is_there = || store.nodes_folder().exists();
    let was_there = is_there();
    let bytes = match store.bytes() {
        Ok(bytes) => bytes,
        Err(error) => return Found::Not(error),
    };
    if bytes.is_none() && !(was_there && is_there()) {
        return Found::Not(format!("{} is not there", store.nodes_folder().display()));
    }
    let name = store.name();
    let text = bytes.as_deref().map(|bytes| Problems::utf8(&name, bytes)).transpose();
    match text.and_then(|text| Migration::parse(&name, text)) {
        Ok(migration) => {
            Found::Valid { migration: migration.into(), mark: state::mark(bytes.as_deref()) }
        }
        Err(problems) => Found::Not(problems.to_string()),
    }
}

struct Watch<'a> {
    store: &'a Store,
    systemd: Systemd,
    publisher: Publisher,
    /// What is in force.
    settings: Settings,
    /// The mark of the file it stems from, once there was one.
    mark: Option<String>,
    /// What it says for this node.
    config: Config,
    api: Api,
    recent: Recent,
    keeper: Keeper,
    node: String,
    /// What systemd was told last.
    status: String,
}

impl Watch<'_> {
    fn turn(&mut self, found: Found) {
        let problem = match found {
            Found::Not(problem) => Some(problem),
            Found::Valid { migration, mark } => {
                self.config = migration.of(&self.node).clone();
                self.settings = (&self.config).into();
                self.mark = Some(mark);
                self.publisher.set(self.settings.clone());
                None
            }
        };
        let tended = self.publisher.tend();
        let counters = self.publisher.counters();
        let noted = self.keeper.tend(self.store, counters, &self.config);
        let api = self.api.tend(self.store.root(), &self.config);
        let state = self.state(problem, api);
        let mut status = vec![format!("phase {}", self.settings.phase)];
        status.extend(state.notes());
        status.extend(tended.err().map(|error| format!("pages: {error}")));
        status.extend(self.recent.tend(self.store, self.publisher.counters()).err());
        status.extend(noted.err().map(|error| format!("evidence: {error}")));
        // Without quorum it is tried again, every turn.
        status.extend(self.tell(&state).err());
        self.say(&status.join("; "));
        self.systemd.alive();
    }

    fn state(&self, problem: Option<String>, perl_api: Option<Answer>) -> State {
        let rows = SEAMS.iter().zip(&self.publisher.counters().rows);
        let open = rows.filter(|(_, row)| row.state() != control::State::Closed);
        State {
            node: self.node.clone(),
            phase: self.settings.phase,
            config: self.mark.clone(),
            problem,
            killed: self.publisher.is_killed(),
            breakers: open.map(|(seam, _)| seam.name.into()).collect(),
            perl_api,
            ready: self.keeper.ready,
            version: env!("CARGO_PKG_VERSION").into(),
            time: state::now(),
        }
    }

    /// Tells the other nodes. A node that is in no cluster has nobody to tell.
    fn tell(&self, state: &State) -> Result<(), String> {
        match self.store.nodes_folder().join(&self.node).exists() {
            true => state.write(self.store),
            false => Ok(()),
        }
    }

    /// Tells systemd and the journal, if it is something new.
    fn say(&mut self, status: &str) {
        if self.status != status {
            eprintln!("{status}");
            self.systemd.status(status);
            self.status = status.into();
        }
    }
}
