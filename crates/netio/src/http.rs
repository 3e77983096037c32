//! HTTP/1.1 for one kind of request: POST with a small body, and a bounded answer.
//!
//! No redirection is followed, nothing is unpacked, and no field of an answer is believed beyond
//! what is read here. An answer whose body breaks off is an answer with what came of it.
//!
//! Source: RFC 9112.

use std::io::{self, Read, Write};

/// Is how long the head of an answer may be, in octets.
const HEAD: usize = 32 << 10;
/// Is how many heads of the kind "more is to come" are skipped.
const INTERIM: usize = 4;

/// Is one request.
pub(crate) struct Post<'a> {
    /// Host and port as a URI writes them.
    pub authority: &'a str,
    pub path: &'a str,
    pub content_type: &'a str,
    pub body: &'a [u8],
}

/// Is an answer.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Answer {
    pub status: u16,
    pub content_type: Option<String>,
    pub location: Option<String>,
    pub body: Vec<u8>,
    /// Whether the connection may carry another request.
    pub stays: bool,
}

/// Sends a request and reads its answer, of whose body at most `limit` octets and one more: the
/// one says that there was more.
pub(crate) fn post(stream: &mut (impl Read + Write), post: &Post<'_>, limit: usize) -> io::Result<Answer> {
    for text in [post.authority, post.path] {
        if text.is_empty() || !text.bytes().all(|octet| octet.is_ascii_graphic()) {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, format!("{text:?} cannot stand in a request")));
        }
    }
    let head = format!(
        "POST {} HTTP/1.1\r\nHost: {}\r\nContent-Type: {}\r\nContent-Length: {}\r\nAccept: {}\r\nUser-Agent: roundsman/{}\r\n\r\n",
        post.path,
        post.authority,
        post.content_type,
        post.body.len(),
        post.content_type,
        env!("CARGO_PKG_VERSION"),
    );
    stream.write_all(&[head.as_bytes(), post.body].concat())?;
    stream.flush()?;
    Reader { stream, buffer: Vec::new(), at: 0 }.answer(limit)
}

struct Reader<'a, S> {
    stream: &'a mut S,
    buffer: Vec<u8>,
    /// How much of the buffer has been taken.
    at: usize,
}

