//! Senders that are let in, and the requests that they send, ready before anything is measured.

use std::path::Path;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use server::config::Settings;
use server::credential::{Purpose, ServerKey, new_secret};
use store::{Applicant, Enrolment, Role, Scope, SecretHash, SenderId, Store, TenantId};
use wire::envelope::{Report, Sender, SenderKind, Software};
use wire::rhythm::{Rhythm, Schedule};
use wire::{Reading, json};

use crate::fleet;

/// Is a sender and what it calls with.
#[derive(Clone)]
pub struct Caller {
    pub id: SenderId,
    pub secret: String,
    pub kind: SenderKind,
    /// The number of its first device among all devices.
    pub first: u64,
    /// How many devices it has.
    pub devices: u64,
}

/// Is a store with senders in it, made ready for a server.
pub struct Prepared {
    pub tenant: TenantId,
    pub callers: Vec<Caller>,
    /// An operator's token.
    pub token: String,
}

/// Lets senders in, each with so many devices.
pub async fn enrol(folder: &Path, senders: u64, devices: u64, kind: SenderKind) -> Prepared {
    let settings = Settings { data: folder.to_owned(), ..Settings::default() };
    let opened = server::open::open(&settings).expect("a new store");
    enrol_in(&opened.store, &opened.key, senders, devices, kind).await
}

/// The same in a store that is open.
pub async fn enrol_in(store: &Arc<dyn Store>, key: &ServerKey, senders: u64, devices: u64, kind: SenderKind) -> Prepared {
    let now = Timestamp::now();
    let tenant = store.create_tenant("bench", now).await.expect("a new tenant").id;
    let (code, token) = (new_secret(), new_secret());
    let hash = SecretHash(key.hash(Purpose::TenantToken, &code));
    store.create_tenant_token(tenant, hash, "bench", "bench", None, now).await.expect("a new token");
    let operator = SecretHash(key.hash(Purpose::ApiToken, &token));
    store.create_api_token(operator, "bench", Scope::AllTenants, Role::Operator, None, now).await.expect("a new token");
    let mut callers = Vec::new();
    // Many at once share a commit.
    let mut under_way = tokio::task::JoinSet::new();
    for number in 0..senders {
        let (store, secret) = (Arc::clone(store), new_secret());
        let credential = SecretHash(key.hash(Purpose::Sender, &secret));
        let applicant = Applicant { secret: hash, kind, name: None, software: software(), credential };
        under_way.spawn(async move {
            match store.enrol(applicant, now).await.expect("a working store") {
                Enrolment::Enrolled(sender) => Caller { id: sender.id, secret, kind, first: number * devices, devices },
                other => panic!("not enrolled: {other:?}"),
            }
        });
        if under_way.len() == 256 {
            callers.extend(under_way.join_next().await.map(|caller| caller.expect("no panic")));
        }
    }
    callers.extend(under_way.join_all().await);
    callers.sort_by_key(|caller| caller.first);
    Prepared { tenant, callers, token }
}

fn software() -> Software {
    Software { name: "roundsman-bench".to_owned(), version: "1.0.0".to_owned(), profiles: None }
}

/// Says how a report tells its values.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// All of them, each time.
    Whole,
    /// After the first time what has changed.
    Changes,
}

/// Makes the report of a sender for one of so many days.
pub fn report(caller: &Caller, told: Told, day: u64, days: u64, now: Timestamp) -> Report {
    let at = fleet::read_at(now, day, days);
    let is_whole = told == Told::Whole || day == 0;
    let reading = |place: u64| {
        let (device, number) = (caller.first + place, u32::try_from(place + 1).expect("few devices"));
        if is_whole {
            Reading::whole(number, at, &fleet::facts(device, day))
        } else {
            Reading::since(&fleet::facts(device, day - 1), number, at, &fleet::facts(device, day))
        }
    };
    let id = |day: u64| format!("{}-{day}", caller.id);
    Report {
        sender: Sender { kind: caller.kind, id: caller.id.to_string() },
        id: id(day),
        sequence: day + 1,
        created_at: now,
        base: (!is_whole).then(|| id(day - 1)),
        software: software(),
        schedule: Some(Schedule {
            rhythm: Rhythm::Daily { at: "02:00".parse().expect("a time"), spread_minutes: 60 },
            time_zone: "UTC".into(),
        }),
        next_at: None,
        stopping: false,
        host: None,
        site: None,
        withheld: Vec::new(),
        outcomes: Vec::new(),
        readings: (0..caller.devices).map(reading).collect(),
    }
}

/// Is a report as it travels, and how large its body is.
pub struct Request {
    pub octets: Vec<u8>,
    pub zstd: usize,
}

/// Writes the request that carries a report, compressed as senders of ours do it.
pub fn request(caller: &Caller, report: &Report, ends: bool) -> Request {
    let json = json::encode(report);
    let body = zstd::bulk::compress(&json, 3).expect("memory");
    let credentials = STANDARD.encode(format!("{}:{}", caller.id, caller.secret));
    let connection = if ends { "connection: close\r\n" } else { "" };
    let mut octets = format!(
        "POST /api/v1/reports HTTP/1.1\r\nhost: localhost\r\nauthorization: Basic {credentials}\r\ncontent-type: application/json\r\n\
         content-encoding: zstd\r\n{connection}content-length: {}\r\n\r\n",
        body.len()
    )
    .into_bytes();
    octets.extend_from_slice(&body);
    Request { octets, zstd: body.len() }
}
