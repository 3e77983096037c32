//! Writing.

use alloc::vec::Vec;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use wire::Report;
use wire::commands::{Outcome, OutcomeKind};
use wire::envelope::{SenderKind, Software};
use wire::facts::Value;
use wire::reading::{Change, Reading};
use wire::rhythm::{Rhythm, Schedule};
use wire::talk::EnrolRequest;

/// Writes a report, reading by reading.
pub fn report(report: &Report) -> Vec<u8> {
    let mut out = Out(Vec::with_capacity(1024));
    out.raw("{\"schema\":\"");
    out.raw(wire::SCHEMA);
    out.raw("\",\"sender\":{\"kind\":");
    out.kind(report.sender.kind);
    out.member("id", &report.sender.id);
    out.raw("}");
    out.member("id", &report.id);
    out.raw(",\"sequence\":");
    out.number(report.sequence);
    out.raw(",\"created_at\":");
    out.time(report.created_at);
    if let Some(base) = &report.base {
        out.member("base", base);
    }
    out.raw(",\"software\":");
    out.software(&report.software);
    if let Some(schedule) = &report.schedule {
        out.raw(",\"schedule\":");
        out.schedule(schedule);
    }
    if let Some(at) = report.next_at {
        out.raw(",\"next_at\":");
        out.time(at);
    }
    if report.stopping {
        out.raw(",\"stopping\":true");
    }
    if !report.withheld.is_empty() {
        out.raw(",\"withheld\":");
        out.list(&report.withheld, |out, group| out.text(group.word()));
    }
    if !report.outcomes.is_empty() {
        out.raw(",\"outcomes\":");
        out.list(&report.outcomes, Out::outcome);
    }
    out.raw(",\"readings\":");
    out.list(&report.readings, Out::reading);
    out.raw("}");
    out.0
}

/// Writes the body of `POST /api/v1/enrol`.
pub fn enrol(request: &EnrolRequest) -> Vec<u8> {
    let mut out = Out(Vec::new());
    out.raw("{\"secret\":");
    out.text(&request.secret);
    out.raw(",\"kind\":");
    out.kind(request.kind);
    if let Some(name) = &request.name {
        out.member("name", name);
    }
    out.raw(",\"software\":");
    out.software(&request.software);
    out.raw("}");
    out.0
}

/// Is what has been written so far.
struct Out(Vec<u8>);

impl Out {
    fn raw(&mut self, text: &str) {
        self.0.extend_from_slice(text.as_bytes());
    }

    fn text(&mut self, text: &str) {
        self.raw("\"");
        for octet in text.bytes() {
            match octet {
                b'"' | b'\\' => self.0.extend_from_slice(&[b'\\', octet]),
                0..=0x1f => {
                    self.raw("\\u00");
                    let digit = |half: u8| char::from_digit(half.into(), 16).map_or(b'0', |digit| digit as u8);
                    self.0.extend_from_slice(&[digit(octet >> 4), digit(octet & 15)]);
                }
                octet => self.0.push(octet),
            }
        }
        self.raw("\"");
    }

    fn name(&mut self, name: &str) {
        self.text(name);
        self.raw(":");
    }

    fn member(&mut self, name: &str, text: &str) {
        self.raw(",");
        self.name(name);
        self.text(text);
    }

    fn list<T>(&mut self, items: &[T], mut write: impl FnMut(&mut Self, &T)) {
        self.raw("[");
        for (place, item) in items.iter().enumerate() {
            if place > 0 {
                self.raw(",");
            }
            write(self, item);
        }
        self.raw("]");
    }

    fn number(&mut self, mut number: u64) {
        let begin = self.0.len();
        loop {
            self.0.push(b'0' + (number % 10) as u8);
            number /= 10;
            if number == 0 {
                break;
            }
        }
        self.0[begin..].reverse();
    }

    fn signed(&mut self, number: i64) {
        if number < 0 {
            self.raw("-");
        }
        self.number(number.unsigned_abs());
    }

    /// Two digits of a date or time.
    fn two(&mut self, before: &str, number: i8) {
        self.raw(before);
        if number < 10 {
            self.raw("0");
        }
        self.number(number.unsigned_abs().into());
    }

