//! Reads one printer: group by group, over the path and in the version that it understands.
//!
//! The engine writes requests and takes replies; whoever drives it owns HTTP. A group that fails
//! costs only itself. A printer that refuses, is busy or wants TLS is left alone at once.

use std::fmt;

use super::decode::{self, Message, NotIpp, Problem};
use super::groups::Wanted;
use super::request::{Version, get_printer_attributes};
use super::status::Status;
use super::value::Attributes;
use crate::text;

/// Lists the paths at which printers are found, the likeliest first.
///
/// Source: PWG 5100.14 §4.2 (`/ipp/print`); the others are in use.
pub const PATHS: &[&str] = &["/ipp/print", "/ipp", "/", "/ipp/printer"];

/// Is how many problems are told of one printer.
const PROBLEMS: usize = 64;

/// Is how much of a foreign text a problem repeats, in octets.
const QUOTED: usize = 255;

/// Is the printer that is read, as a URI names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// A name or an address; one of IPv6 without its brackets.
    pub host: String,
    pub port: u16,
    /// Whether the connection is encrypted.
    pub is_tls: bool,
}

impl Target {
    fn uri(&self, path: &str) -> String {
        let scheme = if self.is_tls { "ipps" } else { "ipp" };
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        match self.port {
            631 => format!("{scheme}://{host}{path}"),
            port => format!("{scheme}://{host}:{port}{path}"),
        }
    }
}

/// Is one request, to be sent with POST as `application/ipp`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    pub path: String,
    pub body: Vec<u8>,
}

/// Is what HTTP brought back for the request that is open.
#[derive(Clone, Copy, Debug)]
pub struct Reply<'a> {
    pub http_status: u16,
    pub content_type: Option<&'a str>,
    /// Where the printer would rather have us ask.
    pub location: Option<&'a str>,
    pub body: &'a [u8],
}

/// Says how reading a printer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Every group was answered, if only by saying that there is nothing to tell.
    Answered,
    /// Some groups were answered.
    Partly,
    /// The printer answers and does not let us read.
    Refusing,
    /// The printer speaks IPP only under TLS.
    WantsTls,
    /// The printer is at work or out of service, and was left alone.
    Busy,
    /// Nothing at any of the paths is a printer.
    NoPrinter,
    /// Somebody answered, and nothing was told.
    Failed,
    /// No connection, or no answer to the first request.
    Unreachable,
}

/// Is what reading a printer gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answers {
    /// What the printer said, of what it was asked and nothing else.
    pub attributes: Attributes,
    pub outcome: Outcome,
    /// The status of the last response.
    pub status: Option<Status>,
    /// The port at which the printer wants TLS, where it names one.
    pub tls_port: Option<u16>,
    /// The path at which the printer was found.
    pub path: Option<String>,
    pub problems: Vec<Trouble>,
}

/// Is something that went wrong, and in which group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    pub asking_for: &'static str,
    pub what: What,
}

/// Says what went wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// No response came; the text is the transport's own.
    Transport(String),
    Http(u16),
    Refused(Status),
    NotIpp(NotIpp),
    /// A document of another kind than IPP.
    ContentType(String),
    /// A redirection to a host that nobody asked us to talk to.
    Redirected {
        to: String,
    },
    /// A response to another request.
    RequestId {
        expected: u32,
        found: u32,
    },
    /// The printer knows neither of the versions that we speak.
    Versions,
    Message(Problem),
    /// There is more to tell than is told.
    More,
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.asking_for, self.what)
    }
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            What::Transport(error) => f.write_str(error),
            What::Http(status) => write!(f, "HTTP status {status}, expected 200"),
            What::Refused(status) => write!(f, "{status}"),
            What::NotIpp(error) => write!(f, "{error}"),
            What::ContentType(found) => write!(f, "expected application/ipp, found {found}"),
            What::Redirected { to } => write!(f, "redirection to another host, {to}, not followed"),
            What::RequestId { expected, found } => write!(f, "response to request {found}, expected {expected}"),
            What::Versions => f.write_str("printer supports neither IPP 2.0 nor IPP 1.1"),
            What::Message(problem) => write!(f, "{problem}"),
            What::More => f.write_str("further problems were left out"),
        }
    }
}

/// Reads one printer.
#[derive(Debug)]
pub struct Exchange {
    target: Target,
    /// Paths not yet tried, in order; the present one is the first.
    paths: Vec<String>,
    groups: &'static [Wanted],
    /// The group that is being asked for.
    group: usize,
    version: Version,
    request_id: u32,
    /// Whether a request is out.
    is_open: bool,
    /// Whether anybody has answered at all.
    is_heard: bool,
    /// Whether the present path has answered as a printer.
    is_found: bool,
    answered: usize,
    /// How many requests in a row had no response at all.
    silent: u8,
    attributes: Attributes,
    status: Option<Status>,
    problems: Vec<Trouble>,
    tls_port: Option<u16>,
    /// Why nothing more is asked.
    ended: Option<Outcome>,
}

