//! The packages that are installed on a node.

use super::file;
use std::path::Path;

/// Versions of the packages `names` on the node whose root is `root`, in the order of `names`;
/// `None` for one that is not installed.
///
/// # Errors
///
/// If the database of dpkg cannot be read.
pub fn versions<const N: usize>(
    root: &Path,
    names: [&str; N],
) -> super::Result<[Option<String>; N]> {
    let path = root.join("var/lib/dpkg/status");
    let text = file::read(&path)?.unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let mut versions = names.map(|_| None);
    for paragraph in text.split("\n\n") {
        let field = |name: &str| {
            let mut lines = paragraph.lines();
            lines.find_map(|line| {
                Some(line.strip_prefix(name)?.strip_prefix(": ")?.trim().to_string())
            })
        };
        let place = field("Package").and_then(|name| names.iter().position(|one| *one == name));
        let is_installed = || field("Status").is_some_and(|status| status.ends_with(" installed"));
        if let Some(place) = place.filter(|_| is_installed()) {
            versions[place] = field("Version");
        }
    }
    Ok(versions)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_database() {
        let root = tempfile::tempdir().unwrap();
        let names = ["libpve-network-perl", "libpve-common-perl", "ifupdown2"];
        assert_eq!(versions(root.path(), names).unwrap(), [None, None, None]);
        std::fs::create_dir_all(root.path().join("var/lib/dpkg")).unwrap();
        let text = "\
Package: libpve-common-perl\nStatus: install ok installed\nVersion: 9.2.1\nDescription: a
 Version: 0\n\nPackage: ifupdown2\nStatus: deinstall ok config-files\nVersion: 3.3.0\n
Package: libpve-network-perl\nStatus: hold ok installed\nVersion: 1.3.2\n";
        std::fs::write(root.path().join("var/lib/dpkg/status"), text).unwrap();
        let expected = [Some("1.3.2".to_string()), Some("9.2.1".to_string()), None];
        assert_eq!(versions(root.path(), names).unwrap(), expected);
    }
}
