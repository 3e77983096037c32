//! Reads one printer over IPP: carries the requests of [`Exchange`] over HTTP, and over TLS where
//! the printer or the caller wants it.
//!
//! One request is out at a time, over one connection that is kept. Every wait has a deadline, no
//! redirection is followed to another host, and a printer whose certificate has changed is sent
//! nothing.

use std::io::{self, Read, Write};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use printport::ipp::decode::LIMIT;
use printport::ipp::{Answers, Exchange, Outcome, Reply, Request, Target, Wanted};

use crate::http::{self, Answer, Post};
use crate::timed::{self, Timed};
use crate::tls::{self, Certificate, Changed, Fingerprint, Secure};

/// Is how long each step may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// For the connection, the encryption not included.
    pub connect: Duration,
    /// For one request and its answer, with the encryption if it is the first.
    pub request: Duration,
    /// For all of a printer.
    pub printer: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Timeouts { connect: seconds(3), request: seconds(5), printer: seconds(30) }
    }
}

/// Is what is asked of one printer.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// Where to connect; the usual ports are 631, and 443 for TLS.
    pub address: SocketAddr,
    /// The printer's name as the request and the certificate name it; the address if there is none.
    pub host: Option<&'a str>,
    /// Whether to use TLS from the start. A known certificate means the same: a printer that has
    /// spoken TLS is not asked without.
    pub use_tls: bool,
    /// The certificate that the printer showed before.
    pub known: Option<Fingerprint>,
    /// The paths to try, such as [`printport::ipp::exchange::PATHS`].
    pub paths: &'a [&'a str],
    /// What to ask for, such as [`printport::ipp::groups::ALL`].
    pub groups: &'static [Wanted],
    pub timeouts: Timeouts,
}

/// Is what a printer said, and under which certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    pub answers: Answers,
    pub certificate: Option<Certificate>,
}

/// Reads one printer.
///
/// A printer that does not answer is a reading without answers; [`Answers::problems`] says why.
///
/// # Errors
/// If the printer shows another certificate than the one that is known.
pub fn read(question: &Question<'_>) -> Result<Reading, Changed> {
    let until = timed::after(question.timeouts.printer);
    let use_tls = question.use_tls || question.known.is_some();
    let reading = Carrier::new(question, question.address, use_tls, until).run()?;
    if reading.answers.outcome != Outcome::WantsTls || use_tls {
        return Ok(reading);
    }
    let port = reading.answers.tls_port.unwrap_or(question.address.port());
    let address = SocketAddr::new(question.address.ip(), port);
    Carrier::new(question, address, true, until).run()
}

struct Carrier<'a> {
    question: &'a Question<'a>,
    address: SocketAddr,
    host: String,
    use_tls: bool,
    /// When the time of the printer is up.
    until: Instant,
    connection: Option<Connection>,
    certificate: Option<Certificate>,
}

enum Connection {
    Plain(Timed),
    Secure(Box<Secure>),
}

/// Says why there is no answer.
enum Failure {
    Changed(Changed),
    Io(io::Error),
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        tls::changed(&error).map_or(Failure::Io(error), Failure::Changed)
    }
}

impl<'a> Carrier<'a> {
    fn new(question: &'a Question<'a>, address: SocketAddr, use_tls: bool, until: Instant) -> Self {
        let host = question.host.map_or_else(|| address.ip().to_string(), str::to_owned);
        Carrier { question, address, host, use_tls, until, connection: None, certificate: None }
    }

    fn run(mut self) -> Result<Reading, Changed> {
        let target = Target { host: self.host.clone(), port: self.address.port(), is_tls: self.use_tls };
        let mut exchange = Exchange::new(target, self.question.paths, self.question.groups);
        while let Some(request) = exchange.poll_request() {
            match self.carry(&request) {
                Ok(answer) => exchange.handle_response(Reply {
                    http_status: answer.status,
                    content_type: answer.content_type.as_deref(),
                    location: answer.location.as_deref(),
                    body: &answer.body,
                }),
                Err(Failure::Changed(changed)) => return Err(changed),
                Err(Failure::Io(error)) => exchange.handle_error(&timed::words(&error)),
            }
        }
        Ok(Reading { answers: exchange.finish(), certificate: self.certificate })
    }

    /// Carries one request. A connection that was kept may have been closed meanwhile, which is no
    /// fault of the request: it is carried once more, over a new one.
    fn carry(&mut self, request: &Request) -> Result<Answer, Failure> {
        let deadline = timed::after(self.question.timeouts.request).min(self.until);
        if let Some(connection) = self.connection.take() {
            match self.post(connection, request, deadline) {
                Err(error) if was_closed(&error) => {}
                result => return Ok(result?),
            }
        }
        let connection = self.connect(deadline)?;
        Ok(self.post(connection, request, deadline)?)
    }

    fn connect(&mut self, deadline: Instant) -> Result<Connection, Failure> {
        let stream = Timed::connect(self.address, self.question.timeouts.connect, deadline)?;
        if !self.use_tls {
            return Ok(Connection::Plain(stream));
        }
        // Within one reading, too, the printer must stay the same.
        let known = self.question.known.or(self.certificate.map(|certificate| certificate.fingerprint));
        let (secure, certificate) = tls::secure(stream, &self.host, known)?;
        self.certificate = Some(certificate);
        Ok(Connection::Secure(Box::new(secure)))
    }

    fn post(&mut self, mut connection: Connection, request: &Request, deadline: Instant) -> io::Result<Answer> {
        let authority = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        let authority = format!("{authority}:{}", self.address.port());
        let post = Post { authority: &authority, path: &request.path, content_type: "application/ipp", body: &request.body };
        connection.set_deadline(deadline);
        let answer = http::post(&mut connection, &post, LIMIT)?;
        if answer.stays {
            self.connection = Some(connection);
        }
        Ok(answer)
    }
}

fn was_closed(error: &io::Error) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    matches!(error.kind(), BrokenPipe | ConnectionAborted | ConnectionReset | UnexpectedEof)
}

impl Connection {
    fn set_deadline(&mut self, deadline: Instant) {
        match self {
            Connection::Plain(stream) => stream.deadline = deadline,
            Connection::Secure(stream) => stream.sock.deadline = deadline,
        }
    }
}

impl Read for Connection {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Connection::Plain(stream) => stream.read(buffer),
            Connection::Secure(stream) => stream.read(buffer),
        }
    }
}

impl Write for Connection {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        match self {
            Connection::Plain(stream) => stream.write(octets),
            Connection::Secure(stream) => stream.write(octets),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Connection::Plain(stream) => stream.flush(),
            Connection::Secure(stream) => stream.flush(),
        }
    }
}
