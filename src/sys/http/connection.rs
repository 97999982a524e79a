//! The connection of one request: a proxy's tunnel, TCP, TLS, and a look at the first line of the
//! answer, of which `ureq` keeps only the number.

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, StreamOwned};
use std::fmt;
use std::io::{self, Read, Write};
use std::sync::{Arc, Mutex, PoisonError};
use ureq::Error;
use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{
    Buffers, ChainedConnector, ConnectProxyConnector, ConnectionDetails, Connector, LazyBuffers,
    NextTimeout, TcpConnector, Transport, TransportAdapter,
};

/// As many bytes of the first line are kept.
const LINE: usize = 1024;

/// Asks the system for addresses; whatever it says, the name is not known then.
#[derive(Debug, Default)]
pub(super) struct Names(DefaultResolver);

impl Resolver for Names {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, Error> {
        self.0.resolve(uri, config, timeout).map_err(|error| match error {
            Error::Io(_) => Error::HostNotFound,
            error => error,
        })
    }
}

/// Makes the connection of one request.
#[derive(Debug)]
pub(super) struct Connection {
    socket: ChainedConnector<(), ChainedConnector<(), (), ConnectProxyConnector>, TcpConnector>,
    tls: Arc<ClientConfig>,
    line: StatusLine,
}

impl Connection {
    pub(super) fn new(tls: Arc<ClientConfig>) -> Self {
        let socket = ().chain(ConnectProxyConnector::default()).chain(TcpConnector::default());
        Connection { socket, tls, line: StatusLine::default() }
    }

    /// Where the first line of the answer will be.
    pub(super) fn status_line(&self) -> StatusLine {
        self.line.clone()
    }
}

impl Connector<()> for Connection {
    type Out = Watched;

    fn connect(
        &self,
        details: &ConnectionDetails,
        chained: Option<()>,
    ) -> Result<Option<Watched>, Error> {
        let Some(socket) = self.socket.connect(details, chained)? else {
            return Ok(None);
        };
        let inner: Box<dyn Transport> = if details.needs_tls() && !socket.is_tls() {
            Box::new(Tls::new(&self.tls, details, Box::new(socket))?)
        } else {
            Box::new(socket)
        };
        Ok(Some(Watched { inner, line: self.line.clone() }))
    }
}

/// The first line of an answer, filled as it comes in.
#[derive(Debug, Clone, Default)]
pub(super) struct StatusLine(Arc<Mutex<Vec<u8>>>);

impl StatusLine {
    /// The text behind the number, if that is `status`.
    pub(super) fn reason(&self, status: u16) -> String {
        let line = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let line = line.split(|byte| matches!(byte, b'\r' | b'\n')).next().unwrap_or_default();
        let line = String::from_utf8_lossy(line);
        let mut words = line.splitn(3, ' ').skip(1);
        let is_this = words.next().is_some_and(|number| number == status.to_string());
        let reason = words.next().filter(|_| is_this).unwrap_or_default();
        reason.trim().chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
    }

    fn restart(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    fn append(&self, bytes: &[u8]) {
        let mut line = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if line.len() < LINE && !line.contains(&b'\n') {
            line.extend_from_slice(&bytes[..bytes.len().min(LINE)]);
        }
        // In a tunnel, the connection to the proxy is looked at, too, and there it is encrypted.
        if !line.iter().zip(b"HTTP/").all(|(a, b)| a == b) {
            line.clear();
        }
    }
}

/// A connection whose answers are looked at.
#[derive(Debug)]
pub(super) struct Watched {
    inner: Box<dyn Transport>,
    line: StatusLine,
}

impl Transport for Watched {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.inner.buffers()
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        self.line.restart();
        self.inner.transmit_output(amount, timeout)
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        let known = self.inner.buffers().input().len();
        let has_come = self.inner.await_input(timeout)?;
        let input = self.inner.buffers().input();
        self.line.append(input.get(known..).unwrap_or_default());
        Ok(has_come)
    }

    fn is_open(&mut self) -> bool {
        self.inner.is_open()
    }

    fn is_tls(&self) -> bool {
        self.inner.is_tls()
    }
}

/// TLS over another connection.
struct Tls {
    buffers: LazyBuffers,
    stream: StreamOwned<ClientConnection, TransportAdapter>,
}

impl Tls {
    fn new(
        config: &Arc<ClientConfig>,
        details: &ConnectionDetails,
        inner: Box<dyn Transport>,
    ) -> Result<Self, Error> {
        let host = details.uri.host().unwrap_or_default().trim_matches(['[', ']']);
        let name = ServerName::try_from(host.to_string())
            .map_err(|_| Error::BadUri(details.uri.to_string()))?;
        let tls = |error| io::Error::new(io::ErrorKind::InvalidData, error);
        let mut connection = ClientConnection::new(config.clone(), name).map_err(tls)?;
        let mut socket = TransportAdapter::new(inner, details.current_time.clone());
        socket.set_timeout(details.timeout);
        connection.complete_io(&mut socket).map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => Error::Tls("the other side hangs up"),
            _ => error.into(),
        })?;
        let config = details.config;
        Ok(Tls {
            buffers: LazyBuffers::new(config.input_buffer_size(), config.output_buffer_size()),
            stream: StreamOwned::new(connection, socket),
        })
    }
}

impl Transport for Tls {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        self.stream.sock.set_timeout(timeout);
        Ok(self.stream.write_all(&self.buffers.output()[..amount])?)
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        self.stream.sock.set_timeout(timeout);
        let amount = self.stream.read(self.buffers.input_append_buf())?;
        self.buffers.input_appended(amount);
        Ok(amount > 0)
    }

    fn is_open(&mut self) -> bool {
        self.stream.sock.get_mut().is_open()
    }

    fn is_tls(&self) -> bool {
        true
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").finish_non_exhaustive()
    }
}
