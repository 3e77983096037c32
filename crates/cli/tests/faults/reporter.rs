//! An agent's own parts in this process, so that a test decides when it reads and when it reports.

use agent::config::{Config, Mode};
use agent::enrolment::Enrolment;
use agent::ledger::{Ledger, Options as LedgerOptions};
use agent::link::Link;
use agent::seal::Bounds;
use agent::shared::Shared;
use agent::speaker::Speaker;
use agent::store::{Sighting, Store};
use agent::synchronise::{Desk, SyncError, synchronise};
use jiff::{SignedDuration, Timestamp};
use uplink::Spool;
use uplink::spool::SpoolOptions;
use wire::envelope::{Host, Site as SiteInformation};
use wire::privacy::Privacy;
use wire::{Extent, Facts, Key, Value};

use crate::site::Site;
use crate::verdict::Promise;

/// Is an enrolled agent between two of its steps.
pub struct Reporter {
    pub desk: Desk,
    config: Config,
    enrolment: Enrolment,
    /// Its clock runs by itself: an hour passes from one reading to the next, so that each has its
    /// own place in history. It began long enough ago never to be ahead.
    now: Timestamp,
    total: i64,
    pub promises: Vec<Promise>,
}

impl Reporter {
    pub fn open(site: &Site) -> Self {
        let folder = site.agent();
        let desk = Desk {
            store: Shared::new(Store::open(&folder).unwrap()),
            spool: Spool::open(&folder.join("spool"), SpoolOptions::default()).unwrap(),
            ledger: Ledger::open(folder.join("ledger"), LedgerOptions::default()).unwrap().ledger,
            bounds: Bounds::default(),
        };
        let config = agent::config::load(None, &folder).unwrap().value;
        let enrolment = Enrolment::load(&folder).unwrap().expect("it was let in");
        let now = Timestamp::now() - SignedDuration::from_hours(24 * 300);
        Reporter { desk, config, enrolment, now, total: 1000, promises: Vec::new() }
    }

    /// Reads two printers, an hour after the last time; none of these readings may be lost.
    pub fn read(&mut self) {
        self.now += SignedDuration::from_hours(1);
        self.total += 7;
        for printer in 1..=2 {
            let facts = printer_facts(printer, self.total);
            let mut store = self.desk.store.lock();
            let device = store.see(&Sighting::of(&facts), true, self.now).unwrap();
            // Every reading counts as the last of a civil day of its own, so that none may be dropped.
            let day = jiff::civil::date(2000, 1, 1).saturating_add(SignedDuration::from_hours(24 * (self.total / 7)));
            store.keep(device, Extent::Whole, self.now, day, &facts).unwrap();
            self.promises.push(Promise { device, observed_at: Timestamp::from_second(self.now.as_second()).unwrap() });
        }
    }

    /// Holds a session with the server, over a connection of its own.
    ///
    /// # Errors
    /// Fails as a session does.
    pub fn report(&mut self) -> Result<(), SyncError> {
        let link = Link::new(&self.config, &self.enrolment).unwrap();
        let speaker = Speaker {
            sender: self.enrolment.sender.clone(),
            schedule: self.config.schedule(),
            next_at: None,
            stopping: false,
            host: Host { proxy_id: None, host_id: "host".to_owned() },
            site: SiteInformation::default(),
            privacy: Privacy::withholding(&[], &[]),
        };
        let now = self.now;
        synchronise(&mut self.desk, &link, speaker, Mode::Normal, &|| now).1
    }

    /// Ends the agent and returns all that it has ever read.
    pub fn close(self) -> Vec<Promise> {
        self.promises
    }
}

fn printer_facts(printer: i64, total: i64) -> Facts {
    let pairs: [(&str, Value); 9] = [
        ("address", format!("10.0.0.{printer}").as_str().into()),
        ("identity/manufacturer", "Acme".into()),
        ("identity/serial_number", format!("SN-{printer:06}").as_str().into()),
        ("meters/total/value", (total + 100_000 * printer).into()),
        ("meters/total/origin", "prtMarkerLifeCount.1.1".into()),
        ("meters/total/evidence", "standard".into()),
        ("presence", "ready".into()),
        ("supplies/1/level/kind", "measured".into()),
        ("supplies/1/level/value", (total % 100).into()),
    ];
    pairs.into_iter().map(|(key, value)| (Key::from(key), value)).collect()
}
