//! What a service tells systemd, see sd_notify(3).

use std::env;
use std::ffi::OsStr;
use std::io;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::Duration;

/// The way to the service manager, if there is one.
pub struct Systemd(Option<(UnixDatagram, SocketAddr)>);

impl Systemd {
    /// The service manager that started this process.
    ///
    /// # Errors
    ///
    /// If its address is none, or no socket can be made.
    pub fn from_env() -> io::Result<Self> {
        Self::at(env::var_os("NOTIFY_SOCKET").as_deref())
    }

    fn at(socket: Option<&OsStr>) -> io::Result<Self> {
        let Some(socket) = socket.filter(|socket| !socket.is_empty()) else {
            return Ok(Systemd(None));
        };
        let address = match socket.as_bytes() {
            // A name that is no file.
            [b'@', name @ ..] => SocketAddr::from_abstract_name(name)?,
            _ => SocketAddr::from_pathname(socket)?,
        };
        let socket = UnixDatagram::unbound()?;
        // A manager that is busy may be waited for, not for ever.
        socket.set_write_timeout(Some(Duration::from_secs(5)))?;
        Ok(Systemd(Some((socket, address))))
    }

    /// Says that the service does its work.
    pub fn ready(&self) {
        self.tell("READY=1");
    }

    /// Says that the service is alive: a watchdog waits for this.
    pub fn alive(&self) {
        self.tell("WATCHDOG=1");
    }

    /// Says what the service does, for `systemctl status`.
    pub fn status(&self, text: &str) {
        self.tell(&format!("STATUS={}", text.replace('\n', " ")));
    }

    fn tell(&self, text: &str) {
        if let Some((socket, address)) = &self.0 {
            // A manager that does not listen is no reason to stop.
            let _ = socket.send_to_addr(text.as_bytes(), address);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hear(socket: &UnixDatagram) -> String {
        let mut buffer = [0; 256];
        let length = loop {
            match socket.recv(&mut buffer) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                length => break length.unwrap(),
            }
        };
        String::from_utf8_lossy(&buffer[..length]).into_owned()
    }

    #[test]
    fn a_manager_hears_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notify");
        let name = format!("@pve-network-rs-{}", std::process::id());
        let named = SocketAddr::from_abstract_name(&name[1..]).unwrap();
        for (address, socket) in [
            (path.as_os_str(), UnixDatagram::bind(&path).unwrap()),
            (name.as_ref(), UnixDatagram::bind_addr(&named).unwrap()),
        ] {
            let systemd = Systemd::at(Some(address)).unwrap();
            systemd.ready();
            systemd.status("a\nb");
            systemd.alive();
            assert_eq!(
                [hear(&socket), hear(&socket), hear(&socket)],
                ["READY=1", "STATUS=a b", "WATCHDOG=1"]
            );
        }
    }

    #[test]
    fn nobody_listens() {
        for address in [None, Some(OsStr::new("")), Some(OsStr::new("/nowhere/notify"))] {
            Systemd::at(address).unwrap().ready();
        }
    }
}
