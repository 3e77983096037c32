//! Reading: every length is checked against what there is before anything is taken.

use alloc::string::String;
use alloc::vec::Vec;

use jiff::Timestamp;
use wire::commands::{Action, Command, Outcome, OutcomeKind};
use wire::facts::Value;
use wire::reading::{Change, Extent, Reading};
use wire::rhythm::{Rhythm, Schedule, TimeOfDay};
use wire::{Facts, Key};

use crate::printer::Printer;
use crate::state::{Base, Enrolment, Order, Pending, Stage, State, Wear};

/// Is what is still to be read.
pub(super) struct In<'a> {
    rest: &'a [u8],
}

impl<'a> In<'a> {
    pub(super) fn new(octets: &'a [u8]) -> Self {
        In { rest: octets }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    pub(super) fn state(&mut self) -> Option<State> {
        Some(State {
            wear: Wear { writes: u64::from_be_bytes(self.chunk()?), octets: u64::from_be_bytes(self.chunk()?) },
            enrolment: self.maybe(Self::enrolment)?,
            spent: self.maybe(Self::number)?,
            printer: self.maybe(Self::printer)?,
            schedule: self.maybe(Self::schedule)?,
            sequence: self.number()?,
            reported_at: self.maybe(Self::time)?,
            base: self.maybe(Self::base)?,
            readings: self.list(Self::reading)?,
            dropped: self.number()?.try_into().ok()?,
            pending: self.maybe(Self::pending)?,
            orders: self.list(Self::order)?,
        })
    }

    fn octet(&mut self) -> Option<u8> {
        let (octet, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*octet)
    }

    fn chunk<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (chunk, rest) = self.rest.split_first_chunk()?;
        self.rest = rest;
        Some(*chunk)
    }

    fn number(&mut self) -> Option<u64> {
        let mut number = 0_u64;
        for shift in (0..64).step_by(7) {
            let octet = self.octet()?;
            let part = u64::from(octet & 0x7f);
            // The tenth octet has room for one bit.
            if shift == 63 && part > 1 {
                return None;
            }
            number |= part << shift;
            if octet < 0x80 {
                return Some(number);
            }
        }
        None
    }

    fn signed(&mut self) -> Option<i64> {
        let number = self.number()?;
        Some((number >> 1) as i64 ^ -((number & 1) as i64))
    }

    fn octets(&mut self) -> Option<&'a [u8]> {
        let length = usize::try_from(self.number()?).ok()?;
        let (octets, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        Some(octets)
    }

    fn text(&mut self) -> Option<String> {
        core::str::from_utf8(self.octets()?).ok().map(String::from)
    }

    fn time(&mut self) -> Option<Timestamp> {
        Timestamp::from_second(self.signed()?).ok()
    }

