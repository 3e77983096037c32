//! The server: the real store behind the rules of its door, and the reference beside it.

use std::cell::{Cell, Ref, RefCell};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use agent::speaker::software;
use agent::synchronise::Refusal;
use jiff::{SignedDuration, Timestamp};
use server::app::{App, Introduction};
use server::config::{Checked, Settings};
use server::credential::ServerKey;
use server::watch;
use store::memory::MemoryStore;
use store::sqlite::{Options, SqliteStore};
use store::{Applicant, Code, Coding, Device, DeviceId, Enrolment, HistoryDay, Incoming, Refused, SecretHash, SenderId, Store, TenantId};
use tokio::runtime::{Builder, Runtime};
use wire::envelope::SenderKind;
use wire::talk::{Hello, Reply, Taken as Word};

use crate::kill::copy;
use crate::model::{Fate, Model, Taken, Who};
use crate::time::Clock;

/// Is the largest report that the server unpacks.
const LARGEST: usize = 64 << 20;

/// Is a sender that was let in.
struct Guest {
    id: SenderId,
    credential: SecretHash,
}

/// Is the server.
pub struct Office {
    runtime: Runtime,
    app: Option<App>,
    /// Where a server with files keeps them; the number counts its lives.
    home: Option<PathBuf>,
    life: u32,
    pub clock: Clock,
    tenant: TenantId,
    guests: RefCell<Vec<Guest>>,
    pub model: RefCell<Model>,
    /// Every report that ever reached the server, in case the network brings it once more.
    pub seen: RefCell<Vec<(Who, Vec<u8>)>>,
    /// Whether anything may have changed since the last comparison.
    pub is_touched: Cell<bool>,
    pub duplicates: Cell<u64>,
}

impl Office {
    /// Opens a server: in memory, or with its files in a folder.
    pub fn open(home: Option<&Path>, clock: Clock) -> Self {
        let runtime = Builder::new_current_thread().build().unwrap();
        let mut office = Office {
            runtime,
            app: None,
            home: home.map(Path::to_owned),
            life: 0,
            clock,
            tenant: TenantId::from_octets([0; 16]),
            guests: RefCell::default(),
            model: RefCell::default(),
            seen: RefCell::default(),
            is_touched: Cell::new(true),
            duplicates: Cell::new(0),
        };
        office.start(None);
        office.tenant = office.runtime.block_on(office.store().create_tenant("Orchard", office.clock.now())).unwrap().id;
        office
    }

    pub fn has_files(&self) -> bool {
        self.home.is_some()
    }

    pub fn is_up(&self) -> bool {
        self.app.is_some()
    }

    fn folder(&self) -> Option<PathBuf> {
        self.home.as_ref().map(|home| home.join(format!("server-{}", self.life)))
    }

    /// Starts the server; its disk may have room for no more than so many octets.
    pub fn start(&mut self, most_octets: Option<u64>) {
        let store: Arc<dyn Store> = match self.folder() {
            None => Arc::new(MemoryStore::new()),
            Some(folder) => {
                std::fs::create_dir_all(&folder).unwrap();
                let options = Options { readers: 1, most_octets, ..Options::default() };
                Arc::new(SqliteStore::open(&folder.join("server.sqlite"), &options).unwrap())
            }
        };
        let settings = Settings::default();
        let checked = Checked::of(&settings).unwrap();
        let clock = self.clock.clone();
        let clock = Arc::new(move || clock.now());
        self.app = Some(App::new(store, ServerKey::new(&[3; 32]), clock, settings, checked, Introduction::default()));
        self.is_touched.set(true);
    }

    /// Kills a server that has files: it goes on with what is on disk at this moment.
    pub fn kill(&mut self) {
        let Some(before) = self.folder() else { return };
        self.life += 1;
        copy(&before, &self.folder().expect("it has files"));
        self.app = None;
        std::fs::remove_dir_all(before).unwrap();
    }

    /// Returns the octets of the server's files.
    pub fn octets(&self) -> u64 {
        self.folder().map_or(0, |folder| std::fs::metadata(folder.join("server.sqlite")).map_or(0, |file| file.len()))
    }

    fn store(&self) -> &dyn Store {
        &*self.app.as_ref().expect("the server is up").store
    }

    /// Lets a sender in.
    pub fn enrol(&self, kind: SenderKind, site: &str) -> Who {
        let number = self.guests.borrow().len() as u8;
        let (secret, credential) = (SecretHash([number; 32]), SecretHash([128 + number; 32]));
        let now = self.clock.now();
        let expires_at = now + SignedDuration::from_hours(1);
        let code = Code { hash: secret, site: site.into(), kind, created_at: now, expires_at, spent_at: None };
        let applicant = Applicant { secret, kind, name: None, software: software(), credential };
        let enrolment = self.runtime.block_on(async {
            self.store().put_code(self.tenant, code).await.unwrap();
            self.store().enrol(applicant, now).await.unwrap()
        });
        let Enrolment::Enrolled(sender) = enrolment else { panic!("{enrolment:?}") };
        let mut guests = self.guests.borrow_mut();
        guests.push(Guest { id: sender.id, credential });
        guests.len() - 1
    }