impl<S: Read> Reader<'_, S> {
    fn answer(&mut self, limit: usize) -> io::Result<Answer> {
        for _ in 0..=INTERIM {
            let head = self.head()?;
            if !(100..200).contains(&head.status) {
                return Ok(self.body(head, limit));
            }
        }
        Err(bad("expected an answer, found one announcement after the other"))
    }

    fn head(&mut self) -> io::Result<Head> {
        let mut lines = Vec::new();
        let mut octets = 0;
        loop {
            let line = self.line(HEAD.saturating_sub(octets))?;
            octets += line.len() + 2;
            // Somebody who speaks another protocol may never send the empty line.
            if lines.is_empty() && !line.starts_with(b"HTTP/1.") {
                return Err(bad("expected HTTP/1.1"));
            }
            if line.is_empty() {
                break;
            }
            lines.push(line);
        }
        Head::parse(&lines)
    }

    /// Reads the body as far as it comes. What stops it early also ends the connection.
    fn body(&mut self, head: Head, limit: usize) -> Answer {
        let mut body = Vec::new();
        let ended = match head.length {
            // An answer without a body.
            _ if matches!(head.status, 204 | 304) => Ok(true),
            Length::Chunked => self.chunks(&mut body, limit),
            Length::Known(length) => self.exactly(&mut body, length, limit),
            Length::UntilClosed => self.exactly(&mut body, usize::MAX, limit).map(|_| false),
        };
        let stays = head.stays && ended.unwrap_or(false) && self.at == self.buffer.len();
        Answer { status: head.status, content_type: head.content_type, location: head.location, body, stays }
    }

    /// Reads `length` octets of a body; returns whether that was all of them.
    fn exactly(&mut self, body: &mut Vec<u8>, length: usize, limit: usize) -> io::Result<bool> {
        let mut left = length;
        while left > 0 {
            if body.len() > limit {
                return Ok(false);
            }
            if self.at == self.buffer.len() && self.fill()? == 0 {
                return Ok(false);
            }
            let taken = (self.buffer.len() - self.at).min(left).min(limit + 1 - body.len());
            body.extend(&self.buffer[self.at..self.at + taken]);
            self.at += taken;
            left -= taken;
        }
        Ok(true)
    }

    fn chunks(&mut self, body: &mut Vec<u8>, limit: usize) -> io::Result<bool> {
        loop {
            let line = self.line(1024)?;
            let size = line.split(|octet| *octet == b';').next().unwrap_or_default().trim_ascii();
            let size = std::str::from_utf8(size).ok().and_then(|size| usize::from_str_radix(size, 16).ok());
            match size.ok_or_else(|| bad("expected the size of a chunk"))? {
                0 => break,
                size if !self.exactly(body, size, limit)? => return Ok(false),
                _ => {}
            }
            if !self.line(2)?.is_empty() {
                return Err(bad("expected the end of a chunk"));
            }
        }
        // Fields after the body, which nobody wants.
        for _ in 0..16 {
            if self.line(1024)?.is_empty() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Reads a line without its end.
    fn line(&mut self, limit: usize) -> io::Result<Vec<u8>> {
        loop {
            let rest = &self.buffer[self.at..];
            if let Some(end) = rest.iter().position(|octet| *octet == b'\n') {
                let line = rest[..end].strip_suffix(b"\r").unwrap_or(&rest[..end]).to_vec();
                self.at += end + 1;
                return if line.len() <= limit { Ok(line) } else { Err(bad("line too long")) };
            }
            if rest.len() > limit + 1 {
                return Err(bad("line too long"));
            }
            if self.fill()? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
    }

    /// Reads more into the buffer, and forgets what was taken of it.
    fn fill(&mut self) -> io::Result<usize> {
        self.buffer.drain(..std::mem::take(&mut self.at));
        let before = self.buffer.len();
        self.buffer.resize(before + 8192, 0);
        let read = loop {
            match self.stream.read(&mut self.buffer[before..]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => break read,
            }
        };
        self.buffer.truncate(before + *read.as_ref().unwrap_or(&0));
        read
    }
}

enum Length {
    Known(usize),
    Chunked,
    UntilClosed,
}

struct Head {
    status: u16,
    content_type: Option<String>,
    location: Option<String>,
    length: Length,
    stays: bool,
}

impl Head {
    fn parse(lines: &[Vec<u8>]) -> io::Result<Head> {
        let (first, fields) = lines.split_first().ok_or_else(|| bad("expected an answer, found an empty line"))?;
        let first = String::from_utf8_lossy(first);
        let (version, rest) = first.split_once(' ').unwrap_or_default();
        let minor = version.strip_prefix("HTTP/1.").ok_or_else(|| bad("expected HTTP/1.1"))?;
        let status = rest.trim_start().get(..3).and_then(|status| status.parse().ok()).ok_or_else(|| bad("expected a status"))?;
        let field = |name: &str| {
            fields.iter().filter_map(|line| field(line)).find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value)
        };
        let says =
            |name: &str, word: &str| field(name).is_some_and(|value| value.split(',').any(|found| found.trim().eq_ignore_ascii_case(word)));
        let length = if says("transfer-encoding", "chunked") {
            Length::Chunked
        } else {
            match field("content-length") {
                Some(length) => Length::Known(length.parse().map_err(|_| bad("expected a length"))?),
                None => Length::UntilClosed,
            }
        };
        let stays = if minor == "0" { says("connection", "keep-alive") } else { !says("connection", "close") };
        Ok(Head { status, content_type: field("content-type"), location: field("location"), length, stays })
    }
}

fn field(line: &[u8]) -> Option<(String, String)> {
    let line = String::from_utf8_lossy(line);
    let (name, value) = line.split_once(':')?;
    Some((name.to_owned(), value.trim().to_owned()))
}

fn bad(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("bad HTTP: {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Answers with some octets, a few at a time, and takes whatever is written.
    struct Canned<'a> {
        answer: &'a [u8],
        written: Vec<u8>,
    }

    impl Read for Canned<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let taken = self.answer.len().min(buffer.len()).min(7);
            buffer[..taken].copy_from_slice(&self.answer[..taken]);
            self.answer = &self.answer[taken..];
            Ok(taken)
        }
    }

    impl Write for Canned<'_> {
        fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
            self.written.extend(octets);
            Ok(octets.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn ask(answer: &[u8]) -> io::Result<Answer> {
        let request = Post { authority: "p:631", path: "/ipp", content_type: "application/ipp", body: b"BODY" };
        post(&mut Canned { answer, written: Vec::new() }, &request, 100)
    }

    fn answer(octets: &[u8]) -> Answer {
        ask(octets).expect("an answer")
    }

    #[test]
    fn a_request_says_what_it_is() {
        let mut canned = Canned { answer: b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", written: Vec::new() };
        let request = Post { authority: "p:631", path: "/ipp", content_type: "application/ipp", body: b"BODY" };
        post(&mut canned, &request, 100).expect("an answer");
        let written = String::from_utf8(canned.written).expect("text");
        assert!(written.starts_with("POST /ipp HTTP/1.1\r\nHost: p:631\r\nContent-Type: application/ipp\r\nContent-Length: 4\r\n"));
        assert!(written.ends_with("\r\n\r\nBODY"));
    }

    #[test]
    fn a_path_that_would_become_a_field_is_refused() {
        for path in ["/a b", "/a\r\nX: y", "", "/\u{e9}"] {
            let mut canned = Canned { answer: b"", written: Vec::new() };
            let request = Post { authority: "p", path, content_type: "application/ipp", body: b"" };
            assert_eq!(post(&mut canned, &request, 1).map_err(|error| error.kind()), Err(io::ErrorKind::InvalidInput));
            assert!(canned.written.is_empty());
        }
    }

    #[test]
    fn bodies_end_by_length_by_chunks_or_by_the_connection() {
        let known = answer(b"HTTP/1.1 200 OK\r\ncontent-type: application/ipp\r\nContent-Length: 3\r\n\r\nabc");
        assert_eq!((&known.body[..], known.stays, known.content_type.as_deref()), (&b"abc"[..], true, Some("application/ipp")));
        let chunked = answer(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;x=y\r\nab\r\n1\r\nc\r\n0\r\nTrailer: x\r\n\r\n");
        assert_eq!((&chunked.body[..], chunked.stays), (&b"abc"[..], true));
        let closed = answer(b"HTTP/1.1 200 OK\n\nabc");
        assert_eq!((&closed.body[..], closed.stays), (&b"abc"[..], false));
    }

    #[test]
    fn a_connection_stays_only_if_both_ends_know_where_they_are() {
        for octets in [
            &b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"[..],
            b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc",
            b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nabc",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc",
        ] {
            assert!(!answer(octets).stays, "{}", String::from_utf8_lossy(octets));
        }
    }

    #[test]
    fn a_body_that_breaks_off_is_what_came_of_it() {
        assert_eq!(answer(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc").body, b"abc");
        assert_eq!(answer(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nabc").body, b"abc");
        assert_eq!(answer(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcXX").body, b"abc");
    }

    #[test]
    fn a_body_is_read_up_to_its_limit_and_one_octet_more() {
        let long = [&b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n"[..], &[b'x'; 5000]].concat();
        assert_eq!((answer(&long).body.len(), answer(&long).stays), (101, false));
        let endless = [&b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"[..], &b"1\r\nx\r\n".repeat(1000)].concat();
        assert_eq!(answer(&endless).body.len(), 101);
        let huge = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nabc";
        assert_eq!(answer(huge).body, b"abc");
    }

    #[test]
    fn announcements_before_the_answer_are_skipped_and_have_an_end() {
        assert_eq!(answer(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n").status, 404);
        assert!(ask(&b"HTTP/1.1 100 Continue\r\n\r\n".repeat(50)).is_err());
    }

    #[test]
    fn what_is_no_answer_is_an_error() {
        let long = [&b"HTTP/1.1 200 OK\r\nX: "[..], &[b'x'; 100_000]].concat();
        let many = [&b"HTTP/1.1 200 OK\r\n"[..], &b"X: y\r\n".repeat(100_000)].concat();
        for octets in [
            &b""[..],
            b"HTTP/1.1 200",
            b"SSH-2.0-x\r\n\r\n",
            b"HTTP/1.1 xyz\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
            &long,
            &many,
        ] {
            assert!(ask(octets).is_err());
        }
    }
}
