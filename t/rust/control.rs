//! The shared pages, by several processes: this program runs itself again as one of them.
#![allow(clippy::unwrap_used)]

mod pages;

use pages::{SEAM, Worker, calls, ended, engine, node, open, row, settings, start};
use pve_network_rs::control::{self, Outcome, Publisher, Reason, Settings, State};
use pve_network_rs::ffi;
use pve_network_rs::migration::{Breaker, Config, Engine, Phase, SEAMS};
use std::ffi::CString;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;
use std::sync::atomic::Ordering::Relaxed;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Where another process of the tests starts.
#[test]
fn worker() {
    pages::work();
}

#[test]
fn without_pages_nothing_is_told() {
    let (_root, pages) = node();
    assert_eq!(engine(&pages), None);
    control::open(None);
    assert_eq!(control::begin(SEAM), None);
    control::end(SEAM, &ended(Engine::Rust, Outcome::Value, None));
}

#[test]
fn settings_reach_a_process_that_runs() {
    let (_root, pages) = node();
    let mut publisher = start(&pages, "phase = 'perl-only'\nshadow.sample = 0");
    assert_eq!(engine(&pages), Some((Engine::Perl, None)));
    let mut last = 0;
    for (phase, engine) in
        [("rust-read-only", Engine::Rust), ("perl-only", Engine::Perl), ("rust-full", Engine::Rust)]
    {
        publisher.set(settings(&format!("phase = '{phase}'\nshadow.sample = 0")));
        let verdict = control::begin(SEAM).unwrap();
        assert_eq!(verdict.engine, engine, "{phase}");
        assert!(verdict.generation > last);
        last = verdict.generation;
        assert_eq!(control::settings().unwrap().0, last);
    }
    assert_eq!(control::begin(SEAMS.len()), None, "there is no such seam");
}

#[test]
fn the_kill_switch_holds_whatever_else() {
    let (_root, pages) = node();
    pages.kill(true).unwrap();
    assert_eq!(engine(&pages), Some((Engine::Perl, None)), "without a publisher");
    pages.kill(false).unwrap();
    assert_eq!(control::begin(SEAM), None, "then nothing is told");

    let publisher = start(&pages, "phase = 'rust-full'");
    assert_eq!(engine(&pages), Some((Engine::Rust, None)));
    pages.kill(true).unwrap();
    let verdict = control::begin(SEAM).unwrap();
    assert_eq!((verdict.engine, verdict.reason), (Engine::Rust, Some(Reason::KillSwitch)));
    drop(publisher);

    // A page of another version of the library: all that is known of it is the switch.
    let file = pages.folder().join("control");
    let mut bytes = fs::read(&file).unwrap();
    bytes[16] = 99;
    fs::remove_file(&file).unwrap();
    fs::write(&file, &bytes).unwrap();
    assert_eq!(engine(&pages), Some((Engine::Perl, None)));
    bytes[8] = 0;
    fs::write(&file, &bytes).unwrap();
    assert_eq!(engine(&pages), None);
}

#[test]
fn pages_that_cannot_be_used() {
    let (_root, pages) = node();
    let good = {
        let _publisher = start(&pages, "phase = 'rust-full'");
        fs::read(pages.folder().join("control")).unwrap()
    };
    let at = |n: usize, value: u8| {
        let mut bytes = good.clone();
        bytes[n] = value;
        bytes
    };
    for (what, bytes) in [
        ("empty", vec![]),
        ("short", good[..good.len() - 1].to_vec()),
        ("a head alone", good[..40].to_vec()),
        ("zero", vec![0; good.len()]),
        ("another magic", at(0, b'x')),
        ("another layout", at(16, 99)),
        ("another size", at(20, 1)),
        ("another table of seams", at(24, good[24] ^ 1)),
        ("a wrong check sum", at(32, good[32] ^ 1)),
        ("half written", at(40, good[40] | 1)),
        ("spoilt settings", at(56, good[56] ^ 1)),
        ("of a publisher that is gone", at(15, 0x7f)),
    ] {
        fs::remove_file(pages.folder().join("control")).unwrap();
        fs::write(pages.folder().join("control"), bytes).unwrap();
        assert_eq!(engine(&pages), None, "{what}");
    }
    // The counters are no worse: then nothing is counted, and what is told is the same.
    for bytes in [&b"short"[..], &[0; 1 << 20]] {
        fs::remove_file(pages.folder().join("control")).unwrap();
        let publisher = start(&pages, "phase = 'rust-full'");
        fs::remove_file(pages.folder().join("counters")).unwrap();
        fs::write(pages.folder().join("counters"), bytes).unwrap();
        assert_eq!(engine(&pages), Some((Engine::Rust, None)));
        control::end(SEAM, &ended(Engine::Rust, Outcome::Value, None));
        assert_eq!(fs::read(pages.folder().join("counters")).unwrap(), bytes);
        drop(publisher);
    }
    // No files at all: a pipe waits for nobody, a link is not followed.
    for name in ["control", "counters"] {
        let path = pages.folder().join(name);
        fs::remove_file(&path).unwrap();
        nix::unistd::mkfifo(&path, nix::sys::stat::Mode::S_IRWXU).unwrap();
        assert_eq!(engine(&pages), None);
        fs::remove_file(&path).unwrap();
        std::os::unix::fs::symlink("/dev/zero", &path).unwrap();
        assert_eq!(engine(&pages), None);
    }
}

