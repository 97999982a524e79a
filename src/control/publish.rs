//! The side of the pages that the programs have: they make them, publish settings, switch and read.

use super::layout::{Control, Counters};
use super::page::{Access, Foreign, Mapping};
use super::slot::is_alive;
use super::{Settings, clock};
use crate::migration::Breaker;
use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg};
use std::fs::{self, File};
use std::io;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::sync::atomic::fence;
use std::time::{SystemTime, UNIX_EPOCH};

/// The folder of the pages.
#[derive(Debug, Clone)]
pub struct Pages {
    folder: PathBuf,
}

impl Pages {
    /// The pages of the node whose root is `root`.
    pub fn of(root: &Path) -> Self {
        Pages { folder: root.join(super::FOLDER) }
    }

    /// Their folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The counters page, to be read and its breakers to be reset; `None` if there is none of this
    /// version.
    ///
    /// # Errors
    ///
    /// If it may not be opened.
    pub fn counters(&self) -> io::Result<Option<impl Deref<Target = Counters> + use<>>> {
        let page = absent(Mapping::<Counters>::open(&self.folder, Access::Write))?;
        Ok(page.filter(Mapping::is_ours))
    }

    /// The settings in force; `None` if none are published, or nobody keeps them up to date.
    ///
    /// # Errors
    ///
    /// If the page may not be opened.
    pub fn settings(&self) -> io::Result<Option<Settings>> {
        self.read(|page| is_alive(page.head.publisher.load(Relaxed)))
    }

    /// The settings that were published last, by whomever.
    ///
    /// # Errors
    ///
    /// If the page may not be opened.
    pub fn kept(&self) -> io::Result<Option<Settings>> {
        self.read(|_| true)
    }

    fn read(&self, is_wanted: impl Fn(&Control) -> bool) -> io::Result<Option<Settings>> {
        let page = absent(Mapping::<Control>::open(&self.folder, Access::Read))?;
        let page = page.filter(|page| page.is_ours() && is_wanted(page));
        Ok(page.and_then(|page| page.settings()).map(|(_, settings)| settings))
    }

    /// True if the kill switch is on.
    ///
    /// # Errors
    ///
    /// If the page may not be opened.
    pub fn is_killed(&self) -> io::Result<bool> {
        let page = absent(Mapping::<Foreign>::open(&self.folder, Access::Read))?;
        Ok(page
            .is_some_and(|page| page.0.is_of(super::layout::Kind::Control) && page.0.is_killed()))
    }

    /// Turns the kill switch on or off; returns whether it was on.
    ///
    /// # Errors
    ///
    /// If the page cannot be written.
    pub fn kill(&self, is_on: bool) -> io::Result<bool> {
        loop {
            if !is_on && !self.is_killed()? {
                return Ok(false);
            }
            fs::create_dir_all(&self.folder)?;
            let page = self.control()?;
            let was_on = page.head.kill.swap(is_on.into(), Relaxed) != 0;
            // Another process may just have put another page in its place.
            if page.is_in_place(&self.folder) {
                return Ok(was_on);
            }
        }
    }

    /// The control page; made, if there is none that can be used. The kill switch stays as it is.
    fn control(&self) -> io::Result<Mapping<Control>> {
        loop {
            let page = absent(Mapping::<Control>::open(&self.folder, Access::Write))?;
            if let Some(page) = page.filter(Mapping::is_ours) {
                return Ok(page);
            }
            let is_killed = self.is_killed()?;
            let is_new = !self.folder.join("control").exists();
            let prepare = |page: &Control| page.head.kill.store(is_killed.into(), Relaxed);
            match Mapping::create(&self.folder, is_new, prepare) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                page => return page,
            }
        }
    }
}

/// A page that is not there, or is too short to be one, is none.
fn absent<T>(page: io::Result<T>) -> io::Result<Option<T>> {
    use io::ErrorKind::{InvalidData, NotFound};
    match page {
        Err(error) if matches!(error.kind(), NotFound | InvalidData) => Ok(None),
        page => page.map(Some),
    }
}

