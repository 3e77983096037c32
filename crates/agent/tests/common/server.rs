//! A server in memory, on the seam where the agent meets the real one. It keeps what it accepted for
//! ever, checks what a server must be able to rely on, and can fail in every way.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};

use agent::synchronise::{Connect, Refusal, Server};
use jiff::Timestamp;
use wire::commands::Command;
use wire::talk::{Hello, LastReport, Reply, Taken};
use wire::{Extent, Facts, Report};

/// Is what goes wrong with one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The line is cut before the report arrives.
    LostReport,
    /// The report is on the server's disk, and its word on that does not arrive.
    LostReply,
    /// It speaks of another report.
    WrongReply,
    TooLarge,
    Rejected,
    /// As if the report had been told against another one.
    NeedsFull,
}

#[derive(Default)]
pub struct FakeServer {
    /// What it accepted: octets and report, by id.
    pub reports: RefCell<BTreeMap<String, (Vec<u8>, Report)>>,
    pub last: RefCell<Option<LastReport>>,
    /// What it knows of each device.
    pub devices: RefCell<BTreeMap<u32, Facts>>,
    /// How often each reading came under another report's name.
    pub readings: RefCell<BTreeMap<(u32, Timestamp), u32>>,
    /// Every call in order: the id of the report, and the SHA-256 of its octets.
    pub calls: RefCell<Vec<(String, [u8; 32])>>,
    pub commands: RefCell<VecDeque<Command>>,
    pub faults: RefCell<VecDeque<Fault>>,
    pub is_cut: Cell<bool>,
    /// Is called as each report arrives, before anything is made of it.
    pub on_send: RefCell<Option<Box<dyn Fn()>>>,
}

pub fn cut() -> Refusal {
    Refusal::Other { reason: "no way".into(), server_answered: false, wait: None }
}

impl FakeServer {
    /// Forgets the newest reports, as a server restored from an old copy has.
    pub fn restore(&self, to: Option<LastReport>, devices: BTreeMap<u32, Facts>) {
        *self.last.borrow_mut() = to;
        *self.devices.borrow_mut() = devices;
    }

    fn take(&self, payload: &[u8]) -> Result<Reply, Refusal> {
        let report = wire::json::decode(&uplink::decompress(payload, 64 << 20).unwrap()).unwrap();
        self.calls.borrow_mut().push((report.id.clone(), uplink::trust::sha256(payload)));
        if let Some(on_send) = &*self.on_send.borrow() {
            on_send();
        }
        if self.is_cut.get() {
            return Err(cut());
        }
        let fault = self.faults.borrow_mut().pop_front();
        match fault {
            Some(Fault::LostReport) => return Err(cut()),
            Some(Fault::TooLarge) => return Err(Refusal::TooLarge("too large".into())),
            Some(Fault::Rejected) => return Err(Refusal::Rejected("no".into())),
            Some(Fault::NeedsFull) => return Err(Refusal::NeedsFull(self.last.borrow().clone())),
            Some(Fault::LostReply | Fault::WrongReply) | None => {}
        }
        let taken = self.accept(payload, report.clone())?;
        if fault == Some(Fault::LostReply) {
            return Err(cut());
        }
        if fault == Some(Fault::WrongReply) {
            return Ok(Reply { report: "another".into(), taken, commands: Vec::new() });
        }
        let commands = self.commands.borrow_mut().drain(..).collect();
        Ok(Reply { report: report.id, taken, commands })
    }

    fn accept(&self, payload: &[u8], report: Report) -> Result<Taken, Refusal> {
        if let Some((known, _)) = self.reports.borrow().get(&report.id) {
            assert_eq!(known, payload, "a second version of report {}", report.id);
            return Ok(Taken::Duplicate);
        }
        let last = self.last.borrow().clone();
        if last.as_ref().is_some_and(|last| last.sequence >= report.sequence) {
            return Err(Refusal::Stale(last));
        }
        if report.base.is_some() && report.base != last.as_ref().map(|last| last.id.clone()) {
            return Err(Refusal::NeedsFull(last));
        }
        let mut devices = self.devices.borrow_mut();
        for reading in &report.readings {
            assert!(report.base.is_some() || reading.extent != Extent::Changes, "changes against nothing");
            reading.apply(devices.entry(reading.device).or_default()).expect("the difference fits");
            *self.readings.borrow_mut().entry((reading.device, reading.observed_at)).or_default() += 1;
        }
        *self.last.borrow_mut() = Some(LastReport { id: report.id.clone(), sequence: report.sequence });
        self.reports.borrow_mut().insert(report.id.clone(), (payload.to_vec(), report));
        Ok(Taken::Accepted)
    }

    /// Returns the accepted reports, in order.
    pub fn accepted(&self) -> Vec<Report> {
        let mut reports: Vec<Report> = self.reports.borrow().values().map(|(_, report)| report.clone()).collect();
        reports.sort_by_key(|report| report.sequence);
        reports
    }
}

impl Connect for FakeServer {
    fn connect(&self) -> Result<Box<dyn Server + '_>, Refusal> {
        if self.is_cut.get() {
            return Err(cut());
        }
        let hello = Hello { speaks: vec![wire::SCHEMA.into()], now: Timestamp::UNIX_EPOCH, last_report: self.last.borrow().clone() };
        Ok(Box::new(Connected { server: self, hello, sent: 0 }))
    }

    fn destination(&self) -> String {
        "reports.example.com:443".into()
    }
}

struct Connected<'a> {
    server: &'a FakeServer,
    hello: Hello,
    sent: u64,
}

impl Server for Connected<'_> {
    fn hello(&self) -> &Hello {
        &self.hello
    }

    fn send(&mut self, payload: &[u8]) -> Result<Reply, Refusal> {
        self.sent += payload.len() as u64;
        self.server.take(payload)
    }

    fn octets(&self) -> (u64, u64) {
        (self.sent, 0)
    }
}
