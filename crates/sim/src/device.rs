//! One device on the network: what it holds, how it answers, and how long that takes.

use std::net::IpAddr;
use std::ops::Range;
use std::sync::Arc;

use snmp::Version;
use snmp::responder::Manners;

use crate::chance::Chance;
use crate::engine::{Engines, SimEngine};
use crate::printer::SimPrinter;
use crate::recording::Recording;
use crate::time::{SECOND, Tick};
use crate::vice::{Answer, Vices};

/// Is where an answer comes from, seen from who asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ReplyFrom {
    /// The address and port that were asked.
    #[default]
    Asked,
    /// The address that was asked, another port.
    OtherPort(u16),
    /// Another address, the port that was asked.
    OtherAddress(IpAddr),
}

/// Is a datagram that a device sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// When it leaves the device.
    pub at: Tick,
    pub from: ReplyFrom,
    pub octets: Vec<u8>,
}

/// Is how a device behaves on the network.
#[derive(Clone, Debug)]
pub struct Conduct {
    /// How long an answer takes, in microseconds; drawn anew for each.
    pub delay: Range<Tick>,
    /// Whether one request waits until the one before it is answered.
    pub serial: bool,
    /// The share of requests that get no answer, from 0.0 to 1.0.
    pub loss: f64,
    /// Community, versions and the largest response.
    pub manners: Manners,
    pub vices: Vices,
}

impl Default for Conduct {
    /// Answers at once, everything, honestly.
    fn default() -> Self {
        Conduct { delay: 0..0, serial: false, loss: 0.0, manners: Manners::default(), vices: Vices::default() }
    }
}

/// Is a device that answers datagrams.
#[derive(Clone, Debug)]
pub struct SimDevice {
    held: Held,
    conduct: Arc<Conduct>,
    chance: Chance,
    busy_until: Tick,
    requests: u64,
    engine: Option<Box<SimEngine>>,
}

#[derive(Clone, Debug)]
enum Held {
    Living(Box<SimPrinter>),
    Recorded(Arc<Recording>),
}

impl SimDevice {
    /// Makes a device of a living printer; `seed` decides its delays and losses.
    pub fn living(printer: SimPrinter, seed: u64) -> Self {
        Self::new(Held::Living(Box::new(printer)), seed)
    }

    /// Makes a device that repeats a recording; `seed` decides its delays and losses.
    pub fn recorded(recording: impl Into<Arc<Recording>>, seed: u64) -> Self {
        Self::new(Held::Recorded(recording.into()), seed)
    }

    fn new(held: Held, seed: u64) -> Self {
        SimDevice { held, conduct: Arc::default(), chance: Chance::new(seed), busy_until: 0, requests: 0, engine: None }
    }

    /// Sets how the device behaves; devices may share one conduct.
    pub fn with_conduct(mut self, conduct: impl Into<Arc<Conduct>>) -> Self {
        self.conduct = conduct.into();
        self
    }

    /// Makes the device an engine of SNMP v3; `of` is what belongs to it alone, as its serial number or address.
    ///
    /// A device without one does not answer v3. Whether it answers v1 and v2c, its manners say.
    pub fn with_engine(mut self, engines: Arc<Engines>, of: &[u8]) -> Self {
        self.engine = Some(Box::new(SimEngine::new(engines, of)));
        self
    }

    /// Returns the device's engine of SNMP v3.
    pub fn engine(&self) -> Option<&SimEngine> {
        self.engine.as_deref()
    }

    /// Returns the printer, to be looked at; `None` for a recording.
    pub fn printer(&self) -> Option<&SimPrinter> {
        match &self.held {
            Held::Living(printer) => Some(printer),
            Held::Recorded(_) => None,
        }
    }

    /// Returns the printer, to be told what happens to it; `None` for a recording.
    pub fn printer_mut(&mut self) -> Option<&mut SimPrinter> {
        match &mut self.held {
            Held::Living(printer) => Some(printer),
            Held::Recorded(_) => None,
        }
    }