impl Exchange {
    /// Prepares to ask for `groups`, at the first of `paths` at which there is a printer.
    pub fn new(target: Target, paths: &[&str], groups: &'static [Wanted]) -> Exchange {
        Exchange {
            target,
            paths: paths.iter().map(|path| (*path).to_owned()).collect(),
            groups,
            group: 0,
            version: Version::V2_0,
            request_id: 0,
            is_open: false,
            is_heard: false,
            is_found: false,
            answered: 0,
            silent: 0,
            attributes: Attributes::default(),
            status: None,
            problems: Vec::new(),
            tls_port: None,
            ended: None,
        }
    }

    /// Returns the next request; `None` while one is out, and when there is nothing left to ask.
    pub fn poll_request(&mut self) -> Option<Request> {
        if self.is_open || self.ended.is_some() {
            return None;
        }
        let (path, group) = (self.paths.first()?.clone(), self.groups.get(self.group)?);
        self.request_id += 1;
        self.is_open = true;
        let body = get_printer_attributes(self.version, self.request_id, &self.target.uri(&path), group.attributes);
        Some(Request { path, body })
    }

    /// Takes the reply to the request that is out.
    pub fn handle_response(&mut self, reply: Reply<'_>) {
        if !std::mem::take(&mut self.is_open) {
            return;
        }
        self.silent = 0;
        self.is_heard = true;
        match reply.http_status {
            200..=299 => self.document(reply),
            300..=399 => self.redirected(reply),
            400 | 404 | 405 => self.not_here(What::Http(reply.http_status)),
            401 | 403 | 407 => self.end(Outcome::Refusing, What::Http(reply.http_status)),
            426 if !self.target.is_tls => self.end(Outcome::WantsTls, What::Http(426)),
            503 => self.end(Outcome::Busy, What::Http(503)),
            other => self.skip_group(What::Http(other)),
        }
    }

    /// Takes the news that no response came to the request that is out.
    pub fn handle_error(&mut self, error: &str) {
        if !std::mem::take(&mut self.is_open) {
            return;
        }
        self.silent += 1;
        let what = What::Transport(text::cut(error, QUOTED).to_owned());
        // Whoever has not answered at all will not answer the next group, and whoever falls silent
        // twice has gone to sleep.
        if !self.is_heard {
            self.end(Outcome::Unreachable, what);
        } else if self.silent > 1 {
            self.tell(what);
            self.group = self.groups.len();
        } else {
            self.skip_group(what);
        }
    }

    /// Returns whether there is nothing left to ask.
    pub fn is_done(&self) -> bool {
        !self.is_open && (self.ended.is_some() || self.paths.is_empty() || self.group >= self.groups.len())
    }

    /// Returns what was read, at whatever point the reading stands.
    pub fn finish(self) -> Answers {
        let outcome = match self.ended {
            Some(Outcome::Refusing | Outcome::Busy) if self.answered > 0 => Outcome::Partly,
            Some(ended) => ended,
            None if self.paths.is_empty() => Outcome::NoPrinter,
            None if self.answered > 0 && self.attributes.is_empty() => Outcome::Failed,
            None if self.answered == self.groups.len() => Outcome::Answered,
            None if self.answered > 0 => Outcome::Partly,
            None if self.is_heard => Outcome::Failed,
            None => Outcome::Unreachable,
        };
        let path = if self.is_found { self.paths.into_iter().next() } else { None };
        Answers { attributes: self.attributes, outcome, status: self.status, tls_port: self.tls_port, path, problems: self.problems }
    }

    fn document(&mut self, reply: Reply<'_>) {
        match decode::decode(reply.body) {
            Ok(message) => self.message(message),
            // The web page of a printer, or the body of a proxy in between.
            Err(_) if !is_ipp(reply.content_type) => {
                let found = text::cut(reply.content_type.unwrap_or("nothing"), QUOTED).to_owned();
                self.not_here(What::ContentType(found));
            }
            Err(error) => self.skip_group(What::NotIpp(error)),
        }
    }

