//! Facts that firmware writes: into a file, or through a Unix socket.
//!
//! What cannot be read leaves the last good facts standing, with their own time, and says so.

use std::fs;
use std::io::{self, Read};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use wire::{Facts, Value};

use crate::facts::{self, LARGEST, Told};
use crate::intake::complain;
use crate::platform::Seen;

/// Is a file that firmware fills.
pub struct File {
    path: PathBuf,
    stale: SignedDuration,
    last: Option<Timestamp>,
}

impl File {
    pub fn new(path: PathBuf, stale: SignedDuration) -> Self {
        File { path, stale, last: None }
    }

    /// Reads the file; what was said before is not said again as if it were new.
    pub fn read(&mut self) -> Seen {
        let now = Timestamp::now();
        let read = || -> io::Result<(Vec<u8>, Option<Timestamp>)> {
            let file = fs::File::open(&self.path)?;
            let written = file.metadata()?.modified().ok().and_then(|at| Timestamp::try_from(at).ok());
            let mut octets = Vec::new();
            file.take(LARGEST as u64 + 1).read_to_end(&mut octets)?;
            Ok((octets, written))
        };
        let named = |why: String| format!("the facts file {}: {why}", self.path.display());
        let told = match read() {
            Err(error) => return nothing(now, named(error.to_string())),
            Ok((octets, written)) => match facts::decode(&octets, written.unwrap_or(now), now) {
                Ok(told) => told,
                Err(error) => return nothing(now, named(super::link::story(&error))),
            },
        };
        if self.last == Some(told.observed_at) {
            let age = now.duration_since(told.observed_at);
            let says =
                if age > self.stale { format!("has not been written since {}", told.observed_at) } else { "says nothing new".to_owned() };
            return nothing(now, named(says));
        }
        self.last = Some(told.observed_at);
        let age = now.duration_since(told.observed_at);
        let mut seen = seen(told);
        if age > self.stale {
            complain(&mut seen.facts, named(format!("has not been written since {}", seen.observed_at)));
        }
        seen
    }
}

/// Is a socket at which firmware answers: who connects is told the facts, and the end.
pub struct Socket {
    path: PathBuf,
    within: Duration,
}

impl Socket {
    pub fn new(path: PathBuf, within: Duration) -> Self {
        Socket { path, within }
    }

    pub fn read(&self) -> Seen {
        let now = Timestamp::now();
        let named = |why: String| format!("the facts socket {}: {why}", self.path.display());
        match self.receive() {
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => {
                nothing(now, named(format!("no end within {} s", self.within.as_secs())))
            }
            Err(error) => nothing(now, named(error.to_string())),
            Ok(octets) => match facts::decode(&octets, now, now) {
                Ok(told) => seen(told),
                Err(error) => nothing(now, named(super::link::story(&error))),
            },
        }
    }

    fn receive(&self) -> io::Result<Vec<u8>> {
        let until = Instant::now() + self.within;
        let mut stream = UnixStream::connect(&self.path)?;
        let mut octets = Vec::new();
        let mut piece = [0; 4096];
        while octets.len() <= LARGEST {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(io::ErrorKind::TimedOut.into());
            }
            stream.set_read_timeout(Some(left))?;
            match stream.read(&mut piece) {
                Ok(0) => break,
                Ok(length) => octets.extend_from_slice(&piece[..length]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(octets)
    }
}

fn seen(told: Told) -> Seen {
    let mut facts = told.facts;
    for problem in told.problems {
        complain(&mut facts, problem);
    }
    Seen { observed_at: told.observed_at, is_whole: true, facts }
}

/// The facts that were said last keep their age; this is about the source alone.
fn nothing(now: Timestamp, why: String) -> Seen {
    let mut facts = Facts::new();
    facts.insert("problems".into(), Value::List(vec![why]));
    Seen { observed_at: now, is_whole: false, facts }
}