    /// Appends what the device answers to `request`.
    ///
    /// `now` is the network's time, `lived` the printer's: a demonstration may let its printers
    /// live faster than its network.
    pub fn answer(&mut self, now: Tick, lived: Tick, request: &[u8], replies: &mut Vec<Reply>) {
        self.requests += 1;
        let conduct = &self.conduct;
        if self.chance.happens(conduct.loss) {
            return;
        }
        let mut answers: Vec<Answer> = Vec::new();
        let engine = self.engine.as_mut().filter(|_| Version::of(request) == Ok(Version::V3));
        match &mut self.held {
            Held::Living(printer) => {
                printer.advance(lived);
                if !printer.is_on() {
                    return;
                }
                let boots = if conduct.vices.forgets_boots && printer.restarts() > 0 { 0 } else { printer.boots() };
                let engine = engine.map(|engine| engine.at(boots, printer.up_secs()));
                conduct.vices.answer(self.requests, request, &**printer, &conduct.manners, engine, &mut answers);
            }
            Held::Recorded(recording) => {
                // A recording has started once, when its network did.
                let engine = engine.map(|engine| engine.at(1, (lived / SECOND) as u32));
                conduct.vices.answer(self.requests, request, &**recording, &conduct.manners, engine, &mut answers);
            }
        }
        if answers.is_empty() {
            return;
        }
        let begun = if conduct.serial { now.max(self.busy_until) } else { now };
        let done = begun + self.chance.within(&conduct.delay);
        self.busy_until = done;
        let from = conduct.vices.answers_from;
        replies.extend(answers.into_iter().map(|answer| Reply { at: done + answer.late_by, from, octets: answer.octets }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::MILLISECOND;
    use crate::vice::Every;
    use snmp::message::{Head, push_message, push_name};
    use snmp::{PduType, Version, oid};

    fn get() -> Vec<u8> {
        let mut out = Vec::new();
        let head = Head { version: Version::V1, community: b"public", kind: PduType::Get, request_id: 1, first: 0, second: 0 };
        push_message(&mut out, &head, |out| push_name(out, &oid::encode(&[1, 3, 6, 1, 2, 1, 1, 5]), &[0]));
        out
    }

    fn device(conduct: Conduct) -> SimDevice {
        let recording = Recording::parse("x", "1.3.6.1.2.1.1.5.0|4|PRN").unwrap();
        SimDevice::recorded(recording, 3).with_conduct(conduct)
    }

    fn asked(device: &mut SimDevice, now: Tick) -> Vec<Reply> {
        let mut replies = Vec::new();
        device.answer(now, now, &get(), &mut replies);
        replies
    }

    #[test]
    fn a_serial_device_answers_one_request_after_the_other() {
        let conduct = Conduct { delay: 20 * MILLISECOND..200 * MILLISECOND, serial: true, ..Conduct::default() };
        let mut device = device(conduct);
        let times: Vec<Tick> = (0..20).map(|_| asked(&mut device, 0)[0].at).collect();
        assert!(times.windows(2).all(|pair| (20 * MILLISECOND..200 * MILLISECOND).contains(&(pair[1] - pair[0]))), "{times:?}");
    }

    #[test]
    fn losses_are_as_many_as_asked_for() {
        let mut device = device(Conduct { loss: 0.05, ..Conduct::default() });
        let lost = (0..2000).filter(|now| asked(&mut device, *now).is_empty()).count();
        assert!((70..130).contains(&lost), "{lost}");
    }

    #[test]
    fn answers_come_late_twice_and_from_elsewhere() {
        let vices = Vices {
            late: Every::ALWAYS,
            late_by: 9,
            duplicates: Every::ALWAYS,
            answers_from: ReplyFrom::OtherPort(2000),
            ..Vices::default()
        };
        let replies = asked(&mut device(Conduct { vices, ..Conduct::default() }), 5);
        assert_eq!(replies.len(), 2);
        assert!(replies.iter().all(|reply| reply.at == 14 && reply.from == ReplyFrom::OtherPort(2000)));
    }
}