    fn message(&mut self, mut message: Message) {
        self.status = Some(message.status);
        if message.request_id != self.request_id {
            self.tell(What::RequestId { expected: self.request_id, found: message.request_id });
        }
        std::mem::take(&mut message.problems).into_iter().for_each(|problem| self.tell(What::Message(problem)));
        match message.status {
            status if status.is_success() => self.success(message),
            Status::VERSION_NOT_SUPPORTED => self.older(),
            Status::NOT_FOUND => self.not_here(What::Refused(Status::NOT_FOUND)),
            status @ (Status::FORBIDDEN | Status::NOT_AUTHENTICATED | Status::NOT_AUTHORIZED) => {
                self.end(Outcome::Refusing, What::Refused(status));
            }
            status @ (Status::SERVICE_UNAVAILABLE | Status::BUSY) => self.end(Outcome::Busy, What::Refused(status)),
            status => {
                self.is_found = true;
                self.skip_group(What::Refused(status));
            }
        }
    }

    fn success(&mut self, message: Message) {
        self.is_found = true;
        // Some printers send all they have whatever they are asked: only what was asked for is kept.
        let asked = self.groups[self.group].attributes;
        // Whoever knows none of it may leave the printer out, as the spooler of CUPS does: that is an
        // answer too.
        if let Some(printer) = message.groups.into_iter().find(|group| group.kind == decode::GroupKind::Printer) {
            self.attributes.take_over(printer.attributes, |name| asked.contains(&name));
        }
        self.answered += 1;
        self.group += 1;
    }

    fn older(&mut self) {
        self.is_found = true;
        match self.version {
            Version::V2_0 => self.version = Version::V1_1,
            Version::V1_1 => self.end(Outcome::Failed, What::Versions),
        }
    }

    fn redirected(&mut self, reply: Reply<'_>) {
        match reply.location.map(|location| whither(location, &self.target)) {
            Some(Whither::Tls(port)) => {
                self.tls_port = port;
                self.end(Outcome::WantsTls, What::Http(reply.http_status));
            }
            Some(Whither::Stranger(to)) => self.end(Outcome::Failed, What::Redirected { to }),
            Some(Whither::Here) | None => self.not_here(What::Http(reply.http_status)),
        }
    }

    /// Goes on with the next path, unless this one has answered as a printer before.
    fn not_here(&mut self, what: What) {
        if self.is_found {
            return self.skip_group(what);
        }
        self.tell(what);
        self.paths.remove(0);
    }

    fn skip_group(&mut self, what: What) {
        self.tell(what);
        self.group += 1;
    }

    fn end(&mut self, outcome: Outcome, what: What) {
        self.tell(what);
        self.ended = Some(outcome);
    }

    fn tell(&mut self, what: What) {
        let asking_for = self.groups.get(self.group).map_or("printer", |group| group.name);
        match self.problems.len() + 1 {
            ..PROBLEMS => self.problems.push(Trouble { asking_for, what }),
            PROBLEMS => self.problems.push(Trouble { asking_for, what: What::More }),
            _ => {}
        }
    }
}

fn is_ipp(content_type: Option<&str>) -> bool {
    let essence = content_type.unwrap_or_default().split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/ipp")
}

/// Says where a redirection leads.
#[derive(Debug, PartialEq, Eq)]
enum Whither {
    /// The same host under TLS, at a port if that can be read.
    Tls(Option<u16>),
    /// The same host, another path.
    Here,
    /// Another host, by its name.
    Stranger(String),
}

fn whither(location: &str, target: &Target) -> Whither {
    let (scheme, rest) = match location.split_once("://") {
        Some((scheme, rest)) => (scheme, rest),
        None => match location.strip_prefix("//") {
            Some(rest) => (if target.is_tls { "https" } else { "http" }, rest),
            None => return Whither::Here,
        },
    };
    let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
    let (host, port) = host_and_port(authority);
    let usual = [("https", 443), ("ipps", 631)].into_iter().find(|(name, _)| scheme.eq_ignore_ascii_case(name));
    if !host.eq_ignore_ascii_case(&target.host) {
        Whither::Stranger(text::cut(&text::shown(host.as_bytes()), QUOTED).to_owned())
    } else {
        match usual {
            Some((_, usual)) if !target.is_tls => Whither::Tls(if port.is_empty() { Some(usual) } else { port.parse().ok() }),
            _ => Whither::Here,
        }
    }
}

/// Returns the host of an authority, without user and brackets, and its port, which may be empty.
fn host_and_port(authority: &str) -> (&str, &str) {
    let host_and_port = authority.rsplit('@').next().unwrap_or_default();
    let (host, rest) = match host_and_port.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some(parts) => parts,
        None => host_and_port.split_at(host_and_port.find(':').unwrap_or(host_and_port.len())),
    };
    (host, rest.strip_prefix(':').unwrap_or_default())
}

#[cfg(test)]
mod tests;
