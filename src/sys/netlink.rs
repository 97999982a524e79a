//! rtnetlink: asks the kernel for a table, and takes its messages apart.

use nix::libc;
use nix::sys::socket::{
    AddressFamily, MsgFlags, NetlinkAddr, SockFlag, SockProtocol, SockType, recv, sendto, socket,
};
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};

/// `struct nlmsghdr`: length, type, flags, sequence number, port.
const HEADER: usize = 16;
/// `struct nlattr`: length, type.
const ATTRIBUTE_HEADER: usize = 4;
/// The bits of an attribute's type that are not flags.
const TYPE_MASK: u16 = 0x3fff;
/// How often a table that changes while it is read is read anew.
const ATTEMPTS: usize = 5;

/// A socket of the rtnetlink family; needs no privilege.
pub(super) struct Socket {
    fd: OwnedFd,
    sequence: u32,
}

impl Socket {
    /// Opens one.
    ///
    /// # Errors
    ///
    /// What the kernel says.
    pub(super) fn open() -> io::Result<Self> {
        let fd = socket(
            AddressFamily::Netlink,
            SockType::Raw,
            SockFlag::SOCK_CLOEXEC,
            SockProtocol::NetlinkRoute,
        )?;
        Ok(Socket { fd, sequence: 0 })
    }

    /// Reads the table that `request` (`RTM_GET…` and its fixed header) asks for.
    ///
    /// `read` sees each message's payload; what it makes of them is returned, in the kernel's order.
    ///
    /// # Errors
    ///
    /// What the kernel says; [`io::ErrorKind::InvalidData`] if it cannot be understood;
    /// [`io::ErrorKind::Interrupted`] if the table kept changing while it was read.
    pub(super) fn dump<T>(
        &mut self,
        request: (u16, &[u8]),
        read: impl Fn(&[u8]) -> Option<T>,
    ) -> io::Result<Vec<T>> {
        for _ in 0..ATTEMPTS {
            self.sequence += 1;
            let question = question(request, libc::NLM_F_DUMP, self.sequence);
            sendto(self.fd.as_raw_fd(), &question, &NetlinkAddr::new(0, 0), MsgFlags::empty())?;
            if let Some(rows) = self.answer(&read)? {
                return Ok(rows);
            }
        }
        Err(io::Error::new(io::ErrorKind::Interrupted, "the network changes all the time"))
    }

    /// Asks for one thing (`RTM_GET…`, its header and attributes); `read` sees the payload.
    ///
    /// # Errors
    ///
    /// As for [`Socket::dump`].
    pub(super) fn get<T>(
        &mut self,
        request: (u16, &[u8]),
        read: impl Fn(&[u8]) -> Option<T>,
    ) -> io::Result<T> {
        self.sequence += 1;
        let question = question(request, 0, self.sequence);
        sendto(self.fd.as_raw_fd(), &question, &NetlinkAddr::new(0, 0), MsgFlags::empty())?;
        let mut datagram = Vec::new();
        loop {
            self.receive(&mut datagram)?;
            for message in messages(&datagram) {
                let message = message?;
                if message.sequence != self.sequence {
                    continue;
                }
                return match i32::from(message.kind) {
                    libc::NLMSG_ERROR => Err(refusal(message.payload)),
                    _ => read(message.payload).ok_or_else(|| invalid("an answer was cut off")),
                };
            }
        }
    }

    /// The rows of one answer; `None` if the table changed meanwhile.
    fn answer<T>(&self, read: impl Fn(&[u8]) -> Option<T>) -> io::Result<Option<Vec<T>>> {
        let mut rows = Vec::new();
        let mut datagram = Vec::new();
        let mut is_consistent = true;
        loop {
            self.receive(&mut datagram)?;
            for message in messages(&datagram) {
                let message = message?;
                if message.sequence != self.sequence {
                    continue; // the rest of an answer that was given up
                }
                is_consistent &= i32::from(message.flags) & libc::NLM_F_DUMP_INTR == 0;
                match i32::from(message.kind) {
                    libc::NLMSG_DONE => return Ok(is_consistent.then_some(rows)),
                    libc::NLMSG_ERROR => return Err(refusal(message.payload)),
                    _ => rows.extend(read(message.payload)),
                }
            }
        }
    }

    /// Receives one datagram, however long it is.
    fn receive(&self, datagram: &mut Vec<u8>) -> io::Result<()> {
        let fd = self.fd.as_raw_fd();
        // With MSG_TRUNC the length is that of the datagram, not of the buffer.
        let length = recv(fd, &mut [], MsgFlags::MSG_PEEK | MsgFlags::MSG_TRUNC)?;
        datagram.resize(length, 0);
        let length = recv(fd, datagram, MsgFlags::empty())?;
        datagram.truncate(length);
        Ok(())
    }
}

/// The bytes of a request, with flags of its own.
fn question((kind, body): (u16, &[u8]), flags: i32, sequence: u32) -> Vec<u8> {
    let flags = (libc::NLM_F_REQUEST | flags) as u16;
    let length = (HEADER + body.len()) as u32;
    let mut bytes = Vec::with_capacity(HEADER + body.len());
    bytes.extend(length.to_ne_bytes());
    bytes.extend(kind.to_ne_bytes());
    bytes.extend(flags.to_ne_bytes());
    bytes.extend(sequence.to_ne_bytes());
    bytes.extend([0; 4]); // the kernel knows our port
    bytes.extend(body);
    bytes
}