    fn time(&mut self, at: Timestamp) {
        let civil = TimeZone::UTC.to_datetime(at);
        self.raw("\"");
        // Years of a printer have four digits; before 1000 no clock was set.
        self.number(civil.year().unsigned_abs().into());
        self.two("-", civil.month());
        self.two("-", civil.day());
        self.two("T", civil.hour());
        self.two(":", civil.minute());
        self.two(":", civil.second());
        self.raw("Z\"");
    }

    fn kind(&mut self, kind: SenderKind) {
        self.text(match kind {
            SenderKind::Agent => "agent",
            SenderKind::DeviceDirect => "device-direct",
        });
    }

    fn software(&mut self, software: &Software) {
        self.raw("{\"name\":");
        self.text(&software.name);
        self.member("version", &software.version);
        if let Some(profiles) = &software.profiles {
            self.member("profiles", profiles);
        }
        self.raw("}");
    }

    fn schedule(&mut self, schedule: &Schedule) {
        self.raw("{\"rhythm\":");
        match schedule.rhythm {
            Rhythm::Daily { at, spread_minutes } => {
                self.raw("{\"daily\":{\"at\":\"");
                self.two("", at.hour() as i8);
                self.two(":", at.minute() as i8);
                self.raw("\",\"spread_minutes\":");
                self.number(spread_minutes.into());
                self.raw("}}");
            }
            Rhythm::Every { seconds } => {
                self.raw("{\"every_seconds\":");
                self.number(seconds.into());
                self.raw("}");
            }
        }
        self.member("time_zone", &schedule.time_zone);
        self.raw("}");
    }

    fn outcome(&mut self, outcome: &Outcome) {
        self.raw("{\"command\":");
        self.text(&outcome.command);
        self.member(
            "outcome",
            match outcome.outcome {
                OutcomeKind::Done => "done",
                OutcomeKind::Failed => "failed",
                OutcomeKind::Refused => "refused",
                OutcomeKind::Expired => "expired",
                OutcomeKind::Unknown => "unknown",
            },
        );
        self.raw(",\"at\":");
        self.time(outcome.at);
        if let Some(detail) = &outcome.detail {
            self.member("detail", detail);
        }
        self.raw("}");
    }

    fn reading(&mut self, reading: &Reading) {
        self.raw("{\"device\":");
        self.number(reading.device.into());
        self.raw(",\"observed_at\":");
        self.time(reading.observed_at);
        self.member("extent", reading.extent.word());
        self.changes(reading, "facts", '{', |out, key, change| match change {
            Change::Set(value) => {
                out.name(key);
                out.value(value);
                true
            }
            _ => false,
        });
        self.changes(reading, "add", '{', |out, key, change| match change {
            Change::Add(by) => {
                out.name(key);
                out.signed(*by);
                true
            }
            _ => false,
        });
        self.changes(reading, "gone", '[', |out, key, change| match change {
            Change::Gone => {
                out.text(key);
                true
            }
            _ => false,
        });
        self.raw("}");
    }

    /// Writes the changes of one kind, if there are any.
    fn changes(&mut self, reading: &Reading, name: &str, open: char, write: impl Fn(&mut Self, &str, &Change) -> bool) {
        let begin = self.0.len();
        self.raw(",");
        self.name(name);
        self.0.push(open as u8);
        let mut is_empty = true;
        for (key, change) in &reading.changes {
            let before = self.0.len();
            if !is_empty {
                self.raw(",");
            }
            match write(self, key, change) {
                true => is_empty = false,
                false => self.0.truncate(before),
            }
        }
        self.0.push(if open == '{' { b'}' } else { b']' });
        if is_empty {
            self.0.truncate(begin);
        }
    }

    fn value(&mut self, value: &Value) {
        match value {
            Value::Bool(true) => self.raw("true"),
            Value::Bool(false) => self.raw("false"),
            Value::Integer(number) => self.signed(*number),
            Value::Decimal(number) => self.decimal(*number),
            Value::Text(text) => self.text(text),
            Value::List(words) => self.list(words, |out, word| out.text(word)),
        }
    }