/// Keeps the pages of a node; there is one at a time.
pub struct Publisher {
    pages: Pages,
    control: Mapping<Control>,
    counters: Mapping<Counters>,
    settings: Settings,
    /// As long as it is locked, there is no other publisher.
    _folder: Flock<File>,
}

impl Publisher {
    /// Takes over the pages of a node, makes those that are missing, and publishes settings.
    ///
    /// # Errors
    ///
    /// If there is another publisher, or the pages cannot be written.
    pub fn start(pages: Pages, settings: Settings) -> io::Result<Self> {
        fs::create_dir_all(&pages.folder)?;
        let folder = File::open(&pages.folder)?;
        let folder = Flock::lock(folder, FlockArg::LockExclusiveNonblock).map_err(
            |(_, errno)| match errno {
                Errno::EWOULDBLOCK => io::Error::other("another process publishes there already"),
                errno => errno.into(),
            },
        )?;
        let control = pages.control()?;
        let counters = counters(&pages)?;
        let publisher = Publisher { pages, control, counters, settings, _folder: folder };
        publisher.publish();
        Ok(publisher)
    }

    /// Publishes other settings; returns whether they differ from the last ones.
    pub fn set(&mut self, settings: Settings) -> bool {
        let differs = self.settings != settings;
        if differs {
            self.settings = settings;
            self.publish();
        }
        differs
    }

    /// Repairs what became of the pages, and looks for processes that died inside of a seam. To be
    /// called about once a second; returns what was repaired.
    ///
    /// # Errors
    ///
    /// If a page that is gone cannot be made again.
    pub fn tend(&mut self) -> io::Result<Vec<&'static str>> {
        let mut repaired = Vec::new();
        let is_killed = self.control.head.is_killed();
        if !self.control.is_in_place(&self.pages.folder) || !self.control.is_ours() {
            fs::create_dir_all(&self.pages.folder)?;
            self.control = self.pages.control()?;
            if is_killed {
                self.control.head.kill.store(1, Relaxed);
            }
            repaired.push("control");
        }
        let is_published = self.control.head.publisher.load(Relaxed) == std::process::id()
            && self.control.settings().is_some_and(|(_, settings)| settings == self.settings);
        if !is_published {
            self.publish();
        }
        if !self.counters.is_in_place(&self.pages.folder) || !self.counters.is_ours() {
            self.counters = counters(&self.pages)?;
            repaired.push("counters");
        }
        let breaker = &self.settings.breaker;
        self.counters.reap(std::process::id(), is_alive, clock::seconds(), breaker);
        Ok(repaired)
    }

    /// What happened on this node.
    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    /// True if the kill switch is on.
    pub fn is_killed(&self) -> bool {
        self.control.head.is_killed()
    }

    /// When a seam is taken out of Rust's hands.
    pub fn breaker(&self) -> &Breaker {
        &self.settings.breaker
    }

    fn publish(&self) {
        self.control.head.publisher.store(std::process::id(), Relaxed);
        self.control.publish(&self.settings);
    }
}

/// The counters page; made, if there is none of this version.
fn counters(pages: &Pages) -> io::Result<Mapping<Counters>> {
    let page = absent(Mapping::<Counters>::open(&pages.folder, Access::Write))?;
    match page.filter(Mapping::is_ours) {
        Some(page) => Ok(page),
        None => Mapping::create(&pages.folder, false, |_: &Counters| {}),
    }
}

impl Control {
    /// Writes settings; one process at a time.
    pub(super) fn publish(&self, settings: &Settings) {
        let words = settings.encode();
        let last = self.generation.load(Relaxed);
        self.generation.store(last | 1, Relaxed);
        fence(Release);
        for (place, word) in self.settings.iter().zip(words) {
            place.store(word, Relaxed);
        }
        self.checksum.store(Settings::checksum(&words), Relaxed);
        // A page that replaces another one goes on with a higher number.
        let time = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let time = u64::try_from(time.as_millis()).unwrap_or_default() << 1;
        self.generation.store(((last | 1) + 1).max(time), Release);
    }

