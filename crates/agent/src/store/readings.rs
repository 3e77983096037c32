//! What was read and is not yet acknowledged: of each device and civil day the last word.

use jiff::Timestamp;
use jiff::civil::Date;
use rusqlite::params;
use wire::{Extent, Facts};

use super::{Store, StoreError, blob, time};

/// Is a reading that the server does not have.
#[derive(Clone, Debug, PartialEq)]
pub struct Unsent {
    pub device: u32,
    /// Grows with every reading, whatever the clock says.
    pub place: i64,
    /// In whole seconds.
    pub observed_at: Timestamp,
    /// Whether the device said all it has to say; else what is not here was not seen.
    pub whole: bool,
    pub facts: Facts,
}

/// Is the most glimpses that are kept of one device and day, beside the reading they follow.
const MOST_GLIMPSES: usize = 4;

impl Store {
    /// Keeps a reading, instead of earlier ones of that day that say no more than it does.
    ///
    /// A glimpse leaves the facts that it does not tell, and their age, as they were.
    ///
    /// # Errors
    /// Fails if the store cannot be written; then nothing has changed.
    pub fn keep(&mut self, device: u32, extent: Extent, observed_at: Timestamp, day: Date, seen: &Facts) -> Result<(), StoreError> {
        let whole = extent != Extent::Glimpse;
        let mut known = self.device(device)?.ok_or(rusqlite::Error::QueryReturnedNoRows)?;
        let mut at = observed_at.as_second();
        if whole {
            // What came last counts here, also when the clock has been put back: nobody else reads for us.
            self.connection
                .prepare_cached("UPDATE device SET facts_at = ?2, facts = ?3, said = NULL WHERE number = ?1")?
                .execute(params![device, at, blob::encode(seen)])?;
            self.connection
                .prepare_cached("DELETE FROM reading WHERE device = ?1 AND (day = ?2 OR told)")?
                .execute(params![device, day.to_string()])?;
        } else {
            // Two of one second would be one reading.
            while self.is_taken(device, at)? {
                at += 1;
            }
            known.facts.extend(seen.iter().map(|(key, value)| (key.clone(), value.clone())));
            self.connection
                .prepare_cached("UPDATE device SET said = coalesce(said, facts), facts = ?2 WHERE number = ?1")?
                .execute(params![device, blob::encode(&known.facts)])?;
            self.make_room_for_glimpse(device, day, seen)?;
        }
        self.connection
            .prepare_cached("INSERT OR REPLACE INTO reading (device, observed_at, day, whole, facts) VALUES (?1, ?2, ?3, ?4, ?5)")?
            .execute(params![device, at, day.to_string(), whole, blob::encode(seen)])?;
        Ok(())
    }

    fn is_taken(&self, device: u32, at: i64) -> Result<bool, StoreError> {
        let mut statement =
            self.connection.prepare_cached("SELECT EXISTS (SELECT 1 FROM reading WHERE device = ?1 AND observed_at = ?2)")?;
        Ok(statement.query_row(params![device, at], |row| row.get(0))?)
    }

    /// Drops glimpses of that day that say no more than a new one; and the oldest, if there are many.
    fn make_room_for_glimpse(&mut self, device: u32, day: Date, seen: &Facts) -> Result<(), StoreError> {
        let mut glimpses = self.unsent_of(device)?;
        glimpses.retain(|reading| !reading.whole);
        let mut statement = self.connection.prepare_cached("SELECT day FROM reading WHERE device = ?1 AND observed_at = ?2")?;
        let mut kept = Vec::new();
        for glimpse in glimpses {
            let of: String = statement.query_row(params![device, glimpse.observed_at.as_second()], |row| row.get(0))?;
            if of == day.to_string() {
                kept.push(glimpse);
            }
        }
        drop(statement);
        let too_many = (kept.len() + 1).saturating_sub(MOST_GLIMPSES);
        for (place, glimpse) in kept.iter().enumerate() {
            if place < too_many || glimpse.facts.keys().all(|key| seen.contains_key(key)) {
                self.drop_reading(device, glimpse.observed_at)?;
            }
        }
        Ok(())
    }

