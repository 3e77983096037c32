//! Facts from the printer's own SNMP agent, in bounded time: what is not said by then is left out.

use std::io;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::time::{Duration, Instant};

use catalog::{Catalog, Sections};
use jiff::Timestamp;
use model::DeviceRecord;
use model::record::Presence;
use survey::event::{Event, Response, Statistics};
use survey::{Ceiling, Credentials, Plans, Rate, Reader, ReaderOptions, Tick};
use wire::facts::Keys;
use wire::{Facts, Value, facts};

use super::link::story;
use crate::intake::complain;
use crate::platform::Seen;

/// Is whom to ask, and how long at most.
pub struct Agent {
    pub address: IpAddr,
    pub port: u16,
    pub community: String,
    pub within: Duration,
}

impl Agent {
    /// Reads the printer. Whatever happens, there is something to say: that it is silent, at least.
    pub fn read(&self) -> Seen {
        let began = Timestamp::now();
        match self.try_read() {
            Ok(Some((record, is_whole))) => seen(&record, is_whole, began),
            Ok(None) => silent(began, format!("the printer's SNMP agent at {}:{} does not answer", self.address, self.port)),
            Err(why) => silent(began, why),
        }
    }

    fn try_read(&self) -> Result<Option<(Box<DeviceRecord>, bool)>, String> {
        let catalog = Arc::new(Catalog::embedded().map_err(|error| story(&error))?);
        let plans = Arc::new(Plans::new(catalog, Sections::all()));
        let credentials = Arc::new(Credentials::communities([self.community.as_bytes()]));
        let key = [super::machine::chance(), super::machine::chance()];
        let mut reader = Reader::new(ReaderOptions::new(plans, credentials, key));
        let socket = self.socket().map_err(|error| format!("no network socket can be had to ask the printer: {error}"))?;
        reader.read(SocketAddr::new(self.address, self.port), false);
        Ok(Asking { reader, socket, ceiling: Ceiling::new(Rate::UNLIMITED), began: Instant::now(), last_answer: None }.ask(self.within))
    }

    fn socket(&self) -> io::Result<UdpSocket> {
        let any = if self.address.is_ipv4() { SocketAddr::from(([0; 4], 0)) } else { SocketAddr::from(([0; 16], 0)) };
        UdpSocket::bind(any)
    }
}

/// Is one reading under way.
struct Asking {
    reader: Reader,
    socket: UdpSocket,
    ceiling: Ceiling,
    began: Instant,
    last_answer: Option<Timestamp>,
}

/// After the deadline every request is taken for lost; a reading ends within so many.
const MOST_LOST: u32 = 1000;
/// By so much the engine's time is moved on for each of them: longer than it waits for any answer.
const LOST: Tick = 60_000_000;

impl Asking {
    fn ask(mut self, within: Duration) -> Option<(Box<DeviceRecord>, bool)> {
        let mut statistics = Statistics::default();
        let mut octets = vec![0; 8192];
        while self.began.elapsed() < within {
            let now = self.now();
            self.reader.handle_timeout(now);
            self.send(now);
            if self.reader.has_events() {
                return self.event(true);
            }
            let due = self.reader.poll_timeout().map_or(Duration::from_secs(1), |at| Duration::from_micros(at.saturating_sub(self.now())));
            let wait = due.min(within.saturating_sub(self.began.elapsed())).max(Duration::from_millis(1));
            if self.socket.set_read_timeout(Some(wait)).is_err() {
                break;
            }
            let Ok((length, from)) = self.socket.recv_from(&mut octets) else { continue };
            if let Ok(Some(response)) = Response::parse(from, &octets[..length]) {
                let now = self.now();
                self.reader.handle_response(now, &response, &mut statistics);
                self.last_answer = Some(Timestamp::now());
            }
        }
        // Time is over. The engine is told that nothing comes any more, and makes the best of what it has.
        let mut now = self.now();
        for _ in 0..MOST_LOST {
            now += LOST;
            self.reader.handle_timeout(now);
            while self.reader.poll_transmit(now, &mut self.ceiling, &mut octets).is_some() {
                octets.clear();
            }
            if self.reader.has_events() {
                return self.event(false);
            }
        }
        None
    }

    fn now(&self) -> Tick {
        self.began.elapsed().as_micros() as Tick
    }

    fn send(&mut self, now: Tick) {
        let mut datagram = Vec::new();
        while let Some(to) = self.reader.poll_transmit(now, &mut self.ceiling, &mut datagram) {
            if let Err(error) = self.socket.send_to(&datagram, to) {
                self.reader.handle_send_error(to, &error.to_string());
            }
            datagram.clear();
        }
    }

    fn event(&mut self, in_time: bool) -> Option<(Box<DeviceRecord>, bool)> {
        match self.reader.poll_event()? {
            Event::Read { mut record, cut_short, .. } => {
                record.observed_at = self.last_answer;
                if !in_time {
                    record.problems.push("the printer's SNMP agent is too slow: what it had not said in time is left out".to_owned());
                }
                let is_silent = record.presence == Presence::Unreachable;
                (!is_silent).then_some((record, in_time && !cut_short))
            }
            _ => None,
        }
    }
}

fn seen(record: &DeviceRecord, is_whole: bool, began: Timestamp) -> Seen {
    let mut facts = facts::of(record, &mut Keys::default());
    // Asked on its own loopback, a printer does not tell where others find it.
    facts.remove("address");
    Seen { observed_at: record.observed_at.unwrap_or(began), is_whole, facts }
}

/// The module runs, so the printer has power; more is not known.
fn silent(at: Timestamp, why: String) -> Seen {
    let mut facts = Facts::from([("presence".into(), Value::from("unknown"))]);
    complain(&mut facts, why);
    Seen { observed_at: at, is_whole: false, facts }
}
