//! What the agent's tests share: a folder, a server in memory, and printers on real sockets.
#![allow(dead_code, reason = "each test file uses its part")]

pub mod printers;
pub mod program;
pub mod server;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use agent::config::Config;
use agent::ledger::Ledger;
use agent::seal::Bounds;
use agent::shared::Shared;
use agent::speaker::Speaker;
use agent::store::{Sighting, Store};
use agent::synchronise::Desk;
use jiff::Timestamp;
use uplink::{Spool, SpoolOptions};
use wire::privacy::Privacy;
use wire::{Extent, Facts, Key, Value};

/// Is a folder that goes with the test.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("agent-{}-{number}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        Folder(path)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Copies a folder with all that is in it, instead of what was there.
pub fn copy(from: &Path, to: &Path) {
    let _ = std::fs::remove_dir_all(to);
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let place = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &place);
        } else {
            std::fs::copy(entry.path(), place).unwrap();
        }
    }
}

/// Opens what the agent keeps in a folder.
pub fn desk(folder: &Path) -> Desk {
    Desk {
        store: Shared::new(Store::open(&folder.join("store")).unwrap()),
        spool: Spool::open(&folder.join("spool"), SpoolOptions::default()).unwrap(),
        ledger: Ledger::open(folder.join("ledger"), Default::default()).unwrap().ledger,
        bounds: Bounds::default(),
    }
}

/// Makes the places of [`desk`].
pub fn make_places(folder: &Path) {
    for place in ["store", "spool", "ledger"] {
        std::fs::create_dir_all(folder.join(place)).unwrap();
    }
}

pub fn speaker() -> Speaker {
    Speaker {
        sender: "agent-7".into(),
        schedule: Config::default().schedule(),
        next_at: None,
        stopping: false,
        host: wire::envelope::Host { proxy_id: None, host_id: "host-1".into() },
        site: Default::default(),
        privacy: Privacy::default(),
    }
}

pub fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub fn facts(pairs: &[(&str, Value)]) -> Facts {
    pairs.iter().map(|(key, value)| (Key::from(*key), value.clone())).collect()
}

/// Returns what a printer says that has made so many impressions.
pub fn printer(serial: &str, total: i64) -> Facts {
    facts(&[
        ("address", format!("10.0.0.{}", serial.len()).as_str().into()),
        ("identity/manufacturer", "Acme".into()),
        ("identity/serial_number", serial.into()),
        ("meters/total/value", total.into()),
        ("meters/total/unit", "impressions".into()),
        ("meters/total/origin", "prtMarkerLifeCount.1.1".into()),
        ("meters/total/evidence", "standard".into()),
        ("presence", "ready".into()),
        ("status/console", "Hello Ada".into()),
    ])
}

/// Keeps what a printer says, as a reading of that time.
pub fn keep(store: &Shared, serial: &str, total: i64, at: Timestamp) -> u32 {
    let facts = printer(serial, total);
    let mut store = store.lock();
    let number = store.see(&Sighting { address: format!("at {serial}"), ..Sighting::of(&facts) }, true, at).unwrap();
    let day = at.to_zoned(jiff::tz::TimeZone::UTC).date();
    store.keep(number, Extent::Whole, at, day, &facts).unwrap();
    number
}

/// Keeps that a printer was silent.
pub fn miss(store: &Shared, number: u32, at: Timestamp) {
    let day = at.to_zoned(jiff::tz::TimeZone::UTC).date();
    store.lock().keep(number, Extent::Glimpse, at, day, &facts(&[("presence", "unreachable".into())])).unwrap();
}