/// The error of an `NLMSG_ERROR`: its payload starts with a negative errno.
fn refusal(payload: &[u8]) -> io::Error {
    match u32_at(payload, 0).map(|code| code as i32) {
        Some(code) if code < 0 => io::Error::from_raw_os_error(-code),
        _ => invalid("an error without a code"),
    }
}

fn invalid(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("netlink: {what}"))
}

/// One message of a datagram.
pub(super) struct Message<'a> {
    kind: u16,
    flags: u16,
    sequence: u32,
    /// What follows the header.
    pub(super) payload: &'a [u8],
}

/// The messages of a datagram.
pub(super) fn messages(mut bytes: &[u8]) -> impl Iterator<Item = io::Result<Message<'_>>> {
    std::iter::from_fn(move || {
        if bytes.is_empty() {
            return None;
        }
        let message = first_message(bytes);
        bytes = match &message {
            Ok((_, length)) => bytes.get(aligned(*length)..).unwrap_or_default(),
            Err(_) => &[],
        };
        Some(message.map(|(message, _)| message))
    })
}

fn first_message(bytes: &[u8]) -> io::Result<(Message<'_>, usize)> {
    let length = u32_at(bytes, 0).ok_or_else(|| invalid("a message without a header"))? as usize;
    let payload = bytes.get(HEADER..length).ok_or_else(|| invalid("a message was cut off"))?;
    let message = Message {
        kind: u16_at(bytes, 4).unwrap_or_default(),
        flags: u16_at(bytes, 6).unwrap_or_default(),
        sequence: u32_at(bytes, 8).unwrap_or_default(),
        payload,
    };
    Ok((message, length))
}

/// The attributes in `bytes`, as type and value; ends at the first that is cut off.
pub(super) fn attributes(mut bytes: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    std::iter::from_fn(move || {
        let length = usize::from(u16_at(bytes, 0)?);
        let kind = u16_at(bytes, 2)? & TYPE_MASK;
        let value = bytes.get(ATTRIBUTE_HEADER..length)?;
        bytes = bytes.get(aligned(length)..).unwrap_or_default();
        Some((kind, value))
    })
}

/// Headers start at multiples of four.
pub(super) fn aligned(length: usize) -> usize {
    length.next_multiple_of(4)
}

/// The number at `at`, in the byte order of the machine.
pub(super) fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    let bytes = bytes.get(at..)?.first_chunk()?;
    Some(u32::from_ne_bytes(*bytes))
}

/// The number at `at`, in the byte order of the machine.
pub(super) fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    let bytes = bytes.get(at..)?.first_chunk()?;
    Some(u16::from_ne_bytes(*bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_a_question_apart() {
        let bytes = question((libc::RTM_GETLINK, &[7; 6]), libc::NLM_F_DUMP, 3);
        let messages: Vec<_> = messages(&bytes).map(Result::unwrap).collect();
        assert_eq!(messages.len(), 1);
        assert_eq!((messages[0].kind, messages[0].sequence), (libc::RTM_GETLINK, 3));
        assert_eq!(messages[0].payload, [7; 6]);
    }

    #[test]
    fn refuses_what_is_cut_off() {
        let whole = question((libc::RTM_GETLINK, &[0; 16]), libc::NLM_F_DUMP, 1);
        for length in 1..whole.len() {
            let messages: Vec<_> = messages(&whole[..length]).collect();
            assert_eq!(messages.len(), 1, "{length}");
            assert!(messages[0].is_err(), "{length}");
        }
        let too_short = [8u32.to_ne_bytes(), [0; 4], [0; 4], [0; 4]].concat();
        assert!(messages(&too_short).next().unwrap().is_err(), "length below that of a header");
    }

    #[test]
    fn attributes_end_where_they_are_cut_off() {
        // "ab" (padded), an empty one whose type carries the nested flag, one that lies about its length
        let bytes = [
            &6u16.to_ne_bytes()[..],
            &3u16.to_ne_bytes(),
            b"ab\0\0",
            &4u16.to_ne_bytes(),
            &(0x8000u16 | 52).to_ne_bytes(),
            &64u16.to_ne_bytes(),
            &1u16.to_ne_bytes(),
            b"cd",
        ]
        .concat();
        let found: Vec<_> = attributes(&bytes).collect();
        assert_eq!(found, [(3, &b"ab"[..]), (52, b"")]);
        let endless = [0; 8]; // a length of 0 must not loop
        assert_eq!(attributes(&endless).count(), 0);
    }

    #[test]
    fn the_kernel_answers_and_refuses() {
        let mut socket = Socket::open().unwrap();
        let links = socket.dump((libc::RTM_GETLINK, &[0; 16]), |payload| Some(payload.len()));
        assert!(!links.unwrap().is_empty());
        // a table nobody has: the request is refused, and the socket still good for the next
        assert!(socket.dump((u16::MAX, &[0; 16]), |_| Some(())).is_err());
        assert!(socket.dump((libc::RTM_GETADDR, &[0; 8]), |_| Some(())).is_ok());
    }
}