#[test]
fn pages_that_are_replaced_are_noticed() {
    let (_root, pages) = node();
    let mut publisher = start(&pages, "phase = 'rust-full'");
    assert_eq!(engine(&pages), Some((Engine::Rust, None)));
    let within = |what: &str, wanted: Option<Engine>| {
        let until = Instant::now() + Duration::from_millis(2500);
        while control::begin(SEAM).map(|verdict| verdict.engine) != wanted {
            assert!(Instant::now() < until, "{what}");
            sleep(Duration::from_millis(20));
        }
    };
    fs::remove_file(pages.folder().join("control")).unwrap();
    within("removed", None);
    assert_eq!(publisher.tend().unwrap(), ["control"]);
    within("made again", Some(Engine::Rust));

    fs::remove_file(pages.folder().join("counters")).unwrap();
    assert_eq!(publisher.tend().unwrap(), ["counters"]);
    let until = Instant::now() + Duration::from_millis(2500);
    while calls(&publisher) == 0 {
        assert!(Instant::now() < until, "counted in the new page");
        control::begin(SEAM);
        control::end(SEAM, &ended(Engine::Rust, Outcome::Value, None));
    }
    fs::remove_dir_all(pages.folder()).unwrap();
    assert_eq!(publisher.tend().unwrap(), ["control", "counters"]);
    drop(publisher);
    within("its publisher is this process", Some(Engine::Rust));
}

#[test]
fn a_publisher_that_is_killed_is_noticed() {
    let (_root, pages) = node();
    drop(start(&pages, "phase = 'rust-full'"));
    let mut other = Command::new("sleep").arg("600").spawn().unwrap();
    let file = pages.folder().join("control");
    let mut bytes = fs::read(&file).unwrap();
    bytes[12..16].copy_from_slice(&other.id().to_le_bytes());
    fs::write(&file, bytes).unwrap();
    assert_eq!(engine(&pages), Some((Engine::Rust, None)));
    other.kill().unwrap();
    other.wait().unwrap();
    let until = Instant::now() + Duration::from_millis(2500);
    while control::begin(SEAM).is_some() {
        assert!(Instant::now() < until);
        sleep(Duration::from_millis(20));
    }
}

#[test]
fn no_count_of_many_processes_is_lost() {
    let (_root, pages) = node();
    let publisher = start(&pages, "phase = 'perl-only'\nshadow.sample = 0");
    let workers: Vec<_> = (0..8).map(|_| Worker::start(&pages, "count 10000", None)).collect();
    assert!(workers.into_iter().all(Worker::end));
    assert_eq!(calls(&publisher), 80_000);
}

#[test]
fn no_count_of_a_process_that_is_killed_is_lost() {
    let (_root, pages) = node();
    let publisher = start(&pages, "phase = 'perl-only'\nshadow.sample = 0");
    let mut heard = 0;
    for n in 0..10 {
        let mut worker = Worker::start(&pages, "count", None);
        for _ in 0..=10 * n {
            assert_eq!(worker.hear(), "counted");
            heard += 1;
        }
        worker.kill();
    }
    // What it said last may not have been heard.
    assert!(calls(&publisher) >= heard, "{} < {heard}", calls(&publisher));
}

#[test]
fn settings_are_never_seen_in_parts() {
    let (_root, pages) = node();
    let both = [
        settings("phase = 'perl-only'\nshadow.sample = 0"),
        settings("phase = 'rust-full'\nshadow.sample = 0.5\nbreaker.errors = 7"),
    ];
    let mut publisher = Publisher::start(pages.clone(), both[0].clone()).unwrap();
    let worker = Worker::start(&pages, "read settings", None);
    let until = Instant::now() + Duration::from_secs(3);
    let mut published = 0;
    while Instant::now() < until {
        for settings in &both {
            publisher.set(settings.clone());
            published += 1;
        }
    }
    assert!(worker.end());
    assert!(published > 1000, "{published}");
}

