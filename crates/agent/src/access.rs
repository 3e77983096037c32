//! By what devices let the agent in: remembered for each, and what one did not take left alone for a while.
//!
//! A credential is known again by its fingerprint, so the file of credentials may be reordered and
//! extended as it likes, and one that was changed is another one, tried at once. Before a round the
//! [`Doors`] say what served last and what is not to be tried now; after each device they take in what
//! the reader tells. Nothing here knows a secret.
//!
//! Start reading at [`Doors`]; how a rotation goes is in [`progress`].

pub mod patience;
pub mod progress;

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use snmp::Version;
use snmp::usm::{Certainty, Crypto, Remote};
use snmp::v3::EngineId;
use survey::Credentials;
use survey::access::{Access, Door, Entry};

use crate::secrets;
use crate::store::access::{Engine, Fingerprint, Served};
use crate::store::{Store, StoreError};
use crate::whereabouts::{ip_of, target_of};

/// Is the name of the file with the key of fingerprints in the agent's folder.
pub const KEY_FILE: &str = "credential-key";

/// Returns the key of fingerprints, which is made at the first call.
///
/// # Errors
/// Fails if the disk does not obey.
pub fn key(folder: &Path) -> std::io::Result<Vec<u8>> {
    Ok(secrets::kept(&folder.join(KEY_FILE), secrets::token)?.into_bytes())
}

/// Returns the key of fingerprints if there is one.
///
/// # Errors
/// Fails if it is there and does not read.
pub fn known_key(folder: &Path) -> std::io::Result<Option<Vec<u8>>> {
    let octets = secrets::read(&folder.join(KEY_FILE))?;
    Ok(octets.map(|octets| octets.trim_ascii().to_vec()))
}

/// Returns the fingerprints of all credentials, in the order of their numbers.
pub fn fingerprints(credentials: &Credentials, crypto: &dyn Crypto, key: &[u8]) -> Vec<Fingerprint> {
    (0..credentials.len())
        .filter_map(|number| u16::try_from(number).ok())
        .map(|number| credentials.credential(number).fingerprint(crypto, key))
        .collect()
}

/// Is what is known of the devices' doors when a round begins.
#[derive(Debug, Default)]
pub struct Doors {
    /// For the reader.
    pub doors: Arc<BTreeMap<IpAddr, Door>>,
    devices: BTreeMap<IpAddr, u32>,
    pub credentials: Arc<Credentials>,
    /// By number.
    fingerprints: Vec<Fingerprint>,
    /// The time of day at tick 0.
    pub epoch: Timestamp,
}

impl Doors {
    /// Returns what the store knows, in today's numbers.
    ///
    /// # Errors
    /// Fails if the store does not read.
    pub fn of(store: &Store, credentials: Arc<Credentials>, fingerprints: Vec<Fingerprint>, epoch: Timestamp) -> Result<Self, StoreError> {
        let numbers: BTreeMap<Fingerprint, u16> = fingerprints.iter().copied().zip(0..).collect();
        let mut doors: BTreeMap<IpAddr, Door> = BTreeMap::new();
        let mut devices = BTreeMap::new();
        for of in store.served()? {
            let Some(address) = ip(&of.address) else { continue };
            devices.insert(address, of.device);
            if let Some(number) = numbers.get(&of.what.credential) {
                doors.entry(address).or_default().access = access(*number, &of.what, epoch);
            }
        }
        for of in store.turned_away()? {
            let Some(address) = ip(&of.address) else { continue };
            devices.insert(address, of.device);
            if let Some(number) = numbers.get(&of.what.credential)
                && !of.what.is_due
                && patience::is_shut(of.what.times, of.what.last_at, epoch)
            {
                doors.entry(address).or_default().shut.push(*number);
            }
        }
        Ok(Doors { doors: Arc::new(doors), devices, credentials, fingerprints, epoch })
    }

    /// Takes in by what a device let the reader in, and what it did not take.
    ///
    /// # Errors
    /// Fails if the store does not obey.
    pub fn note(&self, store: &mut Store, device: u32, entry: &Entry, at: Timestamp) -> Result<(), StoreError> {
        self.note_turned(store, device, entry, at)?;
        let Some(access) = &entry.access else { return Ok(()) };
        let Some(served) = self.served(access, at) else { return Ok(()) };
        store.let_in(device, &served, |fingerprint| self.fingerprints.contains(fingerprint))
    }

    /// Takes in that a device let nobody in, by refusal or by silence; returns whether it is worth another look at
    /// once: its lock may have been changed, and what it did not take before may be right now.
    ///
    /// # Errors
    /// Fails if the store does not obey.
    pub fn note_shut(&self, store: &mut Store, device: u32, entry: &Entry, at: Timestamp) -> Result<bool, StoreError> {
        self.note_turned(store, device, entry, at)?;
        let tried: Vec<Fingerprint> = entry.turned.iter().filter_map(|(number, _)| self.fingerprint(*number)).collect();
        // A refusal says that the lock was changed; silence may say so, and mostly says something else.
        let since = if tried.is_empty() { at - patience::AFTER_SILENCE } else { at };
        let again = store.lose(device, &tried, since)?;
        Ok(again.iter().any(|fingerprint| self.fingerprints.contains(fingerprint)))
    }