    /// Returns a sender's id as it is told on the wire.
    pub fn id_of(&self, who: Who) -> String {
        self.guests.borrow()[who].id.to_string()
    }

    /// Returns who bears this id.
    pub fn who_is(&self, id: &str) -> Who {
        self.guests.borrow().iter().position(|guest| guest.id.to_string() == id).expect("whoever enrolled is a guest")
    }

    /// Returns who bears which id.
    pub fn numbers(&self) -> BTreeMap<SenderId, Who> {
        self.guests.borrow().iter().enumerate().map(|(who, guest)| (guest.id, who)).collect()
    }

    /// Does what the server does every minute.
    pub fn sweep(&self) {
        let app = self.app.as_ref().expect("the server is up");
        self.runtime.block_on(watch::sweep(app, self.clock.now())).unwrap();
    }

    /// Greets a caller, as the door does.
    pub fn hello(&self, who: Who) -> Hello {
        let now = self.clock.now();
        let credential = self.guests.borrow()[who].credential;
        let caller = self.runtime.block_on(async {
            let caller = self.store().sender_by_credential(credential).await.unwrap().expect("it was let in");
            // A full disk is no reason to turn anybody away.
            let _ = self.store().note_contact(caller.tenant, caller.sender, now, None).await;
            caller
        });
        let last = self.model.borrow().taken.iter().rfind(|taken| taken.who == who).map(|taken| taken.report.id.clone());
        assert_eq!(caller.last_report.as_ref().map(|last| last.id.clone()), last, "the last report that the server knows");
        Hello { speaks: vec![wire::SCHEMA.to_owned()], now, last_report: caller.last_report }
    }

    /// Takes a report as the server's door does, and sees that the reference agrees.
    pub fn take(&self, who: Who, payload: &[u8]) -> Result<Reply, Refusal> {
        let text = uplink::compress::decompress(payload, LARGEST).expect("the sender has compressed it");
        let report = wire::json::decode(&text).expect("the sender has written it");
        let sender = self.guests.borrow()[who].id;
        assert_eq!(report.sender.id, sender.to_string());
        let received_at = self.clock.now();
        let fate = self.model.borrow().fate(who, &report);
        let incoming =
            Incoming { tenant: self.tenant, sender, report: report.clone(), payload: payload.to_vec(), coding: Coding::Zstd, received_at };
        self.seen.borrow_mut().push((who, payload.to_vec()));
        self.is_touched.set(true);
        let id = report.id.clone();
        let answer = self.runtime.block_on(self.store().take(vec![incoming])).pop().expect("one answer for one report");
        match answer {
            Ok(receipt) => {
                let expected = if receipt.taken == Word::Accepted { Fate::Taken } else { Fate::Again };
                assert_eq!(expected, fate, "the server's word on report {} of {who}", report.sequence);
                if fate == Fate::Taken {
                    self.model.borrow_mut().taken.push(Taken { who, report, received_at });
                } else {
                    self.duplicates.set(self.duplicates.get() + 1);
                }
                Ok(Reply { report: id, taken: receipt.taken, commands: receipt.commands })
            }
            Err(Refused::NeedsFull { last_report }) => {
                assert_eq!(fate, Fate::NeedsFull, "report {} of {who}", report.sequence);
                Err(Refusal::NeedsFull(last_report))
            }
            Err(Refused::Stale { last_report }) => {
                assert_eq!(fate, Fate::Stale, "report {} of {who}", report.sequence);
                Err(Refusal::Stale(last_report))
            }
            Err(Refused::Store(fault)) => Err(Refusal::Other { reason: fault.to_string(), server_answered: true, wait: None }),
            Err(refused) => panic!("{refused}"),
        }
    }

    pub fn model(&self) -> Ref<'_, Model> {
        self.model.borrow()
    }

    /// Returns all devices, ordered by id.
    pub fn devices(&self) -> Vec<Device> {
        self.runtime.block_on(self.store().devices(self.tenant, None, 10_000)).unwrap().items
    }

    /// Returns all that is kept of a device's past, and of what a wrong clock takes for its future.
    pub fn history(&self, device: DeviceId) -> Vec<HistoryDay> {
        let (from, to) = (Timestamp::UNIX_EPOCH, "2040-01-01T00:00:00Z".parse().unwrap());
        self.runtime.block_on(self.store().history(self.tenant, device, from, to, 100_000)).unwrap()
    }
}
