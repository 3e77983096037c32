//! Beside SNMP: printers that it leaves open are asked by the other protocols that the site allows.
//!
//! A few threads ask, one printer each; a round goes on meanwhile, and takes their answers as they come.

use std::collections::{BTreeMap, VecDeque};
use std::net::{IpAddr, SocketAddr};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

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
/// Is how many may be handed over before whoever reads is to wait.
const FULL: usize = 128;
/// No printer is asked for longer by all protocols.
pub const LONGEST: Duration = Duration::from_secs(60);
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

/// Is what is remembered from round to round: since when a printer does not speak IPP.
#[derive(Default)]
pub struct Memory(Mutex<BTreeMap<IpAddr, Timestamp>>);

/// Is where the protocols are listened to.
#[derive(Clone, Copy)]
pub struct Ports {
    pub ipp: u16,
    pub pjl: u16,
    pub lpd: u16,
}

impl Default for Ports {
    fn default() -> Self {
        Ports { ipp: 631, pjl: 9100, lpd: 515 }
    }
}

/// Is what those who ask go by.
pub struct Desk {
    pub protocols: Vec<Protocol>,
    pub ports: Ports,
    pub catalog: Arc<Catalog>,
    pub known: Mutex<KnownPrinters>,
    pub memory: Arc<Memory>,
}

/// Is a printer to ask.
struct Job {
    address: SocketAddr,
    is_printing: bool,
}

/// Is what a printer said by all protocols.
struct Said {
    address: SocketAddr,
    records: Vec<DeviceRecord>,
    silences: Vec<Silence>,
}

/// Is who waits, and how many threads ask; both under one lock, so that nobody waits for a thread that is leaving.
#[derive(Default)]
struct Queue {
    waiting: VecDeque<Job>,
    asking: usize,
}

/// Asks beside a round.
pub struct Beside {
    desk: Arc<Desk>,
    queue: Arc<Mutex<Queue>>,
    sender: Sender<Said>,
    said: Receiver<Said>,
    /// Printers handed over and not given back.
    open: BTreeMap<SocketAddr, Open>,
}

impl Beside {
    /// Returns `None` where the site allows SNMP alone.
    pub fn new(desk: Desk) -> Option<Self> {
        if desk.protocols.iter().all(|protocol| *protocol == Protocol::Snmp) {
            return None;
        }
        let (sender, said) = channel();
        Some(Beside { desk: Arc::new(desk), queue: Arc::default(), sender, said, open: BTreeMap::new() })
    }

    /// Takes a printer, unless it is not worth asking, or nobody can: then it is given back.
    pub fn take(&mut self, open: Open) -> Result<(), Open> {
        let is_open = open.record.as_deref().is_none_or(leaves_open);
        if !is_open || open.record.is_some() && self.desk.memory.is_quiet(open.address.ip()) || self.open.contains_key(&open.address) {
            return Err(open);
        }
        let mut queue = lock(&self.queue);
        if queue.asking < AT_ONCE {
            let (desk, queue_of, sender) = (self.desk.clone(), self.queue.clone(), self.sender.clone());
            let started = std::thread::Builder::new().name("ports".to_owned()).spawn(move || desk.work(&queue_of, &sender));
            queue.asking += usize::from(started.is_ok());
        }
        if queue.asking == 0 {
            return Err(open);
        }
        let is_printing = open.record.as_ref().is_some_and(|record| record.presence == Presence::Printing);
        queue.waiting.push_back(Job { address: open.address, is_printing });
        self.open.insert(open.address, open);
        Ok(())
    }

    pub fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    /// Returns whether no more should be handed over for now.
    pub fn is_full(&self) -> bool {
        self.open.len() >= FULL
    }

    /// Returns a printer that has been asked, if one has.
    pub fn poll(&mut self) -> Option<Closed> {
        self.said.try_recv().ok().and_then(|said| self.close(said))
    }

    /// Waits so long for the next printer that is being asked.
    pub fn wait(&mut self, span: Duration) -> Option<Closed> {
        self.said.recv_timeout(span).ok().and_then(|said| self.close(said))
    }

    /// Gives back all that have not been asked, as SNMP left them.
    pub fn abandon(&mut self) -> Vec<Closed> {
        lock(&self.queue).waiting.clear();
        std::mem::take(&mut self.open).into_values().map(|open| Closed { open, presence: Presence::Unreachable }).collect()
    }