    fn note_turned(&self, store: &mut Store, device: u32, entry: &Entry, at: Timestamp) -> Result<(), StoreError> {
        for (number, why) in &entry.turned {
            if let Some(fingerprint) = self.fingerprint(*number) {
                store.turn_away(device, &fingerprint, &why.to_string(), at)?;
            }
        }
        Ok(())
    }

    /// Says why a device let nobody in when it was last asked.
    ///
    /// # Errors
    /// Fails if the store does not read.
    pub fn reasons(&self, store: &Store, device: u32) -> Result<Vec<String>, StoreError> {
        let numbers = (0..self.credentials.len()).filter_map(|number| u16::try_from(number).ok());
        let turned = store.turned_by(device)?;
        let reason = |number: u16| {
            let turned = turned.iter().find(|turned| Some(turned.credential) == self.fingerprint(number))?;
            Some(format!("{}: {}", self.credentials.credential(number), turned.why))
        };
        Ok(numbers.filter_map(reason).collect())
    }

    /// Returns what is known of how the devices stand with the credentials.
    ///
    /// # Errors
    /// Fails if the store does not read.
    pub fn progress(&self, store: &Store) -> Result<progress::Progress, StoreError> {
        progress::progress(store, &self.credentials, &self.fingerprints)
    }

    /// Returns the device behind an address, if something is known of its door.
    pub fn device_at(&self, address: IpAddr) -> Option<u32> {
        self.devices.get(&address).copied()
    }

    fn fingerprint(&self, number: u16) -> Option<Fingerprint> {
        self.fingerprints.get(usize::from(number)).copied()
    }

    fn served(&self, access: &Access, at: Timestamp) -> Option<Served> {
        let engine = access.remote.as_ref().map(|remote| Engine {
            id: remote.engine_id.as_octets().to_vec(),
            boots: remote.boots,
            time: remote.time,
        });
        let ticks = access.remote.as_ref().map(|remote| i64::try_from(remote.heard_at).unwrap_or(i64::MAX));
        let heard_at = ticks.and_then(|ticks| self.epoch.checked_add(SignedDuration::from_micros(ticks)).ok());
        let version = word(access.version).to_owned();
        Some(Served { credential: self.fingerprint(access.credential)?, version, engine, heard_at: heard_at.unwrap_or(at) })
    }
}

fn ip(address: &str) -> Option<IpAddr> {
    target_of(address).as_ref().and_then(ip_of)
}

/// Returns an access as a reader takes it that begins at `epoch`; none if it was written by a newer agent.
fn access(credential: u16, served: &Served, epoch: Timestamp) -> Option<Access> {
    let remote = served.engine.as_ref().and_then(|engine| {
        // A clock that was set back says nothing of how long it has been.
        let passed = epoch.duration_since(served.heard_at).as_secs().max(0);
        let time = engine.time.saturating_add(u32::try_from(passed).unwrap_or(u32::MAX));
        let engine_id = EngineId::new(&engine.id)?;
        // This host's clock may have been set since: of the time the device's own word counts.
        let certainty = Certainty::Remembered;
        Some(Remote { engine_id, boots: engine.boots, time: time.min(i32::MAX.unsigned_abs()), heard_at: 0, certainty })
    });
    Some(Access { credential, version: version(&served.version)?, remote })
}

/// Returns the word for a version.
pub fn word(version: Version) -> &'static str {
    match version {
        Version::V1 => "v1",
        Version::V2c => "v2c",
        Version::V3 => "v3",
    }
}

fn version(word: &str) -> Option<Version> {
    [Version::V1, Version::V2c, Version::V3].into_iter().find(|version| self::word(*version) == word)
}

#[cfg(test)]
mod tests {
    use snmp::usm::{Refused, Report};
    use survey::access::Turned;

    use super::*;
    use crate::store::Sighting;
    use crate::testing::Folder;

    const WRONG: Turned = Turned::Refused(Refused::Reported(Report::WrongDigest));

    fn at(minutes: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_mins(minutes)
    }

    /// Makes a store that knows one device, at 10.0.0.7.
    fn store(folder: &Folder) -> Store {
        let mut store = Store::open(folder.path()).unwrap();
        store.see(&Sighting { address: "10.0.0.7".into(), ..Sighting::default() }, true, at(0)).unwrap();
        store
    }

    fn doors(store: &Store, communities: &[&str], now: Timestamp) -> Doors {
        let credentials = Arc::new(Credentials::communities(communities));
        let fingerprints = fingerprints(&credentials, &cryptography::Module, b"key");
        Doors::of(store, credentials, fingerprints, now).unwrap()
    }

    fn door(doors: &Doors) -> Door {
        doors.doors.get(&IpAddr::from([10, 0, 0, 7])).cloned().unwrap_or_default()
    }

    fn by(credential: u16) -> Option<Access> {
        Some(Access { credential, version: Version::V2c, remote: None })
    }