    /// Six digits behind the point: nothing in a printer is measured more finely.
    fn decimal(&mut self, number: f64) {
        if number.is_sign_negative() {
            self.raw("-");
        }
        let millionths = millionths(number);
        self.number(millionths / 1_000_000);
        let mut rest = millionths % 1_000_000;
        self.raw(".");
        let mut place = 100_000;
        loop {
            self.0.push(b'0' + (rest / place) as u8);
            rest %= place;
            place /= 10;
            if rest == 0 || place == 0 {
                break;
            }
        }
    }
}

/// Returns the size of a number in millionths, rounded. By its bits: a small processor would need a
/// library for anything else.
fn millionths(number: f64) -> u64 {
    let bits = number.to_bits();
    let fraction = u128::from(bits & ((1 << 52) - 1) | 1 << 52) * 1_000_000;
    // The number is its fraction divided by two to this power.
    let power = 1075 - ((bits >> 52) & 0x7ff) as i64;
    match power {
        1..=126 => u64::try_from((fraction + (1 << (power - 1))) >> power).unwrap_or(u64::MAX),
        127.. => 0,
        // Beyond 2^52 nothing of a printer is counted in fractions.
        _ => u64::MAX,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::String;
    use wire::envelope::Sender;
    use wire::privacy::Group;
    use wire::reading::Extent;

    fn full(readings: Vec<Reading>) -> Report {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        Report {
            sender: Sender { kind: SenderKind::DeviceDirect, id: "s-1".into() },
            id: "r-1".into(),
            sequence: 7,
            created_at: at("2026-11-05T02:07:09Z"),
            base: Some("r-0".into()),
            software: Software { name: "a \"b\" \\ \u{1} é".into(), version: "1".into(), profiles: Some("p".into()) },
            schedule: Some(Schedule {
                rhythm: Rhythm::Daily { at: "02:05".parse().unwrap(), spread_minutes: 60 },
                time_zone: "UTC".into(),
            }),
            next_at: Some(at("2026-12-31T23:59:59Z")),
            stopping: false,
            host: None,
            site: None,
            withheld: alloc::vec![Group::Console, Group::AssetNames],
            outcomes: alloc::vec![Outcome {
                command: "c".into(),
                outcome: OutcomeKind::Done,
                at: at("2026-11-05T02:07:09Z"),
                detail: Some("d".into())
            }],
            readings,
        }
    }

    fn reading() -> Reading {
        let change = |key: &str, change| (key.into(), change);
        Reading {
            device: 1,
            observed_at: "2026-11-05T02:07:08Z".parse().unwrap(),
            extent: Extent::Changes,
            changes: alloc::vec![
                change("a", Change::Set(Value::Bool(true))),
                change("b", Change::Add(-5)),
                change("c", Change::Gone),
                change("d", Change::Set(Value::Decimal(0.71))),
                change("e", Change::Set(Value::List(alloc::vec!["x".into(), "y".into()]))),
                change("f", Change::Set(Value::Integer(i64::MIN))),
                change("g", Change::Set(Value::Text(String::new()))),
            ],
        }
    }

    #[test]
    fn what_is_written_is_what_wire_writes() {
        for readings in [alloc::vec![], alloc::vec![reading()]] {
            let report_ = full(readings);
            let written = String::from_utf8(report(&report_)).unwrap();
            // Of no fewer meaning: control characters have a second form.
            assert_eq!(written, String::from_utf8(wire::json::encode(&report_)).unwrap());
        }
    }

    #[test]
    fn many_readings_say_the_same_reading_by_reading() {
        let mut later = reading();
        later.observed_at = "2026-11-06T02:07:08Z".parse().unwrap();
        let report_ = full(alloc::vec![reading(), later]);
        assert_eq!(wire::json::decode(&report(&report_)).unwrap(), report_);
    }

    #[test]
    fn decimals_are_written_to_the_millionth() {
        let written = |number| {
            let mut out = Out(Vec::new());
            out.decimal(number);
            String::from_utf8(out.0).unwrap()
        };
        assert_eq!([0.5, 0.05, 1.25, -0.1, 0.000_000_4].map(written), ["0.5", "0.05", "1.25", "-0.1", "0.0"]);
        assert_eq!(written(1.0 / 3.0), "0.333333");
    }
}