    /// The settings and their number; `None` if there are none, or not all of them are there.
    pub(super) fn settings(&self) -> Option<(u64, Settings)> {
        let generation = self.generation.load(Acquire);
        if generation == 0 || generation & 1 == 1 {
            return None;
        }
        let words = std::array::from_fn(|n| self.settings[n].load(Relaxed));
        let checksum = self.checksum.load(Relaxed);
        fence(Acquire);
        let is_whole =
            self.generation.load(Relaxed) == generation && checksum == Settings::checksum(&words);
        is_whole.then(|| Settings::decode(&words)).flatten().map(|settings| (generation, settings))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::migration::{Config, Phase};

    fn settings(phase: Phase) -> Settings {
        (&Config { phase, ..Config::default() }).into()
    }

    #[test]
    fn settings_are_whole_or_not_there() {
        let folder = tempfile::tempdir().unwrap();
        let page = Mapping::<Control>::create(folder.path(), true, |_| {}).unwrap();
        assert_eq!(page.settings(), None);
        page.publish(&settings(Phase::RustSdn));
        let (first, found) = page.settings().unwrap();
        assert_eq!(found, settings(Phase::RustSdn));
        page.publish(&settings(Phase::RustFull));
        let (second, _) = page.settings().unwrap();
        assert!(second > first && second < 1 << 48, "{first} {second}");

        // A publisher that is killed leaves the number odd, ...
        page.generation.store(second + 1, Relaxed);
        assert_eq!(page.settings(), None);
        // ... and the next one repairs it.
        page.publish(&settings(Phase::RustFull));
        assert!(page.settings().unwrap().0 > second);
        page.settings[0].fetch_xor(1, Relaxed);
        assert_eq!(page.settings(), None, "the check sum is wrong");
    }

    #[test]
    fn the_kill_switch_outlives_pages() {
        let root = tempfile::tempdir().unwrap();
        let pages = Pages::of(root.path());
        assert!(!pages.is_killed().unwrap());
        assert!(!pages.kill(false).unwrap());
        assert!(!pages.folder().exists(), "nothing to turn off");
        assert!(!pages.kill(true).unwrap());
        assert!(pages.kill(true).unwrap());

        let mut publisher = Publisher::start(pages.clone(), settings(Phase::RustFull)).unwrap();
        assert!(publisher.is_killed());
        // The page is removed, spoilt, replaced by one of another version.
        let file = pages.folder().join("control");
        for spoil in [
            |file: &Path| fs::remove_file(file).unwrap(),
            |file: &Path| {
                fs::remove_file(file).unwrap();
                fs::write(file, "short").unwrap();
            },
            |file: &Path| {
                let mut bytes = fs::read(file).unwrap();
                bytes[16] = 99;
                fs::remove_file(file).unwrap();
                fs::write(file, bytes).unwrap();
            },
        ] {
            spoil(&file);
            assert_eq!(publisher.tend().unwrap(), ["control"]);
            assert!(pages.is_killed().unwrap());
            assert_eq!(pages.settings().unwrap(), Some(settings(Phase::RustFull)));
        }
        assert!(pages.kill(false).unwrap());
        assert!(publisher.tend().unwrap().is_empty());
        assert!(!pages.is_killed().unwrap());
    }

    #[test]
    fn there_is_one_publisher() {
        let root = tempfile::tempdir().unwrap();
        let start = || Publisher::start(Pages::of(root.path()), settings(Phase::PerlOnly));
        let first = start().unwrap();
        assert!(start().is_err_and(|error| error.to_string().contains("another process")));
        drop(first);
        start().unwrap();
    }
}