    fn close(&mut self, said: Said) -> Option<Closed> {
        let open = self.open.remove(&said.address)?;
        let Open { address, record, cut_short } = open;
        let Some(mut record) = record else {
            // What another protocol tells is a part, and would stand in the store for the whole: of a device
            // that is silent by SNMP it tells only that it is there.
            let presence = collect::fuse(said.records).map_or_else(|| meaning(&said.silences), |seen| seen.presence);
            return Some(Closed { open: Open { address, record: None, cut_short }, presence });
        };
        record.problems.extend(said.silences.into_iter().filter(|silence| silence.has_changed).map(|silence| silence.why));
        let record = collect::fuse(std::iter::once(*record).chain(said.records)).map(Box::new);
        Some(Closed { open: Open { address, record, cut_short }, presence: Presence::Unreachable })
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Desk {
    /// Asks one printer after the other until none waits.
    fn work(&self, queue: &Mutex<Queue>, sender: &Sender<Said>) {
        loop {
            let job = {
                let mut queue = lock(queue);
                let Some(job) = queue.waiting.pop_front() else {
                    queue.asking = queue.asking.saturating_sub(1);
                    return;
                };
                job
            };
            // A round that has ended takes no more.
            let _ = sender.send(self.ask(&job));
        }
    }

    /// Asks one printer by all protocols of the site: IPP first, the ports of print jobs only if it is not printing.
    fn ask(&self, job: &Job) -> Said {
        let ip = job.address.ip();
        let now = Timestamp::from_millisecond(Timestamp::now().as_millisecond()).ok();
        let context = Context { sections: Sections::all(), observed_at: now, path: Path::Agent };
        let mut said = Said { address: job.address, records: Vec::new(), silences: Vec::new() };
        for protocol in &self.protocols {
            let is_printing = job.is_printing || said.records.iter().any(|record| record.presence == Presence::Printing);
            let answer = match protocol {
                Protocol::Snmp => continue,
                Protocol::Ipp => self.ask_ipp(ip, &context),
                Protocol::Pjl | Protocol::Lpd if is_printing => continue,
                Protocol::Pjl => ports::ask_pjl(SocketAddr::new(ip, self.ports.pjl), &self.catalog, &context),
                Protocol::Lpd => ports::ask_lpd(SocketAddr::new(ip, self.ports.lpd), "lp", &context),
            };
            match answer {
                Ok(record) => said.records.push(record),
                Err(silence) => said.silences.push(silence),
            }
        }
        said
    }

    fn ask_ipp(&self, ip: IpAddr, context: &Context) -> ports::Said {
        let port = self.ports.ipp;
        let who = ports::who(ip, port);
        let known = lock(&self.known).get(&who);
        match ports::ask_ipp(SocketAddr::new(ip, port), None, known, &self.catalog, context) {
            Ok((mut record, certificate)) => {
                record.address = Some(ip.to_string());
                let kept = certificate.map_or(Ok(()), |fingerprint| lock(&self.known).remember(&who, fingerprint));
                record.problems.extend(kept.err());
                Ok(record)
            }
            // It does speak IPP, and perhaps not with us.
            Err(mut silence) if silence.has_changed => {
                let advice = format!("; if that is the printer's own new certificate, remove its line from {}", lock(&self.known));
                silence.why.push_str(&advice);
                Err(silence)
            }
            Err(silence) => {
                self.memory.note(ip);
                Err(silence)
            }
        }
    }
}

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
    use std::io::{BufRead, BufReader, Read, Write};
    use std::net::{Ipv4Addr, TcpListener, TcpStream};

    use model::Origin;
    use model::record::Supply;
    use model::standard::MarkerSuppliesType;
    use sim::ipp::{Attribute, IppPrinter, Value};

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

    fn beside(protocols: &[Protocol], ipp: u16, certificates: Option<&std::path::Path>) -> Option<Beside> {
        Beside::new(Desk {
            protocols: protocols.to_vec(),
            ports: Ports { ipp, ..Ports::default() },
            catalog: Arc::new(Catalog::embedded().expect("embedded")),
            known: KnownPrinters::open(certificates).into(),
            memory: Arc::default(),
        })
    }

    const BOTH: [Protocol; 2] = [Protocol::Snmp, Protocol::Ipp];
    const LONG: Duration = Duration::from_secs(20);

    /// A reading by SNMP that says of the black toner only that some is left.
    fn some_is_left() -> Box<DeviceRecord> {
        let mut record = DeviceRecord::new(Path::Agent);
        record.presence = Presence::Ready;
        record.identity.serial_number = Some("AC1234567".to_owned());
        let black = Supply {
            index: 1,
            class: Some(SupplyClass::Container),
            colorant: Some("black".to_owned()),
            level: Level::Some,
            marker: Some(1),
            kind: Some(MarkerSuppliesType::Toner),
            description: None,
            part_number: None,
            serial_number: None,
            unit: None,
            capacity: None,
            remaining: None,
            origin: Origin::new("prtMarkerSuppliesLevel", &[1, 1]),
        };
        record.supplies = vec![black];
        Box::new(record)
    }

    /// Serves one printer over IPP, for as long as the test runs; returns its port.
    fn printer() -> u16 {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let port = listener.local_addr().expect("bound").port();
        let mut printer = IppPrinter::new(vec![
            Attribute::new("printer-state", [Value::enumeration(3)]),
            Attribute::new("marker-types", [Value::keyword("toner-cartridge")]),
            Attribute::new("marker-colors", [Value::name("#000000")]),
            Attribute::new("marker-levels", [Value::integer(42)]),
        ]);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                while let Some(body) = request(&stream) {
                    let answer = printer.answer(&body);
                    let head = format!("HTTP/1.1 200 OK\r\nContent-Type: application/ipp\r\nContent-Length: {}\r\n\r\n", answer.len());
                    if (&stream).write_all(&[head.as_bytes(), &answer].concat()).is_err() {
                        break;
                    }
                }
            }
        });
        port
    }
    /// Reads the body of one request of HTTP; `None` where the client has gone.
    fn request(stream: &TcpStream) -> Option<Vec<u8>> {
        let mut reader = BufReader::new(stream);
        let mut length = 0;
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).ok()? == 0 {
                return None;
            }
            let line = line.trim_end().to_ascii_lowercase();
            if line.is_empty() {
                break;
            }
            length = line.strip_prefix("content-length:").map_or(length, |told| told.trim().parse().expect("a length"));
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).ok()?;
        Some(body)
    }

    fn open(record: Option<Box<DeviceRecord>>) -> Open {
        Open { address: SocketAddr::from((Ipv4Addr::LOCALHOST, 161)), record, cut_short: false }
    }

    #[test]
    fn a_level_that_snmp_does_not_measure_is_asked_over_ipp() {
        let mut beside = beside(&BOTH, printer(), None).expect("IPP is allowed");
        assert!(beside.take(open(Some(some_is_left()))).is_ok());
        let closed = beside.wait(LONG).expect("the printer answers");
        let record = closed.open.record.expect("a record");
        assert_eq!(record.identity.serial_number.as_deref(), Some("AC1234567"));
        assert_eq!((record.supplies.len(), record.supplies[0].remaining), (1, Some(0.42)));
        assert!(beside.is_empty());
    }

    #[test]
    fn a_device_that_snmp_does_not_reach_is_there_and_the_rest_keeps_its_age() {
        let mut beside = beside(&BOTH, printer(), None).expect("IPP is allowed");
        assert!(beside.take(open(None)).is_ok());
        let closed = beside.wait(LONG).expect("the printer answers");
        assert_eq!((closed.open.record, closed.presence), (None, Presence::Ready));
    }

    #[test]
    fn a_changed_certificate_is_told_with_what_snmp_told() {
        let mut beside = beside(&BOTH, 1, None).expect("IPP is allowed");
        let asked = open(Some(some_is_left()));
        let address = asked.address;
        beside.open.insert(address, asked);
        let told = Silence { why: "another certificate".to_owned(), has_changed: true, ..silence(true, false) };
        let refused = Silence { why: "nobody listens".to_owned(), ..silence(true, false) };
        let closed = beside.close(Said { address, records: Vec::new(), silences: vec![told, refused] }).expect("it was open");
        assert_eq!(closed.open.record.expect("a record").problems, ["another certificate"]);
    }

    #[test]
    fn who_stops_has_back_what_snmp_told() {
        let mut beside = beside(&BOTH, 1, None).expect("IPP is allowed");
        let queue = beside.queue.clone();
        assert!(beside.take(open(Some(some_is_left()))).is_ok());
        let back = beside.abandon();
        assert_eq!(back.len(), 1);
        assert_eq!(back[0].open.record.as_deref(), Some(&*some_is_left()));
        assert!(beside.is_empty() && lock(&queue).waiting.is_empty());
        assert!(beside.wait(Duration::from_millis(300)).is_none(), "an answer that comes too late is nobody's");
    }

    #[test]
    fn a_printer_that_listens_nowhere_but_refuses_is_refusing() {
        let mut beside = beside(&BOTH, 1, None).expect("IPP is allowed");
        assert!(beside.take(open(None)).is_ok());
        let closed = beside.wait(LONG).expect("one is asked");
        assert_eq!((closed.open.record, closed.presence), (None, Presence::Refusing));
        assert!(beside.take(open(Some(some_is_left()))).is_err(), "it does not speak IPP, and is not asked again today");
    }

    #[test]
    fn where_snmp_alone_is_allowed_nothing_else_is_asked() {
        assert!(beside(&[Protocol::Snmp], 631, None).is_none());
    }
}
