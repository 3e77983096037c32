//! Requests on their way: who was asked, until when an answer counts, when to ask again.
//!
//! A session serves every peer of one socket. It keeps no messages: when a request must be sent
//! again it names the owner's token, and the owner writes the same request once more.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::hash::BuildHasherDefault;
use std::net::{IpAddr, SocketAddr};

use crate::id::RequestIds;

/// Is a moment in microseconds since the owner's own start.
pub type Tick = u64;

/// Is how long one request waits, and how often it is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// Waiting time of the first attempt in microseconds; it doubles with each further one.
    pub timeout: Tick,
    /// How often the request is sent in all, at least once.
    pub attempts: u8,
    /// Whether the answer may come from another address than was asked.
    pub other_source: bool,
}

/// Says what an incoming response is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accepted {
    /// The answer to the open request of this token. The round trip is known only of requests
    /// that were sent once.
    Answer { token: u32, round_trip: Option<Tick> },
    /// An answer to a request that is no longer open: late, or a second copy.
    Late,
    /// The right id from an address that was not asked.
    OtherSource,
    /// Nothing we ever asked.
    Stranger,
}

/// Says what became of a request whose time is up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expired {
    /// It is to be sent again under the same id.
    SendAgain { token: u32, request_id: i32 },
    /// It was sent as often as it may be; it is closed.
    GivenUp { token: u32 },
}

#[derive(Clone, Copy, Debug)]
struct Open {
    token: u32,
    peer: SocketAddr,
    sent_at: Tick,
    deadline: Tick,
    attempt: u8,
    patience: Patience,
}

/// Hashes a counter by itself: our own counters cannot be chosen by anybody else.
#[derive(Default)]
struct CounterHasher(u64);

impl std::hash::Hasher for CounterHasher {
    fn finish(&self) -> u64 {
        self.0.wrapping_mul(0x9e37_79b9_7f4a_7c15)
    }

    fn write(&mut self, octets: &[u8]) {
        octets.iter().for_each(|octet| self.0 = self.0 << 8 | u64::from(*octet));
    }

    fn write_u32(&mut self, counter: u32) {
        self.0 = u64::from(counter);
    }
}

/// Keeps the open requests of one socket.
#[derive(Debug)]
pub struct Session {
    ids: RequestIds,
    /// The counter of the next request; every one below it has been asked.
    next: u32,
    open: HashMap<u32, Open, BuildHasherDefault<CounterHasher>>,
    /// Deadlines with their counters; those of closed requests stay until they come up.
    deadlines: BinaryHeap<Reverse<(Tick, u32)>>,
}

impl Session {
    /// Makes a session from a key, which must be random and secret.
    pub fn new(key: [u64; 2]) -> Self {
        Session { ids: RequestIds::new(key), next: 0, open: HashMap::default(), deadlines: BinaryHeap::new() }
    }

    /// Opens a request and returns its id.
    pub fn open(&mut self, now: Tick, token: u32, peer: SocketAddr, patience: Patience) -> i32 {
        let counter = self.next;
        self.next = (self.next + 1) % RequestIds::COUNT;
        let request_id = self.ids.id(counter);
        let deadline = now + spread(patience.timeout, request_id);
        self.open.insert(counter, Open { token, peer, sent_at: now, deadline, attempt: 1, patience });
        self.deadlines.push(Reverse((deadline, counter)));
        request_id
    }

    /// Returns the token of the open request with this id, without closing it.
    pub fn token(&self, request_id: i32) -> Option<u32> {
        self.open.get(&self.ids.counter(request_id)?).map(|open| open.token)
    }

    /// Takes the id of a response that came from `from`, and closes the request it answers.
    ///
    /// Another port of the address asked is always allowed: some boards answer from a port of
    /// their own.
    pub fn accept(&mut self, now: Tick, from: SocketAddr, request_id: i32) -> Accepted {
        let Some(counter) = self.ids.counter(request_id) else {
            return Accepted::Stranger;
        };
        let Some(open) = self.open.get(&counter) else {
            return if counter < self.next { Accepted::Late } else { Accepted::Stranger };
        };
        if !open.patience.other_source && !same_address(open.peer.ip(), from.ip()) {
            return Accepted::OtherSource;
        }
        let round_trip = (open.attempt == 1).then(|| now.saturating_sub(open.sent_at));
        let token = open.token;
        self.open.remove(&counter);
        Accepted::Answer { token, round_trip }
    }

