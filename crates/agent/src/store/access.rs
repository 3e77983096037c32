//! By what each device lets the agent in, and what it did not take.

use jiff::Timestamp;
use rusqlite::{Row, params};

use super::{Store, StoreError, time};

/// Is what tells one credential from any other, under a key of the agent's folder.
pub type Fingerprint = [u8; 16];

/// Is what served with a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Served {
    pub credential: Fingerprint,
    /// `v1`, `v2c` or `v3`.
    pub version: String,
    /// In v3.
    pub engine: Option<Engine>,
    /// When the engine's clock showed its time, by this host's.
    pub heard_at: Timestamp,
}

/// Is the engine of a device with its clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Engine {
    pub id: Vec<u8>,
    pub boots: u32,
    /// In seconds since it started.
    pub time: u32,
}

/// Is a credential that a device did not take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TurnedAway {
    pub credential: Fingerprint,
    pub why: String,
    /// In a row.
    pub times: u32,
    pub last_at: Timestamp,
    /// Whether it is worth a try whatever its wait, since what served does so no more.
    pub is_due: bool,
}

/// Is something that is known of one device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Of<T> {
    pub device: u32,
    pub address: String,
    pub in_scope: bool,
    pub what: T,
}

impl Store {
    /// Lists what serves, of every device with an address.
    ///
    /// # Errors
    /// Fails if the store does not read.
    pub fn served(&self) -> Result<Vec<Of<Served>>, StoreError> {
        let sql = "SELECT number, address, in_scope, credential, version, engine, boots, engine_time, heard_at
                   FROM access JOIN device ON number = device WHERE address IS NOT NULL ORDER BY number";
        self.of_each(sql, |row| {
            let engine = row.get::<_, Option<Vec<u8>>>(5)?.zip(row.get(6)?).zip(row.get(7)?);
            Ok(Served {
                credential: row.get(3)?,
                version: row.get(4)?,
                engine: engine.map(|((id, boots), time)| Engine { id, boots, time }),
                heard_at: time(row.get(8)?),
            })
        })
    }

    /// Lists what was not taken, of every device with an address.
    ///
    /// # Errors
    /// Fails if the store does not read.
    pub fn turned_away(&self) -> Result<Vec<Of<TurnedAway>>, StoreError> {
        let sql = "SELECT number, address, in_scope, credential, why, times, last_at, is_due
                   FROM turned JOIN device ON number = device WHERE address IS NOT NULL ORDER BY number, credential";
        self.of_each(sql, |row| {
            Ok(TurnedAway {
                credential: row.get(3)?,
                why: row.get(4)?,
                times: row.get(5)?,
                last_at: time(row.get(6)?),
                is_due: row.get(7)?,
            })
        })
    }

