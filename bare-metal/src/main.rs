//! A printer without an operating system: clock, flash, facts and TLS are registers.
//!
//! The registers stand for what a real port calls: a real-time clock, two erase blocks, and a TLS
//! library's `exchange`. They are volatile, so that nothing of the core is optimised away.
#![no_std]
#![no_main]

extern crate alloc;

mod memory;
mod registers;

use alloc::string::String;
use alloc::vec::Vec;

use device::answers::{self, Answer};
use device::{Enrolled, Enrolment, Introduction, Mode, Module, Platform, Seen, Settings, Slot, StoreFault, Trouble, Verdict};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use wire::commands::Command;
use wire::envelope::Software;
use wire::privacy::Privacy;
use wire::rhythm::{Rhythm, Schedule, TimeOfDay};
use wire::talk::{EnrolRequest, Hello, Reply};

struct Board {
    credentials: Option<(String, String)>,
}

/// Is a request and its answer, by the TLS library of the board; the certificate is its business.
fn exchange(path: &str, credentials: Option<&(String, String)>, body: &[u8]) -> Result<(u16, Vec<u8>), Trouble> {
    if let Some((user, password)) = credentials {
        registers::tell(user.as_bytes());
        registers::tell(password.as_bytes());
    }
    registers::tell(path.as_bytes());
    registers::tell(body);
    let status = registers::number() as u16;
    if status == 0 { Err(Trouble::Later { why: "no connection".into(), wait: None }) } else { Ok((status, registers::octets())) }
}

fn answer(answer: &(u16, Vec<u8>)) -> Answer<'_> {
    Answer { status: answer.0, retry_after: None, body: &answer.1 }
}

impl Platform for Board {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(registers::number() as i64).unwrap_or(Timestamp::UNIX_EPOCH)
    }

    fn chance(&mut self) -> u64 {
        registers::number()
    }

    fn zone(&self, name: &str) -> Option<TimeZone> {
        (name == "UTC").then_some(TimeZone::UTC)
    }

    fn planned(&self, schedule: &Schedule, place: u64, now: Timestamp) -> (Timestamp, Timestamp) {
        (device::utc::next_after(&schedule.rhythm, place, now), device::utc::last_until(&schedule.rhythm, place, now))
    }

    fn read(&mut self, _slot: Slot) -> Result<Vec<u8>, StoreFault> {
        Ok(registers::octets())
    }

    fn write(&mut self, _slot: Slot, octets: &[u8]) -> Result<(), StoreFault> {
        registers::tell(octets);
        Ok(())
    }

    #[cfg(feature = "facts")]
    fn facts(&mut self) -> Seen {
        let now = self.now();
        match device::facts::decode(&registers::octets(), now, now) {
            Ok(told) => Seen { observed_at: told.observed_at, is_whole: true, facts: told.facts },
            Err(_) => Seen { observed_at: now, is_whole: false, facts: wire::Facts::new() },
        }
    }

    #[cfg(not(feature = "facts"))]
    fn facts(&mut self) -> Seen {
        let mut facts = wire::Facts::new();
        while registers::number() != 0 {
            let key = String::from_utf8(registers::octets()).unwrap_or_default();
            facts.insert(key.as_str().into(), (registers::number() as i64).into());
        }
        Seen { observed_at: self.now(), is_whole: true, facts }
    }

    fn enrol(&mut self, request: &EnrolRequest) -> Result<Enrolled, Trouble> {
        let body = device::answers::enrol_body(request);
        let got = exchange("/api/v1/enrol", None, &body)?;
        Ok(Enrolled { reply: answers::enrolled(answer(&got))?, server: "reports.example.com:443".into(), authority: None })
    }

    fn hello(&mut self, enrolment: &Enrolment) -> Result<Hello, Trouble> {
        self.credentials = Some((enrolment.sender.clone(), enrolment.secret.clone()));
        answers::hello(answer(&exchange("/api/v1/hello", self.credentials.as_ref(), &[])?))
    }

    fn send(&mut self, report: &[u8]) -> Result<Reply, Trouble> {
        answers::reply(answer(&exchange("/api/v1/reports", self.credentials.as_ref(), report)?))
    }

    fn close(&mut self) {
        self.credentials = None;
    }

    fn verdict(&mut self, _command: &Command) -> Verdict {
        Verdict::Open
    }
}

fn settings() -> Settings {
    let at = TimeOfDay::new(2, 0).expect("every clock shows two");
    Settings {
        software: Software { name: "board".into(), version: "1".into(), profiles: None },
        schedule: Schedule { rhythm: Rhythm::Daily { at, spread_minutes: 60 }, time_zone: "UTC".into() },
        privacy: Privacy::default(),
        mode: Mode::Normal,
        introduction: Some(Introduction { secret: String::from_utf8(registers::octets()).unwrap_or_default(), works_once: false }),
        name: None,
        catch_up: false,
    }
}

/// Is where the processor begins.
#[unsafe(no_mangle)]
pub extern "C" fn start() -> ! {
    let mut board = Board { credentials: None };
    let mut module = Module::start(settings(), &mut board);
    loop {
        let next = module.step(&mut board);
        registers::tell(&next.at.as_second().to_be_bytes());
    }
}
