//! Tenants, senders and reports for the rules.

use jiff::{SignedDuration, Timestamp};
use wire::commands::{Action, Command};
use wire::envelope::{SenderKind, Software};
use wire::rhythm::{Rhythm, Schedule};
use wire::talk::Taken;
use wire::{Facts, Key, Reading, Report, Value};

use super::Subject;
use crate::intake::{Coding, Incoming, Receipt, Refused};
use crate::registry::{Applicant, Code, Enrolment, SecretHash, Sender};
use crate::{DeviceId, TenantId};

/// Is when the rules happen: a Wednesday, at noon.
pub fn noon() -> Timestamp {
    "2026-11-25T12:00:00Z".parse().expect("a time")
}

pub fn at(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

pub fn hours(count: i64) -> SignedDuration {
    SignedDuration::from_hours(count)
}

/// Makes a hash that is only like itself.
pub fn hash(seed: &str) -> SecretHash {
    let mut octets = [0; 32];
    for (place, octet) in seed.bytes().enumerate() {
        octets[place % 32] ^= octet.wrapping_add(place as u8);
        octets[31] = octets[31].wrapping_mul(31).wrapping_add(octet);
    }
    SecretHash(octets)
}

pub fn code(seed: &str, site: &str, kind: SenderKind) -> Code {
    let created_at = noon();
    Code { hash: hash(seed), site: site.to_owned(), kind, created_at, expires_at: created_at + hours(24), spent_at: None }
}

pub fn applicant(secret: &str, kind: SenderKind, credential: &str) -> Applicant {
    let software = Software { name: "roundsman-agent".into(), version: "0.1.0".into(), profiles: None };
    Applicant { secret: hash(secret), kind, name: None, software, credential: hash(credential) }
}

pub async fn tenant(store: &Subject, name: &str) -> TenantId {
    store.create_tenant(name, noon()).await.expect("a new name").id
}

/// Enrols a sender by a code; its name is its code, its secret and its site.
pub async fn sender(store: &Subject, tenant: TenantId, name: &str, kind: SenderKind) -> Sender {
    let code_seed = format!("code of {name}");
    store.put_code(tenant, code(&code_seed, name, kind)).await.expect("a new code");
    match store.enrol(applicant(&code_seed, kind, name), noon()).await.expect("a working store") {
        Enrolment::Enrolled(sender) => *sender,
        other => panic!("{name} was not enrolled: {other:?}"),
    }
}

/// Makes a store's first tenant and an agent of it.
pub async fn one_agent(store: &Subject) -> Sender {
    let tenant = tenant(store, "Alder").await;
    sender(store, tenant, "agent one", SenderKind::Agent).await
}

pub fn facts(pairs: &[(&str, Value)]) -> Facts {
    pairs.iter().map(|(key, value)| (Key::from(*key), value.clone())).collect()
}

/// Is a printer with this serial number that has counted so many impressions.
pub fn printer(serial: &str, total: i64) -> Facts {
    facts(&[
        ("identity/manufacturer", "Acme".into()),
        ("identity/serial_number", serial.into()),
        ("meters/total/evidence", "standard".into()),
        ("meters/total/origin", "prtMarkerLifeCount.1.1".into()),
        ("meters/total/value", total.into()),
        ("presence", "ready".into()),
        ("supplies/1/level/kind", "measured".into()),
        ("supplies/1/level/value", 40.into()),
    ])
}

/// Makes a report; the id is made of sender and sequence.
pub fn report(sender: &Sender, sequence: u64, readings: Vec<Reading>) -> Report {
    Report {
        sender: wire::envelope::Sender { kind: sender.kind, id: sender.id.to_string() },
        id: id(sender, sequence),
        sequence,
        created_at: noon(),
        base: None,
        software: sender.software.clone(),
        schedule: None,
        next_at: None,
        stopping: false,
        host: None,
        site: None,
        withheld: Vec::new(),
        outcomes: Vec::new(),
        readings,
    }
}

pub fn id(sender: &Sender, sequence: u64) -> String {
    format!("{}-{sequence}", &sender.id.to_string()[24..])
}

/// Makes a report of changes against the report before it.
pub fn changes(sender: &Sender, sequence: u64, readings: Vec<Reading>) -> Report {
    Report { base: Some(id(sender, sequence - 1)), ..report(sender, sequence, readings) }
}

pub fn incoming(sender: &Sender, report: Report, received_at: Timestamp) -> Incoming {
    let payload = wire::json::encode(&report);
    Incoming { tenant: sender.tenant, sender: sender.id, report, payload, coding: Coding::Plain, received_at }
}

/// Sends one report and returns the answer.
pub async fn send(store: &Subject, sender: &Sender, report: Report, received_at: Timestamp) -> Result<Receipt, Refused> {
    let mut answers = store.take(vec![incoming(sender, report, received_at)]).await;
    assert_eq!(answers.len(), 1, "one report has one answer");
    answers.remove(0)
}

/// Sends a report that must be accepted.
pub async fn accept(store: &Subject, sender: &Sender, report: Report, received_at: Timestamp) -> Receipt {
    let receipt = send(store, sender, report, received_at).await.expect("a report that is taken");
    assert_eq!(receipt.taken, Taken::Accepted);
    receipt
}

/// Reports one whole reading of device 1 and returns the device's id.
pub async fn report_printer(store: &Subject, sender: &Sender, sequence: u64, serial: &str, total: i64, when: Timestamp) -> DeviceId {
    let reading = Reading::whole(1, when, &printer(serial, total));
    accept(store, sender, report(sender, sequence, vec![reading]), when).await;
    let devices = store.devices_of(sender.tenant, sender.id).await.expect("a working store");
    devices.first().expect("the device reported").id
}

/// Is a report each day at two o'clock.
pub fn daily() -> Schedule {
    let at = "02:00".parse().expect("a time of day");
    Schedule { rhythm: Rhythm::Daily { at, spread_minutes: 0 }, time_zone: "UTC".into() }
}

pub fn command(id: &str, issued_at: Timestamp) -> Command {
    Command { id: id.to_owned(), issued_at, expires_at: issued_at + hours(24), action: Action::ReadNow }
}