    fn maybe<T>(&mut self, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<Option<T>> {
        match self.octet()? {
            0 => Some(None),
            1 => read(self).map(Some),
            _ => None,
        }
    }

    /// Each item takes an octet at least, so what follows bounds the list.
    fn list<T>(&mut self, mut read: impl FnMut(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let count = usize::try_from(self.number()?).ok().filter(|count| *count <= self.rest.len())?;
        let mut items = Vec::new();
        for _ in 0..count {
            items.push(read(self)?);
        }
        Some(items)
    }

    fn enrolment(&mut self) -> Option<Enrolment> {
        Some(Enrolment {
            server: self.text()?,
            authority: self.maybe(|input| input.octets().map(<[u8]>::to_vec))?,
            sender: self.text()?,
            secret: self.text()?,
        })
    }

    fn printer(&mut self) -> Option<Printer> {
        Some(Printer { serial: self.maybe(Self::text)?, addresses: self.list(Self::text)? })
    }

    fn schedule(&mut self) -> Option<Schedule> {
        let rhythm = match self.octet()? {
            0 => {
                let at = TimeOfDay::new(self.octet()?, self.octet()?)?;
                Rhythm::Daily { at, spread_minutes: self.number()?.try_into().ok()? }
            }
            1 => Rhythm::Every { seconds: self.number()?.try_into().ok()? },
            _ => return None,
        };
        Some(Schedule { rhythm, time_zone: self.text()? })
    }

    fn base(&mut self) -> Option<Base> {
        Some(Base { report: self.text()?, facts: self.facts()? })
    }

    fn facts(&mut self) -> Option<Facts> {
        let mut before = String::new();
        let mut facts = Facts::new();
        for (key, value) in self.list(|input| {
            let key = input.key(&mut before)?;
            let tag = input.octet()?;
            Some((key, input.value(tag)?))
        })? {
            facts.insert(key, value);
        }
        Some(facts)
    }

    fn key(&mut self, before: &mut String) -> Option<Key> {
        let shared = usize::try_from(self.number()?).ok()?;
        let rest = self.octets()?;
        let mut octets = before.as_bytes().get(..shared)?.to_vec();
        octets.extend_from_slice(rest);
        *before = String::from_utf8(octets).ok()?;
        (before.len() <= wire::json::LONGEST_KEY).then(|| Key::from(before.as_str()))
    }

    fn value(&mut self, tag: u8) -> Option<Value> {
        Some(match tag {
            0 => Value::Bool(false),
            1 => Value::Bool(true),
            2 => Value::Integer(self.signed()?),
            3 => Value::Decimal(Some(f64::from_be_bytes(self.chunk()?)).filter(|value| value.is_finite())?),
            4 => Value::Text(self.text()?),
            5 => Value::List(self.list(Self::text)?),
            _ => return None,
        })
    }

    fn reading(&mut self) -> Option<Reading> {
        let observed_at = self.time()?;
        let extent = match self.octet()? {
            0 => Extent::Whole,
            1 => Extent::Changes,
            2 => Extent::Glimpse,
            _ => return None,
        };
        let mut before = String::new();
        let changes = self.list(|input| {
            let key = input.key(&mut before)?;
            let change = match input.octet()? {
                6 => Change::Add(input.signed()?),
                7 => Change::Gone,
                tag => Change::Set(input.value(tag)?),
            };
            Some((key, change))
        })?;
        Some(Reading { device: crate::report::DEVICE, observed_at, extent, changes })
    }

    fn pending(&mut self) -> Option<Pending> {
        Some(Pending {
            id: self.text()?,
            sequence: self.number()?,
            base: self.maybe(Self::text)?,
            octets: self.octets()?.to_vec(),
            readings: self.number()?.try_into().ok()?,
            outcomes: self.list(Self::text)?,
        })
    }

    fn order(&mut self) -> Option<Order> {
        let command = self.command()?;
        let stage = match self.octet()? {
            0 => Stage::Waiting,
            1 => Stage::Begun,
            2 => Stage::Ended(self.outcome(command.id.clone())?),
            3 => Stage::Told,
            _ => return None,
        };
        Some(Order { command, stage })
    }

    fn command(&mut self) -> Option<Command> {
        let (id, issued_at, expires_at) = (self.text()?, self.time()?, self.time()?);
        let action = match self.octet()? {
            0 => Action::ReadNow,
            1 => Action::SetSchedule { schedule: self.schedule()? },
            2 => Action::SendFullReport,
            3 => Action::Unknown,
            _ => return None,
        };
        Some(Command { id, issued_at, expires_at, action })
    }

    fn outcome(&mut self, command: String) -> Option<Outcome> {
        let outcome = match self.octet()? {
            0 => OutcomeKind::Done,
            1 => OutcomeKind::Failed,
            2 => OutcomeKind::Refused,
            3 => OutcomeKind::Expired,
            4 => OutcomeKind::Unknown,
            _ => return None,
        };
        Some(Outcome { command, outcome, at: self.time()?, detail: self.maybe(Self::text)? })
    }
}
