//! Beside SNMP: printers that it leaves open are asked by the other protocols that the site allows.
//!
//! A few threads ask, one printer each; a round goes on meanwhile, and takes their answers as they come.

use std::collections::{BTreeMap, VecDeque};
use std::net::{IpAddr, SocketAddr};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use catalog::{Catalog, Sections};
use collect::Context;
use jiff::{SignedDuration, Timestamp};
use model::record::{Path, Presence, SupplyClass};
use model::{DeviceRecord, Level};

use crate::config::Protocol;
use crate::known_printers::KnownPrinters;
use crate::ports::{self, Silence};

/// Is how many printers are asked at once.
const AT_ONCE: usize = 8;
/// Is how many may wait for that; of a whole fleet of open printers, the rest comes with the next rounds.
const MOST_WAITING: usize = 128;
/// Is for how long a printer that does not speak IPP is not asked again whether it does.
const QUIET: SignedDuration = SignedDuration::from_hours(24);

/// Is a printer that SNMP leaves open: silent, or with supplies that it does not measure.
pub struct Open {
    pub address: SocketAddr,
    pub record: Option<Box<DeviceRecord>>,
    pub cut_short: bool,
}

/// Is what came of it; without a record, whether the printer is there all the same.
pub struct Closed {
    pub open: Open,
    pub presence: Presence,
}

/// Is what is remembered from round to round: who does not speak IPP.
#[derive(Default)]
pub struct Memory(Mutex<BTreeMap<IpAddr, Timestamp>>);

/// Is everything that those who ask share.
struct Desk {
    protocols: Vec<Protocol>,
    catalog: Arc<Catalog>,
    known: Mutex<KnownPrinters>,
    memory: Arc<Memory>,
    queue: Mutex<Queue>,
}

/// Is who waits, and how many threads ask; both under one lock, so that nobody waits for a thread that is leaving.
#[derive(Default)]
struct Queue {
    waiting: VecDeque<Open>,
    asking: usize,
}

/// Asks beside a round.
pub struct Beside {
    desk: Arc<Desk>,
    sender: Sender<Closed>,
    closed: Receiver<Closed>,
    /// Printers handed over and not given back.
    out: usize,
}

impl Beside {
    /// Returns `None` where the site allows SNMP alone.
    pub fn new(protocols: &[Protocol], catalog: Arc<Catalog>, known: KnownPrinters, memory: Arc<Memory>) -> Option<Self> {
        if protocols.iter().all(|protocol| *protocol == Protocol::Snmp) {
            return None;
        }
        let (sender, closed) = channel();
        let desk = Desk { protocols: protocols.to_vec(), catalog, known: Mutex::new(known), memory, queue: Mutex::default() };
        Some(Beside { desk: Arc::new(desk), sender, closed, out: 0 })
    }

    /// Takes a printer, unless it is not worth asking or too many wait: then it is given back.
    pub fn take(&mut self, open: Open) -> Result<(), Open> {
        let is_open = open.record.as_deref().is_none_or(leaves_open);
        if !is_open || self.out >= MOST_WAITING || open.record.is_some() && self.desk.memory.is_quiet(open.address.ip()) {
            return Err(open);
        }
        self.out += 1;
        let mut queue = self.desk.queue();
        queue.waiting.push_back(open);
        if queue.asking < AT_ONCE {
            let (desk, sender) = (self.desk.clone(), self.sender.clone());
            let started = std::thread::Builder::new().name("ports".to_owned()).spawn(move || desk.work(&sender));
            queue.asking += usize::from(started.is_ok());
        }
        Ok(())
    }

    /// Returns a printer that has been asked, if one has.
    pub fn poll(&mut self) -> Option<Closed> {
        let closed = self.closed.try_recv().ok()?;
        self.out -= 1;
        Some(closed)
    }

    /// Waits for the next printer that is being asked; `None` when there is none.
    pub fn wait(&mut self) -> Option<Closed> {
        if self.out == 0 {
            return None;
        }
        // Where the system gives no thread, this one asks.
        if self.desk.queue().asking == 0 {
            self.desk.work(&self.sender);
        }
        let closed = self.closed.recv().ok()?;
        self.out -= 1;
        Some(closed)
    }
}

impl Desk {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks one printer after the other until none waits.
    fn work(&self, sender: &Sender<Closed>) {
        loop {
            let open = {
                let mut queue = self.queue();
                let Some(open) = queue.waiting.pop_front() else {
                    queue.asking = queue.asking.saturating_sub(1);
                    return;
                };
                open
            };
            // A round that has ended takes no more.
            let _ = sender.send(self.ask(open));
        }
    }