#[test]
fn who_may_not_count_is_told_all_the_same() {
    if !nix::unistd::geteuid().is_root() {
        eprintln!("skipped: only root can run processes of other users");
        return;
    }
    let (_root, pages) = node();
    let publisher = start(&pages, "phase = 'perl-only'\nshadow.sample = 0");
    let group = nix::unistd::Group::from_name("www-data").unwrap();
    let counted = |user| {
        let before = calls(&publisher);
        let mut worker = Worker::start(&pages, "engine", Some(user));
        assert_eq!(worker.hear(), "Some(Perl)", "{user}");
        assert!(worker.end());
        calls(&publisher) - before
    };
    assert_eq!(counted(65534), 0, "nobody");
    if let Some(group) = group {
        assert_eq!(counted(group.gid.as_raw()), 1, "www-data");
    }
    let mode = |name| fs::metadata(pages.folder().join(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!([mode("control"), mode("counters")], [0o644, 0o660]);
}

#[test]
fn a_seam_that_kills_processes_is_left_to_perl() {
    let (_root, pages) = node();
    let mut publisher = start(&pages, "phase = 'rust-full'");
    for deaths in 1..=2 {
        assert_eq!(engine(&pages), Some((Engine::Rust, None)), "{deaths}");
        assert!(!Worker::start(&pages, "die inside", None).end());
        publisher.tend().unwrap();
        assert_eq!(row(&publisher).deaths.load(Relaxed), deaths);
    }
    assert_eq!(engine(&pages), Some((Engine::Rust, Some(Reason::Breaker))));
}

#[test]
fn a_process_that_ends_elsewhere_is_no_death() {
    let (_root, pages) = node();
    let mut publisher = start(&pages, "phase = 'rust-full'");
    let mut worker = Worker::start(&pages, "wait inside", None);
    assert_eq!(worker.hear(), "inside");
    publisher.tend().unwrap();
    assert_eq!(row(&publisher).deaths.load(Relaxed), 0, "it lives");
    assert!(worker.end());
    publisher.tend().unwrap();
    assert_eq!(row(&publisher).deaths.load(Relaxed), 0, "it was outside again");

    // The child of a process has a slot of its own.
    let mut worker = Worker::start(&pages, "fork", None);
    assert_eq!(worker.hear(), "forked");
    publisher.tend().unwrap();
    assert_eq!(row(&publisher).deaths.load(Relaxed), 1, "the child");
    worker.kill();
    publisher.tend().unwrap();
    assert_eq!(row(&publisher).deaths.load(Relaxed), 2, "the parent");
}

#[test]
fn a_breaker_opens_is_tried_and_closes() {
    let (_root, pages) = node();
    let publisher = start(&pages, "phase = 'rust-full'\nbreaker.cooldown_seconds = 1");
    assert_eq!(engine(&pages), Some((Engine::Rust, None)));
    control::end(SEAM, &ended(Engine::Rust, Outcome::Perl, Some(Reason::Panic)));
    let verdict = control::begin(SEAM).unwrap();
    assert_eq!((verdict.engine, verdict.reason), (Engine::Rust, Some(Reason::Breaker)));
    sleep(Duration::from_millis(1100));
    for _ in 0..control::breaker::CLEAN {
        let verdict = control::begin(SEAM).unwrap();
        assert_eq!((verdict.engine, verdict.reason), (Engine::Shadow, None), "half-open");
        control::end(SEAM, &ended(Engine::Shadow, Outcome::Same, None));
    }
    assert_eq!(row(&publisher).state(), State::Closed);
    let verdict = control::begin(SEAM).unwrap();
    assert_eq!((verdict.engine, verdict.reason), (Engine::Rust, None));
}

#[test]
fn without_a_fall_back_a_breaker_hides_nothing() {
    let (_root, pages) = node();
    let _publisher = start(&pages, "phase = 'rust-full'\nfallback_enabled = false");
    for _ in 0..3 {
        assert_eq!(engine(&pages), Some((Engine::Rust, None)));
        control::end(SEAM, &ended(Engine::Rust, Outcome::Error, Some(Reason::Panic)));
    }
}

#[test]
fn a_share_of_what_perl_answers_is_sampled() {
    let (_root, pages) = node();
    let _publisher = start(&pages, "phase = 'perl-only'\nshadow.sample = 0.1");
    open(pages.folder());
    let sampled = (0..1000).filter(|_| control::begin(SEAM).unwrap().engine == Engine::Shadow);
    assert!(sampled.count().abs_diff(100) <= 1);
    pages.kill(true).unwrap();
    let killed = (0..100).filter(|_| control::begin(SEAM).unwrap().engine != Engine::Perl);
    assert_eq!(killed.count(), 0);
}

/// The same through the C ABI, as Perl does it.
#[test]
#[allow(unsafe_code)]
fn bits() {
    let (_root, pages) = node();
    let mut publisher = start(&pages, "phase = 'perl-only'\nshadow.sample = 0");
    let folder = CString::new(pages.folder().as_os_str().as_bytes()).unwrap();
    let (name, detail) = (CString::new(SEAMS[SEAM].name).unwrap(), c"it broke");
    unsafe { ffi::pve_network_control_open(folder.as_ptr()) };
    let seam = unsafe { ffi::pve_network_control_seam(name.as_ptr()) };
    assert_eq!(seam as usize, SEAM);
    for name in [std::ptr::null(), c"".as_ptr(), c"interfaces".as_ptr(), c"\xff".as_ptr()] {
        assert_eq!(unsafe { ffi::pve_network_control_seam(name) }, u32::MAX);
    }
    assert_eq!(ffi::pve_network_control_begin(u32::MAX), 0);
    assert_eq!(ffi::pve_network_control_begin(seam), 1);

    publisher.set(settings("phase = 'rust-full'\nlog_migration_decisions = true"));
    let bits = ffi::pve_network_control_begin(seam);
    assert_eq!(bits & ffi::PVE_NETWORK_CONTROL_ENGINE, 3);
    assert_eq!(bits & ffi::PVE_NETWORK_CONTROL_REASON, 0);
    assert_ne!(bits & ffi::PVE_NETWORK_CONTROL_LOGGED, 0);

    let request =
        |generation: u64| CString::new(format!(r#"{{"generation":{generation}}}"#)).unwrap();
    let ask = |generation| {
        let mut reply = std::ptr::null_mut();
        unsafe {
            ffi::pve_network_control_settings(request(generation).as_ptr(), &mut reply);
            let text = std::ffi::CStr::from_ptr(reply).to_str().unwrap().to_owned();
            ffi::pve_network_string_free(reply);
            serde_json::from_str::<serde_json::Value>(&text).unwrap()
        }
    };
    let generation = bits >> ffi::PVE_NETWORK_CONTROL_GENERATION;
    assert_eq!(ask(generation)["value"]["phase"], "rust-full");
    assert_eq!(ask(generation + 2)["error"]["kind"], "unsupported");

    let end = |engine, outcome, reason| unsafe {
        ffi::pve_network_control_end(seam, engine, outcome, reason, 5000, 0, detail.as_ptr());
    };
    for (engine, outcome, reason) in [(0, 0, 0), (4, 0, 0), (3, 6, 0), (3, 0, 9)] {
        end(engine, outcome, reason);
        assert_eq!(row(&publisher).rust.count(), 0, "numbers without a meaning");
    }
    end(3, 2, 1);
    let (_, reason, text) = row(&publisher).last_error.get().unwrap();
    assert_eq!((reason, text.as_str()), (Reason::Panic, "it broke"));
    assert_eq!(row(&publisher).fallbacks[0].load(Relaxed), 1);
    assert_eq!((row(&publisher).rust.count(), row(&publisher).original.count()), (1, 0));
    let bits = ffi::pve_network_control_begin(seam);
    assert_eq!((bits & ffi::PVE_NETWORK_CONTROL_REASON) >> 2, 4, "the breaker is open");

    ffi::pve_network_control_enter(u32::MAX);
    unsafe { ffi::pve_network_control_open(std::ptr::null()) };
    assert_eq!(ffi::pve_network_control_begin(seam), 0);
}

#[test]
fn settings_of_a_node_are_those_of_its_config() {
    let config = Config { phase: Phase::RustBasicWrite, ..Config::default() };
    let settings = Settings::from(&config);
    assert_eq!(settings.breaker, Breaker::default());
    for (seam, rule) in SEAMS.iter().zip(settings.seams) {
        assert_eq!(rule.engine == Engine::Rust, seam.phase <= Phase::RustBasicWrite);
        let is_limited = rule.engine == Engine::Rust
            && seam.limited_until.is_some_and(|until| config.phase < until);
        assert_eq!(rule.kinds(seam).is_empty(), !is_limited, "{}", seam.name);
    }
}
