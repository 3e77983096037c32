//! The server in this process, and the line to it, which can be cut and can lose a reply.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use agent::speaker::software;
use agent::synchronise::{Connect, Refusal, Server};
use jiff::{SignedDuration, Timestamp};
use policy::expectation::Expectation;
use policy::lifecycle::State;
use policy::overdue::Overdue;
use server::app::{App, Introduction};
use server::config::{Checked, Settings};
use server::credential::ServerKey;
use server::standing::state_of;
use server::watch;
use store::memory::MemoryStore;
use store::{
    Applicant, Code, Coding, Device, DeviceId, Enrolment, HistoryDay, Incoming, Refused, SecretHash, Sender, SenderId, Store, TenantId,
};
use tokio::runtime::{Builder, Runtime};
use wire::envelope::SenderKind;
use wire::rhythm::place_of;
use wire::talk::{Hello, Reply, Taken};

use crate::calendar::{Calendar, PLACE};

const CODE: SecretHash = SecretHash([1; 32]);
const CREDENTIAL: SecretHash = SecretHash([2; 32]);
/// Is the largest report that the server unpacks.
const LARGEST: usize = 64 << 20;

/// Is the time that all share.
#[derive(Clone)]
pub struct Time(Arc<Mutex<Timestamp>>);

impl Time {
    pub fn new(now: Timestamp) -> Self {
        Time(Arc::new(Mutex::new(now)))
    }

    pub fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }

    pub fn set(&self, now: Timestamp) {
        let mut time = self.0.lock().unwrap();
        assert!(*time <= now, "time goes forward");
        *time = now;
    }
}

/// Is the server.
pub struct Office {
    app: App,
    runtime: Runtime,
    time: Time,
    tenant: TenantId,
    pub sender: SenderId,
    pub link_is_cut: Cell<bool>,
    pub loses_next_reply: Cell<bool>,
    /// How often each report was accepted, and how often it came again.
    pub taken: RefCell<BTreeMap<String, (u32, u32)>>,
    /// Octets of reports that came, compressed.
    pub octets: Cell<u64>,
}

impl Office {
    /// Makes a server that has let the agent in.
    ///
    /// The sender's id, which the server makes by chance, decides its place in the hour; it is let in
    /// again until that is the one wanted, so that every month has the same times.
    pub fn new(time: &Time) -> Self {
        let runtime = Builder::new_current_thread().build().unwrap();
        let (store, tenant, sender) = loop {
            let store = MemoryStore::new();
            let (tenant, sender) = runtime.block_on(enrol(&store, time.now()));
            if place_of(&sender.to_string()) % 3600 == PLACE {
                break (store, tenant, sender);
            }
        };
        let settings = Settings::default();
        let checked = Checked::of(&settings).unwrap();
        let clock = time.clone();
        let clock = Arc::new(move || clock.now());
        let app = App::new(Arc::new(store), ServerKey::new(&[3; 32]), clock, settings, checked, Introduction::default());
        Office {
            app,
            runtime,
            time: time.clone(),
            tenant,
            sender,
            link_is_cut: Cell::new(false),
            loses_next_reply: Cell::new(false),
            taken: RefCell::default(),
            octets: Cell::new(0),
        }
    }

    fn store(&self) -> &dyn Store {
        &*self.app.store
    }

    /// Does what the server does every minute.
    pub fn sweep(&self) {
        self.runtime.block_on(watch::sweep(&self.app, self.time.now())).unwrap();
    }

    pub fn now(&self) -> Timestamp {
        self.time.now()
    }

    pub fn state(&self) -> State {
        state_of(&self.sender(), self.time.now()).0
    }

    pub fn sender(&self) -> Sender {
        self.runtime.block_on(self.store().sender(self.tenant, self.sender)).unwrap().expect("it was let in")
    }

    pub fn overdue(&self) -> BTreeMap<DeviceId, Overdue> {
        self.runtime.block_on(self.store().overdue(self.tenant)).unwrap().into_iter().collect()
    }

    /// Returns the ledger, the earliest day first.
    pub fn ledger(&self) -> Vec<Expectation> {
        let lines = self.runtime.block_on(self.store().ledger(self.tenant, Some(self.sender), None, 1000)).unwrap();
        lines.into_iter().rev().map(|line| line.expectation).collect()
    }

