//! HTTP/1.1 as a client speaks it that sends one small request and reads one small answer.
//!
//! Written here instead of taken from a library, because the connection is verified before it is
//! given to HTTP, an answer that comes while the request is still being sent must be heard (a
//! refusal of a body that is too large), every octet is counted, and a printer's flash has to hold
//! it. The grammar is read strictly: a server that is in doubt is not a server of ours.
//!
//! Source: RFC 9110, RFC 9112.

mod chunked;
mod head;

use std::io::{self, Read};

pub use head::Head;

use chunked::Chunked;
use head::Framing;

/// Is the most that a status line and its header fields may have.
pub const MOST_HEAD: usize = 16 * 1024;
/// Is the most that the body of an answer may have.
pub const MOST_BODY: usize = 1024 * 1024;
/// Of answers that announce another (status 1xx), so many are passed over.
const MOST_INTERIM: usize = 4;

/// Is a whole answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    pub head: Head,
    pub body: Vec<u8>,
    /// Whether the connection may carry another request.
    pub stays_open: bool,
}

/// Says in which way an answer is not HTTP as it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    #[error("the connection was closed before an answer came")]
    NoAnswer,
    #[error("the connection was closed before the answer was complete")]
    Closed,
    #[error("the answer is not HTTP/1.1; does another program listen at this port?")]
    NotHttp,
    #[error("the status line or a header field is malformed")]
    Head,
    #[error("the status line and header fields have more than {MOST_HEAD} octets")]
    HeadTooLarge,
    #[error("the length of the body is contradictory or not understood")]
    Framing,
    #[error("a chunk of the body is malformed")]
    Chunk,
    #[error("the body has more than {MOST_BODY} octets")]
    BodyTooLarge,
    #[error("the server announced an answer too often")]
    Interim,
    #[error("there are octets after the answer")]
    Surplus,
}

/// Says why there is no answer.
#[derive(Debug)]
pub enum HttpFailure {
    Malformed(Malformed),
    Io(io::Error),
}

impl From<Malformed> for HttpFailure {
    fn from(malformed: Malformed) -> Self {
        HttpFailure::Malformed(malformed)
    }
}