    fn of_each<T>(&self, sql: &str, what: impl Fn(&Row<'_>) -> rusqlite::Result<T>) -> Result<Vec<Of<T>>, StoreError> {
        let mut statement = self.connection.prepare_cached(sql)?;
        let of = |row: &Row<'_>| Ok(Of { device: row.get(0)?, address: row.get(1)?, in_scope: row.get(2)?, what: what(row)? });
        let rows = statement.query_map([], of)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Remembers what served; its own refusals are forgotten, and those of credentials that `is_there` no more.
    ///
    /// Where nothing has changed but the clock, as it should, nothing is written.
    ///
    /// # Errors
    /// Fails if the store does not obey.
    pub fn let_in(&mut self, device: u32, by: &Served, is_there: impl Fn(&Fingerprint) -> bool) -> Result<(), StoreError> {
        let engine = by.engine.as_ref();
        self.connection
            .prepare_cached(
                "INSERT INTO access (device, credential, version, engine, boots, engine_time, heard_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
                 ON CONFLICT (device) DO UPDATE SET credential = ?2, version = ?3, engine = ?4, boots = ?5, engine_time = ?6, heard_at = ?7, lost = 0
                 WHERE lost OR credential <> ?2 OR version <> ?3 OR engine IS NOT ?4 OR boots IS NOT ?5
                    OR abs((heard_at - engine_time) - (?7 - ?6)) > 5",
            )?
            .execute(params![
                device,
                by.credential,
                by.version,
                engine.map(|engine| &engine.id),
                engine.map(|engine| engine.boots),
                engine.map(|engine| engine.time),
                by.heard_at.as_second()
            ])?;
        for turned in self.turned_by(device)? {
            if turned.credential == by.credential || !is_there(&turned.credential) {
                self.take_back(device, &turned.credential)?;
            }
        }
        Ok(())
    }

    /// Remembers that a device did not take a credential.
    ///
    /// # Errors
    /// Fails if the store does not obey.
    pub fn turn_away(&mut self, device: u32, credential: &Fingerprint, why: &str, at: Timestamp) -> Result<(), StoreError> {
        self.connection
            .prepare_cached(
                "INSERT INTO turned (device, credential, why, times, last_at) VALUES (?1, ?2, ?3, 1, ?4)
                 ON CONFLICT (device, credential) DO UPDATE SET why = ?3, times = min(times + 1, 1000), last_at = ?4, is_due = 0",
            )?
            .execute(params![device, credential, why, at.as_second()])?;
        Ok(())
    }

    /// Takes the news that what served does not serve any more. What was not taken before is worth one try then, but
    /// for `these`, which were just tried, and what was tried after `since`: it waits no longer, and is returned. How
    /// often it was turned away stays known. As long as nothing serves, that happens once.
    ///
    /// # Errors
    /// Fails if the store does not obey.
    pub fn lose(&mut self, device: u32, these: &[Fingerprint], since: Timestamp) -> Result<Vec<Fingerprint>, StoreError> {
        let sql = "UPDATE access SET lost = 1 WHERE device = ?1 AND NOT lost";
        if self.connection.prepare_cached(sql)?.execute([device])? == 0 {
            return Ok(Vec::new());
        }
        let is_worth_it = |turned: &TurnedAway| turned.last_at <= since && !these.contains(&turned.credential);
        let again: Vec<_> = self.turned_by(device)?.into_iter().filter(is_worth_it).map(|turned| turned.credential).collect();
        let sql = "UPDATE turned SET is_due = 1 WHERE device = ?1 AND credential = ?2";
        for credential in &again {
            self.connection.prepare_cached(sql)?.execute(params![device, credential])?;
        }
        Ok(again)
    }

    /// Lists what a device did not take.
    ///
    /// # Errors
    /// Fails if the store does not read.
    pub fn turned_by(&self, device: u32) -> Result<Vec<TurnedAway>, StoreError> {
        let sql = "SELECT credential, why, times, last_at, is_due FROM turned WHERE device = ?1 ORDER BY credential";
        let mut statement = self.connection.prepare_cached(sql)?;
        let turned = |row: &Row<'_>| {
            Ok(TurnedAway {
                credential: row.get(0)?,
                why: row.get(1)?,
                times: row.get(2)?,
                last_at: time(row.get(3)?),
                is_due: row.get(4)?,
            })
        };
        let rows = statement.query_map([device], turned)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    fn take_back(&mut self, device: u32, credential: &Fingerprint) -> Result<(), StoreError> {
        let sql = "DELETE FROM turned WHERE device = ?1 AND credential = ?2";
        self.connection.prepare_cached(sql)?.execute(params![device, credential])?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Sighting;
    use crate::testing::Folder;

    const OLD: Fingerprint = [1; 16];
    const NEW: Fingerprint = [2; 16];
    const GONE: Fingerprint = [3; 16];

    fn store(folder: &Folder) -> Store {
        let mut store = Store::open(folder.path()).unwrap();
        store.see(&Sighting { address: "10.0.0.7".into(), ..Sighting::default() }, true, time(0)).unwrap();
        store
    }

    fn by(credential: Fingerprint, engine_time: u32, heard_at: i64) -> Served {
        let engine = Some(Engine { id: b"engine".to_vec(), boots: 7, time: engine_time });
        Served { credential, version: "v3".into(), engine, heard_at: time(heard_at) }
    }

    fn turned(store: &Store) -> Vec<(Fingerprint, u32, i64, bool)> {
        let of = |of: &Of<TurnedAway>| (of.what.credential, of.what.times, of.what.last_at.as_second(), of.what.is_due);
        store.turned_away().unwrap().iter().map(of).collect()
    }

    #[test]
    fn what_served_is_found_again_with_the_engines_clock() {
        let folder = Folder::new();
        store(&folder).let_in(1, &by(OLD, 1000, 50), |_| true).unwrap();
        let mut store = Store::open(folder.path()).unwrap();
        let served = Of { device: 1, address: "10.0.0.7".to_owned(), in_scope: true, what: by(OLD, 1000, 50) };
        assert_eq!(store.served().unwrap(), [served]);
        store.let_in(1, &by(OLD, 1600, 650), |_| true).unwrap();
        assert_eq!(store.served().unwrap()[0].what.heard_at, time(50), "a clock that goes as it should is no news");
        store.let_in(1, &by(OLD, 20, 660), |_| true).unwrap();
        assert_eq!(store.served().unwrap()[0].what, by(OLD, 20, 660));
    }

    #[test]
    fn refusals_are_counted_until_the_credential_serves() {
        let folder = Folder::new();
        let mut store = store(&folder);
        for at in [10, 20] {
            store.turn_away(1, &NEW, "a wrong digest", time(at)).unwrap();
        }
        assert_eq!(turned(&store), [(NEW, 2, 20, false)]);
        store.let_in(1, &by(NEW, 1, 30), |_| true).unwrap();
        assert_eq!(turned(&store), []);
    }

    #[test]
    fn a_credential_that_is_gone_is_forgotten_when_another_serves() {
        let folder = Folder::new();
        let mut store = store(&folder);
        store.turn_away(1, &GONE, "a wrong digest", time(10)).unwrap();
        store.turn_away(1, &NEW, "a wrong digest", time(10)).unwrap();
        store.let_in(1, &by(OLD, 1, 30), |fingerprint| *fingerprint != GONE).unwrap();
        assert_eq!(turned(&store), [(NEW, 1, 10, false)]);
    }

    #[test]
    fn what_serves_no_more_gives_the_others_one_try() {
        let folder = Folder::new();
        let mut store = store(&folder);
        store.let_in(1, &by(OLD, 1, 5), |_| true).unwrap();
        store.turn_away(1, &NEW, "a wrong digest", time(10)).unwrap();
        store.turn_away(1, &OLD, "a wrong digest", time(20)).unwrap();
        assert_eq!(store.lose(1, &[OLD], time(20)).unwrap(), [NEW]);
        assert_eq!(turned(&store), [(OLD, 1, 20, false), (NEW, 1, 10, true)]);
        store.turn_away(1, &NEW, "a wrong digest", time(30)).unwrap();
        assert_eq!(turned(&store), [(OLD, 1, 20, false), (NEW, 2, 30, false)], "it waits as long as before");
        assert_eq!(store.lose(1, &[], time(40)).unwrap(), [[0; 16]; 0], "once, as long as nothing serves");
        store.let_in(1, &by(OLD, 1, 5), |_| true).unwrap();
        assert_eq!(store.lose(1, &[], time(29)).unwrap(), [[0; 16]; 0], "it was tried after that");
        store.let_in(1, &by(OLD, 1, 5), |_| true).unwrap();
        assert_eq!(store.lose(1, &[], time(30)).unwrap(), [NEW]);
    }
}