    /// Returns the devices, ordered by the agent's numbers.
    pub fn devices(&self) -> Vec<Device> {
        self.runtime.block_on(self.store().devices_of(self.tenant, self.sender)).unwrap()
    }

    pub fn history(&self, device: DeviceId, calendar: &Calendar) -> Vec<HistoryDay> {
        let history = self.store().history(self.tenant, device, calendar.start(), calendar.end(), 1000);
        self.runtime.block_on(history).unwrap()
    }

    pub fn inbox(&self) -> usize {
        self.runtime.block_on(self.store().inbox(self.tenant, self.sender, 1000)).unwrap().len()
    }

    /// Takes a report as the server's door does.
    fn take(&self, payload: &[u8]) -> Result<Reply, Refusal> {
        let text = uplink::compress::decompress(payload, LARGEST).expect("the agent has compressed it");
        let report = wire::json::decode(&text).expect("the agent has written it");
        assert_eq!(report.sender.id, self.sender.to_string());
        let id = report.id.clone();
        let incoming = Incoming {
            tenant: self.tenant,
            sender: self.sender,
            report,
            payload: payload.to_vec(),
            coding: Coding::Zstd,
            received_at: self.time.now(),
        };
        let receipt = self.runtime.block_on(self.store().take(vec![incoming])).pop().expect("one answer for one report");
        match receipt {
            Ok(receipt) => {
                let mut taken = self.taken.borrow_mut();
                let (accepted, again) = taken.entry(id.clone()).or_default();
                *(if receipt.taken == Taken::Accepted { accepted } else { again }) += 1;
                Ok(Reply { report: id, taken: receipt.taken, commands: receipt.commands })
            }
            Err(Refused::NeedsFull { last_report }) => Err(Refusal::NeedsFull(last_report)),
            Err(Refused::Stale { last_report }) => Err(Refusal::Stale(last_report)),
            Err(refused) => panic!("{refused}"),
        }
    }
}

async fn enrol(store: &MemoryStore, now: Timestamp) -> (TenantId, SenderId) {
    let store: &dyn Store = store;
    let tenant = store.create_tenant("Orchard", now).await.unwrap().id;
    let expires_at = now + SignedDuration::from_hours(1);
    let code = Code { hash: CODE, site: "Head office".into(), kind: SenderKind::Agent, created_at: now, expires_at, spent_at: None };
    store.put_code(tenant, code).await.unwrap();
    let applicant = Applicant { secret: CODE, kind: SenderKind::Agent, name: None, software: software(), credential: CREDENTIAL };
    match store.enrol(applicant, now).await.unwrap() {
        Enrolment::Enrolled(sender) => (tenant, sender.id),
        other => panic!("{other:?}"),
    }
}

/// Is the line to the server, as the agent has it.
pub struct Line<'a>(pub &'a Office);

impl Connect for Line<'_> {
    fn connect(&self) -> Result<Box<dyn Server + '_>, Refusal> {
        let office = self.0;
        if office.link_is_cut.get() {
            return Err(unheard("no route to the server"));
        }
        let now = office.time.now();
        let caller = office.runtime.block_on(async {
            let store = office.store();
            let caller = store.sender_by_credential(CREDENTIAL).await.unwrap().expect("it was let in");
            store.note_contact(caller.tenant, caller.sender, now, None).await.unwrap();
            caller
        });
        let hello = Hello { speaks: vec![wire::SCHEMA.to_owned()], now, last_report: caller.last_report };
        Ok(Box::new(Connected { office, hello, sent: 0 }))
    }

    fn destination(&self) -> String {
        "server.example:443".to_owned()
    }
}

struct Connected<'a> {
    office: &'a Office,
    hello: Hello,
    sent: u64,
}

impl Server for Connected<'_> {
    fn hello(&self) -> &Hello {
        &self.hello
    }

    fn send(&mut self, payload: &[u8]) -> Result<Reply, Refusal> {
        self.sent += payload.len() as u64;
        self.office.octets.set(self.office.octets.get() + payload.len() as u64);
        let reply = self.office.take(payload)?;
        if self.office.loses_next_reply.take() {
            return Err(unheard("the connection was closed before the reply"));
        }
        Ok(reply)
    }

    fn octets(&self) -> (u64, u64) {
        (self.sent, 0)
    }
}

fn unheard(reason: &str) -> Refusal {
    Refusal::Other { reason: reason.to_owned(), server_answered: false, wait: None }
}
