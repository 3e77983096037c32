//! Writing.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use jiff::Timestamp;
use wire::commands::{Action, Command, Outcome, OutcomeKind};
use wire::facts::Value;
use wire::reading::{Change, Extent, Reading};
use wire::rhythm::{Rhythm, Schedule};
use wire::{Facts, Key};

use crate::printer::Printer;
use crate::state::{Base, Enrolment, Order, Pending, Stage, State};

/// Is what has been written so far.
#[derive(Default)]
pub(super) struct Out(pub(super) Vec<u8>);

impl Out {
    pub(super) fn state(&mut self, state: &State) {
        self.0.extend_from_slice(&state.wear.writes.to_be_bytes());
        self.0.extend_from_slice(&state.wear.octets.to_be_bytes());
        self.maybe(&state.enrolment, Self::enrolment);
        self.maybe(&state.spent, |out, mark| out.number(*mark));
        self.maybe(&state.printer, Self::printer);
        self.maybe(&state.schedule, Self::schedule);
        self.number(state.sequence);
        self.maybe(&state.reported_at, |out, at| out.time(*at));
        self.maybe(&state.base, Self::base);
        self.list(&state.readings, Self::reading);
        self.number(state.dropped.into());
        self.maybe(&state.pending, Self::pending);
        self.list(&state.orders, Self::order);
    }

    fn octet(&mut self, octet: u8) {
        self.0.push(octet);
    }

    fn number(&mut self, mut number: u64) {
        while number > 0x7f {
            self.octet(number as u8 | 0x80);
            number >>= 7;
        }
        self.octet(number as u8);
    }

    fn signed(&mut self, number: i64) {
        self.number(((number << 1) ^ (number >> 63)) as u64);
    }

    fn octets(&mut self, octets: &[u8]) {
        self.number(octets.len() as u64);
        self.0.extend_from_slice(octets);
    }

    fn text(&mut self, text: &str) {
        self.octets(text.as_bytes());
    }

    fn time(&mut self, at: Timestamp) {
        self.signed(at.as_second());
    }

    fn maybe<T>(&mut self, value: &Option<T>, write: impl FnOnce(&mut Self, &T)) {
        self.octet(value.is_some().into());
        if let Some(value) = value {
            write(self, value);
        }
    }

    fn list<T>(&mut self, items: &[T], mut write: impl FnMut(&mut Self, &T)) {
        self.number(items.len() as u64);
        items.iter().for_each(|item| write(self, item));
    }

    fn enrolment(&mut self, enrolment: &Enrolment) {
        self.text(&enrolment.server);
        self.maybe(&enrolment.authority, |out, der| out.octets(der));
        self.text(&enrolment.sender);
        self.text(&enrolment.secret);
    }

    fn printer(&mut self, printer: &Printer) {
        self.maybe(&printer.serial, |out, serial| out.text(serial));
        self.list(&printer.addresses, |out, address| out.text(address));
    }

    fn schedule(&mut self, schedule: &Schedule) {
        match schedule.rhythm {
            Rhythm::Daily { at, spread_minutes } => {
                self.octet(0);
                self.octet(at.hour());
                self.octet(at.minute());
                self.number(spread_minutes.into());
            }
            Rhythm::Every { seconds } => {
                self.octet(1);
                self.number(seconds.into());
            }
        }
        self.text(&schedule.time_zone);
    }

    fn base(&mut self, base: &Base) {
        self.text(&base.report);
        self.facts(&base.facts);
    }

    fn facts(&mut self, facts: &Facts) {
        self.number(facts.len() as u64);
        let mut before: &str = "";
        for (key, value) in facts {
            self.key(before, key);
            before = key;
            self.value(value);
        }
    }

    fn key(&mut self, before: &str, key: &Key) {
        let shared = before.bytes().zip(key.bytes()).take_while(|(one, other)| one == other).count();
        self.number(shared as u64);
        self.octets(&key.as_bytes()[shared..]);
    }

    fn value(&mut self, value: &Value) {
        match value {
            Value::Bool(value) => self.octet((*value).into()),
            Value::Integer(value) => {
                self.octet(2);
                self.signed(*value);
            }
            Value::Decimal(value) => {
                self.octet(3);
                self.0.extend_from_slice(&value.to_be_bytes());
            }
            Value::Text(text) => {
                self.octet(4);
                self.text(text);
            }
            Value::List(words) => {
                self.octet(5);
                self.list(words, |out, word| out.text(word));
            }
        }
    }

    fn reading(&mut self, reading: &Reading) {
        self.time(reading.observed_at);
        self.octet(match reading.extent {
            Extent::Whole => 0,
            Extent::Changes => 1,
            Extent::Glimpse => 2,
        });
        self.number(reading.changes.len() as u64);
        let mut before: &str = "";
        for (key, change) in &reading.changes {
            self.key(before, key);
            before = key;
            match change {
                Change::Set(value) => self.value(value),
                Change::Add(by) => {
                    self.octet(6);
                    self.signed(*by);
                }
                Change::Gone => self.octet(7),
            }
        }
    }

    fn pending(&mut self, pending: &Pending) {
        self.text(&pending.id);
        self.number(pending.sequence);
        self.maybe(&pending.base, |out, base| out.text(base));
        self.octets(&pending.octets);
        self.number(pending.readings.into());
        self.list(&pending.outcomes, |out, id| out.text(id));
    }

    fn order(&mut self, order: &Order) {
        self.command(&order.command);
        match &order.stage {
            Stage::Waiting => self.octet(0),
            Stage::Begun => self.octet(1),
            Stage::Ended(outcome) => {
                self.octet(2);
                self.outcome(outcome);
            }
            Stage::Told => self.octet(3),
        }
    }

    /// An action that this version does not know has been refused; only its id is of use.
    fn command(&mut self, command: &Command) {
        self.text(&command.id);
        self.time(command.issued_at);
        self.time(command.expires_at);
        match &command.action {
            Action::ReadNow => self.octet(0),
            Action::SetSchedule { schedule } => {
                self.octet(1);
                self.schedule(schedule);
            }
            Action::SendFullReport => self.octet(2),
            _ => self.octet(3),
        }
    }

    fn outcome(&mut self, outcome: &Outcome) {
        self.octet(match outcome.outcome {
            OutcomeKind::Done => 0,
            OutcomeKind::Failed => 1,
            OutcomeKind::Refused => 2,
            OutcomeKind::Expired => 3,
            OutcomeKind::Unknown => 4,
        });
        self.time(outcome.at);
        let detail: Option<String> = outcome.detail.as_ref().map(ToString::to_string);
        self.maybe(&detail, |out, detail| out.text(detail));
    }
}
