//! The processes of a node.

use super::file;
use std::path::Path;

/// The process whose number is in the file `path`; `None` if there is no file, or no such process.
pub fn of_pid_file(path: &Path) -> Option<u32> {
    let text = file::read(path).ok()??;
    let pid = std::str::from_utf8(&text).ok()?.trim().parse().ok()?;
    started(pid).map(|_| pid)
}

/// When a process was started, in seconds since 1970; `None` if there is none of that number.
pub fn started(pid: u32) -> Option<u64> {
    let text = |path: &str| file::read(Path::new(path)).ok().flatten().map(String::from_utf8);
    let stat = text(&format!("/proc/{pid}/stat"))?.ok()?;
    // The name before may hold blanks and parentheses; it is the 22nd field, in ticks since boot.
    let ticks: u64 = stat.rsplit_once(')')?.1.split_whitespace().nth(19)?.parse().ok()?;
    let kernel = text("/proc/stat")?.ok()?;
    let boot: u64 = kernel.lines().find_map(|line| line.strip_prefix("btime "))?.parse().ok()?;
    let per_second = nix::unistd::sysconf(nix::unistd::SysconfVar::CLK_TCK).ok()??;
    Some(boot + ticks / u64::try_from(per_second).ok()?.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{SystemTime, UNIX_EPOCH};

    #[test]
    fn this_one() {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        let started = started(std::process::id()).unwrap();
        assert!(started <= now + 2 && started + 86400 > now, "{started} {now}");
    }

    #[test]
    fn pid_files() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pid");
        assert_eq!(of_pid_file(&path), None);
        let own = std::process::id();
        for (text, pid) in
            [(format!("{own}\n"), Some(own)), ("4194305\n".into(), None), ("x".into(), None)]
        {
            std::fs::write(&path, text).unwrap();
            assert_eq!(of_pid_file(&path), pid);
        }
    }
}