/// Reads more octets; says whether there were any.
fn fill(stream: &mut impl Read, pending: &mut Vec<u8>) -> Result<bool, HttpFailure> {
    let mut octets = [0; 4096];
    loop {
        match stream.read(&mut octets) {
            Ok(count) => {
                pending.extend_from_slice(&octets[..count]);
                return Ok(count > 0);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(HttpFailure::Io(error)),
        }
    }
}

/// Reads status line and header fields; what follows them is left in `pending`.
pub fn read_head(stream: &mut impl Read, pending: &mut Vec<u8>) -> Result<Head, HttpFailure> {
    // Up to here there is no end: octets that come one by one are not searched again and again.
    let mut searched = 0_usize;
    loop {
        if !head::may_begin(pending) {
            return Err(Malformed::NotHttp.into());
        }
        let from = searched.saturating_sub(3);
        let end = pending[from..].windows(4).position(|four| four == b"\r\n\r\n").map(|place| from + place + 4);
        searched = pending.len();
        match end {
            Some(end) if end > MOST_HEAD => return Err(Malformed::HeadTooLarge.into()),
            Some(end) => {
                let head = Head::parse(&pending[..end])?;
                pending.drain(..end);
                return Ok(head);
            }
            None if pending.len() >= MOST_HEAD => return Err(Malformed::HeadTooLarge.into()),
            None => {}
        }
        if !fill(stream, pending)? {
            return Err(if pending.is_empty() { Malformed::NoAnswer } else { Malformed::Closed }.into());
        }
    }
}

/// Reads the answer to one request; nothing may come after it.
pub fn read_response(stream: &mut impl Read) -> Result<Response, HttpFailure> {
    let mut pending = Vec::new();
    let mut interim = 0;
    let head = loop {
        let head = read_head(stream, &mut pending)?;
        match head.status {
            // Nobody has asked for another protocol.
            101 => return Err(Malformed::Framing.into()),
            100..=199 if interim == MOST_INTERIM => return Err(Malformed::Interim.into()),
            100..=199 => interim += 1,
            _ => break head,
        }
    };
    let framing = head.framing()?;
    let body = match framing {
        Framing::Length(length) => read_length(stream, &mut pending, length)?,
        Framing::Chunked => read_chunked(stream, &mut pending)?,
        Framing::UntilClose => read_until_close(stream, &mut pending)?,
    };
    if !pending.is_empty() {
        return Err(Malformed::Surplus.into());
    }
    let stays_open = framing != Framing::UntilClose && head.stays_open();
    Ok(Response { head, body, stays_open })
}

fn read_length(stream: &mut impl Read, pending: &mut Vec<u8>, length: usize) -> Result<Vec<u8>, HttpFailure> {
    while pending.len() < length {
        if !fill(stream, pending)? {
            return Err(Malformed::Closed.into());
        }
    }
    let rest = pending.split_off(length);
    Ok(std::mem::replace(pending, rest))
}

fn read_chunked(stream: &mut impl Read, pending: &mut Vec<u8>) -> Result<Vec<u8>, HttpFailure> {
    let (mut chunked, mut body) = (Chunked::default(), Vec::new());
    loop {
        let taken = chunked.take(pending, &mut body)?;
        pending.drain(..taken);
        if chunked.is_done() {
            return Ok(body);
        }
        if !fill(stream, pending)? {
            return Err(Malformed::Closed.into());
        }
    }
}

/// TLS tells an orderly end from a cut one, so a body that ends with the connection is whole.
fn read_until_close(stream: &mut impl Read, pending: &mut Vec<u8>) -> Result<Vec<u8>, HttpFailure> {
    while pending.len() <= MOST_BODY {
        if !fill(stream, pending)? {
            return Ok(std::mem::take(pending));
        }
    }
    Err(Malformed::BodyTooLarge.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives out octets a few at a time, as a network may.
    struct Dripping<'a>(&'a [u8], usize);

    impl Read for Dripping<'_> {
        fn read(&mut self, octets: &mut [u8]) -> io::Result<usize> {
            let count = self.1.min(self.0.len()).min(octets.len());
            octets[..count].copy_from_slice(&self.0[..count]);
            self.0 = &self.0[count..];
            Ok(count)
        }
    }

    /// Reads an answer however it is cut; all cuts must agree.
    fn read(text: &str) -> Result<Response, Malformed> {
        let mut results = [1, 2, 7, 4096].map(|step| match read_response(&mut Dripping(text.as_bytes(), step)) {
            Ok(response) => Ok(response),
            Err(HttpFailure::Malformed(malformed)) => Err(malformed),
            Err(HttpFailure::Io(error)) => panic!("{error}"),
        });
        assert!(results.iter().all(|result| *result == results[0]), "{text:?}: {results:?}");
        std::mem::replace(&mut results[0], Err(Malformed::Closed))
    }

    #[test]
    fn a_body_of_known_length_is_read() {
        let response = read("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX: y\r\n\r\nhello").unwrap();
        assert_eq!((response.head.status, response.body.as_slice(), response.stays_open), (200, &b"hello"[..], true));
        assert_eq!(response.head.value("x"), Some("y"));
    }

    #[test]
    fn a_body_in_chunks_is_read() {
        let response = read("HTTP/1.1 200 \r\nTransfer-Encoding: Chunked\r\n\r\n5;a=b\r\nhello\r\n1\r\n!\r\n0\r\nT: x\r\n\r\n").unwrap();
        assert_eq!((response.body.as_slice(), response.stays_open), (&b"hello!"[..], true));
    }

    #[test]
    fn a_body_that_ends_with_the_connection_is_read() {
        let response = read("HTTP/1.0 200 OK\r\n\r\nhello").unwrap();
        assert_eq!((response.body.as_slice(), response.stays_open), (&b"hello"[..], false));
    }

    #[test]
    fn an_announcement_is_passed_over_four_times_at_most() {
        let interim = "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n";
        let last = "HTTP/1.1 204 No Content\r\n\r\n";
        assert_eq!(read(&format!("{}{last}", interim.repeat(4))).unwrap().head.status, 204);
        assert_eq!(read(&format!("{}{last}", interim.repeat(5))), Err(Malformed::Interim));
        assert_eq!(read("HTTP/1.1 101 Switching Protocols\r\n\r\n"), Err(Malformed::Framing));
    }

    #[test]
    fn every_cut_is_noticed() {
        let whole = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
        assert_eq!(read(""), Err(Malformed::NoAnswer));
        for cut in 1..whole.len() {
            assert_eq!(read(&whole[..cut]), Err(Malformed::Closed), "cut at {cut}");
        }
        assert_eq!(read("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell"), Err(Malformed::Closed));
    }

    #[test]
    fn what_is_not_http_is_noticed_with_the_first_octets() {
        assert_eq!(read("SSH-2.0-OpenSSH_9.2\r\n"), Err(Malformed::NotHttp));
        assert_eq!(read("HTTP/2 200\r\n\r\n"), Err(Malformed::NotHttp));
    }

    #[test]
    fn contradictory_lengths_are_refused() {
        for fields in [
            "Content-Length: 5\r\nContent-Length: 6",
            "Content-Length: 5\r\nTransfer-Encoding: chunked",
            "Content-Length: +5",
            "Content-Length: 5, 6",
            "Content-Length: ",
            "Transfer-Encoding: gzip, chunked",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
        ] {
            assert_eq!(read(&format!("HTTP/1.1 200 OK\r\n{fields}\r\n\r\nhello")), Err(Malformed::Framing), "{fields}");
        }
        assert!(read("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello").is_ok());
    }

    #[test]
    fn what_is_too_large_is_refused_before_it_is_read() {
        assert_eq!(read("HTTP/1.1 200 OK\r\nContent-Length: 1048577\r\n\r\n"), Err(Malformed::BodyTooLarge));
        assert_eq!(read("HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\n"), Err(Malformed::BodyTooLarge));
        assert_eq!(read(&format!("HTTP/1.1 200 OK\r\nX: {}", "x".repeat(MOST_HEAD))), Err(Malformed::HeadTooLarge));
        assert_eq!(read("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffff\r\n"), Err(Malformed::BodyTooLarge));
    }

    #[test]
    fn endless_answers_end() {
        let chunk = format!("fff\r\n{}\r\n", "x".repeat(0xfff));
        let text = format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{}", chunk.repeat(300));
        let failure = read_response(&mut Dripping(text.as_bytes(), 4096)).unwrap_err();
        assert!(matches!(failure, HttpFailure::Malformed(Malformed::BodyTooLarge)));
        let text = format!("HTTP/1.1 200 OK\r\n\r\n{}", "x".repeat(MOST_BODY + 9));
        let failure = read_response(&mut Dripping(text.as_bytes(), 4096)).unwrap_err();
        assert!(matches!(failure, HttpFailure::Malformed(Malformed::BodyTooLarge)));
    }

    #[test]
    fn octets_after_the_answer_are_refused() {
        assert_eq!(
            read_response(&mut &b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nab"[..]).err().map(|failure| format!("{failure:?}")).unwrap(),
            "Malformed(Surplus)"
        );
    }
}