    /// Asks one printer by all protocols of the site: IPP first, the ports of print jobs only if it is not printing.
    fn ask(&self, mut open: Open) -> Closed {
        let ip = open.address.ip();
        let now = Timestamp::from_millisecond(Timestamp::now().as_millisecond()).ok();
        let context = Context { sections: Sections::all(), observed_at: now, path: Path::Agent };
        let mut silences = Vec::new();
        let is_silent = open.record.is_none();
        let mut records: Vec<DeviceRecord> = open.record.take().map(|record| *record).into_iter().collect();
        for protocol in &self.protocols {
            let is_printing = records.iter().any(|record| record.presence == Presence::Printing);
            let said = match protocol {
                Protocol::Snmp => continue,
                Protocol::Ipp => self.ask_ipp(ip, &context),
                Protocol::Pjl | Protocol::Lpd if is_printing => continue,
                Protocol::Pjl => ports::ask_pjl(SocketAddr::new(ip, 9100), &self.catalog, &context),
                Protocol::Lpd => ports::ask_lpd(SocketAddr::new(ip, 515), "lp", &context),
            };
            match said {
                Ok(record) => records.push(record),
                Err(silence) => silences.push(silence),
            }
        }
        match collect::fuse(records) {
            // What another protocol tells is a part, and would stand in the store for the whole: of a device
            // that is silent by SNMP it tells only that it is there.
            Some(seen) if is_silent => Closed { open, presence: seen.presence },
            record => Closed { open: Open { record: record.map(Box::new), ..open }, presence: meaning(&silences) },
        }
    }

    fn ask_ipp(&self, ip: IpAddr, context: &Context) -> ports::Said {
        let who = ports::who(ip, IPP_PORT);
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner).get(&who);
        let asked = ports::ask_ipp(SocketAddr::new(ip, IPP_PORT), None, known, &self.catalog, context);
        match asked {
            Ok((mut record, certificate)) => {
                record.address = Some(ip.to_string());
                let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
                let kept = certificate.map_or(Ok(()), |fingerprint| known.remember(&who, fingerprint));
                record.problems.extend(kept.err());
                Ok(record)
            }
            Err(silence) => {
                self.memory.note(ip);
                Err(silence)
            }
        }
    }
}

const IPP_PORT: u16 = 631;

/// Says what it means that a printer tells nothing by any protocol: a port that is refused is refused by
/// somebody; where the network itself finds nobody, the printer is off; else nobody knows.
fn meaning(silences: &[Silence]) -> Presence {
    if silences.iter().any(|silence| silence.is_there) {
        Presence::Refusing
    } else if silences.iter().any(|silence| silence.is_off) {
        Presence::Off
    } else {
        Presence::Unreachable
    }
}

/// Returns whether SNMP leaves something open that another protocol may tell: supplies that are not there, or
/// that something fills and nobody measures.
fn leaves_open(record: &DeviceRecord) -> bool {
    let is_measured = |level: &Level| matches!(level, Level::Measured { .. } | Level::Empty);
    let mut containers = record.supplies.iter().filter(|supply| supply.class == Some(SupplyClass::Container)).peekable();
    containers.peek().is_none() || containers.any(|supply| !is_measured(&supply.level))
}

impl Memory {
    fn is_quiet(&self, address: IpAddr) -> bool {
        let silent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        silent.get(&address).is_some_and(|since| Timestamp::now().duration_since(*since) < QUIET)
    }

    fn note(&self, address: IpAddr) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(address, Timestamp::now());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn silence(is_there: bool, is_off: bool) -> Silence {
        Silence { why: String::new(), is_there, is_off, has_changed: false }
    }

    #[test]
    fn d_16_silences_have_different_words() {
        assert_eq!(meaning(&[]), Presence::Unreachable);
        assert_eq!(meaning(&[silence(false, false)]), Presence::Unreachable);
        assert_eq!(meaning(&[silence(false, true)]), Presence::Off);
        assert_eq!(meaning(&[silence(false, true), silence(true, false)]), Presence::Refusing);
    }

    #[test]
    fn a_printer_that_listens_nowhere_but_refuses_is_refusing() {
        let mut beside = Beside::new(
            &[Protocol::Snmp, Protocol::Ipp],
            Arc::new(Catalog::embedded().expect("embedded")),
            KnownPrinters::open(None),
            Arc::default(),
        )
        .expect("IPP is allowed");
        let address = SocketAddr::from(([127, 8, 9, 10], 161));
        assert!(beside.take(Open { address, record: None, cut_short: false }).is_ok());
        let closed = beside.wait().expect("one is asked");
        assert_eq!((closed.open.address, closed.presence), (address, Presence::Refusing));
        assert!(closed.open.record.is_none() && beside.wait().is_none());
        let record = Some(Box::new(DeviceRecord::new(Path::Agent)));
        assert!(beside.take(Open { address, record, cut_short: false }).is_err(), "it does not speak IPP, and is not asked again today");
    }

    #[test]
    fn where_snmp_alone_is_allowed_nothing_else_is_asked() {
        let catalog = Arc::new(Catalog::embedded().expect("embedded"));
        assert!(Beside::new(&[Protocol::Snmp], catalog, KnownPrinters::open(None), Arc::default()).is_none());
    }
}