    /// Reads as a reader does, every ten minutes: the first credential is wrong, the second one serves. Returns
    /// how often the first one was tried on each day. The agent starts anew before each reading.
    fn tries_on_each_day(days: i64, communities: impl Fn(i64) -> [&'static str; 2]) -> Vec<u32> {
        let folder = Folder::new();
        drop(store(&folder));
        let mut tries = vec![0; usize::try_from(days).unwrap()];
        for reading in 0..days * 144 {
            let (now, day) = (at(10 * reading), reading / 144);
            let mut store = Store::open(folder.path()).unwrap();
            let doors = doors(&store, &communities(day), now);
            let is_tried = !door(&doors).shut.contains(&0);
            tries[usize::try_from(day).unwrap()] += u32::from(is_tried);
            let turned = if is_tried { vec![(0, WRONG)] } else { Vec::new() };
            doors.note(&mut store, 1, &Entry { access: by(1), turned }, now).unwrap();
        }
        tries
    }

    #[test]
    fn a_wrong_credential_costs_a_device_five_refusals_on_the_first_day_and_one_a_day_later() {
        assert_eq!(tries_on_each_day(4, |_| ["wrong", "right"]), [5, 1, 1, 1]);
    }

    #[test]
    fn a_credential_that_was_changed_is_another_one_and_tried_at_once() {
        let tries = tries_on_each_day(4, |day| if day < 2 { ["wrong", "right"] } else { ["wrong too", "right"] });
        assert_eq!(tries, [5, 1, 5, 1]);
    }

    #[test]
    fn a_printer_that_sleeps_every_other_hour_is_not_asked_by_a_wrong_credential_each_time_it_wakes() {
        let folder = Folder::new();
        drop(store(&folder));
        let mut tries = [0; 4];
        for hour in 0..96 {
            let now = at(60 * hour);
            let mut store = Store::open(folder.path()).unwrap();
            let doors = doors(&store, &["wrong", "right"], now);
            if hour % 2 == 1 {
                doors.note_shut(&mut store, 1, &Entry::default(), now).unwrap();
                continue;
            }
            let turned = if door(&doors).shut.contains(&0) { Vec::new() } else { vec![(0, WRONG)] };
            tries[usize::try_from(hour / 24).unwrap()] += turned.len();
            doors.note(&mut store, 1, &Entry { access: by(1), turned }, now).unwrap();
        }
        assert_eq!(tries, [5, 3, 3, 3]);
    }

    #[test]
    fn what_serves_is_found_under_its_new_number() {
        let folder = Folder::new();
        let mut store = store(&folder);
        let before = doors(&store, &["a", "b"], at(0));
        before.note(&mut store, 1, &Entry { access: by(1), turned: vec![(0, Turned::Unanswered)] }, at(0)).unwrap();
        let after = doors(&store, &["b", "new", "a"], at(10));
        assert_eq!(door(&after), Door { access: by(0), shut: vec![2] });
        assert_eq!(door(&doors(&store, &["new"], at(10))), Door::default(), "who is gone is nobody's number");
    }

    #[test]
    fn when_what_served_is_refused_the_others_get_one_try_and_then_wait() {
        let folder = Folder::new();
        let mut store = store(&folder);
        let both = |store: &Store, now| doors(store, &["new", "old"], now);
        both(&store, at(0)).note(&mut store, 1, &Entry { access: by(1), turned: vec![(0, WRONG)] }, at(0)).unwrap();
        let refused = |number| Entry { access: None, turned: vec![(number, WRONG)] };
        assert!(both(&store, at(10)).note_shut(&mut store, 1, &refused(1), at(10)).unwrap(), "the lock was changed");
        assert_eq!(door(&both(&store, at(11))).shut, [1]);
        assert!(!both(&store, at(11)).note_shut(&mut store, 1, &refused(0), at(11)).unwrap());
        let shut = both(&store, at(12));
        assert_eq!(door(&shut).shut.len(), 2);
        assert!(!shut.note_shut(&mut store, 1, &Entry::default(), at(12)).unwrap(), "nothing was tried, and nothing is");
        assert_eq!(shut.reasons(&store, 1).unwrap(), [format!("a community: {WRONG}"), format!("a community: {WRONG}")]);
    }

    #[test]
    fn an_engines_clock_goes_on_while_the_agent_is_stopped() {
        let folder = Folder::new();
        let mut store = store(&folder);
        let engine_id = EngineId::new(b"engine").unwrap();
        let remote = Some(Remote { engine_id, boots: 7, time: 1000, heard_at: 60_000_000, certainty: Certainty::Proved });
        let access = Some(Access { credential: 0, version: Version::V3, remote });
        let begun = doors(&store, &["a"], at(0));
        begun.note(&mut store, 1, &Entry { access, turned: Vec::new() }, at(1)).unwrap();
        let remembered = |now| door(&doors(&store, &["a"], now)).access.unwrap().remote.unwrap();
        assert_eq!((remembered(at(11)).boots, remembered(at(11)).time, remembered(at(11)).heard_at), (7, 1600, 0));
        assert_eq!(remembered(at(-600)).time, 1000, "a clock set back says nothing");
        assert_eq!(remembered(at(11)).certainty, Certainty::Remembered, "the device's own word counts");
    }
}