    /// Returns one request whose time is up at `now`, if there is one.
    pub fn expire(&mut self, now: Tick) -> Option<Expired> {
        while let Some(&Reverse((deadline, counter))) = self.deadlines.peek() {
            if deadline > now {
                return None;
            }
            self.deadlines.pop();
            // A closed request has left its deadline behind.
            let Some(open) = self.open.get_mut(&counter).filter(|open| open.deadline == deadline) else {
                continue;
            };
            let token = open.token;
            if open.attempt >= open.patience.attempts {
                self.open.remove(&counter);
                return Some(Expired::GivenUp { token });
            }
            let request_id = self.ids.id(counter);
            open.deadline = now + spread(open.patience.timeout << open.attempt.min(5), request_id);
            open.attempt += 1;
            self.deadlines.push(Reverse((open.deadline, counter)));
            return Some(Expired::SendAgain { token, request_id });
        }
        None
    }

    /// Returns when [`Session::expire`] is worth calling next.
    pub fn next_deadline(&self) -> Option<Tick> {
        self.deadlines.peek().map(|Reverse((deadline, _))| *deadline)
    }

    /// Returns how many requests are open.
    pub fn open_requests(&self) -> usize {
        self.open.len()
    }
}

/// Lengthens a timeout by up to a quarter, so that a thousand requests sent at once are not sent
/// again at once.
fn spread(timeout: Tick, request_id: i32) -> Tick {
    timeout + timeout / 1024 * u64::from(request_id as u32 & 0xff)
}

fn same_address(asked: IpAddr, from: IpAddr) -> bool {
    asked.to_canonical() == from.to_canonical()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Tick = 1_000_000;

    fn peer(last: u8) -> SocketAddr {
        SocketAddr::from(([10, 0, 0, last], 161))
    }

    fn patience(other_source: bool) -> Patience {
        Patience { timeout: SECOND, attempts: 3, other_source }
    }

    #[test]
    fn an_answer_closes_its_request_and_a_second_copy_is_late() {
        let mut session = Session::new([1, 2]);
        let id = session.open(0, 7, peer(1), patience(false));
        assert_eq!(session.accept(500, peer(1), id), Accepted::Answer { token: 7, round_trip: Some(500) });
        assert_eq!(session.accept(600, peer(1), id), Accepted::Late);
        assert_eq!(session.expire(9 * SECOND), None);
    }

    #[test]
    fn a_stranger_is_told_from_a_late_answer_and_from_another_address() {
        let mut session = Session::new([1, 2]);
        let id = session.open(0, 7, peer(1), patience(false));
        assert_eq!(session.accept(1, peer(1), 12345), Accepted::Stranger);
        assert_eq!(session.accept(1, peer(1), id ^ 0x155), Accepted::Stranger);
        assert_eq!(session.accept(1, peer(2), id), Accepted::OtherSource);
        let another_port = SocketAddr::from(([10, 0, 0, 1], 40_000));
        assert!(matches!(session.accept(1, another_port, id), Accepted::Answer { .. }));
        let id = session.open(0, 8, peer(1), patience(true));
        assert!(matches!(session.accept(1, peer(2), id), Accepted::Answer { token: 8, .. }));
    }

    #[test]
    fn a_silent_peer_is_asked_again_ever_more_slowly_and_then_given_up() {
        let mut session = Session::new([1, 2]);
        let id = session.open(0, 7, peer(1), patience(false));
        let mut sent = Vec::new();
        while let Some(now) = session.next_deadline() {
            match session.expire(now) {
                Some(Expired::SendAgain { token: 7, request_id }) if request_id == id => sent.push(now),
                Some(Expired::GivenUp { token: 7 }) => sent.push(now),
                other => panic!("{other:?}"),
            }
        }
        let gaps: Vec<Tick> = [0].iter().chain(&sent).zip(&sent).map(|(a, b)| (b - a) / SECOND).collect();
        assert_eq!(gaps, [1, 2, 4]);
        assert_eq!(session.open_requests(), 0);
    }

    #[test]
    fn an_answer_after_a_second_sending_has_no_round_trip() {
        let mut session = Session::new([1, 2]);
        let id = session.open(0, 7, peer(1), patience(false));
        assert!(matches!(session.expire(2 * SECOND), Some(Expired::SendAgain { .. })));
        assert_eq!(session.accept(3 * SECOND, peer(1), id), Accepted::Answer { token: 7, round_trip: None });
    }
}