    /// Returns what waits to be sent of a device, in the order in which it was read.
    ///
    /// # Errors
    /// Fails if the store does not read.
    pub fn unsent_of(&self, device: u32) -> Result<Vec<Unsent>, StoreError> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT observed_at, whole, facts, place FROM reading WHERE device = ?1 AND NOT told ORDER BY place")?;
        let mut rows = statement.query([device])?;
        let mut unsent = Vec::new();
        while let Some(row) = rows.next()? {
            let facts = blob::decode(row.get_ref(2)?.as_blob().map_err(rusqlite::Error::from)?)?;
            unsent.push(Unsent { device, place: row.get(3)?, observed_at: time(row.get(0)?), whole: row.get(1)?, facts });
        }
        Ok(unsent)
    }

    /// Returns the first device with a number above `after` of which something waits to be sent.
    ///
    /// # Errors
    /// Fails if the store does not read.
    pub fn unsent_after(&self, after: u32) -> Result<Option<u32>, StoreError> {
        let mut statement = self.connection.prepare_cached("SELECT min(device) FROM reading WHERE device > ?1 AND NOT told")?;
        Ok(statement.query_row([after], |row| row.get(0))?)
    }

    /// Returns the place of the newest reading that waits to be sent; 0 if none does.
    pub(super) fn newest_place(&self) -> Result<i64, StoreError> {
        Ok(self.connection.query_row("SELECT coalesce(max(place), 0) FROM reading", [], |row| row.get(0))?)
    }

    /// Returns how many readings wait to be sent.
    ///
    /// # Errors
    /// Fails if the store does not read.
    pub fn unsent_count(&self) -> Result<u64, StoreError> {
        let count: i64 = self.connection.prepare_cached("SELECT count(*) FROM reading WHERE NOT told")?.query_row([], |row| row.get(0))?;
        Ok(count.unsigned_abs())
    }

    /// Takes the news that the server has a reading. A glimpse is remembered until its device says all
    /// again: only so can everything be told anew, each word with its own time.
    ///
    /// # Errors
    /// Fails if the store cannot be written.
    pub fn reading_arrived(&mut self, device: u32, observed_at: Timestamp) -> Result<(), StoreError> {
        let at = observed_at.as_second();
        self.connection
            .prepare_cached("DELETE FROM reading WHERE device = ?1 AND observed_at = ?2 AND whole")?
            .execute(params![device, at])?;
        let told = "UPDATE reading SET told = 1 WHERE device = ?1 AND observed_at = ?2";
        if self.connection.prepare_cached(told)?.execute(params![device, at])? > 0 {
            self.forget_outdated_glimpses(device)?;
        }
        Ok(())
    }

    /// Forgets glimpses that the server has and that say no more than one after them.
    fn forget_outdated_glimpses(&mut self, device: u32) -> Result<(), StoreError> {
        let mut told = Vec::new();
        {
            let mut statement =
                self.connection.prepare_cached("SELECT observed_at, facts FROM reading WHERE device = ?1 AND told ORDER BY place DESC")?;
            let mut rows = statement.query([device])?;
            while let Some(row) = rows.next()? {
                let facts = blob::decode(row.get_ref(1)?.as_blob().map_err(rusqlite::Error::from)?)?;
                told.push((time(row.get(0)?), facts));
            }
        }
        let mut later: Vec<&Facts> = Vec::new();
        for (at, facts) in &told {
            let is_outdated = later.iter().any(|later| facts.keys().all(|key| later.contains_key(key)));
            if is_outdated || later.len() >= MOST_GLIMPSES {
                self.drop_reading(device, *at)?;
            } else {
                later.push(facts);
            }
        }
        Ok(())
    }

    fn drop_reading(&mut self, device: u32, observed_at: Timestamp) -> Result<(), StoreError> {
        self.connection
            .prepare_cached("DELETE FROM reading WHERE device = ?1 AND observed_at = ?2")?
            .execute(params![device, observed_at.as_second()])?;
        Ok(())
    }

    /// Puts the last whole word of every device that is looked after among what waits to be sent, with
    /// the time at which it was said, and after it what was glimpsed since.
    ///
    /// # Errors
    /// Fails if the store does not obey.
    pub fn send_everything(&mut self) -> Result<(), StoreError> {
        let mut after = 0;
        while let Some(device) = self.device_after(after)? {
            after = device.number;
            let Some(facts_at) = device.facts_at.filter(|_| device.in_scope) else { continue };
            let unsent = self.unsent_of(device.number)?;
            if unsent.iter().any(|reading| reading.whole) {
                continue;
            }
            let said: Option<Vec<u8>> = self
                .connection
                .prepare_cached("SELECT said FROM device WHERE number = ?1")?
                .query_row([device.number], |row| row.get(0))?;
            let facts = said.map_or(Ok(device.facts), |said| blob::decode(&said))?;
            self.connection.prepare_cached("UPDATE reading SET told = 0 WHERE device = ?1")?.execute([device.number])?;
            let day = facts_at.to_zoned(jiff::tz::TimeZone::UTC).date();
            let mut at = facts_at.as_second();
            while self.is_taken(device.number, at)? {
                at -= 1;
            }
            // It was said before them, and before all that may be held back.
            let first: Option<i64> = self.connection.prepare_cached("SELECT min(place) FROM reading")?.query_row([], |row| row.get(0))?;
            self.connection
                .prepare_cached("INSERT INTO reading (place, device, observed_at, day, whole, facts) VALUES (?1, ?2, ?3, ?4, 1, ?5)")?
                .execute(params![first.map_or(0, |first| (first - 1).min(0)), device.number, at, day.to_string(), blob::encode(&facts)])?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Sighting;
    use crate::testing::Folder;
    use wire::{Key, Value};

    fn facts(pairs: &[(&str, Value)]) -> Facts {
        pairs.iter().map(|(key, value)| (Key::from(*key), value.clone())).collect()
    }

    fn store(folder: &Folder) -> Store {
        let mut store = Store::open(folder.path()).unwrap();
        let seen = Sighting { address: "10.0.0.7".into(), ..Default::default() };
        assert_eq!(store.see(&seen, true, time(0)).unwrap(), 1);
        store
    }

    /// Keeps a reading made on a day of November 2026, at an hour in UTC.
    fn keep(store: &mut Store, extent: Extent, day: i8, hour: i8, pairs: &[(&str, Value)]) {
        let at = jiff::civil::date(2026, 11, day).at(hour, 0, 0, 0).in_tz("UTC").unwrap();
        store.keep(1, extent, at.timestamp(), at.date(), &facts(pairs)).unwrap();
    }

    fn unsent(store: &Store) -> Vec<(bool, usize, i64)> {
        let of = |reading: &Unsent| (reading.whole, reading.facts.len(), reading.observed_at.as_second() / 3600 % 24);
        store.unsent_of(1).unwrap().iter().map(of).collect()
    }

    #[test]
    fn of_each_day_the_last_word_is_kept() {
        let folder = Folder::new();
        let mut store = store(&folder);
        keep(&mut store, Extent::Whole, 25, 10, &[("a", 1.into())]);
        keep(&mut store, Extent::Whole, 25, 11, &[("a", 2.into()), ("b", 1.into())]);
        keep(&mut store, Extent::Whole, 26, 9, &[("a", 3.into())]);
        assert_eq!(unsent(&store), [(true, 2, 11), (true, 1, 9)]);
        assert_eq!(store.device(1).unwrap().unwrap().facts, facts(&[("a", 3.into())]));
    }

    #[test]
    fn a_glimpse_leaves_the_reading_before_it_and_its_age() {
        let folder = Folder::new();
        let mut store = store(&folder);
        keep(&mut store, Extent::Whole, 25, 10, &[("a", 1.into()), ("presence", "ready".into())]);
        for hour in 11..20 {
            keep(&mut store, Extent::Glimpse, 25, hour, &[("presence", "unreachable".into())]);
        }
        assert_eq!(unsent(&store), [(true, 2, 10), (false, 1, 19)]);
        let device = store.device(1).unwrap().unwrap();
        assert_eq!(device.facts, facts(&[("a", 1.into()), ("presence", "unreachable".into())]));
        assert_eq!(device.facts_at.unwrap().to_string(), "2026-11-25T10:00:00Z");
        keep(&mut store, Extent::Whole, 25, 20, &[("a", 2.into())]);
        assert_eq!(unsent(&store), [(true, 1, 20)]);
    }

    #[test]
    fn glimpses_that_tell_different_things_are_kept_within_bounds() {
        let folder = Folder::new();
        let mut store = store(&folder);
        for hour in 1..10 {
            let key = format!("fact{hour}");
            keep(&mut store, Extent::Glimpse, 25, hour, &[(&key, 1.into())]);
        }
        assert_eq!(unsent(&store), [(false, 1, 6), (false, 1, 7), (false, 1, 8), (false, 1, 9)]);
    }

    #[test]
    fn a_clock_put_back_keeps_the_order_and_each_reading_its_own_time() {
        let folder = Folder::new();
        let mut store = store(&folder);
        keep(&mut store, Extent::Whole, 26, 10, &[("a", 1.into())]);
        keep(&mut store, Extent::Whole, 25, 9, &[("a", 2.into())]);
        keep(&mut store, Extent::Glimpse, 25, 8, &[("presence", "unreachable".into())]);
        keep(&mut store, Extent::Glimpse, 25, 9, &[("presence", "refusing".into()), ("b", 1.into())]);
        assert_eq!(unsent(&store), [(true, 1, 10), (true, 1, 9), (false, 2, 9)]);
        assert_eq!(store.unsent_of(1).unwrap()[2].observed_at.as_second() % 60, 1, "two of one second are two");
    }

    #[test]
    fn everything_goes_with_the_time_at_which_it_was_said() {
        let folder = Folder::new();
        let mut store = store(&folder);
        keep(&mut store, Extent::Whole, 25, 10, &[("a", 1.into()), ("presence", "ready".into())]);
        store.reading_arrived(1, "2026-11-25T10:00:00Z".parse().unwrap()).unwrap();
        keep(&mut store, Extent::Glimpse, 26, 8, &[("presence", "unreachable".into())]);
        store.send_everything().unwrap();
        store.send_everything().unwrap();
        assert_eq!(unsent(&store), [(true, 2, 10), (false, 1, 8)]);
        assert_eq!(store.unsent_of(1).unwrap()[0].facts["presence"], "ready".into(), "as it was said then");
    }

    #[test]
    fn a_glimpse_that_the_server_has_is_told_again_with_everything() {
        let folder = Folder::new();
        let mut store = store(&folder);
        let at = |text: &str| text.parse().unwrap();
        keep(&mut store, Extent::Whole, 25, 10, &[("a", 1.into()), ("presence", "ready".into())]);
        keep(&mut store, Extent::Glimpse, 25, 11, &[("a", 2.into())]);
        keep(&mut store, Extent::Glimpse, 25, 12, &[("presence", "unreachable".into())]);
        for time in ["2026-11-25T10:00:00Z", "2026-11-25T11:00:00Z", "2026-11-25T12:00:00Z"] {
            store.reading_arrived(1, at(time)).unwrap();
        }
        assert_eq!((unsent(&store), store.unsent_count().unwrap(), store.unsent_after(0).unwrap()), (vec![], 0, None));
        store.send_everything().unwrap();
        assert_eq!(unsent(&store), [(true, 2, 10), (false, 1, 11), (false, 1, 12)]);
        assert_eq!(store.unsent_of(1).unwrap()[0].facts["a"], 1.into(), "not what was seen later");
        // A whole word leaves nothing of it.
        keep(&mut store, Extent::Whole, 25, 13, &[("a", 3.into()), ("presence", "ready".into())]);
        store.reading_arrived(1, at("2026-11-25T13:00:00Z")).unwrap();
        store.send_everything().unwrap();
        assert_eq!(unsent(&store), [(true, 2, 13)]);
    }

    #[test]
    fn a_printer_that_is_silent_for_long_leaves_one_glimpse() {
        let folder = Folder::new();
        let mut store = store(&folder);
        keep(&mut store, Extent::Whole, 1, 10, &[("a", 1.into())]);
        store.reading_arrived(1, "2026-11-01T10:00:00Z".parse().unwrap()).unwrap();
        for day in 2..20 {
            keep(&mut store, Extent::Glimpse, day, 10, &[("presence", "unreachable".into())]);
            store.reading_arrived(1, store.unsent_of(1).unwrap()[0].observed_at).unwrap();
        }
        store.send_everything().unwrap();
        assert_eq!(unsent(&store), [(true, 1, 10), (false, 1, 10)]);
    }
}
